"""Fixtures every room shares."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from watchdog import is_watched, watched
from world import Witness, World, open_world

WORKERS = 3
"""Test processes, also on two cores: most tests wait for somebody more than they compute."""
LONGEST = ("test_crash_points", "test_simulation")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Start no processes for a few files: starting them would take longer."""
    return 0 if any(".py" in named for named in config.args) else WORKERS


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have every test with an event loop fail when the loop stands still; the longest go first."""
    items.sort(key=lambda item: not item.path.name.startswith(LONGEST))
    for item in items:
        if isinstance(item, pytest.Function) and is_watched(item.obj):
            item.obj = watched(item.obj)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Both stand-ins with no documents; no bot yet. A fault that was armed must have fired."""
    async with open_world(tmp_path) as opened:
        yield opened
        await opened.witness.fired()


@pytest.fixture
async def witness(world: World) -> AsyncIterator[Witness]:
    """A running bot with push and poll between both stand-ins."""
    async with world.bot():
        await world.witness.connect_push()
        yield world.witness
