"""What the bot answers in a chat: a card with the line a notification shows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cards.chat import text_card
from cards.language import Language, phrase
from cards.text import plain


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer, ready to be sent."""

    card: dict[str, Any]
    summary: str


def spoken(title: str, *paragraphs: str, language: Language) -> Spoken:
    """Return a few sentences under a title."""
    return Spoken(text_card(title, paragraphs, language), plain(title))


def greeting(language: Language, *, thanks: bool) -> Spoken:
    """Return a kind word for a kind word, and a way on."""
    title = language.say("You are welcome.") if thanks else language.say("Hello.")
    return spoken(
        title,
        language.say(
            "I bring what waits in Acumatica to the people who decide. Type “help” for more."
        ),
        language=language,
    )


def not_understood(guess: str, language: Language) -> Spoken:
    """Return a way on for what no command is."""
    hints = [language.say("Did you mean “{command}”?", command=guess)] if guess else []
    hints.append(language.say("Type “help” for what I can do."))
    return spoken(language.say("I did not understand that"), " ".join(hints), language=language)


def half_typed(example: str, language: Language) -> Spoken:
    """Ask for the number or name that is missing."""
    return spoken(
        language.say("Which one?"),
        language.say("Type its number too, for example “{command}”.", command=example),
        language=language,
    )


_KINDS = {
    "Bill": (
        phrase("No bill {number}"),
        phrase("Countersign finds no bill with that number in Acumatica."),
    ),
    "PurchaseOrder": (
        phrase("No purchase order {number}"),
        phrase("Countersign finds no purchase order with that number in Acumatica."),
    ),
    "Check": (
        phrase("No payment {number}"),
        phrase("Countersign finds no payment with that number in Acumatica."),
    ),
}
_ANYTHING = (
    phrase("No document {number}"),
    phrase("Countersign finds no document with that number in Acumatica."),
)


def not_found(entity: str, number: str, language: Language) -> Spoken:
    """Say that there is no such document; *entity* is empty when any kind was asked for."""
    title, text = _KINDS.get(entity, _ANYTHING)
    return spoken(
        language.term(title).format(number=number), language.term(text), language=language
    )


def no_vendor(name: str, language: Language) -> Spoken:
    """Say that no vendor is called so."""
    return spoken(
        language.say("No vendor {name}", name=name),
        language.say("No vendor of the documents I have seen has that number or name."),
        language=language,
    )


def nobody_called(name: str, language: Language) -> Spoken:
    """Say that no employee is called so."""
    return spoken(
        language.say("Nobody called {name}", name=name),
        language.say("No employee of your company in Acumatica has that name or number."),
        language=language,
    )


def nothing_to_go_on(language: Language) -> Spoken:
    """Say that there is no list to go on with."""
    return spoken(
        language.say("There is no list to go on with"),
        language.say("Type for example “pending bills”, and then “more”."),
        language=language,
    )


def ask_a_colleague(language: Language) -> Spoken:
    """Turn away a guest, or somebody Teams does not name: they are shown nothing."""
    return spoken(
        language.say("Please ask a colleague"),
        language.say("I show documents to members of the company only, not to guests."),
        language=language,
    )


def no_company(mail: str, language: Language) -> Spoken:
    """Tell somebody who belongs to no company of ours what is missing, and who can mend it."""
    return spoken(
        language.say("I may not show you anything yet"),
        language.say(
            "Your mail address {mail} is not that of one active employee in Acumatica.", mail=mail
        )
        if mail
        else language.say("Teams tells me no mail address of yours."),
        language.say(
            "An Acumatica administrator can enter it with your employee, or whoever runs"
            " Countersign can add a [[person]] for you."
        ),
        language=language,
    )


def told_alone(language: Language) -> str:
    """Say in a channel that the answer went to the asker's own chat."""
    return language.say("I have answered you in our own chat: not everybody here may read that.")


def come_to_our_chat(language: Language) -> str:
    """Say in a channel that the answer has no other place yet."""
    return language.say(
        "That is not for everybody here. Please open our own chat and ask me there."
    )


def several_vendors(name: str, found: Sequence[str], language: Language) -> Spoken:
    """Name the vendors that were perhaps meant."""
    return spoken(
        language.say("Several vendors match {name}", name=name),
        *found,
        language.say("Type “vendor” and one of these numbers."),
        language=language,
    )


def too_fast(language: Language) -> Spoken:
    """Tell somebody who asks faster than one person may that the rest is not answered."""
    return spoken(
        language.say("That was a lot at once"),
        language.say("What you type in the next moments stays unanswered. Ask again in a minute."),
        language=language,
    )
