"""The form that asks why something is rejected: sent, it decides as a press does."""

from __future__ import annotations

from bot.core.activity import Received
from bot.core.dialogs import Draft, Notice, Shown, Wrong, press_of, read_reason
from bot.core.presses import Agree, Asked, Claim, Press, decide_press
from bot.deciding.claims import Claims, waits_for
from cards.dialogs import reject_form
from cards.language import Language, language_of, phrase
from cards.refusals import Refusal, refusal_text
from storage.database import Connection
from storage.records import Dialog

REJECTING = phrase("Rejecting. The card shows how it ends.")


class Rejecting:
    """Rejects with a reason, by the same ledger and the same judgement as every press."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims

    async def show(self, conn: Connection, dialog: Dialog, draft: Draft) -> Shown:
        """Draw the form for who may reject; everybody else is told why they may not."""
        press = press_of(dialog)
        asked = await self._claims.asked(conn, press)
        judged = decide_press(press, asked)
        if asked is None or (isinstance(judged, Refusal) and judged is not Refusal.NEEDS_REASON):
            return await self._refuse(conn, press, asked, judged, draft.language)
        company = self._claims.tenant(asked.company).company
        return reject_form(
            draft.blank(asked.document, dialog.token),
            company.reject_reasons,
            required=company.reject_needs_reason,
        )

    async def take(self, conn: Connection, dialog: Dialog, received: Received) -> Notice | Wrong:
        """Judge the person and the document anew, and claim the decision."""
        language = language_of(received.locale)
        asked = await self._claims.asked(conn, press_of(dialog))
        said = self._reason(asked, received)
        if isinstance(said, Wrong):
            return said
        press = press_of(dialog, said)
        judged = decide_press(press, asked)
        if asked is None or isinstance(judged, Refusal):
            return await self._refuse(conn, press, asked, judged, language)
        await self._claims.learn_id(conn, press, judged.card)
        await self._claims.take(conn, press, asked, judged)
        return Notice(language.say(REJECTING))

    def _reason(self, asked: Asked | None, received: Received) -> str | Wrong:
        if asked is None:
            return ""
        company = self._claims.tenant(asked.company).company
        required = company.reject_needs_reason
        return read_reason(received.inputs, company.reject_reasons, required=required)

    async def _refuse(
        self,
        conn: Connection,
        press: Press,
        asked: Asked | None,
        judged: Claim | Agree | Refusal,
        language: Language,
    ) -> Notice:
        refusal = judged if isinstance(judged, Refusal) else Refusal.UNKNOWN_CARD
        await self._claims.refused(conn, press, asked, refusal)
        return Notice(refusal_text(refusal, language, waits_for(asked)))
