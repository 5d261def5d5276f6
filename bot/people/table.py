"""The report of `people` as a person reads it in a terminal: those in doubt first, with the fix."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from bot.people.report import Report, Row, age
from cards.text import clean

STALE = "nothing was read yet: start the service once"


def drawn(report: Report, now: datetime) -> RenderableType:
    """Return one company's report: how old it is, the people, and what to do about it."""
    return Group(*_parts(report, now))


def _parts(report: Report, now: datetime) -> Iterator[RenderableType]:
    yield Text(f"{report.company}: {_ages(report, now)}", style="bold")
    for part in report.parts:
        if part.trouble:
            yield Text(f"  {part.name}: {clean(part.trouble)}", style="yellow")
    for name, absence in report.lacking.items():
        yield Text(f"  the permission {name} {absence}", style="yellow")
    for row in report.rows:
        yield Text("\n    ".join(clean(line) for line in _told(row)))
    yield from _lines(report)


def _ages(report: Report, now: datetime) -> str:
    told = ", ".join(f"{part.name} {age(part.at, now)}" for part in report.parts)
    return told or STALE


def _told(row: Row) -> Iterator[str]:
    """Tell of somebody as Acumatica has them, then as Entra does; short enough for 80 columns."""
    match, person, user = row.match, row.match.person, row.match.user
    mark = "✗" if row.blocks else "?" if row.open else "✓"
    yield " ".join(part for part in (mark, match.code, match.name, match.mail) if part)
    if person is None:
        yield f"is nobody in Entra: {match.doubt}"
        return
    account = user.upn if user else person.email
    yield f"is {person.name} {account}" + (f", by {match.how}" if match.how else "")
    reach = row.reach.told if row.reach.fine else f"not reached: {row.reach.told}"
    yield f"{reach}; " + (f"may not approve: {match.refused}" if match.refused else "may approve")


def _lines(report: Report) -> Iterator[RenderableType]:
    open_rows = [row for row in report.rows if row.match.lines]
    if open_rows:
        yield Text("\nWho is it? Paste one entry each into countersign.toml:", style="bold")
    for row in open_rows:
        yield Text(f"\n# {clean(f'{row.match.code} {row.match.name}: {row.match.doubt}')}")
        # As it is: what is pasted must be what was found. Nothing invisible is left in it.
        yield Text("\n\n".join(row.match.lines))
