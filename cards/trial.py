"""The card `doctor` posts, edits and takes away again, to see whether a channel takes cards."""

from __future__ import annotations

from typing import Any

from cards.language import Language


def trial_card(language: Language) -> dict[str, Any]:
    """Return the card as it is posted."""
    return _card(
        language.say("A test of Countersign: this card goes away by itself. Nothing is to be done.")
    )


def edited_trial_card(language: Language) -> dict[str, Any]:
    """Return the card as it is after its edit."""
    return _card(language.say("This test card was edited; it goes away now."))


def _card(text: str) -> dict[str, Any]:
    return {
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": text,
        "body": [{"type": "TextBlock", "text": text, "wrap": True}],
    }
