"""Whether each peer is reached: name, TLS, connection; and what its clock says meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from statistics import median
from urllib.parse import urlsplit

import aiohttp

from acumatica_client.transport import NotSent, Reply, Request, TransportError
from bot.examining import catalogue
from bot.examining.findings import Check, Finding, Who
from bot.examining.instruments import Instruments
from bot.examining.runner import Probe

TIMEOUT, CONNECT = 15.0, 5.0
FAR = timedelta(minutes=5)
"""Tokens are taken with so much leeway, by us and by Teams."""
NOTICED = timedelta(minutes=1)
"""An answer tells whole seconds, and takes some to come."""


def probes(see: Instruments) -> list[Probe]:
    """List a look at each peer of Microsoft's; Acumatica is looked at with its company."""
    teams = see.settings.teams
    wanted = [
        (catalogue.TO_ENTRA, teams.login_url, "TEAMS__LOGIN_URL, TEAMS__CLOUD"),
        (catalogue.TO_TEAMS, teams.service_url, "TEAMS__SERVICE_URL, TEAMS__CLOUD"),
        (catalogue.TO_KEYS, teams.openid_metadata_url, "TEAMS__OPENID_METADATA_URL, TEAMS__CLOUD"),
    ]
    if teams.asks_graph:
        wanted.append((catalogue.TO_GRAPH, teams.graph_url, "TEAMS__GRAPH_URL, TEAMS__CLOUD"))
    return [Probe((check,), partial(_peer, see, check, url, place)) for check, url, place in wanted]


async def _peer(see: Instruments, check: Check, url: str, place: str) -> AsyncIterator[Finding]:
    reply = await reached(see, check, url, place)
    yield reply if isinstance(reply, Finding) else check.ok(_there(url))


def _there(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc} answers"


async def reached(see: Instruments, check: Check, url: str, setting: str) -> Reply | Finding:
    """Ask for *url*: return the answer, whatever it is, or why there is none.

    *setting*: where the address is told.
    """
    before = see.ports.clock.now()
    try:
        reply = await see.places.send(Request("GET", url, timeout=TIMEOUT, connect=CONNECT))
    except TransportError as error:
        return _away(check, url, setting, error)
    _learn_time(see, url, reply, before)
    return reply


def _away(check: Check, url: str, setting: str, error: TransportError) -> Finding:
    host = urlsplit(url).netloc
    cause = error.__cause__
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        step = f"correct {setting}, or have DNS tell this machine where {host} is"
        return check.failed(f"nobody knows the name {host}", step, seen=url, place=setting)
    if isinstance(cause, aiohttp.ClientSSLError | aiohttp.ClientConnectorCertificateError):
        step = (
            f"have {host} show a certificate that is valid for this name, with its whole chain;"
            " behind a proxy that opens TLS, have this machine trust the proxy's certificate"
        )
        return check.failed(f"TLS failed: {error}", step, seen=url, place=f"certificate of {host}")
    if isinstance(error, NotSent):
        step = f"have a firewall or proxy let this machine to {host}, or correct {setting}"
        return check.failed(f"{error}", step, seen=url)
    step = f"look at what stands between this machine and {host}; then run doctor again"
    return check.failed(f"it took the connection and did not answer: {error}", step, seen=url)


# --- clocks ---------------------------------------------------------------------------------


def _learn_time(see: Instruments, url: str, reply: Reply, before: datetime) -> None:
    """Note how far the clock behind *url* is from ours, by the middle of the call."""
    try:
        told = parsedate_to_datetime(reply.headers.get("date", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return
    after = see.ports.clock.now()
    see.skews[urlsplit(url).netloc] = told - (before + (after - before) / 2)


def clock_probe(see: Instruments) -> Probe:
    """Return the look at all clocks; it comes after every peer was reached."""

    async def look() -> AsyncIterator[Finding]:
        for finding in judged(see.skews):
            yield finding

    return Probe((catalogue.OWN_CLOCK, catalogue.PEER_CLOCK), look)


def judged(skews: dict[str, timedelta]) -> list[Finding]:
    """Say whose clock is wrong: ours where most of the others agree on it, else theirs."""
    if not skews:
        why = "no peer was reached, so nobody told the time"
        return [catalogue.OWN_CLOCK.unknown(why), catalogue.PEER_CLOCK.unknown(why)]
    middle = timedelta(seconds=median(one.total_seconds() for one in skews.values()))
    agree = sum(abs(one - middle) <= NOTICED for one in skews.values())
    ours = abs(middle) > NOTICED and agree > max(1, len(skews) // 2)
    base = middle if ours else timedelta()
    return [
        _own(middle, len(skews)) if ours else catalogue.OWN_CLOCK.ok(f"as {len(skews)} peers say"),
        *(_peers_clock(host, skew - base) for host, skew in skews.items()),
    ]


def _own(skew: timedelta, peers: int) -> Finding:
    way = "behind" if skew > timedelta() else "ahead of"
    cause = f"it is {_span(skew)} {way} the clocks of most of {peers} peers"
    step = "switch on time synchronisation on this machine, and start the service again"
    tell = catalogue.OWN_CLOCK.failed if abs(skew) > FAR else catalogue.OWN_CLOCK.warning
    return tell(cause, step)


def _peers_clock(host: str, skew: timedelta) -> Finding:
    if abs(skew) <= NOTICED:
        return catalogue.PEER_CLOCK.ok("agrees", subject=host)
    way = "ahead of" if skew > timedelta() else "behind"
    return catalogue.PEER_CLOCK.warning(
        f"its clock is {_span(skew)} {way} the others'",
        f"have whoever runs {host} switch on time synchronisation",
        subject=host, place=f"clock of {host}", who=Who.OPERATOR, lost=catalogue.PEER_CLOCK.lost,
    )  # fmt: skip


def _span(skew: timedelta) -> str:
    seconds = round(abs(skew).total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
