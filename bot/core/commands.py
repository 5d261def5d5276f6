"""What somebody typed to the bot, as a command. Pure.

Words that only show something are forgiven their slips; words that act must be typed as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.core.vocabulary import (
    ACTS,
    ENTITIES,
    EVERYTHING,
    GREETINGS,
    HELP,
    MORE,
    NEXT_CARDS,
    PAGE,
    PENDING,
    SETTINGS,
    THANKS,
    VENDOR,
    WHY,
    meant,
)

EXAMPLES = (
    "pending bills",
    "pending pos",
    "pending payments",
    "bill 000154",
    "po PO000119",
    "payment 000010",
    "vendor V000000021",
    "why 000154",
    "who covers Ann",
    "next cards",
    "settings",
    "use this channel as NAME",
    "move NAME here",
    "stop using this channel",
    "help",
)
"""What `help` lists, in this order; `cards.help` says what each does."""
CONNECT_EXAMPLES = ("connect", "disconnect")
"""Offered only where a company carries decisions out as the person who decides."""
EXAMPLE_OF = {
    "Bill": "bill 000154",
    "PurchaseOrder": "po PO000119",
    "Check": "payment 000010",
    "Vendor": "vendor V000000021",
    "Why": "why 000154",
}
"""How a word is typed that needs a number or a name after it."""
MOST_PAGES = 9_999
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Help:
    """Show what can be typed."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """Answer a kind word with one."""

    thanks: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """List what waits for a person."""

    word: str
    entities: tuple[str, ...]
    page: int = 1


@dataclass(frozen=True, slots=True)
class More:
    """Go on with the list asked for last, or with this one; *page* names which page of it."""

    of: Pending | None = None
    page: int = 0


@dataclass(frozen=True, slots=True)
class NextCards:
    """Send the next of the cards that are held back."""


@dataclass(frozen=True, slots=True)
class ShowDocument:
    """Show one document by its number."""

    word: str
    entities: tuple[str, ...]
    number: str


@dataclass(frozen=True, slots=True)
class Decide(ShowDocument):
    """Somebody typed what only a press does; they are told where the card is."""


@dataclass(frozen=True, slots=True)
class HalfTyped:
    """A word that needs a number or a name after it; `example` is how it is typed."""

    example: str


@dataclass(frozen=True, slots=True)
class ShowVendor:
    """Show a vendor's standing and open documents, by its number or name."""

    name: str


@dataclass(frozen=True, slots=True)
class Why(ShowDocument):
    """Say why a document is where it is, and what happened to it."""


@dataclass(frozen=True, slots=True)
class WhoCovers:
    """Say who may approve for somebody today."""

    name: str


@dataclass(frozen=True, slots=True)
class ShowSettings:
    """Show what is known of the asker."""


@dataclass(frozen=True, slots=True)
class UseChannel:
    """Bind the name to the channel this is typed in; *moving* it from where it is bound now."""

    name: str
    moving: bool = False


@dataclass(frozen=True, slots=True)
class StopUsing:
    """Unbind every name from the channel this is typed in."""


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


Binding = UseChannel | StopUsing
Showing = Pending | More | ShowDocument | ShowVendor | WhoCovers | ShowSettings
Command = (
    Help | Greeting | Showing | NextCards | Binding | Connect | Disconnect | HalfTyped | Unknown
)

_POLITE = re.compile(
    r"^(?:please |bitte )?(?:show (?:me )?|zeige? (?:mir )?)?(.*?)(?: please| pls| bitte)?$",
    re.IGNORECASE,
)


def read_command(text: str) -> Command:
    """Read what was typed, with the mention of the bot already taken out."""
    typed = " ".join(text.split()).strip(" .!?,")
    typed = typed if typed.lower() in ("please", "bitte") else _bare(typed)
    words = typed.lower()
    if words in GREETINGS:
        return Greeting()
    if words in THANKS:
        return Greeting(thanks=True)
    if words in NEXT_CARDS:
        return NextCards()
    return (
        _of_connecting(words)
        or _of_one_word(words)
        or _of_channels(typed)
        or _of_people(typed)
        or _of_vendors(typed)
        or _of_lists(words)
        or _of_documents(typed)
        or _unknown(words)
    )


def _bare(typed: str) -> str:
    found = _POLITE.match(typed)
    return found[1].strip(" ,") if found else typed


