"""The command `deliveries`: what is on its way, parked, perhaps delivered, or a person's to settle.

Reads the store, whether the service runs or not, and asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.people.report import age
from cards.text import clean
from storage import deliveries
from storage.database import StoreError, visiting
from storage.records import Delivery, Wanted

STATES = ("waiting", "parked", "maybe", "person")
MEANING = {
    "waiting": "on its way",
    "parked": "stopped, for the reason that stands there",
    "maybe": "sent, but Teams gave no answer: it may be there or not",
    "person": "two administrators must say in Teams what happened",
}
HEADINGS = ("", "State", "What", "Document", "Where", "Since", "Tries", "Reason")


@dataclass(frozen=True, slots=True)
class Page:
    """Part of what is not at its end, oldest first, and how much there is of all of it."""

    rows: Sequence[Delivery]
    counts: Mapping[str, tuple[int, datetime]]
    more: bool

    def to_json(self) -> dict[str, Any]:
        """Return the page as JSON."""
        return {
            "counts": {state: number for state, (number, _) in self.counts.items()},
            "deliveries": [_row_json(row) for row in self.rows],
            "more": self.more,
        }


async def read_page(path: Path, wanted: Wanted, *, limit: int) -> Page:
    """Read the store at *path*. Raises StoreError."""
    must_exist(path)
    async with visiting(path) as conn:
        rows = await deliveries.unfinished(conn, wanted, limit=limit + 1)
        counts = await deliveries.counts(conn, wanted.company)
    return Page(rows[:limit], counts, len(rows) > limit)


def must_exist(path: Path) -> None:
    """Raise StoreError where no service ever made a store."""
    if not path.exists():
        raise StoreError(f"{path}: there is no store yet; it is made when the service starts")


def drawn(page: Page, now: datetime) -> RenderableType:
    """Return a page as a person reads it in a terminal."""
    return Group(*_parts(page, now))


def _parts(page: Page, now: datetime) -> Iterator[RenderableType]:
    if not page.counts:
        yield Text("Everything has arrived: nothing is on its way, nothing is parked.")
        return
    for state in STATES:
        if state in page.counts:
            number, oldest = page.counts[state]
            told = f"{number} {state}: {MEANING[state]}; the oldest {age(oldest, now)}"
            yield Text(told, style="" if state == "waiting" else "yellow")
    if page.rows:
        yield Text("")
        yield _table(page.rows, now)
    if page.more:
        yield Text("There are more: use --limit, or narrow it with --state, --company, --document.")
    if any(row.state in ("parked", "maybe") for row in page.rows):
        yield Text("\nTry one again: uv run app.py replay ID (shows first what it would do)")


def _table(rows: Sequence[Delivery], now: datetime) -> Table:
    table = Table(*HEADINGS, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(clean(cell)) for cell in _cells(row, now)))
    return table


def _cells(row: Delivery, now: datetime) -> tuple[str, ...]:
    return (
        row.id,
        row.state,
        row.what,
        f"{row.company} {row.document}".strip(),
        row.target,
        age(row.since, now),
        str(row.attempts or ""),
        row.reason,
    )


def _row_json(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "what": row.what,
        "company": row.company,
        "document": row.document,
        "target": row.target,
        "reason": row.reason,
        "attempts": row.attempts,
        "since": row.since.isoformat(),
        "due_at": row.due_at.isoformat() if row.due_at else None,
    }
