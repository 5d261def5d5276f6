"""Who gets a question that cannot be put where it belongs. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from storage.records import PostedCard, TeamsPerson

CHANNEL, PERSON = "channel:", "person:"


def check_fallback(word: str) -> None:
    """Refuse what is no place to fall back on. Raises ValueError."""
    for kind in (CHANNEL, PERSON):
        if word.startswith(kind) and word.removeprefix(kind).strip():
            return
    raise ValueError(f'fallback: {word!r} is neither "channel:NAME" nor "person:MAIL"')


def is_seen(cards: Sequence[PostedCard], failed: str, marked: Collection[str]) -> bool:
    """Say whether the question stands, or comes, in another channel that can be written to."""
    return any(
        card.target.startswith(CHANNEL)
        and card.target != failed
        and card.target not in marked
        and not card.replaced
        and bool(card.activity)
        for card in cards
    )


def instead(
    wanted: Sequence[str],
    by_email: Mapping[str, TeamsPerson],
    failed: str,
    marked: Collection[str],
) -> str:
    """Return the first target of a company's `fallback` that can be written to; empty: none.

    A guest is never fallen back on: what waits for a decision is no guest's business.
    """
    for word in wanted:
        target = _target(word, by_email)
        if target and target != failed and target not in marked:
            return target
    return ""


def _target(word: str, by_email: Mapping[str, TeamsPerson]) -> str:
    if word.startswith(CHANNEL):
        return word
    person = by_email.get(word.removeprefix(PERSON).strip().lower())
    return f"{PERSON}{person.aad_object_id}" if person and not person.guest else ""
