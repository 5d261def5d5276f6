"""The identity server: discovery, consent with PKCE, tokens that rotate, and what sessions cost."""

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest

DISCOVERY = "/identity/.well-known/openid-configuration"
AUTHORIZE, TOKEN = "/identity/connect/authorize", "/identity/connect/token"
BACK = "http://127.0.0.1:3978/auth/acumatica/callback"
VERIFIER = "a" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
PASSWORD = "correct horse"


def client_of(erp: Any) -> dict[str, str]:
    return {"client_id": erp.options.client_id, "client_secret": PASSWORD}


async def ask(erp: Any, path: str, user: Any = None, **form: str) -> Any:
    return await (user or erp.user).call("POST", f"/identity/connect/{path}", data=form)


async def tokens(erp: Any, scope: str = "api", user: str = "countersign") -> Any:
    members = {"grant_type": "password", "username": user, "password": PASSWORD, "scope": scope}
    answer = await ask(erp, "token", **client_of(erp), **members)
    assert answer.status == 200, answer.text
    return answer.json


async def renewed(erp: Any, refresh: str) -> Any:
    members = {"grant_type": "refresh_token", "refresh_token": refresh}
    return await ask(erp, "token", **client_of(erp), **members)


async def read(erp: Any, access: str, user: Any = None, **headers: str) -> Any:
    path = "/entity/Default/24.200.001/Bill/Bill/000154"
    shown = {"Authorization": f"Bearer {access}", **headers}
    return await (user or await erp.new_user()).call("GET", path, headers=shown)


async def seats(erp: Any) -> int:
    return int((await erp.door("GET", "licence")).json["seats"]["used"])


def wanted(erp: Any, **different: str) -> dict[str, str]:
    members = {
        "client_id": erp.options.client_id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "api offline_access",
        "state": "s&1",
        "code_challenge": CHALLENGE.decode(),
        "code_challenge_method": "S256",
        **different,
    }
    return {name: value for name, value in members.items() if value}


async def consent(erp: Any, decision: str = "allow", **different: str) -> dict[str, str]:
    """What the browser carries back to the application."""
    signed = {"name": "ann", "password": PASSWORD, "decision": decision}
    answer = await ask(erp, "authorize", **{**wanted(erp), **signed, **different})
    assert answer.status == 302, answer.text
    assert answer.location.startswith(f"{BACK}?")
    return dict(parse_qsl(urlsplit(answer.location).query))


async def redeemed(erp: Any, code: str, **different: str) -> Any:
    members = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **different,
    }
    return await ask(erp, "token", **{**client_of(erp), **members})


async def test_discovery_names_every_address_and_no_client_credentials(erp: Any) -> None:
    found = (await erp.user.call("GET", DISCOVERY)).json

    root = str(erp.server.make_url("/")).rstrip("/")
    assert found["issuer"] == f"{root}/identity"
    assert found["token_endpoint"] == f"{root}{TOKEN}"
    assert found["authorization_endpoint"] == f"{root}{AUTHORIZE}"
    assert found["revocation_endpoint"] == f"{root}/identity/connect/revocation"
    assert found["userinfo_endpoint"] == f"{root}/identity/connect/userinfo"
    assert found["jwks_uri"] == f"{root}{DISCOVERY}/jwks"
    assert found["grant_types_supported"] == ["authorization_code", "password", "refresh_token"]
    assert found["code_challenge_methods_supported"] == ["S256"]


async def test_client_id_is_a_guid_and_the_tenant(start: Any) -> None:
    other = await start(tenant="Acme")

    assert other.options.client_id.endswith("@Acme")
    assert (await tokens(other))["token_type"] == "Bearer"


async def test_password_gives_an_hour_and_no_refresh_token_unless_asked(erp: Any) -> None:
    given = await tokens(erp, "api")

    assert given["expires_in"] == 3600
    assert "refresh_token" not in given
    assert (await read(erp, given["access_token"])).json["ReferenceNbr"] == {"value": "000154"}
    erp.clock.at += timedelta(seconds=3600)
    assert (await read(erp, given["access_token"])).status == 401


