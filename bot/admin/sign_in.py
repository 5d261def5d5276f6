"""Signing in and out: by Entra, or by a link that works once."""

from __future__ import annotations

import logging
import re

from aiohttp import web

from bot.admin.drawing import draw, go
from bot.admin.guard import cookie_name
from bot.admin.oidc import Known, SignInRefused
from bot.admin.roles import Role
from bot.admin.visit import Visit
from storage import admin

log = logging.getLogger(__name__)

BROWSER = "countersign-signing-in"
"""Cookie of a browser that is on its way to Entra and back."""
MINUTES = 10
TOO_OFTEN = "That were many tries in one minute. Please wait a moment and try again."
NOT_BEGUN = (
    "This sign-in was not begun in this browser, was used already, or took longer than ten minutes."
    " Please begin anew."
)
USED_UP = (
    "This link was used already or is over: it works once, for ten minutes. Make another one with:"
    " uv run app.py admin link"
)
_CODE = re.compile(r"[a-z_]{1,40}")


async def show_sign_in(visit: Visit) -> web.StreamResponse:
    """Show how to sign in."""
    return draw(visit, "sign_in")


async def leave_for_entra(visit: Visit) -> web.StreamResponse:
    """Send a browser to Entra."""
    _check_rate(visit)
    if visit.desk.entra is None:
        raise web.HTTPNotFound(text="Nobody signs in by Entra here: ADMIN__CLIENT_ID is empty.")
    state, browser, attempt = visit.desk.attempts.begin()
    answer = web.Response(
        status=303, headers={"Location": visit.desk.entra.address(state, attempt)}
    )
    # Lax, as Entra's own page sends the browser back.
    answer.set_cookie(
        BROWSER, browser, max_age=MINUTES * 60, path="/admin/sign-in", httponly=True,
        secure=visit.secure, samesite="Lax",
    )  # fmt: skip
    return answer


async def come_back(visit: Visit) -> web.StreamResponse:
    """Take a browser back from Entra."""
    try:
        known = await _vouched_for(visit)
    except SignInRefused as error:
        log.warning("sign-in to the admin page refused", extra={"reason": error.reason})
        answer: web.StreamResponse = draw(visit, "sign_in", 403, refused=str(error))
        answer.del_cookie(BROWSER, path="/admin/sign-in")
        return answer
    async with visit.desk.store.transaction() as conn:
        word = await visit.desk.sessions.begin(
            conn, person=known.person, name=known.name, role=known.role, how="Entra"
        )
    answer = await _signed_in(visit, word)
    answer.del_cookie(BROWSER, path="/admin/sign-in")
    return answer


async def _vouched_for(visit: Visit) -> Known:
    """Return whom Entra vouches for. Raises SignInRefused."""
    browser = visit.request.cookies.get(BROWSER, "")
    attempt = visit.desk.attempts.take(visit.form.one("state"), browser)
    if visit.desk.entra is None or attempt is None:
        raise SignInRefused(NOT_BEGUN, "unknown state")
    if problem := visit.form.one("error"):
        code = problem if _CODE.fullmatch(problem) else "unknown"
        raise SignInRefused(f"Entra did not let you in ({code}). Please try again.", code)
    return await visit.desk.entra.known(visit.form.one("code", 8000), attempt)


async def show_link(visit: Visit) -> web.StreamResponse:
    """Ask before a link is used up: who only looks at an address, a scanner of mails, must not."""
    return draw(visit, "link", token=visit.form.one("token"))


async def use_link(visit: Visit) -> web.StreamResponse:
    """Sign in by a link."""
    desk = visit.desk
    async with desk.store.transaction() as conn:
        found = await admin.use_link(conn, visit.form.one("token"), now=desk.now)
        if found is None:
            # Only what fails counts: behind a proxy strangers come from the same address.
            _check_rate(visit)
            raise web.HTTPForbidden(text=USED_UP)
        name, role = found
        word = await desk.sessions.begin(conn, person="", name=name, role=Role(role), how="link")
    return await _signed_in(visit, word)


async def sign_out(visit: Visit) -> web.StreamResponse:
    """End a session."""
    await visit.desk.sessions.end(visit.who)
    answer = go("/admin/sign-in")
    answer.del_cookie(cookie_name(secure=visit.secure), path="/", secure=visit.secure)
    return answer


async def _signed_in(visit: Visit, word: str) -> web.Response:
    """Give a browser its new session; the one it had before is over."""
    if visit.session is not None:
        await visit.desk.sessions.end(visit.session)
    answer = go("/admin")
    answer.set_cookie(
        cookie_name(secure=visit.secure), word, path="/", httponly=True, secure=visit.secure,
        samesite="Lax",
    )  # fmt: skip
    return answer


def _check_rate(visit: Visit) -> None:
    seconds = visit.desk.ports.clock.reading().seconds
    if not visit.desk.rates.lets(visit.request.remote or "", seconds):
        raise web.HTTPTooManyRequests(text=TOO_OFTEN)
