"""When requests to Teams may go: never too soon for its windows, and hardly later than need be."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.least import earliest, least_time
from bot.core.schedule import GRACE, TENANT, Errand, Quotas, Schedule, Window
from bot.core.turns import Turn, Turns
from deployment.sandbox.teams import limits

QUOTAS = Quotas()
Latency = Callable[[], tuple[float, float]]


class Played:
    """A day at the connector: the schedule on one side, the stand-in's limiter on the other."""

    def __init__(self, loads: dict[str, int], latency: Latency, quotas: Quotas = QUOTAS) -> None:
        self.left = dict(loads)
        self.schedule = Schedule(quotas)
        self.limiter = limits.Limiter()
        self.refused = 0
        self.ended = 0.0
        self.order: list[str] = []
        self._latency = latency
        self._turns = Turns()
        self._turns.replace(Turn(name, 1, name, left=count) for name, count in loads.items())

    def run(self) -> Played:
        """Send everything as soon as the schedule lets it; arrivals and answers come in between."""
        now, coming = 0.0, list[tuple[float, int, Callable[[float], None]]]()
        while any(self.left.values()) or coming:
            self._send_all(now, coming)
            waits = [
                self.schedule.wait(Errand(name), now) for name, left in self.left.items() if left
            ]
            soonest = now + max(min(waits, default=0.0), 1e-6) if waits else float("inf")
            if coming and coming[0][0] <= soonest:
                now, _, happen = heapq.heappop(coming)
                happen(now)
            else:
                now = soonest
        return self

    def _send_all(
        self, now: float, coming: list[tuple[float, int, Callable[[float], None]]]
    ) -> None:
        while (turn := self._turns.next(lambda turn: self._may(turn, now))) is not None:
            self._send(turn.target, now, coming)

    def _may(self, turn: Turn, now: float) -> bool:
        return self.left[turn.target] > 0 and self.schedule.wait(Errand(turn.target), now) <= 0

    def _send(
        self, name: str, now: float, coming: list[tuple[float, int, Callable[[float], None]]]
    ) -> None:
        there, back = self._latency()
        ticket = self.schedule.begin(Errand(name), now)
        self.left[name] -= 1
        self.order.append(name)
        heapq.heappush(
            coming, (now + there, 2 * len(self.order), lambda at: self._arrive(name, at))
        )
        answered = lambda at: self.schedule.answered(ticket, at)  # noqa: E731  # as short as it is
        heapq.heappush(coming, (now + there + back, 2 * len(self.order) + 1, answered))

    def _arrive(self, name: str, at: float) -> None:
        self.ended = max(self.ended, at)
        for key, windows in ((TENANT, (limits.Window(1, 30),)), (f"send {name}", limits.SEND)):
            self.refused += self.limiter.take({key: windows}, at) > 0


def steady(seconds: float) -> Latency:
    return lambda: (seconds / 2, seconds / 2)


EVEN = {f"c{n}": 60 for n in range(20)}
SKEWED = {"busy": 200, **{f"c{n}": 20 for n in range(19)}}


@pytest.mark.parametrize(("loads", "within"), [(EVEN, 1.05), (SKEWED, 1.10)])
@pytest.mark.parametrize("latency", [0.0, 0.04])
def test_a_backlog_ends_nearly_as_soon_as_the_windows_allow_and_nothing_is_refused(
    loads: dict[str, int], within: float, latency: float
) -> None:
    played = Played(loads, steady(latency)).run()

    assert played.refused == 0
    assert Counter(played.order) == Counter(loads)
    assert played.ended <= within * least_time(loads, QUOTAS)


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 10_000), slowest=st.sampled_from([0.1, 0.5, 0.95]))
def test_whatever_the_network_does_no_request_comes_too_soon(seed: int, slowest: float) -> None:
    chance = random.Random(seed)
    loads = {f"c{n}": chance.randrange(1, 12) for n in range(60)}

    played = Played(loads, lambda: (chance.random() * slowest, chance.random() * 0.1)).run()

    assert played.refused == 0
    assert sum(played.left.values()) == 0


