"""The bot in Entra and Azure: tokens given and taken, keys readable, calls from Teams arriving."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import jwt

from bot.core.posting import SignInRefused
from bot.examining import catalogue
from bot.examining.channels import bound_channels, service_url_of
from bot.examining.findings import Check, Finding, Who
from bot.examining.instruments import Instruments
from bot.examining.runner import Probe
from bot.gate import GateRefused
from bot.people.report import age
from bot.sending.teams import ConnectorRefused
from bot.signing_keys import SigningKeys
from bot.tokens import Resource, TokenRefused
from storage import vitals
from storage.database import visiting

SILENT = timedelta(days=7)
"""In a week somebody presses something, where anybody does."""
_BLADE = "Entra admin center > App registrations > the app"
CAUSES: dict[str, tuple[Who, str, str]] = {
    "7000215": (
        Who.OPERATOR, "TEAMS__CLIENT_SECRET",
        "put in the secret's Value (not its Secret ID), as shown once when it was made under"
        f" {_BLADE} > Certificates & secrets",
    ),
    "7000222": (
        Who.ENTRA, f"{_BLADE} > Certificates & secrets",
        "make a new client secret; give its Value to the operator for TEAMS__CLIENT_SECRET",
    ),
    "700027": (
        Who.ENTRA, f"{_BLADE} > Certificates & secrets > Certificates",
        "upload the public certificate of TEAMS__CERTIFICATE",
    ),
    "700024": (
        Who.OPERATOR, "time synchronisation (NTP) of this machine",
        "set this machine's clock: the proof it signed is out of date, or not yet valid",
    ),
    "700016": (
        Who.OPERATOR, "TEAMS__APP_ID, TEAMS__TENANT_ID",
        f"copy both from {_BLADE} > Overview; in that tenant there is no such app",
    ),
    "90002": (
        Who.OPERATOR, "TEAMS__TENANT_ID",
        f"copy Directory (tenant) ID from {_BLADE} > Overview; there is no such tenant",
    ),
}  # fmt: skip
"""AADSTS code -> who mends it, where and how."""


def probes(see: Instruments) -> list[Probe]:
    """List the looks at the bot's registration."""
    return [
        Probe((catalogue.KEYS,), partial(_keys, see)),
        Probe((catalogue.BOT_TOKEN,), partial(_token, see)),
        Probe((catalogue.BOT_APP,), partial(_app, see)),
        Probe((catalogue.BOT_TAKEN,), partial(_taken, see)),
        Probe((catalogue.BOT_HEARD,), partial(_heard, see)),
    ]


async def _keys(see: Instruments) -> AsyncIterator[Finding]:
    """Fetch the signing keys as the gate does."""
    url = see.settings.teams.openid_metadata_url
    keys = SigningKeys(see.places, see.ports.clock, url)
    try:
        await keys.find("")
    except GateRefused as error:
        yield catalogue.KEYS.failed(
            str(error), "take the address out, so that the cloud's own is used", seen=url
        )
    else:
        yield catalogue.KEYS.ok(url)


async def _token(see: Instruments) -> AsyncIterator[Finding]:
    try:
        await see.tokens.get(Resource.BOT)
    except TokenRefused as error:
        yield refused(catalogue.BOT_TOKEN, error)
    else:
        yield catalogue.BOT_TOKEN.ok(f"for {see.settings.teams.rows.bot_resource}")


def refused(check: Check, error: TokenRefused) -> Finding:
    """Say what Entra's code means."""
    found = re.search(r"AADSTS(\d+)", str(error))
    code = found[1] if found else ""
    # Entra's text goes on for lines with trace ids; the first sentence says it.
    cause = str(error).partition("\n")[0].partition(" Trace ID")[0]
    if code in CAUSES:
        who, place, step = CAUSES[code]
        return check.failed(cause, step, who=who, place=place)
    step = f"look AADSTS{code} up at https://login.microsoftonline.com/error" if code else (
        "look at the address of the sign-in service: TEAMS__LOGIN_URL, TEAMS__CLOUD"
    )  # fmt: skip
    return check.failed(cause, step)


async def _app(see: Instruments) -> AsyncIterator[Finding]:
    teams, token = see.settings.teams, await see.tokens.get(Resource.BOT)
    try:
        # Read for ourselves, not as a proof of anything: it came from Entra over TLS.
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        yield catalogue.BOT_APP.unknown("the token cannot be read; that is allowed")
        return
    for claim, wanted, name in (
        ("appid", teams.app_id, "TEAMS__APP_ID"),
        ("tid", teams.tenant_id, "TEAMS__TENANT_ID"),
    ):
        told = str(claims.get(claim, wanted))
        if told.casefold() != wanted.casefold():
            yield catalogue.BOT_APP.failed(
                f"the token is of {claim} {told}, not of {wanted}", f"correct {name}", place=name
            )
            return
    yield catalogue.BOT_APP.ok(f"{teams.app_type} {teams.app_id} in tenant {teams.tenant_id}")


async def _taken(see: Instruments) -> AsyncIterator[Finding]:
    """Show the token at a channel: whatever else is answered there, it was taken."""
    channels = [one for one in await bound_channels(see) if one.conversation]
    if not channels:
        yield catalogue.BOT_TAKEN.unknown(
            "no channel is bound, so there is nowhere to show it", "bind one, see channels.bound"
        )
        return
    place = channels[0].conversation
    try:
        await see.connector.look_in(await service_url_of(see, place), place)
    except ConnectorRefused as error:
        if isinstance(error.outcome, SignInRefused):
            yield catalogue.BOT_TAKEN.failed(
                f"Teams refuses the bot's token: {error}",
                "the Azure Bot must have this app id as Microsoft App ID, its type and tenant, and"
                " the Microsoft Teams channel switched on",
            )
            return
    yield catalogue.BOT_TAKEN.ok("the connector takes it")


async def _heard(see: Instruments) -> AsyncIterator[Finding]:
    """Say when Teams last called: the registration's address can be read from nowhere here."""
    async with visiting(see.store) as conn:
        at = await vitals.heard(conn)
    now, endpoint = see.ports.clock.now(), _endpoint(see)
    step = f"Messaging endpoint must be {endpoint}; then write `help` to the bot in Teams"
    if at is None:
        yield catalogue.BOT_HEARD.warning("Teams never called us", step, lost=_LOST)
    elif now - at > SILENT:
        yield catalogue.BOT_HEARD.warning(f"Teams last called {age(at, now)}", step, lost=_LOST)
    else:
        yield catalogue.BOT_HEARD.ok(f"Teams last called {age(at, now)}")


_LOST = catalogue.BOT_HEARD.lost


def _endpoint(see: Instruments) -> str:
    return f"{see.settings.server.public_url.rstrip('/') or 'https://YOUR-HOST'}/api/messages"
