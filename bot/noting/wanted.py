"""Wants a note, in the transaction of the look that finds a document's matter over.

A decision that ends leaves a hint in its own transaction, so such a look always comes.
"""

from __future__ import annotations

from collections.abc import Sequence

from acumatica_client.models import Document
from bot.companies import TALK
from bot.company_file import Company
from bot.core.erp_notes import is_news, is_over, lines_of
from bot.deciding.questions import Cause, note
from cards.language import Language, language_of
from storage import comments, erp_notes, ledger
from storage.database import Connection
from storage.records import Decision, ErpNote

MOST_REMARKS = 20
"""Remarks about one document that its note tells, the newest."""


async def want_note(
    conn: Connection, company: Company, document: Document, previous: Document | None, cause: Cause
) -> None:
    """Want a note once *document* was found to be done with; *previous* is how it was before."""
    if not company.notes:
        return
    decisions = await ledger.history(conn, cause.company, cause.document)
    over = is_over(document.key.entity, document.status, decisions)
    if not over or not is_news(document, previous, decisions, cause.now):
        return
    matter = decisions[-1].id if decisions else ""
    wanted = ErpNote(cause.company, cause.document, matter, cause.correlation, cause.now, cause.now)
    something = await lines_about(conn, wanted, decisions, language_of(company.language))
    if something and await erp_notes.want(conn, wanted):
        await note(conn, cause, "erp note wanted", decision=matter)


async def lines_about(
    conn: Connection, wanted: ErpNote, decisions: Sequence[Decision], language: Language
) -> list[str]:
    """Return the lines there are to write about a document."""
    said = await comments.newest(conn, wanted.company, wanted.document, via=TALK, most=MOST_REMARKS)
    return lines_of(said, decisions, language)
