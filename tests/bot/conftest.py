"""Fixtures of the doors: a service that is called as Teams calls it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parent))

from door_world import SEAMS, Caller, Card, calling, card, seam


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=SEAMS)
async def caller(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Caller]:
    """One running service for the module, by each SDK."""
    open_seam = seam(request.param)
    async with calling(tmp_path_factory.mktemp("doors"), open_seam) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def untouched(caller: Caller) -> Card:
    """A card that no test may succeed in deciding."""
    return await card(caller)
