"""What administrators are told when test messages fail in Teams, and when they arrive again."""

from __future__ import annotations

from typing import Any

from cards.language import Language


def alarm_message(channel: str, reason: str, language: Language) -> dict[str, Any]:
    """Return a message that says what fails, and what to do."""
    return _message(language.say(
        "Countersign's test messages to {channel} fail ({reason}). Cards may not arrive there."
        " What to mend is told by: uv run app.py doctor --post {channel}",
        channel=channel, reason=reason,
    ))  # fmt: skip


def clear_message(channel: str, language: Language) -> dict[str, Any]:
    """Return a message that says that all is well again."""
    return _message(language.say(
        "Countersign's test messages to {channel} arrive again.", channel=channel
    ))  # fmt: skip


def _message(text: str) -> dict[str, Any]:
    return {"type": "message", "text": text, "textFormat": "plain"}
