"""The admin page as an operator lives it: in a real browser, by keys, on a phone, in the dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from admin_world import admin_page, link
from browsing import browser
from test_admin_page import parked
from world import BEN, World

from bot.admin.roles import Role

PICTURES = Path(__file__).resolve().parent.parent / "pictures"


@pytest.mark.browser
async def test_an_operator_signs_in_reads_a_story_and_sees_what_a_replay_would_do(
    world: World,
) -> None:
    PICTURES.mkdir(exist_ok=True)
    witness = world.witness
    async with browser() as chromium, admin_page(world):
        number = await witness.bill_on_hold(4860, VendorRef="INV-2231", Description="Hex bolts M10")
        await witness.card(number, BEN, says="this waits for you")
        stuck = await parked(world)
        page = await chromium.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(15_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)

        # A link that works once, pressed by the keyboard alone.
        await page.goto(await link(world, Role.ADMIN))
        await page.get_by_role("button", name="Sign in").focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="Overview").wait_for()
        await page.screenshot(path=PICTURES / "admin-overview.png", full_page=True)

        # A document's story.
        await page.get_by_role("link", name="Documents").click()
        await page.get_by_role("link", name=f"Bill {number}").click()
        await page.get_by_text("The question was put: release").wait_for()
        await page.screenshot(path=PICTURES / "admin-story.png", full_page=True)

        # What trying again would do; leaving it does nothing.
        await page.get_by_role("link", name="Deliveries").click()
        await page.get_by_text(f"Bill/Bill/{stuck}").wait_for()
        await page.screenshot(path=PICTURES / "admin-deliveries.png", full_page=True)
        await page.locator("tr", has_text=stuck).get_by_role("checkbox").check()
        await page.get_by_role("button", name="See what trying again would do").click()
        await page.get_by_text("posts the card as it is now").wait_for()
        await page.screenshot(path=PICTURES / "admin-replay.png", full_page=True)
        await page.get_by_role("link", name="Leave it").click()
        await page.get_by_text(f"Bill/Bill/{stuck}").wait_for()
        assert await witness.cards(stuck) == []

        # On a phone, in the dark: every page fits.
        phone = await chromium.new_context(
            viewport={"width": 390, "height": 844}, color_scheme="dark",
            storage_state=await page.context.storage_state(),
        )  # fmt: skip
        await every_page_fits(await phone.new_page(), witness.bot, number)
        assert errors == []


async def every_page_fits(page: Any, base: str, number: str) -> None:
    names = ("documents", "deliveries", "people", "settling", "audit", "routes", "settings")
    story = f"document?company=acme&key=Bill/Bill/{number}"
    for path in ("", *names, story):
        await page.goto(f"{base}/admin/{path}".rstrip("/"))
        name = path.partition("?")[0] or "overview"
        await page.screenshot(path=PICTURES / f"admin-{name}-390-dark.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, name
        assert await page.locator("h1").count() == 1
        assert await page.locator("nav a").count() == 8
