"""Questions people put to each other about a document. They decide nothing.

Nobody learns more by asking than by looking: whoever may decide gets the whole form, anybody else
one as discreet as the card they pressed. The question is put under that card only where everything
may be told; elsewhere it goes to the own chat of who is asked.
"""

from __future__ import annotations

from datetime import timedelta

from bot.clock import Ports
from bot.core.activity import Received
from bot.core.dialogs import (
    QUESTIONS_AN_HOUR,
    Asks,
    Draft,
    Notice,
    Shown,
    Wrong,
    askable,
    is_open,
    press_of,
    read_question,
)
from bot.core.presses import Asked, may_ask
from bot.deciding.claims import Claims, waits_for
from bot.deciding.questions import note, update_cards
from bot.sending.letters import Letters
from bot.sending.teams import card_activity
from cards.dialogs import ask_form
from cards.language import Language, language_of, phrase
from cards.privacy import Privacy
from cards.refusals import Refusal, refusal_text
from cards.remarks import Asking as Put
from cards.remarks import question_card, question_summary
from cards.view import Mention
from storage import comments
from storage.database import Connection
from storage.records import Comment, Dialog, PostedCard, Question, TeamsPerson

HOUR = timedelta(hours=1)
ASKED = phrase("Your question is on its way.")
ASKED_NOBODY = phrase("Your question stands under the card. Nobody in particular is called.")
ASKED_ALONE = phrase(
    "Your question goes to {name}'s own chat with me, and the answer to yours: not everybody here"
    " may read it."
)


class Asking:
    """Takes questions of anybody who may see a card, and puts them to who may know."""

    def __init__(self, claims: Claims, letters: Letters, ports: Ports) -> None:
        self._claims = claims
        self._letters = letters
        self._ports = ports

    async def show(self, conn: Connection, dialog: Dialog, draft: Draft) -> Shown:
        """Draw the form; it offers who is known to have to do with the document."""
        asked, card = await self._judge(conn, dialog)
        if asked is None or isinstance(card, Refusal):
            return await self._refuse(conn, dialog, asked, card, draft.language)
        whom = [(one.aad_object_id, one.name) for one in self._whom(dialog, asked, card)]
        told = self._told(dialog, asked, card)
        return ask_form(draft.blank(asked.document, dialog.token, told), whom)

    async def take(self, conn: Connection, dialog: Dialog, received: Received) -> Notice | Wrong:
        """Keep the question, show it on the card, and put it to who is asked."""
        language = language_of(received.locale)
        asked, card = await self._judge(conn, dialog)
        if asked is None or isinstance(card, Refusal):
            return await self._refuse(conn, dialog, asked, card, language)
        read = read_question(received.inputs, self._whom(dialog, asked, card))
        if isinstance(read, Wrong):
            return read
        await self._claims.learn_id(conn, press_of(dialog), card)
        question = self._question(dialog, asked, card, read)
        await self._keep(conn, dialog, asked, question)
        await self._put(conn, question, asked, read.whom)
        if read.whom is None:
            return Notice(language.say(ASKED_NOBODY))
        if self._is_open(asked, card) or not is_channel(card):
            return Notice(language.say(ASKED))
        return Notice(language.say(ASKED_ALONE, name=read.whom.name))

    async def _judge(
        self, conn: Connection, dialog: Dialog
    ) -> tuple[Asked | None, PostedCard | Refusal]:
        press = press_of(dialog)
        asked = await self._claims.asked(conn, press)
        card = may_ask(press, asked)
        if asked is None or isinstance(card, Refusal):
            return asked, card
        if not self._whom(dialog, asked, card) and not self._is_open(asked, card):
            return asked, Refusal.NOBODY_TO_ASK
        said = comment_of(dialog, asked.company, asked.decision.document, "question")
        often = await comments.count_since(conn, said, since=asked.now - HOUR)
        return asked, card if often < QUESTIONS_AN_HOUR else Refusal.TOO_MANY

    def _privacy(self, asked: Asked, card: PostedCard) -> Privacy:
        """Return how much everybody may know where the card stands."""
        routes = self._claims.tenant(asked.company).routes
        return routes.privacy(card.target, stands_in=card.stood_in)

    def _is_open(self, asked: Asked, card: PostedCard) -> bool:
        return is_open(card, self._privacy(asked, card))

    def _told(self, dialog: Dialog, asked: Asked, card: PostedCard) -> Privacy:
        """Return how much the presser may know; only they see the form."""
        decides = dialog.person in asked.decision.approvers
        return Privacy.FULL if decides else self._privacy(asked, card)

    def _whom(self, dialog: Dialog, asked: Asked, card: PostedCard) -> list[TeamsPerson]:
        return askable(
            asked.document,
            asked.people,
            asker=dialog.person,
            leads=self._claims.tenant(asked.company).leads,
            approvers=asked.decision.approvers,
            privacy=self._told(dialog, asked, card),
        )

    def _question(self, dialog: Dialog, asked: Asked, card: PostedCard, read: Asks) -> Question:
        whom, asker = read.whom, asked.people.by_id[dialog.person]
        return Question(
            token=self._ports.token(),
            company=asked.company,
            document=asked.decision.document,
            asker=dialog.person,
            asker_name=asker.name,
            asked=whom.aad_object_id if whom else "",
            asked_name=whom.name if whom else "",
            text=read.text,
            thread=card.conversation if self._is_open(asked, card) else "",
            service_url=card.service_url,
        )

    async def _keep(
        self, conn: Connection, dialog: Dialog, asked: Asked, question: Question
    ) -> None:
        said = comment_of(
            dialog, asked.company, question.document, "question",
            name=question.asker_name, text=question.text,
        )  # fmt: skip
        await comments.add(conn, said, now=asked.now)
        await comments.ask(conn, question, now=asked.now)
        cause = self._claims.cause(asked, f"question.{dialog.token}")
        await note(conn, cause, "question asked", actor=question.asker, asked=question.asked)
        await update_cards(conn, asked.cards, cause)

    async def _put(
        self, conn: Connection, question: Question, asked: Asked, whom: TeamsPerson | None
    ) -> None:
        """Post the question under the card where others see it, else in the asked one's chat."""
        own = self._claims.tenant(question.company).company.language
        language = await self._letters.language(conn, question, question.asked, own)
        put = Put(
            mention_of(asked.people.by_id[question.asker]),
            mention_of(whom) if whom else None,
            question.text,
            question.token,
            language,
        )
        document = None if question.thread else asked.document
        activity = card_activity(question_card(put, document), question_summary(put))
        await self._letters.put(conn, question, question.asked, activity)

    async def _refuse(
        self,
        conn: Connection,
        dialog: Dialog,
        asked: Asked | None,
        card: PostedCard | Refusal,
        language: Language,
    ) -> Notice:
        refusal = card if isinstance(card, Refusal) else Refusal.UNKNOWN_CARD
        await self._claims.refused(conn, press_of(dialog), asked, refusal)
        return Notice(refusal_text(refusal, language, waits_for(asked)))


def is_channel(card: PostedCard) -> bool:
    """Say whether the card stands where several people read, not in one person's own chat."""
    return not card.target.startswith("person:")


def mention_of(person: TeamsPerson) -> Mention:
    """Return how a message calls somebody."""
    return Mention(person.name, person.teams_id)


def comment_of(
    dialog: Dialog, company: str, document: str, via: str, *, name: str = "", text: str = ""
) -> Comment:
    """Return what was said by a form, as it is kept."""
    return Comment(company, document, f"{via}|{dialog.token}", dialog.person, name, text, via)
