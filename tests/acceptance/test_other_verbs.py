"""Verbs beside release, from the card to the ERP."""

from __future__ import annotations

from world import ANN, BEN, World, buttons, eventually

OPEN_BILLS = """[[route]]
company = "acme"
entity = "Bill"
when = "open"
to = ["channel:payments"]
approver = ["person:ann@acme.example"]
actions = ["approve_for_payment"]

# Large bills"""


async def test_approving_for_payment_ticks_the_box_and_pays_nothing(world: World) -> None:
    witness = world.witness
    world.edit = ("# Large bills", OPEN_BILLS)
    async with world.bot():
        await witness.connect_push()
        number = await witness.bill_on_hold()
        await witness.change({"Status": "Open"}, number)
        card = await witness.card(number, ANN, says="this waits for you")
        assert "Approve for payment" in buttons(card["card"])

        await witness.press(BEN, number, "Approve for payment")
        assert (await witness.documents())[number]["ApprovedForPayment"] is False
        await witness.press(ANN, number, "Approve for payment")

        await witness.card(number, ANN, says="Approved for payment by Ann Whitfield")
        assert (await witness.documents())[number]["ApprovedForPayment"] is True
        assert await witness.status(number) == "Open"
        assert await witness.writes(number) == ["PUT Bill"]


async def test_a_box_ticked_in_the_erp_closes_the_question(world: World) -> None:
    witness = world.witness
    world.edit = ("# Large bills", OPEN_BILLS)
    async with world.bot():
        await witness.connect_push()
        number = await witness.bill_on_hold()
        await witness.change({"Status": "Open"}, number)
        await witness.card(number, ANN, says="this waits for you")

        await witness.change({"ApprovedForPayment": True}, number)

        async def closed() -> bool:
            card = (await witness.cards(number, ANN))[0]["card"]
            return "Approve for payment" not in buttons(card)

        await eventually(closed, "the button is gone")
        assert await witness.writes(number) == []
