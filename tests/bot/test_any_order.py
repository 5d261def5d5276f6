"""Whatever the order of pushes, polls, presses, answers, faults and deaths: the rules hold.

Random orders of moves run the real core and shells on a real store; `COUNTERSIGN_LONG=1` tries many
more. An order that once broke a rule stands below as a test of its own.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from functools import cache
from pathlib import Path

import pytest
from any_order_fakes import ACTS, POSTS, is_about, says
from any_order_world import CHANGES, KEYS, ORDER, OTHER, Move, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.database import Database

LONG = os.environ.get("COUNTERSIGN_LONG") == "1"


@cache
def empty_store() -> bytes:
    """A store brought up to date once for all orders."""
    with tempfile.TemporaryDirectory() as own:
        path = Path(own) / "store.db"

        async def make() -> None:
            await (await Database.open(path)).close()

        asyncio.run(make())
        return path.read_bytes()


def play(folder: Path, moves: list[Move], *, tells_at_rest: bool = False) -> World:
    """Make *moves* in a world of their own; every rule is checked on the way."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        path = Path(own) / "store.db"
        path.write_bytes(empty_store())
        world = World(path, tells_at_rest=tells_at_rest)
        asyncio.run(world.play(moves))
    return world


# --- orders of moves ------------------------------------------------------------------------

which = st.sampled_from(["other", "other", "bill", "order", "order", "later"])
runner = st.sampled_from(["look", "work", "work", "act", "act", "settle", "settle", "poll"])
act = st.sampled_from(ACTS)
change = st.tuples(
    st.just("change"), which, st.sampled_from([*CHANGES, "create", "vanish", "return"])
)
push = st.tuples(st.just("push"), which, st.sampled_from([0, 0, 7]))
run = st.tuples(st.just("run"), runner, st.integers(1, 3))
press = st.one_of(
    st.tuples(st.just("press"), which),
    st.tuples(
        st.just("press"),
        which,
        st.sampled_from(["owner", "owner", "ann", "ben", "zoe"]),
        st.sampled_from([-1, -1, 0, 1, 2]),
        st.booleans(),
        st.integers(0, 1),
    ),
)
refresh = st.tuples(st.just("refresh"), which, st.sampled_from(["ann", "ben"]))
wait = st.tuples(st.just("wait"), st.sampled_from([1, 5, 30, 61, 300, 901]))
everything = st.just(("all",))
calm = st.one_of(change, push, run, press, press, refresh, wait, everything, st.just(("poll",)))
erp = st.tuples(st.just("erp"), act)
read = st.tuples(st.just("read"), st.sampled_from(["unavailable", "busy"]))
teams = st.tuples(st.just("teams"), st.sampled_from(POSTS))
crash = st.tuples(st.just("crash"), st.integers(1, 30), st.booleans())
kill = st.tuples(st.just("kill"), st.booleans())
points = st.sampled_from(["erp read", "erp told", "erp act", "erp acted", "post", "posted", "edit"])
meanwhile = st.tuples(st.just("meanwhile"), points, st.lists(calm, min_size=1, max_size=3))


def block(*steps: st.SearchStrategy[Move]) -> st.SearchStrategy[list[Move]]:
    return st.tuples(*steps).map(list)


def told(name: str) -> st.SearchStrategy[list[Move]]:
    """The ERP changes a document, tells of it, and the card follows."""
    return st.sampled_from([*CHANGES]).map(
        lambda what: [
            ("change", name, what),
            ("push", name),
            ("run", "look", 2),
            ("run", "work", 3),
        ]
    )


