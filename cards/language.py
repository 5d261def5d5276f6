"""The languages people read: English as written here, others from `cards/words/*.po`.

A sentence is its own key: `language.say("Waits for {who}.", who=…)` looks the English sentence up
and fills in the parts afterwards, so that nothing the ERP says is ever read as a sentence of ours.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from babel.numbers import format_decimal

WORDS = Path(__file__).parent / "words"
"""One file a language, named by its code; they are read as they are, without a compile step."""


def _not_one(n: int) -> int:
    return int(n != 1)


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its sentences by the English ones, and how it writes numbers and days."""

    code: str = "en"
    """Also what babel formats by."""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)
    """English sentence -> this language's, in several forms where it counts something."""
    plural: Callable[[int], int] = field(default=_not_one, repr=False, compare=False)
    """Which form belongs to a number."""

    def say(self, sentence: str, /, **parts: object) -> str:
        """Return *sentence*, written in English with `{parts}`, in this language."""
        return self.term(sentence).format(**parts)

    def count(self, one: str, many: str, n: int, /, **parts: object) -> str:
        """Return the form of a sentence that belongs to *n*, which stands in it as `{n}`."""
        forms = self.words.get(one, (one, many))
        return forms[self.plural(n)].format(n=self.number(n), **parts)

    def term(self, word: str) -> str:
        """Return a word or a sentence without parts; one we have no word for stays as it is.

        For what is kept in English or comes from the ERP: braces in it are mere characters.
        """
        return self.words.get(word, (word,))[0]

    def number(self, n: int) -> str:
        """Return a whole number as this language groups it."""
        return str(format_decimal(n, locale=self.code))

    def within(self, noun: str) -> str:
        """Return a noun as it stands inside a sentence: *bill*, *PO*; German ones stay as is."""
        if self.code != "en" or noun.isupper():
            return noun
        return noun[:1].lower() + noun[1:]


ENGLISH = Language()


def phrase(english: str) -> str:
    """Mark a sentence in a table as one to be translated where it is said."""
    return english


def language_of(locale: str) -> Language:
    """Return the language of a client's or company's locale (`de-DE`); English when unknown."""
    code = locale.replace("_", "-").partition("-")[0].lower()
    return _read(code) if code in languages() else ENGLISH


@cache
def languages() -> tuple[str, ...]:
    """List the codes of all languages there are."""
    return ("en", *sorted(path.stem for path in WORDS.glob("*.po")))


@cache
def _read(code: str) -> Language:
    if code == ENGLISH.code:
        return ENGLISH
    with (WORDS / f"{code}.po").open("rb") as file:
        catalog = read_po(file, locale=code, abort_invalid=True)
    words = {}
    for message in catalog:
        forms = _forms(message.string)
        if message.id and all(forms) and not message.fuzzy:
            words[_forms(message.id)[0]] = forms
    return Language(code, words, gettext.c2py(catalog.plural_expr))


def _forms(text: object) -> tuple[str, ...]:
    """A sentence has one form, one that counts has several."""
    return tuple(map(str, text)) if isinstance(text, list | tuple) else (str(text or ""),)
