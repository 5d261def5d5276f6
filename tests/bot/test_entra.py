"""Addresses are looked up in Entra as they are, kept as answered, and forgotten in time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from graph_world import ANN, BEN, Desk, open_desk
from world import World

from bot.core.graph import INSTALL, REPLIES, USERS, Answered, Asked, GraphBusy, GraphForbidden
from bot.core.people import match_people
from bot.people.entra import IN_ONE_GO, EntraUsers
from bot.people.organisation import wanted
from bot.settings import TeamsSettings
from storage import entra, people
from storage.records import StoredEmployee, TeamsPerson

CARLA = "aaaaaaaa-0000-4000-8000-000000000003"
HUGO = "aaaaaaaa-0000-4000-8000-000000000008"


@pytest.fixture
async def desk(world: World, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(world, tmp_path) as opened:
        yield opened


def users_of(desk: Desk) -> EntraUsers:
    return EntraUsers(desk.graph, desk.tokens, desk.store, desk.clock, wanted=[USERS, INSTALL])


async def look_up(desk: Desk, *addresses: str, night: datetime | None = None) -> bool:
    return await users_of(desk).refresh(addresses, night=night or desk.clock.now() - timedelta(1))


async def found(desk: Desk) -> dict[str, dict[str, str]]:
    """Address to who was found by it, and how."""
    async with desk.store.reading() as conn:
        return {one.address: dict(one.found) for one in await entra.lookups(conn)}


async def everybody(desk: Desk) -> dict[str, TeamsPerson]:
    async with desk.store.reading() as conn:
        return {person.aad_object_id: person for person in await people.people(conn)}


# --- matching ---


async def test_mails_sign_in_names_and_other_mails_lead_to_their_users(desk: Desk) -> None:
    upn = (await desk.graph.get(f"/users/{CARLA}"))["userPrincipalName"]
    other = (await desk.graph.get(f"/users/{HUGO}?$select=otherMails"))["otherMails"][0]

    await look_up(desk, "ANN@acme.example", "carla@acme.example", upn, other)

    told = await found(desk)
    assert told["ann@acme.example"] == {ANN: "sign-in name"}
    assert told["carla@acme.example"] == {CARLA: "mail"}
    assert told[upn.lower()] == {CARLA: "sign-in name"}
    assert told[other.lower()] == {HUGO: "other mail"}


async def test_a_mail_two_users_have_finds_both_and_matches_nobody(desk: Desk) -> None:
    await look_up(desk, "grace@acme.example")

    told = (await found(desk))["grace@acme.example"]
    staff = [StoredEmployee("E7", "Grace", "grace@acme.example", active=True)]
    async with desk.store.reading() as conn:
        known, lookups = await people.people(conn), await entra.lookups(conn)
    assert len(told) == 2
    assert match_people(staff, known, lookups=lookups).by_code == {}


@pytest.mark.parametrize(
    "address",
    ["o'neil@acme.example", "ann+erp@acme.example", "a&b#c@acme.example", "ü@acme.example"],
)
async def test_an_address_with_unusual_signs_is_asked_for_as_it_is(
    desk: Desk, address: str
) -> None:
    person = await desk.add_user(
        mail=address, userPrincipalName="odd@acme.example", displayName="Odd"
    )
    plain = await desk.add_user(
        mail="ann@elsewhere.example", userPrincipalName="plain@acme.example", displayName="Plain"
    )

    await look_up(desk, address)

    assert (await found(desk))[address] == {person: "mail"}
    assert plain not in await everybody(desk)


async def test_an_alias_is_found_by_the_advanced_query(desk: Desk) -> None:
    await desk.set_user("ann", proxyAddresses=["SMTP:ann@acme.example", "smtp:aw@acme.example"])

    await look_up(desk, "aw@acme.example")

    assert (await found(desk))["aw@acme.example"] == {ANN: "alias"}


async def test_a_disabled_account_and_a_guest_are_marked_also_when_a_roster_knows_them(
    desk: Desk,
) -> None:
    roster = (
        TeamsPerson(ANN, "29:ann", "Ann", "ann@acme.example"),
        TeamsPerson(BEN, "29:ben", "Ben", "ben@acme.example"),
    )
    async with desk.store.transaction() as conn:
        for person in roster:
            await people.put_person(conn, person, now=desk.clock.now())
    await desk.set_user("ann", accountEnabled=False)
    await desk.set_user("ben", userType="Guest")

    await look_up(desk, "ann@acme.example", "ben@acme.example")

    known = await everybody(desk)
    assert known[ANN].teams_id == "29:ann"
    assert not known[ANN].enabled
    assert not known[ANN].may_approve
    assert [person.teams_id for person in known.values() if person.guest] == ["29:ben"]


async def test_whom_only_graph_knows_has_no_id_of_teams(desk: Desk) -> None:
    await look_up(desk, "ann@acme.example")

    assert (await everybody(desk))[ANN] == TeamsPerson(ANN, "", "Ann Whitfield", "ann@acme.example")


async def test_an_address_nobody_has_is_remembered_as_that(desk: Desk) -> None:
    await look_up(desk, "nobody@acme.example")

    assert await found(desk) == {"nobody@acme.example": {}}


# --- when ---


async def test_what_was_answered_is_asked_again_only_after_a_night(desk: Desk) -> None:
    await look_up(desk, "ann@acme.example")
    await look_up(desk, "ann@acme.example", "ben@acme.example")
    asked = len(await desk.requests("POST", "$batch"))

    desk.clock.later(3600)
    await look_up(desk, "ann@acme.example", "ben@acme.example", night=desk.clock.now())

    assert asked == 2
    assert len(await desk.requests("POST", "$batch")) == 3


async def test_a_user_who_lost_the_address_is_nobody_after_a_night(desk: Desk) -> None:
    await look_up(desk, "ann@acme.example")
    await desk.set_user(
        "ann", mail="ann.new@acme.example", userPrincipalName="ann.new@acme.example",
        proxyAddresses=[], otherMails=[],
    )  # fmt: skip

    desk.clock.later(1)
    await look_up(desk, "ann@acme.example", night=desk.clock.now())
    await look_up(desk, "ann@acme.example")

    assert await found(desk) == {"ann@acme.example": {}}
    assert ANN not in await everybody(desk)


async def test_whoever_has_no_address_of_ours_any_more_is_forgotten(desk: Desk) -> None:
    await look_up(desk, "ann@acme.example", "ben@acme.example")

    await look_up(desk, "ben@acme.example")

    assert list(await found(desk)) == ["ben@acme.example"]
    assert ANN not in await everybody(desk)


async def test_many_addresses_are_asked_in_portions(desk: Desk) -> None:
    many = [f"p{number:03}@acme.example" for number in range(IN_ONE_GO + 1)]

    whole = await look_up(desk, *many)
    rest = await look_up(desk, *many)

    assert (whole, rest) == (False, True)
    assert len(await found(desk)) == IN_ONE_GO + 1


# --- when Graph does not answer ---


async def test_what_was_answered_before_graph_went_away_is_kept(desk: Desk) -> None:
    await look_up(desk, "ann@acme.example")
    await desk.fault("status:503", "$batch", times=9)

    with pytest.raises(GraphBusy):
        await look_up(desk, "ann@acme.example", night=desk.clock.now() + timedelta(1))

    assert (await found(desk))["ann@acme.example"] == {ANN: "sign-in name"}


async def test_one_address_that_was_put_off_does_not_cost_the_others_their_answers(
    desk: Desk,
) -> None:
    await desk.fault("status:429:600", "/v1.0/users")  # the first question of the batch

    with pytest.raises(GraphBusy):
        await look_up(desk, "ann@acme.example", "ben@acme.example")

    assert list(await found(desk)) == ["ben@acme.example"]


async def test_without_the_permission_nobody_is_known_to_be_nobody(desk: Desk) -> None:
    await desk.roles("TeamsAppInstallation.ReadWriteSelfForUser.All")

    with pytest.raises(GraphForbidden):
        await look_up(desk, "ann@acme.example")

    assert await found(desk) == {}


def test_replies_need_their_permission_where_they_are_listened_to() -> None:
    settings = TeamsSettings(app_id="a", tenant_id="t", install="off", feed="off")

    assert wanted(settings, hears=False) == [USERS]
    assert wanted(settings, hears=True) == [USERS, REPLIES]


async def test_missing_permissions_are_noted_with_what_is_lost(desk: Desk) -> None:
    await desk.roles("User.Read.All")

    await users_of(desk).check_roles()

    async with desk.store.reading() as conn:
        lacking, _ = (await entra.told(conn))["lacking"]
    assert lacking == {INSTALL.name: INSTALL.absence}


class HalfGraph:
    """A Graph that answers no advanced query, and finds nobody."""

    async def batch(self, asked: Sequence[Asked]) -> list[Answered]:
        refused = Answered(400, {"error": {"code": "Request_UnsupportedQuery"}})
        return [refused if one.advanced else Answered(200, {"value": []}) for one in asked]


async def test_half_a_search_that_finds_nobody_leaves_it_to_the_rosters(desk: Desk) -> None:
    await look_up(desk, "ann@acme.example")
    half: Any = HalfGraph()
    users = EntraUsers(half, desk.tokens, desk.store, desk.clock, wanted=[])

    await users.refresh(["ann@acme.example"], night=desk.clock.now() + timedelta(1))

    assert await found(desk) == {}
