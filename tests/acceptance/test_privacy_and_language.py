"""A channel is told no more than it may know, and in its language; who decides sees everything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from forms import answer_to, button, press, said
from talking import CHAT, asked, settled
from world import AP, BEN, DEV, EAST, ERIN, PAYMENTS, Witness, World, eventually, texts

EAST_ROUTE = 'when = "on hold"\nto = ["channel:purchasing-east"]'
TELLING = ("1,234.50", "1.234,50", "1234.5")


def privacy(word: str) -> tuple[str, str]:
    """Let everybody's cards of one of the routes to the channel be this discreet."""
    return EAST_ROUTE, f'{EAST_ROUTE}\nprivacy = "{word}"'


GERMAN = ('time_zone = "America/Chicago"', 'time_zone = "America/Chicago"\nlanguage = "de"')


async def in_east(witness: Witness, person: str, says: str) -> dict[str, Any]:
    """The one card of the channel, as a person sees it, once it says something."""

    async def there() -> dict[str, Any] | None:
        found = [one for one in await witness.messages(person, EAST) if one["card"]]
        assert len(found) <= 1
        return found[0] if found and says in texts(found[0]["card"]) else None

    return await eventually(there, f"a card in {EAST} that says {says!r} for {person}")


async def test_a_banded_channel_never_learns_the_amount_and_the_approver_does(
    world: World,
) -> None:
    world.edits = [privacy("band")]
    async with world.bot():
        witness = world.witness
        number = await witness.bill_on_hold(1234.5)
        await in_east(witness, DEV, "1,000 to under 5,000 USD")

        own = await witness.card(number, BEN, says="1,234.50 USD")
        answer = await witness.press(BEN, number, "Release")
        await witness.released(number)
        await in_east(witness, DEV, "Released by Ben Ortiz")

        seen = json.dumps(await witness.messages(DEV, EAST))
        assert "Release" in json.dumps(own["card"])
        assert "1,234.50 USD" in texts(answer["body"]["value"])
        assert [word for word in TELLING if word in seen] == []


async def test_a_german_channel_is_called_back_in_german(world: World) -> None:
    world.edits = [GERMAN]
    async with world.bot():
        witness = world.witness
        number = await witness.bill_on_hold(100)
        await in_east(witness, DEV, "Rechnung")

        await witness.change({"Amount": 200.0}, number)

        async def called_back() -> bool:
            replies = (await witness.cards(number))[0]["replies"]
            return any("bitte sehen Sie noch einmal" in reply["text"] for reply in replies)

        await eventually(called_back, "a reply calls the approver back in German")


async def test_a_channel_that_may_know_nothing_learns_kind_person_and_time_only(
    world: World,
) -> None:
    world.edits = [privacy("none"), GERMAN]
    async with world.bot():
        witness = world.witness
        number = await witness.bill_on_hold(1234.5)
        base = await in_east(witness, DEV, "Rechnung zurückgestellt")
        await in_east(witness, BEN, "1,234.50 USD")  # his client speaks English

        body = {"person": BEN, "message": base["id"], "button": "release", "locale": "en-GB"}
        answer = await witness.post(f"{witness.teams}/_sandbox/press", body)
        await witness.released(number)
        done = await in_east(witness, DEV, "Freigegeben von Ben Ortiz")

        seen = json.dumps(await witness.messages(DEV, EAST))
        assert "<at>Ben Ortiz</at>, das wartet auf Sie." in texts(base["card"])
        assert "Releasing for Ben Ortiz" in texts(answer["body"]["value"])
        assert done["card"]["lang"] == "de"
        assert [word for word in (*TELLING, number, "V000000021") if word in seen] == []


# --- ways around the card ---

TO_CHAT = (EAST_ROUTE, 'when = "on hold"\nto = ["approver"]\nprivacy = "none"')
FALLBACK = 'act_as = "service"', 'act_as = "service"\nfallback = ["channel:payments"]'
LEAD = 'act_as = "service"', f'act_as = "service"\nfallback = ["person:{ERIN}"]'
VENDOR = ("V000000021", "Northgate")


