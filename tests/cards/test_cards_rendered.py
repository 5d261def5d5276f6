"""Every card looks right in Microsoft's renderer; `PICTURES=1` also writes what it looks like."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from rendering import THEMES, WIDTHS, golden_cards, renderer

PICTURES = Path(__file__).parents[1] / "pictures" / "cards"

pytestmark = pytest.mark.browser


async def faults_of(page: Any, card: dict[str, Any], theme: str) -> list[str]:
    return list(await page.evaluate("([card, theme]) => draw(card, theme)", [card, theme]))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
async def test_every_card_is_drawn_whole_in_light_and_dark(width: int, theme: str) -> None:
    found = []
    async with renderer(width) as page:
        for name, card in golden_cards():
            found += [f"{name}: {one}" for one in await faults_of(page, card, theme)]
            if os.environ.get("PICTURES") == "1":
                picture = PICTURES / f"{name}-{width}-{theme}.png"
                await page.screenshot(path=picture, full_page=True)

    assert found == []


@pytest.mark.parametrize(
    ("element", "fault"),
    [
        ({"type": "TextBlok", "text": "x"}, "TextBlok"),
        ({"type": "TextBlock", "text": "See <at>Ann</at>", "wrap": True}, "mention"),
        ({"type": "TextBlock", "text": "![x](https://evil.example/x.png)", "wrap": True}, "image"),
        ({"type": "TextBlock", "text": "W" * 80, "wrap": False}, "cut off"),
    ],
)
async def test_what_is_wrong_with_a_card_is_seen(element: dict[str, Any], fault: str) -> None:
    card = {"type": "AdaptiveCard", "version": "1.5", "body": [element]}

    async with renderer(320) as page:
        faults = await faults_of(page, card, "light")

    assert any(fault in one for one in faults), faults
