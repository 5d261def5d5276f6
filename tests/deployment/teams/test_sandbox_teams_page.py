"""The page in a real browser: what a person sees, presses and types."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from browsing import browser as open_browser
from sandbox_teams_world import (
    ANN,
    EAST,
    Clock,
    World,
    card,
    card_answer,
    line_answer,
    message,
    running_bot,
    standing,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
WAITS = {
    "text": "Look, <at>Ann Whitfield</at>",
    "msteams": {
        "entities": [
            {"type": "mention", "text": "<at>Ann Whitfield</at>", "mentioned": {"id": ANN}}
        ]
    },
}


class Page:
    """One browser page on the stand-in."""

    def __init__(self, page: Any, world: World, errors: list[str]) -> None:
        self.page, self.world, self.errors = page, world, errors

    async def open(self, fragment: str = "", *, wait_for: str = "[data-testid=card]") -> None:
        await self.page.goto(f"{self.world.stand.url}/{fragment}")
        await self.page.wait_for_selector(wait_for)

    async def text(self, selector: str) -> str:
        return str(await self.page.inner_text(selector))

    def action(self, title: str) -> str:
        return f'[data-testid=card-action][data-title="{title}"]'


# One browser for all of them, so that everything here lives on one loop.
@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Any]:
    async with open_browser() as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def world(clock: Clock, data: Path) -> AsyncIterator[World]:
    async with running_bot() as bot, standing(bot, clock, data=data) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Any, world: World) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1200, "height": 900})
    one = await context.new_page()
    errors: list[str] = []
    one.on("pageerror", lambda error: errors.append(str(error)))
    yield Page(one, world, errors)
    await context.close()
    assert errors == []


async def test_it_opens_on_the_newest_card_as_the_person_it_waits_for(page: Page):
    await page.world.thread(card("Review", **WAITS))

    await page.open()

    assert await page.text("#head-name") == "Purchasing East"
    assert await page.page.input_value("[data-testid=person-switch]") == "ann@acme.example"
    assert await page.text(".mention.mine") == "Ann Whitfield"


async def test_a_page_opened_early_goes_to_the_first_card_and_its_person(page: Page):
    await page.open(wait_for=".nothing")

    text = "Look, <at>Ben</at>"
    entity = {"type": "mention", "text": "<at>Ben</at>", "mentioned": {"id": "ben@acme.example"}}
    await page.world.thread(card(text=text, msteams={"entities": [entity]}))

    await page.page.wait_for_selector("[data-testid=card]")
    await page.page.wait_for_selector(".mention.mine")
    assert await page.text("#head-name") == "Purchasing East"
    assert await page.page.input_value("[data-testid=person-switch]") == "ben@acme.example"


async def test_a_press_shows_the_notice_and_keeps_the_focus_near(page: Page):
    page.world.bot.answer = lambda _: line_answer("This waits for Ann.")
    await page.world.thread(card("Review"))
    await page.open("#person=ben@acme.example")

    await page.page.focus(page.action("Review"))
    await page.page.keyboard.press("Enter")

    await page.page.wait_for_selector("[data-testid=notice] >> text=This waits for Ann.")
    focused = await page.page.evaluate("document.activeElement.dataset.title")
    assert focused == "Review"
    assert page.world.bot.invokes("manual")[0]["from"]["name"] == "Ben Ortiz"


async def test_an_edit_appears_by_itself_and_is_marked(page: Page):
    thread, root = await page.world.thread(card("Review", text="waits"))
    await page.open("#person=ann@acme.example")

    await page.world.edit(thread, root, card(text="Released by Ann"))

    await page.page.wait_for_selector("[data-testid=card] >> text=Released by Ann")
    assert await page.text(f"[data-testid=message-{root}] .edited") == "Edited"


async def test_what_is_typed_in_a_card_outlives_other_news(page: Page):
    asking = card("Send")
    asking["body"].append(
        {"type": "Input.Text", "id": "comment", "label": "Why", "isRequired": True}
    )
    thread, _ = await page.world.thread(asking)
    await page.open("#person=ann@acme.example")
    await page.page.click(page.action("Send"))
    refused = await page.text(".input .problem")

    await page.page.fill(".input input", "too much")
    await page.world.call("POST", f"conversations/{thread}/activities", message(text="News"))
    await page.page.wait_for_selector(".reply >> text=News")
    async with page.page.expect_response("**/_sandbox/press"):
        await page.page.click(page.action("Send"))

    assert refused == "This value is needed."
    data = page.world.bot.invokes("manual")[0]["value"]["action"]["data"]
    assert data == {"t": "Send", "comment": "too much"}


async def test_switching_the_person_shows_their_own_view(page: Page):
    page.world.bot.answer = lambda _: card_answer(card("Release", text="yours, Ann"))
    refresh = {"action": {"type": "Action.Execute", "verb": "refresh"}, "userIds": [ANN]}
    await page.world.thread(card("Review", refresh=refresh))
    await page.open("#person=ben@acme.example&conversation=Purchasing East")

    await page.page.select_option("[data-testid=person-switch]", "ann@acme.example")

    await page.page.wait_for_selector(page.action("Release"))
    assert await page.page.locator(page.action("Review")).count() == 0


async def test_what_it_cannot_draw_is_loud_and_named(page: Page):
    strange = card() | {"actions": [{"type": "Action.Popover", "title": "x"}]}
    strange["body"] += [
        {"type": "Carousel"},
        {"type": "Image", "url": "http://plain.example/a.png"},
    ]
    await page.world.thread(strange)

    await page.open()

    found = await page.page.locator("[data-testid=card-error] strong").all_inner_texts()
    assert [one.split(": ")[1].split()[0] for one in found] == [
        "Carousel",
        "Image",
        "Action.Popover",
    ]


async def test_a_vendors_name_never_becomes_markup(page: Page):
    name = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) \\*Star\\* &amp; **Bold**"
    await page.world.thread(card(text=name))

    await page.open()

    shown = await page.text("[data-testid=card] .text")
    assert shown == "<img src=x onerror=alert(1)> x *Star* & Bold"
    assert await page.page.locator("[data-testid=card] :is(img, a)").count() == 0


async def test_a_line_typed_in_a_channel_reaches_the_bot_with_its_mention(page: Page):
    await page.world.thread()
    await page.open("#person=ben@acme.example")

    await page.page.fill("[data-testid=compose-text]", "pending bills")
    await page.page.keyboard.press("Enter")

    await page.page.wait_for_selector(".own >> text=pending bills")
    assert page.world.bot.heard[-1]["text"] == "<at>Countersign</at> pending bills\n"
    assert page.world.bot.heard[-1]["conversation"]["id"].startswith(EAST)


async def test_a_phone_shows_one_pane_at_a_time_and_never_scrolls_sideways(page: Page):
    await page.page.set_viewport_size({"width": 380, "height": 760})
    await page.world.thread(card("Review", text="A long vendor name " * 8))
    await page.open()

    wide = await page.page.evaluate("document.documentElement.scrollWidth")
    await page.page.click("[data-testid=back]")

    assert wide == 380
    assert await page.page.is_visible(f'[data-testid="conversation-{EAST}"]')
    assert not await page.page.is_visible("[data-testid=compose]")