@pytest.mark.parametrize(
    ("different", "error", "description"),
    [
        ({"password": "wrong"}, "invalid_grant", "invalid_username_or_password"),
        ({"username": "nobody"}, "invalid_grant", "invalid_username_or_password"),
        ({"client_secret": "wrong"}, "invalid_client", None),
        ({"client_id": "nobody@Company"}, "invalid_client", None),
        ({"client_id": "GUID@Elsewhere"}, "invalid_grant", "invalid_username_or_password"),
        ({"scope": "everything"}, "invalid_scope", None),
        ({"scope": ""}, "invalid_scope", None),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type", None),
        ({"grant_type": ""}, "invalid_request", None),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant", None),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_grant", None),
    ],
)
async def test_refusal_at_the_token_is_a_400_in_the_standards_words(
    erp: Any, different: dict[str, str], error: str, description: str | None
) -> None:
    good = {"grant_type": "password", "username": "ann", "password": PASSWORD, "scope": "api"}
    guid = erp.options.client_id.partition("@")[0]
    sent = {name: value.replace("GUID", guid) for name, value in different.items()}

    answer = await ask(erp, "token", **{**client_of(erp), **good, **sent})

    assert (answer.status, answer.json["error"]) == (400, error)
    assert answer.json.get("error_description") == description


async def test_tenant_may_be_left_off_only_while_there_is_one(start: Any) -> None:
    alone, among = await start(), await start(tenants=("Second",))
    members = {"grant_type": "password", "username": "ann", "password": PASSWORD, "scope": "api"}
    guid = alone.options.client_id.partition("@")[0]
    client = {"client_id": guid, "client_secret": PASSWORD}

    answers = [await ask(erp, "token", **client, **members) for erp in (alone, among)]

    assert [answer.status for answer in answers] == [200, 400]


async def test_secret_may_come_in_the_header(erp: Any) -> None:
    shown = base64.b64encode(f"{erp.options.client_id}:{PASSWORD}".encode()).decode()
    form = {"grant_type": "password", "username": "ann", "password": PASSWORD, "scope": "api"}

    good = await erp.user.call(
        "POST", TOKEN, data=form, headers={"Authorization": f"Basic {shown}"}
    )
    bad = await erp.user.call("POST", TOKEN, data=form, headers={"Authorization": "Basic ?"})

    assert good.status == 200
    assert (bad.status, bad.json["error"]) == (400, "invalid_client")


async def test_token_door_takes_forms_only(erp: Any) -> None:
    answer = await erp.user.call("POST", TOKEN, {"grant_type": "password"})

    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


async def test_consent_page_says_who_asks_for_what_and_needs_no_script(erp: Any) -> None:
    page = await erp.user.call("GET", AUTHORIZE, params=wanted(erp, state='"><script>'))

    assert page.status == 200
    assert "127.0.0.1:3978" in page.text
    assert "while you are away" in page.text
    assert "<script" not in page.text
    # A browser holds the redirect after the form to this directive too.
    assert "form-action 'self' http://127.0.0.1:3978" in page.headers["Content-Security-Policy"]


async def test_consent_comes_back_as_a_code_that_serves_once(erp: Any) -> None:
    back = await consent(erp)

    first = await redeemed(erp, back["code"])
    again = await redeemed(erp, back["code"])

    assert back["state"] == "s&1"
    assert first.status == 200
    assert first.json["refresh_token"]
    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    used = await read(erp, first.json["access_token"])
    assert used.status == 200
    assert (await erp.events("request"))[-1]["user"] == "ann"


async def test_code_is_good_for_a_minute(erp: Any) -> None:
    code = (await consent(erp))["code"]

    erp.clock.at += timedelta(seconds=60)

    assert (await redeemed(erp, code)).json["error"] == "invalid_grant"


@pytest.mark.parametrize("method", ["", "S256"])
async def test_code_without_a_challenge_needs_no_verifier_and_takes_none(
    erp: Any, method: str
) -> None:
    without = {"code_challenge": "", "code_challenge_method": method}
    plain, proven = [(await consent(erp, **without))["code"] for _ in range(2)]

    assert (await redeemed(erp, plain, code_verifier="")).status == 200
    assert (await redeemed(erp, proven)).json["error"] == "invalid_grant"


