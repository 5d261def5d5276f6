"""The ledger: decisions put to people, the press that claimed each, the steps of its plan."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.driver import PAGE, paged
from storage.records import (
    Agreement,
    Decision,
    DecisionState,
    Json,
    Reading,
    Step,
    StepState,
    moment,
    moment_or_none,
    packed,
    stamp,
)

SQL = statements("ledger")


# --- decisions ------------------------------------------------------------------------------


async def ask(conn: Connection, decision: Decision) -> None:
    """Open a question; the store refuses a second open one for the same document."""
    await SQL.ask(
        conn,
        id=decision.id,
        company=decision.company,
        document=decision.document,
        token=decision.token,
        verbs=packed(decision.verbs),
        approvers=packed(decision.approvers),
        two=int(decision.two),
        fingerprint=decision.fingerprint,
        changes=packed(decision.changes),
        asked_in=decision.asked_in,
        resumes=int(decision.resumes),
        asked_at=stamp(decision.asked_at),
        correlation=decision.correlation,
    )


async def name_approvers(conn: Connection, decision: str, approvers: Sequence[str]) -> None:
    """Change who may answer an open question."""
    await SQL.name_approvers(conn, id=decision, approvers=packed(approvers))


async def latest(conn: Connection, company: str, document: str) -> Decision | None:
    """Return the newest question about a document."""
    row = await SQL.latest(conn, company=company, document=document)
    return _decision(row) if row else None


async def tokens(conn: Connection, company: str, document: str) -> list[str]:
    """Return what the cards about a document may carry."""
    return [row["token"] async for row in SQL.tokens(conn, company=company, document=document)]


async def history(conn: Connection, company: str, document: str) -> list[Decision]:
    """Return every question ever put about a document, oldest first."""
    rows = SQL.history(conn, company=company, document=document)
    return [_decision(row) async for row in rows]


async def open_questions(conn: Connection, company: str) -> tuple[int, datetime | None]:
    """Return how many questions wait for people, and since when the oldest does."""
    row = await SQL.open_questions(conn, company=company)
    return row["number"], moment_or_none(row["oldest"])


async def by_token(conn: Connection, token: str) -> Decision | None:
    """Return the question a card token leads to."""
    row = await SQL.by_token(conn, token=token)
    return _decision(row) if row else None


async def get(conn: Connection, decision: str) -> Decision:
    """Return one decision by its id."""
    return _decision(await SQL.get(conn, id=decision))


async def asked_at(conn: Connection, target: str) -> list[Decision]:
    """List the open questions whose card stands, or is to stand, at *target*."""

    def after(last: Any) -> AsyncIterator[Any]:
        place = last["place"] if last else 0
        rows: AsyncIterator[Any] = SQL.asked_at(conn, target=target, after=place, limit=PAGE)
        return rows

    return [_decision(row) async for row in paged(after)]


async def open_documents(conn: Connection, company: str, *, after: str, limit: int) -> list[str]:
    """List the next documents that wait for a person, in the order of their keys."""
    rows = SQL.open_documents(conn, company=company, after=after, limit=limit)
    return [row["document"] async for row in rows]


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who pressed what."""

    verb: str
    person: str
    person_name: str
    said: str = ""
    """The reason they gave."""


async def agree(
    conn: Connection,
    decision: str,
    claimant: Claimant,
    *,
    approvers: Sequence[str],
    now: datetime,
) -> bool:
    """Keep the first of two presses, and who may agree with it; False when another was first."""
    rows = await SQL.agree(
        conn,
        id=decision,
        verb=claimant.verb,
        person=claimant.person,
        person_name=claimant.person_name,
        approvers=packed(approvers),
        now=stamp(now),
    )
    return bool(rows)


