"""What can be typed, and what each command does. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from cards.language import Language, phrase

DOES = {
    "pending bills": phrase("Bills that wait for a person"),
    "pending pos": phrase("Purchase orders that wait for a person"),
    "pending payments": phrase("Checks and payments that are not released"),
    "bill 000154": phrase("One bill as it stands now"),
    "po PO000119": phrase("One purchase order"),
    "payment 000010": phrase("One check or payment"),
    "vendor V000000021": phrase("A vendor's standing and open documents, by number or name"),
    "why 000154": phrase("Why a document is where it is, who may decide, and what happened"),
    "who covers Ann": phrase("Who may approve for somebody today"),
    "next cards": phrase("The next of the cards I hold back when a lot comes at once"),
    "settings": phrase("What I know of you"),
    "use this channel as NAME": phrase("Send here what the routes send to NAME (team owners)"),
    "move NAME here": phrase("The same, where another channel is NAME by now (team owners)"),
    "stop using this channel": phrase("Take that back"),
    "help": phrase("This list"),
    "connect": phrase("Let Countersign act as your own Acumatica user when you press"),
    "disconnect": phrase("Take that back"),
}
"""By the command as it is typed, which is the same in every language."""


def help_rows(commands: Iterable[str], language: Language) -> list[tuple[str, str]]:
    """Return each command with what it does."""
    return [(command, language.term(DOES[command])) for command in commands]
