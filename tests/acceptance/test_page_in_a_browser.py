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


@pytest.mark.browser
async def test_the_page_asks_searches_replies_and_speaks_the_clients_language(world: World) -> None:
    witness = world.witness
    async with browser() as chromium, world.bot():
        await witness.connect_push()
        number = await witness.bill_on_hold(4860, VendorRef="INV-2231", Description="Hex bolts M10")
        await witness.card(number, says="this waits for you")
        page = await chromium.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(15_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(f"{witness.teams}/#person=ben@acme.example&conversation=Purchasing East")

        # A dialog: the bot's form in a window, and what was asked stands on the card.
        await page.locator("[data-testid=card-action]", has_text="Ask a question").click()
        dialog = page.get_by_test_id("dialog")
        await dialog.get_by_label("Your question").fill("Is this the second delivery?")
        await dialog.get_by_role("button", name="Ask", exact=True).click()
        await page.get_by_text("Is this the second delivery?").first.wait_for()
        await page.keyboard.press("Escape")
        await dialog.wait_for(state="detached")

        # A search: a copy of the card, sent as one's own message.
        await page.get_by_test_id("search-open").click()
        await page.get_by_test_id("search-text").fill(number)
        await page.get_by_test_id("search-result").first.click()
        await page.get_by_test_id("search-send").click()
        await page.locator(".own [data-testid=card]").wait_for()

        # A reply in the thread of the bot's card.
        await page.get_by_test_id("reply").first.click()
        await page.get_by_test_id("compose-text").fill("I will look after lunch")
        await page.get_by_test_id("send").click()
        await page.locator(".replies", has_text="I will look after lunch").wait_for()

        # The person's own view comes in the language of their client.
        await page.get_by_test_id("language").select_option("de-DE")
        await page.get_by_test_id("refresh-card").first.click()
        await page.locator('[data-testid=card-action][data-title="Freigeben"]').wait_for()
        assert await page.get_by_test_id("card-error").count() == 0
        assert errors == []
