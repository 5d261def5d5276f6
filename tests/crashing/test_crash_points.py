"""The service dies at every point that exists, is started again, and nothing is lost or repeated.

Every point once; with COUNTERSIGN_PROFILE=ci three times, each at a later passing.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import blind
import crashes
import pytest
from nurseries import nursery
from stories import BOOKS
from watchdog import excused

PROFILE = os.environ.get("COUNTERSIGN_PROFILE", "default")
TIMES = {"ci": 3, "long": 3}.get(PROFILE, 1)
KILLS = {"ci": 60, "long": 1000}.get(PROFILE, 20)
MOST_IN_A_WORLD = 100


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  shown with -s, and when a test fails


@pytest.mark.timeout(900)
@pytest.mark.parametrize("passing", range(1, TIMES + 1))
async def test_a_death_at_any_point_loses_nothing_and_repeats_nothing(
    tmp_path: Path, passing: int
) -> None:
    # The service is in processes of its own; in this loop are only people and the stand-ins.
    with excused():
        rounds = await deaths_everywhere(tmp_path, passing)
    for told in rounds:
        judge_round(told)


async def deaths_everywhere(tmp_path: Path, passing: int) -> list[crashes.Round]:
    """Tell every book at once; a world of its own for each."""
    # A group: the book that fails ends the others while the nursery still buries their dead.
    async with nursery(tmp_path) as parent, asyncio.TaskGroup() as group:
        told = [
            group.create_task(
                crashes.crash_everywhere(
                    tmp_path, parent, book, crashes.points_of(book), passing=passing, say=say
                )
            )
            for book in BOOKS
        ]
    return [one.result() for one in told]


def judge_round(told: crashes.Round) -> None:
    say(str(told))
    known = {name for names in crashes.golden().values() for name in names}
    new = told.passed - known
    repeat = " ".join(f'"{name}"' for name in told.died)
    assert not told.problems, (
        "\n".join(told.problems) + f"\nrepeat: uv run python -m tests.crashing at {repeat}"
    )
    assert not told.missed, (
        "\n".join(told.missed)
        + "\nno life passed these any more; see `python -m tests.crashing record`"
    )
    assert not new, (
        "\n".join(sorted(new)) + "\nnot in tests/crashing/points.txt, or only as not in the story"
    )
    assert told.events.lost == told.releases.lost == told.releases.duplicated == 0


@pytest.mark.timeout(3600)
async def test_kills_at_any_moment_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    done = 0
    async with nursery(tmp_path) as parent:
        while done < KILLS:
            count, seed = min(MOST_IN_A_WORLD, KILLS - done), done + 1
            data = tmp_path / f"world {seed}"
            with excused():
                told = await blind.kills(data, parent, seed, count=count, say=say)
            say(str(told))
            assert not told.problems, (
                "\n".join(told.problems)
                + f"\nrepeat: uv run python -m tests.crashing kills {seed} {count}"
            )
            assert told.kills >= count
            assert told.events.lost == told.releases.lost == told.releases.duplicated == 0
            assert told.releases.ok > 0
            done += count


def test_every_commit_in_the_code_is_died_at_or_named_as_not_in_the_story() -> None:
    listed = crashes.golden()
    elsewhere = set(listed.pop(crashes.ELSEWHERE))
    died_at = crashes.commits_of(name for names in listed.values() for name in names)

    assert crashes.commits_in_the_code() == died_at | elsewhere
    assert not died_at & elsewhere


def test_every_kind_of_point_is_in_the_list() -> None:
    points = [name for names in crashes.golden().values() for name in names]

    assert {"call POST /entity/Default/*/Bill/ReleaseBill " + when for when in (
        "before", "sent", "answered")} <= set(points)  # fmt: skip
    assert {"commit bot/deciding/doer.py Doer._commit_sent " + when for when in (
        "before", "after")} <= set(points)  # fmt: skip
    assert "answer POST /api/messages before" in points
    assert "answer POST /api/acumatica/push/{company} before" in points
