"""Who may decide, and what they are warned of: what the ERP tells of people, vendors and orders."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from world import ANN, BEN, DEV, Witness, World, buttons, eventually, texts

LENIENT = "allow_unknown_editor = true"
TELLS_AUTHORS = (
    'extra = { Bill = { created_by = "Document.CreatedByID",'
    ' modified_by = "Document.LastModifiedByID" }, Employee = { login = "User.Username" } }'
)
STOPPED = ["POST Bill/ReleaseFromHold"]
OWNER = "CurrentDocument.EmployeeID"
OWN = "You entered or last changed this document"
DEFAULT = 'endpoint = "Default"'
EXTENDED = 'endpoint = "Countersign"\nextra = { Bill = { approvals = "Approvals" } }'


@pytest.fixture
async def strict(world: World) -> AsyncIterator[Witness]:
    """A bot that knows who entered and changed a bill, and allows nothing unknown."""
    world.edit = (LENIENT, TELLS_AUTHORS)
    async with world.bot():
        await world.witness.connect_push()
        yield world.witness


async def test_somebody_elses_bill_is_released_without_leave_for_the_unknown(
    strict: Witness,
) -> None:
    number = await strict.bill_on_hold()
    await strict.card(number, BEN, says="this waits for you")

    await strict.press(BEN, number, "Release")

    # Between the two steps the last editor is Countersign's own user, who is nobody.
    await strict.released(number)
    assert await strict.writes(number) == ["POST Bill/ReleaseFromHold", "POST Bill/ReleaseBill"]


async def test_who_entered_a_bill_cannot_release_it(strict: Witness) -> None:
    number = await strict.change(
        {"Vendor": "V000000021", "Amount": 99, "Hold": True, "BranchID": "EAST",
         "CurrentDocument.EmployeeID": "EP00000002"}, by="ben",
    )  # fmt: skip
    await strict.card(number, BEN, says="this waits for you")

    answer = await strict.press(BEN, number, "Release")

    assert "You entered or last changed this document" in answer["body"]["value"]
    assert await strict.status(number) == "On Hold"
    assert await strict.writes(number) == []


async def test_who_changed_a_bill_last_cannot_release_it(strict: Witness) -> None:
    number = await strict.bill_on_hold()
    await strict.card(number, BEN, says="this waits for you")
    await strict.change({"Amount": 2222.25}, number, by="ben")
    await strict.card(number, BEN, says="2,222.25")

    answer = await strict.press(BEN, number, "Release")

    assert "You entered or last changed this document" in answer["body"]["value"]
    assert await strict.writes(number) == []


async def stopped(witness: Witness, number: str, person: str) -> str:
    """Have a person remove the hold of a bill by a press whose release is refused then."""
    await witness.card(number, person, says="this waits for you")
    await witness.erp_fault("status:403", 1, action="ReleaseBill")
    await witness.press(person, number, "Release")

    await witness.card(number, person, says="this still waits for you")
    assert await witness.writes(number) == STOPPED
    return number


async def refused_as_editor(witness: Witness, number: str, person: str) -> None:
    """Press as who entered or changed a bill; it is told on the answer or, if later, the card."""
    answer = await witness.press(person, number, "Release")

    async def told() -> bool:
        card = (await witness.card(number, person))["card"]
        return OWN in str(answer["body"]) or OWN in texts(card)

    await eventually(told, f"{person} is told why not")
    assert await witness.status(number) == "Balanced"
    assert await witness.writes(number) == STOPPED


async def test_who_changed_a_bill_while_its_plan_had_stopped_cannot_release_it(
    strict: Witness,
) -> None:
    number = await stopped(strict, await strict.bill_on_hold(), BEN)
    await strict.change({"Description": "not what was approved"}, number, by="ben")

    await refused_as_editor(strict, number, BEN)


async def test_who_had_changed_a_bill_before_our_step_cannot_release_it_after_the_step(
    strict: Witness,
) -> None:
    number = await strict.bill_on_hold(**{OWNER: "EP00000001"})
    await strict.change({"Description": "changed by Ben"}, number, by="ben")
    await stopped(strict, number, ANN)
    await strict.change({OWNER: "EP00000002"}, number, by="countersign")
    await strict.card(number, BEN, says="Ben Ortiz</at>, this still waits for you")

    await refused_as_editor(strict, number, BEN)


async def test_a_plan_that_had_stopped_goes_on_by_a_press_of_somebody_who_changed_nothing(
    strict: Witness,
) -> None:
    number = await stopped(strict, await strict.bill_on_hold(), BEN)

    await strict.press(BEN, number, "Release")

    await strict.released(number)


async def test_the_approval_map_tells_whom_a_bill_waits_for(world: World) -> None:
    world.edit = (DEFAULT, EXTENDED)
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold(26000)
        await world.witness.change({"Hold": False}, number)

        card = await world.witness.card(number, DEV, says="approval map")

    assert "Waits for" in texts(card["card"])
    assert not {"Approve", "Release"} & set(buttons(card["card"]))


async def test_a_vendor_reference_that_comes_twice_is_told_on_both_cards(
    witness: Witness,
) -> None:
    first = await witness.bill_on_hold(VendorRef="INV-77")
    await witness.card(first, BEN, says="this waits for you")
    second = await witness.bill_on_hold(VendorRef="INV-77")

    card = await witness.card(second, BEN, says=f"reference INV-77 is also on bill {first}.")

    async def told_too() -> bool:
        return f"also on bill {second}." in texts((await witness.card(first, BEN))["card"])

    await eventually(told_too, "the first bill's card tells of the second")
    assert "Release" in buttons(card["card"])
