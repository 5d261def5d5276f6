"""Graph's users and batches over HTTP (facts §5.2)."""

from typing import Any
from urllib.parse import quote

import pytest
from sandbox_teams_world import Clock, TinyBot, World, standing

EVENTUAL = {"ConsistencyLevel": "eventual"}


def users(condition: str, more: str = "") -> str:
    return f"users?$filter={quote(condition, safe='')}{more}"


async def names(world: World, path: str, **more: Any) -> list[str]:
    status, body = await world.graph("GET", path, **more)
    assert status == 200, body
    return [row["displayName"] for row in body["value"]]


async def test_only_default_properties_come_unasked(world: World):
    ann = "users/ann@acme.example"
    _, plain = await world.graph("GET", ann)
    _, chosen = await world.graph("GET", f"{ann}?$select=id,accountEnabled,userType")

    assert set(plain) == {
        "@odata.context",
        *("businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone"),
        *("officeLocation", "preferredLanguage", "surname", "userPrincipalName"),
    }
    assert chosen["accountEnabled"] is True
    assert set(chosen) == {"@odata.context", "id", "accountEnabled", "userType"}


async def test_a_user_is_found_by_id_and_upn_but_not_by_mail(world: World):
    upn, _ = await world.graph("GET", "users/carla.nystrom@acme.example")
    mail, error = await world.graph("GET", "users/carla@acme.example")

    assert (upn, mail) == (200, 404)
    assert error["error"]["code"] == "Request_ResourceNotFound"
    assert error["error"]["innerError"]["request-id"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("mail eq 'ANN@acme.example'", ["Ann Whitfield"]),
        ("userPrincipalName eq 'carla.nystrom@acme.example'", ["Carla Nyström"]),
        ("mail eq 'grace@acme.example'", ["Grace Kim", "Grace Kim (admin)"]),
        ("mail eq 'nils.o''brien@acme.example'", ["Nils O'Brien"]),
        ("mail eq 'hugo@acme.example'", []),
        ("mail in ('ben@acme.example', 'dev@acme.example')", ["Ben Ortiz", "Dev Patel"]),
        ("startswith(displayName,'Ann') and accountEnabled eq true", ["Ann Whitfield"]),
        ("accountEnabled eq false or userType eq 'Guest'", ["Guest Auditor (guest)", "Iris Olsen"]),
        ("(mail eq 'x' or mail eq null) and accountEnabled eq true", ["Hugo Martin"]),
    ],
)
async def test_a_plain_filter_finds(world: World, condition: str, found: list[str]):
    assert sorted(await names(world, users(condition, "&$select=displayName"))) == found


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("otherMails/any(m:m eq 'hugo@acme.example')", ["Hugo Martin"]),
        ("proxyAddresses/any(p:p eq 'smtp:ben@acme.example')", ["Ben Ortiz"]),
        ("endswith(mail,'@audit.example')", ["Guest Auditor (guest)"]),
        ("not (userType eq 'Member')", ["Guest Auditor (guest)"]),
        ("userType ne 'Member'", ["Guest Auditor (guest)"]),
    ],
)
async def test_an_advanced_filter_needs_both_header_and_count(
    world: World, condition: str, found: list[str]
):
    counted = users(condition, "&$count=true")

    assert await names(world, counted, headers=EVENTUAL) == found
    for path, headers in ((counted, {}), (users(condition), EVENTUAL), (users(condition), {})):
        status, body = await world.graph("GET", path, headers=headers)
        assert (status, body["error"]["code"]) == (400, "Request_UnsupportedQuery")


@pytest.mark.parametrize(
    "path",
    [
        "users?$skip=1",
        "users?$select=shoeSize",
        "users?$top=1000",
        users("mail eq"),
        users("mail eq ann"),
        users("mail like 'x'"),
        users("mail eq 'x' mail"),
        users("shoeSize eq 'x'"),
        users("mail eq 'o'brien'"),
        users("otherMails/any(m:n eq 'x')"),
    ],
)
async def test_what_graph_does_not_know_is_a_bad_request(world: World, path: str):
    status, body = await world.graph("GET", path, headers=EVENTUAL)

    assert status == 400
    assert body["error"]["message"]


async def test_a_plus_in_a_mail_must_be_encoded(world: World):
    mail = {"mail": "ap+acme@acme.example", "displayName": "AP"}
    await world.lever("users", add=mail)

    assert await names(world, users("mail eq 'ap+acme@acme.example'")) == ["AP"]
    assert await names(world, "users?$filter=mail%20eq%20'ap+acme@acme.example'") == []


async def test_pages_are_followed_by_their_link(world: World):
    seen: list[str] = []
    path = "users?$top=4&$select=id"
    while path:
        _, body = await world.graph("GET", path)
        seen += [row["id"] for row in body["value"]]
        path = body.get("@odata.nextLink", "")
        assert not path or path.startswith(f"{world.stand.url}/v1.0/users?")

    assert len(seen) == len(set(seen)) == 12


