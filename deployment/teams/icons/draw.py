"""Draws the icons' PNG files from their SVG sources; needs Playwright and a Chromium.

uv run --group browser deployment/teams/icons/draw.py
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
SIZES = {"color": 192, "outline": 32}


def draw() -> None:
    """Write `color.png` and `outline.png` beside their sources."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, size in SIZES.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            svg = (HERE / f"{name}.svg").read_text("utf-8")
            page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{svg}")
            page.screenshot(path=HERE / f"{name}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    draw()
