"""Subscriptions at Graph: one for each bound channel, alive whatever happens to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from notices_world import AP, EAST, NoticesWorld, notices_world

from bot.listening.graph_door import LIFECYCLE, NOTIFICATIONS
from storage import audit


@pytest.fixture
async def graph(tmp_path: Path) -> AsyncIterator[NoticesWorld]:
    async with notices_world(tmp_path) as world:
        yield world


async def channels(graph: NoticesWorld) -> Counter[str]:
    """How many subscriptions Graph has for each channel."""
    return Counter(
        one["resource"].split("/channels/")[1].split("/")[0] for one in await graph.listed()
    )


async def test_each_bound_channel_is_subscribed_once_for_almost_three_days(
    graph: NoticesWorld,
) -> None:
    await graph.bind(AP, EAST)

    await graph.settle()

    assert await channels(graph) == {AP: 1, EAST: 1}
    for one in await graph.listed():
        assert one["notificationUrl"] == graph.bot + NOTIFICATIONS
        assert one["lifecycleNotificationUrl"] == graph.bot + LIFECYCLE
        assert one["changeType"] == "created,updated"
    known = await graph.known()
    assert known.expires_at is not None
    assert timedelta(hours=71) < known.expires_at - graph.clock.now() < timedelta(hours=72)


async def test_two_names_of_one_channel_are_one_subscription(graph: NoticesWorld) -> None:
    await graph.bind(AP)
    async with graph.store.transaction() as conn:
        await conn.execute("INSERT INTO channels (name, conversation, bound_by, bound_at)"
                           " VALUES ('second', ?, 'test', '')", (AP,))  # fmt: skip

    await graph.settle()

    assert await channels(graph) == {AP: 1}


async def test_a_channel_bound_later_is_subscribed_and_an_unbound_one_is_given_up(
    graph: NoticesWorld,
) -> None:
    await graph.bind(AP)
    await graph.settle()

    await graph.bind(EAST)
    await graph.settle()

    assert await channels(graph) == {EAST: 1}


async def test_a_fortnight_passes_with_every_subscription_always_alive(graph: NoticesWorld) -> None:
    await graph.bind(AP, EAST)
    await graph.settle()
    ends = graph.clock.now() + timedelta(days=14)

    while graph.clock.now() < ends:
        due = await graph.subscriptions.next_due()
        assert due is not None
        graph.clock.at = max(due, graph.clock.now())
        assert await channels(graph) == {AP: 1, EAST: 1}
        await graph.settle()

    renewed = [one for one in await graph.events("subscription") if one["what"] == "renewed"]
    created = [one for one in await graph.events("subscription") if one["what"] == "created"]
    assert len(created) == 2
    assert 16 <= len(renewed) <= 24  # at half of almost three days, for two of them


async def test_a_weekend_without_graph_ends_no_subscription(graph: NoticesWorld) -> None:
    await graph.bind(AP)
    await graph.settle()
    graph.clock.advance(hours=35)
    await graph.lever(
        "faults", {"fault": "status:503:60", "times": 10_000, "on": {"path": "/v1.0/"}}
    )
    before = await graph.known()

    for _ in range(30):
        graph.clock.advance(hours=1)
        await graph.subscriptions.step()
        await graph.subscriptions.step()
    async with graph.http.delete(f"{graph.url}/_sandbox/faults"):
        pass
    graph.clock.advance(hours=1)
    await graph.settle()

    after = await graph.known()
    assert (await channels(graph), after.id) == ({AP: 1}, before.id)
    assert after.error == ""


async def test_what_graph_removed_is_made_anew_at_once(graph: NoticesWorld) -> None:
    await graph.bind(AP)
    await graph.settle()
    before = await graph.known()

    await graph.lever("subscriptions", {"event": "subscriptionRemoved"})
    await graph.settle()

    assert await channels(graph) == {AP: 1}
    assert (await graph.known()).id != before.id


async def test_what_vanished_without_a_word_is_made_anew_within_hours(graph: NoticesWorld) -> None:
    await graph.bind(AP)
    await graph.settle()
    gone = (await graph.known()).id
    await graph.graph.delete(f"/subscriptions/{gone}")

    graph.clock.advance(hours=6)
    await graph.settle()

    assert await channels(graph) == {AP: 1}
    assert (await graph.known()).id != gone


async def test_reauthorization_is_answered_by_renewing(graph: NoticesWorld) -> None:
    await graph.bind(AP)
    await graph.settle()
    graph.clock.advance(hours=1)

    await graph.lever("subscriptions", {"event": "reauthorizationRequired", "pause": True})
    await graph.settle()

    [one] = await graph.listed()
    assert one["paused"] is False


async def test_a_start_adopts_what_is_there_and_deletes_doubles(graph: NoticesWorld) -> None:
    await graph.bind(AP)
    await graph.settle()
    before = await graph.known()
    [one] = await graph.listed()
    double = {
        name: one[name]
        for name in ("changeType", "resource", "notificationUrl", "lifecycleNotificationUrl")
    }
    await graph.graph.post(
        "/subscriptions",
        {**double, "expirationDateTime": one["expirationDateTime"], "clientState": "x"},
    )
    assert await channels(graph) == {AP: 2}

    graph.restart()
    await graph.settle()

    assert [row["id"] for row in await graph.listed()] == [before.id]


async def test_a_store_that_was_lost_leaves_no_subscription_nobody_knows(
    graph: NoticesWorld,
) -> None:
    await graph.bind(AP)
    await graph.settle()
    before = await graph.known()
    async with graph.store.transaction() as conn:
        await conn.execute("DELETE FROM subscriptions")

    graph.restart()
    await graph.settle()

    [one] = await graph.listed()
    assert one["id"] == (await graph.known()).id != before.id


async def test_a_creation_without_an_answer_leaves_one_subscription(graph: NoticesWorld) -> None:
    await graph.bind(AP)
    fault = {"fault": "reset_after_apply", "on": {"method": "POST", "path": "/v1.0/subscriptions"}}
    await graph.lever("faults", {**fault, "times": 1})

    await graph.settle()

    [one] = await graph.listed()
    assert one["id"] == (await graph.known()).id


async def test_an_address_that_changed_leaves_nothing_behind(graph: NoticesWorld) -> None:
    await graph.bind(AP)
    await graph.settle()
    graph.bot = graph.bot.replace("127.0.0.1", "localhost")

    graph.restart()
    await graph.settle()

    [one] = await graph.listed()
    assert one["notificationUrl"] == graph.bot + NOTIFICATIONS


async def test_without_the_permission_it_says_which_one_and_goes_on_trying(
    graph: NoticesWorld,
) -> None:
    await graph.lever("graph", {"roles": ["User.Read.All"]})
    await graph.bind(AP)

    for _ in range(5):
        graph.clock.advance(seconds=20)
        await graph.subscriptions.step()

    assert await graph.listed() == []
    assert "ChannelMessage.Read.All" in "".join((await graph.subscriptions.hints()).values())
    await graph.lever("graph", {"roles": ["ChannelMessage.Read.All"]})
    graph.clock.advance(hours=2)  # a new consent shows in a new token only
    await graph.settle()
    assert await channels(graph) == {AP: 1}
    assert await graph.subscriptions.hints() == {}


async def test_a_channel_of_an_unknown_team_waits_with_a_plain_reason(graph: NoticesWorld) -> None:
    group = graph.groups.pop(AP)
    await graph.bind(AP)
    for _ in range(3):
        graph.clock.advance(seconds=4)
        await graph.subscriptions.step()

    assert "which team" in (await graph.subscriptions.hints())[AP]
    graph.groups[AP] = group
    graph.clock.advance(minutes=5)
    await graph.settle()
    assert await channels(graph) == {AP: 1}


async def test_doors_that_cannot_be_reached_yet_are_tried_again(graph: NoticesWorld) -> None:
    there, graph.bot = graph.bot, "http://127.0.0.1:1"
    graph.restart()
    await graph.bind(AP)
    for _ in range(3):
        graph.clock.advance(seconds=4)
        await graph.subscriptions.step()
    assert "400" in (await graph.subscriptions.hints())[AP]

    graph.bot = there
    graph.restart()
    graph.clock.advance(minutes=15)
    await graph.settle()

    assert await channels(graph) == {AP: 1}


async def test_what_becomes_of_a_subscription_is_audited(graph: NoticesWorld) -> None:
    await graph.bind(AP)
    await graph.settle()
    await graph.bind()
    await graph.settle()

    async with graph.store.reading() as conn:
        told = [one.action for one in await audit.newest(conn)]
    assert told == ["subscription ended", "subscription created"]
