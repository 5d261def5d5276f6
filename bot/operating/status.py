"""The command `status`: what the service does now, as its store tells, and itself while it runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from acumatica_client.transport import OpenTransport, Request, TransportError, same_host
from bot.people.report import age
from bot.settings import Settings, own_address
from cards.text import clean
from storage import deliveries, vitals
from storage.database import is_owned, visiting
from storage.records import moment_or_none
from storage.vitals import Signs

TIMEOUT = 5.0
BAD = ("parked", "maybe", "person")
"""States of what waits for somebody."""
Counted = Mapping[str, tuple[int, datetime]]


@dataclass(frozen=True, slots=True)
class CompanyStatus:
    """One company: when anything last happened, and what is not at its end."""

    name: str
    signs: Signs
    open: Counted
    last_poll: datetime | None = None
    """Known while the service runs."""
    reasons: Sequence[str] = ()
    """What is wrong now, as the service tells."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "company": self.name,
            "last_push": _iso(self.signs.push),
            "last_poll": _iso(self.last_poll),
            "last_look": _iso(self.signs.look),
            "last_post": _iso(self.signs.post),
            "open": {
                state: {"number": number, "oldest": _iso(oldest)}
                for state, (number, oldest) in self.open.items()
            },
            "reasons": [*self.reasons],
        }


@dataclass(frozen=True, slots=True)
class Status:
    """All of it, as of one moment."""

    running: bool
    companies: Sequence[CompanyStatus]
    besides: Counted = field(default_factory=dict)
    """What belongs to no company and is not at its end."""
    heard: datetime | None = None
    """When Teams last told us anything."""
    failing: Sequence[str] = ()
    """Parts that are not well, as the service tells."""
    silent: str = ""
    """Why a running service did not tell; empty when it did."""

    @property
    def exit_code(self) -> int:
        """Return 1 when somebody should look: not running, failing, or something parked."""
        waits = any(one.reasons or _waits(one.open) for one in self.companies)
        well = self.running and not (self.failing or self.silent or waits or _waits(self.besides))
        return 0 if well else 1

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "running": self.running,
            "silent": self.silent,
            "failing": [*self.failing],
            "last_heard_from_teams": _iso(self.heard),
            "besides": {state: number for state, (number, _) in self.besides.items()},
            "companies": [one.to_json() for one in self.companies],
        }


async def read_status(
    settings: Settings, names: Sequence[str], open_transport: OpenTransport
) -> Status:
    """Read the store, and ask the service where one runs. Raises StoreError."""
    path = settings.storage.path
    running = await is_owned(path)
    told, silent = await _ask(settings, open_transport) if running else ({}, "")
    async with visiting(path) as conn:
        companies = []
        for name in names:
            own = told.get("companies", {}).get(name, {})
            companies.append(CompanyStatus(
                name, await vitals.signs(conn, name), await deliveries.counts(conn, name),
                moment_or_none(own.get("last_poll")), own.get("reasons", ()),
            ))  # fmt: skip
        besides = await deliveries.counts_of_none(conn)
        heard = await vitals.heard(conn)
    return Status(running, companies, besides, heard, _failing(told), silent)


async def _ask(settings: Settings, open_transport: OpenTransport) -> tuple[dict[str, Any], str]:
    """Ask the running service as its operator may; else say why it did not tell."""
    base = own_address(settings)
    token = settings.server.metrics_token.get_secret_value()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = open_transport(same_host(base))
    try:
        request = Request("GET", f"{base}/health/ready", headers, timeout=TIMEOUT)
        told = json.loads((await transport.send(request)).body)
    except (TransportError, ValueError) as error:
        return {}, f"{base} does not answer: {error}"
    finally:
        await transport.close()
    known = isinstance(told, dict) and "parts" in told
    return (told, "") if known else ({}, f"{base} does not tell: compare SERVER__METRICS_TOKEN")


def _failing(told: Mapping[str, Any]) -> list[str]:
    """Name the parts that are not well and belong to no company."""
    return [
        f"{part['part']}: {part['reason']}; {part['step']}"
        for part in told.get("parts", ())
        if not part["well"] and "company" not in part
    ]


def _waits(found: Counted) -> bool:
    return any(state in found for state in BAD)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


# --- as a person reads it ---


def drawn(status: Status, now: datetime) -> RenderableType:
    """Return it as a person reads it in a terminal."""
    return Group(*_lines(status, now), Text(""), _table(status, now), *_next(status))


def _lines(status: Status, now: datetime) -> Iterator[RenderableType]:
    if not status.running:
        yield Text("No service runs with this store.", style="yellow")
    elif status.silent:
        yield Text(clean(f"A service runs, but {status.silent}"), style="yellow")
    else:
        yield Text("The service runs." if not status.failing else "The service runs, but:")
    for one in status.failing:
        yield Text(clean(f"  {one}"), style="red")
    yield Text(f"Teams was last heard {_ago(status.heard, now)}.")


def _table(status: Status, now: datetime) -> Table:
    headings = ("", "Push", "Poll", "Look", "Card", "On its way", "Waits for somebody")
    table = Table(*headings, box=None, pad_edge=False)
    for one in status.companies:
        signs = one.signs
        times = (signs.push, one.last_poll, signs.look, signs.post)
        ago = (_ago(at, now) for at in times)
        table.add_row(one.name, *ago, _open(one.open, ("waiting",), now), _open(one.open, BAD, now))
    if status.besides:
        found = status.besides
        told = (_open(found, ("waiting",), now), _open(found, BAD, now))
        table.add_row("(no company)", "", "", "", "", *told)
    return table


def _next(status: Status) -> Iterator[RenderableType]:
    for one in status.companies:
        for reason in one.reasons:
            yield Text(clean(f"{one.name}: {reason}"), style="yellow")
    if any(_waits(found) for found in (status.besides, *(one.open for one in status.companies))):
        yield Text("\nWhat it is: uv run app.py deliveries --state parked (or maybe, person)")
    if status.exit_code:
        yield Text("What to mend, and who can: uv run app.py doctor")


def _open(found: Counted, states: Sequence[str], now: datetime) -> str:
    there = [(state, *found[state]) for state in states if state in found]
    told = (f"{number} {state}, oldest {age(at, now)}" for state, number, at in there)
    return "; ".join(told) or "nothing"


def _ago(at: datetime | None, now: datetime) -> str:
    return age(at, now) if at else "–"
