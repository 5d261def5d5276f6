"""Questions and answers of people about a document: on its card, and as messages of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from acumatica_client.models import Document
from cards.discreet import named
from cards.elements import ActionSet, Submit, TextBlock
from cards.language import Language
from cards.privacy import Discretion
from cards.render import page, sheet_of, small
from cards.text import SOMEBODY, clean, escape, plain, tags
from cards.view import Mention

ANSWER = "answer"
"""Verb of the button that opens the form for an answer."""
LONGEST = 600
"""Characters of a remark with the name before it."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as it is put to somebody."""

    asker: Mention
    asked: Mention | None
    text: str
    token: str
    language: Language
    discretion: Discretion = field(default_factory=Discretion)
    """How much of the document may be told to who reads it."""


def asked_line(name: str, text: str, language: Language) -> str:
    """Return a question as a card tells it, as plain text."""
    return language.say("{name} asked: {text}", name=plain(name, 60), text=text)


def said_line(name: str, text: str) -> str:
    """Return what somebody said as a card tells it, as plain text."""
    return f"{plain(name, 60)}: {text}"


def replied_line(name: str, text: str, language: Language, *, guest: bool, edited: bool) -> str:
    """Return a reply with what a reader should know of it: who is no colleague, what was changed.

    An edited reply stays here as it was first, so that nobody puts words under a decision later.
    """
    named = plain(name, 60)
    if guest:
        named = language.say("{name} (guest)", name=named)
    if edited:
        named = language.say("{name} (edited)", name=named)
    return f"{named}: {text}"


def question_card(asking: Asking, document: Document | None = None) -> dict[str, Any]:
    """Return the question, with a button to answer it where it is put to somebody.

    *document* is named where the card does not stand above it.
    """
    language, say = asking.language, asking.language.say
    called = (asking.asked,) if asking.asked else ()
    text = escape(say("{name} asks: {text}", name=asking.asker.name, text=asking.text), LONGEST)
    body = [*_about(document, asking), TextBlock(f"{_tagged(called)}{text}")]
    if asking.asked:
        data = {"token": asking.token, "verb": ANSWER, "msteams": {"type": "task/fetch"}}
        button = Submit(title=say("Answer…"), data=data)
        body.append(ActionSet(actions=[button], spacing="Medium"))
    return _card(body, question_summary(asking), called, language)


def question_summary(asking: Asking) -> str:
    """Return the question in one plain line, for a toast."""
    say = asking.language.say
    return plain(say("{name} asks: {text}", name=asking.asker.name, text=asking.text))


def answer_card(
    asking: Asking, name: str, text: str, document: Document | None = None
) -> dict[str, Any]:
    """Return *name*'s answer for who asked, under the question."""
    said = escape(said_line(name, text), LONGEST)
    body = [
        *_about(document, asking),
        small(asking.text),
        TextBlock(f"{_tagged((asking.asker,))}{said}", spacing="Small"),
    ]
    return _card(body, answer_summary(name, text), (asking.asker,), asking.language)


def answer_summary(name: str, text: str) -> str:
    """Return an answer in one plain line, for a toast."""
    return plain(said_line(name, text))


def _about(document: Document | None, asking: Asking) -> list[Any]:
    if document is None:
        return []
    names = named(sheet_of(document), document, asking.language, asking.discretion)
    return [small(" · ".join(names))]


def _tagged(called: tuple[Mention, ...]) -> str:
    """Mention people we know the id of; a tag without its entity would show as a tag."""
    named = [person.name for person in called if person.teams_id]
    return f"{', '.join(tags(named))}, " if named else ""


def _card(
    body: list[Any], summary: str, called: tuple[Mention, ...], language: Language
) -> dict[str, Any]:
    card = page(body, summary, language)
    known = [person for person in called if person.teams_id]
    entities = [
        {
            "type": "mention",
            "text": tag,
            "mentioned": {"id": person.teams_id, "name": clean(person.name, 60) or SOMEBODY},
        }
        for person, tag in zip(known, tags(one.name for one in known), strict=True)
    ]
    card.msteams = {"width": "Full", **({"entities": entities} if entities else {})}
    drawn: dict[str, Any] = card.json()
    return drawn
