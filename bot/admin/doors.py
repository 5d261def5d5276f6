"""Every address of the admin page, and what puts it together."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.admin.audit import check_trail, give_evidence, show_audit, take_evidence
from bot.admin.deliveries import preview_replay, replay, show_deliveries
from bot.admin.documents import show_document, show_documents
from bot.admin.drawing import ICON, STYLE, draw
from bot.admin.guard import Door, guarded
from bot.admin.overview import show_overview
from bot.admin.people import reopen_match, settle_match, show_people
from bot.admin.roles import Role
from bot.admin.routes import show_routes
from bot.admin.settings import show_settings
from bot.admin.settling import settle, show_settling
from bot.admin.sign_in import (
    come_back,
    leave_for_entra,
    show_link,
    show_sign_in,
    sign_out,
    use_link,
)
from bot.admin.visit import Desk, Visit

KEEP = {"Cache-Control": "private, max-age=300"}


async def _style(visit: Visit) -> web.Response:
    del visit
    return web.Response(text=STYLE, content_type="text/css", headers=KEEP)


async def _icon(visit: Visit) -> web.Response:
    del visit
    return web.Response(text=ICON, content_type="image/svg+xml", headers=KEEP)


async def _nothing(visit: Visit) -> web.Response:
    return draw(visit, "refused", 404, told="There is no such page.")


DOORS = (
    Door("GET", "/admin", show_overview),
    Door("GET", "/admin/documents", show_documents),
    Door("GET", "/admin/document", show_document),
    Door("GET", "/admin/deliveries", show_deliveries),
    Door("GET", "/admin/deliveries/replay", preview_replay, Role.OPERATOR),
    Door("POST", "/admin/deliveries/replay", replay, Role.OPERATOR),
    Door("GET", "/admin/people", show_people),
    Door("POST", "/admin/people/settle", settle_match, Role.OPERATOR),
    Door("POST", "/admin/people/reopen", reopen_match, Role.OPERATOR),
    Door("GET", "/admin/settling", show_settling),
    Door("POST", "/admin/settling", settle, Role.ADMIN),
    Door("GET", "/admin/audit", show_audit),
    Door("POST", "/admin/audit/check", check_trail),
    Door("POST", "/admin/audit/evidence", take_evidence),
    Door("GET", "/admin/audit/evidence", give_evidence),
    Door("GET", "/admin/routes", show_routes),
    Door("GET", "/admin/settings", show_settings),
    Door("GET", "/admin/sign-in", show_sign_in, role=None),
    Door("GET", "/admin/sign-in/entra", leave_for_entra, role=None),
    Door("GET", "/admin/sign-in/back", come_back, role=None),
    Door("GET", "/admin/link", show_link, role=None),
    Door("POST", "/admin/link", use_link, role=None),
    Door("POST", "/admin/sign-out", sign_out),
    Door("GET", "/admin/style.css", _style, role=None),
    Door("GET", "/admin/icon.svg", _icon, role=None),
    Door("GET", "/admin/{more:.*}", _nothing),
)


def add_doors(app: web.Application, desk: Callable[[web.Request], Desk]) -> None:
    """Add the admin page to *app*; the desk is asked for when a request comes."""
    for door in DOORS:
        app.router.add_route(door.method, door.path, _handler(door, desk))


def _handler(door: Door, desk: Callable[[web.Request], Desk]) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return await guarded(door, request, desk(request))

    return handler