async def claim(
    conn: Connection,
    decision: str,
    claimant: Claimant,
    *,
    plan: Sequence[str],
    now: datetime,
    reading: Reading,
    agreed: str = "",
    approved: Json | None = None,
) -> bool:
    """Give the decision to this press and journal its plan; False when another press was first.

    *agreed*: who had agreed as the first of two, when this press was judged. *approved*: the
    document as the person saw it.
    """
    won = await SQL.claim(
        conn,
        id=decision,
        agreed=agreed,
        verb=claimant.verb,
        person=claimant.person,
        person_name=claimant.person_name,
        said=claimant.said,
        approved=packed(approved) if approved else "",
        now=stamp(now),
        boot=reading.boot,
        seconds=reading.seconds,
    )
    if won:
        for number, name in enumerate(plan):
            await SQL.add_step(
                conn,
                decision=decision,
                number=number,
                name=name,
                due_at=stamp(now),
                boot=reading.boot,
                seconds=reading.seconds,
            )
    return bool(won)


async def settle(
    conn: Connection,
    decision: str,
    *,
    was: DecisionState,
    state: DecisionState,
    reason: str = "",
    now: datetime,
) -> bool:
    """End a decision that still *was* in that state; False when somebody else moved it."""
    rows = await SQL.settle(conn, id=decision, was=was, state=state, reason=reason, now=stamp(now))
    return bool(rows)


async def approved(conn: Connection, decision: str) -> Json | None:
    """Return the document a person approved, while what they pressed is carried out."""
    text = await SQL.approved(conn, id=decision)
    return dict(json.loads(text)) if text else None


async def differ(conn: Connection, decision: str, changes: Sequence[tuple[str, str, str]]) -> None:
    """Keep in what another thing took effect than was approved."""
    await SQL.differ(conn, id=decision, changes=packed(changes))


# --- steps ----------------------------------------------------------------------------------


async def steps(conn: Connection, decision: str) -> list[Step]:
    """Return the plan of a decision in order."""
    return [_step(row) async for row in SQL.steps(conn, decision=decision)]


DOABLE = ("pending",)
"""States of a step that wait for the doer."""
UNSETTLED = ("sent", "in_doubt")
"""States of a step that wait for a read-back; `sent` without a lease was left by a dead process."""


@dataclass(frozen=True, slots=True)
class Lessee:
    """Whose steps, in which states, and the clock a lease is taken by."""

    company: str
    states: tuple[str, ...]
    reading: Reading


@dataclass(frozen=True, slots=True)
class Due:
    """When a step comes next: by the clock nobody can set, and as people are told it."""

    reading: Reading
    at: datetime


async def lease(conn: Connection, lessee: Lessee, *, seconds: float) -> Step | None:
    """Take the next due step for so many *seconds*."""
    row = await SQL.lease(
        conn,
        company=lessee.company,
        boot=lessee.reading.boot,
        seconds=lessee.reading.seconds,
        until=lessee.reading.seconds + seconds,
        states=packed(lessee.states),
    )
    return _step(row) if row else None


async def free_leases(conn: Connection) -> None:
    """Void every lease; only at start, when no other process can hold one."""
    await SQL.free_leases(conn)


async def next_due(conn: Connection, lessee: Lessee) -> float | None:
    """Return in how many seconds the next step that nobody holds is due."""
    found = await SQL.next_due(
        conn,
        company=lessee.company,
        boot=lessee.reading.boot,
        seconds=lessee.reading.seconds,
        states=packed(lessee.states),
    )
    return None if found is None else max(0.0, float(found) - lessee.reading.seconds)


async def send(conn: Connection, step: Step, *, now: datetime, reading: Reading) -> bool:
    """Record that the call is about to leave; False when the lease was lost."""
    rows = await SQL.send(
        conn,
        decision=step.decision,
        number=step.number,
        fence=step.fence,
        now=stamp(now),
        boot=reading.boot,
        seconds=reading.seconds,
        approved_before=step.approved_before,
        edited_by=step.edited_by,
        erp_id=step.erp_id,
        sent_there=stamp(step.sent_there) if step.sent_there else None,
    )
    return bool(rows)


async def doubt(conn: Connection, step: Step, *, due: Due) -> bool:
    """Keep a step whose outcome is not known, with the evidence so far."""
    rows = await SQL.doubt(
        conn,
        decision=step.decision,
        number=step.number,
        fence=step.fence,
        outcome=step.outcome,
        reading=step.reading,
        reading_since=step.reading_since,
        reads=step.reads,
        sent_boot=step.sent.boot,
        sent_since=step.sent.seconds,
        due_at=stamp(due.at),
        due_boot=due.reading.boot,
        due_since=due.reading.seconds,
        detail=step.detail,
    )
    return bool(rows)


