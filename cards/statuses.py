"""Acumatica's statuses in a person's words.

A heading says a status in the reader's language. A sentence that tells what Acumatica shows keeps
Acumatica's own word: it is what a person looks for on the screen, and we never guess what a company
or a newer build means by a word.
"""

from __future__ import annotations

from cards.language import Language, phrase

KNOWN = (
    phrase("On Hold"),
    phrase("Pending Approval"),
    phrase("Rejected"),
    phrase("Balanced"),
    phrase("Pre-Released"),
    phrase("Scheduled"),
    phrase("Open"),
    phrase("Closed"),
    phrase("Voided"),
    phrase("Reserved"),
    phrase("Under Reclassification"),
    phrase("Printed"),
    phrase("Pending Print"),
    phrase("Pending Printing"),
    phrase("Pending Email"),
    phrase("Pending Processing"),
    phrase("Awaiting Link"),
    phrase("Completed"),
    phrase("Canceled"),
)


def status_words(status: str, own: str, language: Language) -> str:
    """Return *status* as a heading says it; *own* is what the document's type calls it, if told."""
    if own:
        return language.term(own)
    word = language.term(status)
    return status.lower() if word == status else word
