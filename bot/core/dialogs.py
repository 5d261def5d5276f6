"""Forms that come back: whose they are, whether they still count, and what was filled in. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from acumatica_client.entities import CREATOR
from acumatica_client.models import Around, Document
from bot.core.people import People
from bot.core.presses import Press
from cards.dialogs import CHOICE, LONGEST_SAID, OTHER, TEXT, WHOM, Blank, Form
from cards.language import Language, phrase
from cards.privacy import Privacy
from cards.refusals import Refusal
from cards.text import clean
from storage.records import Dialog, Json, PostedCard, TeamsPerson

CARD = "application/vnd.microsoft.card.adaptive"
OPEN_FOR = timedelta(minutes=15)
QUESTIONS_AN_HOUR = 5
"""How often one person may ask about one document, or answer."""


class Kind(StrEnum):
    """What a form is for; also the verb of the button that opens it."""

    REJECT = "reject"
    ASK = "ask"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Notice:
    """A short text that ends a dialog."""

    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """How a form is to be drawn: for whom, and what was wrong with it last time."""

    language: Language
    problem: str = ""
    filled: Mapping[str, str] = field(default_factory=dict)

    def blank(self, document: Document, token: str, privacy: Privacy = Privacy.FULL) -> Blank:
        """Return what the drawing of a form starts from."""
        return Blank(document, token, self.language, self.problem, self.filled, privacy)


Shown = Form | Notice
"""What a person gets to see of a dialog."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A form that is shown again: this is wrong with it."""

    problem: str


@dataclass(frozen=True, slots=True)
class Asks:
    """A question as it was filled in; nobody is asked by name where nobody is known."""

    text: str
    whom: TeamsPerson | None


# --- whose form it is -----------------------------------------------------------------------


def press_of(dialog: Dialog, reason: str = "") -> Press:
    """Return the press a form stands for: where its button stood, by who was given it."""
    return Press(
        dialog.about, dialog.kind, dialog.person, dialog.conversation, dialog.reply_to, reason
    )


def judge_form(dialog: Dialog | None, person: str, now: datetime) -> Refusal | None:
    """Say why a form that came back does not count, None when it does."""
    if not person:
        return Refusal.NOT_A_PERSON
    if dialog is None:
        return Refusal.UNKNOWN_FORM
    if dialog.person != person:
        return Refusal.NOT_YOUR_FORM
    return Refusal.OLD_FORM if now >= dialog.expires_at and not dialog.answer else None


# --- what was filled in ---------------------------------------------------------------------


def read_reason(
    inputs: Mapping[str, Any], reasons: Sequence[str], *, required: bool
) -> str | Wrong:
    """Return why something is rejected, in one line: the choice, the words, or both."""
    choice, words = _text(inputs, CHOICE), _text(inputs, TEXT)
    if len(words) > LONGEST_SAID:
        return Wrong(phrase("That is too long: at most {longest} characters."))
    if choice not in (*reasons, OTHER, ""):
        return Wrong(phrase("Please choose a reason from the list."))
    if not choice and required:
        return Wrong(phrase("Please choose a reason."))
    if choice == OTHER and not words:
        return Wrong(phrase("Please say the reason in your own words."))
    chosen = clean(choice) if choice != OTHER else ""
    return clean(": ".join(filter(None, (chosen, words))), LONGEST_SAID)


def read_question(inputs: Mapping[str, Any], askable: Sequence[TeamsPerson]) -> Asks | Wrong:
    """Return what is asked and whom; only somebody the form offered can be asked."""
    words = read_words(inputs)
    if isinstance(words, Wrong):
        return words
    if not askable:
        return Asks(words, None)
    chosen = [one for one in askable if one.aad_object_id == _text(inputs, WHOM)]
    return Asks(words, chosen[0]) if chosen else Wrong(phrase("Please choose whom to ask."))


def read_words(inputs: Mapping[str, Any]) -> str | Wrong:
    """Return what was typed, in one line."""
    words = _text(inputs, TEXT)
    if not words:
        return Wrong(phrase("Please type something first."))
    if len(words) > LONGEST_SAID:
        return Wrong(phrase("That is too long: at most {longest} characters."))
    return words


def filled(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the inputs as they were, so that nobody types twice."""
    return {name: str(inputs.get(name) or "")[:LONGEST_SAID] for name in (CHOICE, TEXT, WHOM)}


def _text(inputs: Mapping[str, Any], name: str) -> str:
    value = inputs.get(name)
    return clean(value, LONGEST_SAID + 1) if isinstance(value, str) else ""


# --- whom one can ask -----------------------------------------------------------------------


def askable(
    document: Document,
    people: People,
    *,
    asker: str,
    leads: Sequence[str] = (),
    approvers: Sequence[str] = (),
    privacy: Privacy = Privacy.FULL,
) -> list[TeamsPerson]:
    """Return who may know more about a document: owner, buyer, who entered it, leads, deciders.

    Whom a document names is part of what it says: where nothing of it may be told, only those can
    be asked who decide, as its card names them.
    """
    around, leads = (Around(), ()) if privacy is Privacy.NONE else (document.around, leads)
    creator = "" if privacy is Privacy.NONE else document.text(CREATOR)
    found = [people.by_employee.get(name) for name in (around.owner, around.buyer)]
    found.append(people.author(creator))
    found += [people.by_email.get(mail.lower()) for mail in leads]
    found += [people.by_id.get(one) for one in approvers]
    known = dict.fromkeys(one for one in found if one)
    return [one for one in known if one.aad_object_id != asker and one.teams_id and not one.guest]


def is_open(card: PostedCard, privacy: Privacy) -> bool:
    """Say whether people's words may stand under a card, for everybody there to read and answer.

    What somebody asks or answers may tell all of a document, so where less may be told it goes to
    people's own chats.
    """
    return privacy is Privacy.FULL and not card.target.startswith("person:")


# --- answers to the invokes -----------------------------------------------------------------


def task_answer(shown: Shown) -> Json:
    """Return the body that answers `task/fetch` and `task/submit`; a notice is never empty."""
    if isinstance(shown, Notice):
        return {"task": {"type": "message", "value": shown.text}}
    card = {"contentType": CARD, "content": shown.card}
    look = {"title": shown.title, "height": "medium", "width": "medium", "card": card}
    return {"task": {"type": "continue", "value": look}}
