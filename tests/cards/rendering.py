"""Every card in Chromium, drawn by Microsoft's own renderer (`tests/renderer`, from npm)."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from browsing import browser

RENDERER = Path(__file__).parents[1] / "renderer"
GOLDEN = Path(__file__).parents[1] / "golden"
SCRIPTS = (
    RENDERER / "node_modules/adaptivecards/dist/adaptivecards.min.js",
    RENDERER / "node_modules/markdown-it/dist/markdown-it.min.js",
    RENDERER / "draw.js",
)
WIDTHS = (600, 320)
THEMES = ("light", "dark")


def golden_cards() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every card we can send, by the name of its golden file."""
    for path in sorted(GOLDEN.rglob("*.json")):
        card = json.loads(path.read_text("utf-8"))
        if isinstance(card, dict) and card.get("type") == "AdaptiveCard":
            yield path.relative_to(GOLDEN).with_suffix("").as_posix(), card


@asynccontextmanager
async def renderer(width: int) -> AsyncIterator[Any]:
    """Open a page that can `draw(card, theme)`, or skip with the reason; never in CI."""
    if not all(script.exists() for script in SCRIPTS):
        missing = "drawing cards wants Microsoft's renderer: cd tests/renderer && npm ci"
        (pytest.fail if os.environ.get("COUNTERSIGN_NOTHING_MAY_SKIP") else pytest.skip)(missing)
    async with browser() as chromium:
        page = await chromium.new_page(viewport={"width": width, "height": 900})
        await page.goto((RENDERER / "page.html").as_uri())
        for script in SCRIPTS:
            await page.add_script_tag(path=str(script))
        yield page
