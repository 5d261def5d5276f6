"""The sandbox's own doors under `/_sandbox`: what happened, what is there, and changing it.

They answer bad input with a sentence, and refuse pages of other origins: a tab somewhere must not
steer the stand-in behind its user's back.
"""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from .book import Record
from .door_input import DoorError, door_body
from .erp import ERP, Erp, documents
from .links import deep_link
from .refusals import json_response
from .suggestion import suggest_bill
from .values import plain, plain_fields
from .wire import Json
from .wishes import change, change_many, wished_by, wished_entity, wished_record

log = logging.getLogger(__name__)
_DIGITS = 18  # of a sequence number


def add_routes(app: web.Application) -> None:
    """Hang the doors into the application."""
    app.router.add_get("/_sandbox/health", health)
    app.router.add_get("/_sandbox/history", read_history)
    app.router.add_get("/_sandbox/documents", read_documents)
    app.router.add_post("/_sandbox/documents", write_document)
    app.router.add_delete("/_sandbox/documents", delete_document)
    app.router.add_get("/_sandbox/people", read_people)
    app.router.add_get("/_sandbox/suggestion", read_suggestion)


@web.middleware
async def sandbox_door(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turns what is wrong at a door into a sentence."""
    if not request.path.startswith("/_sandbox/"):
        return await handler(request)
    origin = request.headers.get("Origin")
    if origin and origin.partition("://")[2] != request.host:
        return _sentence(403, "Only this stand-in's own pages may use its doors.")
    try:
        return await handler(request)
    except DoorError as wrong:
        return _sentence(wrong.status, str(wrong))
    except web.HTTPException as other:
        return _sentence(other.status, f"{other.reason}: {request.method} {request.path}")
    except Exception as broken:
        log.exception("%s %s", request.method, request.path)
        return _sentence(422, f"This cannot be used: {type(broken).__name__}: {broken}")


async def health(_: web.Request) -> web.Response:
    """Ready once the book is open, which it is before the first request."""
    return json_response({"ready": True})


async def read_history(request: web.Request) -> web.Response:
    """All events behind `after`."""
    after = request.query.get("after", "0")
    if not after.isdecimal() or len(after) > _DIGITS:
        raise DoorError("'after' must be a sequence number such as 0.", 400)
    return json_response({"events": request.app[ERP].history.since(int(after))})


async def read_documents(request: web.Request) -> web.Response:
    """Every document as it is now, in plain values, newest change first."""
    erp = request.app[ERP]
    return json_response({"documents": [document_row(erp, r) for r in documents(erp.book)]})


async def write_document(request: web.Request) -> web.Response:
    """Change, create, or run a screen action on a document, or many, as an ERP user would."""
    erp, body = request.app[ERP], await door_body(request)
    if "batch" in body:
        return json_response({"changed": len(change_many(erp, body["batch"]))})
    return json_response(document_row(erp, change(erp, body)))


async def delete_document(request: web.Request) -> web.Response:
    """Delete a document as an ERP user would; polling will never see it."""
    erp, body = request.app[ERP], await door_body(request)
    record = wished_record(erp, wished_entity(body), body)
    if record is None:
        raise DoorError("There is no such document.", 404)
    erp.delete(record, wished_by(erp, body))
    return json_response({"deleted": record.keys})


async def read_people(request: web.Request) -> web.Response:
    """Who can be signed in as on the pages."""
    people = request.app[ERP].people.all
    rows = [
        {"login": p.login, "employee_id": p.employee_id, "name": p.name, "title": p.title}
        for p in people
    ]
    return json_response({"people": rows})


async def read_suggestion(request: web.Request) -> web.Response:
    """A believable new bill, ready to be posted to `/_sandbox/documents`."""
    erp = request.app[ERP]
    return json_response(suggest_bill(erp.book, erp.people, erp.options.random))


def document_row(erp: Erp, record: Record) -> Json:
    """A document in plain values, with what the endpoint hides but a tester must know."""
    party = erp.book.by_keys("Vendor", (str(record.fields.get(record.shape.party)),))
    return {
        "entity": record.entity,
        "id": record.id,
        "keys": record.keys,
        "link": deep_link(erp.options.tenant, record),
        "fields": plain_fields(record.fields),
        "details": {name: [plain_fields(x) for x in rows] for name, rows in record.lists.items()},
        "owner": record.hidden.get("Owner") or None,
        "approver": record.hidden.get("Approver") or None,
        "vendor_name": party.fields.get("VendorName") if party else None,
        "created_by": record.hidden.get("CreatedBy") or None,
        "note": record.note,
    }


def _sentence(status: int, text: str) -> web.Response:
    return json_response({"error": str(plain(text))}, status=status)
