"""Tells a story: lets its events happen to the machines, and judges what became of everything."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sqlite3
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
from clerks import Clerks
from evidence import Evidence, by_the_demos_rules, moment, standing
from judging import judge
from machines import BEGINNING, URLS, Listening, Machines, new_store, true_at
from plot import REST, SHORT_REST, Event, story
from pressers import Pressers
from scene import Told
from taken_over import folder_of_its_own, swept_afterwards, taken_over
from virtual_time import Process, SimulatedLoop, Stuck
from wires import AT_CONNECT, Network

EDITS = (
    ("[[company]]", 'administrators = ["grace@acme.example", "hugo@acme.example"]\n\n[[company]]'),
    (
        'when = "pending approval"\nto = ["channel:ap-approvals"]\n',
        'when = "pending approval"\nto = ["channel:ap-approvals"]\n'
        'approver = ["person:erin@acme.example"]\nactions = ["approve", "reject"]\n',
    ),
    (
        'to = ["channel:ap-approvals"]\napprover = ["person:erin@acme.example"]\n'
        'actions = ["release"]\n',
        'to = ["channel:ap-approvals"]\napprover = ["person:erin@acme.example"]\n'
        'actions = ["release"]\nsecond_above = { USD = 20000 }\n'
        'second = ["person:farid@acme.example"]\n',
    ),
    ("[[company]]", "[limits]\nnew_cards_an_hour = 600\n\n[[company]]"),
)
"""Bills an approval map asks about can be decided on, too: Acumatica refuses our user then."""

TWO_ABOVE = Decimal(20_000)
"""As the edits say."""

OPEN = (
    "decisions WHERE state = 'claimed'",
    "hints",
    "inbox WHERE state = 'new'",
    "outbox WHERE state IN ('pending', 'retrying', 'in_flight')",
)


def _may(login: str, row: Any) -> bool:
    """Who may release a bill by the edited file: above the threshold also the second person."""
    second = login == "farid" and Decimal(str(row["fields"]["Amount"])) > TWO_ABOVE
    return second or by_the_demos_rules(login, row)


class Teller(Clerks, Pressers):
    """Tells one story from its beginning to the verdict."""

    def __init__(self, seed: int, machines: Machines) -> None:
        super().__init__(seed, machines)
        self._events = story(seed)
        self._doing: list[asyncio.Task[Any]] = []
        self.listening = Listening()

    async def tell(self) -> None:
        """Open the machines, let everything happen, come to rest, judge."""
        async with aiohttp.ClientSession() as self._people:
            await self.machines.open_stand_ins()
            self._start_bot()
            await self._set_push(on=True)
            await asyncio.sleep(15)
            for event in self._events:
                await asyncio.sleep(event.wait)
                self._doing.append(asyncio.ensure_future(self._happen(event)))
            await asyncio.gather(*self._doing)
            await self._rest()
            evidence = await self._evidence()
        self.told.verdict = judge(evidence)
        self.told.verdict.problems += self._own_problems()
        self._sign(evidence)
        self.told.chronicle = self._chronicle(evidence)

    async def _happen(self, event: Event) -> None:
        self._note(f"{event}")
        method = getattr(self, "_do_" + event.name.replace(" ", "_"))
        said = await method(*event.arguments)
        if said:
            self._note(f"    {said}")

    async def _rest(self) -> None:
        """Nothing goes wrong any more, and time passes."""
        machines = self.machines
        self._note("from here on everything works")
        machines.network.calm()
        machines.disk.calm()
        if abs(machines.clock.jumped) < timedelta(hours=1):
            machines.clock.jumped = timedelta(0)
        for url in (URLS["erp"], URLS["teams"]):
            await self._ask("DELETE", f"{url}/_sandbox/faults")
        await self._post("erp", "maintenance", {"kind": "off"})
        await self._post("erp", "licence", {"seats": 4, "login_limit_face": "429"})
        await self._post("erp", "habits", {"failing_operations": 0, "action_location": "record"})
        await self._set_push(on=True, duplicate=0, reorder=False)
        await self._alive()
        await asyncio.sleep(SHORT_REST)
        if self._is_busy():
            await asyncio.sleep(REST - SHORT_REST)
        await self._do_settle(("grace", "hugo"))
        await asyncio.sleep(60)
        if not machines.is_up():
            self.told.verdict.problems.append(f"the service is not up: {machines.ended}")
        machines.stop()
        await asyncio.sleep(30)
        self.told.presses = len(self._presses)
        self.told.excused = sum(one.excused for one in self._presses)
        self.told.hours = (machines.loop.time() - 1000.0) / 3600

    def _is_busy(self) -> bool:
        """Whether anything still waits to be settled, looked at or sent."""
        with closing(sqlite3.connect(self.machines.store)) as store:
            return any(store.execute(f"SELECT 1 FROM {table}").fetchone() for table in OPEN)

    async def _alive(self) -> None:
        while not self.machines.is_up():
            self._start_bot()
            await asyncio.sleep(5)

    def _own_problems(self) -> list[str]:
        return [*self.problems, *(f"a mistake of ours: {said}" for said in self._heard())]

    def _heard(self) -> list[str]:
        """Mistakes of our own; a failing disk is none."""
        ours = {said for said in self.listening.heard if said.startswith(("bot", "storage"))}
        return sorted(said for said in ours if "OperationalError" not in said)

    # --- the end ---

    async def _evidence(self) -> Evidence:
        _, documents = await self._ask("GET", f"{URLS['erp']}/_sandbox/documents")
        _, screen = await self._ask("GET", f"{URLS['teams']}/_sandbox/screen")
        machines = self.machines
        lost = [
            true_at(one.at)
            for one in machines.network.struck
            if one.server == "teams" and one.kind not in AT_CONNECT
        ]
        return Evidence(
            erp=_plain(machines.erp.history.since(0)),
            teams=_plain(machines.teams.history.events),
            documents=documents["documents"],
            messages=list(standing(screen)),
            store=machines.store,
            breaks=[*self._breaks, *lost],
            two_above=TWO_ABOVE,
            may=_may,
            presses=self._presses,
        )

    def _sign(self, evidence: Evidence) -> None:
        """Count what fired; and put into the story what everybody's histories come to."""
        self._count_faults(evidence)
        lines = self.told.lines
        for one in self.machines.network.struck:
            at = str(timedelta(seconds=round(one.at - 1000, 3)))[:11]
            lines.append(f"{at:<12} network: {one.client} → {one.server} {one.kind} {one.line}")
        for row in evidence.documents:
            keys = " ".join(map(str, row["keys"].values()))
            lines.append(f"in the end {row['entity']} {keys} is {row['fields']['Status']}")
        for name, whole in (
            ("Acumatica", evidence.erp), ("Teams", evidence.teams),
            ("screens", evidence.messages), ("audit", self._audit()),
        ):  # fmt: skip
            digest = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
            lines.append(f"history of {name}: {len(whole)} entries, {digest[:32]}")

    def _count_faults(self, evidence: Evidence) -> None:
        for where, events in (("erp", evidence.erp), ("teams", evidence.teams)):
            for event in events:
                if event["kind"] == "fault" and "problem" not in event:
                    self._struck(f"{where} {_known(event['fault'])}")
        for name, times in self.machines.network.counts().items():
            self._struck(f"network {name}", times)
        for name, times in self.machines.disk.struck.items():
            self._struck(name, times)

    def _chronicle(self, evidence: Evidence) -> list[str]:
        lines = [(moment(e["at"]), "acumatica", e) for e in evidence.erp]
        lines += [(moment(e["at"]), "teams", e) for e in evidence.teams]
        lines += [(moment(row["at"]), "audit", row) for row in self._audit()]
        return [
            f"{str(at - BEGINNING)[:11]:<12} {who:<9} {_brief(what)}"
            for at, who, what in sorted(lines, key=lambda line: line[0])
        ]

    def _audit(self) -> list[Any]:
        with closing(sqlite3.connect(self.machines.store)) as store:
            store.row_factory = sqlite3.Row
            return [dict(row) for row in store.execute("SELECT * FROM audit ORDER BY seq")]


