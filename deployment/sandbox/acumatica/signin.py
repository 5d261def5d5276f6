"""Cookie sign-in as the API has it: login, logout, and who a session belongs to."""

from collections.abc import Mapping

from aiohttp import web

from . import refusals
from .bodies import read_object, require_length
from .erp import ERP, Erp
from .refusals import px_error
from .sessions import AUTH_COOKIE, SESSION, SESSION_COOKIE, SeatsTaken, Session

_WRONG = "Error: Invalid credentials. Please try again."
_BOTH = "The company and tenant parameters cannot be specified together."
_GONE = "expires=Mon, 11-Oct-1999 00:00:00 GMT; path=/"


def add_routes(app: web.Application) -> None:
    """Hang login and logout into the application."""
    app.router.add_post("/entity/auth/login", sign_in)
    app.router.add_post("/entity/auth/logout", sign_out)


async def sign_in(request: web.Request) -> web.Response:
    """Open a session; a wrong password is 500, a full license the login limit."""
    erp = request.app[ERP]
    form = await _credentials(request)
    if form.get("company") and form.get("tenant"):
        raise px_error(_BOTH)
    user = _user(erp, form.get("name", ""), form.get("password", ""))
    session = request[SESSION] = _open(erp, user)
    response = web.Response(status=204)
    for cookie in _cookies(erp, session):
        response.headers.add("Set-Cookie", cookie)
    return response


async def sign_out(request: web.Request) -> web.Response:
    """Give the seat back; without a session it is a 204 all the same."""
    require_length(request)
    erp = request.app[ERP]
    session = erp.sessions.find(request.cookies)
    if session:
        request[SESSION] = session
        erp.sessions.close(session)
    response = web.Response(status=204)
    for name in (AUTH_COOKIE, SESSION_COOKIE):
        response.headers.add("Set-Cookie", f"{name}=; {_GONE}")
    return response


def require_session(request: web.Request) -> Session:
    """The session of a request, or 401."""
    session = request.app[ERP].sessions.find(request.cookies)
    if session is None:
        raise refusals.not_signed_in()
    request[SESSION] = session
    return session


def _open(erp: Erp, user: str) -> Session:
    try:
        return erp.sessions.open(user)
    except SeatsTaken:
        if erp.options.login_limit_face == "dead_session":
            return erp.sessions.unseated(user)
        raise refusals.login_limit(erp.options.login_limit_face) from None


async def _credentials(request: web.Request) -> Mapping[str, str]:
    require_length(request)
    if request.content_type == "application/x-www-form-urlencoded":
        return {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
    text = await request.text()
    if not text.strip():
        raise refusals.empty_body()
    return {name: str(value) for name, value in read_object(text).items() if value is not None}


def _user(erp: Erp, name: str, password: str) -> str:
    """The API user or one of the people; in the sandbox they share one password."""
    person = erp.people.find(name)
    login = name if name == erp.options.user else person.login if person else ""
    if not login or password != erp.options.password:
        raise px_error(_WRONG)
    return login


def _cookies(erp: Erp, session: Session) -> list[str]:
    person = erp.people.find(session.user)
    offset = int(erp.options.utc_offset.total_seconds()) // 60
    zone = f"GMT{'M' if offset < 0 else 'P'}{abs(offset) // 60:02d}{abs(offset) % 60:02d}A"
    private = {SESSION_COOKIE: session.id, AUTH_COOKIE: session.auth}
    others = {
        "UserBranch": "16" if person is None or person.branch == "EAST" else "17",
        "Locale": f"Culture=en-US&TimeZone={zone}",
        "CompanyID": erp.options.tenant,
        "requestid": session.label.upper(),
        "requeststat": "+st:1+sc:~/entity/auth/login+start:1+tg:",
    }
    hidden = [f"{name}={value}; path=/; HttpOnly" for name, value in private.items()]
    return [*hidden, *(f"{name}={value}; path=/" for name, value in others.items())]
