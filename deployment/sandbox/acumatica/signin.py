"""Cookie sign-in as the API has it: login, logout, and who a session belongs to."""

import re
from collections.abc import Mapping

from aiohttp import web

from . import refusals
from .bearers import bearer_session, open_session, shown_bearer
from .bodies import FORM, BadBody, entity_text, read_form, read_object, require_length
from .entry import BRANCHES
from .erp import ERP, Erp
from .refusals import px_error
from .sessions import AUTH_COOKIE, SESSION, SESSION_COOKIE, SeatsTaken, Session

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
_FIRST_BRANCH = 16  # the number the cookie has for it
_WRONG = "Error: Invalid credentials. Please try again."
_BOTH = "The company and tenant parameters cannot be specified together."
_NO_TENANT = "PX.Data.PXUndefinedCompanyException"
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
    tenant = _tenant(erp, form.get("tenant") or form.get("company") or "")
    user = known_login(erp, form.get("name", ""), form.get("password", ""))
    if not user:
        raise px_error(_WRONG)
    session = request[SESSION] = _open(erp, user, tenant)
    session.branch, session.locale = form.get("branch", ""), form.get("locale", "")
    return with_cookies(web.Response(status=204), erp, session)


async def sign_out(request: web.Request) -> web.Response:
    """Give the seat back; without a session it is a 204 all the same."""
    require_length(request)
    erp, bearer = request.app[ERP], shown_bearer(request)
    session = open_session(request, bearer) if bearer else erp.sessions.find(request.cookies)
    if session:
        request[SESSION] = session
        erp.sessions.close(session)
    response = web.Response(status=204)
    for name in (AUTH_COOKIE, SESSION_COOKIE):
        response.headers.add("Set-Cookie", f"{name}=; {_GONE}")
    return response


def require_session(request: web.Request) -> Session:
    """The session of a request, by bearer token or cookies, or 401."""
    if "Authorization" in request.headers:
        session: Session | None = bearer_session(request)
    else:
        session = request.app[ERP].sessions.find(request.cookies)
    if session is None:
        raise refusals.not_signed_in()
    request[SESSION] = session
    return session


def with_cookies(response: web.Response, erp: Erp, session: Session) -> web.Response:
    """The cookies of a new session, each one twice, as recorded on a real site."""
    for cookie in 2 * _cookies(erp, session):
        response.headers.add("Set-Cookie", cookie)
    return response


def known_login(erp: Erp, name: str, password: str) -> str:
    """The login of the API user or one of the people, or nothing; they share one password."""
    person = erp.people.find(name)
    login = name if name == erp.options.user else person.login if person else ""
    return login if password == erp.options.password else ""


def _tenant(erp: Erp, name: str) -> str:
    """Where to sign in: with one tenant any name passes, with several only theirs."""
    options = erp.options
    if name and options.tenants and name not in (options.tenant, *options.tenants):
        raise px_error(f"The tenant '{name}' cannot be found.", _NO_TENANT)
    return name if name in options.tenants else options.tenant


def _open(erp: Erp, user: str, tenant: str) -> Session:
    try:
        return erp.sessions.open(user, tenant=tenant)
    except SeatsTaken:
        face = erp.licence.limits.login_limit_face
        if face == "dead_session":
            return erp.sessions.unseated(user, tenant)
        raise refusals.login_limit(face) from None


async def _credentials(request: web.Request) -> Mapping[str, str]:
    require_length(request)
    if request.content_type != FORM:
        body = read_object(await entity_text(request))
        return {name: str(value) for name, value in body.items() if value is not None}
    try:
        return await read_form(request)
    except BadBody as bad:
        raise refusals.bad_request("credentials", str(bad)) from None


def place_cookies(response: web.Response, erp: Erp, session: Session) -> web.Response:
    """Where the session works; set again with every answer."""
    for name, value in _place(erp, session).items():
        response.headers.add("Set-Cookie", f"{name}={value}; path=/")
    return response


def _place(erp: Erp, session: Session) -> Mapping[str, str]:
    person = erp.people.find(session.user)
    offset = int(erp.options.utc_offset.total_seconds()) // 60
    zone = f"GMT{'M' if offset < 0 else 'P'}{abs(offset) // 60:02d}{abs(offset) % 60:02d}A"
    own = BRANCHES[0] if person is None else person.branch
    branch = session.branch if session.branch in BRANCHES else own
    locale = session.locale if _LOCALE.fullmatch(session.locale) else "en-US"
    return {
        "UserBranch": str(_FIRST_BRANCH + BRANCHES.index(branch)),
        "Locale": f"Culture={locale}&TimeZone={zone}",
    }


def _cookies(erp: Erp, session: Session) -> list[str]:
    private = {SESSION_COOKIE: session.id, AUTH_COOKIE: session.auth}
    others = {
        **_place(erp, session),
        "CompanyID": session.tenant,
        "requestid": session.label.upper(),
        "requeststat": "+st:1+sc:~/entity/auth/login+start:1+tg:",
    }
    hidden = [f"{name}={value}; path=/; HttpOnly" for name, value in private.items()]
    return [*hidden, *(f"{name}={value}; path=/" for name, value in others.items())]
