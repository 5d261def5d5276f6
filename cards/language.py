"""The languages people read: English as written here, others from `cards/words/*.po`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its sentences by the English ones, and how it writes numbers and days."""

    code: str = "en"
    """Also what babel formats by."""
    words: Mapping[str, str] = field(default_factory=dict)

    def say(self, sentence: str, /, **parts: object) -> str:
        """Return *sentence*, written in English with `{parts}`, in this language."""
        return self.words.get(sentence, sentence).format(**parts)


ENGLISH = Language()


def language_of(locale: str) -> Language:
    """Return the language of a client's or company's locale (`de-DE`); English when unknown."""
    del locale
    return ENGLISH
