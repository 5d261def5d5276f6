"""The reference story as a person lives it: on the page, in a real browser, with pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import browser
from world import World

PICTURES = Path(__file__).resolve().parent.parent / "pictures"


@pytest.mark.browser
async def test_approver_releases_a_bill_on_the_page_and_everybody_sees_it(world: World) -> None:
    PICTURES.mkdir(exist_ok=True)
    witness = world.witness
    async with browser() as chromium, world.bot():
        await witness.connect_push()
        number = await witness.bill_on_hold(4860, VendorRef="INV-2231", Description="Hex bolts M10")
        await witness.card(number, says="this waits for you")
        page = await chromium.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(15_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))

        # Somebody else sees the card, but not the button.
        await page.goto(f"{witness.teams}/#person=dev@acme.example&conversation=Purchasing East")
        await page.get_by_text("Northgate Fasteners").first.wait_for()
        assert await page.locator('[data-testid=card-action][data-title="Release"]').count() == 0

        # The approver does, and presses it.
        await page.get_by_test_id("person-switch").select_option(label="Ben Ortiz · Buyer East")
        release = page.locator('[data-testid=card-action][data-title="Release"]')
        await release.wait_for()
        await page.screenshot(path=PICTURES / "waiting-1200.png")
        await release.click()
        await (
            page.get_by_text("Releasing for Ben Ortiz")
            .or_(page.get_by_text("Released by Ben Ortiz"))
            .first.wait_for()
        )
        await page.get_by_text("Released by Ben Ortiz").first.wait_for()
        await page.screenshot(path=PICTURES / "released-1200.png")

        # On a phone, in the dark, as somebody else: no button is left.
        phone = await chromium.new_page(viewport={"width": 380, "height": 800}, color_scheme="dark")
        await phone.goto(f"{witness.teams}/#person=dev@acme.example&conversation=Purchasing East")
        await phone.get_by_text("Released by Ben Ortiz").first.wait_for()
        await phone.screenshot(path=PICTURES / "released-380-dark.png")
        assert await phone.locator('[data-title="Release"], [data-title="Review"]').count() == 0
        assert await phone.evaluate("document.documentElement.scrollWidth") <= 380
        assert await phone.get_by_test_id("card-error").count() == 0
        assert errors == []

    assert await witness.status(number) == "Open"
    assert len(await witness.writes(number)) == 2
