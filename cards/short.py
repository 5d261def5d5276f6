"""A card in its smallest form, for when Teams does not take the whole one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cards.text import clean, escape
from cards.verbs import REVIEW

MOST_WORDS = 1000
"""Characters of a message that Teams did not take as it was."""
_TAG = re.compile(r"</?at>")


def short_card(card: Mapping[str, Any], summary: str) -> dict[str, Any]:
    """Return *summary* with those buttons of *card* that lead to more: the ERP, and Review."""
    actions = list(_leading_on(card.get("body")))
    body: list[dict[str, Any]] = [{"type": "TextBlock", "text": escape(summary), "wrap": True}]
    if actions:
        body.append({"type": "ActionSet", "actions": actions})
    kept = {name: card[name] for name in ("lang", "fallbackText") if name in card}
    wide = {"msteams": {"width": "Full"}}
    return {"type": "AdaptiveCard", "version": "1.5", "body": body, **wide, **kept}


def bare_message(text: str) -> dict[str, Any]:
    """Return the words of a message alone, cut: nobody is called by it."""
    return {"type": "message", "text": clean(_TAG.sub("", text), MOST_WORDS)}


def _leading_on(part: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(part, list):
        for inner in part:
            yield from _leading_on(inner)
    elif isinstance(part, Mapping):
        if part.get("type") == "Action.OpenUrl" or part.get("verb") == REVIEW:
            yield part
        else:
            yield from _leading_on([part.get("items"), part.get("actions")])
