"""What is secret: how long it lasts, and whether the keys open what is sealed."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from bot.auditing.keys import weaknesses
from bot.core.graph import GraphError
from bot.examining import catalogue
from bot.examining.findings import Check, Finding
from bot.examining.instruments import Instruments
from bot.examining.runner import Probe
from bot.listening.certificates import PLACE
from bot.secrets.expiring import ends_of_app, told_by_graph
from bot.settings import MAKE_KEY
from bot.tokens import TokenRefused
from storage import vault
from storage.database import Connection, visiting
from storage.records import moment
from storage.vault import Vault, VaultError

SOON = timedelta(days=30)
PATIENCE = 10.0
_ROLLING = "make a new one before that, and put it in; both work meanwhile"


def probes(see: Instruments) -> list[Probe]:
    """List the looks at secrets."""
    found = [
        Probe((catalogue.APP_SECRET,), partial(_app, see)),
        Probe((catalogue.SEALING,), partial(_sealing, see)),
        Probe((catalogue.TRAIL_KEY,), partial(_trail, see)),
    ]
    if see.settings.server.public_url.startswith("https:"):
        found.append(Probe((catalogue.TLS,), partial(_tls, see)))
    if see.settings.teams.notices == "rich" and see.settings.encryption.listed:
        found.append(Probe((catalogue.NOTICES,), partial(_notices, see)))
    return found


def lasting(check: Check, what: str, ends: datetime, now: datetime, step: str) -> Finding:
    """Judge how long something lasts."""
    left, day = ends - now, f"{ends:%Y-%m-%d}"
    if left <= timedelta():
        return check.failed(f"{what} ended on {day}", step)
    told = f"{what} ends on {day}, in {left.days} days"
    return check.warning(told, step, lost=f"from {day}: {check.lost}") if left < SOON else (
        check.ok(told)
    )  # fmt: skip


async def _app(see: Instruments) -> AsyncIterator[Finding]:
    if see.settings.teams.app_type == "UserAssignedMSI":
        yield catalogue.APP_SECRET.ok("a managed identity: nothing ends")
        return
    known = ends_of_app(see.settings.teams, await _told_by_graph(see))
    for one in known:
        now = see.ports.clock.now()
        yield lasting(catalogue.APP_SECRET, one.name, one.ends, now, _ROLLING)
    if not known:
        yield catalogue.APP_SECRET.unknown(
            "nobody told when it ends",
            "set TEAMS__CLIENT_SECRET_ENDS to the day shown there, or grant the app"
            " Application.Read.All; a certificate and a managed identity need neither",
        )


async def _told_by_graph(see: Instruments) -> datetime | None:
    teams = see.settings.teams
    if not (teams.asks_graph and teams.client_secret) or teams.client_secret_ends:
        return None
    try:
        return await told_by_graph(teams, see.graph, see.tokens)
    except (GraphError, TokenRefused):
        return None  # what is wrong with Graph is told where Graph is looked at


async def _tls(see: Instruments) -> AsyncIterator[Finding]:
    """Look at the certificate others are shown, and how long it lasts."""
    url = urlsplit(see.settings.server.public_url)
    ends = await certificate_end(url.hostname or "", url.port or 443, ssl.create_default_context())
    step = "have the proxy renew it; look why it did not by itself"
    yield lasting(catalogue.TLS, url.netloc, ends, see.ports.clock.now(), step)


async def certificate_end(host: str, port: int, context: ssl.SSLContext) -> datetime:
    """Return when the certificate ends that is shown at an address. Raises OSError."""
    async with asyncio.timeout(PATIENCE):
        _, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        shown = writer.get_extra_info("peercert")
    finally:
        writer.close()
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)


async def _sealing(see: Instruments) -> AsyncIterator[Finding]:
    """Open every sealed row, and keep nothing of it."""
    keys = see.settings.encryption.listed
    async with visiting(see.store) as conn:
        names = [(one, name) for one in ("", *_companies(see)) for name in await _of(conn, one)]
        if not keys:
            yield _without_keys(names)
            return
        safe = Vault(keys)
        try:
            for company, name in names:
                await safe.get(conn, company, name)
        except VaultError as error:
            step = "put the former key behind the new one: NEW,FORMER; start once, then take it out"
            yield catalogue.SEALING.failed(str(error), step)
            return
    yield catalogue.SEALING.ok(f"{len(names)} sealed secrets open with {len(keys)} keys")


def _companies(see: Instruments) -> list[str]:
    return [company.name for company in see.file.company]


async def _of(conn: Connection, company: str) -> list[str]:
    return await vault.names(conn, company)


def _without_keys(names: list[tuple[str, str]]) -> Finding:
    if names:
        cause = f"{len(names)} secrets are sealed, and there is no key"
        return catalogue.SEALING.failed(cause, "put back the key that sealed them")
    return catalogue.SEALING.ok("none set, and nothing is sealed")


async def _trail(see: Instruments) -> AsyncIterator[Finding]:
    told = weaknesses(see.settings)
    for weakness in told:
        yield catalogue.TRAIL_KEY.warning(weakness, MAKE_KEY)
    if not told:
        yield catalogue.TRAIL_KEY.ok("yes")


async def _notices(see: Instruments) -> AsyncIterator[Finding]:
    async with visiting(see.store) as conn:
        rows = json.loads(await Vault(see.settings.encryption.listed).get(conn, *PLACE) or "[]")
    if not rows:
        yield catalogue.NOTICES.ok("it is made at first use")
        return
    ends = max(moment(row["ends"]) for row in rows)
    step = "run the service: it renews it by itself 30 days before"
    finding = lasting(
        catalogue.NOTICES, "the certificate of notices", ends, see.ports.clock.now(), step
    )
    yield finding
