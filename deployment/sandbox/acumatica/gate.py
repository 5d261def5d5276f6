"""The door every API request passes: armed faults strike here, and history is written here."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from . import refusals
from .bodies import BODY
from .erp import ERP
from .faults import after, before
from .refusals import Refusal, json_response
from .sessions import SESSION
from .wire import Json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def api_door(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer one API request, or have it go wrong as armed; written down before it is sent."""
    if not request.path.startswith("/entity"):
        return await handler(request)
    erp = request.app[ERP]
    fault = erp.faults.take(request.method, request.path, _action(request) or "")
    if fault is None:
        response = await _answered(request, handler)
        erp.note_event("request", _event(request, response))
        return response
    call = {"method": request.method, "path": request.path}
    erp.note_event("fault", {"fault": fault.text, **call})
    response = await before(fault, request, erp.options) or await _answered(request, handler)
    event = _event(request, response) | {"fault": fault.text}
    # A call cut off at the start was never answered, whatever is written into the dead line.
    erp.note_event("request", event | ({"status": None} if fault.name == "reset_before" else {}))
    after(fault, request, response)
    return response


async def _answered(request: web.Request, handler: Handler) -> web.Response:
    try:
        response = await handler(request)
    except Refusal as refusal:
        return refusal.response()
    except web.HTTPNotFound:
        return refusals.not_found(str(request.url)).response()
    except web.HTTPException as other:
        return json_response({"message": other.reason}, status=other.status)
    return response if isinstance(response, web.Response) else web.Response(status=500)


def _event(request: web.Request, response: web.Response) -> Json:
    session = request.get(SESSION)
    event: Json = {
        "method": request.method,
        "path": request.path,
        "query": request.rel_url.query_string,
        "status": response.status,
        "session": session.label if session else None,
        "user": session.user if session else None,
    }
    extras: Json = {"action": _action(request), "body": request.get(BODY)}
    return event | {name: value for name, value in extras.items() if value is not None}


def _action(request: web.Request) -> str | None:
    """The action a path names, whether the entity has it or not; a status poll names none."""
    parts = request.path.strip("/").split("/")
    return parts[4] if request.method == "POST" and len(parts) == 5 else None