async def test_site_can_insist_on_a_challenge(start: Any) -> None:
    erp = await start(pkce_required=True)

    refused = await consent(erp, code_challenge="")
    await erp.door("POST", "oauth", {"pkce_required": False})

    assert refused["error"] == "invalid_request"
    assert "code" in await consent(erp, code_challenge="")


@pytest.mark.parametrize("wrong", [{"code_verifier": "b" * 43}, {"code_verifier": ""}])
async def test_code_without_its_verifier_is_worthless_and_spent(
    erp: Any, wrong: dict[str, str]
) -> None:
    code = (await consent(erp))["code"]

    refused = await redeemed(erp, code, **wrong)

    assert refused.json["error"] == "invalid_grant"
    assert (await redeemed(erp, code)).json["error"] == "invalid_grant"


async def test_code_belongs_to_its_redirect_address(erp: Any) -> None:
    code = (await consent(erp))["code"]
    other = BACK.replace("127.0.0.1", "localhost")

    assert (await redeemed(erp, code, redirect_uri=other)).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("different", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "api everything"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"decision": "deny"}, "access_denied"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_bad_request_goes_back_with_its_error_and_state(
    erp: Any, different: dict[str, str], error: str
) -> None:
    back = await consent(erp, **different)

    assert (back["error"], back["state"]) == (error, "s&1")
    assert "code" not in back


@pytest.mark.parametrize(
    "different",
    [{"redirect_uri": f"{BACK}/x"}, {"redirect_uri": ""}, {"client_id": "nobody@Company"}],
)
async def test_untrusted_request_is_sent_nowhere(erp: Any, different: dict[str, str]) -> None:
    page = await erp.user.call("GET", AUTHORIZE, params=wanted(erp, **different))

    assert (page.status, page.location) == (400, "")
    assert "cannot be trusted" in page.text


async def test_wrong_password_shows_the_page_again(erp: Any) -> None:
    form = {**wanted(erp), "name": "ann", "password": "wrong", "decision": "allow"}

    page = await ask(erp, "authorize", **form)

    assert page.status == 200
    assert "Name or password is wrong." in page.text
    assert 'value="ann"' in page.text


async def test_refresh_token_serves_once_and_its_successor_goes_on(erp: Any) -> None:
    first = await tokens(erp, "api offline_access")

    second = await renewed(erp, first["refresh_token"])
    dead = await renewed(erp, first["refresh_token"])
    third = await renewed(erp, second.json["refresh_token"])

    assert second.json["refresh_token"] != first["refresh_token"]
    assert (dead.status, dead.json["error"]) == (400, "invalid_grant")
    assert third.status == 200
    assert (await read(erp, third.json["access_token"])).status == 200


async def test_grant_ends_after_thirty_days_however_often_renewed(erp: Any) -> None:
    given = await tokens(erp, "api offline_access")
    erp.clock.at += timedelta(days=29)
    given = (await renewed(erp, given["refresh_token"])).json

    erp.clock.at += timedelta(days=1)

    assert (await renewed(erp, given["refresh_token"])).json["error"] == "invalid_grant"


async def test_grants_survive_a_restart_and_sessions_do_not(start: Any, tmp_path: Path) -> None:
    erp = await start(data=tmp_path)
    given = await tokens(erp, "api offline_access")
    await read(erp, given["access_token"])
    assert await seats(erp) == 1
    await erp.server.close()

    again = await start(data=tmp_path)

    assert await seats(again) == 0
    assert (await read(again, given["access_token"])).status == 200
    assert (await renewed(again, given["refresh_token"])).status == 200


async def test_offline_access_is_an_error_without_refresh_tokens(erp: Any) -> None:
    given = await tokens(erp, "api offline_access")
    await erp.door("POST", "oauth", {"refresh_tokens": False})
    members = {"grant_type": "password", "username": "ann", "password": PASSWORD}

    asked = await ask(erp, "token", **client_of(erp), **members, scope="api offline_access")

    assert (asked.status, asked.json["error"]) == (400, "invalid_scope")
    assert (await renewed(erp, given["refresh_token"])).json["error"] == "invalid_grant"
    assert (await tokens(erp, "api"))["access_token"]


