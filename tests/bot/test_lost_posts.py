"""A card whose post got no answer is looked for where Graph lets us read, before it goes again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from any_order_fakes import is_about, says
from any_order_world import CHANNELS, ORDER
from any_order_world import World as AnyOrder
from notices_world import AP, BILL, EAST, NoticesWorld, notices_world

from bot.core.messages import Ours
from bot.sending.lost_posts import LostPosts
from bot.tokens import Resource
from deployment.sandbox import teams
from storage import ledger, notices, posted_cards
from storage.records import Decision, DecisionState, OutboxItem, PostedCard

TOKEN = "a-token-nobody-can-guess"
LOST = OutboxItem("k", "post", "acme", BILL, "channel:ap", {}, "c", unknowns=1)
AIMED = PostedCard("acme", BILL, "channel:ap", conversation=AP)
OPTIONS = teams.SandboxOptions(bot="", app_secret="")
CARD = "application/vnd.microsoft.card.adaptive"


@pytest.fixture
async def graph(tmp_path: Path) -> AsyncIterator[NoticesWorld]:
    async with notices_world(tmp_path) as world:
        await world.bind(AP)
        await world.settle()
        now = world.clock.now()
        asked = Decision(
            id="d1", company="acme", document=BILL, token=TOKEN, state=DecisionState.PENDING,
            verbs=("release",), approvers=("ann",), fingerprint="f", asked_at=now,
            correlation="c", asked_in="On Hold",
        )  # fmt: skip
        async with world.store.transaction() as conn:
            await ledger.ask(conn, asked)
        yield world


def lost_posts(world: NoticesWorld, app_id: str = "") -> LostPosts:
    ours = Ours(app_id or OPTIONS.app_id, frozenset({OPTIONS.tenant_id}))
    return LostPosts(world.store, world.graph, ours)


async def post(world: NoticesWorld, token: str = TOKEN) -> str:
    """Have the bot post a card with a token into the channel; returns its message."""
    data = {"token": token, "verb": "release"}
    button = {"type": "Action.Execute", "title": "Release", "verb": "release", "data": data}
    content = {"type": "AdaptiveCard", "version": "1.5", "body": [], "actions": [button]}
    activity = {"type": "message", "attachments": [{"contentType": CARD, "content": content}]}
    bearer = {"Authorization": f"Bearer {await world.tokens.get(Resource.BOT)}"}
    place = {"channel": {"id": AP}, "tenant": {"id": OPTIONS.tenant_id}}
    body = {
        "isGroup": True, "bot": {"id": f"28:{OPTIONS.app_id}"}, "tenantId": OPTIONS.tenant_id,
        "activity": activity, "channelData": place,
    }  # fmt: skip
    url = f"{world.url}/teams/v3/conversations"
    async with world.http.post(url, json=body, headers=bearer) as answer:
        told = await answer.json()
        assert answer.status == 201, told
        return str(told["activityId"])


async def looked(world: NoticesWorld) -> int:
    asked = await world.events("request")
    return sum(one["path"].endswith("/messages") for one in asked)


async def test_the_message_of_ours_that_holds_the_cards_token_is_the_card(
    graph: NoticesWorld,
) -> None:
    await post(graph, "the token of another question")
    mine = await post(graph)
    await graph.say("ann", f'has anybody seen "{TOKEN}"?')

    assert await lost_posts(graph).find(LOST, AIMED) == mine


async def test_a_message_that_is_another_card_of_the_document_is_not_this_one(
    graph: NoticesWorld,
) -> None:
    mine = await post(graph)
    other = PostedCard("acme", BILL, "channel:same-place", conversation=AP, activity=mine)
    async with graph.store.transaction() as conn:
        await posted_cards.add(conn, "acme", BILL, other.target)
        await posted_cards.posted(conn, other, now=graph.clock.now())

    assert await lost_posts(graph).find(LOST, AIMED) == ""


async def test_a_card_of_another_app_is_none_of_ours(graph: NoticesWorld) -> None:
    await post(graph)

    assert await lost_posts(graph, app_id="another-app").find(LOST, AIMED) == ""


@pytest.mark.parametrize(
    ("item", "card"),
    [
        (replace(LOST, unknowns=0), AIMED),
        (LOST, replace(AIMED, conversation="")),
        (LOST, replace(AIMED, conversation=EAST)),
    ],
    ids=["no post is in doubt", "it was aimed nowhere", "the channel is not read"],
)
async def test_nothing_is_read_where_nothing_is_in_doubt_or_may_be_read(
    graph: NoticesWorld, item: OutboxItem, card: PostedCard
) -> None:
    await post(graph)

    assert await lost_posts(graph).find(item, card) == ""
    assert await looked(graph) == 0


async def test_what_graph_does_not_tell_is_not_found(graph: NoticesWorld) -> None:
    await post(graph)
    await graph.lever("faults", {"fault": "status:503", "on": {"path": "/v1.0/teams"}, "times": 9})

    assert await lost_posts(graph).find(LOST, AIMED) == ""
    assert await looked(graph) > 0


async def test_the_thread_is_read_where_graph_tells_of_replies_and_nowhere_else(
    graph: NoticesWorld,
) -> None:
    now = graph.clock.now()
    async with graph.store.transaction() as conn:
        await notices.add_thread(conn, AP, "1700000000001", now=now)
        await notices.add_thread(conn, EAST, "1700000000002", now=now)

    async with graph.store.reading() as conn:
        found = await notices.due(conn, now=now)
        assert await notices.counts(conn) == {"pending": 1}
    assert found is not None
    assert (found.channel, found.root, found.message) == (AP, "1700000000001", "")


class Seen:
    """A channel that can be read: the card is the first message of ours about the order."""

    def __init__(self, world: AnyOrder) -> None:
        self._world = world

    async def find(self, item: OutboxItem, _card: Any) -> str:
        there = [one for one in self._world.teams.messages if is_about(one, ORDER)]
        return there[0].activity if item.unknowns and item.document == str(ORDER) else ""


async def test_a_card_that_was_found_is_edited_where_it_stands_and_not_posted_again(
    tmp_path: Path,
) -> None:
    world = AnyOrder(tmp_path / "store.db")
    world.lost_posts = Seen(world)
    await world.start()
    world.teams.next_sends = ["lost after"] * 9
    await world.do(("poll",))
    await world.do(("all",))
    world.teams.next_sends = []
    world.clock.advance(60)
    await world.do(("all",))

    [card] = [one for one in world.teams.messages if is_about(one, ORDER)]
    await world.do(("press", "order"))
    await world.do(("all",))

    assert says(card.card, "Approved by Ann")
    assert card.conversation.startswith(CHANNELS["ap"])
    await world.bot.store.close()
