"""What an answer of the Bot Connector means for a message: the posting table. Pure.

A post has no idempotency key: without a clear answer it is *unknown*, never simply tried again.
An edit can be repeated. Follows the vendor's page "Status code responses" for bots in Teams.

| answer | outcome |
|---|---|
| 429 | `Throttled`: this conversation waits as long as told, else 1, 2, 4 … 60 s |
| 412 | 1, 2, 4 … s, never less than told; six tries |
| 401, also with a fresh token | `SignInRefused`: parked, and the operator is told |
| 400, 403 that cannot read an id | `Indecipherable`: once more after an hour, then given up |
| 400, 413 | `TooMuch`: one smaller plain card, then parked |
| 403 | `Unreachable`: parked until the bot is let in there (again) |
| 404 | `Gone` |
| 408, 5xx, 3xx | unknown after a post; what can be repeated is tried again, when told to |
| any other | parked: nobody knows what would mend it |
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from storage.records import Outcome, Reject, Retry, Unknown, Wait

NONSENSE_WAIT = 60.0
"""Seconds to wait when Retry-After cannot be read."""
LONGEST_BUSY = 60.0
"""Seconds our own back-off grows to while a conversation is throttled."""
CONFLICT_TRIES = 6
HOUR = 3600.0
REFUSED_SIGN_IN = "401"
"""How every reason begins that a refused sign-in parks a message with."""

PLAIN_REASONS = {
    "BotDisabledByAdmin": "a Teams administrator has blocked the app",
    "BotNotInConversationRoster": "the app is not installed in that team or chat",
    "BotNotRegistered": "the bot registration is missing, or its Teams channel is not switched on",
    "ConversationBlockedByUser": "the person has blocked the bot",
    "ForbiddenOperationException": "the app is not installed for that person",
    "InvalidBotApiHost": "this organisation is in another Microsoft cloud: set TEAMS__CLOUD",
    "MessageWritesBlocked": "the person has blocked or removed the bot",
    "NotEnoughPermissions": "the app may not write there",
    "ConversationNotFound": "the channel or chat no longer exists",
    "ActivityNotFoundInConversation": "the message no longer exists",
    "MessageSizeTooBig": "the card is too large for Teams",
}
UNHEARD_OF = "Teams refused this in a way its documentation does not tell of"
UNREADABLE = "Teams cannot read an id we hold: it belongs to another bot, or Teams is out of order"


@dataclass(frozen=True, slots=True)
class Throttled(Retry):
    """The conversation wants to be left alone for a while; nobody else does."""

    conversation: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Indecipherable(Retry):
    """An id of ours means nothing to Teams; that was once an outage, and mostly is a mistake."""


@dataclass(frozen=True, slots=True)
class SignInRefused(Wait):
    """The connector does not take the bot's token, not even a fresh one."""


@dataclass(frozen=True, slots=True)
class Unreachable(Wait):
    """We may not write to that place until somebody changes something in Teams."""


@dataclass(frozen=True, slots=True)
class StillUnreachable(Unreachable):
    """It was not even tried: that place refused us lately, and nothing has happened there."""


@dataclass(frozen=True, slots=True)
class Unheard(Wait):
    """Refused in a way nobody has documented: no event will tell that it is worth another try."""


@dataclass(frozen=True, slots=True)
class Gone(Reject):
    """The chat, channel or message is no longer there."""


@dataclass(frozen=True, slots=True)
class TooMuch(Reject):
    """This body is never taken; a smaller, plainer one may be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of the connector as far as it decides what to do."""

    status: int
    code: str = ""
    retry_after: str = ""
    message: str = ""


def refused(answer: Answer, *, repeatable: bool) -> Outcome:
    """Say what an answer other than success means; *repeatable* for edits and reads."""
    reason = f"{answer.status} {PLAIN_REASONS.get(answer.code, answer.code)}".strip()
    after = asked_wait(answer.retry_after)
    if answer.status == 429:
        return Throttled(reason, after, ceiling=LONGEST_BUSY)
    if answer.status == 412:
        return Retry(reason, after, tries=CONFLICT_TRIES, at_least=True)
    if answer.status == 408 or not 400 <= answer.status < 500:
        return Retry(reason, after, at_least=True) if repeatable else Unknown(reason, after)
    if answer.status in (400, 403) and _is_unreadable(answer):
        return Indecipherable(f"{answer.status} {UNREADABLE}", HOUR, tries=2)
    return _for_good(answer, reason)


def _for_good(answer: Answer, reason: str) -> Outcome:
    """Judge what trying again by itself never changes."""
    match answer.status:
        case 400 | 413:
            return TooMuch(reason)
        case 401:
            return SignInRefused(reason)
        case 403 if answer.code == "InvalidBotApiHost":
            return Wait(reason)  # our own setting is wrong: the place is not to blame
        case 403:
            return Unreachable(reason)
        case 404:
            return Gone(reason)
        case _:
            return Unheard(f"{reason}: {UNHEARD_OF}")


def _is_unreadable(answer: Answer) -> bool:
    told = answer.message.lower()
    return "pairwise id" in told or ("failed to decrypt" in told and "id" in told)


def asked_wait(retry_after: str) -> float | None:
    """Read Retry-After: clamped to 1 s … 15 min; absent means our own back-off."""
    if not retry_after:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        return NONSENSE_WAIT
    if math.isnan(seconds) or seconds < 0:
        return NONSENSE_WAIT
    return min(900.0, max(1.0, seconds))