async def secrets_in(witness: Witness, number: str, place: str, person: str = DEV) -> list[str]:
    """What of a bill stands somewhere that must not."""
    seen = json.dumps(await witness.messages(person, place))
    return [word for word in (*TELLING, *VENDOR, number) if word in seen]


async def in_chat(witness: Witness, person: str, words: str) -> dict[str, Any]:
    """The message in somebody's own chat that says something."""

    async def there() -> dict[str, Any] | None:
        shown = await witness.messages(person, CHAT)
        return next((one for one in shown if words in texts(one["card"])), None)

    return await eventually(there, f"{person} reads {words!r}")


async def form_of(witness: Witness, person: str, message: str) -> dict[str, Any]:
    """The form somebody gets who asks from a card whose number they may not know."""
    body = {"person": person, "message": message, "button": "Review"}
    await witness.post(f"{witness.teams}/_sandbox/press", body)
    return await press(witness, person, message, "Ask a question…")


def offered(form: dict[str, Any]) -> dict[str, str]:
    """Whom a form offers to ask, by name."""
    lists = [part for part in form["card"]["body"] if part["type"] == "Input.ChoiceSet"]
    return {one["title"]: one["value"] for part in lists for one in part["choices"]}


async def test_who_asks_from_a_bare_card_learns_nothing_and_nor_does_the_channel(
    world: World,
) -> None:
    world.edits = [privacy("none"), LEAD]
    async with world.bot():
        witness = world.witness
        await settled(world, BEN, DEV)
        number = await witness.bill_on_hold(1234.5)
        base = await in_east(witness, DEV, "Ben Ortiz</at>, this waits for you")

        form = await form_of(witness, DEV, base["id"])
        whole = await form_of(witness, BEN, base["id"])

        assert [word for word in (number, *VENDOR) if word in json.dumps(form)] == []
        assert list(offered(form)) == ["Ben Ortiz"]
        assert number in texts(whole["card"])
        assert list(offered(whole)) == ["Erin Walsh"]

        data = {"text": "is 1,234.50 right?", "whom": offered(form)["Ben Ortiz"]}
        told = await answer_to(witness, DEV, base["id"], button(form["card"]), **data)
        assert "goes to Ben Ortiz's own chat" in said(told)
        question = await in_chat(witness, BEN, "asks: is 1,234.50 right?")
        assert number in texts(question["card"])

        dialog = await press(witness, BEN, question["id"], "Answer…")
        words = {"text": "yes, 1,234.50"}
        await answer_to(witness, BEN, question["id"], button(dialog["card"]), **words)
        answer = await in_chat(witness, DEV, "Ben Ortiz: yes, 1,234.50")

        assert [word for word in (number, *VENDOR) if word in json.dumps(answer)] == []
        assert await secrets_in(witness, number, EAST) == []
        assert (await in_east(witness, DEV, ""))["replies"] == []


async def test_in_a_banded_channel_questions_are_asked_alone_and_say_a_band(world: World) -> None:
    world.edits = [privacy("band")]
    async with world.bot():
        witness = world.witness
        await settled(world, BEN, DEV)
        number = await witness.bill_on_hold(1234.5)
        base = await in_east(witness, DEV, "Ben Ortiz</at>, this waits for you")

        form = await form_of(witness, DEV, base["id"])
        data = {"text": "is 1,234.50 right?", "whom": offered(form)["Ben Ortiz"]}
        await answer_to(witness, DEV, base["id"], button(form["card"]), **data)
        question = await in_chat(witness, BEN, "asks: is 1,234.50 right?")
        dialog = await press(witness, BEN, question["id"], "Answer…")
        await answer_to(witness, BEN, question["id"], button(dialog["card"]), text="yes")

        answer = texts((await in_chat(witness, DEV, "Ben Ortiz: yes"))["card"])
        assert number in texts(form["card"])
        assert "1,000 to under 5,000 USD" in answer
        seen = json.dumps(await witness.messages(DEV, EAST))
        assert [word for word in TELLING if word in seen] == []


