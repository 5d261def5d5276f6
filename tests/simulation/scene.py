"""What everybody in a story shares: the machines, its lines, and how the stand-ins are asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from evidence import OWNERS, Pressed, key_of_card, moment
from judging import Verdict, as_text
from machines import URLS, Machines, true_at
from world import buttons

from bot.signing_keys import RETRY_AFTER

_WELL_KNOWN = ".well-known/"
_KEYS = f"{_WELL_KNOWN}keys"


@dataclass
class Told:
    """A story that was told."""

    seed: int
    lines: list[str] = field(default_factory=list)
    fired: Counter[str] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=Verdict)
    chronicle: list[str] = field(default_factory=list)
    """What each stand-in saw and the audit says, in order of time: for whoever hunts a mistake."""
    kills: int = 0
    presses: int = 0
    excused: int = 0
    """Presses that could not reach the service, or that it could not believe."""
    hours: float = 0.0

    @property
    def text(self) -> str:
        """The whole story; of one seed always the same bytes."""
        return "\n".join([f"seed {self.seed}", *self.lines, as_text(self.verdict), ""])


class Scene:
    """A story while it is being told."""

    def __init__(self, seed: int, machines: Machines) -> None:
        self.told = Told(seed)
        self.machines = machines
        self.problems: list[str] = []
        """What the story itself saw go wrong."""
        self._people: aiohttp.ClientSession
        self._numbers: list[tuple[str, str]] = []
        self._presses: list[Pressed] = []
        self._uneasy: list[tuple[float, float]] = []
        """When the service, its disk or its network was in trouble."""
        self._breaks: list[datetime] = []

    def _note(self, line: str) -> None:
        passed = timedelta(seconds=round(self.machines.loop.time() - 1000.0, 3))
        self.told.lines.append(f"{str(passed)[:11]:<12} {line}")

    def _struck(self, kind: str, times: int = 1) -> None:
        self.told.fired[kind] += times

    def _trouble(self, seconds: float) -> None:
        now = self.machines.loop.time()
        self._uneasy.append((now - 2.0, now + seconds))

    async def _post(self, where: str, door: str, body: Any) -> str:
        status, answer = await self._ask("POST", f"{URLS[where]}/_sandbox/{door}", body)
        return "" if status == 200 else f"{status} {answer.get('error', '')}"

    async def _ask(self, method: str, url: str, body: Any = None) -> tuple[int, Any]:
        async with self._people.request(method, url, json=body) as answer:
            return answer.status, await answer.json()

    def _bill_number(self, which: int) -> str:
        bills = [number for entity, number in self._numbers if entity == "Bill"]
        return bills[which % len(bills)] if bills else ""

    def _on_screen(self, person: str, number: str) -> tuple[str, Any] | None:
        who = self.machines.teams.directory.person(person)
        for message in reversed(list(self.machines.teams.board.messages.values())):
            card = message.card_for(who.aad_id)
            if not message.deleted and card and key_of_card(card) == ("Bill", number):
                return message.id, card
        return None

    def _was_uneasy(self, since: float, until: float) -> bool:
        own = any(start <= until and since <= end for start, end in self._uneasy)
        net = any(
            one.server == "bot" and since - 1 <= one.at <= until + 1
            for one in self.machines.network.struck
        )
        # The tokens of Teams are valid for an hour by our wall clock: one that is far off refuses.
        wrong = abs(self.machines.clock.jumped) > timedelta(minutes=4)
        lacks = self._lacks_keys() or self._keys_were_late(since, until)
        return own or net or wrong or lacks or not self.machines.takes_calls()

    def _keys_were_late(self, since: float, until: float) -> bool:
        """Whether Teams did not tell its keys meanwhile, or so lately that nobody asks again."""
        return any(
            event["kind"] == "fault"
            and _WELL_KNOWN in event["path"]
            and true_at(since - RETRY_AFTER) <= moment(event["at"]) <= true_at(until)
            for event in self.machines.teams.history.events
        )

    def _lacks_keys(self) -> bool:
        """Whether this life of the service never got to hear with which keys Teams signs."""
        since, machines = self.machines.started, self.machines
        told = spoiled = 0
        for event in machines.teams.history.events:
            if _KEYS in event.get("path", "") and moment(event["at"]) >= since:
                told += event["kind"] == "request" and event["status"] == 200
                spoiled += event["kind"] == "fault"
        spoiled += sum(
            _KEYS in one.line and true_at(one.at) >= since for one in machines.network.struck
        )
        return told <= spoiled

    def _right(self, number: str) -> str:
        """Who may decide, as the bill stands in Acumatica."""
        record = self.machines.erp.book.by_keys("Bill", ("Bill", number))
        if record is None or record.amount() >= 10_000:
            return "farid" if self._waits_for_second(number) else "erin"
        return OWNERS.get(record.hidden.get("Owner", ""), "ann")

    def _waits_for_second(self, number: str) -> bool:
        found = self._on_screen("farid", number)
        return found is not None and "Release" in buttons(found[1])


def keys_of(number: str) -> dict[str, str]:
    return {"Type": "Bill", "ReferenceNbr": number}