def _of_one_word(words: str) -> Command | None:
    if not words:
        return Help()
    if " " in words:
        return None
    if words in MORE:
        return More()
    if example := _example(words):
        return HalfTyped(example)
    if meant(words, HELP):
        return Help()
    return ShowSettings() if meant(words, SETTINGS) else None


def _example(word: str) -> str:
    """Return how a word is typed that means nothing alone; empty when it is none of them."""
    if word in VENDOR:
        return EXAMPLE_OF["Vendor"]
    if word in WHY:
        return EXAMPLE_OF["Why"]
    entities = ENTITIES.get(word)
    return EXAMPLE_OF[entities[0]] if entities else ""


def _of_connecting(words: str) -> Command | None:
    if words in ("disconnect", "trennen"):
        return Disconnect()
    connect = re.fullmatch(r"(?:connect|verbinden)(?: (\d[\d -]{0,12}))?", words)
    return Connect(re.sub(r"\D", "", connect[1] or "")) if connect else None


_USE = re.compile(
    r"use this channel (?:as|for) (\S+)"
    r"|(?:nutze|benutze|verwende) diesen kanal (?:als|für) (\S+)"
    r"|diesen kanal als (\S+) (?:nutzen|benutzen|verwenden)",
    re.IGNORECASE,
)
_MOVE = re.compile(r"move (\S+) here|(?:verschiebe|verlege) (\S+) hierher", re.IGNORECASE)
_STOP = re.compile(
    r"stop using this channel|diesen kanal nicht mehr (?:nutzen|benutzen|verwenden)", re.IGNORECASE
)


def _of_channels(typed: str) -> Command | None:
    if _STOP.fullmatch(typed):
        return StopUsing()
    use, move = _USE.fullmatch(typed), _MOVE.fullmatch(typed)
    found = use or move
    if not found:
        return None
    name = next(filter(None, found.groups())).strip("“”\"'")
    return UseChannel(name[:LONGEST_NAME], moving=move is not None)


def _of_people(typed: str) -> Command | None:
    covers = re.fullmatch(r"(?:who covers|wer vertritt)(?: for)? (.+)", typed, re.IGNORECASE)
    return WhoCovers(covers[1][:LONGEST_NAME]) if covers else None


def _of_vendors(typed: str) -> Command | None:
    word, _, name = typed.partition(" ")
    return ShowVendor(name[:LONGEST_NAME]) if name and meant(word.lower(), VENDOR) else None


def _of_lists(words: str) -> Command | None:
    first, *rest = words.split()
    if first in PAGE:
        return More(page=page) if (page := _page(words.split())) else None
    word = meant(rest[0], ENTITIES) if rest and meant(first, PENDING) else ""
    if not word:
        return None
    listed = Pending(word, ENTITIES[word])
    if rest[1:] and rest[1] in MORE:
        return More(listed) if len(rest) == 2 else None
    return replace(listed, page=page) if (page := _page(rest[1:])) else None


def _page(rest: list[str]) -> int:
    """Read `page 3`, or nothing at all as the first page; 0 when it is neither."""
    if not rest:
        return 1
    number = rest[-1]
    counted = len(rest) == 2 and rest[0] in PAGE and number.isascii() and number.isdigit()
    return min(int(number[:5]), MOST_PAGES) if counted else 0


def _of_documents(typed: str) -> Command | None:
    """Read `bill 004512`, `why 004512`, `release bill 004512`; numbers stay as they were typed."""
    *named, number = typed.split()
    kind, nouns = _kind([word.lower() for word in named])
    if kind is Decide and not any(letter.isdigit() for letter in number):
        return None
    if kind is not ShowDocument and not nouns:
        return kind("", EVERYTHING, number)
    if len(nouns) != 1 or not (word := meant(nouns[0], ENTITIES)):
        return None
    return kind(word, ENTITIES[word], number)


def _kind(words: list[str]) -> tuple[type[ShowDocument], list[str]]:
    """Return what is wanted of a document, and the words that name its kind."""
    first = words[0] if words else ""
    if first in ACTS:
        return Decide, words[1:]
    return (Why, words[1:]) if meant(first, WHY) else (ShowDocument, words)


def _unknown(words: str) -> Unknown:
    return Unknown(words, meant(words, (*EXAMPLES, *CONNECT_EXAMPLES)))
