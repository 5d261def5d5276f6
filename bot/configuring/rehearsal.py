"""`run --dry-run`: the service's own looks at live data, with nobody to carry out what they decide.

It works on a copy of the store, or on an empty one, in a folder that is gone afterwards. Reads go
out as always; no loop runs that posts, acts or notes, and the transport refuses all but reads.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.clock import Ports
from bot.company_file import File
from bot.configuring.explaining import mentions
from bot.configuring.read_only import reading_only
from bot.configuring.version import short, version_of
from bot.core.reasons import why
from bot.sending.showing import Showing
from bot.service import Service, open_service
from bot.settings import CompanySecrets, Settings
from cards.language import language_of
from cards.why import deciding_lines, routing_lines
from storage import deliveries, documents, entra
from storage.database import Connection, StoreError
from storage.records import Delivery, Json, Wanted

log = logging.getLogger(__name__)

MOST = 100_000
KINDS = {"post": "new card", "update": "card changed", "nudge": "told to look again"}
LOOKS = ("poll ", "look ")
"""Loops that only read, by how their names begin."""

Show = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Sending:
    """One message that would have been sent."""

    company: str
    document: str
    what: str
    target: str
    place: str
    """The target as people know it."""
    mentions: tuple[str, ...]
    summary: str
    why: tuple[str, ...]
    card: Json


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a dry run found."""

    at: datetime
    version: str
    looked_at: int
    sendings: Sequence[Sending]
    troubles: Sequence[str]
    """What could not be read, so that something may be missing."""

    @property
    def counted(self) -> str:
        """Say how much was looked at, and how much would be sent."""
        looked, sent = self.looked_at, len(self.sendings)
        documents, messages = "document" + "s" * (looked != 1), "message" + "s" * (sent != 1)
        known = "" if looked else " (what the store knows is looked at when it changes)"
        return f"{looked} {documents} looked at{known}, {sent} {messages} would be sent"


async def rehearse(settings: Settings, file: File, ports: Ports, show: Show) -> Rehearsal:
    """Look at everything that waits, and tell what would be sent. Raises StoreError."""
    begun = ports.clock.now()
    async with (
        _rehearsed(settings) as copied,
        open_service(copied, file, reading_only(ports)) as service,
    ):
        unread = [one.name for one in file.company if not _signs_in(copied, file, one.name)]
        looked_at = await _look(service, unread, show)
        async with service.store.reading() as conn:
            found = await _sendings(conn, service, ports, begun)
            told = [*(_unread(name) for name in unread), *_noted(service)]
            troubles = [*told, *await _troubles(conn, begun)]
    return Rehearsal(begun, short(version_of(file)), looked_at, found, troubles)


# --- a store of its own ---------------------------------------------------------------------


@asynccontextmanager
async def _rehearsed(settings: Settings) -> AsyncIterator[Settings]:
    """Yield settings whose store is a copy that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="countersign-") as folder:
        path = Path(folder) / "dry-run.db"
        _copy(settings.storage.path, path)
        storage = settings.storage.model_copy(update={"url": f"sqlite:///{path}"})
        anchor = settings.audit.model_copy(update={"anchor": ""})
        yield settings.model_copy(update={"storage": storage, "audit": anchor})


def _copy(store: Path, to: Path) -> None:
    if not store.exists():
        return
    try:
        with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(to)) as copy:
            source.backup(copy, pages=2000, sleep=0.005)
    except sqlite3.Error as error:
        raise StoreError(f"{store}: cannot be copied: {error}") from error
    key = store.with_name(store.name + ".audit-key")
    if key.exists():
        shutil.copy(key, to.with_name(to.name + ".audit-key"))


# --- looking --------------------------------------------------------------------------------


def _signs_in(settings: Settings, file: File, name: str) -> bool:
    """Say whether we may sign in beside the service: its one consent is nobody else's."""
    company = next(one for one in file.company if one.name == name)
    secrets = settings.acumatica.get(name, CompanySecrets())
    return company.sign_in == "session" or secrets.has_password


async def _look(service: Service, besides: Sequence[str], show: Show) -> int:
    """Read people, then changes, then each document; return how many were looked at."""
    names = [name for name in service.tenants if name not in besides]
    for name in names:
        await service.directory.list_employees(name)
    await service.directory.step()
    count = 0
    for kind in LOOKS:
        for name in names:
            loop = next(one for one in service.loops if one.name == kind + name)
            while await loop.runner.step():
                count += kind == LOOKS[1]
                show(count)
    return count


def _noted(service: Service) -> list[str]:
    """Return what the companies' own parts found wrong, such as a list that is refused."""
    return [
        f"{name}: {where}: {reason}"
        for name, board in service.boards.items()
        for where, reason in board.troubles.items()
    ]


def _unread(name: str) -> str:
    return f"{name}: only the service itself can sign in there (OAuth by consent): not looked at"


async def _troubles(conn: Connection, begun: datetime) -> list[str]:
    told = await entra.told(conn)
    late = await deliveries.unfinished(conn, Wanted(since=begun), limit=MOST)
    return [
        *(
            f"{name}: {trouble}"
            for name, (trouble, _) in told.items()
            if trouble and name != "lacking"
        ),
        *(f"{one.company} {one.document}: {one.reason}" for one in late if _is_unread(one)),
    ]


def _is_unread(one: Delivery) -> bool:
    return one.id[0] == "l" and (one.attempts > 0 or one.state == "parked")


# --- what came of it ------------------------------------------------------------------------


async def _sendings(
    conn: Connection, service: Service, ports: Ports, begun: datetime
) -> list[Sending]:
    rows = await deliveries.unfinished(conn, Wanted(since=begun), limit=MOST)
    showing = Showing(service.tenants, ports.clock)
    found = []
    for row in rows:
        if row.id[0] == "m" and row.what in KINDS and row.company in service.tenants:
            one = await _sending(conn, service, showing, row, ports.clock.now())
            found += [one] if one else []
    return found


async def _sending(
    conn: Connection, service: Service, showing: Showing, row: Delivery, now: datetime
) -> Sending | None:
    tenant, english = service.tenants[row.company], language_of("en")
    record = await documents.get(conn, row.company, row.document)
    shown = await showing.card(conn, row.company, row.document, target=row.target)
    if record is None or shown is None:
        return None
    story = await tenant.story(conn, record, now=now)
    told = why(story, tenant.routes, (), ())
    lines = (*routing_lines(told, english), *deciding_lines(told, english))
    person = story.people.by_id.get(row.target.partition(":")[2])
    place = person.name if person else row.target
    return Sending(
        row.company, row.document, KINDS[row.what], row.target, place,
        tuple(mentions(shown.card)), shown.summary, tuple(lines), shown.card,
    )  # fmt: skip