async def put_off(conn: Connection, step: Step, *, due: Due, detail: str) -> bool:
    """Start a step over later; only when its call certainly was not carried out."""
    rows = await SQL.put_off(
        conn,
        decision=step.decision,
        number=step.number,
        fence=step.fence,
        due_at=stamp(due.at),
        due_boot=due.reading.boot,
        due_since=due.reading.seconds,
        detail=detail,
    )
    return bool(rows)


async def finish_step(conn: Connection, step: Step, state: StepState) -> bool:
    """End a step; False when the lease was lost."""
    rows = await SQL.finish_step(
        conn,
        decision=step.decision,
        number=step.number,
        fence=step.fence,
        state=state,
        outcome=step.outcome,
        detail=step.detail,
        left_at=stamp(step.left_at) if step.left_at else None,
    )
    return bool(rows)


async def took_effect(conn: Connection, decision: str) -> None:
    """Count the step in which a decision ended as done: administrators settled it so."""
    await SQL.took_effect(conn, id=decision)


async def restart_wait(conn: Connection, decision: str, reading: Reading) -> None:
    """Count what a decision's steps sent on another boot as sent now: its waits begin anew."""
    await SQL.restart_wait(conn, id=decision, boot=reading.boot, seconds=reading.seconds)


# --- answers --------------------------------------------------------------------------------


async def answer(conn: Connection, activity: str) -> Json | None:
    """Return what an activity was answered before."""
    text = await SQL.answer(conn, activity=activity)
    return dict(json.loads(text)) if text else None


async def keep_answer(conn: Connection, activity: str, given: Json, *, now: datetime) -> bool:
    """Keep an answer for the repeats Teams sends; False when one was kept already."""
    return bool(await SQL.keep_answer(conn, activity=activity, answer=packed(given), at=stamp(now)))


async def drop_answers(conn: Connection, *, before: datetime) -> None:
    """Forget answers nobody will ask for again."""
    await SQL.drop_answers(conn, before=stamp(before))


def _decision(row: Any) -> Decision:
    return Decision(
        id=row["id"],
        company=row["company"],
        document=row["document"],
        token=row["token"],
        state=DecisionState(row["state"]),
        verbs=tuple(json.loads(row["verbs"])),
        approvers=tuple(json.loads(row["approvers"])),
        fingerprint=row["fingerprint"],
        asked_at=moment(row["asked_at"]),
        correlation=row["correlation"],
        asked_in=row["asked_in"],
        resumes=bool(row["resumes"]),
        changes=tuple((what, was, now) for what, was, now in json.loads(row["changes"])),
        verb=row["verb"],
        person=row["person"],
        person_name=row["person_name"],
        claimed_at=moment_or_none(row["claimed_at"]),
        claimed=Reading(row["claimed_boot"], row["claimed_since"]),
        settled_at=moment_or_none(row["settled_at"]),
        reason=row["reason"],
        said=row["said"],
        two=bool(row["two"]),
        agreed=_agreement(row) if row["agreed"] else None,
    )


def _agreement(row: Any) -> Agreement:
    return Agreement(
        row["agreed"], row["agreed_name"], row["agreed_verb"], moment(row["agreed_at"])
    )


def _step(row: Any) -> Step:
    return Step(
        decision=row["decision"],
        number=row["number"],
        name=row["name"],
        state=StepState(row["state"]),
        attempts=row["attempts"],
        fence=row["fence"],
        sent_at=moment_or_none(row["sent_at"]),
        sent=Reading(row["sent_boot"], row["sent_since"]),
        outcome=row["outcome"],
        reading=row["reading"],
        reading_since=row["reading_since"],
        reads=row["reads"],
        detail=row["detail"],
        approved_before=row["approved_before"],
        edited_by=row["edited_by"],
        left_at=moment_or_none(row["left_at"]),
        erp_id=row["erp_id"],
        sent_there=moment_or_none(row["sent_there"]),
    )