async def test_what_changed_is_told_by_delta(world: World):
    _, first = await world.graph("GET", "users/delta?$select=id,mail")
    _, fresh = await world.graph("GET", "users/delta?$deltatoken=latest&$select=id,mail")
    await world.lever("users", user="ben", set={"mail": None, "accountEnabled": False})
    await world.lever("users", remove="iris@acme.example")

    _, later = await world.graph("GET", first["@odata.deltaLink"])
    _, same = await world.graph("GET", fresh["@odata.deltaLink"])

    assert len(first["value"]) == 12
    assert fresh["value"] == []
    assert later["value"] == same["value"]
    changed, gone = later["value"]
    assert changed == {"id": "aaaaaaaa-0000-4000-8000-000000000002", "mail": None}
    assert gone["@removed"] == {"reason": "deleted"}


async def test_a_delta_link_lives_seven_days(world: World):
    _, first = await world.graph("GET", "users/delta")
    world.clock.advance(8 * 86_400)

    status, _ = await world.graph("GET", first["@odata.deltaLink"])

    assert status == 410


async def test_without_the_role_graph_names_it(world: World):
    await world.lever("graph", roles=["TeamsActivity.Send"])

    status, body = await world.graph("GET", "users")

    assert (status, body["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert "User.Read.All" in body["error"]["message"]
    assert "'TeamsActivity.Send'" in body["error"]["message"]


async def test_users_survive_a_restart(bot: TinyBot, clock: Clock, data):
    async with standing(bot, clock, data=data) as world:
        await world.lever("users", user="ben", set={"accountEnabled": False})

    async with standing(bot, clock, data=data) as world:
        _, ben = await world.graph("GET", "users/ben@acme.example?$select=accountEnabled")
        listed = await names(world, "users")

    assert ben["accountEnabled"] is False
    assert len(listed) == 12


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"user": "nobody", "set": {}},
        {"user": "ben", "set": {"shoe": 1}},
        {"user": "ben", "set": {"accountEnabled": "no"}},
        {"add": {}},
    ],
)
async def test_a_wrong_change_of_users_is_refused(world: World, wish: dict):
    status, body = await world.door("POST", "users", wish)

    assert status in {400, 404, 422}
    assert body["error"]


def get(number: int, url: str = "/users/ann@acme.example?$select=id") -> dict[str, Any]:
    return {"id": str(number), "method": "GET", "url": url}


async def batch(world: World, *items: dict[str, Any]) -> tuple[int, dict[str, dict[str, Any]]]:
    status, body = await world.graph("POST", "$batch", {"requests": list(items)})
    return status, {one["id"]: one for one in body.get("responses", [])}


async def test_a_batch_answers_every_item_out_of_order(world: World):
    items = [get(number) for number in range(20)]

    status, body = await world.graph("POST", "$batch", {"requests": items})

    ids = [one["id"] for one in body["responses"]]
    assert status == 200
    assert ids != sorted(ids, key=int)
    assert sorted(ids, key=int) == [one["id"] for one in items]
    assert {one["status"] for one in body["responses"]} == {200}


async def test_items_of_a_batch_fail_one_by_one(world: World):
    armed = {"fault": "status:429:7", "on": {"method": "GET", "path": "/v1.0/users/ben"}}
    await world.lever("faults", **armed)

    status, found = await batch(
        world, get(1), get(2, "/users/ben@acme.example"), get(3, "users/nobody"), get(4, "/odd")
    )

    assert status == 200
    assert [found[key]["status"] for key in "1234"] == [200, 429, 404, 400]
    assert found["2"]["headers"]["Retry-After"] == "7"
    assert (await batch(world, get(2, "/users/ben@acme.example")))[1]["2"]["status"] == 200


async def test_an_item_whose_forerunner_failed_is_424(world: World):
    after = get(2) | {"dependsOn": ["1"]}

    _, good = await batch(world, get(1), after)
    _, bad = await batch(world, get(1, "/users/nobody"), after)

    assert (good["2"]["status"], bad["2"]["status"]) == (200, 424)


async def test_a_batch_item_carries_its_own_header(world: World):
    url = "/" + users("otherMails/any(m:m eq 'hugo@acme.example')", "&$count=true")

    _, found = await batch(world, get(1, url) | {"headers": EVENTUAL}, get(2, url))

    assert [found[key]["status"] for key in "12"] == [200, 400]


@pytest.mark.parametrize(
    "items",
    [
        [],
        [get(number) for number in range(21)],
        [get(1), get(1)],
        [{"id": 1, "method": "GET", "url": "/users"}],
        [get(1, "https://graph.microsoft.com/v1.0/users")],
        [get(1) | {"method": "POST", "body": {}}],
    ],
)
async def test_a_malformed_batch_is_refused_as_a_whole(world: World, items: list):
    status, _ = await world.graph("POST", "$batch", {"requests": items})

    assert status == 400


async def test_a_fault_strikes_graph_like_the_connector(world: World):
    await world.lever("faults", fault="status:429:3", on={"path": "/v1.0/users"})

    status, headers, body = await world.graph_whole("GET", "users")

    assert (status, headers["Retry-After"]) == (429, "3")
    assert body["error"]["code"]
