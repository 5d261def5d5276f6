"""The story that must always work, and what must never happen in it. Judged by the stand-ins."""

from __future__ import annotations

import asyncio

import pytest
from world import AP, BEN, DEV, EAST, ERIN, PAYMENTS, Witness, World, buttons, eventually, texts


async def test_bill_on_hold_is_released_by_its_approver_and_every_copy_says_so(
    witness: Witness,
) -> None:
    number = await witness.bill_on_hold(1234.5, VendorRef="INV-77")

    base = await witness.card(number, DEV, says="this waits for you")
    own = await witness.card(number, BEN, says="this waits for you")
    answer = await witness.press(BEN, number, "Release")

    assert base["conversation"] == EAST
    shown = texts(base["card"])
    assert "V000000021" in shown
    assert "1,234.50 USD" in shown
    assert "<at>Ben Ortiz</at>" in shown
    assert "removes the hold and releases the bill" in shown
    assert "Release" not in buttons(base["card"])
    assert "Release" in buttons(own["card"])
    assert "Releasing for Ben Ortiz" in texts(answer["body"]["value"])
    await witness.released(number)
    for person in (BEN, DEV):
        done = await witness.card(number, person, says="Released by Ben Ortiz")
        assert not {"Release", "Review"} & set(buttons(done["card"]))
    assert await witness.writes(number) == ["POST Bill/ReleaseFromHold", "POST Bill/ReleaseBill"]


async def test_somebody_else_is_refused_politely_and_nothing_changes(witness: Witness) -> None:
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")

    answer = await witness.press(DEV, number, "release")

    assert "does not wait for you" in answer["body"]["value"]
    assert await witness.status(number) == "On Hold"
    assert await witness.writes(number) == []


async def test_second_press_does_nothing_and_says_who_decided(witness: Witness) -> None:
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")
    await witness.press(BEN, number, "Release")
    await witness.card(number, BEN, says="Released by Ben Ortiz")

    answer = await witness.press(BEN, number, "Release")

    assert "Released by Ben Ortiz" in texts(answer["body"]["value"])
    assert len(await witness.writes(number)) == 2


async def test_twenty_presses_at_the_same_instant_release_once(witness: Witness) -> None:
    number = await witness.bill_on_hold()
    message = await witness.card(number, BEN, says="this waits for you")
    body = {"person": BEN, "message": message["id"], "button": "Release"}

    await asyncio.gather(
        *(witness.post(f"{witness.teams}/_sandbox/press", body) for _ in range(20))
    )

    await witness.card(number, BEN, says="Released by Ben Ortiz")
    assert await witness.writes(number) == ["POST Bill/ReleaseFromHold", "POST Bill/ReleaseBill"]


async def test_bill_released_inside_the_erp_turns_its_card(witness: Witness) -> None:
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")

    await witness.change({"Status": "Open"}, number, by="erin")

    card = await witness.card(number, BEN, says="Bill open")
    assert not {"Release", "Review"} & set(buttons(card["card"]))
    assert await witness.writes(number) == []


async def test_the_same_push_six_times_makes_one_card(witness: Witness) -> None:
    await witness.push(duplicate=5)

    number = await witness.bill_on_hold()

    await witness.card(number, BEN, says="this waits for you")

    async def six_came() -> bool:
        return len(await witness.erp_events("push")) >= 6

    await eventually(six_came, "the push was sent six times")
    assert len(await witness.cards(number)) == 1


async def test_push_alone_is_enough(world: World) -> None:
    world.poll = "14d"
    witness = world.witness
    async with world.bot():
        await witness.connect_push()

        number = await witness.bill_on_hold()

        await witness.card(number, BEN, says="this waits for you")


async def test_polling_alone_is_enough(world: World) -> None:
    world.poll = "1s"
    witness = world.witness
    async with world.bot():
        first = await witness.bill_on_hold()
        await witness.card(first, BEN, says="this waits for you")

        await witness.change({"Amount": 99.0}, first)

        await witness.card(first, BEN, says="99.00 USD")
        assert not await witness.erp_events("push")


async def test_what_was_on_hold_before_the_first_start_gets_its_card(world: World) -> None:
    number = await world.witness.bill_on_hold()

    async with world.bot():
        await world.witness.card(number, BEN, says="this waits for you")


async def test_large_bill_waits_for_the_controller_elsewhere(witness: Witness) -> None:
    number = await witness.bill_on_hold(12_000)

    card = await witness.card(number, ERIN, says="this waits for you")

    assert card["conversation"] == AP
    assert "<at>Erin Walsh</at>" in texts(card["card"])


async def test_plan_stops_where_an_approval_map_applies(witness: Witness) -> None:
    number = await witness.bill_on_hold(30_000)
    await witness.card(number, ERIN, says="this waits for you")

    await witness.press(ERIN, number, "Release")

    card = await witness.card(number, ERIN, says="needs approval in Acumatica")
    assert await witness.status(number) == "Pending Approval"
    assert await witness.writes(number) == ["POST Bill/ReleaseFromHold"]
    assert "Release" not in buttons(card["card"])


async def test_changed_amount_puts_the_question_anew_and_the_old_button_is_dead(
    witness: Witness,
) -> None:
    number = await witness.bill_on_hold(100)
    old = await witness.card(number, BEN, says="100.00 USD")
    token = next(iter(_tokens(old["card"])))

    await witness.change({"Amount": 200.0}, number)
    card = await witness.card(number, BEN, says="please decide again")

    assert "Amount was 100.00 USD, is 200.00 USD" in texts(card["card"])
    assert token not in _tokens(card["card"])

    async def called_back() -> bool:
        replies = (await witness.cards(number))[0]["replies"]
        return any("please look again" in reply["text"] for reply in replies)

    await eventually(called_back, "a reply calls the approver back")


def _tokens(card: object) -> set[str]:
    if isinstance(card, dict):
        own = {card["token"]} if "token" in card else set()
        return own.union(*map(_tokens, card.values())) if card else own
    return set().union(*map(_tokens, card)) if isinstance(card, list) and card else set()


@pytest.mark.parametrize(
    ("entity", "fields", "place"),
    [
        ("PurchaseOrder", {"VendorID": "V000000021", "OrderTotal": 500.0, "Branch": "EAST"}, EAST),
        ("Check", {"Vendor": "V000000021", "PaymentAmount": 500.0}, PAYMENTS),
        ("Payment", {"CustomerID": "C000000011", "PaymentAmount": 500.0}, PAYMENTS),
    ],
)
async def test_a_note_tells_what_became_open(
    witness: Witness, entity: str, fields: dict[str, object], place: str
) -> None:
    number = await witness.change(fields, entity=entity)

    await witness.change({"Status": "Open"}, number, entity=entity, by="erin")

    card = await witness.card(number)
    assert card["conversation"] == place
    assert not {"Release", "Review", "Approve"} & set(buttons(card["card"]))


async def test_every_session_is_signed_out_when_the_service_stops(world: World) -> None:
    witness = world.witness
    async with world.bot():
        await witness.connect_push()
        number = await witness.bill_on_hold()
        await witness.card(number, BEN, says="this waits for you")
        await witness.press(BEN, number, "Release")
        await witness.card(number, BEN, says="Released by Ben Ortiz")

    paths = [event["path"] for event in await witness.erp_events("request")]
    assert sum(path.endswith("/auth/login") for path in paths) == 2
    assert sum(path.endswith("/auth/logout") for path in paths) == 2
