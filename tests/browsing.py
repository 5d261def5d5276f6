"""A real headless Chromium for the tests that need one; CI must have it, elsewhere they skip."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def browser() -> AsyncIterator[Any]:
    """Open Chromium, or skip with the reason; with COUNTERSIGN_NOTHING_MAY_SKIP, fail."""
    missing = _missing()
    if missing:
        (pytest.fail if os.environ.get("COUNTERSIGN_NOTHING_MAY_SKIP") else pytest.skip)(missing)
    from playwright.async_api import async_playwright

    async with async_playwright() as driver:
        opened = await driver.chromium.launch(executable_path=_chromium(), args=list(FLAGS))
        yield opened
        await opened.close()


def _missing() -> str:
    try:
        import playwright.async_api
    except ImportError:
        return "the browser test wants playwright: uv sync --group browser"
    del playwright
    return "" if _chromium() else "the browser test wants Chromium: apt-get install chromium"


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")
