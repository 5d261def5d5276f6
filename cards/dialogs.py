"""Forms: what somebody is asked to fill in, in a dialog or, in old clients, in their own chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from acumatica_client.models import Document
from cards.discreet import headed
from cards.elements import ActionSet, Container, TextBlock
from cards.inputs import Choice, ChoiceInput, Send, TextInput
from cards.language import Language, phrase
from cards.privacy import Privacy
from cards.render import page, sheet_of, small
from cards.text import escape, plain

REJECT_REASONS = (
    phrase("Not ordered"),
    phrase("Wrong amount or price"),
    phrase("Wrong vendor or account"),
    phrase("Entered twice"),
    phrase("A document is missing"),
)
"""What a company's people choose from unless it has a list of its own."""
OTHER = "other"
"""The choice that means nothing without words of one's own."""
LONGEST_SAID = 500
"""Characters of what somebody gives as a reason, asks or answers."""

CHOICE, TEXT, WHOM = "choice", "text", "whom"
"""Ids of the inputs."""
SEND, CANCEL = "send", "cancel"
"""Verbs of a form's two buttons."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form ready to be shown: in a dialog with its title, or as a message."""

    title: str
    card: dict[str, Any]
    problem: str = ""
    """What was wrong with it last time."""


@dataclass(frozen=True, slots=True)
class Blank:
    """What every form needs: what it is about, its token, and what was wrong with it last time."""

    document: Document
    token: str
    language: Language
    problem: str = ""
    filled: Mapping[str, str] = field(default_factory=dict)
    """What was filled in last time, by input."""
    privacy: Privacy = Privacy.FULL
    """How much of the document whoever reads the form may know."""

    def was(self, name: str) -> dict[str, str]:
        """Return the last value of an input, where there is one."""
        value = self.filled.get(name, "")
        return {"value": value} if value else {}


def reject_form(blank: Blank, reasons: Sequence[str], *, required: bool) -> Form:
    """Return the form that asks why something is rejected."""
    say = blank.language.say
    noun = sheet_of(blank.document).noun_of(blank.document, blank.language)
    choices = [Choice(title=_reason(one, blank.language), value=one) for one in reasons]
    wanted = {"required": True, "error": say("Please choose a reason.")} if required else {}
    inputs = [
        ChoiceInput(
            id=CHOICE,
            label=say("Why?"),
            choices=[*choices, Choice(title=say("Another reason"), value=OTHER)],
            style="compact",
            **wanted,
            **blank.was(CHOICE),
        ),
        _words(blank, say("In your own words (needed for “Another reason”)")),
    ]
    title = say("Reject the {noun}", noun=blank.language.within(noun))
    return _form(blank, title, [*_about(blank), *inputs], sends=say("Reject"))


def ask_form(blank: Blank, whom: Sequence[tuple[str, str]]) -> Form:
    """Return the form for a question; *whom*: ids and names of who can be asked, best first."""
    say = blank.language.say
    # Anybody may ask who sees the card, so the form says no more than the card says to them.
    inputs: list[Any] = [_named(blank)]
    if whom:
        inputs.append(
            ChoiceInput(
                id=WHOM,
                label=say("Whom?"),
                choices=[Choice(title=plain(name, 60), value=one) for one, name in whom],
                style="compact",
                **{"value": whom[0][0], **blank.was(WHOM)},
            )
        )
    else:
        alone = say(
            "Nobody is known to ask by name. Your question will stand under the card, for whoever"
            " reads there."
        )
        inputs.append(TextBlock(escape(alone), spacing="Medium"))
    inputs.append(_words(blank, say("Your question"), error=say("Please type your question.")))
    return _form(blank, say("Ask a question"), inputs, sends=say("Ask"))


def answer_form(blank: Blank, asker: str, question: str) -> Form:
    """Return the form that answers a question."""
    say = blank.language.say
    asked = say("{name} asks: {text}", name=asker, text=question)
    inputs = [
        *_about(blank),
        TextBlock(escape(asked, LONGEST_SAID + 100), spacing="Medium"),
        _words(blank, say("Your answer"), error=say("Please type your answer.")),
    ]
    return _form(blank, say("Answer a question"), inputs, sends=say("Answer"))


def _form(blank: Blank, title: str, inputs: list[Any], *, sends: str) -> Form:
    problem = [TextBlock(escape(blank.problem), weight="Bolder")] if blank.problem else []
    body = [
        *([Container(items=problem, style="attention")] if problem else []),
        *inputs,
        ActionSet(
            actions=[
                _button(blank, sends, SEND),
                _button(blank, blank.language.say("Cancel"), CANCEL, associated="none"),
            ],
            spacing="Medium",
        ),
    ]
    return Form(title, page(body, title, blank.language).json(), blank.problem)


def _named(blank: Blank) -> TextBlock:
    sheet = sheet_of(blank.document)
    return small(headed(sheet, blank.document, blank.language, blank.privacy))


def _about(blank: Blank) -> list[Any]:
    """Say what the form is about: kind and number, party, amount."""
    sheet = sheet_of(blank.document)
    party = sheet.party_of(blank.document)
    amount = sheet.amount_of(blank.document, blank.language)
    return [
        _named(blank),
        *([TextBlock(escape(party), weight="Bolder", spacing="None")] if party else []),
        *([TextBlock(escape(amount), spacing="None")] if amount else []),
    ]


def _words(blank: Blank, label: str, *, error: str = "") -> TextInput:
    wanted = {"required": True, "error": error} if error else {}
    return TextInput(
        id=TEXT, label=label, many_lines=True, longest=LONGEST_SAID, **wanted, **blank.was(TEXT)
    )


def _button(blank: Blank, title: str, verb: str, **more: str) -> Send:
    return Send(title=title, data={"dialog": blank.token, "verb": verb}, **more)


def _reason(text: str, language: Language) -> str:
    """Translate a reason of ours; a company's own is in its own words."""
    return plain(language.term(text), 100)
