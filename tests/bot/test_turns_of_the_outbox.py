"""Which message the worker takes next, and when: on a real store, with a clock that is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.clock import Ports
from bot.core.posting import Throttled, Unreachable
from bot.core.schedule import Errand, Quotas, Window
from bot.sending.backlog import Backlog
from bot.sending.effects import Effects, Performed
from bot.sending.pace import Pace
from bot.sending.reach import Reach
from bot.sending.showing import Showing
from bot.sending.standing_in import StandingIn
from bot.sending.worker import MOST_OF_A_PEER, MOST_TAKEN, Taken, Worker
from storage import conversations, outbox
from storage.database import Database
from storage.records import Conversation, Done, OutboxItem, Outcome, Reading, Unknown

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
CHANNEL = "19:a"


@dataclass
class Clock:
    """Time that moves only when told to."""

    passed: float = 0.0
    ahead: float = 0.0
    """Seconds the wall clock is ahead of the one nobody can set."""

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed + self.ahead)

    def reading(self) -> Reading:
        return Reading("boot", 1000.0 + self.passed)

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


@dataclass
class Sender:
    """Stands for Teams: every message is one request that is answered at once."""

    pace: Pace
    clock: Clock
    sent: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    async def perform(self, item: OutboxItem) -> Performed:
        async with self.pace.turn(Errand(item.target.partition(";")[0])):
            self.sent.append(item.key)
        outcome = self.outcomes.pop(0) if self.outcomes else Done("sent")
        if isinstance(outcome, Throttled) and outcome.after:
            self.pace.hold(item.target, outcome.after)
        return Performed(outcome)

    async def abandoned(self, _item: OutboxItem) -> Performed:
        return Performed(Unknown("abandoned"))


@dataclass
class Desk:
    """A worker at its outbox."""

    store: Database
    clock: Clock
    worker: Worker
    sender: Sender
    reach: Reach

    async def put(self, *items: OutboxItem) -> None:
        async with self.store.transaction() as conn:
            for item in items:
                await outbox.add(conn, item, now=self.clock.now())

    async def run(self) -> list[str]:
        """Carry all that may go now; return what went."""
        before = len(self.sender.sent)
        while await self.worker.step():
            pass
        return self.sender.sent[before:]

    async def taken(self) -> list[Taken]:
        """Take all that may be taken at once, without carrying it."""
        found = []
        while (taken := await self.worker.take()) is not None:
            found.append(taken)
        return found


def desk_on(store: Database, clock: Clock, quotas: Quotas = Quotas()) -> Desk:  # noqa: B008
    pace, reach = Pace(quotas, clock), Reach(store)
    sender = Sender(pace, clock)
    ports = Ports(clock, lambda: 0.5, lambda: "token", cast("Any", None))
    worker = Worker(
        store,
        cast("Effects", sender),
        ports,
        pace=pace,
        reach=reach,
        standing_in=StandingIn({}, reach),
        backlog=Backlog({}, store, Showing({}, clock), clock, most=600),
    )
    return Desk(store, clock, worker, sender, reach)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = await Database.open(tmp_path / "store.db")
    yield desk_on(store, Clock())
    await store.close()


def note(key: str, target: str = CHANNEL, **values: Any) -> OutboxItem:
    item = OutboxItem(key, "note", "acme", key, target, {}, "c")
    return replace(item, **values)


async def test_answers_go_before_questions_and_questions_before_notes(desk: Desk) -> None:
    await desk.put(note("note", "19:n"), note("question", "19:q", asks=True))
    await desk.put(note("answer", "19:s", kind="say"), note("same place", "19:q"))

    assert await desk.run() == ["answer", "question", "note", "same place"]


async def test_a_channel_with_much_to_say_and_one_with_little_take_turns(desk: Desk) -> None:
    await desk.put(*(note(f"busy {n}", "19:busy") for n in range(50)))
    await desk.put(note("quiet 1", "19:quiet"), note("quiet 2", "19:quiet"))

    went = await desk.run()

    assert set(went[:5]) >= {"quiet 1", "quiet 2"}
    assert len(went) == 7 + 2  # as many of the busy one as its first second has room for


async def test_no_message_goes_before_its_window_has_room_and_next_due_says_when(
    desk: Desk,
) -> None:
    await desk.put(*(note(f"k{n}") for n in range(9)))

    assert len(await desk.run()) == 7
    due = await desk.worker.next_due()
    assert due == START + timedelta(seconds=1)
    desk.clock.passed = 1.0
    assert len(await desk.run()) == 1
    desk.clock.passed = 2.0
    assert len(await desk.run()) == 1
    assert await desk.worker.next_due() is None


async def test_a_throttled_conversation_waits_exactly_and_the_others_go_on(desk: Desk) -> None:
    await desk.put(note("k1", "19:a"), note("k2", "19:a"), note("k3", "19:b"))
    desk.sender.outcomes = [Throttled("429", 17.0)]

    assert await desk.run() == ["k1", "k3"]
    assert await desk.worker.next_due() == START + timedelta(seconds=17)
    desk.clock.passed = 16.9
    assert await desk.run() == []
    desk.clock.passed = 17.0
    assert sorted(await desk.run()) == ["k1", "k2"]


async def test_a_wall_clock_that_is_set_back_puts_off_no_message(desk: Desk) -> None:
    desk.clock.ahead = 3600.0
    await desk.put(*(note(f"k{n}") for n in range(9)))
    assert len(await desk.run()) == 7  # the others wait for room in their window

    desk.clock.ahead, desk.clock.passed = 0.0, 2.0

    assert await desk.run() == ["k7", "k8"]


async def test_a_retry_waits_as_long_as_it_was_asked_to_whatever_the_wall_clock_does(
    desk: Desk,
) -> None:
    desk.clock.ahead = 3600.0
    await desk.put(note("k1"))
    desk.sender.outcomes = [Throttled("429", 17.0)]
    assert await desk.run() == ["k1"]

    desk.clock.ahead, desk.clock.passed = 0.0, 1.0
    assert await desk.run() == []
    due = await desk.worker.next_due()
    assert due is not None
    assert abs((due - START).total_seconds() - 17.0) < 0.01
    desk.clock.passed = 16.9
    assert await desk.run() == []
    desk.clock.passed = 17.0
    assert await desk.run() == ["k1"]


async def test_clocks_that_part_by_less_than_a_second_move_nothing(desk: Desk) -> None:
    await desk.put(note("k1"))
    desk.sender.outcomes = [Throttled("429", 17.0)]
    await desk.run()

    desk.clock.ahead, desk.clock.passed = -0.9, 10.0
    await desk.run()

    assert await desk.worker.next_due() == START + timedelta(seconds=17)


async def test_a_throttled_conversation_nobody_told_a_time_for_is_left_alone_as_a_whole(
    desk: Desk,
) -> None:
    await desk.put(note("k1", "19:a;messageid=1"), note("k2", "19:a;messageid=2"))
    await desk.put(note("k3", "19:b"))
    desk.sender.outcomes = [Throttled("429", ceiling=60.0, conversation="19:a")]

    went = await desk.run()

    assert went == ["k1", "k3"]
    due = await desk.worker.next_due()
    assert due == START + timedelta(seconds=1.25)  # the first step of our own back-off
    desk.clock.passed = 1.2
    assert await desk.run() == []
    desk.clock.passed = 1.25
    assert sorted(await desk.run()) == ["k1", "k2"]


async def test_a_place_that_refused_us_is_tried_again_after_a_day_without_any_event(
    desk: Desk,
) -> None:
    await desk.put(note("k1", "person:ben"), note("k2", "person:ben", document="k1"))
    desk.sender.outcomes = [Unreachable("403")]
    assert await desk.run() == ["k1"]

    desk.clock.passed = timedelta(hours=23, minutes=59).total_seconds()
    assert await desk.run() == []
    assert desk.reach.refusal("person:ben", desk.clock.now()) == "403"

    desk.clock.passed = timedelta(hours=25).total_seconds()
    assert desk.reach.refusal("person:ben", desk.clock.now()) == ""
    assert await desk.run() == ["k1", "k2"]
    assert desk.reach.marked == frozenset()


async def test_one_message_of_a_conversation_is_at_work_and_threads_are_no_other_one(
    desk: Desk,
) -> None:
    await desk.put(note("k1", "19:a;messageid=1"), note("k2", "19:a;messageid=2"), note("k3"))
    await desk.put(note("k4", "19:b"))

    assert len(await desk.taken()) == 2


async def test_a_dead_peer_does_not_take_every_place(desk: Desk) -> None:
    async with desk.store.transaction() as conn:
        for n in range(MOST_TAKEN):
            place = Conversation(f"19:dead{n}", "channel", "https://dead/")
            await conversations.put(conn, place, now=START)
    await desk.put(*(note(f"dead {n}", f"19:dead{n}", asks=True) for n in range(MOST_TAKEN)))
    await desk.put(*(note(f"alive {n}", f"19:alive{n}") for n in range(MOST_TAKEN)))

    taken = [one.item.key for one in await desk.taken()]

    assert sum(key.startswith("dead") for key in taken) == MOST_OF_A_PEER
    assert len(taken) == MOST_TAKEN


async def test_a_restart_counts_on_where_the_former_process_stopped(desk: Desk) -> None:
    await desk.put(*(note(f"k{n}") for n in range(9)))
    assert len(await desk.run()) == 7

    again = desk_on(desk.store, Clock(0.5))
    await again.worker.rescue()

    assert await again.run() == []
    again.clock.passed = 1.0
    assert len(await again.run()) == 1


async def test_ten_thousand_messages_cost_no_more_each_than_a_thousand(desk: Desk) -> None:
    free = Quotas((Window(10**6, 1),), (Window(10**6, 1),), (Window(10**6, 1),))
    desk = desk_on(desk.store, desk.clock, free)
    await desk.put(*(note(f"k{n}", f"19:{n % 500}") for n in range(10_000)))
    looks = []
    async with desk.store.reading() as conn:
        await conn.set_trace_callback(lambda line: looks.append(line))

    for _ in range(300):
        assert await desk.worker.step()

    # The backlog is listed once in a while, not for each message.
    assert sum("heads" in line for line in looks) <= 3


async def test_a_message_whose_end_could_not_be_stored_holds_up_nothing(desk: Desk) -> None:
    async with desk.store.transaction() as conn:
        await conn.execute(
            "CREATE TRIGGER broken BEFORE UPDATE ON outbox WHEN NEW.state = 'delivered' "
            "BEGIN SELECT RAISE(ABORT, 'a mistake of ours'); END"
        )
    await desk.put(note("k1"), note("k2", document="k1"))

    await desk.worker.step()

    async with desk.store.transaction() as conn:
        await conn.execute("DROP TRIGGER broken")
        (row,) = await conn.execute_fetchall("SELECT state FROM outbox WHERE key = 'k1'")
    assert row["state"] == "maybe_delivered"
    assert await desk.run() == ["k2"]
