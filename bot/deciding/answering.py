"""Answers to questions about a document. They decide nothing.

An answer goes where its question stands while everything may be told there, else to the own chat of
who asked; it names the document to them as discreetly as the card they may have asked it from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from acumatica_client.models import Document
from bot.clock import Ports
from bot.core.activity import Received
from bot.core.dialogs import (
    QUESTIONS_AN_HOUR,
    Draft,
    Notice,
    Shown,
    Wrong,
    is_open,
    press_of,
    read_words,
)
from bot.core.presses import thread_base
from bot.deciding.asking import HOUR, comment_of, is_channel, mention_of
from bot.deciding.claims import Claims
from bot.deciding.questions import Cause, note, update_cards
from bot.sending.letters import Letters
from bot.sending.teams import card_activity
from cards.dialogs import answer_form
from cards.language import Language, language_of, phrase
from cards.privacy import Discretion, Privacy, strictest
from cards.refusals import Refusal, refusal_text
from cards.remarks import Asking, answer_card, answer_summary
from cards.view import Mention
from storage import comments, documents, ledger, people, posted_cards
from storage.database import Connection
from storage.records import Dialog, PostedCard, Question

ANSWERED = phrase("Your answer is on its way.")


class Answering:
    """Takes the answer of who was asked, and brings it to who asked."""

    def __init__(self, claims: Claims, letters: Letters, ports: Ports) -> None:
        self._claims = claims
        self._letters = letters
        self._ports = ports

    async def show(self, conn: Connection, dialog: Dialog, draft: Draft) -> Shown:
        """Draw the form for who was asked."""
        judged = await self._judge(conn, dialog)
        if isinstance(judged, Refusal):
            return await self._refuse(conn, dialog, judged, draft.language)
        question, document = judged
        blank = draft.blank(document, dialog.token)
        return answer_form(blank, question.asker_name, question.text)

    async def take(self, conn: Connection, dialog: Dialog, received: Received) -> Notice | Wrong:
        """Keep the answer, show it on the cards, and bring it to who asked."""
        language = language_of(received.locale)
        judged = await self._judge(conn, dialog)
        if isinstance(judged, Refusal):
            return await self._refuse(conn, dialog, judged, language)
        text = read_words(received.inputs)
        if isinstance(text, Wrong):
            return text
        question, document = judged
        await self._keep(conn, dialog, question, text)
        await self._bring(conn, question, document, text)
        return Notice(language.say(ANSWERED))

    async def _judge(self, conn: Connection, dialog: Dialog) -> tuple[Question, Document] | Refusal:
        if not dialog.person:
            return Refusal.NOT_A_PERSON
        question = await comments.question(conn, dialog.about) if dialog.about else None
        if question is None or not self._claims.knows(question.company):
            return Refusal.UNKNOWN_CARD
        record = await documents.get(conn, question.company, question.document)
        if record is None:
            return Refusal.UNKNOWN_CARD
        if question.asked != dialog.person:
            return Refusal.NOT_ASKED
        said = comment_of(dialog, question.company, question.document, "answer")
        since = self._ports.clock.now() - HOUR
        often = await comments.count_since(conn, said, since=since)
        if often >= QUESTIONS_AN_HOUR:
            return Refusal.TOO_MANY
        return question, Document.from_json(record.snapshot)

    async def _keep(self, conn: Connection, dialog: Dialog, question: Question, text: str) -> None:
        now = self._ports.clock.now()
        said = comment_of(
            dialog, question.company, question.document, "answer",
            name=question.asked_name, text=text,
        )  # fmt: skip
        await comments.add(conn, said, now=now)
        cause = Cause(
            question.company, question.document, f"answer.{dialog.token}", dialog.token, now
        )
        await note(conn, cause, "question answered", actor=question.asked, asker=question.asker)
        cards = await posted_cards.of_document(conn, question.company, question.document)
        await update_cards(conn, cards, cause)

    async def _bring(
        self, conn: Connection, question: Question, document: Document, text: str
    ) -> None:
        cards = await posted_cards.of_document(conn, question.company, question.document)
        placed = question if self._is_open(question, cards) else replace(question, thread="")
        put = await self._put(conn, placed, await self._told(conn, question, cards))
        card = answer_card(put, question.asked_name, text, None if placed.thread else document)
        activity = card_activity(card, answer_summary(question.asked_name, text))
        await self._letters.put(conn, placed, question.asker, activity)

    async def _put(self, conn: Connection, question: Question, told: Privacy) -> Asking:
        company = self._claims.tenant(question.company).company
        asker = await people.person(conn, question.asker)
        mention = mention_of(asker) if asker else Mention(question.asker_name)
        language = await self._letters.language(conn, question, question.asker, company.language)
        discretion = Discretion(told, company.amount_bands)
        return Asking(mention, None, question.text, question.token, language, discretion)

    def _privacy(self, card: PostedCard) -> Privacy:
        routes = self._claims.tenant(card.company).routes
        return routes.privacy(card.target, stands_in=card.stood_in)

    def _is_open(self, question: Question, cards: Sequence[PostedCard]) -> bool:
        """Say whether everything may still be told where the question stands."""
        place = thread_base(question.thread)
        there = [card for card in cards if place and thread_base(card.conversation) == place]
        return any(is_open(card, self._privacy(card)) for card in there)

    async def _told(
        self, conn: Connection, question: Question, cards: Sequence[PostedCard]
    ) -> Privacy:
        """Return how much who asked may know: what the cards tell from which they can have asked.

        Who decides, and who has a card in their own chat, knows all.
        """
        decision = await ledger.latest(conn, question.company, question.document)
        decides = decision is not None and question.asker in decision.approvers
        if decides or any(card.target == f"person:{question.asker}" for card in cards):
            return Privacy.FULL
        told = [self._privacy(card) for card in cards if is_channel(card)]
        return strictest(told or [Privacy.NONE])

    async def _refuse(
        self, conn: Connection, dialog: Dialog, refusal: Refusal, language: Language
    ) -> Notice:
        await self._claims.refused(conn, press_of(dialog), None, refusal)
        return Notice(refusal_text(refusal, language))
