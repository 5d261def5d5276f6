"""Stands before every page: is it our address, who is it, may they, was the form sent from here."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from aiohttp import web

from bot.admin.drawing import draw, go
from bot.admin.forms import parsed, read_form
from bot.admin.origin import came_from, own_origin
from bot.admin.roles import Role
from bot.admin.sessions import fits, note
from bot.admin.visit import Desk, Visit

log = logging.getLogger(__name__)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not `no-referrer`: with that a browser does not say where a form comes from.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TRANSPORT = {"Strict-Transport-Security": "max-age=31536000"}
STRANGE = "This address is not the one Countersign is set up for (SERVER__PUBLIC_URL)."
FROM_ELSEWHERE = (
    "This form was not sent from a page of this session, so nothing was done. Please go back, load"
    " the page again and try once more."
)
NOT_YOURS = "Your role ({have}) may not do this; it wants {wanted}. Nothing was done."

Show = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Door:
    """One address of the admin page."""

    method: str
    path: str
    show: Show
    role: Role | None = Role.VIEWER
    """What whoever comes must be; None: anybody, so that they can sign in."""


def cookie_name(*, secure: bool) -> str:
    """Return the name of the session's cookie; by https one that no other host can set."""
    return "__Host-countersign" if secure else "countersign-admin"


async def guarded(door: Door, request: web.Request, desk: Desk) -> web.StreamResponse:
    """Let a request in, or say in plain words why not; every answer carries the headers."""
    origin = own_origin(request, desk.settings.server.public_url)
    visit = Visit(request, desk, origin, parsed(""))
    try:
        answer = await _let_in(door, visit)
    except web.HTTPException as error:
        if error.status >= 500:
            raise
        answer = draw(visit, "refused", status=error.status, told=error.text or error.reason)
    for name, value in (HEADERS | (TRANSPORT if visit.secure else {})).items():
        answer.headers.setdefault(name, value)
    return answer


async def _let_in(door: Door, visit: Visit) -> web.StreamResponse:
    if not visit.origin:
        raise web.HTTPMisdirectedRequest(text=STRANGE)
    visit = await _known(visit)
    posts = door.method == "POST"
    if door.role is not None and visit.session is None:
        return _asked_to_sign_in(posts=posts)
    if posts:
        visit = await _sent(door, visit)  # before anything of it is written down
    if door.role is not None and visit.session is not None and not visit.may(door.role):
        if posts:
            await _note_refused(door, visit)
        have, wanted = visit.session.role.capitalize(), door.role.capitalize()
        raise web.HTTPForbidden(text=NOT_YOURS.format(have=have, wanted=wanted))
    return await door.show(visit)


async def _known(visit: Visit) -> Visit:
    """Find out who comes, and read what stands behind the question mark."""
    visit = replace(visit, form=parsed(visit.request.rel_url.raw_query_string))
    word = visit.request.cookies.get(cookie_name(secure=visit.secure), "")
    session = await visit.desk.sessions.find(word) if word else None
    return visit if session is None else replace(visit, session=session, word=word)


async def _note_refused(door: Door, visit: Visit) -> None:
    """Write down that somebody pressed what they may not."""
    async with visit.desk.store.transaction() as conn:
        await note(conn, visit.who, visit.desk.ports, "admin press refused", reason="role",
                   pressed=door.path)  # fmt: skip


def _asked_to_sign_in(*, posts: bool) -> web.Response:
    if posts:
        text = "Your session is over, so nothing was done. Please sign in and try again."
        raise web.HTTPForbidden(text=text)
    return go("/admin/sign-in")


async def _sent(door: Door, visit: Visit) -> Visit:
    """Read a form, if it was sent from a page of ours, in this session. Raises HTTPForbidden."""
    form = await read_form(visit.request) if came_from(visit.request, visit.origin) else None
    signed_in = door.role is not None
    if form is None or (signed_in and not fits(visit.word, form.one("form_token"))):
        log.warning("form refused", extra={"what": door.path})
        raise web.HTTPForbidden(text=FROM_ELSEWHERE)
    return replace(visit, form=form)
