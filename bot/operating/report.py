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
from rich.padding import Padding
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
STYLES = {"waiting": "", "parked": "yellow", "maybe": "yellow", "person": "red"}
INDENT = 4


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
    """Read the store at *path*. Raises StoreError, also for a company it knows nothing of."""
    async with visiting(path) as conn:
        if wanted.company and not await deliveries.knows(conn, wanted.company):
            raise StoreError(f"{path} knows nothing of a company {wanted.company!r}")
        rows = await deliveries.unfinished(conn, wanted, limit=limit + 1)
        counts = await deliveries.counts(conn, wanted.company)
    return Page(rows[:limit], counts, len(rows) > limit)


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
    if not page.rows:
        yield Text("Nothing of it is what you asked for.")
    for row in page.rows:
        yield Text("")
        yield _first_line(row, now)
        yield Padding(Text(clean(_second_line(row))), (0, 0, 0, INDENT))
    if page.more:
        yield Text("There are more: use --limit, or narrow it with --state, --company, --document.")
    if any(row.state in ("parked", "maybe") for row in page.rows):
        yield Text("\nTry one again: uv run app.py replay ID (shows first what it would do)")


def _first_line(row: Delivery, now: datetime) -> Text:
    """Return what it is and how long it has been; whole on a narrow screen, too."""
    told = (row.what, row.company, row.document, age(row.since, now), _tries(row.attempts))
    return Text.assemble(
        (row.id, "bold"), " ", (row.state, STYLES.get(row.state, "")), " · ",
        clean(" · ".join(filter(None, told))),
    )  # fmt: skip


def _tries(attempts: int) -> str:
    return f"{attempts} tries" if attempts > 1 else ""


def _second_line(row: Delivery) -> str:
    return ": ".join(filter(None, (row.target, row.reason or MEANING[row.state])))


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