@st.composite
def tried(draw: st.DrawFn) -> list[Move]:
    """Somebody presses, the ERP behaves as it does, and time passes; perhaps the process dies."""
    name = draw(which)
    dies = draw(st.sampled_from(["", "", "", "erp read", "erp act", "erp acted"]))
    return [
        ("press", name),
        ("erp", draw(act)),
        *([("meanwhile", dies, [("kill", draw(st.booleans()))])] if dies else []),
        ("run", "act"),
        ("run", "settle"),
        ("wait", draw(st.sampled_from([1, 31, 61, 901]))),
        ("run", "settle"),
        ("wait", draw(st.sampled_from([1, 31, 61]))),
        ("run", "settle"),
        ("run", "look", 2),
        ("run", "work", 3),
    ]


@st.composite
def cut(draw: st.DrawFn) -> list[Move]:
    """A document changes, and the process dies while it is told."""
    name = draw(which)
    dies = draw(st.sampled_from(["", "erp told", "post", "posted", "edit", "edited"]))
    boots = draw(st.booleans())
    return [
        ("change", name, "create"),
        ("change", name, draw(st.sampled_from([*CHANGES]))),
        ("push", name),
        ("meanwhile", dies, [("kill", boots)]) if dies else ("kill", boots),
        ("all",),
    ]


blocks = st.one_of(
    block(calm),
    block(calm),
    which.flatmap(told),
    tried(),
    tried(),
    st.tuples(tried(), tried()).map(lambda both: both[0] + both[1]),
    cut(),
    block(teams, change, push, everything),
    block(read, run),
    block(crash, press, erp, everything),
    block(crash, change, push, everything),
    block(kill),
    block(meanwhile, press, erp, everything),
    block(meanwhile, change, push, everything),
)
orders = st.lists(blocks, min_size=3, max_size=9).map(
    lambda drawn: [("all",), *(move for one in drawn for move in one)]
)


