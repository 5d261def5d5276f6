"""The outbox: each key once, order per document and target, urgent things first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_values import BILL, COMPANY, NOW, later, message

from storage import conversations, outbox
from storage.database import Connection, Database
from storage.records import Conversation, OutboxItem, OutboxState, Transition


async def put(conn: Connection, *items: OutboxItem, seconds: float = 0) -> None:
    for item in items:
        assert await outbox.add(conn, item, now=later(seconds))


async def claim(conn: Connection, seconds: float = 0) -> OutboxItem | None:
    """Take what is due at whatever target, the most urgent one first."""
    for one in sorted(await outbox.due(conn, now=later(seconds)), key=lambda one: one.lane):
        return await outbox.claim(conn, one.target, now=later(seconds))
    return None


async def taken(conn: Connection, seconds: float = 0) -> OutboxItem:
    item = await claim(conn, seconds)
    assert item is not None
    return item


async def record(
    conn: Connection, item: OutboxItem, state: OutboxState, *, seconds: float = 0, unknowns: int = 0
) -> bool:
    return await outbox.record(conn, item, Transition(state, later(seconds), "why", unknowns))


async def test_a_key_is_sent_once_and_stays_known(store: Database) -> None:
    async with store.transaction() as conn:
        assert await outbox.add(conn, message(), now=NOW)
        assert not await outbox.add(conn, message(target="other"), now=NOW)
        await record(conn, await taken(conn), OutboxState.DELIVERED)

        assert not await outbox.add(conn, message(), now=NOW)
        assert await claim(conn, 99) is None


async def test_a_message_is_taken_as_it_was_put(store: Database) -> None:
    async with store.transaction() as conn:
        await put(conn, message(asks=True, payload={"text": "ä", "n": [1, None]}))

        item = await taken(conn)

    assert item == message(
        asks=True, payload={"text": "ä", "n": [1, None]}, id=item.id, attempts=1,
        created_at=NOW, state=OutboxState.IN_FLIGHT,
    )  # fmt: skip


@pytest.mark.parametrize(
    "blocking",
    [OutboxState.IN_FLIGHT, OutboxState.RETRYING, OutboxState.WAITING, OutboxState.PENDING],
)
async def test_messages_of_one_document_at_one_target_go_out_in_order(
    store: Database, blocking: OutboxState
) -> None:
    async with store.transaction() as conn:
        await put(conn, message("k1"), message("k2", asks=True))
        if blocking is OutboxState.PENDING:
            assert (await taken(conn)).key == "k1"
            return
        first = await taken(conn)
        if blocking is not OutboxState.IN_FLIGHT:
            await record(conn, first, blocking, seconds=60)

        assert await claim(conn, 30) is None


@pytest.mark.parametrize(
    "end", [OutboxState.DELIVERED, OutboxState.DEAD, OutboxState.MAYBE_DELIVERED]
)
async def test_a_message_that_came_to_its_end_lets_the_next_go(
    store: Database, end: OutboxState
) -> None:
    async with store.transaction() as conn:
        await put(conn, message("k1"), message("k2"))
        await record(conn, await taken(conn), end)

        assert (await taken(conn)).key == "k2"


async def test_a_target_that_waits_blocks_no_other_target_and_no_other_document(
    store: Database,
) -> None:
    async with store.transaction() as conn:
        await put(conn, message("k1", "channel:unbound"))
        await record(conn, await taken(conn), OutboxState.WAITING)
        await put(conn, message("k2", "channel:unbound"), message("k3", "channel:ap"))
        await put(conn, message("k4", "channel:unbound", document="Bill/Bill/2"))

        assert {(await taken(conn)).key for _ in range(2)} == {"k3", "k4"}
        assert await claim(conn, 99) is None


async def test_an_edit_passes_what_is_parked_and_nothing_else(store: Database) -> None:
    edit = {"kind": "update", "asks": True}
    async with store.transaction() as conn:
        await put(conn, message("k1"))
        first = await taken(conn)
        await put(conn, replace(message("k2"), **edit), message("k3"))
        assert await claim(conn, 30) is None

        await record(conn, first, OutboxState.WAITING)

        assert [one.target for one in await outbox.due(conn, now=later(30))] == [first.target]
        assert (await taken(conn, 30)).key == "k2"
        assert await claim(conn, 30) is None


async def test_a_nudge_behind_a_parked_edit_holds_up_no_later_edit(store: Database) -> None:
    async with store.transaction() as conn:
        await put(conn, message("k1", kind="update"))
        await record(conn, await taken(conn), OutboxState.WAITING)
        await put(conn, message("k2", kind="nudge"), message("k3", kind="update"))

        assert [one.target for one in await outbox.due(conn, now=later(30))] == ["channel:ap"]
        assert (await taken(conn, 30)).key == "k3"
        assert await claim(conn, 30) is None


async def test_what_waited_goes_out_in_order_once_its_target_is_known(store: Database) -> None:
    async with store.transaction() as conn:
        await put(conn, message("k1", "channel:new"))
        await record(conn, await taken(conn), OutboxState.WAITING)
        await put(conn, message("k2", "channel:new"))

        assert await outbox.wake(conn, "channel:else", now=later(5)) == 0
        assert await outbox.wake(conn, "channel:new", now=later(5)) == 1

        first = await taken(conn, 5)
        assert (first.key, first.reason) == ("k1", "")
        await record(conn, first, OutboxState.DELIVERED)
        assert (await taken(conn, 5)).key == "k2"


async def test_everything_that_waits_can_be_tried_again(store: Database) -> None:
    async with store.transaction() as conn:
        await put(conn, message("k1", "a"), message("k2", "b"), message("k3", "c"))
        await record(conn, await taken(conn), OutboxState.WAITING)
        await record(conn, await taken(conn), OutboxState.WAITING)
        await record(conn, await taken(conn), OutboxState.DEAD)

        assert await outbox.wake_all(conn, now=later(5)) == 2

        assert await outbox.counts(conn) == {"pending": 2, "dead": 1}
        assert await outbox.next_due(conn, now=later(4)) == later(5)


async def test_cards_that_ask_somebody_go_before_notes(store: Database) -> None:
    async with store.transaction() as conn:
        await put(conn, message("note", "a"), message("later note", "b"))
        await put(conn, message("ask", "c", asks=True), seconds=5)

        assert [(await taken(conn, 9)).key for _ in range(3)] == ["ask", "note", "later note"]


async def test_a_message_comes_when_it_is_due_and_not_before(store: Database) -> None:
    async with store.transaction() as conn:
        await put(conn, message())
        await record(conn, await taken(conn), OutboxState.RETRYING, seconds=30)
        assert await claim(conn, 29) is None
        assert await outbox.next_due(conn, now=later(29)) == later(30)

        assert (await taken(conn, 30)).attempts == 2
        assert await outbox.next_due(conn, now=later(30)) is None


async def test_an_outcome_is_stored_only_while_the_message_is_in_flight(store: Database) -> None:
    async with store.transaction() as conn:
        await put(conn, message())
        item = await taken(conn)
        assert await record(conn, item, OutboxState.RETRYING, seconds=1)

        assert not await record(conn, item, OutboxState.DELIVERED)
        assert await outbox.counts(conn) == {"retrying": 1}


async def test_what_a_dead_process_had_in_flight_is_found_at_start(store: Database) -> None:
    async with store.transaction() as conn:
        await put(conn, message("k1", "a"), message("k2", "b"), message("k3", "c"))
        first, second = await taken(conn), await taken(conn)
        await record(conn, first, OutboxState.DELIVERED)

        assert await outbox.abandoned(conn) == [second]


async def test_a_throttled_target_is_left_alone_and_no_other(store: Database) -> None:
    async with store.transaction() as conn:
        await put(
            conn, message("k1", "a"), message("k2", "a", document="B/B/2"), message("k3", "b")
        )
        await outbox.hold(conn, "a", until=later(60))

        assert (await taken(conn, 59)).key == "k3"
        assert await claim(conn, 59) is None
        assert (await taken(conn, 60)).key == "k1"


async def test_holding_a_target_never_hastens_what_waits_longer(store: Database) -> None:
    async with store.transaction() as conn:
        await put(conn, message("k1", "a"))
        await record(conn, await taken(conn), OutboxState.RETRYING, seconds=90)
        await outbox.hold(conn, "a", until=later(60))

        assert await outbox.next_due(conn, now=later(0)) == later(90)


@pytest.mark.parametrize("state", [OutboxState.RETRYING, OutboxState.MAYBE_DELIVERED])
async def test_a_post_without_an_answer_that_shows_itself_is_not_sent_again(
    store: Database, state: OutboxState
) -> None:
    async with store.transaction() as conn:
        await put(conn, message(asks=True))
        await record(conn, await taken(conn), state, unknowns=1)

        await outbox.arrived(conn, COMPANY, BILL, "channel:ap")

        assert await outbox.counts(conn) == {"delivered": 1}
        assert await claim(conn, 99) is None


@pytest.mark.parametrize(
    ("item", "unknowns"),
    [
        (message(), 0),
        (message(kind="update"), 1),
        (message(target="other"), 1),
        (message(document="Bill/Bill/2"), 1),
        (message(company="beta"), 1),
    ],
)
async def test_only_a_post_without_an_answer_at_that_place_has_arrived(
    store: Database, item: OutboxItem, unknowns: int
) -> None:
    async with store.transaction() as conn:
        await put(conn, item)
        await record(conn, await taken(conn), OutboxState.RETRYING, unknowns=unknowns)

        await outbox.arrived(conn, COMPANY, BILL, "channel:ap")

        assert await outbox.counts(conn) == {"retrying": 1}


async def test_everything_not_delivered_is_listed_newest_first(store: Database) -> None:
    async with store.transaction() as conn:
        await put(conn, *(message(f"k{n}", f"t{n}") for n in range(5)))
        await record(conn, await taken(conn), OutboxState.DELIVERED)
        await record(conn, await taken(conn), OutboxState.DEAD)

        found = await outbox.unfinished(conn, limit=3)

    assert [(item.key, item.state) for item in found] == [
        ("k4", OutboxState.PENDING), ("k3", OutboxState.PENDING), ("k2", OutboxState.PENDING),
    ]  # fmt: skip


def test_order_is_kept_per_company_document_and_target() -> None:
    keys = {
        replace(message(), **change).ordering_key
        for change in ({}, {"company": "beta"}, {"document": "x"}, {"target": "y"}, {"key": "z"})
    }

    assert len(keys) == 4


# --- which conversation it leads to ---


async def test_targets_lead_to_their_conversations(store: Database) -> None:
    async with store.transaction() as conn:
        await conversations.bind(conn, "ap", "19:ap", by="file", now=NOW)
        await conversations.put(
            conn, Conversation("a:ann", "personal", "https://emea/", "aad-ann"), now=NOW
        )
        await put(conn, message("k1", "channel:ap"), message("k2", "channel:unbound"))
        await put(conn, message("k3", "person:aad-ann"), message("k4", "person:aad-ben", asks=True))
        await put(conn, message("k5", "19:ap;messageid=7", kind="say"))

        found = {one.target: one for one in await outbox.due(conn, now=NOW)}

    assert {name: one.conversation for name, one in found.items()} == {
        "channel:ap": "19:ap",
        "channel:unbound": "channel:unbound",
        "person:aad-ann": "a:ann",
        "person:aad-ben": "person:aad-ben",
        "19:ap;messageid=7": "19:ap",
    }
    assert found["person:aad-ann"].service_url == "https://emea/"
    assert [found[name].lane for name in ("19:ap;messageid=7", "person:aad-ben", "channel:ap")] == [
        -1, 0, 1,
    ]  # fmt: skip


async def test_a_target_whose_messages_wait_for_an_earlier_one_is_not_due(store: Database) -> None:
    async with store.transaction() as conn:
        await put(conn, message("k1", "a"), message("k2", "a", asks=True))
        await record(conn, await taken(conn), OutboxState.WAITING)

        assert await outbox.due(conn, now=later(99)) == []


async def test_what_was_tried_lately_is_told_by_conversation(store: Database) -> None:
    async with store.transaction() as conn:
        await conversations.bind(conn, "ap", "19:ap", by="file", now=NOW)
        await put(conn, message("k1", "channel:ap"), message("k2", "19:x;messageid=7", kind="say"))
        await record(conn, await taken(conn, 5), OutboxState.DELIVERED)
        await record(conn, await taken(conn, 9), OutboxState.DELIVERED)

        assert await outbox.sent_since(conn, later(-3600)) == [
            outbox.Sent("19:x", later(5)), outbox.Sent("19:ap", later(9)),
        ]  # fmt: skip
        assert await outbox.sent_since(conn, later(5)) == [outbox.Sent("19:ap", later(9))]


async def test_only_what_was_parked_for_that_reason_is_tried_again(store: Database) -> None:
    async with store.transaction() as conn:
        await put(conn, message("k1", "a"), message("k2", "b"))
        for reason in ("401 Unauthorized", "403 blocked"):
            item = await taken(conn)
            await outbox.record(conn, item, Transition(OutboxState.WAITING, NOW, reason))

        assert await outbox.wake_refused(conn, "401", now=later(5)) == 1
        assert (await taken(conn, 5)).key == "k1"


async def test_taking_from_a_large_backlog_sorts_and_scans_nothing(store: Database) -> None:
    async with store.reading() as conn:
        plan = await (
            await conn.execute(
                "EXPLAIN QUERY PLAN SELECT id FROM outbox AS candidate"
                " WHERE target = 'a' AND state IN ('pending', 'retrying') AND due_at <= 'x'"
                " AND NOT EXISTS (SELECT 1 FROM outbox AS earlier"
                " WHERE earlier.ordering_key = candidate.ordering_key AND earlier.id < candidate.id"
                " AND earlier.state IN ('pending', 'retrying', 'in_flight', 'waiting'))"
                " ORDER BY lane, due_at, id LIMIT 1"
            )
        ).fetchall()

    told = [row["detail"] for row in plan]
    assert any("outbox_due" in line for line in told)
    assert not any("SCAN" in line or "TEMP B-TREE" in line for line in told)
