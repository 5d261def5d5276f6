"""A real store in a file, for each test a fresh one."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store brought up to date once: a copy of it is opened sooner than a new one is made."""
    path = tmp_path_factory.mktemp("store") / "store.db"

    async def make() -> None:
        await (await Database.open(path)).close()

    asyncio.run(make())
    return path


@pytest.fixture
async def store(tmp_path: Path, empty_store: Path) -> AsyncIterator[Database]:
    shutil.copy(empty_store, tmp_path / "store.db")
    opened = await Database.open(tmp_path / "store.db")
    yield opened
    await opened.close()
