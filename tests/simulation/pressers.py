"""What people do in Teams in a story."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

from case import RELEASED
from evidence import Pressed, key_of_card
from machines import URLS
from troubles import Troubles
from world import buttons, texts

_SEEN = ("I have seen it", "I have seen it, too")
SETTLES = {
    True: ("It took effect", "Confirm: it took effect", *_SEEN),
    False: ("It did not take effect", "Confirm: it did not take effect", *_SEEN),
}
"""What honest administrators press, by whether the bill is released."""


class Pressers(Troubles):
    """Has them do it; some press just when something was laid in the way."""

    async def _do_press(
        self, which: int, title: str, who: tuple[str, ...], old_client: bool
    ) -> str:
        number = self._bill_number(which)
        right = self._right(number)
        for _ in range(10):
            if self._on_screen(right, number):
                break
            await asyncio.sleep(0.5)
        people = [right if one == "right" else one for one in who]
        answers = await asyncio.gather(
            *(self._press(person, number, title, old=old_client) for person in people)
        )
        return "; ".join(f"{person}: {said}" for person, said in zip(people, answers, strict=True))

    async def _press(self, person: str, number: str, title: str, *, old: bool) -> str:
        found = self._on_screen(person, number)
        if found is None:
            return "sees no card"
        message, card = found
        body = {"person": person, "message": message, "button": title,
                "client": "old" if old else "new"}  # fmt: skip
        shown = re.search(r"([\d,]+\.\d\d) USD", texts(card))
        begun, at = self.machines.loop.time(), self.machines.clock.true()
        disk = self.machines.disk.struck.total()
        status, answer = await self._ask("POST", f"{URLS['teams']}/_sandbox/press", body)
        if status != 200:
            return f"sees no such button on {number}"
        took = self.machines.loop.time() - begun
        excused = self._was_uneasy(begun, begun + took) or (
            disk != self.machines.disk.struck.total()
        )
        wanted = answer["status"] if answer["status"] not in (201, 202) else 200
        self._presses.append(
            Pressed(person, number, title, at, shown[1] if shown else "", wanted, took, excused)
        )
        return f"{number} {title} → {answer['status']} {_gist(answer)}"

    async def _do_trap(self, which: int, name: str, how: Any) -> str:
        """Lay a fault in front of a press, once its card can be pressed."""
        number = await self._pressable(which)
        match name:
            case "network":
                await self._do_network(*how)
            case "teams fault":
                await self._do_teams_fault(*how)
            case _:
                await self._do_erp_fault(*how, number)
        return await self._press(self._right(number), number, "Release", old=False)

    async def _pressable(self, which: int) -> str:
        """A bill with a card that can be pressed; a new one where that one is settled."""
        number = self._bill_number(which)
        for patience in (3, 20):
            for _ in range(patience):
                found = self._on_screen(self._right(number), number)
                if found and "Release" in buttons(found[1]):
                    return number
                await asyncio.sleep(1.0)
            self._note("    " + await self._do_bill(120.0 + which, "EAST", "EP00000002"))
            number = self._numbers[-1][1]
        return number

    async def _do_settle(self, people: tuple[str, ...]) -> str:
        """Administrators record what they see in Acumatica, wherever they are asked."""
        said = []
        for person in people:
            for message, card, title in list(self._asked_to_settle(person)):
                body = {"person": person, "message": message, "button": title}
                status, answer = await self._ask("POST", f"{URLS['teams']}/_sandbox/press", body)
                self._struck("settle")
                said.append(f"{person} on {key_of_card(card)}: {title} → {status} {_gist(answer)}")
        return "; ".join(said)

    def _asked_to_settle(self, person: str) -> Iterator[tuple[str, Any, str]]:
        who = self.machines.teams.directory.person(person)
        for message in self.machines.teams.board.messages.values():
            card = message.card_for(who.aad_id)
            if message.deleted or not card or "For administrators" not in texts(card):
                continue
            key = key_of_card(card) or self._told_in(card)
            for title in buttons(card):
                if title in SETTLES[self._is_released(key[1])]:
                    yield message.id, card, title
                    break

    def _told_in(self, card: Any) -> tuple[str, str]:
        found = re.search(r"Bill (\d{6})", texts(card))
        return ("Bill", found[1] if found else "")

    def _is_released(self, number: str) -> bool:
        record = self.machines.erp.book.by_keys("Bill", ("Bill", number))
        return record is not None and record.fields.get("Status") in RELEASED

    async def _do_reject(self, which: int, person: str, times: int) -> str:
        return await self._dialog(which, person, "Reject…", {"choice": "Entered twice"}, times)

    async def _do_ask(self, which: int, person: str) -> str:
        inputs = {"person": "", "text": "what is this?"}
        return await self._dialog(which, person, "Ask a question…", inputs, 1)

    async def _dialog(
        self, which: int, person: str, title: str, inputs: dict[str, str], times: int
    ) -> str:
        number = self._bill_number(which)
        found = self._on_screen(person, number)
        if found is None:
            return "sees no card"
        message, _ = found
        body = {"person": person, "message": message, "button": title}
        status, answer = await self._ask("POST", f"{URLS['teams']}/_sandbox/press", body)
        task = ((answer.get("body") or {}) if status == 200 else {}).get("task") or {}
        if task.get("type") != "continue":
            return f"no dialog: {status} {str(task.get('value', ''))[:80]}"
        card = task["value"]["card"]["content"]
        data = next(a["data"] for part in card["body"] for a in part.get("actions", ()))
        body = {"person": person, "message": message, "data": data, "inputs": inputs}
        told = await asyncio.gather(
            *(self._ask("POST", f"{URLS['teams']}/_sandbox/dialog", body) for _ in range(times))
        )
        return "; ".join(f"{number} {title} → {status} {_gist(one)}" for status, one in told)

    async def _do_look(self, person: str) -> None:
        await self._ask("GET", f"{URLS['teams']}/_sandbox/screen?person={person}")

    async def _do_say(self, person: str, text: str) -> str:
        body = {"person": person, "conversation": "bot", "text": text}
        return await self._post("teams", "say", body)


def _gist(answer: Any) -> str:
    """What the presser read: the sentence of a card or a line."""
    value = (answer.get("body") or {}).get("value") if isinstance(answer.get("body"), dict) else ""
    if isinstance(value, dict):
        return str(value.get("fallbackText", ""))[:100]
    return str(value or answer.get("notice") or "")[:100]
