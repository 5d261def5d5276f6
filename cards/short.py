"""A card in its smallest form, for when Teams does not take the whole one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cards.text import escape
from cards.verbs import REVIEW


def short_card(card: Mapping[str, Any], summary: str) -> dict[str, Any]:
    """Return *summary* with those buttons of *card* that lead to more: the ERP, and Review."""
    actions = list(_leading_on(card.get("body")))
    body: list[dict[str, Any]] = [{"type": "TextBlock", "text": escape(summary), "wrap": True}]
    if actions:
        body.append({"type": "ActionSet", "actions": actions})
    kept = {name: card[name] for name in ("lang", "fallbackText") if name in card}
    return {"type": "AdaptiveCard", "version": "1.5", "body": body, **kept}


def _leading_on(part: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(part, list):
        for inner in part:
            yield from _leading_on(inner)
    elif isinstance(part, Mapping):
        if part.get("type") == "Action.OpenUrl" or part.get("verb") == REVIEW:
            yield part
        else:
            yield from _leading_on([part.get("items"), part.get("actions")])