def _known(fault: str) -> str:
    """A fault without its measure: `delay:20` is a `delay`."""
    name, _, argument = fault.partition(":")
    if name in ("status", "status_after_apply"):
        return f"{name}:{argument.partition(':')[0]}"
    return name if name in ("delay", "trickle", "clock_skew", "px_error") else fault


def _brief(event: dict[str, Any]) -> str:
    said = {k: v for k, v in event.items() if k not in ("seq", "at", "query") and v is not None}
    if isinstance(said.get("card"), dict):
        said["card"] = said["card"].get("fallbackText")
    return " ".join(f"{name}={value}" for name, value in said.items())[:400]


def _plain(events: Any) -> list[Any]:
    found: list[Any] = json.loads(json.dumps(events, default=str))
    return found


def tell(seed: int) -> Told:
    """Tell the story of a seed, in a world of its own."""
    with swept_afterwards(), folder_of_its_own() as data:
        return _told(seed, data)


def _told(seed: int, data: Path) -> Told:
    loop = SimulatedLoop(Random(f"{seed} order"))
    loop.network = Network(loop, Random(f"{seed} network"))
    machines = Machines(loop, loop.network, data, seed, EDITS)
    new_store(machines.store)
    teller = Teller(seed, machines)
    with (
        _hearing() as teller.listening,
        taken_over(seed, lambda: machines.clock.true().timestamp(), loop.time),
    ):
        people = Process("people")
        try:
            loop.run_until_complete(machines.run(people, teller.tell()))
        except Stuck as stuck:
            teller.told.verdict.problems.append(f"the story has no end: {stuck}")
        finally:
            machines.end()
            loop.close()
    return teller.told


class _hearing:
    """Keeps what the product logs away from the terminal, and its mistakes for the checker."""

    def __enter__(self) -> Listening:
        self._root, self._handler = logging.getLogger(), Listening()
        self._kept = (self._root.handlers[:], self._root.level)
        self._root.handlers[:] = [self._handler]
        self._root.setLevel(logging.ERROR)
        return self._handler

    def __exit__(self, *_error: object) -> None:
        self._root.handlers[:] = self._kept[0]
        self._root.setLevel(self._kept[1])
