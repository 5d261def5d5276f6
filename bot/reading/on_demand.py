"""A reconciliation an operator asks for: done by the running service, or here where none runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.clock import Ports
from bot.company_file import File
from bot.reading.long_read import RECONCILIATION
from bot.service import Service, open_service
from bot.settings import Settings
from storage import progress, requests
from storage.database import Connection, StoreError, StoreInUse, visiting
from storage.records import Progress

LOOK_EVERY = 0.5
TAKEN_WITHIN = timedelta(seconds=30)
"""A service that is well takes a request within seconds."""
SILENT_FOR = timedelta(minutes=15)
"""Between two pages it may have to wait for the licence's limits, but not so long."""

Show = Callable[[Sequence[Progress]], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one company's reconciliation."""

    company: str
    report: dict[str, Any]

    @property
    def whole(self) -> bool:
        """Whether everything could be compared."""
        return bool(self.report.get("whole")) and not self.report.get("problems")

    @property
    def differences(self) -> int:
        """How many documents differed."""
        return sum(self.report.get("differences", {}).values())


@dataclass(frozen=True, slots=True)
class Done:
    """What came of all of them, and whether a service runs that mends the differences at once."""

    answers: tuple[Answer, ...]
    by_service: bool


async def reconcile(
    settings: Settings, file: File, ports: Ports, companies: Sequence[str], show: Show
) -> Done:
    """Compare *companies* with Acumatica, telling *show* how far it is. Raises StoreError."""
    try:
        async with open_service(settings, file, ports) as service:
            return Done(await _do(service, ports, companies, show), by_service=False)
    except StoreInUse:
        return Done(await _ask(settings.storage.path, ports, companies, show), by_service=True)


async def _do(
    service: Service, ports: Ports, companies: Sequence[str], show: Show
) -> tuple[Answer, ...]:
    begun = ports.clock.now()
    async with asyncio.TaskGroup() as group:
        work = group.create_task(_one_by_one(service, companies))
        while not work.done():
            await ports.clock.sleep(LOOK_EVERY)
            async with service.store.reading() as conn:
                show(await _running(conn, companies, begun))
    return work.result()


async def _one_by_one(service: Service, companies: Sequence[str]) -> tuple[Answer, ...]:
    done = []
    for name in companies:
        report = await service.reconcilers[name].everything("request")
        done.append(Answer(name, report.to_json()))
    return tuple(done)


async def _ask(
    path: Path, ports: Ports, companies: Sequence[str], show: Show
) -> tuple[Answer, ...]:
    begun = ports.clock.now()
    async with visiting(path) as conn:
        asked = [(name, await requests.ask(conn, name, now=begun)) for name in companies]
        while True:
            states = [await requests.state(conn, number) for _, number in asked]
            rows = await _running(conn, companies, begun)  # after it, so that the last is shown
            show(rows)
            if all(state == "done" for state, _ in states):
                return tuple(
                    Answer(name, report)
                    for (name, _), (_, report) in zip(asked, states, strict=True)
                )
            heard = max((row.updated_at for row in rows), default=begun)
            _check_alive(path, ports.clock.now() - heard, {state for state, _ in states})
            await ports.clock.sleep(LOOK_EVERY)


async def _running(conn: Connection, companies: Sequence[str], begun: datetime) -> list[Progress]:
    return [
        row
        for row in await progress.everything(conn)
        if row.what == RECONCILIATION and row.company in companies and row.started_at >= begun
    ]


def _check_alive(path: Path, silent: timedelta, states: set[str]) -> None:
    """Raise StoreError when the service gives no sign of life."""
    if silent > (TAKEN_WITHIN if states == {"new"} else SILENT_FOR):
        seconds = int(silent.total_seconds())
        raise StoreError(
            f"the service that uses {path} has given no sign for {seconds} s; its log tells why"
        )
