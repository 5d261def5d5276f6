"""Where a message goes after one attempt: outcome in, transition out. Pure.

pending ──► in_flight ──► delivered
   ▲            ├──► retrying ──► in_flight …      nothing happened, or a repeatable effect
   │            ├──► waiting ──► pending           channel bound, person found
   │            ├──► maybe_delivered               a note whose post got no answer
   └── replay ──┴──► dead                          refused for good, or given up
"""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.records import (
    Done,
    Later,
    OutboxItem,
    OutboxState,
    Outcome,
    Reject,
    Retry,
    Transition,
    Unknown,
    Wait,
)

MAX_AGE = timedelta(hours=24)
MAX_UNKNOWN_POSTS = 2
"""How often an asking card is posted again when no answer came; older copies are inert."""

LEGAL_MOVES: dict[OutboxState, frozenset[OutboxState]] = {
    OutboxState.PENDING: frozenset({OutboxState.IN_FLIGHT}),
    OutboxState.RETRYING: frozenset({OutboxState.IN_FLIGHT}),
    OutboxState.WAITING: frozenset({OutboxState.PENDING}),
    OutboxState.IN_FLIGHT: frozenset(
        {
            OutboxState.DELIVERED,
            OutboxState.RETRYING,
            OutboxState.WAITING,
            OutboxState.MAYBE_DELIVERED,
            OutboxState.DEAD,
        }
    ),
    OutboxState.DELIVERED: frozenset(),
    OutboxState.MAYBE_DELIVERED: frozenset({OutboxState.PENDING}),
    OutboxState.DEAD: frozenset({OutboxState.PENDING}),
}


def settle(item: OutboxItem, outcome: Outcome, now: datetime, chance: float) -> Transition:
    """Say where *item* goes after one attempt; *chance* in 0..1 spreads the waits."""
    begun = item.replayed_at or item.created_at
    too_old = begun is not None and now - begun > MAX_AGE
    match outcome:
        case Done(receipt):
            return Transition(OutboxState.DELIVERED, now, receipt, item.unknowns)
        case Reject(reason):
            return Transition(OutboxState.DEAD, now, reason, item.unknowns)
        case Wait(reason):
            return Transition(OutboxState.WAITING, now, reason, item.unknowns)
        case Later(reason, after):
            due = now + timedelta(seconds=after)
            return Transition(OutboxState.RETRYING, due, reason, item.unknowns)
        case Unknown():
            return _settle_unknown(item, outcome, now, chance)
        case Retry(reason) if too_old:
            reason = f"gave up after a day: {reason}"
            return Transition(OutboxState.DEAD, now, reason, item.unknowns)
        case Retry():
            return _settle_retry(item, outcome, now, chance)


def _settle_retry(item: OutboxItem, outcome: Retry, now: datetime, chance: float) -> Transition:
    bounded = item.bounded + 1 if outcome.tries else 0
    if outcome.tries and bounded >= outcome.tries:
        reason = f"gave up after {bounded} tries: {outcome.reason}"
        return Transition(OutboxState.DEAD, now, reason, item.unknowns)
    wait = outcome.after
    if wait is None or outcome.at_least:
        wait = max(wait or 0.0, backoff(bounded or item.attempts, chance, outcome.ceiling))
    due = now + timedelta(seconds=wait)
    return Transition(OutboxState.RETRYING, due, outcome.reason, item.unknowns, bounded)


def _settle_unknown(item: OutboxItem, outcome: Unknown, now: datetime, chance: float) -> Transition:
    # 10 to 30 seconds: time for the card to show itself through its first refresh.
    due = now + timedelta(seconds=max(10 + 20 * chance, outcome.after or 0.0))
    unknowns, reason = item.unknowns + 1, f"no answer: {outcome.reason}"
    if item.asks and unknowns <= MAX_UNKNOWN_POSTS:
        return Transition(OutboxState.RETRYING, due, reason, unknowns)
    return Transition(OutboxState.MAYBE_DELIVERED, now, reason, unknowns)


def backoff(attempts: int, chance: float, ceiling: float = 300.0) -> float:
    """Return seconds until the next try: 1, 2, 4 … *ceiling*, spread by up to a half."""
    doublings = min(9, max(0, attempts - 1))  # a message busy for a day has thousands of attempts
    wait: float = min(ceiling, 2.0**doublings)
    return wait * (1 + chance / 2)