@settings(
    max_examples=1000 if LONG else 60,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(order=orders)
def test_in_any_order_the_rules_hold(
    tmp_path_factory: pytest.TempPathFactory, order: list[Move]
) -> None:
    play(tmp_path_factory.getbasetemp(), order, tells_at_rest=True)


# --- orders that break a careless bot -------------------------------------------------------

GIVES_UP: list[Move] = [("run", "settle"), ("wait", 31), ("run", "settle"), ("wait", 31)]
ORDERS: dict[str, list[Move]] = {
    "a call without an answer that runs late is not followed by a second one": [
        ("press", "other"), ("erp", "late"), ("run", "act"), *GIVES_UP, ("run", "settle"), ("all",),
        ("press", "other"), ("all",),
    ],
    "a call the dead process may have sent is only read back": [
        ("press", "other"), ("erp", "late"), ("meanwhile", "erp acted", [("kill", True)]),
        ("run", "act"), *GIVES_UP, ("run", "settle"), ("all",), ("press", "other"), ("all",),
    ],
    "a press whose call never left the dead process is not sent by the next": [
        ("press", "other"), ("meanwhile", "erp act", [("kill", False)]), ("run", "act"), ("all",),
        ("wait", 901), ("all",), ("wait", 31), ("all",),
    ],
    "a refusal that hid a success is told as done": [
        ("press", "other"), ("erp", "done 500"), ("all",),
    ],
    "two presses at once make one call": [
        ("press", "other", "owner", -1, True), ("press", "other"), ("all",), ("press", "other"),
    ],
    "a press by somebody who is not asked makes no call": [
        ("press", "other", "ann"), ("press", "other", "zoe"), ("all",),
    ],
    "what changed between the press and the call is not released": [
        ("press", "other"), ("change", "other", "amount"), ("all",),
    ],
    "a bill changed while its hold is being removed is not released": [
        ("press", "bill"), ("meanwhile", "erp acted", [("change", "bill", "amount")]), ("all",),
    ],
    "a bill that needs approval after its hold is removed stops there": [
        ("change", "bill", "map"), ("press", "bill"), ("all",),
    ],
    "a note told before the process died is posted by the next": [
        ("change", "later", "create"), ("push", "later"), ("wait", 5), ("kill", True), ("all",),
    ],
    "an edit the process died over is made by the next": [
        ("change", "other", "by hand"), ("push", "other"), ("meanwhile", "edit", [("kill", False)]),
        ("all",),
    ],
    "a question is posted although the note before it never came": [
        ("change", "later", "create"), ("push", "later"), ("teams", "lost before"), ("all",),
        ("change", "later", "reopen"), ("push", "later"), ("all",),
    ],
    "a post that got no answer shows itself by a press and is not posted again": [
        ("change", "later", "create"), ("change", "later", "reopen"), ("push", "later"),
        ("teams", "lost after"), ("run", "look", 2), ("run", "work"), ("press", "later"), ("all",),
    ],
    "a change that comes while the document is being read is on the card": [
        ("push", "other"), ("meanwhile", "erp told", [("change", "other", "amount"), ("poll",)]),
        ("all",),
    ],
    "a document that is gone has no live button": [
        ("change", "other", "delete"), ("push", "other"), ("all",), ("press", "other"), ("all",),
    ],
    "a document gone between the press and the call is left alone": [
        ("press", "other"), ("change", "other", "delete"), ("push", "other"), ("all",),
    ],
    "a document that could not be seen for a while is asked about again": [
        ("change", "other", "vanish"), ("push", "other"), ("all",), ("change", "other", "return"),
        ("poll",), ("all",),
    ],
    "a note that could not be seen for a while is told as before": [
        ("change", "order", "by hand"), ("push", "order"), ("all",), ("change", "order", "vanish"),
        ("push", "order"), ("all",), ("change", "order", "return"), ("poll",), ("all",),
    ],
    "two looks at one document never cross": [
        ("change", "other", "note"), ("push", "other"), ("run", "look"),
        ("meanwhile", "erp told", [("change", "other", "amount"), ("push", "other"),
                                   ("run", "look", 2), ("run", "work", 2)]), ("all",),
    ],
    "a changed owner is asked in the former owner's place": [
        ("change", "other", "owner"), ("push", "other"), ("all",), ("press", "other", "ben"),
        ("press", "other"), ("all",),
    ],
}  # fmt: skip


@pytest.mark.parametrize("rule", ORDERS)
def test_an_order_that_would_break_a_careless_bot(tmp_path: Path, rule: str) -> None:
    play(tmp_path, [("all",), *ORDERS[rule]])


def test_a_press_releases_once_and_the_card_says_who(tmp_path: Path) -> None:
    world = play(tmp_path, [("all",), ("press", "other"), ("all",)])

    assert [(call.key, call.action) for call in world.erp.calls] == [(OTHER, "ReleaseBill")]
    cards = [message.card for message in world.teams.messages if is_about(message, OTHER)]
    assert cards
    assert all(says(card, "Released by Ben") for card in cards)


def test_a_press_that_grew_old_while_its_call_waited_for_a_seat_is_not_sent(tmp_path: Path) -> None:
    wait: Move = ("meanwhile", "erp sign in", [("wait", 901)])

    world = play(tmp_path, [("all",), ("press", "other"), wait, ("run", "act"), ("all",)])

    assert world.erp.calls == []
    cards = [message.card for message in world.teams.messages if is_about(message, OTHER)]
    assert cards
    assert all(says(card, "could not be reached in time, so nothing was done") for card in cards)


def test_an_approval_without_an_answer_is_for_a_person_and_not_asked_again(tmp_path: Path) -> None:
    lost: list[Move] = [("press", "order"), ("erp", "lost before"), ("all",), ("wait", 901)]
    again: list[Move] = [("all",), ("wait", 31), ("all",), ("press", "order"), ("all",)]

    world = play(tmp_path, [("all",), *lost, *again])

    assert [call.action for call in world.erp.calls] == ["Approve"]
    cards = [message.card for message in world.teams.messages if is_about(message, ORDER)]
    assert all(says(card, "A person must look") for card in cards)


def test_every_kind_of_document_is_in_the_orders() -> None:
    assert {key.entity for key in KEYS.values()} == {"Bill", "PurchaseOrder"}
