"""What becomes of messages Teams refuses, loses or delays: judged by what the stand-in saw."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from world import BEN, EAST, ERIN, PATIENCE, Witness, World, buttons, eventually, texts

TO_CHAT = (
    'to = ["channel:purchasing-east"]\napprover = ["owner", "person:ann@acme.example"]',
    'to = ["approver"]\napprover = ["owner", "person:ann@acme.example"]',
)
"""Bills of the east branch go to the chat of who decides."""
FALLBACK = (
    'act_as = "service"',
    'act_as = "service"\nfallback = ["channel:payments", "person:erin@acme.example"]',
)


DISCREET = (
    'when = "on hold"\nto = ["channel:purchasing-east"]',
    'when = "on hold"\nto = ["channel:purchasing-east"]\nprivacy = "band"',
)


async def reach(witness: Witness, how: str, **where: str) -> None:
    await witness.post(f"{witness.teams}/_sandbox/reach", {"how": how, **where})


async def company(witness: Witness) -> dict[str, Any]:
    ready = await witness.get(f"{witness.bot}/health/ready")
    found: dict[str, Any] = ready["companies"]["acme"]
    return found


async def said(witness: Witness, words: str, where: str = "reasons") -> bool:
    return words in "\n".join((await company(witness))[where])


async def calls(witness: Witness, method: str, path: str = "/v3/") -> list[int | None]:
    """How the calls of the bot ended that the stand-in saw, in order."""
    events = (await witness.get(f"{witness.teams}/_sandbox/history"))["events"]
    return [
        event["status"]
        for event in events
        if event["kind"] == "request" and event["method"] == method and path in event["path"]
    ]


async def quiet(witness: Witness) -> None:
    """Wait until the bot has welcomed everybody, so that a fault strikes what a test means."""

    async def welcomed() -> bool:
        events = (await witness.get(f"{witness.teams}/_sandbox/history"))["events"]
        # Cards and what people type are posts too: only welcomes count.
        return sum(event.get("summary") == "I am Countersign" for event in events) >= 10

    # Ten chats are a lot for a machine that is busy with something else.
    await eventually(welcomed, "everybody was welcomed", within=4 * PATIENCE)


async def standing(witness: Witness, number: str, person: str = "") -> dict[str, dict[str, Any]]:
    """The cards about a document, by the conversation they stand in."""
    return {one["conversation"]: one for one in await witness.cards(number, person)}


async def seen_in_payments(witness: Witness, number: str, *, says: str) -> dict[str, Any]:
    """The card that stands in, once it says something and can be decided on."""

    async def there() -> dict[str, Any] | None:
        card = (await standing(witness, number, BEN)).get("Payments")
        shown = card is not None and says in texts(card["card"])
        return card if card and shown and "Release" in buttons(card["card"]) else None

    return await eventually(there, f"{number} in Payments says {says!r}")


async def relieved_in_payments(witness: Witness, number: str) -> None:
    """Wait until the card that stood in asks nobody, and the one it stood for does."""

    async def back() -> bool:
        cards = await standing(witness, number, BEN)
        asking = [name for name, card in cards.items() if "Release" in buttons(card["card"])]
        return len(cards) == 2 and len(asking) == 1 and asking != ["Payments"]

    await eventually(back, f"{number} is asked in its own place alone")


async def told_alone(witness: Witness, words: str) -> bool:
    found = await witness.messages(BEN, "Countersign")
    return any(words in (one["text"] or "") + texts(one["card"]) for one in found if one)


async def in_a_chat_of(witness: Witness, person: str, number: str) -> bool:
    names = set(await standing(witness, number, person)) - {EAST, "Payments"}
    return bool(names)


# --- places that cannot be written to ---


@pytest.mark.parametrize("how", ["blocked", "muted", "gone", "disabled by admin"])
async def test_a_question_whose_approver_cannot_be_reached_goes_where_it_is_seen(
    world: World, how: str
) -> None:
    world.edits = [TO_CHAT, FALLBACK]
    witness = world.witness
    async with world.bot():
        await reach(witness, how, person="ben")

        number = await witness.bill_on_hold()
        card = await witness.card(number, BEN, says="this waits for you")

        assert card["conversation"] == "Payments"
        await eventually(lambda: said(witness, "cannot be written to since"), "it is reported")
        await witness.press(BEN, number, "Release")
        await witness.released(number)
        assert await witness.card(number, BEN, says="Released by Ben Ortiz")


async def test_who_lets_the_bot_in_again_gets_their_card_and_the_other_says_so(
    world: World,
) -> None:
    world.edits = [TO_CHAT, FALLBACK]
    witness = world.witness
    async with world.bot():
        await reach(witness, "removed", person="ben")
        number = await witness.bill_on_hold()
        await witness.card(number, BEN, says="this waits for you")

        await reach(witness, "ok", person="ben")

        async def both() -> bool:
            cards = await standing(witness, number, BEN)
            own = [card for name, card in cards.items() if name != "Payments"]
            return len(own) == 1 and "Release" in buttons(own[0]["card"])

        await eventually(both, "the card came to the approver's own chat")

        async def replaced() -> bool:
            card = (await standing(witness, number, BEN))["Payments"]["card"]
            return "Release" not in buttons(card)

        await eventually(replaced, "the card that stood in asks nobody any more")
        assert (await company(witness))["ready"]


async def test_the_next_place_is_taken_when_the_first_cannot_be_written_to_either(
    world: World,
) -> None:
    world.edits = [TO_CHAT, FALLBACK]
    witness = world.witness
    async with world.bot():
        await reach(witness, "not in roster", conversation="Payments")
        await reach(witness, "blocked", person="ben")

        number = await witness.bill_on_hold()

        card = await witness.card(number, ERIN, says="Ben Ortiz")
        assert card["conversation"] not in ("Payments", EAST)
        assert "Release" not in buttons(card["card"])  # who may decide stays the same


async def test_without_a_fallback_a_question_waits_where_it_is_seen(world: World) -> None:
    world.edits = [TO_CHAT]
    witness = world.witness
    async with world.bot():
        await reach(witness, "blocked", person="ben")

        number = await witness.bill_on_hold()

        await eventually(lambda: said(witness, "blocked or removed"), "it is reported")
        assert await witness.cards(number) == []


async def test_a_place_that_refused_is_not_asked_again_for_every_message(world: World) -> None:
    world.edits = [TO_CHAT]
    witness = world.witness
    async with world.bot():
        await quiet(witness)
        await reach(witness, "blocked", person="ben")
        await witness.bill_on_hold()
        await eventually(lambda: said(witness, "blocked or removed"), "it is reported")
        before = len(await calls(witness, "POST"))

        other = await witness.bill_on_hold(77)

        async def parked() -> bool:
            metrics = await witness.session.get(f"{witness.bot}/metrics")
            return 'state="waiting"} 2.0' in await metrics.text()

        await eventually(parked, f"the card of {other} is parked too")
        assert len(await calls(witness, "POST")) == before


async def test_a_question_asked_by_an_edit_nobody_can_be_shown_goes_where_it_is_seen(
    world: World,
) -> None:
    world.edits = [TO_CHAT, FALLBACK]
    witness = world.witness
    async with world.bot():
        await quiet(witness)
        await witness.connect_push()
        number = await witness.bill_on_hold()
        await witness.card(number, BEN, says="this waits for you")
        await reach(witness, "blocked", person="ben")

        await witness.change({"Amount": 77.0}, number)
        await seen_in_payments(witness, number, says="77.00")
        await witness.change({"Amount": 88.0}, number)  # the first edit is parked meanwhile
        card = await seen_in_payments(witness, number, says="88.00")

        await witness.post(
            f"{witness.teams}/_sandbox/press",
            {"person": BEN, "message": card["id"], "button": "Release"},
        )
        await witness.released(number)


async def test_a_question_asked_while_an_edit_is_parked_goes_where_it_is_seen(
    world: World,
) -> None:
    world.edits = [TO_CHAT, FALLBACK]
    witness = world.witness
    async with world.bot():
        await quiet(witness)
        await witness.connect_push()
        number = await witness.bill_on_hold()
        await witness.card(number, BEN, says="this waits for you")
        await reach(witness, "blocked", person="ben")
        # What is told in an edit that asks nothing stays where it is …
        await witness.change({"Status": "Balanced"}, number)
        await eventually(lambda: said(witness, "blocked or removed"), "it is reported")
        assert "Payments" not in await standing(witness, number)

        # … and a question is put elsewhere, although the edit waits.
        await witness.change({"Status": "On Hold"}, number)

        await seen_in_payments(witness, number, says="this waits for you")


@pytest.mark.parametrize(("status", "times"), [(413, 2), (400, 2), (409, 1)])
async def test_a_question_whose_edit_is_refused_for_good_goes_where_it_is_seen(
    world: World, status: int, times: int
) -> None:
    world.edits = [TO_CHAT, FALLBACK]
    witness = world.witness
    async with world.bot():
        await quiet(witness)
        await witness.connect_push()
        number = await witness.bill_on_hold()
        await witness.card(number, BEN, says="this waits for you")
        await witness.teams_fault(f"status:{status}", times=times, method="PUT", path="a:1ben")

        await witness.change({"Amount": 77.0}, number)

        await seen_in_payments(witness, number, says="77.00")
        assert (await calls(witness, "PUT", "a:1ben"))[-times:] == [status] * times
        # The chat itself can be written to: its next edit speaks again.
        await witness.change({"Amount": 88.0}, number)
        await relieved_in_payments(witness, number)


async def test_a_question_teams_takes_nowhere_is_tried_in_one_other_place_only(
    world: World,
) -> None:
    world.edits = [TO_CHAT, FALLBACK]
    witness = world.witness
    async with world.bot():
        await quiet(witness)
        # The whole and the smaller form, here and there: a third place would take it.
        await witness.teams_fault("status:413", times=4, method="POST", path="/v3/conversations")

        number = await witness.bill_on_hold()

        async def given_up() -> bool:
            async with witness.session.get(f"{witness.bot}/metrics") as answer:
                return 'outbox{company="acme",state="dead"} 2.0' in await answer.text()

        await eventually(given_up, "it is given up in both places")
        other = await witness.bill_on_hold(77)
        await witness.card(other, BEN, says="this waits for you")
        assert await witness.cards(number) == []
        assert (await calls(witness, "POST")).count(413) == 4


async def test_what_is_asked_at_a_place_that_is_lost_is_asked_elsewhere_at_once(
    world: World,
) -> None:
    world.edits = [TO_CHAT, FALLBACK]
    witness = world.witness
    async with world.bot():
        await quiet(witness)
        numbers = [await witness.bill_on_hold(), await witness.bill_on_hold(77)]
        for number in numbers:
            await witness.card(number, BEN, says="this waits for you")

        await reach(witness, "removed", person="ben")
        for number in numbers:
            await seen_in_payments(witness, number, says="this waits for you")

        await reach(witness, "ok", person="ben")
        for number in numbers:
            await relieved_in_payments(witness, number)


@pytest.mark.parametrize("lost", ["teamArchived", "channelDeleted"])
async def test_what_is_asked_in_a_channel_that_closes_is_asked_elsewhere(
    world: World, lost: str
) -> None:
    world.edits = [FALLBACK]
    witness = world.witness
    async with world.bot():
        await quiet(witness)
        number = await witness.bill_on_hold()
        await witness.card(number, BEN, says="this waits for you")
        # The bot has heard from the channels, so that it knows which team they belong to.
        for channel in (EAST, "Payments"):
            await witness.say("ben", channel, "help")
        event = {"event": lost} | ({"channel": EAST} if lost == "channelDeleted" else {})

        await witness.post(f"{witness.teams}/_sandbox/team", event)

        if lost == "channelDeleted":
            await seen_in_payments(witness, number, says="this waits for you")
        else:  # the first choice is in the same team: the next one is taken
            await eventually(lambda: in_a_chat_of(witness, ERIN, number), "Erin is shown it")


async def test_a_note_that_cannot_be_delivered_is_parked_and_not_moved(world: World) -> None:
    world.edits = [FALLBACK]
    witness = world.witness
    async with world.bot():
        await witness.connect_push()
        await reach(witness, "not in roster", conversation=EAST)

        order = await witness.change(
            {"VendorID": "V000000021", "OrderTotal": 500.0, "Branch": "EAST"},
            entity="PurchaseOrder",
        )
        await witness.change({"Status": "Open"}, order, entity="PurchaseOrder", by="erin")

        await eventually(lambda: said(witness, "not installed in that team"), "it is reported")
        assert await witness.cards(order) == []


# --- bodies, chats and messages that are refused ---


async def test_a_card_teams_finds_too_large_goes_once_in_its_smallest_form(
    witness: Witness,
) -> None:
    await quiet(witness)
    await witness.teams_fault("status:413", method="POST", path="/v3/conversations")

    number = await witness.bill_on_hold()

    (card,) = await eventually(lambda: witness.cards(number), "a card came")
    assert number in texts(card["card"])
    assert "Open in Acumatica" in buttons(card["card"])
    assert "Review" in buttons(card["card"])
    assert len(card["card"]["body"]) == 2
    assert (await calls(witness, "POST"))[-2:] == [413, 201]


async def test_what_is_refused_in_its_smallest_form_too_is_parked_and_never_sent_again(
    witness: Witness,
) -> None:
    await quiet(witness)
    await witness.teams_fault("status:400", times=2, method="POST", path="/v3/conversations")

    await witness.bill_on_hold()

    await eventually(lambda: said(witness, "given up", "warnings"), "it is reported")
    assert (await calls(witness, "POST")).count(400) == 2


async def test_a_card_whose_message_is_gone_is_posted_anew_and_lives_there(
    witness: Witness,
) -> None:
    number = await witness.bill_on_hold()
    old = await witness.card(number, BEN, says="this waits for you")
    await witness.teams_fault("status:404", method="PUT", path="/v3/")

    await witness.change({"Amount": 99.0}, number)

    async def anew() -> list[dict[str, Any]]:
        cards = await witness.cards(number, BEN)
        return [
            card for card in cards if card["id"] != old["id"] and "Release" in buttons(card["card"])
        ]

    (new,) = await eventually(anew, "a new message shows the card with its buttons")
    body = {"person": BEN, "message": old["id"], "button": "Release"}
    await witness.post(f"{witness.teams}/_sandbox/press", body)
    assert await witness.writes(number) == []  # the older copy decides nothing
    await witness.post(f"{witness.teams}/_sandbox/press", {**body, "message": new["id"]})
    await witness.released(number)


async def test_a_chat_that_is_gone_is_opened_anew_once(world: World) -> None:
    world.edits = [TO_CHAT]
    witness = world.witness
    async with world.bot():
        await quiet(witness)
        await witness.teams_fault("status:404", method="POST", path="/activities")

        number = await witness.bill_on_hold()

        await witness.card(number, BEN, says="this waits for you")
        posts = await calls(witness, "POST")
        assert posts[-3:] == [404, 201, 201]  # refused, opened anew, posted


async def test_an_answer_for_one_alone_opens_a_chat_that_is_gone_anew(world: World) -> None:
    world.edits = [DISCREET]
    witness = world.witness
    async with world.bot():
        await witness.connect_push()
        number = await witness.bill_on_hold(4321.0)
        await witness.card(number, BEN, says="this waits for you")
        await quiet(witness)
        await witness.teams_fault("status:404", method="POST", path="a:1ben")

        await witness.say(BEN, EAST, f"bill {number}")

        await eventually(lambda: told_alone(witness, "4,321.00"), "the amount is told alone")
        assert 404 in await calls(witness, "POST", "a:1ben")


async def test_an_answer_teams_does_not_take_goes_once_in_a_smaller_form(
    witness: Witness,
) -> None:
    await quiet(witness)
    await witness.teams_fault("status:400", method="POST", path="/activities")

    await witness.say(BEN, "bot", "help")

    await eventually(lambda: told_alone(witness, "What you can type"), "a plain answer came")
    assert (await calls(witness, "POST", "/activities"))[-2:] == [400, 201]


async def test_an_answer_teams_takes_in_no_form_is_given_up_and_the_next_answer_comes(
    witness: Witness,
) -> None:
    await quiet(witness)
    await witness.teams_fault("status:413", times=2, method="POST", path="a:1ben/activities")

    await witness.say(BEN, "bot", "help")

    async def reported() -> bool:
        ready = await witness.get(f"{witness.bot}/health/ready")
        return ready["warnings"] == ["1 messages were given up"]

    await eventually(reported, "it is reported")
    await witness.say(BEN, "bot", "pending bills")

    await eventually(lambda: told_alone(witness, "No pending bills"), "the next answer came")
    assert not await told_alone(witness, "What you can type")
    assert (await calls(witness, "POST", "a:1ben/activities"))[-3:] == [413, 413, 201]


async def test_an_answer_in_a_chat_that_is_gone_opens_it_anew(witness: Witness) -> None:
    await quiet(witness)
    await witness.teams_fault("status:404", method="POST", path="a:1ben/activities")

    await witness.say(BEN, "bot", "help")

    await eventually(lambda: told_alone(witness, "What you can type"), "the answer came")
    assert (await calls(witness, "POST"))[-3:] == [404, 201, 201]  # refused, opened, posted


async def test_a_post_that_meets_another_is_tried_again(world: World) -> None:
    witness = world.witness
    async with world.bot(speed=5):
        await quiet(witness)
        await witness.teams_fault("status:412", times=3, method="POST", path="/v3/conversations")

        number = await witness.bill_on_hold()

        await witness.card(number, BEN, says="this waits for you")
        assert (await calls(witness, "POST")).count(412) == 3


async def test_a_bot_that_is_not_let_in_says_so_and_sends_later_what_it_parked(
    world: World,
) -> None:
    witness = world.witness
    async with world.bot(speed=5):
        await quiet(witness)
        # How often it tries does not matter: two messages at once share one new token.
        await witness.teams_fault("status:401", times=99, method="POST", path="/v3/")
        first = await witness.bill_on_hold()
        await eventually(lambda: said(witness, "refuses the bot's token"), "it is reported")
        assert await witness.cards(first) == []
        await witness.session.delete(f"{witness.teams}/_sandbox/faults")

        second = await witness.bill_on_hold(77)

        await witness.card(second, BEN, says="this waits for you")
        await witness.card(first, BEN, says="this waits for you")
        assert (await company(witness))["ready"]


# --- one conversation never holds up another ---


async def test_edits_of_a_card_that_cannot_go_yet_become_one(world: World) -> None:
    witness = world.witness
    async with world.bot():
        await witness.connect_push()
        number = await witness.bill_on_hold()
        await witness.card(number, BEN, says="this waits for you")
        await witness.teams_fault("status:429:3", method="PUT", path="/v3/")
        edits = len(await calls(witness, "PUT"))

        for amount in (11.0, 22.0, 33.0):
            await witness.change({"Amount": amount}, number)
            await witness.card(number, BEN)

        await witness.card(number, BEN, says="33.00 USD")
        assert (await calls(witness, "PUT"))[edits:] == [429, 200]


async def test_a_conversation_that_hangs_delays_no_other(world: World) -> None:
    witness = world.witness
    async with world.bot():
        await witness.connect_push()
        east = await witness.bill_on_hold()
        west = await witness.bill_on_hold(BranchID="WEST")
        await witness.card(east, BEN, says="this waits for you")
        await witness.card(west, BEN, says="this waits for you")
        await witness.teams_fault("delay:6", method="PUT", path="purchasing-east")

        await witness.change({"Amount": 11.0}, east)
        await witness.change({"Amount": 22.0}, west)
        await witness.card(west, BEN, says="22.00 USD")

        events = (await witness.get(f"{witness.teams}/_sandbox/history"))["events"]
        hung = next(e for e in events if e["kind"] == "fault")
        other = next(e for e in reversed(events) if e["kind"] == "edit")
        late = datetime.fromisoformat(other["at"]) - datetime.fromisoformat(hung["at"])
        assert abs(late.total_seconds()) < 1


# --- places that close and open again ---


@pytest.mark.parametrize(
    ("lost", "why", "back"),
    [
        ("teamArchived", "the team is archived", "teamUnarchived"),
        ("channelDeleted", "the channel was deleted", "channelRestored"),
    ],
)
async def test_what_is_for_a_closed_place_waits_until_it_is_open_again(
    world: World, lost: str, why: str, back: str
) -> None:
    witness = world.witness
    async with world.bot():
        await quiet(witness)
        team = f"{witness.teams}/_sandbox/team"
        # The bot has heard from the channel, so that it knows which team it belongs to.
        await witness.say("ben", EAST, "help")
        event = {"channel": EAST} if lost.startswith("channel") else {}
        await witness.post(team, {"event": lost, **event})
        await eventually(lambda: said(witness, why), "it is reported")

        number = await witness.bill_on_hold()

        async def parked() -> bool:
            async with witness.session.get(f"{witness.bot}/metrics") as answer:
                return 'outbox{company="acme",state="waiting"} 1.0' in await answer.text()

        await eventually(parked, "the card is parked")
        assert await witness.cards(number) == []
        await witness.post(team, {"event": back, **event})
        await witness.card(number, BEN, says="this waits for you")
        assert (await company(witness))["ready"]