@pytest.mark.parametrize("place", [EAST, AP, "AP desk"])
async def test_a_search_or_a_link_tells_no_more_than_the_route_of_the_document(
    world: World, place: str
) -> None:
    world.edits = [privacy("none")]
    async with world.bot():
        witness = world.witness
        await settled(world, DEV)
        number = await witness.bill_on_hold(1234.5)
        await in_east(witness, DEV, "this waits for you")
        url = f"{witness.erp}/Main?CompanyID=Company&ScreenId=AP301000&DocType=INV&RefNbr={number}"

        search = {"person": DEV, "conversation": place, "command": "findBill", "text": number}
        link = {"person": DEV, "conversation": place, "url": url, "send": False}
        found = await witness.post(f"{witness.teams}/_sandbox/search", search)
        pasted = await witness.post(f"{witness.teams}/_sandbox/unfurl", link)
        alone = await witness.post(
            f"{witness.teams}/_sandbox/search", {**search, "conversation": "bot"}
        )

        for answer in (found, pasted):
            assert len(answer["results"]) == 1
            told = json.dumps(answer["body"])
            hidden = (*TELLING, *VENDOR, "1,000", number, witness.erp)
            assert [word for word in hidden if word in told] == []
            assert "Bill on hold" in told
        assert "1,234.50 USD" in json.dumps(alone["body"])


async def test_a_result_tells_no_more_than_the_channel_it_is_written_in_may_know(
    world: World,
) -> None:
    rule = 'entity = "Check"\nwhen = "released"\nto = ["channel:payments"]'
    world.edits = [(rule, f'{rule}\nprivacy = "none"')]
    async with world.bot():
        witness = world.witness
        await settled(world, DEV)
        number = await witness.bill_on_hold(1234.5)
        await witness.card(number, BEN, says="1,234.50 USD")
        url = f"{witness.erp}/Main?CompanyID=Company&ScreenId=AP301000&DocType=INV&RefNbr={number}"

        told = {}
        for place in (PAYMENTS, EAST):
            search = {"person": DEV, "conversation": place, "command": "findBill", "text": number}
            found = await witness.post(f"{witness.teams}/_sandbox/search", search)
            told[place] = json.dumps(found["body"])
        link = {"person": DEV, "conversation": PAYMENTS, "url": url, "send": False}
        pasted = await witness.post(f"{witness.teams}/_sandbox/unfurl", link)

        there = told[PAYMENTS] + json.dumps(pasted["body"])
        assert [word for word in (*TELLING, *VENDOR, number) if word in there] == []
        assert number in told[EAST]
        assert "1,000 to under 5,000 USD" in told[EAST]


async def test_where_a_card_only_stood_in_nothing_more_is_told_of_it_ever_after(
    world: World,
) -> None:
    world.edits = [TO_CHAT, FALLBACK]
    async with world.bot():
        witness = world.witness
        await settled(world, BEN, DEV)
        await witness.post(f"{witness.teams}/_sandbox/reach", {"how": "muted", "person": "ben"})
        number = await witness.bill_on_hold(1234.5)

        async def in_payments(says: str) -> bool:
            shown = [one["card"] for one in await witness.messages(DEV, PAYMENTS) if one["card"]]
            return any(says in texts(card) for card in shown)

        await eventually(lambda: in_payments("this waits for you"), "it stands in Payments")
        for line in (f"bill {number}", f"why {number}"):
            here, alone = await asked(world, line, person=DEV, places=(PAYMENTS, CHAT))
            assert "in our own chat" in here["text"]
            assert number in texts(alone["card"])

        await witness.post(f"{witness.teams}/_sandbox/reach", {"how": "ok", "person": "ben"})
        await eventually(lambda: in_payments("newer card"), "its own card speaks again")
        own = (await in_chat(witness, BEN, "1,234.50 USD"))["id"]
        body = {"person": BEN, "message": own, "button": "Release"}
        await witness.post(f"{witness.teams}/_sandbox/press", body)
        await witness.released(number)
        await eventually(lambda: in_payments("Released by Ben Ortiz"), "it is done everywhere")

        left = [one for one in await witness.messages(DEV, PAYMENTS) if one["from"] == CHAT]
        seen = json.dumps([one for one in left if one["card"]])
        assert [word for word in (*TELLING, *VENDOR, number) if word in seen] == []
