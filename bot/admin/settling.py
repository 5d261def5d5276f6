"""What nobody but two administrators can settle: what was asked and sent, and their presses.

A press here goes the way of the press on an administrator's card: judged and carried out by the
same code, and nothing of it calls the ERP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.admin.documents import Line, line_of
from bot.admin.drawing import draw, go
from bot.admin.visit import Visit
from bot.core.settlements import Move, bench_of, offered
from cards.language import ENGLISH
from cards.refusals import Refusal, refusal_text
from cards.settlement import LOOK, NO_EFFECT, OBJECT, SEEN, TOOK_EFFECT
from storage import documents, ledger, settlements
from storage.database import Connection
from storage.records import Decision, Settlement, Step, StepState, TeamsPerson

PAGE = 200
RECORDS = {
    TOOK_EFFECT: "It took effect",
    NO_EFFECT: "It did not take effect",
    SEEN: "I have seen it",
}
CONFIRMS = {
    TOOK_EFFECT: "Confirm: it took effect",
    NO_EFFECT: "Confirm: it did not take effect",
    SEEN: "I have seen it, too",
}
SAID = {
    Move.RECORD: "Recorded. A second administrator must confirm it.",
    Move.CONFIRM: "Confirmed: it is settled.",
    Move.OBJECT: "Objected: it begins anew.",
    Move.LOOK: "It is read again in Acumatica now.",
}


@dataclass(frozen=True, slots=True)
class Matter:
    """One decision that waits for two administrators."""

    settlement: Settlement
    decision: Decision
    step: Step | None
    """The last thing that was sent to Acumatica."""
    line: Line | None
    read_at: datetime | None
    bench: Sequence[str]
    """Names of who may settle it."""
    buttons: Sequence[tuple[str, str]]
    """Verb and label of what who looks may press."""


async def show_settling(visit: Visit) -> web.StreamResponse:
    """List what waits for two administrators, oldest first."""
    desk, found = visit.desk, []
    async with desk.store.reading() as conn:
        for name, tenant in desk.tenants.items():
            waiting = (await settlements.unsettled(conn, name))[:PAGE]
            people = await tenant.people(conn, now=desk.now) if waiting else None
            for one in waiting:
                decision = await ledger.get(conn, one.decision)
                if decision is not None and people is not None:
                    bench = bench_of(tenant.administrators, people, decision)
                    found.append(await _matter(conn, visit, one, decision, bench))
    return draw(
        visit, "settling", matters=found[:PAGE], records=RECORDS, said=_said(visit.form.one("said"))
    )


async def settle(visit: Visit) -> web.StreamResponse:
    """Take a press of an administrator."""
    desk, form = visit.desk, visit.form
    async with desk.store.transaction() as conn:
        came = await desk.settlements.settle(
            conn, form.one("decision"), form.one("verb", 40), visit.who.person
        )
    desk.claims.ring()
    if isinstance(came, Refusal):
        raise web.HTTPConflict(text=refusal_text(came, ENGLISH))
    return go("/admin/settling", said=came.name)


def _said(name: str) -> str:
    return SAID[Move[name]] if name in Move.__members__ else ""


async def _matter(
    conn: Connection,
    visit: Visit,
    settlement: Settlement,
    decision: Decision,
    bench: Sequence[TeamsPerson],
) -> Matter:
    record = await documents.get(conn, decision.company, decision.document)
    sent = [
        step
        for step in await ledger.steps(conn, decision.id)
        if step.state is not StepState.PENDING
    ]
    mine = visit.who.person in {one.aad_object_id for one in bench}
    return Matter(
        settlement,
        decision,
        sent[-1] if sent else None,
        line_of(record) if record else None,
        record.read_at if record else None,
        sorted(one.name for one in bench),
        _buttons(settlement, decision, visit.who.person) if mine and visit.may("admin") else (),
    )


def _buttons(settlement: Settlement, decision: Decision, person: str) -> list[tuple[str, str]]:
    """List what somebody may press; whoever recorded it may only object, or have it read again."""
    if not settlement.first:
        verdicts = [(str(one), RECORDS[one]) for one in offered(decision)]
        return [*verdicts, (LOOK, "Look again")]
    confirms = [(settlement.verdict, CONFIRMS[settlement.verdict])]
    last = [(OBJECT, "Object"), (LOOK, "Look again")]
    return last if settlement.first == person else [*confirms, *last]
