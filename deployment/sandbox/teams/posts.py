"""Reading what the bot sends: one activity in, what people will see out. Pure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from deployment.sandbox.teams.cards import ADAPTIVE, texts
from deployment.sandbox.teams.directory import Directory
from deployment.sandbox.teams.wire import ConnectorError, Json, child

MOST_BYTES = 100 * 1024  # UTF-16, without base64 images (facts §2.4)
_IMAGE_DATA = re.compile(r"data:image/[a-z.+-]+;base64,[A-Za-z0-9+/=]*")


@dataclass(frozen=True, slots=True)
class Post:
    """The visible part of a message activity."""

    text: str = ""
    text_format: str = "markdown"
    card: Json | None = None
    summary: str = ""
    mentions: list[Json] = field(default_factory=list)
    dropped_mentions: list[str] = field(default_factory=list)


def read_post(activity: Json, directory: Directory) -> Post:
    """Read a message activity, or refuse it as the connector would."""
    check_size(activity)
    card, text = _card(activity), str(activity.get("text") or "")
    if card is None and not text.strip():
        raise ConnectorError(400, "BadSyntax", "The activity has neither text nor attachment.")
    live, dropped = _mentions(activity, text, card, directory)
    return Post(
        text=text,
        text_format=str(activity.get("textFormat") or "markdown"),
        card=card,
        summary=str(activity.get("summary") or ""),
        mentions=live,
        dropped_mentions=dropped,
    )


def check_size(activity: Json) -> None:
    """Refuse what is larger than a bot message may be: `413 MessageSizeTooBig`."""
    text = _IMAGE_DATA.sub("", json.dumps(activity, ensure_ascii=False, separators=(",", ":")))
    size = len(text.encode("utf-16-le", "surrogatepass"))
    if size > MOST_BYTES:
        message = f"The message has {size} bytes in UTF-16, {MOST_BYTES} are allowed."
        raise ConnectorError(413, "MessageSizeTooBig", message)


def _card(activity: Json) -> Json | None:
    attachments = activity.get("attachments") or []
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise ConnectorError(400, "BadSyntax", "attachments must be a list of objects.")
    if not attachments:
        return None
    first = attachments[0]
    # Teams knows more; the stand-in says so aloud instead of showing half a message.
    if len(attachments) > 1 or first.get("contentType") != ADAPTIVE:
        message = f"The stand-in shows one attachment of type {ADAPTIVE}."
        raise ConnectorError(400, "BadSyntax", message)
    return _checked_card(first.get("content"))


def _checked_card(content: object) -> Json:
    if not isinstance(content, dict) or content.get("type") != "AdaptiveCard":
        raise ConnectorError(400, "BadSyntax", "The attachment holds no AdaptiveCard.")
    if not isinstance(content.get("version"), str):
        raise ConnectorError(400, "BadSyntax", "The AdaptiveCard has no version.")
    return content


def _mentions(
    activity: Json, text: str, card: Json | None, directory: Directory
) -> tuple[list[Json], list[str]]:
    """Mentions that reach someone, and those dropped because their text occurs nowhere (§1.2)."""
    live, dropped = [], []
    in_card = list(texts(card))
    for entity, places in (
        *((one, [text]) for one in _entities(activity.get("entities"))),
        *((one, in_card) for one in _entities(child(card or {}, "msteams", "entities"))),
    ):
        words = str(entity.get("text") or "")
        person = directory.person(str(child(entity, "mentioned", "id") or ""))
        if person and words and any(words in place for place in places):
            live.append({"text": words, "name": person.name, "id": person.aad_id})
        else:
            dropped.append(words)
    return live, dropped


def _entities(value: object) -> Iterator[Json]:
    for entity in value if isinstance(value, list) else []:
        if isinstance(entity, dict) and entity.get("type") == "mention":
            yield entity
