"""One bot and one stand-in per test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sandbox_teams_world import Clock, TinyBot, World, running_bot, standing

from deployment.sandbox.teams.keys import KEY_FILE, SigningKey


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def bot() -> AsyncIterator[TinyBot]:
    async with running_bot() as one:
        yield one


@pytest.fixture(scope="session")
def key_pem(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """One RSA key for all tests: making one takes longer than a test."""
    folder = tmp_path_factory.mktemp("key")
    SigningKey(folder).rotate()
    return (folder / KEY_FILE).read_bytes()


@pytest.fixture
def data(tmp_path: Path, key_pem: bytes) -> Path:
    """A data folder with nothing but a key in it."""
    (tmp_path / KEY_FILE).write_bytes(key_pem)
    return tmp_path


@pytest.fixture
async def world(bot: TinyBot, clock: Clock, data: Path) -> AsyncIterator[World]:
    async with standing(bot, clock, data=data) as one:
        yield one
