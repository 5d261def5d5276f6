"""The contract-based REST API under `/entity`: reading, writing, actions and their status."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import unquote

from aiohttp import web

from . import entry, refusals, workflow
from .bodies import json_body, require_length
from .book import Record
from .erp import ERP, Erp
from .fields import DOCUMENTS, ENTITIES, VERSIONS, Entity
from .operations import Operation
from .query import Query
from .refusals import Refusal, json_response, px_error
from .sessions import Session
from .signin import require_session
from .wire import Draft, read_draft, record_json, with_errors

BUILD = "24.217.0013"
_REVIEW = "Please review the errors."
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def add_routes(app: web.Application) -> None:
    """Hang the API into the application."""
    app.router.add_get("/entity", list_endpoints)
    app.router.add_get("/entity/", list_endpoints)
    app.router.add_route("*", "/entity/{endpoint}/{version}/{tail:.*}", entity_call)


async def list_endpoints(_: web.Request) -> web.Response:
    """The endpoints of the instance, in the wrapper form; open to everybody, so it is a probe."""
    rows = [
        {"name": "Default", "version": version, "href": f"/entity/Default/{version}/"}
        for version in VERSIONS
    ]
    build = {"acumaticaBuildVersion": BUILD, "databaseVersion": BUILD}
    return json_response({"version": build, "endpoints": rows})


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an entity, after session, version and entity were found good."""

    request: web.Request
    erp: Erp
    session: Session
    entity: Entity
    rest: tuple[str, ...]  # what stands behind the entity in the path

    @property
    def base(self) -> str:
        """The endpoint's path."""
        info = self.request.match_info
        return f"/entity/{info['endpoint']}/{info['version']}"

    def query(self) -> Query:
        """What the URL's query asks."""
        zone = self.erp.options.zone
        return Query(self.entity, self.request.query, base=self.base, zone=zone)


async def entity_call(request: web.Request) -> web.Response:
    """Everything under an endpoint version."""
    require_length(request)
    call = _call(request, request.app[ERP], require_session(request))
    return await _handler(call)(call)


def _call(request: web.Request, erp: Erp, session: Session) -> Call:
    info = request.match_info
    name, *rest = [unquote(part) for part in request.rel_url.raw_path.split("/")[4:]]
    entity = ENTITIES.get(name)
    known = info["endpoint"] == "Default" and info["version"] in VERSIONS
    if not known or entity is None:
        raise refusals.not_found(str(request.url))
    return Call(request, erp, session, entity, tuple(part for part in rest if part))


def _handler(call: Call) -> Callable[[Call], Awaitable[web.Response]]:
    method, rest = call.request.method, call.rest
    if method == "GET" and len(rest) == 3 and rest[1] == "status":
        return operation_status
    if call.erp.operations.busy(call.session.label, call.entity.name):
        raise px_error("The previous operation has not been completed yet.")
    if method == "POST" and len(rest) == 1:
        return act
    by_method = {"GET": read_one if rest else read_list}
    by_method |= {"DELETE": delete} if rest else {"PUT": upsert}
    if method not in by_method:
        text = f"The requested resource does not support http method '{method}'."
        raise Refusal(405, {"message": text})
    return by_method[method]


async def read_list(call: Call) -> web.Response:
    """All records that pass `$filter`, `$skip` first, then `$top`; no order is promised."""
    query = call.query()
    view, condition = query.view(), query.condition()
    query.refuse_delegates(view)
    found = [record for record in call.erp.book.all(call.entity.name) if condition(record)]
    page = query.page(found)
    return json_response([record_json(record, view, row) for row, record in enumerate(page, 1)])


async def read_one(call: Call) -> web.Response:
    """One record by id or keys; one that is not there is a 500."""
    record, view = _found(call), call.query().view()
    return json_response(record_json(record, view))


async def operation_status(call: Call) -> web.Response:
    """202 while a long operation runs, then 204 or its error; only for who started it."""
    operation = call.erp.operations.find(call.rest[2], call.session.label)
    if operation is None:
        raise refusals.not_found(str(call.request.url))
    if operation.running:
        return web.Response(status=202, headers={"Location": _status_path(call, operation)})
    if operation.error:
        raise operation.error
    return web.Response(status=204)


async def upsert(call: Call) -> web.Response:
    """PUT: update what keys, id or `$filter` find, else insert; 200 either way."""
    _require_rights(call)
    draft = read_draft(call.entity, await json_body(call.request))
    record, view = _meant(call, draft), call.query().view()
    headers = call.request.headers
    if (record and headers.get("If-None-Match") == "*") or (
        record is None and headers.get("If-Match") == "*"
    ):
        raise refusals.precondition_failed()
    saved = _update(call, record, draft) if record else _insert(call, draft)
    return json_response({**record_json(saved, view), "note": None})


async def delete(call: Call) -> web.Response:
    """Delete a document; a released one stays."""
    _require_rights(call)
    record = _found(call)
    if record.status in workflow.RELEASED:
        raise refusals.not_possible()
    call.erp.delete(record, call.session.user)
    return web.Response(status=204)


