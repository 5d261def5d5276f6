"""A store that was restored from a backup knows less than has happened; it begins carefully.

What was asked in the backup may have been decided since, what was to be sent may have been sent.
So no question of it stays open: each document is looked at anew and asked about if it still waits.
A plan that was at work counts as sent without an answer, and is settled by read-backs alone. For a
quarter of an hour, in which the ERP may still run what was called before, nobody decides.
"""

from __future__ import annotations

import logging

from bot.clock import Ports
from bot.deciding.questions import Cause, note, update_cards
from storage import inbox, ledger, posted_cards, restorations
from storage.database import Connection, Database
from storage.records import Decision

log = logging.getLogger(__name__)

REASON = "Countersign was restored from a backup"
SUPERSEDED, IN_DOUBT = "decision superseded", "step in doubt"
"""What the trail says of an open question, and of a plan that was at work."""


async def begin_carefully(store: Database, ports: Ports) -> None:
    """At start: leave nothing open that a backup brought back."""
    now, reading = ports.clock.now(), ports.clock.reading()
    async with store.transaction() as conn:
        await restorations.restart_wait(conn, now=now, reading=reading)
        backups = await restorations.unnoticed(conn)
        if not backups:
            return
        await restorations.notice(conn, now=now, reading=reading)
        asked = await restorations.withdraw(conn, REASON, now=now)
        doubted = await restorations.doubt(conn, REASON, now=now, reading=reading)
        cause = Cause("", "", f"restored.{backups[-1]}", ports.token(), now)
        await note(
            conn, cause, "store restored",
            backed_up_at=backups[-1], withdrawn=len(asked), doubted=len(doubted),
        )  # fmt: skip
        for one in asked:
            await _look_anew(conn, await ledger.get(conn, one.decision), cause, SUPERSEDED)
        for decision in doubted:
            await _look_anew(conn, await ledger.get(conn, decision), cause, IN_DOUBT)
    log.warning("the store was restored from a backup", extra={"count": len(asked)})


async def _look_anew(conn: Connection, decision: Decision, cause: Cause, became: str) -> None:
    company, document = decision.company, decision.document
    about = Cause(company, document, cause.occurrence, decision.correlation, cause.now)
    await note(conn, about, became, decision=decision.id, reason=REASON)
    await update_cards(conn, await posted_cards.of_document(conn, company, document), about)
    await inbox.add_hint(
        conn, company, document, reason="restored", correlation=decision.correlation, now=cause.now
    )
