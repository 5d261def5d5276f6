"""The words people type for what they mean: English and German, forgiving slips. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

ENTITIES = {
    "bill": ("Bill",),
    "bills": ("Bill",),
    "rechnung": ("Bill",),
    "rechnungen": ("Bill",),
    "po": ("PurchaseOrder",),
    "pos": ("PurchaseOrder",),
    "order": ("PurchaseOrder",),
    "orders": ("PurchaseOrder",),
    "bestellung": ("PurchaseOrder",),
    "bestellungen": ("PurchaseOrder",),
    "payment": ("Check", "Payment"),
    "payments": ("Check", "Payment"),
    "zahlung": ("Check", "Payment"),
    "zahlungen": ("Check", "Payment"),
    "check": ("Check",),
    "checks": ("Check",),
    "scheck": ("Check",),
    "schecks": ("Check",),
}
"""A word for documents to the entities it means."""
EVERYTHING = ("Bill", "PurchaseOrder", "Check", "Payment")

PENDING = frozenset({"pending", "waiting", "offen", "offene", "wartend", "wartende"})
VENDOR = frozenset({"vendor", "supplier", "lieferant"})
WHY = frozenset({"why", "warum", "wieso"})
ACTS = frozenset(
    {
        "release", "approve", "reject", "unhold", "freigeben", "genehmigen", "genehmige",
        "ablehnen",
    }
)  # fmt: skip
"""Words that decide where they stand on a button; typed they never do."""
MORE = frozenset({"more", "mehr", "next", "weiter"})
NEXT_CARDS = frozenset({"next cards", "nächste karten", "die nächsten karten"})
PAGE = frozenset({"page", "seite"})
HELP = frozenset({"help", "hilfe"})
SETTINGS = frozenset({"settings", "einstellungen"})

GREETINGS = frozenset(
    {
        "hi", "hello", "hey", "good morning", "good afternoon", "hallo", "guten morgen",
        "guten tag", "moin", "servus", "bonjour",
    }
)  # fmt: skip
THANKS = frozenset({"thanks", "thank you", "thx", "ty", "danke", "vielen dank", "merci"})

SHORTEST_SLIP = 3
"""Letters a word needs before it may be a slip of another."""
NEAR = 0.7


def meant(word: str, known: Iterable[str]) -> str:
    """Return the one of *known* that *word* is, or is a slip of; empty when it is none.

    Only for words that ask for something to be shown: what acts is never guessed.
    """
    words = list(known)
    if word in words:
        return word
    if len(word) < SHORTEST_SLIP:
        return ""
    near = difflib.get_close_matches(word, words, n=1, cutoff=NEAR)
    return near[0] if near else ""
