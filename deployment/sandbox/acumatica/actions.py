"""Actions: those an endpoint declares, any other of the screen by its name, and their status."""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from aiohttp import web

from . import entry, refusals, workflow
from .book import Record
from .call import NO_ID, Call
from .fields import DOCUMENTS
from .habits import BOARD
from .operations import Operation
from .refusals import px_error
from .shapes import Kind
from .values import WrongValue, read_value

_SCREENS = frozenset({*DOCUMENTS, "PurchaseReceipt"})  # the API user's role lacks the others


async def act(call: Call) -> web.Response:
    """An action, declared or by the screen's name: release takes a while, others are done now."""
    action = _action(call)
    body = await call.body()
    target = body.get("entity")
    if not isinstance(target, Mapping):
        raise refusals.bad_request("entity", "The entity field is required.")
    if call.entity.name not in _SCREENS:
        raise refusals.no_rights(call.entity.form, call.entity.screen)
    draft = call.draft(target)
    record = call.meant(draft)
    if record is None:
        raise refusals.no_record()
    if not workflow.knows(record.entity, action):
        raise refusals.not_possible()
    # Whether the ERP applies other fields sent along is not documented. This one does: a client
    # that sends more than keys or id changes the document by it.
    record = call.update(record, draft)
    if action in workflow.LONG:
        return _started(call, record, action, _amount(body))
    reason = _reason(body)
    _require_reason(call, action, reason)
    done = _run(call, record, action, reason)
    return web.Response(status=204, headers=_location(call, done))


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


def _action(call: Call) -> str:
    """The screen's action behind the name in the path; a name nobody knows is a 404."""
    name = call.rest[0]
    declared = call.endpoint.actions[call.entity.name].get(name)
    if declared is None and name not in workflow.screen_actions(call.entity.name):
        raise refusals.not_found(str(call.request.url))
    return declared or name


def _started(call: Call, record: Record, action: str, amount: Decimal | None) -> web.Response:
    if action not in workflow.actions_of(record):
        raise refusals.not_possible()
    work = partial(_release, call, record.id, action, amount)
    operation = call.erp.operations.start(call.session.label, call.entity.name, work)
    return web.Response(status=202, headers={"Location": _status_path(call, operation)})


def _release(call: Call, record_id: str, action: str, amount: Decimal | None) -> None:
    """The work of the long operation: the document is looked at again, it may have moved."""
    record = call.erp.book.by_id(call.entity.name, record_id)
    if record is None:
        raise refusals.no_record()
    releases = action == workflow.RELEASE
    problem = entry.release_problem(record, call.erp.options.day()) if releases else ""
    if problem:
        raise px_error(problem)
    if call.request.app[BOARD].operation_fails():
        raise px_error("At least one item has not been processed.")
    _run(call, record, action, amount=amount)


def _run(
    call: Call, record: Record, action: str, reason: str = "", *, amount: Decimal | None = None
) -> Record:
    try:
        return call.erp.act(record, action, call.session.user, reason, amount=amount)
    except workflow.NotAllowed:
        raise refusals.not_possible() from None
    except workflow.NotApprover as refused:
        raise px_error(str(refused)) from None


def _status_path(call: Call, operation: Operation) -> str:
    return f"{call.base}/{call.entity.name}/{call.rest[0]}/status/{operation.id}"


def _location(call: Call, record: Record) -> dict[str, str]:
    """A 204 may lead to the record, nowhere at all, or have no Location: clients must not care."""
    habit = call.request.app[BOARD].habits.action_location
    if habit == "none":
        return {}
    target = record.id if habit == "record" else NO_ID
    return {"Location": f"{call.base}/{call.entity.name}/{target}"}


def _require_reason(call: Call, action: str, reason: str) -> None:
    """A map may require a reason; what a bare call gets then is unconfirmed."""
    asked = action in (workflow.APPROVE, workflow.REJECT)
    if asked and not reason and call.request.app[BOARD].habits.reason_required:
        raise px_error("'Reason' cannot be empty.", "PX.Data.PXSetPropertyException")


def _amount(body: Mapping[str, object]) -> Decimal | None:
    """How much of the retainage a request wants released."""
    parameters = body.get("parameters")
    wrapped = parameters.get("AmtToRelease") if isinstance(parameters, Mapping) else None
    try:
        given = wrapped.get("value") if isinstance(wrapped, Mapping) else None
        value = read_value(Kind.DECIMAL, given)
    except WrongValue as wrong:
        raise refusals.bad_request("AmtToRelease", f"'AmtToRelease' {wrong}.") from None
    return value if isinstance(value, Decimal) else None


def _reason(body: Mapping[str, object]) -> str:
    """What the Approve/Reject dialog would have asked for."""
    value: object = body
    for name in ("parameters", "custom", "ReasonApproveRejectParams", "Reason", "value"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""