def test_conversations_take_turns_however_much_each_has_to_say() -> None:
    order = Played(SKEWED, steady(0.01)).run().order

    # In every round of thirty each comes once, while one in four goes to who has most left.
    assert set(order[:30]) == set(order[30:60]) == set(SKEWED)


def test_a_request_counts_from_its_answer_and_a_lost_one_from_a_second_later() -> None:
    schedule = Schedule(Quotas(messages=(Window(1, 10),), tenant=(Window(99, 1),)))
    ticket = schedule.begin(Errand("a"), 100.0)

    assert schedule.room(Errand("a"), 100.5) == pytest.approx(10 + GRACE - 0.5)
    schedule.answered(ticket, 100.25)
    assert schedule.room(Errand("a"), 100.5) == pytest.approx(9.75)

    late = schedule.begin(Errand("b"), 100.0)
    schedule.answered(late, 120.0)
    assert schedule.room(Errand("b"), 110.0) == pytest.approx(1.0)


def test_one_message_at_a_time_is_on_its_way_to_a_conversation_and_reads_are_no_messages() -> None:
    schedule = Schedule(QUOTAS)
    ticket = schedule.begin(Errand("a"), 0.0)

    assert schedule.room(Errand("a"), 0.1) > 0
    assert schedule.room(Errand("a", reads=True), 0.1) == 0
    assert schedule.room(Errand("b"), 0.1) == 0
    schedule.answered(ticket, 0.2)
    assert schedule.room(Errand("a"), 0.2) == 0


def test_retry_after_holds_one_conversation_exactly_so_long_and_no_other() -> None:
    schedule = Schedule(QUOTAS)

    schedule.hold("a", 107.0)
    schedule.hold("a", 103.0)

    assert schedule.wait(Errand("a"), 100.0) == 7.0
    assert schedule.wait(Errand("a", reads=True), 100.0) == 7.0
    assert schedule.wait(Errand("b"), 100.0) == 0
    assert schedule.wait(Errand("a"), 107.0) == 0


def test_the_windows_go_on_over_a_restart() -> None:
    schedule = Schedule(QUOTAS)

    for n in range(60):
        schedule.recall("a", 0.1 * n)

    assert schedule.room(Errand("a"), 10.0) == pytest.approx(20.0)
    assert schedule.room(Errand("b"), 10.0) == 0


def test_the_least_time_is_the_longest_any_window_asks_for() -> None:
    assert earliest(7, QUOTAS.messages) == 0
    assert earliest(8, QUOTAS.messages) == 1
    assert earliest(61, QUOTAS.messages) == 30
    assert earliest(1801, QUOTAS.messages) == 3600
    assert least_time(EVEN, QUOTAS) == 39  # 1,200 messages of the tenant's 30 a second
    assert least_time(SKEWED, QUOTAS) == earliest(200, QUOTAS.messages) == 94


def test_urgent_goes_before_less_urgent_and_equals_take_turns() -> None:
    turns = Turns()
    turns.replace(
        [
            Turn("note", 1, "n", left=9),
            Turn("ask", 0, "a", left=9),
            Turn("ask too", 0, "b", left=9),
            Turn("say", -1, "c", left=9),
        ]
    )
    taken = []
    for _ in range(6):
        turn = turns.next(lambda turn: turn.target != "say" or not taken)
        assert turn is not None
        taken.append(turn.target)

    assert taken == ["say", "ask", "ask too", "ask", "ask too", "ask"]


def test_who_may_not_go_holds_up_nobody() -> None:
    turns = Turns()
    turns.replace([Turn("throttled", 0, "a"), Turn("note", 1, "b")])

    turn = turns.next(lambda turn: turn.target != "throttled")

    assert turn is not None
    assert turn.target == "note"
    assert turns.next(lambda turn: turn.target != "throttled") is None  # it had but one


def test_what_concerns_no_conversation_waits_for_the_tenant_only() -> None:
    schedule, nobody = Schedule(QUOTAS), Errand("")

    assert schedule.room(nobody, 0.0) == 0.0
    while not schedule.wait(nobody, 0.0):
        schedule.begin(nobody, 0.0)
    assert schedule.room(nobody, 0.0) == 0.0
