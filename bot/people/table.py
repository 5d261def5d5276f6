"""The report of `people` as a person reads it in a terminal: those in doubt first, with the fix."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.people.report import Report, Row, age
from cards.text import clean

HEADINGS = ("", "Acumatica", "E-mail there", "In Entra", "Found by", "Reachable", "May approve")
STALE = "nothing was read yet: start the service once"


def drawn(report: Report, now: datetime) -> RenderableType:
    """Return one company's report: how old it is, the table, and what to do about it."""
    return Group(*_parts(report, now))


def _parts(report: Report, now: datetime) -> Iterator[RenderableType]:
    yield Text(f"{report.company}: {_ages(report, now)}", style="bold")
    for part in report.parts:
        if part.trouble:
            yield Text(f"  {part.name}: {clean(part.trouble)}", style="yellow")
    for name, absence in report.lacking.items():
        yield Text(f"  the permission {name} {absence}", style="yellow")
    if report.rows:
        yield _table(report)
    yield from _lines(report)


def _ages(report: Report, now: datetime) -> str:
    told = ", ".join(f"{part.name} {age(part.at, now)}" for part in report.parts)
    return told or STALE


def _table(report: Report) -> Table:
    table = Table(*HEADINGS, box=None, pad_edge=False)
    for row in report.rows:
        table.add_row(*(Text(clean(cell)) for cell in _cells(row)))
    return table


def _cells(row: Row) -> tuple[str, ...]:
    match, person, user = row.match, row.match.person, row.match.user
    mark = "✗" if row.blocks else "?" if row.open else "✓"
    who = f"{match.code} {match.name}".strip()
    if person is None:
        return mark, who, match.mail, f"nobody: {match.doubt}", "", "", ""
    account = user.upn if user else person.email
    approve = f"no: {match.refused}" if match.refused else "yes"
    reach = row.reach.told if row.reach.fine else f"no: {row.reach.told}"
    return mark, who, match.mail, f"{person.name} {account}", match.how, reach, approve


def _lines(report: Report) -> Iterator[RenderableType]:
    open_rows = [row for row in report.rows if row.match.lines]
    if open_rows:
        yield Text("\nWho is it? Paste one entry each into countersign.toml:", style="bold")
    for row in open_rows:
        yield Text(f"\n# {clean(f'{row.match.code} {row.match.name}: {row.match.doubt}')}")
        # As it is: what is pasted must be what was found. Nothing invisible is left in it.
        yield Text("\n\n".join(row.match.lines))
