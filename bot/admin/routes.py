"""The routes in force, in the order in which they are tried, and why one takes a document."""

from __future__ import annotations

from collections.abc import Iterator

from aiohttp import web

from acumatica_client.entities import ENTITIES
from bot.admin.drawing import draw
from bot.admin.visit import Visit
from bot.configuring.drawn import explained
from bot.configuring.explaining import Wish, explain_stored
from bot.core.routes import Condition, Route


async def show_routes(visit: Visit) -> web.StreamResponse:
    """List a company's routes, and explain the document somebody asks about."""
    company = visit.company()
    tenant = visit.desk.tenants[company]
    routes = [(route, conditions(route)) for route in tenant.routes.listed]
    entity, number = visit.form.one("entity"), visit.form.one("number")
    return draw(
        visit, "routes", company=company, routes=routes, version=tenant.version, entity=entity,
        number=number, entities=list(ENTITIES), told=await _explained(visit, company),
    )  # fmt: skip


async def _explained(visit: Visit, company: str) -> list[str] | None:
    """Return the explanation of a document, line by line; None where nobody asked for one."""
    entity, number = visit.form.one("entity"), visit.form.one("number")
    if entity not in ENTITIES or not number:
        return None
    desk, wish = visit.desk, Wish((entity,), number=number, company=company)
    async with desk.store.reading() as conn:
        found = await explain_stored(desk.tenants[company], conn, wish, now=desk.now)
    return [*explained(found)] if found else ["No such document was seen yet."]


def conditions(route: Route) -> list[str]:
    """Say what a route wants of a document, a line for each condition."""
    return [text for one in route.where for text in _told(one)]


def _told(one: Condition) -> Iterator[str]:
    if one.equals is not None:
        yield f"{one.field} is {one.equals}"
    if one.one_of is not None:
        yield f"{one.field} is one of {', '.join(one.one_of)}"
    if one.at_least is not None:
        yield f"{one.field} is at least {one.at_least:,}"
    if one.below is not None:
        yield f"{one.field} is below {one.below:,}"
