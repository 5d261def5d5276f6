"""Whole stories from seeds: everything that can go wrong does, and the promises hold.

A seed that fails prints its story and the command that tells it again, byte for byte. How many are
told is the profile's choice: COUNTERSIGN_PROFILE is `ci` for 500, `long` for 20,000.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from judging import Tally
from plot import KINDS
from scene import Told
from tellers import AGAIN, Tellers, tellers
from telling import tell

ROOT = Path(__file__).resolve().parent.parent.parent
SEEDS = {"ci": 500, "long": 20_000}.get(os.environ.get("COUNTERSIGN_PROFILE", ""), 100)
AT_ONCE = max(10, SEEDS // 100)
PATIENCE = 60.0
"""Seconds of the machine one story may take at the very most."""


@dataclass
class Sum:
    """What all stories of this run came to."""

    fired: Counter[str] = field(default_factory=Counter)
    events: Tally = field(default_factory=Tally)
    releases: Tally = field(default_factory=Tally)
    stories: int = 0
    kills: int = 0
    presses: int = 0
    excused: int = 0
    hours: float = 0.0

    def add(self, told: Told) -> None:
        self.fired += told.fired
        self.events.add(told.verdict.events)
        self.releases.add(told.verdict.releases)
        self.stories += 1
        self.kills += told.kills
        self.presses += told.presses
        self.excused += told.excused
        self.hours += told.hours

    def __str__(self) -> str:
        told = f"{self.stories} stories, {self.hours:.0f} hours, {self.kills} kills, "
        told += f"{self.presses} presses ({self.excused} not judged by their time)"
        return f"{told}; events: {self.events}; releases: {self.releases}"


ALL = Sum()


@pytest.fixture(scope="module")
def stories() -> Iterator[Tellers]:
    with tellers(range(SEEDS)) as opened:
        yield opened


@pytest.mark.timeout(AT_ONCE * PATIENCE)
@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_whatever_goes_wrong_the_promises_hold(first: int, stories: Tellers) -> None:
    begun = time.monotonic()
    for seed in range(first, min(first + AT_ONCE, SEEDS)):
        told = stories.told(seed)
        assert not told.verdict.problems, f"{told.text}\n{AGAIN.format(seed=seed)}"
        ALL.add(told)
    if SEEDS > 100:
        done, took = first + AT_ONCE, time.monotonic() - begun
        sys.stderr.write(f" {done}/{SEEDS} stories, the last {AT_ONCE} in {took:.0f} s\n")


def test_every_kind_of_fault_was_played_and_nothing_was_lost() -> None:
    if ALL.stories < 100:
        pytest.skip("counts over all stories of a run; this run told only some")

    never = sorted(set(KINDS) - set(ALL.fired))
    assert not never, f"never fired in {ALL.stories} stories: {never}"
    assert ALL.kills >= 50
    assert ALL.events.ok == ALL.events.acknowledged > 300
    assert ALL.events.lost == 0
    assert ALL.events.recovered > 0
    assert ALL.releases.ok > 100
    assert ALL.releases.recovered > 0, "no release was found done after its answer was lost"
    assert ALL.releases.lost == ALL.releases.duplicated == 0
    assert ALL.releases.unexpected == 0
    assert ALL.excused < ALL.presses * 0.4, "too many presses could not be judged by their time"
    if SEEDS > 100:
        sys.stderr.write(f" {ALL}\n")


@pytest.mark.timeout(2 * PATIENCE + 120)
def test_a_seed_tells_the_same_story_byte_for_byte_whatever_the_hash_seed() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-m", "tests.simulation", "67", "all"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hashing},
            capture_output=True,
            check=False,
            timeout=PATIENCE + 60,
        ).stdout
        for hashing in ("1", "4711")
    ]

    assert told[0] == told[1]
    assert told[0].count(b"\n") > 100


def test_another_seed_tells_another_story() -> None:
    one, other = tell(1), tell(2)

    assert one.text != other.text
    assert one.chronicle != other.chronicle


def test_nothing_of_a_story_is_left_when_it_is_told() -> None:
    """What lived on would warn of what it left open, in whatever test comes next."""
    tell(1)

    sessions = [one for one in gc.get_objects() if type(one) is aiohttp.ClientSession]
    assert [one for one in sessions if not one.closed] == []
