"""A message of a channel as Graph tells it, read for what a person said in it. Pure.

Nothing of its layout is kept: tags are dropped, attachments and pictures are only named, and the
text is bounded. Whoever shows it escapes it again for the place it is shown in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any

from bot.core.activity import members, text

LONGEST_BODY = 64 * 1024
"""Characters of HTML that are read at all; Teams takes about 28 kB."""
LONGEST = 1000
"""Characters of a comment that are kept."""
LONGEST_NAME = 120
MOST_ATTACHMENTS = 10
MEMBER = "aadUser"
"""How Graph calls somebody of the organisation; everybody else is a guest of some kind."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Who we are: our own application, and the tenants whose people are no guests."""

    app_id: str
    tenants: frozenset[str]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a person wrote in a thread."""

    id: str
    person: str
    """aadObjectId of who wrote it."""
    name: str
    text: str
    at: datetime | None = None
    guest: bool = False
    edited: bool = False
    deleted: bool = False
    to_us: bool = False
    """Whether it mentions the bot, so that the connector delivers it too."""


def read_message(wire: Mapping[str, Any], ours: Ours) -> Spoken | None:
    """Read one message; None when no person wrote it: a bot's, a system's, or none at all."""
    user = members(members(wire.get("from")).get("user"))
    person, identity = text(user, "id"), text(wire, "id")
    if not person or not identity.isdecimal() or text(wire, "messageType") != "message":
        return None
    return Spoken(
        id=identity,
        person=person,
        name=bare(text(user, "displayName"), LONGEST_NAME),
        text=_said(wire, ours.app_id),
        at=_moment(text(wire, "createdDateTime")),
        guest=is_foreign(user, ours),
        edited=bool(text(wire, "lastEditedDateTime")),
        deleted=bool(text(wire, "deletedDateTime")),
        to_us=any(True for _ in _mentions_of(wire, ours.app_id)),
    )


def holds_card(wire: Mapping[str, Any], ours: Ours, tokens: Iterable[str]) -> str:
    """Return the id of a message in which we posted a card with one of *tokens*; else nothing."""
    application = members(members(wire.get("from")).get("application"))
    if text(application, "id") != ours.app_id or text(wire, "deletedDateTime"):
        return ""
    listed = wire.get("attachments")
    cards = [text(members(one), "content") for one in listed] if isinstance(listed, list) else []
    held = any(json.dumps(token) in card for token in tokens for card in cards)
    return text(wire, "id") if held else ""


def html_text(html: str) -> str:
    """Return the words of *html*, one line per paragraph, with everything else dropped."""
    return bare("".join(_words(html[:LONGEST_BODY])), LONGEST)


def bare(text: str, longest: int) -> str:
    """Return *text* without control characters and needless space, cut at *longest*."""
    rows = (_HIDDEN.sub("", row) for row in text.splitlines())
    kept = "\n".join(filter(None, (_SPACES.sub(" ", row).strip() for row in rows)))
    return kept if len(kept) <= longest else kept[: longest - 1].rstrip() + "…"


# Controls, marks that reorder what a person reads, and halves of characters no store takes.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ud800-\udfff]"
)
_SPACES = re.compile(r"\s+")
_ROWS = frozenset({"br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "pre", "hr"})
_UNSEEN = frozenset({"script", "style", "template", "head", "title"})
_NAMED = {"img": ("alt", "picture"), "emoji": ("alt", ""), "video": ("title", "video")}
"""Tags without words: the attribute that names them, and what is said where it does not."""


# Of the library's parser some letters of a stranger's cost a minute; this reads each just once.
_PIECE = re.compile(
    r"<(?P<end>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9]*)(?P<more>[^<>]*)>?"
    r"|<[!?/][^<>]*>?"
    r"|(?P<words>[^<]+|<)"
)
_VALUE = re.compile(r"(alt|title)=\"([^\"]*)\"")


def _words(html: str) -> Iterator[str]:
    """Yield what a reader would read."""
    unseen = 0
    for piece in _PIECE.finditer(html):
        tag = (piece["tag"] or "").lower()
        if tag in _UNSEEN:
            unseen = max(0, unseen - 1) if piece["end"] else unseen + 1
        elif tag in _ROWS:
            yield "\n"
        elif tag in _NAMED and not unseen:
            yield _named(tag, piece["more"])
        elif piece["words"] and not unseen:
            yield unescape(piece["words"])


def _named(tag: str, more: str) -> str:
    name, otherwise = _NAMED[tag]
    told = dict(_VALUE.findall(more)).get(name) or otherwise
    return unescape(told) if tag == "emoji" else f"[{unescape(told)}]"


def is_foreign(user: Mapping[str, Any], ours: Ours) -> bool:
    """Say whether a writer is not of ours: of another kind, or of another tenant."""
    kind, tenant = text(user, "userIdentityType"), text(user, "tenantId")
    return kind not in ("", MEMBER) or (bool(tenant) and tenant not in ours.tenants)


def _said(wire: Mapping[str, Any], app_id: str) -> str:
    body = members(wire.get("body"))
    content = text(body, "content")
    if text(body, "contentType").lower() == "html":
        content = html_text(_without(content, _mentions_of(wire, app_id)))
    return bare("\n".join([content, *_attachments(wire)]), LONGEST)


def _without(html: str, mentions: Iterable[str]) -> str:
    """Take out the mention of ourselves: its number is trusted, never its words."""
    for number in mentions:
        html = re.sub(rf'<at id="{number}">[^<]{{0,200}}</at>', " ", html)
    return html


def _mentions_of(wire: Mapping[str, Any], app_id: str) -> Iterable[str]:
    listed = wire.get("mentions")
    for mention in map(members, listed if isinstance(listed, list) else []):
        application = members(members(mention.get("mentioned")).get("application"))
        number = mention.get("id")
        if text(application, "id") == app_id and isinstance(number, int):
            yield str(number)


def _attachments(wire: Mapping[str, Any]) -> list[str]:
    """Name what was attached; a quoted message is not said again."""
    listed = wire.get("attachments")
    found = [members(one) for one in listed[:MOST_ATTACHMENTS]] if isinstance(listed, list) else []
    names = (text(one, "name") for one in found if text(one, "contentType") != "messageReference")
    return [f"[{bare(name, LONGEST_NAME)}]" for name in names if name]


def _moment(told: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
