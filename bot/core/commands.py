"""What somebody typed to the bot, as a command. Pure."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

HELP = (
    ("pending bills", "Bills that wait for a person"),
    ("pending pos", "Purchase orders that wait for a person"),
    ("pending payments", "Checks and payments that are not released"),
    ("bill 000154", "One bill as it stands now"),
    ("po PO000119", "One purchase order"),
    ("payment 000010", "One check or payment"),
    ("help", "This list"),
)
CONNECT_HELP = (
    ("connect", "Let Countersign act as your own Acumatica user when you press"),
    ("disconnect", "Take that back"),
)
"""Offered only where a company carries decisions out as the person who decides."""

ENTITIES = {
    "bill": ("Bill",),
    "bills": ("Bill",),
    "po": ("PurchaseOrder",),
    "pos": ("PurchaseOrder",),
    "payment": ("Check", "Payment"),
    "payments": ("Check", "Payment"),
    "check": ("Check",),
    "checks": ("Check",),
}

GREETINGS = frozenset({"hi", "hello", "hey", "good morning", "hallo", "bonjour"})
THANKS = frozenset({"thanks", "thank you", "thx", "danke", "merci"})


@dataclass(frozen=True, slots=True)
class Help:
    """Show what can be typed."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """Answer a kind word with one."""

    answer: str


@dataclass(frozen=True, slots=True)
class Pending:
    """List what waits for a person."""

    word: str
    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowDocument:
    """Show one document by its number."""

    word: str
    entities: tuple[str, ...]
    number: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Connect the sender's own Acumatica user; with a number, finish the sign-in it names."""

    number: str = ""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Forget the sender's own Acumatica user."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not understood; `guess` is the nearest command, empty when none is near."""

    text: str
    guess: str = ""


Command = Help | Greeting | Pending | ShowDocument | Connect | Disconnect | Unknown


def read_command(text: str) -> Command:
    """Read what was typed, with the mention of the bot already taken out."""
    typed = " ".join(text.split()).strip(" .!?,")
    words = typed.lower()
    if words in ("", "help"):
        return Help()
    if words in GREETINGS:
        return Greeting("Hello.")
    if words in THANKS:
        return Greeting("You are welcome.")
    return _of_documents(words, typed) or _of_connecting(words) or _unknown(words)


def _of_documents(words: str, typed: str) -> Command | None:
    pending = re.fullmatch(r"pending (\w+)", words)
    if pending and pending[1] in ENTITIES:
        return Pending(pending[1], ENTITIES[pending[1]])
    one = re.fullmatch(r"(\w+) (\S+)", words)
    if one and one[1] in ENTITIES:
        number = typed.split()[-1]  # as typed: numbers may be case-sensitive
        return ShowDocument(one[1], ENTITIES[one[1]], number)
    return None


def _of_connecting(words: str) -> Command | None:
    if words == "disconnect":
        return Disconnect()
    connect = re.fullmatch(r"connect(?: (\d[\d -]{0,12}))?", words)
    return Connect(re.sub(r"\D", "", connect[1] or "")) if connect else None


def _unknown(words: str) -> Unknown:
    known = [command for command, _ in (*HELP, *CONNECT_HELP)]
    near = difflib.get_close_matches(words, known, n=1, cutoff=0.6)
    return Unknown(words, near[0] if near else "")
