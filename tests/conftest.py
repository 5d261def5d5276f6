"""Fixtures every room shares."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from world import Witness, World, open_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Both stand-ins with no documents; no bot yet."""
    async with open_world(tmp_path) as opened:
        yield opened


@pytest.fixture
async def witness(world: World) -> AsyncIterator[Witness]:
    """A running bot with push and poll between both stand-ins."""
    async with world.bot():
        await world.witness.connect_push()
        yield world.witness
