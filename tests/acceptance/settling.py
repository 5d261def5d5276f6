"""Administrators, the cards by which they are asked, and bills nobody can say the outcome of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from world import AP, BEN, DEV, EAST, ERIN, Witness, World, eventually, texts

TOOK, NOT, SEEN = "It took effect", "It did not take effect", "I have seen it"
CONFIRM, CONFIRM_NOT = "Confirm: it took effect", "Confirm: it did not take effect"
SPEED = 40


@asynccontextmanager
async def running(
    world: World, *administrators: str, speed: float = SPEED
) -> AsyncIterator[Witness]:
    """A bot whose file names these administrators."""
    names = ", ".join(f'"{mail}"' for mail in administrators or (ERIN, DEV))
    world.edits = [("[[company]]\n", f"administrators = [{names}]\n\n[[company]]\n")]
    async with world.bot(speed=speed):
        await world.witness.connect_push()
        yield world.witness


async def shown(witness: Witness, person: str, says: str) -> dict[str, Any]:
    """The card by which an administrator is asked, once it says something."""

    async def there() -> dict[str, Any] | None:
        found = [
            message
            for message in await witness.messages(person)
            if message["card"] and "For administrators" in texts(message["card"])
        ]
        return found[0] if found and says in texts(found[0]["card"]) else None

    found: dict[str, Any] = await eventually(there, f"{person} is shown {says!r}")
    return found


async def press(witness: Witness, person: str, button: str, *, says: str = "") -> dict[str, Any]:
    return await press_at(witness, person, await shown(witness, person, says), button)


async def press_at(
    witness: Witness, person: str, message: dict[str, Any], button: str
) -> dict[str, Any]:
    body = {"person": person, "message": message["id"], "button": button}
    answer: dict[str, Any] = await witness.post(f"{witness.teams}/_sandbox/press", body)
    return answer


async def own_card(witness: Witness, number: str, says: str = "") -> dict[str, Any]:
    """The document's own card in its channel."""

    async def there() -> dict[str, Any] | None:
        cards = [m for m in await witness.cards(number, BEN) if m["conversation"] in (EAST, AP)]
        return cards[0] if cards and says in texts(cards[0]["card"]) else None

    found: dict[str, Any] = await eventually(there, f"the card of {number} says {says!r}")
    return found


async def release(witness: Witness, fault: str, **on: Any) -> str:
    """Have Ben release a bill whose release goes wrong."""
    number = await witness.bill_on_hold()
    await own_card(witness, number, "this waits for you")
    await witness.arm(witness.erp, fault, on={"path": "ReleaseBill"}, **on)
    message = await own_card(witness, number, "this waits for you")
    await press_at(witness, BEN, message, "Release")
    return number


async def unclear(witness: Witness) -> str:
    """A bill whose release was claimed to be done and shows nothing of it."""
    number = await release(witness, "status:204")
    await own_card(witness, number, "A person must look at this bill")
    return number


async def nothing_was_sent_since(witness: Witness, number: str) -> None:
    """The one release that went wrong stays the only one."""
    assert await witness.writes(number) == ["POST Bill/ReleaseFromHold"]
    assert len(await witness.erp_events("fault")) == 1
