"""One bot and one stand-in per test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sandbox_teams_world import Clock, TinyBot, World, running_bot, standing
from world import signing_keys

from deployment.sandbox.teams.keys import ENTRA_KEY_FILE, KEY_FILE


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def bot() -> AsyncIterator[TinyBot]:
    async with running_bot() as one:
        yield one


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with nothing but the stand-in's keys in it."""
    for name in (KEY_FILE, ENTRA_KEY_FILE):
        shutil.copy(signing_keys() / name, tmp_path)
    return tmp_path


@pytest.fixture
async def world(bot: TinyBot, clock: Clock, data: Path) -> AsyncIterator[World]:
    async with standing(bot, clock, data=data) as one:
        yield one
