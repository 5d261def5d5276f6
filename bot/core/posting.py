"""What an answer of the Bot Connector means for a message: the posting table. Pure.

A post has no idempotency key: without a clear answer it is *unknown*, never simply tried again.
An edit can be repeated. Follows the vendor's page "Status code responses" for bots in Teams.
"""

from __future__ import annotations

from dataclasses import dataclass

from storage.records import Outcome, Reject, Retry, Unknown, Wait

NONSENSE_WAIT = 60.0
"""Seconds to wait when Retry-After cannot be read."""

PLAIN_REASONS = {
    "BotDisabledByAdmin": "a Teams administrator has blocked the app",
    "BotNotInConversationRoster": "the app is not installed in that team or chat",
    "ConversationBlockedByUser": "the person has blocked the bot",
    "ForbiddenOperationException": "the app is not installed for that person",
    "InvalidBotApiHost": "this organisation needs the service address of its own cloud",
    "MessageWritesBlocked": "the person has blocked or removed the bot",
    "ConversationNotFound": "the channel or chat no longer exists",
    "ActivityNotFoundInConversation": "the message no longer exists",
    "MessageSizeTooBig": "the card is too large for Teams",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of the connector as far as it decides what to do."""

    status: int
    code: str = ""
    retry_after: str = ""


def refused(answer: Answer, *, repeatable: bool) -> Outcome:
    """Say what an answer other than success means; *repeatable* for edits and reads."""
    reason = f"{answer.status} {PLAIN_REASONS.get(answer.code, answer.code)}".strip()
    if answer.status == 429:
        return Retry(reason, _seconds(answer.retry_after))
    if answer.status in (401, 412):
        return Retry(reason)
    if answer.status == 403:
        return Wait(reason)  # until the bot is installed there (again)
    if answer.status >= 500 or answer.status < 400:
        return Retry(reason) if repeatable else Unknown(reason)
    return Reject(reason)


def _seconds(retry_after: str) -> float | None:
    """Read Retry-After: clamped to 1 s … 15 min; absent means our own back-off."""
    if not retry_after:
        return None
    try:
        return min(900.0, max(1.0, float(retry_after)))
    except ValueError:
        return NONSENSE_WAIT
