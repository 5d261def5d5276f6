"""The short reply under a card when somebody must look again: an edit alone notifies nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cards.language import Language
from cards.text import escape, tags
from cards.view import Mention


def nudge_message(summary: str, mentions: Sequence[Mention], language: Language) -> dict[str, Any]:
    """Return a message that calls *mentions* back to the card above it."""
    called = [person for person in mentions if person.teams_id]
    named = tags(person.name for person in called)
    entities = [
        {"type": "mention", "text": tag, "mentioned": {"id": person.teams_id, "name": person.name}}
        for person, tag in zip(called, named, strict=True)
    ]
    told = language.say("please look again. {summary}", summary=escape(summary))
    text = f"{', '.join(named)}: {told}" if named else told
    return {"type": "message", "text": text, "entities": entities}
