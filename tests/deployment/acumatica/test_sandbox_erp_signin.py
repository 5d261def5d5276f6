"""Cookie sessions: sign-in, idle timeout, seats and the faces of the login limit."""

from datetime import timedelta
from typing import Any

import pytest

DEFAULT = "/entity/Default/24.200.001"


async def test_sign_in_gives_the_cookies_of_the_erp(erp: Any) -> None:
    answer = await erp.user.sign_in(tenant="Company")

    names = {cookie.key for cookie in erp.user.client.session.cookie_jar}
    assert (answer.status, answer.text) == (204, "")
    assert {".ASPXAUTH", "ASP.NET_SessionId", "CompanyID", "Locale", "UserBranch"} <= names
    assert (await erp.user.get("Bill")).status == 200


async def test_each_cookie_is_sent_twice_as_recorded(erp: Any) -> None:
    login = {"name": "countersign", "password": "correct horse"}
    async with erp.user.client.post("/entity/auth/login", json=login) as response:
        names = [text.partition("=")[0] for text in response.headers.getall("Set-Cookie")]

    assert names.count(".ASPXAUTH") == names.count("ASP.NET_SessionId") == 2
    assert len(names) == 2 * len(set(names)) == 14


async def test_later_answers_set_place_and_locale_again(erp: Any, api: Any) -> None:
    async with api.client.get(f"{DEFAULT}/Vendor/ACMEPAPER") as response:
        names = [text.partition("=")[0] for text in response.headers.getall("Set-Cookie")]

    assert sorted(names) == ["Locale", "UserBranch"]


async def test_wrong_password_is_a_500_that_names_it(erp: Any) -> None:
    login = {"name": "countersign", "password": "wrong"}

    answer = await erp.user.call("POST", "/entity/auth/login", login)

    assert answer.status == 500
    assert answer.json["exceptionMessage"] == "Error: Invalid credentials. Please try again."
    assert (await erp.user.get("Bill")).status == 401


async def test_form_encoding_and_a_persons_mail_are_taken_too(erp: Any) -> None:
    form = {"name": "ANN@acme.example", "password": "correct horse", "company": "Company"}

    answer = await erp.user.call("POST", "/entity/auth/login", data=form)

    assert answer.status == 204
    assert (await erp.events("request"))[0]["user"] == "ann"


async def test_company_and_tenant_together_are_an_error(erp: Any) -> None:
    assert (await erp.user.sign_in(tenant="Company", company="Company")).status == 500


async def test_any_tenant_name_passes_while_there_is_one(erp: Any) -> None:
    assert (await erp.user.sign_in(tenant="Elsewhere")).status == 204


async def test_unknown_tenant_is_a_500_once_there_are_several(start: Any) -> None:
    erp = await start(tenants=("Second",))

    answer = await erp.user.sign_in(tenant="Elsewhere")

    assert answer.status == 500
    assert answer.json["exceptionType"] == "PX.Data.PXUndefinedCompanyException"


@pytest.mark.parametrize(
    ("sent", "landed"),
    [({}, "Company"), ({"tenant": "Second"}, "Second"), ({"company": "Second"}, "Second")],
)
async def test_cookie_tells_the_tenant_one_landed_in(
    start: Any, sent: dict[str, str], landed: str
) -> None:
    erp = await start(tenants=("Second",))

    await erp.user.sign_in(**sent)

    cookies = {c.key: c.value for c in erp.user.client.session.cookie_jar}
    assert cookies["CompanyID"] == landed


async def test_stale_map_of_tenants_lands_elsewhere_without_a_word(start: Any) -> None:
    erp = await start(tenants=("Second",), lands_on="Second")

    answer = await erp.user.sign_in(tenant="Company")

    cookies = {c.key: c.value for c in erp.user.client.session.cookie_jar}
    assert (answer.status, cookies["CompanyID"]) == (204, "Second")
    assert (await erp.user.get("Bill")).json == []


async def test_logins_land_only_where_there_is_a_tenant(start: Any) -> None:
    with pytest.raises(ValueError, match="lands_on"):
        await start(lands_on="Nowhere")


async def test_sign_in_needs_a_body(erp: Any) -> None:
    assert (await erp.user.call("POST", "/entity/auth/login", data=b"")).status == 400


async def test_sign_out_ends_the_session_and_frees_the_seat(start: Any) -> None:
    erp = await start(seats=1)
    await erp.user.sign_in()

    out = await erp.user.call("POST", "/entity/auth/logout")
    after = await erp.user.get("Bill")

    assert (out.status, after.status) == (204, 401)
    assert (await erp.user.sign_in()).status == 204


async def test_session_idles_away_after_ten_minutes(erp: Any, api: Any) -> None:
    erp.clock.at += timedelta(minutes=9)
    alive = await api.get("Bill")
    erp.clock.at += timedelta(minutes=9)
    kept_alive = await api.get("Bill")
    erp.clock.at += timedelta(minutes=10)
    gone = await api.get("Bill")

    assert (alive.status, kept_alive.status, gone.status) == (200, 200, 401)


async def test_one_cookie_of_two_is_no_session(erp: Any, api: Any) -> None:
    stranger = await erp.new_user()
    jar = {c.key: c.value for c in api.client.session.cookie_jar}
    only = {"Cookie": f"ASP.NET_SessionId={jar['ASP.NET_SessionId']}"}

    answer = await stranger.call("GET", f"{DEFAULT}/Bill", headers=only)

    assert answer.status == 401


@pytest.mark.parametrize(
    ("face", "status", "words"),
    [
        ("429", 429, "custom error module"),
        ("500", 500, "at PX.Data.PXLicensePolicy.CheckApiUsersLimits("),
        ("html", 200, "API Login Limit"),
        ("redirect", 302, ""),
    ],
)
async def test_full_house_shows_the_chosen_face_of_the_limit(
    start: Any, face: str, status: int, words: str
) -> None:
    erp = await start(seats=1, login_limit_face=face)
    late = await erp.new_user()
    await erp.user.sign_in()

    answer = await late.sign_in()

    assert answer.status == status
    assert words in answer.text
    assert ("/Frames/Error.aspx" in answer.location) == (face == "redirect")
    assert (await late.get("Bill")).status == 401


async def test_limit_can_be_a_204_whose_next_call_is_401(start: Any) -> None:
    erp = await start(seats=0, login_limit_face="dead_session")

    assert (await erp.user.sign_in()).status == 204
    assert (await erp.user.get("Bill")).status == 401


async def test_unknown_face_is_refused_before_the_start(start: Any) -> None:
    with pytest.raises(ValueError, match="login_limit_face"):
        await start(login_limit_face="smile")


async def test_get_on_the_login_is_405_in_json(erp: Any) -> None:
    answer = await erp.user.call("GET", "/entity/auth/login")

    assert answer.status == 405
    assert answer.json["message"]
