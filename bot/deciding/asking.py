"""Questions people put to each other about a document, and their answers. They decide nothing."""

from __future__ import annotations

from datetime import timedelta

from acumatica_client.models import Document
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
    press_of,
    read_question,
    read_words,
)
from bot.core.presses import Asked, may_ask
from bot.deciding.claims import Claims, waits_for
from bot.deciding.questions import Cause, note, update_cards
from bot.sending.letters import Letters
from bot.sending.teams import card_activity
from cards.dialogs import answer_form, ask_form
from cards.language import Language, language_of, phrase
from cards.refusals import Refusal, refusal_text
from cards.remarks import Asking as Put
from cards.remarks import answer_card, answer_summary, question_card, question_summary
from cards.view import Mention
from storage import comments, documents, people, posted_cards
from storage.database import Connection
from storage.records import Comment, Dialog, PostedCard, Question, TeamsPerson

HOUR = timedelta(hours=1)
ASKED = phrase("Your question is on its way.")
ANSWERED = phrase("Your answer is on its way.")


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
        whom = [(one.aad_object_id, one.name) for one in self._whom(dialog, asked)]
        return ask_form(draft.blank(asked.document, dialog.token), whom)

    async def take(self, conn: Connection, dialog: Dialog, received: Received) -> Notice | Wrong:
        """Keep the question, show it on the card, and put it to who is asked."""
        language = language_of(received.locale)
        asked, card = await self._judge(conn, dialog)
        if asked is None or isinstance(card, Refusal):
            return await self._refuse(conn, dialog, asked, card, language)
        read = read_question(received.inputs, self._whom(dialog, asked))
        if isinstance(read, Wrong):
            return read
        await self._claims.learn_id(conn, press_of(dialog), card)
        question = self._question(dialog, asked, card, read)
        await self._keep(conn, dialog, asked, question)
        await self._put(conn, question, asked, read.whom)
        return Notice(language.say(ASKED))

    async def _judge(
        self, conn: Connection, dialog: Dialog
    ) -> tuple[Asked | None, PostedCard | Refusal]:
        press = press_of(dialog)
        asked = await self._claims.asked(conn, press)
        card = may_ask(press, asked)
        if asked is None or isinstance(card, Refusal):
            return asked, card
        if not self._whom(dialog, asked) and not _is_shared(card):
            return asked, Refusal.NOBODY_TO_ASK
        said = _comment(dialog, asked.company, asked.decision.document, "question")
        often = await comments.count_since(conn, said, since=asked.now - HOUR)
        return asked, card if often < QUESTIONS_AN_HOUR else Refusal.TOO_MANY

    def _whom(self, dialog: Dialog, asked: Asked) -> list[TeamsPerson]:
        return askable(
            asked.document,
            asked.people,
            asker=dialog.person,
            leads=self._claims.tenant(asked.company).leads,
            approvers=asked.decision.approvers,
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
            thread=card.conversation if _is_shared(card) else "",
            service_url=card.service_url,
        )

    async def _keep(
        self, conn: Connection, dialog: Dialog, asked: Asked, question: Question
    ) -> None:
        said = _comment(
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
            _mention(asked.people.by_id[question.asker]),
            _mention(whom) if whom else None,
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
        said = _comment(dialog, question.company, question.document, "answer")
        since = self._ports.clock.now() - HOUR
        often = await comments.count_since(conn, said, since=since)
        if often >= QUESTIONS_AN_HOUR:
            return Refusal.TOO_MANY
        return question, Document.from_json(record.snapshot)

    async def _keep(self, conn: Connection, dialog: Dialog, question: Question, text: str) -> None:
        now = self._ports.clock.now()
        said = _comment(
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
        asker = await people.person(conn, question.asker)
        mention = _mention(asker) if asker else Mention(question.asker_name)
        own = self._claims.tenant(question.company).company.language
        language = await self._letters.language(conn, question, question.asker, own)
        put = Put(mention, None, question.text, question.token, language)
        card = answer_card(put, question.asked_name, text, None if question.thread else document)
        activity = card_activity(card, answer_summary(question.asked_name, text))
        await self._letters.put(conn, question, question.asker, activity)

    async def _refuse(
        self, conn: Connection, dialog: Dialog, refusal: Refusal, language: Language
    ) -> Notice:
        await self._claims.refused(conn, press_of(dialog), None, refusal)
        return Notice(refusal_text(refusal, language))


def _is_shared(card: PostedCard) -> bool:
    """Say whether the card stands where several people read, not in one person's own chat."""
    return not card.target.startswith("person:")


def _mention(person: TeamsPerson) -> Mention:
    return Mention(person.name, person.teams_id)


def _comment(
    dialog: Dialog, company: str, document: str, via: str, *, name: str = "", text: str = ""
) -> Comment:
    return Comment(company, document, f"{via}|{dialog.token}", dialog.person, name, text, via)
