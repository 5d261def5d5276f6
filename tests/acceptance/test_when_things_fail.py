"""What people see, and what happens in the ERP, when answers get lost, are refused or come late."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from world import ANN, BEN, EAST, ERIN, Witness, World, buttons, eventually, texts

RELEASED = ["POST Bill/ReleaseFromHold", "POST Bill/ReleaseBill"]


async def waiting(witness: Witness, amount: float = 1234.5, **fields: object) -> str:
    number = await witness.bill_on_hold(amount, **fields)
    await witness.card(number, BEN, says="this waits for you")
    return number


async def test_an_answer_lost_after_the_release_is_found_by_reading_back(
    witness: Witness,
) -> None:
    number = await waiting(witness)
    await witness.erp_fault("reset_after_apply", path="ReleaseBill")

    await witness.press(BEN, number, "Release")

    await witness.card(number, BEN, says="Released by Ben Ortiz")
    assert await witness.writes(number) == RELEASED


async def test_a_release_lost_before_it_ran_is_never_sent_again_by_itself(world: World) -> None:
    witness = world.witness
    async with world.bot(speed=40):
        await witness.connect_push()
        number = await waiting(witness)
        await witness.erp_fault("reset_before", path="ReleaseBill")

        await witness.press(BEN, number, "Release")

        await witness.card(number, BEN, says="Acumatica has not confirmed the release yet")
        card = await witness.card(number, BEN, says="It can be pressed again")
        assert "was not carried out" in texts(card["card"])
        assert await witness.status(number) == "Balanced"
        # The one that was lost never reached the ERP's log; no other was sent in its place.
        assert len(await witness.erp_events("fault")) == 1
        assert await witness.writes(number) == RELEASED[:1]
        assert "Release" in buttons(card["card"])

        # The person presses again: that is a new decision, and the rest of the plan.
        await witness.press(BEN, number, "Release")
        await witness.card(number, BEN, says="Released by Ben Ortiz")
        assert await witness.writes(number) == RELEASED


async def test_what_acumatica_refuses_is_told_and_can_be_pressed_again(world: World) -> None:
    witness = world.witness
    async with world.bot(speed=30):
        await witness.connect_push()
        number = await waiting(witness, PostPeriod="012020")

        await witness.press(BEN, number, "Release")

        card = await witness.card(number, BEN, says="The release was refused")
        assert "Acumatica refused it" in texts(card["card"])
        assert await witness.status(number) == "Balanced"
        assert await witness.writes(number) == RELEASED
        card = await witness.card(number, BEN, says="it can be pressed again")
        assert "Release" in buttons(card["card"])


async def test_a_bill_changed_after_the_press_is_not_released(world: World) -> None:
    witness = world.witness
    async with world.bot():
        # No push and a slow poll: the change is met only by the check right before the call.
        number = await waiting(witness)
        await witness.change({"Amount": 999.0}, number)

        await witness.press(BEN, number, "Release")

        card = await witness.card(number, BEN, says="999.00 USD")
        assert await witness.writes(number) == []
        assert await witness.status(number) == "On Hold"
        assert "Release" in buttons(card["card"])


async def test_a_post_whose_answer_was_lost_is_found_again_without_a_second_copy(
    witness: Witness,
) -> None:
    await witness.teams_fault("reset_after_apply", method="POST", path="/v3/conversations")

    number = await witness.bill_on_hold()

    await witness.card(number, BEN, says="this waits for you")
    await witness.press(BEN, number, "Release")
    await witness.card(number, BEN, says="Released by Ben Ortiz")
    assert len(await witness.cards(number)) == 1


async def test_a_throttled_channel_gets_its_cards_when_teams_allows(witness: Witness) -> None:
    await witness.teams_fault("status:429:1", times=2, method="POST", path="/v3/")

    numbers = [await witness.bill_on_hold(100 + n) for n in range(3)]

    for number in numbers:
        await witness.card(number, BEN, says="this waits for you")


async def test_hold_can_be_removed_by_the_check_box_instead_of_the_action(world: World) -> None:
    world.edit = (
        "allow_unknown_editor = true ",
        'calls = { Bill = { remove_hold = "PUT Hold=false" } }\nallow_unknown_editor = true ',
    )
    witness = world.witness
    async with world.bot():
        await witness.connect_push()
        number = await waiting(witness)

        await witness.press(BEN, number, "Release")

        await witness.card(number, BEN, says="Released by Ben Ortiz")
        assert await witness.writes(number) == ["PUT Bill", "POST Bill/ReleaseBill"]


async def test_who_may_not_decide_without_knowing_the_editor_does_not(world: World) -> None:
    world.edit = ("allow_unknown_editor = true ", "allow_unknown_editor = false ")
    witness = world.witness
    async with world.bot():
        await witness.connect_push()
        number = await waiting(witness)

        answer = await witness.press(BEN, number, "Release")

        assert "does not tell who entered this document" in answer["body"]["value"]
        assert await witness.writes(number) == []


async def test_a_deleted_bill_turns_its_card(witness: Witness) -> None:
    number = await waiting(witness)

    await witness.delete(number)

    card = await witness.card(number, BEN, says="Acumatica no longer has this document")
    assert "Release" not in buttons(card["card"])


async def test_a_bill_put_on_hold_again_is_asked_about_again(witness: Witness) -> None:
    number = await waiting(witness)
    await witness.change({"Hold": False}, number)
    await witness.card(number, BEN, says="Bill balanced")

    await witness.change({"Hold": True}, number)

    card = await witness.card(number, BEN, says="this waits for you")
    assert "Release" in buttons(card["card"])
    await witness.press(BEN, number, "Release")
    await witness.card(number, BEN, says="Released by Ben Ortiz")


async def test_what_became_open_while_the_service_was_down_is_told_afterwards(
    world: World,
) -> None:
    witness = world.witness
    async with world.bot():
        number = await waiting(witness)  # the service has run before
    order = await witness.change(
        {"VendorID": "V000000021", "OrderTotal": 500.0, "Branch": "EAST"}, entity="PurchaseOrder"
    )
    await witness.change({"Status": "Open"}, order, entity="PurchaseOrder", by="erin")
    await witness.change({"Status": "Open"}, number, by="erin")

    async with world.bot():
        assert await witness.card(order)
        card = await witness.card(number, BEN, says="Bill open")

    assert "Release" not in buttons(card["card"])


async def test_who_is_no_longer_the_approver_when_it_is_done_does_not_release(
    world: World,
) -> None:
    world.poll = "14d"  # nobody tells the bot of the change: only the check before the call can
    witness = world.witness
    number = await witness.bill_on_hold()
    async with world.bot():
        await witness.card(number, BEN, says="this waits for you")
        await witness.change({"CurrentDocument.EmployeeID": "EP00000001"}, number)

        await witness.press(BEN, number, "Release")

        card = await witness.card(number, ANN, says="<at>Ann Whitfield</at>")
        assert "Release" in buttons(card["card"])
        assert await witness.writes(number) == []
        assert await witness.status(number) == "On Hold"


async def test_a_release_that_was_refused_stays_asked_for_when_the_bill_is_touched(
    witness: Witness,
) -> None:
    number = await waiting(witness)
    await witness.erp_fault("status:422", path="ReleaseBill")
    await witness.press(BEN, number, "Release")
    await witness.card(number, BEN, says="it can be pressed again")

    await witness.change({"Description": "touched"}, number)

    card = await witness.card(number, BEN, says="touched")
    assert "Release" in buttons(card["card"])
    await witness.press(BEN, number, "Release")
    await witness.card(number, BEN, says="Released by Ben Ortiz")


async def test_a_stopped_plan_is_over_when_the_erp_has_gone_on(witness: Witness) -> None:
    number = await witness.bill_on_hold(30_000)
    await witness.card(number, ERIN, says="this waits for you")
    await witness.press(ERIN, number, "Release")
    await witness.card(number, ERIN, says="needs approval in Acumatica")

    await witness.change({"Status": "Open"}, number, by="erin")

    card = await witness.card(number, ERIN, says="Bill open")
    assert "now waits for you" not in texts(card["card"])


async def test_cards_wait_for_a_channel_without_the_app_until_it_is_back(
    world: World, witness: Witness
) -> None:
    door = f"{witness.teams}/_sandbox/installations"
    place = {"person": "ben", "conversation": EAST}
    await witness.post(door, {**place, "installed": False})
    number = await witness.bill_on_hold()

    async def waits() -> bool:
        # Whether it was refused or not tried at all: the bot may have heard of it before.
        with closing(sqlite3.connect(world.data / "countersign.db")) as store:
            asked = "SELECT 1 FROM outbox WHERE state = 'waiting' AND document LIKE '%/' || ?"
            return bool(store.execute(asked, [number]).fetchall())

    await eventually(waits, "the card waits")
    await witness.post(door, {**place, "installed": True})

    await witness.card(number, BEN, says="this waits for you")
