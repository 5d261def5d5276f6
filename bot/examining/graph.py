"""Microsoft Graph: a token, the permissions in it, the app in the catalog, what is subscribed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial

from bot.core.apps import catalog_path, read_catalog_id
from bot.core.graph import CATALOG, REPLIES, GraphForbidden
from bot.examining import catalogue
from bot.examining.bot_registration import refused
from bot.examining.findings import Finding, Who
from bot.examining.instruments import Instruments
from bot.examining.runner import Probe
from bot.listening.ear import silence
from bot.people.installs import NOT_IN_CATALOG
from bot.people.organisation import wanted
from bot.tokens import TokenRefused
from storage import subscriptions
from storage.database import visiting
from storage.subscriptions import Subscription

SOON = timedelta(hours=12)
"""One that ends sooner was not renewed at half its life of three days."""


def probes(see: Instruments) -> list[Probe]:
    """List the looks at Graph; none where the settings leave it alone."""
    if not see.settings.teams.asks_graph:
        return []
    found = [
        Probe((catalogue.GRAPH_TOKEN,), partial(_token, see)),
        Probe((catalogue.ROLES,), partial(_roles, see)),
    ]
    if see.settings.teams.install == "approvers":
        found.append(Probe((catalogue.CATALOG,), partial(_catalog, see)))
    if not silence(see.settings):
        found.append(Probe((catalogue.HEARING,), partial(_hearing, see)))
    return found


async def _token(see: Instruments) -> AsyncIterator[Finding]:
    try:
        await see.tokens.roles()
    except TokenRefused as error:
        yield refused(catalogue.GRAPH_TOKEN, error)
    else:
        yield catalogue.GRAPH_TOKEN.ok(f"for {see.settings.teams.rows.graph}")


async def _roles(see: Instruments) -> AsyncIterator[Finding]:
    roles = await see.tokens.roles()
    for one in wanted(see.settings.teams, hears=not silence(see.settings)):
        if one.granted(roles):
            yield catalogue.ROLES.ok("granted", subject=one.name)
            continue
        yield catalogue.ROLES.warning(
            f"{one.name} {one.absence}",
            "add it as an application permission and grant admin consent; the token is renewed"
            " within the hour, or at the next start",
            subject=one.name,
            lost=one.lost,
        )


async def _catalog(see: Instruments) -> AsyncIterator[Finding]:
    teams = see.settings.teams
    if teams.app_catalog_id:
        yield catalogue.CATALOG.ok(f"TEAMS__APP_CATALOG_ID tells: {teams.app_catalog_id}")
        return
    if not CATALOG.granted(await see.tokens.roles()):
        yield catalogue.CATALOG.unknown(
            f"without {CATALOG.name} nobody can look", "set TEAMS__APP_CATALOG_ID instead"
        )
        return
    try:
        found = read_catalog_id(await see.graph.get(catalog_path(teams.app_id)))
    except GraphForbidden as error:
        yield catalogue.CATALOG.unknown(str(error))
        return
    if found:
        yield catalogue.CATALOG.ok(found)
        return
    yield catalogue.CATALOG.warning(
        NOT_IN_CATALOG,
        "build the package with `uv run app.py package` and upload it: Upload new app",
        lost=catalogue.CATALOG.lost,
    )


# --- what is subscribed ---------------------------------------------------------------------


async def _hearing(see: Instruments) -> AsyncIterator[Finding]:
    """Compare what the service stored with what Graph lists."""
    if not REPLIES.granted(await see.tokens.roles()):
        yield catalogue.HEARING.unknown(
            f"{REPLIES.name} is not in the token; a team may have granted {REPLIES.alone}"
        )
        return
    there = {str(one.get("id")) for one in await see.graph.pages("/subscriptions")}
    async with visiting(see.store) as conn:
        known = await subscriptions.everything(conn)
    if not known:
        yield catalogue.HEARING.unknown("nothing was subscribed yet", "start the service once")
    for one in known:
        yield _subscribed(one, there, see.ports.clock.now())


def _subscribed(one: Subscription, there: set[str], now: datetime) -> Finding:
    place = one.channel
    if one.error:
        step = "look at SERVER__PUBLIC_URL: Graph must reach it, over https, from outside"
        return _lost(place, f"it could not be subscribed: {one.error}", step)
    if one.id not in there:
        return _lost(
            place, "Graph has no subscription any more", "run the service: it subscribes anew"
        )
    if one.expires_at is None or one.expires_at - now < SOON:
        told = f"{one.expires_at:%Y-%m-%d %H:%M} UTC" if one.expires_at else "an unknown time"
        return _lost(place, f"it ends at {told}, and was not renewed", "run the service")
    return catalogue.HEARING.ok(f"until {one.expires_at:%Y-%m-%d %H:%M} UTC", subject=place)


def _lost(channel: str, cause: str, step: str) -> Finding:
    lost = catalogue.HEARING.lost
    return catalogue.HEARING.warning(cause, step, subject=channel, who=Who.OPERATOR, lost=lost)
