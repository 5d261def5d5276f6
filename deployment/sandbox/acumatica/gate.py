"""The door every API request passes: maintenance, license and armed faults strike here, and history
is written here, before an answer leaves.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import format_datetime

from aiohttp import web

from . import refusals
from .bearers import FRESH
from .bodies import BODY
from .erp import ERP, Erp, site_path
from .faults import Fault
from .maintenance import ANSWERS, OFF, RESET
from .meddling import meddled, meddling
from .refusals import Refusal, json_response
from .sessions import SESSION
from .signin import place_cookies, with_cookies
from .striking import oddity, sent, struck, unanswered
from .wire import Json

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
WAITED = web.RequestKey("WAITED", float)
_LOGOUT = "/entity/auth/logout"


@web.middleware
async def api_door(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer one request, or have it go wrong as armed; written down before it is sent."""
    if not site_path(request).startswith(("/entity", "/identity")):
        return await handler(request)
    erp = request.app[ERP]
    if erp.maintenance != OFF:
        return _closed(erp, request)
    fault = erp.faults.take(request.method, site_path(request), _action(request) or "")
    with meddled(oddity(fault)):
        return await (_hit(fault, request, handler) if fault else _plainly(request, handler))


def _closed(erp: Erp, request: web.Request) -> web.Response:
    kind = erp.maintenance
    response = ANSWERS[kind](request)
    event = _event(request, response) | {"maintenance": kind}
    erp.note_event("request", event | ({"status": None} if kind == RESET else {}))
    return response


async def _plainly(request: web.Request, handler: Handler) -> web.Response:
    response = await _answered(request, handler)
    request.app[ERP].note_event("request", _event(request, response))
    return response


async def _hit(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    erp = request.app[ERP]
    call = {"method": request.method, "path": site_path(request)}
    erp.note_event("fault", {"fault": fault.text, **call})

    async def carry_out(asked: web.Request) -> web.Response:
        return await _answered(asked, handler)

    response = await struck(fault, request, erp, carry_out)
    event = _event(request, response) | {"fault": fault.text}
    # A call cut off at the start was never answered, whatever is written into the dead line.
    erp.note_event("request", event | ({"status": None} if unanswered(fault) else {}))
    return await sent(fault, request, response, erp)


async def _answered(request: web.Request, handler: Handler) -> web.Response:
    erp = request.app[ERP]
    try:
        response = await _carried_out(request, handler)
    except Exception as error:
        log.exception("%s %s", request.method, request.path)
        response = refusals.broken(error).response()
    now = erp.options.now() + meddling().skew
    response.headers["Date"] = format_datetime(now.astimezone(UTC), usegmt=True)
    return _remembered(request, response, erp)


async def _carried_out(request: web.Request, handler: Handler) -> web.Response:
    try:
        response = await _admitted(request, handler)
    except Refusal as refusal:
        return refusal.response()
    except web.HTTPNotFound:
        return refusals.not_found(str(request.url)).response()
    except web.HTTPException as other:
        return json_response({"message": other.reason}, status=other.status)
    return response if isinstance(response, web.Response) else web.Response(status=500)


async def _admitted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The license counts requests to the API; to sign out is always possible."""
    path = site_path(request)
    if path == _LOGOUT or not path.startswith("/entity"):
        return await handler(request)
    erp = request.app[ERP]
    begun = erp.options.now()
    async with erp.licence.admitted():
        request[WAITED] = (erp.options.now() - begun).total_seconds()
        return await handler(request)


def _remembered(request: web.Request, response: web.Response, erp: Erp) -> web.Response:
    """Cookies: all of them with a session just opened, the place's with every later answer."""
    if FRESH in request:
        return with_cookies(response, erp, request[FRESH])
    if SESSION in request and not site_path(request).startswith("/entity/auth/"):
        return place_cookies(response, erp, request[SESSION])
    return response


def _event(request: web.Request, response: web.Response) -> Json:
    session = request.get(SESSION)
    event: Json = {
        "method": request.method,
        "path": site_path(request),
        "query": request.rel_url.query_string,
        "status": response.status,
        "session": session.label if session else None,
        "user": session.user if session else None,
    }
    waited = round(request.get(WAITED, 0.0), 2)
    extras: Json = {"action": _action(request), "body": request.get(BODY), "waited": waited or None}
    return event | {name: value for name, value in extras.items() if value is not None}


def _action(request: web.Request) -> str | None:
    """The action a path names, whether the entity has it or not; a status poll names none."""
    parts = site_path(request).strip("/").split("/")
    return parts[4] if request.method == "POST" and len(parts) == 5 else None
