"""The app comes to an approver before their first card, once, and holds nothing up for long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graph_world import ANN, Desk, open_desk
from world import World

from bot.clock import Bell
from bot.people.installs import HOLD, NEWS, NOT_IN_CATALOG, ON_ITS_WAY, App, Installs
from storage import audit, conversations, installs, outbox
from storage.records import (
    Conversation,
    Install,
    InstallState,
    OutboxItem,
    OutboxState,
    Transition,
)

APP = "/teamwork/installedApps"


@pytest.fixture
async def desk(world: World, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(world, tmp_path) as opened:
        await opened.lever("reach", {"person": "ann", "how": "removed"})
        yield opened


def installs_of(desk: Desk, **changes: str) -> Installs:
    app = replace(App(desk.settings.app_id, "", desk.settings.graph_url), **changes)
    return Installs(desk.graph, desk.store, desk.ports, app, outbox_bell=Bell(desk.clock))


async def state_of(desk: Desk) -> Install:
    async with desk.store.reading() as conn:
        found = await installs.get(conn, ANN)
    assert found is not None
    return found


async def wanted(desk: Desk, **changes: str) -> Installs:
    """Installations with one wanted for Ann."""
    made = installs_of(desk, **changes)
    assert await made.before(ANN) == ON_ITS_WAY
    return made


async def chat_comes(desk: Desk) -> None:
    async with desk.store.transaction() as conn:
        place = Conversation("a:1ann", "personal", desk.settings.service_url, ANN)
        await conversations.put(conn, place, now=desk.clock.now())


async def settled(desk: Desk, made: Installs) -> Install:
    """Take every step there is, however long it takes."""
    for _ in range(50):
        if not await made.step():
            due = await made.next_due()
            if due is None:
                break
            desk.clock.at = max(desk.clock.at, due)
    return await state_of(desk)


async def card(desk: Desk) -> None:
    """A card to Ann that waits for the app."""
    item = OutboxItem("k1", "post", "acme", "Bill/Bill/1", f"person:{ANN}", {}, "c", asks=True)
    now = desk.clock.now()
    async with desk.store.transaction() as conn:
        await outbox.add(conn, item, now=now)
        taken = await outbox.claim(conn, item.target, now=now)
        assert taken is not None
        await outbox.record(conn, taken, Transition(OutboxState.WAITING, now))


async def is_awake(desk: Desk) -> bool:
    async with desk.store.reading() as conn:
        return bool(await outbox.due(conn, now=desk.clock.now()))


# --- the way it goes ---


async def test_an_approver_who_lacks_the_app_is_given_it(desk: Desk) -> None:
    made = await wanted(desk)

    await made.step()

    assert (await state_of(desk)).state is InstallState.SENT
    assert len(await desk.requests("POST", APP)) == 1
    assert await made.before(ANN) == ON_ITS_WAY


async def test_the_card_goes_on_when_teams_tells_of_the_installation(desk: Desk) -> None:
    await card(desk)
    made = await wanted(desk)
    await made.step()
    await chat_comes(desk)

    assert await made.before(ANN) is None
    assert (await settled(desk, made)).state is InstallState.THERE
    assert await is_awake(desk)


async def test_an_installation_nobody_told_of_leaves_the_chat_to_be_opened_by_the_card(
    desk: Desk,
) -> None:
    await card(desk)
    made = await wanted(desk)

    done = await settled(desk, made)

    assert done.state is InstallState.THERE
    assert desk.clock.now() - done.since >= NEWS
    assert await made.before(ANN) is None
    async with desk.store.reading() as conn:
        # Graph's id of the chat is another than the one its presses name.
        assert await conversations.chat_with(conn, ANN) is None
    assert await is_awake(desk)


async def test_who_has_the_app_already_is_not_given_it_again(desk: Desk) -> None:
    await desk.lever("reach", {"person": "ann", "how": "ok"})
    made = await wanted(desk)

    assert (await settled(desk, made)).state is InstallState.THERE
    assert await desk.requests("POST", APP) == []


async def test_who_got_the_app_meanwhile_counts_as_given(desk: Desk) -> None:
    await desk.witness.teams_fault("status_after_apply:409", method="POST", path=APP)

    assert (await settled(desk, await wanted(desk))).state is InstallState.THERE


async def test_somebody_whose_chat_is_known_needs_nothing(desk: Desk) -> None:
    await chat_comes(desk)

    assert await installs_of(desk).before(ANN) is None
    assert await installs_of(desk).next_due() is None


async def test_whoever_removed_the_app_is_not_given_it_a_second_time(desk: Desk) -> None:
    made = await wanted(desk)
    await settled(desk, made)
    async with desk.store.transaction() as conn:
        await conn.execute("DELETE FROM conversations")
    desk.clock.later(7 * 86400)

    assert await made.before(ANN) is None
    assert await made.step() is False


async def test_an_installation_goes_on_after_a_restart(desk: Desk) -> None:
    await (await wanted(desk)).step()

    assert (await settled(desk, installs_of(desk))).state is InstallState.THERE
    assert len(await desk.requests("POST", APP)) == 1


async def test_a_catalog_id_from_the_settings_is_not_asked_for(desk: Desk) -> None:
    made = await wanted(desk, catalog_id="dddddddd-0000-4000-8000-000000000004")

    assert (await settled(desk, made)).state is InstallState.THERE
    assert await desk.requests("GET", "/appCatalogs/") == []


# --- what does not go ---


async def test_without_the_permission_the_card_goes_its_own_way_and_the_reason_is_kept(
    desk: Desk,
) -> None:
    await card(desk)
    await desk.roles("User.Read.All", "AppCatalog.Read.All")
    made = await wanted(desk)

    done = await settled(desk, made)

    assert done.state is InstallState.REFUSED
    assert "TeamsAppInstallation.ReadWriteSelfForUser.All" in done.note
    assert await made.before(ANN) is None
    assert await is_awake(desk)


async def test_an_app_that_is_not_in_the_catalog_is_told_with_what_to_do(desk: Desk) -> None:
    await desk.lever("app", {"published": False})

    done = await settled(desk, await wanted(desk))

    assert (done.state, done.note) == (InstallState.REFUSED, NOT_IN_CATALOG)


async def test_who_was_refused_is_tried_anew_a_day_later(desk: Desk) -> None:
    await desk.lever("app", {"published": False})
    made = await wanted(desk)
    await settled(desk, made)
    await desk.lever("app", {"published": True})

    desk.clock.later(23 * 3600)
    assert await made.before(ANN) is None
    desk.clock.later(2 * 3600)
    assert await made.before(ANN) == ON_ITS_WAY
    assert (await settled(desk, made)).state is InstallState.THERE


async def test_a_busy_graph_is_asked_again_no_sooner_than_it_says(desk: Desk) -> None:
    await desk.fault("status:429:30", "/appCatalogs")
    made = await wanted(desk)

    await made.step()

    assert ((await state_of(desk)).due_at - desk.clock.now()).total_seconds() == 30
    assert (await settled(desk, made)).state is InstallState.THERE


async def test_a_graph_that_stays_away_is_given_up(desk: Desk) -> None:
    await desk.fault("status:500", "/appCatalogs", times=99)

    done = await settled(desk, await wanted(desk))

    assert done.state is InstallState.REFUSED
    assert done.note.startswith("gave up: Graph answered 500")


async def test_no_card_waits_longer_than_two_minutes_for_a_graph_that_wants_rest(
    desk: Desk,
) -> None:
    await card(desk)
    await desk.fault("status:429:600", "/appCatalogs")
    made = await wanted(desk)

    await made.step()

    assert HOLD.total_seconds() == 120
    assert await made.before(ANN) is None
    assert await is_awake(desk)
    assert (await settled(desk, made)).state is InstallState.THERE


async def test_a_card_that_is_in_flight_is_not_missed(desk: Desk) -> None:
    """It asked, and will be put among those that wait only after the installation has ended."""
    now = desk.clock.now()
    item = OutboxItem("k1", "post", "acme", "Bill/Bill/1", f"person:{ANN}", {}, "c", asks=True)
    async with desk.store.transaction() as conn:
        await outbox.add(conn, item, now=now)
        taken = await outbox.claim(conn, item.target, now=now)
    assert taken is not None
    await desk.lever("app", {"published": False})
    made = await wanted(desk)

    await made.step()
    assert (await state_of(desk)).state is InstallState.WANTED

    async with desk.store.transaction() as conn:
        await outbox.record(conn, taken, Transition(OutboxState.WAITING, now))
    await settled(desk, made)
    assert await is_awake(desk)


async def test_every_turn_of_an_installation_is_in_the_audit(desk: Desk) -> None:
    await settled(desk, await wanted(desk))

    async with desk.store.reading() as conn:
        told: list[Any] = [entry.action for entry in await audit.newest(conn)]
    assert told == ["app there", "app sent", "app wanted"]
