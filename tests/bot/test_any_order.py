"""Whatever the order of pushes, polls, presses, answers, faults and deaths: the rules hold.

Random orders of moves run the real core and shells on a real store; `COUNTERSIGN_LONG=1` tries many
more. An order that once broke a rule stands below as a test of its own.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

import pytest
from any_order_fakes import ACTS, POSTS
from any_order_world import CHANGES, KEYS, Move, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MEMORY = Path("/dev/shm")
"""Where there is a disk in memory, a thousand commits need not wait for a real one."""
LONG = os.environ.get("COUNTERSIGN_LONG") == "1"


def play(folder: Path, moves: list[Move]) -> World:
    """Make *moves* in a world of their own; every rule is checked on the way."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else folder) as own:
        world = World(Path(own) / "store.db")
        asyncio.run(world.play(moves))
    return world


# --- orders of moves ------------------------------------------------------------------------

which = st.sampled_from(["other", "other", "bill", "order", "order", "later"])
runner = st.sampled_from(["look", "work", "work", "act", "act", "settle", "settle", "poll"])
act = st.sampled_from(ACTS)
change = st.tuples(st.just("change"), which, st.sampled_from([*CHANGES, "create"]))
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
        ("change", name, draw(st.sampled_from([*CHANGES, "create"]))),
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
    max_examples=1000 if LONG else 40,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(order=orders)
def test_in_any_order_the_rules_hold(
    tmp_path_factory: pytest.TempPathFactory, order: list[Move]
) -> None:
    play(tmp_path_factory.getbasetemp(), order)


def test_every_kind_of_document_is_in_the_orders() -> None:
    assert {key.entity for key in KEYS.values()} == {"Bill", "PurchaseOrder"}
