"""Levers of the site itself, under `/_sandbox`: faults, license, maintenance, OAuth application."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from .door_input import DoorError, door_body, refuse_unknown
from .erp import ERP
from .faults import BadFault, read_fault
from .licence import BadLimit, read_limits
from .maintenance import KINDS, OFF
from .oauth import Grant
from .options import SandboxOptions
from .refusals import json_response
from .sessions import Session
from .values import moment_text
from .wire import Json
from .wishes import check_wish

_SWITCHES = ("refresh_tokens", "pkce_required")
_OAUTH = ("redirect_uris", "client_secret", *_SWITCHES)


def add_routes(app: web.Application) -> None:
    """Hang the levers into the application."""
    app.router.add_get("/_sandbox/faults", read_faults)
    app.router.add_post("/_sandbox/faults", arm_fault)
    app.router.add_delete("/_sandbox/faults", clear_faults)
    app.router.add_get("/_sandbox/licence", read_licence)
    app.router.add_post("/_sandbox/licence", set_licence)
    app.router.add_get("/_sandbox/maintenance", read_maintenance)
    app.router.add_post("/_sandbox/maintenance", set_maintenance)
    app.router.add_post("/_sandbox/recycle", recycle)
    app.router.add_get("/_sandbox/oauth", read_oauth)
    app.router.add_post("/_sandbox/oauth", set_oauth)
    app.router.add_delete("/_sandbox/oauth", revoke_grants)


async def read_faults(request: web.Request) -> web.Response:
    """What is armed now."""
    armed = request.app[ERP].faults.armed
    rows = [{"fault": f.text, "on": dict(f.on), "times": f.times} for f in armed]
    return json_response({"faults": rows})


async def arm_fault(request: web.Request) -> web.Response:
    """Arm one fault."""
    erp, body = request.app[ERP], await door_body(request)
    try:
        fault = read_fault(body)
    except BadFault as bad:
        raise DoorError(str(bad)) from None
    if fault.edit:
        check_wish(erp, fault.edit)
    erp.faults.arm(fault)
    return await read_faults(request)


async def clear_faults(request: web.Request) -> web.Response:
    """Disarm everything."""
    request.app[ERP].faults.armed.clear()
    return await read_faults(request)


async def read_licence(request: web.Request) -> web.Response:
    """What is allowed, and how much of it is in use."""
    erp = request.app[ERP]
    licence, limits = erp.licence, erp.licence.limits
    sessions = [_session_row(session) for session in erp.sessions.all()]
    return json_response(
        {
            "seats": {"limit": limits.seats, "used": len(sessions)},
            "logins_per_user": limits.logins_per_user,
            "requests_per_minute": {"limit": limits.requests_per_minute, "used": licence.used},
            "concurrent_requests": {"limit": limits.concurrent_requests, "used": licence.running},
            "waiting": licence.waiting,
            "login_limit_face": limits.login_limit_face,
            "limit_at_token": limits.limit_at_token,
            "sessions": sessions,
        }
    )


async def set_licence(request: web.Request) -> web.Response:
    """Change limits until the next start."""
    licence, body = request.app[ERP].licence, await door_body(request)
    try:
        licence.limits = read_limits(licence.limits, body)
    except BadLimit as bad:
        raise DoorError(str(bad)) from None
    return await read_licence(request)


async def read_maintenance(request: web.Request) -> web.Response:
    """Whether the site is under maintenance, and what it answers then."""
    return json_response({"kind": request.app[ERP].maintenance})


async def set_maintenance(request: web.Request) -> web.Response:
    """Begin or end maintenance; whoever was signed in is not any more."""
    erp, body = request.app[ERP], await door_body(request)
    refuse_unknown(body, ("kind",))
    kind = body.get("kind")
    if kind not in KINDS:
        raise DoorError(f"'kind' must be one of: {', '.join(KINDS)}.")
    erp.maintenance = str(kind)
    if kind != OFF:
        erp.recycle()
    return await read_maintenance(request)


async def recycle(request: web.Request) -> web.Response:
    """Restart the application pool: no session, no operation is known any more.

    With `{"running": "lost"}` the operations that run never finish; otherwise their work is done.
    """
    erp = request.app[ERP]
    body = await door_body(request) if request.can_read_body else {}
    refuse_unknown(body, ("running",))
    if body.get("running", "finishes") not in ("finishes", "lost"):
        raise DoorError("'running' must be one of: finishes, lost.")
    lost = len(erp.sessions.all())
    if body.get("running") == "lost":
        await erp.operations.stop()
    erp.recycle()
    return json_response({"sessions_lost": lost})


async def read_oauth(request: web.Request) -> web.Response:
    """The connected application, its secret left out, and the grants that live."""
    authority, options = request.app[ERP].authority, request.app[ERP].options
    return json_response(
        {
            "client_id": authority.application.client_id,
            "redirect_uris": authority.application.redirect_uris,
            **{name: getattr(authority.application, name) for name in _SWITCHES},
            "grants": [_grant_row(grant, options) for grant in authority.grants()],
        }
    )


async def set_oauth(request: web.Request) -> web.Response:
    """Change the connected application until the next start."""
    application, body = request.app[ERP].authority.application, await door_body(request)
    refuse_unknown(body, _OAUTH)
    _check_application(body)
    for name, value in body.items():
        setattr(application, name, tuple(value) if isinstance(value, list) else value)
    return await read_oauth(request)


async def revoke_grants(request: web.Request) -> web.Response:
    """Revoke every grant, as an administrator can."""
    request.app[ERP].authority.revoke_all()
    return await read_oauth(request)


def _check_application(body: Mapping[str, object]) -> None:
    uris = body.get("redirect_uris", [])
    if not isinstance(uris, list) or not all(_address(uri) for uri in uris):
        raise DoorError("'redirect_uris' must be a list of addresses, without line breaks.")
    secret = body.get("client_secret", "x")
    if not isinstance(secret, str) or not secret or not _sendable(secret):
        raise DoorError("'client_secret' must be a text.")
    for name in _SWITCHES:
        if not isinstance(body.get(name, True), bool):
            raise DoorError(f"'{name}' must be true or false.")


def _address(uri: object) -> bool:
    if not isinstance(uri, str) or not uri.isprintable() or " " in uri:
        return False
    try:
        return bool(urlsplit(uri).scheme)
    except ValueError:  # brackets without an address
        return False


def _sendable(text: str) -> bool:
    """Half a surrogate pair is JSON, and no text anybody could send."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _session_row(session: Session) -> Json:
    return {
        "session": session.label,
        "user": session.user,
        "tenant": session.tenant,
        "via": "oauth" if session.holder else "cookies",
        "seen": moment_text(session.seen),
    }


def _grant_row(grant: Grant, options: SandboxOptions) -> Json:
    now = options.now()
    return {
        "user": grant.user,
        "scopes": grant.scopes,
        "until": moment_text(grant.until),
        "access_tokens": sum(until > now for until in grant.access.values()),
        "refreshable": bool(grant.refresh),
    }
