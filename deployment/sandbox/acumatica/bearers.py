"""Sessions of OAuth: which one a bearer token stands for, and the seat it takes.

With `api` alone the session lives as long as the token; with `offline_access` a grant has one and
keeps it over renewals; with `api:concurrent_access` it has several, told apart by cookies.
"""

from aiohttp import web

from . import refusals
from .erp import ERP, Erp
from .oauth import API, CONCURRENT, Bearer
from .sessions import SeatsTaken, Session

FRESH = web.RequestKey("FRESH", Session)  # opened by this call: its cookies go out with the answer
_SCHEME = "bearer"


def shown_bearer(request: web.Request) -> Bearer | None:
    """The good access token a request shows, if any."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return request.app[ERP].authority.bearer(token.strip()) if scheme.lower() == _SCHEME else None


def bearer_session(request: web.Request) -> Session:
    """The session of a request with a bearer token; the first one opens it. Raises Refusal."""
    erp, bearer = request.app[ERP], shown_bearer(request)
    if bearer is None or not {API, CONCURRENT} & set(bearer.grant.scopes):
        raise refusals.not_signed_in()
    session = open_session(request, bearer)
    if session is None:
        session = _seated(erp, bearer)
        if bearer.concurrent:
            request[FRESH] = session
    return session


def open_session(request: web.Request, bearer: Bearer) -> Session | None:
    """The session this token has already."""
    sessions = request.app[ERP].sessions
    if bearer.concurrent:
        return sessions.find(request.cookies, bearer.holder)
    return sessions.held_by(bearer.holder)


def seat_at_token(erp: Erp, access: str) -> None:
    """Take the seat when the token is given out; with cookies it is only looked for."""
    bearer, face = erp.authority.bearer(access), erp.licence.limits.login_limit_face
    if bearer is None or face == "dead_session":
        return
    try:
        if bearer.concurrent:
            erp.sessions.check_seats(bearer.grant.user)
        elif erp.sessions.held_by(bearer.holder) is None:
            _opened(erp, bearer)
    except SeatsTaken:
        raise refusals.login_limit(face) from None


def _seated(erp: Erp, bearer: Bearer) -> Session:
    try:
        return _opened(erp, bearer)
    except SeatsTaken:
        face = erp.licence.limits.login_limit_face
        if face == "dead_session":
            raise refusals.not_signed_in() from None
        raise refusals.login_limit(face) from None


def _opened(erp: Erp, bearer: Bearer) -> Session:
    until = bearer.until if bearer.holder == bearer.digest else None
    return erp.sessions.open(bearer.grant.user, holder=bearer.holder, until=until)
