"""What has not arrived: on its way, parked, perhaps delivered; trying it again, told beforehand."""

from __future__ import annotations

from aiohttp import web

from bot.admin import trail
from bot.admin.drawing import draw, go
from bot.admin.visit import Visit
from bot.auditing.story import MESSAGES
from bot.core.replays import refusal
from bot.operating.report import MEANING, STATES
from storage import deliveries
from storage.deliveries import place_of
from storage.records import Wanted

PAGE = 100
MOST = 200
"""Deliveries of one replay; more are asked for in another."""
KINDS = {**MESSAGES, "push": "a push from Acumatica", "look": "a look at Acumatica"}
"""What things are, in words."""
NOTHING = "Choose at least one, and at most {most}."


async def show_deliveries(visit: Visit) -> web.StreamResponse:
    """List what is not at its end, oldest first."""
    form = visit.form
    company = form.one("company")
    if company and company not in visit.desk.tenants:
        raise web.HTTPNotFound(text="There is no such company.")
    state = form.one("state") if form.one("state") in STATES else ""
    wanted = Wanted(company, form.one("document"), state)
    async with visit.desk.store.reading() as conn:
        found = await deliveries.unfinished(conn, wanted, limit=PAGE + 1, after=form.one("after"))
        counts = await deliveries.counts(conn, company)
        places = await trail.places(conn, [row.target for row in found])
    return draw(
        visit, "deliveries", wanted=wanted, rows=found[:PAGE], more=len(found) > PAGE,
        counts=counts, meaning=MEANING, states=STATES, refusal=refusal, place_of=place_of,
        replayed=form.number("replayed", -1), places=places, kinds=KINDS,
    )  # fmt: skip


async def preview_replay(visit: Visit) -> web.StreamResponse:
    """Tell what trying again would do; does nothing."""
    items = _chosen(visit)
    told = await visit.desk.replayer.preview(items)
    able = [row["id"] for row in told if row["able"]]
    return draw(visit, "replay", told=told, able=able)


async def replay(visit: Visit) -> web.StreamResponse:
    """Try deliveries again."""
    who = visit.who
    told = await visit.desk.replayer.at_once(_chosen(visit), name=who.name, actor=who.actor)
    return go("/admin/deliveries", replayed=sum(row["done"] for row in told))


def _chosen(visit: Visit) -> tuple[str, ...]:
    items = visit.form.all("id", MOST + 1)
    if not 0 < len(items) <= MOST:
        raise web.HTTPBadRequest(text=NOTHING.format(most=MOST))
    return items
