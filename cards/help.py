"""What can be typed, and what each command does. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from cards.language import Language, phrase

DOES = {
    phrase("pending bills"): phrase("Bills that wait for a person"),
    phrase("pending pos"): phrase("Purchase orders that wait for a person"),
    phrase("pending payments"): phrase("Checks and payments that are not released"),
    phrase("bill 000154"): phrase("One bill as it stands now"),
    phrase("po PO000119"): phrase("One purchase order"),
    phrase("payment 000010"): phrase("One check or payment"),
    phrase("vendor V000000021"): phrase(
        "A vendor's standing and open documents, by number or name"
    ),
    phrase("why 000154"): phrase(
        "Why a document is where it is, who may decide, and what happened"
    ),
    phrase("who covers Ann"): phrase("Who may approve for somebody today"),
    phrase("next cards"): phrase("The next of the cards I hold back when a lot comes at once"),
    phrase("settings"): phrase("What I know of you"),
    phrase("use this channel as NAME"): phrase(
        "Send here what the routes send to NAME (team owners)"
    ),
    phrase("move NAME here"): phrase(
        "The same, where another channel is NAME by now (team owners)"
    ),
    phrase("stop using this channel"): phrase("Take that back"),
    phrase("help"): phrase("This list"),
    phrase("connect"): phrase("Let Countersign act as your own Acumatica user when you press"),
    phrase("disconnect"): phrase("Take that back"),
}
"""By the command as it is typed; each language lists words that are understood, too."""


def help_rows(commands: Iterable[str], language: Language) -> list[tuple[str, str]]:
    """Return each command with what it does."""
    return [(language.term(command), language.term(DOES[command])) for command in commands]
