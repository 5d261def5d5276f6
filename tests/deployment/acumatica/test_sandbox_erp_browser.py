"""Pages in a real browser: a consent by keyboard alone, and the levers of the site page."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from browsing import browser as open_browser

pytestmark = pytest.mark.browser


@pytest.fixture
async def page() -> AsyncIterator[Any]:
    async with open_browser() as browser:
        opened = await browser.new_page()
        opened.set_default_timeout(10_000)
        yield opened


async def test_consent_by_keyboard_ends_at_the_application(start: Any, page: Any) -> None:
    async def arrived(request: web.Request) -> web.Response:
        return web.Response(text=f"code for {request.query['state']}: {request.query['code']}")

    application = web.Application()
    application.router.add_get("/back", arrived)
    async with TestServer(application) as server:
        back = str(server.make_url("/back"))
        erp = await start(redirect_uris=(back,))
        asked = {
            "client_id": erp.options.client_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "api offline_access",
            "state": "ann",
            "code_challenge": "x" * 43,
            "code_challenge_method": "S256",
        }

        await page.goto(f"{erp.server.make_url('/identity/connect/authorize')}?{urlencode(asked)}")
        await page.wait_for_selector("input[name=name]:focus")
        await page.keyboard.type("ann")
        await page.keyboard.press("Tab")
        await page.wait_for_selector("input[name=password]:focus")
        await page.keyboard.type("correct horse")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{back}?*")

        assert (await page.inner_text("body")).startswith("code for ann: ")


async def test_the_levers_of_the_site_page_do_what_they_say(erp: Any, page: Any) -> None:
    await erp.user.sign_in()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    await page.goto(str(erp.server.make_url("/site")))
    await page.wait_for_selector("#sessions tr")
    row = await page.inner_text("#sessions tr")
    await page.click("#recycle")
    await page.wait_for_selector("#no-sessions:not([hidden])")

    assert "countersign" in row
    assert "1 signed out" in await page.inner_text("#say")
    await page.select_option("#maintenance", "html503")
    await page.wait_for_selector("#say:has-text('under maintenance')")
    assert (await erp.door("GET", "maintenance")).json == {"kind": "html503"}
    await page.select_option("#maintenance", "off")
    await page.wait_for_selector("#say:has-text('as ever')")
    await page.select_option("#fault-on", "ReleaseBill")
    await page.select_option("#fault", "reset_after_apply")
    await page.click("#arm button:not([type])")
    await page.wait_for_selector("#faults tr")
    armed = {"fault": "reset_after_apply", "on": {"action": "ReleaseBill"}, "times": 1}
    assert (await erp.door("GET", "faults")).json["faults"] == [armed]
    await page.click("#disarm")
    await page.wait_for_selector("#no-faults:not([hidden])")
    assert errors == []
