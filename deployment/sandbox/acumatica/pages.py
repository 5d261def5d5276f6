"""The screens of the stand-in: documents at the ERP's deep links, and the site's own state."""

from collections.abc import Awaitable, Callable, Mapping
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from aiohttp import web

from . import workflow
from .book import Record
from .doors import document_row
from .erp import ERP, Erp, site_path
from .fields import DOCUMENTS
from .links import deep_link, find_linked
from .refusals import json_response
from .wire import Json

STATIC = Path(__file__).parent / "static"
_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
_BUTTONS = {
    workflow.REMOVE_HOLD: "Remove hold",
    workflow.RELEASE: "Release",
    workflow.APPROVE: "Approve",
    workflow.REJECT: "Reject",
    workflow.HOLD: "Put on hold",
}


def add_routes(app: web.Application) -> None:
    """Hang the pages into the application."""
    app.router.add_get("/", show_list)
    app.router.add_get("/Main", show_document)
    app.router.add_get("/site", show_site)
    app.router.add_get("/_sandbox/document", read_document)
    app.router.add_static("/static", STATIC)


@web.middleware
async def careful(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Pages load nothing from elsewhere and are never guessed to be something else."""
    response = await handler(request)
    if not response.prepared and not site_path(request).startswith("/entity"):
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
    return response


async def show_list(request: web.Request) -> web.Response:
    """The list of all documents."""
    return _page("list.html", {"tenant": request.app[ERP].options.tenant})


async def show_site(request: web.Request) -> web.Response:
    """The site's own state: sessions, maintenance, what was not delivered, what is armed."""
    return _page("site.html", {"tenant": request.app[ERP].options.tenant})


async def show_document(request: web.Request) -> web.Response:
    """One document at its deep link, which carries codes where the API has labels."""
    erp, query = request.app[ERP], request.query
    record = find_linked(erp.book, query)
    if record is None:
        return _page("missing.html", {"tenant": erp.options.tenant}, 404)
    type_, number = record.keys.values()
    title = f"{record.shape.form}: {number}"
    known = {"entity": record.entity, "type": type_, "number": number, "title": title}
    return _page("document.html", {"tenant": erp.options.tenant, **known})


async def read_document(request: web.Request) -> web.Response:
    """What the document page draws: the document, its story, and what can be done now."""
    erp, query = request.app[ERP], request.query
    keys = (query.get("type", ""), query.get("number", ""))
    record = erp.book.by_keys(query.get("entity", ""), keys)
    if record is None or record.entity not in DOCUMENTS:
        return json_response({"error": "There is no such document any more."}, status=404)
    return json_response(
        {
            "document": document_row(erp, record),
            "changes": list(reversed(erp.history.of(record))),
            "buttons": _buttons(record),
            "people": [_person(erp, p.login) for p in erp.people.all],
            "names": {p.employee_id: p.name for p in erp.people.all},
            "form": record.shape.form,
            "links": _order_links(erp, record),
        }
    )


def _buttons(record: Record) -> list[Json]:
    allowed = workflow.actions_of(record)
    return [{"action": a, "label": text} for a, text in _BUTTONS.items() if a in allowed]


def _person(erp: Erp, login: str) -> Json:
    person = erp.people.find(login)
    return {"login": login, "name": person.name if person else login}


def _order_links(erp: Erp, record: Record) -> Json:
    """Deep links of the orders the lines point to."""
    links: Json = {}
    for line in record.lists.get("Details", ()):
        keys = (str(line.get("POOrderType")), str(line.get("POOrderNbr")))
        order = erp.book.by_keys("PurchaseOrder", keys)
        if order:
            links[keys[1]] = deep_link(erp.options.tenant, order)
    return links


def page_text(name: str, values: Mapping[str, str]) -> str:
    """A page with its blanks filled in; what is filled in is HTML already."""
    text = resources.files(__package__).joinpath("static", name).read_text("utf-8")
    return Template(text).substitute(values)


def _page(name: str, values: Mapping[str, str], status: int = 200) -> web.Response:
    text = page_text(name, {k: escape(v) for k, v in values.items()})
    return web.Response(status=status, text=text, content_type="text/html")
