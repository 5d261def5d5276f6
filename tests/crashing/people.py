"""People who are as stubborn as people: what was not answered is done again, until it shows."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from judging import Pressed
from lives import Lives
from world import ANN, DEV, ERIN, FARID, Witness, buttons, texts

from storage import deliveries
from storage.database import visiting

Json = dict[str, Any]
_AMOUNT = re.compile(r"([\d,]+\.\d\d) USD")
_MAYBE = (
    "SELECT 'm' || id AS item, tried_at FROM outbox"
    " WHERE kind = 'post' AND state = 'maybe_delivered' AND document LIKE ?"
)

PAUSE = 0.7
"""Seconds before somebody presses the same button again."""
UNCLEAR = "A person must look"
ADMINISTRATORS = (ANN, DEV, FARID, ERIN)


Unless = Callable[["People", str], Awaitable[None]]


class People:
    """Everybody of the demo, in front of their screens."""

    def __init__(self, lives: Lives) -> None:
        self.lives = lives
        self.witness: Witness = lives.world.witness
        self.presses: list[Pressed] = []
        self._pressed: dict[tuple[str, str], float] = {}
        self._tried_again: set[tuple[str, str]] = set()

    async def bill(self, amount: float = 1234.5, **fields: Any) -> str:
        return await self.witness.bill_on_hold(amount, **fields)

    async def send(self, door: str, body: Json) -> Json:
        """Use a lever of the Teams stand-in; an empty answer says that it did not take it."""
        url = f"{self.witness.teams}/_sandbox/{door}"
        async with self.witness.session.post(url, json=body) as answer:
            return dict(await answer.json()) if answer.status < 300 else {}

    async def press(self, person: str, message: Json, button: str, number: str = "") -> Json:
        """Press once; who gets no answer because the service died presses again later."""
        lives, began, breaks = self.lives, time.monotonic(), len(self.lives.breaks)
        at, was_up = lives.clock.now(), lives.is_up()
        body = {"person": person, "message": message["id"], "button": button}
        answer = await self.send("press", body)
        took = time.monotonic() - began
        await asyncio.sleep(0.02)
        if answer and number:
            excused = not was_up or not lives.is_up() or breaks != len(lives.breaks)
            status = int(answer["status"] or 0)
            shown = _AMOUNT.search(texts(message["card"]))
            self.presses.append(
                Pressed(
                    person, number, button, at, shown[1] if shown else "",
                    status=status, took=took, excused=excused,
                )
            )  # fmt: skip
        return answer

    async def cards(self, number: str, person: str) -> list[Json]:
        found = await self.witness.cards(number, person)
        # What stands there may be a copy nobody knows of, whose buttons are refused.
        if self.lives.is_up() and self._again({"id": number}, "try again"):
            await self._try_again(number)
        return found

    async def _try_again(self, number: str) -> None:
        """Do what an operator does with a card that three deaths in a row kept from its place."""
        async with visiting(self.lives.store) as conn:
            listed = await conn.execute(_MAYBE, (f"%/{number}",))
            items = {(row["item"], row["tried_at"]) for row in await listed.fetchall()}
            fresh = items - self._tried_again
            if fresh:
                names, now = [name for name, _ in fresh], self.lives.clock.now()
                await deliveries.ask(conn, names, asked_by="olga", preview=False, now=now)
                self._tried_again |= fresh

    async def told(self, number: str, person: str) -> str:
        """Everything that cards about a document say to somebody."""
        return "\n".join(texts(card["card"]) for card in await self.cards(number, person))

    async def press_any(self, person: str, number: str, button: str) -> list[Json]:
        """Press a button on every card of a document that has it."""
        return [
            await self.press(person, card, button, number)
            for card in await self.cards(number, person)
            if button in buttons(card["card"]) and self._again(card, button)
        ]

    def _again(self, card: Json, button: str) -> bool:
        """Nobody presses all the time: nothing would ever be still, and no time go by."""
        last, now = self._pressed.get((card["id"], button), 0.0), time.monotonic()
        if now - last < PAUSE:
            return False
        self._pressed[card["id"], button] = now
        return True

    async def decide(
        self, person: str, number: str, button: str, *done: str, unless: Unless | None = None
    ) -> None:
        """Press a card's button for as long as it is there, until a card says it is done.

        `unless`: what somebody does about it when their press was refused.
        """

        async def settled() -> bool:
            told = await self.told(number, person)
            if any(words in told for words in done):
                return True
            if UNCLEAR in told:
                await self.settle(number)
            for answer in await self.press_any(person, number, button):
                if unless is not None and "own Acumatica user" in str(answer):
                    await unless(self, person)
            return False

        await self.lives.until(settled, f"{number} says {done} to {person}")

    async def settle(self, number: str) -> None:
        """Have administrators record what the ERP shows, each on the card they were sent."""
        rows = (await self.witness.get(f"{self.witness.erp}/_sandbox/documents"))["documents"]
        [row] = [row for row in rows if number in row["keys"].values()]
        waits = row["fields"]["Status"] in ("On Hold", "Balanced", "Pending Approval")
        effect = "it did not take effect" if waits else "it took effect"
        for person in ADMINISTRATORS:
            for card in await self._summons(person, number):
                there = buttons(card["card"])
                for title in (f"Confirm: {effect}", effect.capitalize()):
                    if title in there and self._again(card, title):
                        await self.press(person, card, title)
                        break

    async def _summons(self, person: str, number: str) -> list[Json]:
        return [
            message
            for message in await self.witness.messages(person)
            if message["card"]
            and "For administrators" in (told := texts(message["card"]))
            and number in told
        ]

    async def sees(self, number: str, person: str, says: str) -> Json:
        async def there() -> Any:
            found = await self.cards(number, person)
            return next((one for one in found if says in texts(one["card"])), None)

        card: Json = await self.lives.until(there, f"{person} sees {number} say {says!r}")
        return card

    async def rest(self) -> None:
        """Let everything that is still on its way arrive, and every waiting period end."""
        for _ in range(5):
            await self.lives.up()
            self.lives.skip(901.0)
            await asyncio.sleep(0.3)

        async def quiet() -> bool:
            size = self.lives.size()
            await asyncio.sleep(0.3)
            return size == self.lives.size()

        await self.lives.until(quiet, "everything came to rest")
