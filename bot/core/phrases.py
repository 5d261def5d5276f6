"""Does a remark read as if somebody meant to decide by it? Pure; it decides nothing itself.

The whole remark must be such a phrase, so that a sentence which merely has the word in it, a
question or a refusal is none: answering one time too few costs a press, one time too many is noise.
"""

from __future__ import annotations

import re

_POLITE = """
    ok okay okey yes yep yeah sure please pls thanks thank you fine good great all right hi hello
    from me my side for now it this that the bill po order invoice payment and can may
    ja jawohl bitte danke gut alles klar von mir meinerseits aus meiner sicht das die der den
    rechnung bestellung zahlung es jetzt und du kannst sie können ihr könnt mal hiermit
"""
POLITE = frozenset(_POLITE.split())
"""Words that may stand around a phrase and change nothing."""

PHRASES = (
    "approved",
    "approve",
    "i approve",
    "lgtm",
    "release",
    "released",
    "go ahead",
    "go for",
    "to go",
    "to pay",
    "to release",
    "to approve",
    "proceed",
    "pay",
    "confirmed",
    "accepted",
    "rejected",
    "reject",
    "i reject",
    "declined",
    "decline",
    "genehmigt",
    "genehmige",
    "genehmige ich",
    "ich genehmige",
    "genehmigen",
    "freigegeben",
    "freigeben",
    "freigabe",
    "freigabe erteilt",
    "gebe ich frei",
    "gebe frei",
    "ich gebe frei",
    "ist freigegeben",
    "ist genehmigt",
    "is approved",
    "kann raus",
    "passt",
    "einverstanden",
    "abgelehnt",
    "ablehnen",
    "lehne ich ab",
    "ich lehne ab",
)
"""What is left of such a remark once the polite words are gone, in English and German."""

SIGNS = frozenset("👍✅✔☑🆗👌")
"""A remark of such signs alone means the same."""
_TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f !.]")

LONGEST = 120
_WORDS = re.compile(r"[^\W\d_]+")
_ASKS = re.compile(r"[?¿？]")
# A number, an address or a mention names something: then it is a sentence, or about another thing.
_NAMES = re.compile(r"[\d@/#%$€£]")


def reads_like_decision(remark: str) -> bool:
    """Say whether *remark*, all of it, reads like a decision: *ok, release*, *genehmigt!*"""
    said = remark.strip().casefold()
    if not said or len(said) > LONGEST or _ASKS.search(said) or _NAMES.search(said):
        return False
    if set(_TONES.sub("", said)) <= SIGNS:
        return True
    words = _WORDS.findall(said)
    left = " ".join(word for word in words if word not in POLITE)
    return left in _LEFT


_LEFT = frozenset(
    " ".join(word for word in phrase.split() if word not in POLITE) for phrase in PHRASES
)