async def test_session_of_a_bare_token_lives_with_the_token_and_takes_a_seat(erp: Any) -> None:
    given = await tokens(erp, "api")
    assert await seats(erp) == 0

    await read(erp, given["access_token"])
    await read(erp, given["access_token"])
    erp.clock.at += timedelta(minutes=30)

    assert await seats(erp) == 1
    erp.clock.at += timedelta(minutes=30)
    assert await seats(erp) == 0


async def test_grant_with_offline_access_keeps_one_session_over_its_renewals(erp: Any) -> None:
    given = await tokens(erp, "api offline_access")
    await read(erp, given["access_token"])

    later = (await renewed(erp, given["refresh_token"])).json
    await read(erp, later["access_token"])

    labels = {e["session"] for e in await erp.events("request") if "Bill" in e["path"]}
    assert (len(labels), await seats(erp)) == (1, 1)


async def test_concurrent_access_has_sessions_by_cookies_beside_the_bearer(erp: Any) -> None:
    given = await tokens(erp, "api:concurrent_access offline_access")
    one, two = await erp.new_user(), await erp.new_user()

    first = await read(erp, given["access_token"], one)
    second = await read(erp, given["access_token"], one)
    await read(erp, given["access_token"], two)

    assert (first.status, second.status) == (200, 200)
    assert "ASP.NET_SessionId" in {cookie.key for cookie in one.client.session.cookie_jar}
    assert await seats(erp) == 2
    cookies_alone = await one.get("Bill/Bill/000154")
    assert cookies_alone.status == 401


async def test_login_limit_shows_at_the_first_request(start: Any) -> None:
    erp = await start(seats=0)

    given = await tokens(erp)

    assert (await read(erp, given["access_token"])).status == 429


@pytest.mark.parametrize(
    ("face", "status"), [("429", 429), ("500", 500), ("html", 200), ("redirect", 302)]
)
async def test_login_limit_can_show_at_the_token(start: Any, face: str, status: int) -> None:
    erp = await start(seats=0, limit_at_token=True, login_limit_face=face)
    members = {"grant_type": "password", "username": "ann", "password": PASSWORD, "scope": "api"}

    answer = await ask(erp, "token", **client_of(erp), **members)

    assert answer.status == status
    assert "access_token" not in answer.text


@pytest.mark.parametrize("at_token", [True, False])
async def test_login_limit_can_be_a_token_that_is_never_accepted(
    start: Any, at_token: bool
) -> None:
    erp = await start(seats=0, limit_at_token=at_token, login_limit_face="dead_session")

    given = await tokens(erp)

    assert (await read(erp, given["access_token"])).status == 401


async def test_seat_is_taken_at_the_token_where_the_limit_shows_there(start: Any) -> None:
    erp = await start(limit_at_token=True)

    await tokens(erp)

    assert await seats(erp) == 1


async def test_revoking_kills_the_token_and_leaves_the_session(erp: Any) -> None:
    given = await tokens(erp, "api offline_access")
    await read(erp, given["access_token"])

    answers = [
        await ask(erp, "revocation", **client_of(erp), token=given[name])
        for name in ("access_token", "refresh_token")
    ]

    assert [answer.status for answer in answers] == [200, 200]
    assert (await read(erp, given["access_token"])).status == 401
    assert (await renewed(erp, given["refresh_token"])).json["error"] == "invalid_grant"
    assert await seats(erp) == 1


async def test_logout_with_the_bearer_ends_the_session(erp: Any) -> None:
    given = await tokens(erp, "api offline_access")
    await read(erp, given["access_token"])
    shown = {"Authorization": f"Bearer {given['access_token']}"}

    out = await erp.user.call("POST", "/entity/auth/logout", headers=shown)

    assert (out.status, await seats(erp)) == (204, 0)
    # The grant lives: the next call opens a session again.
    assert (await read(erp, given["access_token"])).status == 200


async def test_revocation_needs_the_client_and_takes_an_unknown_token(erp: Any) -> None:
    stranger = await ask(erp, "revocation", token="x", client_id="x", client_secret="y")
    unknown = await ask(erp, "revocation", **client_of(erp), token="x")

    assert (stranger.status, unknown.status) == (400, 200)


