"""The daily line that tells a channel where the audit trail ends."""

from __future__ import annotations

from typing import Any

from cards.language import Language


def head_message(rows: int, at: str, mac: str, language: Language) -> dict[str, Any]:
    """Return a message that keeps the end of the trail where no administrator of ours reaches."""
    text = language.say(
        "Audit trail: {rows} rows; the last one is of {at} and proved by {mac}."
        " Keep this message: nothing told up to here can be changed unseen.",
        rows=language.number(rows),
        at=f"{at[:16].replace('T', ' ')} UTC",
        mac=mac,
    )
    return {"type": "message", "text": text, "textFormat": "plain"}
