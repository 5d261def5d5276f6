"""How an armed fault strikes one call: instead of the ERP's work, during it, or after it."""

import json
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus

from aiohttp import web

from . import refusals
from .door_input import DoorError
from .erp import Erp
from .faults import REDIRECTS, Fault
from .maintenance import hang_up, page
from .meddling import Meddling
from .refusals import Refusal
from .wishes import change

Handler = Callable[[web.Request], Awaitable[web.Response]]
_NIL = "00000000-0000-0000-0000-000000000000"
_PIECES = 8


def unanswered(fault: Fault) -> bool:
    """Whether the client gets no answer at all, and the ERP does nothing."""
    return fault.name in ("refuse", "reset_before")


async def struck(fault: Fault, request: web.Request, erp: Erp, carry_out: Handler) -> web.Response:
    """The answer of a call that is hit; the ERP may or may not have worked for it."""
    early = _instead(fault, request)
    if early is not None:
        return early
    if fault.name == "delay":
        await erp.options.sleep(fault.seconds)
    elif fault.name == "edit":
        _edit_in_between(fault, erp)
    spare = request.clone()  # once its body is read, a request cannot be cloned any more
    response = await carry_out(request)
    if fault.name == "wrong_record":
        return await _another(response, spare, erp, carry_out)
    return _spoiled(fault, response)


def oddity(fault: Fault | None) -> Meddling:
    """What is odd while the call is carried out."""
    if fault is None:
        return Meddling()
    skew = int(fault.argument) if fault.name == "clock_skew" else 0
    return Meddling(timedelta(seconds=skew), keeps=fault.name != "not_kept")


async def sent(
    fault: Fault, request: web.Request, response: web.Response, erp: Erp
) -> web.StreamResponse:
    """What goes wrong on the way back, after the ERP did its work."""
    if fault.name == "reset_after_apply":
        return hang_up(request)
    if fault.name == "half_answer" and request.transport is not None:
        request.transport.write(_half(response))
        request.transport.close()
    if fault.name == "trickle":
        return await _trickled(fault, request, response, erp)
    return response


def _instead(fault: Fault, request: web.Request) -> web.Response | None:
    if fault.name == "refuse" and request.transport is not None:
        request.transport.close()
        return web.Response(status=503)
    if fault.name == "reset_before":
        return hang_up(request)
    refusal = _refusal(fault, request)
    return refusal.response() if refusal else None


def _refusal(fault: Fault, request: web.Request) -> Refusal | None:
    match fault.name:
        case "status":
            return _bare(int(fault.argument), str(request.url))
        case "px_error":
            return refusals.px_error(
                fault.argument or "Operation failed", refusals.OPERATION_FAILED
            )
        case "html":
            return Refusal(200, page())
        case "redirect":
            return Refusal(302, "", {"Location": REDIRECTS[fault.argument]})
        case "login_limit":
            return refusals.login_limit(fault.argument or "429")
    return None


def _bare(status: int, url: str) -> Refusal:
    """The answer of a status as if the call had never reached the screen.

    500 has no exception type here, so nothing says whether it ran; `px_error` is the other one.
    """
    known = {
        400: refusals.bad_request("entity", "The entity cannot be read."),
        401: refusals.not_signed_in(),
        403: refusals.no_rights("Bills and Adjustments", "AP301000"),
        404: refusals.not_found(url),
        411: refusals.length_required(),
        412: refusals.precondition_failed(),
        422: Refusal(422, _marked_entity()),
        429: refusals.login_limit("429"),
    }
    if status in (502, 503, 504):
        return Refusal(status, f"<!DOCTYPE html><h1>{HTTPStatus(status).phrase}</h1>")
    told = "An error has occurred." if status == 500 else HTTPStatus(status).phrase
    return known.get(status, Refusal(status, {"message": told}))


def _marked_entity() -> dict[str, object]:
    """The entity with errors on the record, a field, and a field of a detail line."""
    line = {"id": _NIL, "rowNumber": 1, "Account": {"value": "4000", "error": "is inactive."}}
    text = "Updating 'Bill' record raised at least one error. Please review the errors."
    vendor = {"value": "ACMEPAPER", "error": "'Vendor' status is 'Inactive'."}
    return {"id": _NIL, "error": text, "Vendor": vendor, "Details": [line]}


def _edit_in_between(fault: Fault, erp: Erp) -> None:
    """Somebody types into a document right before the call; what they may not do, they do not."""
    try:
        change(erp, fault.edit)
    except DoorError as refused:
        erp.note_event("fault", {"fault": "edit", "problem": str(refused)})


async def _another(
    response: web.Response, spare: web.Request, erp: Erp, carry_out: Handler
) -> web.Response:
    """The answer for another record of the entity, read the same way."""
    parts = spare.rel_url.raw_path.split("/")[: 5 + erp.options.site.count("/")]
    shown = _shown_id(response)
    others = (r.id for r in erp.book.all(parts[-1]) if r.id != shown)
    other = next(others, None) if shown else None
    if other is None:
        return response
    query = spare.rel_url.raw_query_string
    address = "/".join([*parts, other]) + (f"?{query}" if query else "")
    return await carry_out(spare.clone(method="GET", rel_url=address))


def _shown_id(response: web.Response) -> str:
    if response.status != 200 or response.content_type != "application/json":
        return ""
    shown = json.loads(response.text or "null")
    return str(shown.get("id") or "") if isinstance(shown, dict) else ""


def _spoiled(fault: Fault, response: web.Response) -> web.Response:
    if fault.name == "empty":
        return web.Response(status=200)
    if fault.name == "not_json":
        return web.Response(text='{"id": "b6410d82-', content_type="application/json")
    return response


def _half(response: web.Response) -> bytes:
    """The head with the full length, and less than that; of a bodiless answer half the head."""
    body = response.body if isinstance(response.body, bytes) else b""
    phrase = HTTPStatus(response.status).phrase
    head = f"HTTP/1.1 {response.status} {phrase}\r\nContent-Type: application/json\r\n"
    if not body:
        return head[: len(head) // 2].encode()
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2]


async def _trickled(
    fault: Fault, request: web.Request, response: web.Response, erp: Erp
) -> web.StreamResponse:
    body = response.body if isinstance(response.body, bytes) else b""
    stream = web.StreamResponse(status=response.status, headers=response.headers)
    stream.content_length = len(body)
    await stream.prepare(request)
    size = max(1, math.ceil(len(body) / _PIECES))
    for start in range(0, len(body), size):
        await erp.options.sleep(fault.seconds)
        await stream.write(body[start : start + size])
    await stream.write_eof()
    return stream