async def act(call: Call) -> web.Response:
    """An action, declared or by the screen's name: release takes a while, others are done now."""
    action = workflow.screen_action(call.entity.name, call.rest[0])
    if action is None:
        raise refusals.not_found(str(call.request.url))
    body = await json_body(call.request)
    target = body.get("entity")
    if not isinstance(target, Mapping):
        raise refusals.bad_request("entity", "The entity field is required.")
    draft = read_draft(call.entity, target)
    record = _meant(call, draft)
    if record is None:
        raise refusals.no_record()
    # Whether the ERP applies other fields sent along is not documented. This one does: a client
    # that sends more than keys or id changes the document by it.
    record = _update(call, record, draft)
    if action == workflow.RELEASE:
        return _started(call, record)
    done = _act(call, record, action, _reason(body))
    shown = action in (workflow.APPROVE, workflow.REJECT)
    headers = {"Location": f"{call.base}/{call.entity.name}/{done.id}"} if shown else None
    return web.Response(status=204, headers=headers)


def _started(call: Call, record: Record) -> web.Response:
    if workflow.RELEASE not in workflow.actions_of(record):
        raise refusals.not_possible()
    work = partial(_release, call, record.id)
    operation = call.erp.operations.start(call.session.label, call.entity.name, work)
    return web.Response(status=202, headers={"Location": _status_path(call, operation)})


def _release(call: Call, record_id: str) -> None:
    """The work of the long operation: the document is looked at again, it may have moved."""
    record = call.erp.book.by_id(call.entity.name, record_id)
    if record is None:
        raise refusals.no_record()
    problem = entry.release_problem(record, call.erp.options.day())
    if problem:
        raise px_error(problem)
    _act(call, record, workflow.RELEASE)


def _act(call: Call, record: Record, action: str, reason: str = "") -> Record:
    try:
        return call.erp.act(record, action, call.session.user, reason)
    except workflow.NotAllowed:
        raise refusals.not_possible() from None
    except workflow.NotApprover as refused:
        raise px_error(str(refused)) from None


def _status_path(call: Call, operation: Operation) -> str:
    return f"{call.base}/{call.entity.name}/{call.rest[0]}/status/{operation.id}"


def _update(call: Call, record: Record, draft: Draft) -> Record:
    wanted = entry.api_draft(record, draft)
    _refuse_problems(call, wanted, record)
    return call.erp.edit(record, wanted, call.session.user)


def _insert(call: Call, draft: Draft) -> Record:
    # Auto-numbering is on: a number that was sent is not kept. This is how a PUT meant for a
    # document that is gone makes a new one.
    number = call.entity.keys[-1]
    wanted = replace(draft, fields={k: v for k, v in draft.fields.items() if k != number})
    wanted.errors |= entry.missing(call.entity, wanted)
    _refuse_problems(call, wanted, None)
    return call.erp.insert(call.entity, wanted, call.session.user)


def _refuse_problems(call: Call, draft: Draft, record: Record | None) -> None:
    problems = entry.problems(call.erp.desk(), call.entity, draft)
    if not problems:
        return
    doing = "Updating" if record else "Inserting"
    text = f"{doing} '{call.entity.form}' record raised at least one error."
    shown = record or Record(call.entity.name, "00000000-0000-0000-0000-000000000000", {})
    sent = replace(shown, fields={**shown.fields, **draft.fields})
    shape = record_json(sent, call.query().view())
    raise Refusal(422, with_errors(shape, problems, f"{text} {_REVIEW}"))


def _found(call: Call) -> Record:
    parts = [key for part in call.rest for key in part.split("|")]
    book, name = call.erp.book, call.entity.name
    record = book.by_id(name, parts[0]) if _GUID.fullmatch(parts[0]) else None
    record = record or book.by_keys(name, tuple(parts))
    if record is None:
        raise refusals.no_record()
    return record


def _meant(call: Call, draft: Draft) -> Record | None:
    """The record a body points at: by id, by its keys, or by the query's `$filter`."""
    book, name = call.erp.book, call.entity.name
    if draft.id:
        return book.by_id(name, draft.id)
    keys = tuple(str(draft.fields.get(key) or "") for key in call.entity.keys)
    if all(keys):
        return book.by_keys(name, keys)
    if not any(keys) and call.request.query.get("$filter"):
        return next(filter(call.query().condition(), book.all(name)), None)
    return None


def _require_rights(call: Call) -> None:
    """The API role reads vendors, employees and contacts; it writes documents only."""
    if call.entity.name not in DOCUMENTS:
        raise refusals.no_rights(call.entity.form, call.entity.screen)


def _reason(body: Mapping[str, object]) -> str:
    """What the Approve/Reject dialog would have asked for."""
    value: object = body
    for name in ("parameters", "custom", "ReasonApproveRejectParams", "Reason", "value"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""
