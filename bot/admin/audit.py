"""The audit trail: its newest rows, whether it is whole, and evidence from it."""

from __future__ import annotations

from aiohttp import web

from bot.admin import trail
from bot.admin.documents import LAST
from bot.admin.drawing import draw, go
from bot.admin.sessions import note
from bot.admin.visit import Visit
from bot.auditing.wanted import read_wanted
from bot.checked import SettingsError
from storage import audit

PAGE = 100
BUSY = "The trail is being checked just now. Please wait until that is done."
WRITE = (
    "Say a document like Bill/Bill/004512, or a first and a last day like 2026-11-01. Nothing was"
    " taken."
)


async def show_audit(visit: Visit) -> web.StreamResponse:
    """Show the trail, the newest first."""
    before = visit.form.number("before", LAST)
    async with visit.desk.store.reading() as conn:
        rows = await audit.back(conn, before=before, limit=PAGE + 1)
        told = await trail.told(conn, rows[:PAGE])
    more = rows[PAGE - 1].seq if len(rows) > PAGE else None
    return draw(
        visit, "audit", days=trail.by_day(told), more=more, evidence=visit.desk.evidence,
        newest=before == LAST,
    )  # fmt: skip


async def check_trail(visit: Visit) -> web.StreamResponse:
    """Check that nobody changed the trail."""
    desk = visit.desk
    if not await desk.evidence.begin(None, by=visit.who.name):
        raise web.HTTPConflict(text=BUSY)
    async with desk.store.transaction() as conn:
        await note(conn, visit.who, desk.ports, "trail checked")
    return go("/admin/audit")


async def take_evidence(visit: Visit) -> web.StreamResponse:
    """Take evidence about a document or a time; the trail is checked first."""
    desk, form = visit.desk, visit.form
    named = [form.one(name) for name in ("document", "from", "to")]
    try:
        wanted = read_wanted(named[0], named[1], named[2], form.one("company"))
    except SettingsError as error:
        raise web.HTTPBadRequest(text=WRITE) from error
    if desk.evidence.busy:
        raise web.HTTPConflict(text=BUSY)
    async with desk.store.transaction() as conn:  # told of before anything can be taken away
        await note(
            conn, visit.who, desk.ports, "evidence taken", company=wanted.company,
            wanted=wanted.document or f"{wanted.since:%Y-%m-%d} to {wanted.until:%Y-%m-%d}",
        )  # fmt: skip
    await desk.evidence.begin(wanted, by=visit.who.name)
    return go("/admin/audit")


async def give_evidence(visit: Visit) -> web.StreamResponse:
    """Give the evidence that was taken last, as a zip."""
    pack = visit.desk.evidence.pack
    if pack is None or not pack.file.exists():
        raise web.HTTPNotFound(text="There is no evidence to take away: take it anew.")
    name = f"countersign-evidence-{pack.made:%Y%m%d-%H%M}.zip"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "application/zip",
    }  # fmt: skip
    return web.FileResponse(pack.file, headers=headers)
