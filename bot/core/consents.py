"""Connecting a person's own Acumatica user: which number settles which sign-in. Pure.

A link alone proves nothing: somebody may be sent somebody else's. So the browser that signed in
shows a number, and only the person the link was made for can type it, in their own chat.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cards.language import phrase
from storage.records import Consent

LINK_LASTS = timedelta(hours=1)
NUMBER_LASTS = timedelta(minutes=10)
MOST_TRIES = 3


class Wrong(StrEnum):
    """Why a number settles nothing."""

    NOTHING_OPEN = phrase("There is no sign-in to finish. Type “connect” for a new link.")
    TOO_LATE = phrase("That took too long. Type “connect” for a new link.")
    NUMBER = phrase(
        "That is not the number on the page. Look again, or type “connect” for a new link."
    )
    TOO_OFTEN = phrase(
        "That was wrong too often, so the sign-in is dropped. Type “connect” to start anew."
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """What a typed number leads to; without `wrong`, the sign-in is settled."""

    consent: Consent | None
    wrong: Wrong | None = None

    @property
    def spoiled(self) -> bool:
        """Say whether the sign-in must be forgotten."""
        return self.wrong in (Wrong.TOO_LATE, Wrong.TOO_OFTEN)


def hashed(secret: str) -> str:
    """Return what is stored of a state or number: what is read from the store opens nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def number_from(token: str) -> str:
    """Return the six digits a sign-in shows, from an unguessable *token*."""
    return f"{int(hashed(token), 16) % 1_000_000:06d}"


def code_of(state: str, number: str) -> str:
    """Return what is stored of a number: bound to its sign-in, so that equal ones differ."""
    return hashed(f"{state}|{number}")


def judge_number(open_consents: Sequence[Consent], number: str, now: datetime) -> Judged:
    """Say which of one person's sign-ins *number* settles."""
    waiting = [consent for consent in open_consents if consent.code]
    if not waiting:
        return Judged(None, Wrong.NOTHING_OPEN)
    for consent in waiting:
        if consent.code == code_of(consent.state, number):
            return Judged(consent, Wrong.TOO_LATE if now > consent.expires_at else None)
    newest = waiting[-1]
    last = newest.tries + 1 >= MOST_TRIES
    return Judged(newest, Wrong.TOO_OFTEN if last else Wrong.NUMBER)
