"""The contract-based REST API of one endpoint: reading and writing records."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from . import actions, attachments, entry, refusals, schema, workflow
from .attachments import file_rows
from .bodies import require_length
from .book import Record
from .call import NO_ID, Call, endpoint_of, path_behind
from .erp import ERP
from .fields import DOCUMENTS, Entity
from .habits import BOARD
from .refusals import Refusal, json_response, px_error
from .signin import require_session
from .wire import record_json

Handler = Callable[[Call], Awaitable[web.Response]]
_JSON = ("application/json", "application/*", "*/*", "text/json")


def add_routes(app: web.Application) -> None:
    """Hang the API into the application."""
    app.router.add_route("*", "/entity/{endpoint}/{version}/{tail:.*}", endpoint_call)


async def endpoint_call(request: web.Request) -> web.Response:
    """Everything under an endpoint version."""
    require_length(request)
    session, endpoint = require_session(request), endpoint_of(request)
    name, *rest = path_behind(request) or ("",)
    if name == "files":
        return await attachments.serve_file(request, endpoint, tuple(rest))
    entity = endpoint.entities.get(name)
    if entity is None:
        raise refusals.not_found(str(request.url))
    _require_json_wanted(request)
    if session.user == request.app[ERP].options.user:
        _require_open(request, entity)
    call = Call(request, request.app[ERP], session, endpoint, entity, tuple(rest))
    return await _handler(call)(call)


def _handler(call: Call) -> Handler:
    method, rest = call.request.method, call.rest
    if method == "GET" and len(rest) == 3 and rest[1] == "status":
        return actions.operation_status
    if method == "GET" and rest == ("$adHocSchema",):
        return schema.read_schema
    if call.erp.operations.busy(call.session.label, call.entity.name):
        raise px_error("The previous operation has not been completed yet.")
    if method == "PUT" and len(rest) > 2 and rest[-2] == "files":
        return attachments.attach
    if method == "POST" and len(rest) == 1:
        return actions.act
    by_method: dict[str, Handler] = {"GET": read_one if rest else read_list}
    by_method |= {"DELETE": delete} if rest else {"PUT": upsert}
    if method not in by_method:
        text = f"The requested resource does not support http method '{method}'."
        raise Refusal(405, {"message": text}, {"Allow": ", ".join(by_method)})
    return by_method[method]


async def read_list(call: Call) -> web.Response:
    """All records that pass `$filter`, `$skip` first, then `$top`; no order is promised."""
    query = call.query()
    view, condition = query.view(), query.condition()
    query.refuse_delegates(view)
    found = [r for r in _ordered(call) if call.sees(r) and condition(r)]
    rows = [
        record_json(record, view, row, files=file_rows(call.erp, record, view))
        for row, record in enumerate(query.page(found), 1)
    ]
    return json_response(rows)


async def read_one(call: Call) -> web.Response:
    """One record by id or keys; one that is not there is a 500."""
    record, view = call.found(call.rest), call.query().view()
    return json_response(record_json(record, view, files=file_rows(call.erp, record, view)))


async def upsert(call: Call) -> web.Response:
    """PUT: update what keys, id or `$filter` find, else insert; 200 either way."""
    _require_rights(call)
    body = await call.body()
    view = call.query().view()
    if not body:
        # Nothing typed, so nothing saved: the screen's empty form comes back.
        blank = entry.new_record(call.erp.desk(), call.entity, call.draft({}), id=NO_ID, by="")
        unsaved = blank.with_fields(**{call.entity.keys[-1]: "<NEW>"})
        return json_response({**record_json(unsaved, view), "note": None})
    draft = call.draft(body)
    record = call.meant(draft)
    headers = call.request.headers
    if (record and headers.get("If-None-Match") == "*") or (
        record is None and headers.get("If-Match") == "*"
    ):
        raise refusals.precondition_failed()
    saved = call.update(record, draft) if record else call.insert(draft)
    return json_response({**record_json(saved, view), "note": None})


async def delete(call: Call) -> web.Response:
    """Delete a document; a released one stays."""
    _require_rights(call)
    record = call.found(call.rest)
    if record.status in workflow.RELEASED:
        raise refusals.not_possible()
    call.erp.delete(record, call.session.user)
    return web.Response(status=204)


def _ordered(call: Call) -> list[Record]:
    """By id; or by their last change, so that every write moves a row behind the pages read."""
    found = call.erp.book.all(call.entity.name)
    if not call.request.app[BOARD].habits.unstable_order:
        return found
    return sorted(found, key=lambda r: str(r.fields.get("LastModifiedDateTime")))


def _require_open(request: web.Request, entity: Entity) -> None:
    """The API user's role may lack any screen; then not even reading is allowed."""
    if entity.screen in request.app[BOARD].habits.closed_screens:
        raise refusals.no_rights(entity.form, entity.screen)


def _require_rights(call: Call) -> None:
    """The API role reads vendors, employees and contacts; it writes documents only."""
    if call.entity.name not in DOCUMENTS:
        raise refusals.no_rights(call.entity.form, call.entity.screen)


def _require_json_wanted(request: web.Request) -> None:
    """JSON is all there is; what the ERP says to others is unconfirmed."""
    wanted = [
        kind.partition(";")[0].strip() for kind in request.headers.get("Accept", "").split(",")
    ]
    if any(wanted) and not any(kind in _JSON for kind in wanted):
        raise Refusal(406, {"message": "The requested media type is not available."})