async def test_identity_token_is_signed_with_the_key_of_the_document(erp: Any) -> None:
    scope = "api openid profile email"
    code = (await consent(erp, scope=scope, nonce="n1"))["code"]
    given = (await redeemed(erp, code)).json

    keys = jwt.PyJWKSet.from_dict((await erp.user.call("GET", f"{DISCOVERY}/jwks")).json)
    header = jwt.get_unverified_header(given["id_token"])
    claims = jwt.decode(
        given["id_token"],
        keys[header["kid"]].key,
        algorithms=["RS256"],
        audience=erp.options.client_id,
        issuer=str(erp.server.make_url("/identity")),
        options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )

    assert (claims["nonce"], claims["name"]) == ("n1", "Ann Whitfield")
    assert claims["exp"] - claims["iat"] == 3600


async def test_userinfo_tells_what_the_scopes_allow(erp: Any) -> None:
    async def info(scope: str) -> Any:
        access = (await tokens(erp, scope, "ann"))["access_token"]
        headers = {"Authorization": f"Bearer {access}"}
        return await erp.user.call("GET", "/identity/connect/userinfo", headers=headers)

    bare, full, none = await info("openid"), await info("openid profile email"), await info("api")
    nobody = await erp.user.call("GET", "/identity/connect/userinfo")

    assert set(bare.json) == {"sub"}
    assert full.json["preferred_username"] == "ann"
    assert full.json["email"] == "ann@acme.example"
    assert full.json["sub"] == bare.json["sub"]
    assert (none.status, nobody.status) == (403, 401)


async def test_token_without_api_scope_opens_no_document(erp: Any) -> None:
    given = await tokens(erp, "openid")

    assert (await read(erp, given["access_token"])).status == 401


async def test_application_is_changed_and_shown_without_its_secret(erp: Any) -> None:
    uri = "https://bot.acme.example/auth/acumatica/callback"

    shown = await erp.door("POST", "oauth", {"redirect_uris": [uri], "client_secret": "new one"})

    assert shown.json["redirect_uris"] == [uri]
    assert "new one" not in shown.text
    page = await erp.user.call("GET", AUTHORIZE, params=wanted(erp, redirect_uri=uri))
    assert page.status == 200
    old = await ask(erp, "token", **client_of(erp), grant_type="password")
    assert old.json["error"] == "invalid_client"


async def test_grants_are_listed_and_revoked_by_an_administrator(erp: Any) -> None:
    given = await tokens(erp, "api offline_access", "ann")
    row = (await erp.door("GET", "oauth")).json["grants"][0]

    after = await erp.door("DELETE", "oauth")

    assert (row["user"], row["access_tokens"], row["refreshable"]) == ("ann", 1, True)
    assert after.json["grants"] == []
    assert (await renewed(erp, given["refresh_token"])).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"secret": "x"}, "Unknown: secret"),
        ({"redirect_uris": "http://x"}, "list of addresses"),
        ({"redirect_uris": ["http://x\r\nA: b"]}, "line breaks"),
        ({"client_secret": ""}, "'client_secret'"),
        ({"refresh_tokens": "no"}, "true or false"),
        ({"pkce_required": 1}, "true or false"),
        ({"client_secret": "\ud800"}, "'client_secret'"),
        ({"redirect_uris": ["http://[::1"]}, "list of addresses"),
    ],
)
async def test_bad_application_is_refused_in_a_sentence(erp: Any, body: Any, words: str) -> None:
    answer = await erp.door("POST", "oauth", body)

    assert answer.status == 422
    assert words in answer.json["error"]


async def test_history_tells_token_calls_and_no_secret(erp: Any) -> None:
    given = await tokens(erp, "api offline_access")

    history = await erp.door("GET", "history")

    assert history.json["events"][0]["path"] == TOKEN
    assert given["access_token"] not in history.text
    assert PASSWORD not in history.text


async def test_own_client_id_is_kept_as_given(options: Any) -> None:
    assert replace(options, client_id="abc@Company").client_id == "abc@Company"
