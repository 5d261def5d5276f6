"""Short answers in the thread under a card, to somebody who wrote there."""

from __future__ import annotations

from typing import Any

from cards.language import Language
from cards.text import clean, escape, tags
from cards.view import Mention


def card_is_in_our_chat(writer: Mention, language: Language) -> dict[str, Any]:
    """Tell an approver who wrote a decision instead of pressing it where they can press it."""
    told = language.say(
        "a reply decides nothing; I have put the card with its buttons into our chat."
    )
    return _to(writer, told)


def others_decide(writer: Mention, names: str, language: Language) -> dict[str, Any]:
    """Tell somebody who wrote a decision that is not theirs who may decide."""
    if not names:
        return _to(writer, language.say("a reply decides nothing, and this does not wait for you."))
    told = language.say("a reply decides nothing. This waits for {names}.", names=escape(names))
    return _to(writer, told)


def kept_as_remark(writer: Mention, language: Language) -> dict[str, Any]:
    """Tell somebody who wrote to the bot under a card what became of it."""
    return _to(writer, language.say("I have noted that with the document."))


def _to(writer: Mention, told: str) -> dict[str, Any]:
    tag = tags([writer.name])[0]
    if not writer.teams_id:
        return {"type": "message", "text": f"{escape(writer.name)}: {told}"}
    mentioned = {"id": writer.teams_id, "name": clean(writer.name, 60)}
    entity = {"type": "mention", "text": tag, "mentioned": mentioned}
    return {"type": "message", "text": f"{tag}: {told}", "entities": [entity]}
