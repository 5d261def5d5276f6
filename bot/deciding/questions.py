"""Stores what a look decided, in its one transaction: questions, cards, messages, audit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.intents import (
    AskDecision,
    CloseDecision,
    Intent,
    Message,
    NameApprovers,
    Nudge,
    PostCard,
    UpdateCard,
    message_kind,
)
from bot.core.settlements import SETTLED_BY_TWO
from storage import audit, ledger, outbox, posted_cards
from storage.database import Connection
from storage.records import AuditEntry, Decision, DecisionState, OutboxItem, PostedCard, stamp

log = logging.getLogger(__name__)
DECIDES = ("decision ", "approvers named", "press refused")
"""How actions begin that depend on what the file says."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What the messages of one transaction are about and caused by."""

    company: str
    document: str
    occurrence: str
    """The change that caused them: part of the idempotency key, so that it is told once."""
    correlation: str
    now: datetime
    version: str = ""
    """Which configuration it is decided by."""


async def carry_out(
    conn: Connection,
    intents: Sequence[Intent],
    cause: Cause,
    decision: Decision | None,
    token: Callable[[], str],
) -> None:
    """Store everything *intents* say; *decision* is the newest question about the document."""
    for intent in intents:
        match intent:
            case AskDecision():
                await _close(conn, decision, cause, DecisionState.SUPERSEDED, "asked anew")
                await _ask(conn, intent, cause, token)
            case CloseDecision(reason):
                await _close(conn, decision, cause, DecisionState.LAPSED, reason)
            case NameApprovers(approvers) if decision is not None:
                await ledger.name_approvers(conn, decision.id, approvers)
                await note(conn, cause, "approvers named", approvers=list(approvers))
            case PostCard() | UpdateCard() | Nudge():
                await _place(conn, intent, cause)
                await _message(conn, intent, cause)
    if decision is not None and decision.state in SETTLED_BY_TWO:
        await update_summons(conn, decision, cause)


async def update_cards(conn: Connection, cards: Iterable[PostedCard], cause: Cause) -> None:
    """Have every card of the document show what is stored now."""
    for card in cards:
        await _message(conn, UpdateCard(card.target, asks=True), cause)


async def post_cards(conn: Connection, targets: Iterable[str], cause: Cause) -> None:
    """Post a card of the document to each target, where it asks somebody."""
    for target in targets:
        await _place(conn, PostCard(target, asks=True), cause)
        await _message(conn, PostCard(target, asks=True), cause)


async def update_summons(conn: Connection, decision: Decision, cause: Cause) -> None:
    """Have administrators' cards about a decision show what is stored now, read times included."""
    anew = replace(cause, occurrence=f"{cause.occurrence}.{stamp(cause.now)}")
    cards = await posted_cards.summons(conn, cause.company, cause.document, decision.id)
    await update_cards(conn, cards, anew)


async def note(conn: Connection, cause: Cause, action: str, **detail: object) -> None:
    """Write what happened into the audit trail; of a decision also by which configuration."""
    if cause.version and action.startswith(DECIDES):
        detail["configuration"] = cause.version
    entry = AuditEntry(
        cause.now,
        cause.correlation,
        str(detail.pop("actor", "countersign")),
        action,
        cause.company,
        cause.document,
        detail,
    )
    await audit.add(conn, entry)
    # Who and why stand in the audit trail only; a line tells that something happened, to what.
    told = {"company": cause.company, "document": cause.document, "correlation": cause.correlation}
    log.info(action, extra={name: value for name, value in told.items() if value})


async def _ask(
    conn: Connection, asked: AskDecision, cause: Cause, token: Callable[[], str]
) -> None:
    decision = Decision(
        id=token(),
        company=cause.company,
        document=cause.document,
        token=token(),
        state=DecisionState.PENDING,
        verbs=asked.verbs,
        approvers=asked.approvers,
        fingerprint=asked.fingerprint,
        asked_at=cause.now,
        correlation=cause.correlation,
        changes=asked.changes,
        asked_in=asked.asked_in,
        resumes=asked.resumes,
        two=asked.two,
    )
    await ledger.ask(conn, decision)
    await note(
        conn,
        cause,
        "decision asked",
        decision=decision.id,
        verbs=list(asked.verbs),
        approvers=list(asked.approvers),
        fingerprint=asked.fingerprint,
        **({"two": True} if asked.two else {}),
    )


async def _close(
    conn: Connection, decision: Decision | None, cause: Cause, state: DecisionState, reason: str
) -> None:
    if decision is None or decision.state is not DecisionState.PENDING:
        return
    await ledger.settle(
        conn, decision.id, was=DecisionState.PENDING, state=state, reason=reason, now=cause.now
    )
    await note(conn, cause, f"decision {state}", decision=decision.id, reason=reason)


async def _place(conn: Connection, intent: Message, cause: Cause) -> None:
    if isinstance(intent, PostCard):
        await posted_cards.add(conn, cause.company, cause.document, intent.target)
    elif isinstance(intent, UpdateCard):
        card = PostedCard(cause.company, cause.document, intent.target)
        await posted_cards.mark_replaced(conn, card, replaced=intent.replaced)


async def _message(conn: Connection, message: Message, cause: Cause) -> None:
    kind = message_kind(message)
    item = OutboxItem(
        key=f"{cause.company}|{cause.document}|{cause.occurrence}|{message.target}|{kind}",
        kind=kind,
        company=cause.company,
        document=cause.document,
        target=message.target,
        payload={},
        correlation=cause.correlation,
        asks=getattr(message, "asks", False),
    )
    await outbox.add(conn, item, now=cause.now)
