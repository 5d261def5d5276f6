"""Members, teams and channels (facts §3.3)."""

import pytest
from sandbox_teams_world import ANN, EAST, World

TEAM = "teams/19:acme-general@thread.tacv2"


@pytest.mark.parametrize(
    "ref", [ANN, "aaaaaaaa-0000-4000-8000-000000000001", "ann@acme.example", "ANN@acme.example"]
)
async def test_a_member_is_found_by_each_of_its_ids(world: World, ref: str):
    status, body = await world.call("GET", f"conversations/{EAST}/members/{ref}")

    assert status == 200
    assert (body["id"], body["name"], body["userRole"]) == (ANN, "Ann Whitfield", "owner")
    assert body["aadObjectId"] == body["objectId"]


async def test_a_guest_is_of_another_tenant(world: World):
    _, body = await world.call("GET", f"conversations/{EAST}/members/29:1guest-auditor")

    assert body["userRole"] == "guest"
    assert body["tenantId"].startswith("9999")
    assert "#EXT#" in body["userPrincipalName"]


async def test_who_is_not_in_the_chat_is_no_member(world: World):
    status, body = await world.call("GET", "conversations/a:1ben/members/ann@acme.example")

    assert (status, body["error"]["code"]) == (404, "MemberNotFoundInConversation")


async def test_a_group_chat_has_its_three(world: World):
    _, body = await world.call("GET", "conversations/19:ap-desk@thread.v2/members")

    assert [one["name"] for one in body] == ["Ann Whitfield", "Dev Patel", "Erin Walsh"]
    assert {one["userRole"] for one in body} == {"user"}


async def test_pages_hold_fifty_to_five_hundred(world: World):
    path = f"conversations/{EAST}/pagedmembers?pageSize="

    answers = [(await world.call("GET", f"{path}{size}"))[0] for size in (2, 49, 501, "many")]
    _, body = await world.call("GET", f"{path}50")

    assert answers == [400] * 4
    assert len(body["members"]) == 9
    assert "continuationToken" not in body


async def test_a_continuation_token_leads_on(world: World):
    path = f"conversations/{EAST}/pagedmembers?continuationToken="

    _, rest = await world.call("GET", f"{path}from:7")
    status, _ = await world.call("GET", f"{path}invented")

    assert len(rest["members"]) == 2
    assert status == 400


async def test_the_team_has_a_name_and_a_group(world: World):
    _, body = await world.call("GET", TEAM)

    assert body["name"] == "Acme Supply Finance"
    assert body["aadGroupId"].startswith("cccccccc")


async def test_general_is_the_team_and_has_no_name_in_the_list(world: World):
    _, body = await world.call("GET", f"{TEAM}/conversations")

    assert body["conversations"][0]["name"] is None
    assert body["conversations"][1]["name"] == "AP Approvals"


async def test_reading_has_its_own_wider_windows(world: World):
    path = f"conversations/{EAST}/members/{ANN}"

    answers = [(await world.call("GET", path))[0] for _ in range(15)]

    assert answers == [200] * 14 + [429]
