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

which = st.sampled_from(["bill", "bill", "bill", "other", "order", "later"])
runner = st.sampled_from(["look", "look", "work", "work", "work", "act", "act", "settle", "poll"])
small = st.integers(1, 3)
changes = st.sampled_from([*CHANGES, "create"])
quiet_moves: list[st.SearchStrategy[Move]] = [
    st.tuples(st.just("change"), which, changes),
    st.tuples(st.just("push"), which, st.sampled_from([0, 0, 7])),
    st.tuples(st.just("run"), runner, small),
    st.tuples(
        st.just("press"), which, st.sampled_from(["owner", "owner", "owner", "ann", "ben", "zoe"]),
        st.sampled_from([-1, -1, 0, 1, 2]), st.booleans(), st.integers(0, 1),
    ),
    st.tuples(st.just("press"), which),
    st.tuples(st.just("refresh"), which, st.sampled_from(["ann", "ben"])),
    st.tuples(st.just("wait"), st.sampled_from([1, 5, 30, 61, 300, 901])),
    st.tuples(st.just("poll")),
    st.tuples(st.just("all")),
]  # fmt: skip
points = st.sampled_from(["erp read", "erp act", "erp acted", "post", "posted", "edit", "edited"])
moves = st.one_of(
    *quiet_moves,
    st.tuples(st.just("erp"), st.sampled_from(ACTS)),
    st.tuples(st.just("read"), st.sampled_from(["unavailable", "busy"])),
    st.tuples(st.just("teams"), st.sampled_from(POSTS)),
    st.tuples(st.just("crash"), st.integers(1, 14), st.booleans()),
    st.tuples(st.just("kill"), st.booleans()),
    st.tuples(
        st.just("meanwhile"), points, st.lists(st.one_of(*quiet_moves), min_size=1, max_size=3)
    ),
)


@settings(
    max_examples=1000 if LONG else 40,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(order=st.lists(moves, min_size=5, max_size=25))
def test_in_any_order_the_rules_hold(
    tmp_path_factory: pytest.TempPathFactory, order: list[Move]
) -> None:
    play(tmp_path_factory.getbasetemp(), [("all",), *order])


def test_every_kind_of_document_is_in_the_orders() -> None:
    assert {key.entity for key in KEYS.values()} == {"Bill", "PurchaseOrder"}
