"""What an activity of Teams says, read as it came on the wire. Pure.

The typed activity of an SDK loses members (the trigger of an invoke, the tenant), so everything is
read here, once, and an SDK only proves and dispatches. Members of an unexpected form are read as
absent: what is absent is refused where it matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.core.commands import NextCards, Pending, read_command
from bot.core.presses import Press, thread_base
from cards.chat import ASK
from storage.records import Conversation

Wire = Mapping[str, Any]
"""One activity, as the JSON object that arrived."""


@dataclass(frozen=True, slots=True)
class Received:
    """A press and how it came."""

    press: Press
    activity: str
    """Activity id: a repeat of it gets the stored answer. Empty: it came without one."""
    automatic: bool = False
    """Fired by the client, not by a person: it must never act."""
    locale: str = ""
    """The language of the presser's client, such as `de-DE`; empty when it was not told."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """What was typed or chosen beside the button, by input id; any JSON value, never trusted."""
    form: str = ""
    """Token of the form that was sent, where it was one."""
    wants_form: bool = False
    """A button that opens a dialog, in a client that cannot open one."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody typed, and where the answer goes."""

    text: str
    activity: str
    service_url: str
    conversation: str
    """With `;messageid=` in a channel, so that the answer stays in the thread."""
    person: str = ""
    """aadObjectId of who typed it; empty when the activity names no person."""
    alone: bool = False
    """Whether it was typed in the person's own chat with the bot."""
    locale: str = ""
    """The language of the sender's client."""
    team: str = ""
    """Id of the team, where it was typed in a channel."""
    addressed: bool = True
    """Whether it was said to us; an app that may read a channel is also told what was not."""
    kind: str = ""
    """`personal`, `groupChat` or `channel`."""
    shown_as: str = ""
    """Team and channel as people know them, as far as the activity tells."""
    membership: str = ""
    """`private` or `shared` where Teams says that the channel is."""


def read_conversation(wire: Wire) -> Conversation:
    """Return the place an activity came from."""
    place = members(wire.get("conversation"))
    kind = str(place.get("conversationType") or "channel")
    person = text(members(wire.get("from")), "aadObjectId") if kind == "personal" else ""
    return Conversation(
        thread_base(text(place, "id")),
        kind,
        text(wire, "serviceUrl"),
        person,
        _team(wire),
        text(wire, "locale") if kind == "personal" else "",
    )


def read_invoked(wire: Wire) -> Received | None:
    """Read a press from an invoke; None when its form is not the documented one."""
    value = members(wire.get("value"))
    action = value.get("action")
    if not isinstance(action, dict):
        return None
    data = members(action.get("data"))
    press = _press(wire, text(action, "verb"), data)
    return Received(
        press,
        text(wire, "id"),
        automatic=value.get("trigger", "manual") != "manual",
        locale=text(wire, "locale"),
        inputs=_inputs(data),
    )


def read_submitted(wire: Wire) -> Received | None:
    """Read a press of a client without Action.Execute: a message that carries a value."""
    data = wire.get("value")
    if not isinstance(data, dict):
        return None
    # Unlike an invoke's, a message's id is one only within its conversation.
    activity = text(wire, "id")
    place = text(members(wire.get("conversation")), "id")
    return Received(
        _press(wire, text(data, "verb"), data),
        activity and f"{place}|{activity}",
        locale=text(wire, "locale"),
        inputs=_inputs(data),
        form=text(data, "dialog"),
        wants_form=text(members(data.get("msteams")), "type") == "task/fetch",
    )


def read_task(wire: Wire) -> Received:
    """Read `task/fetch` and `task/submit`: a press that opens a dialog, or a form sent from one."""
    data = members(members(wire.get("value")).get("data"))
    return Received(
        _press(wire, text(data, "verb"), data),
        text(wire, "id"),
        locale=text(wire, "locale"),
        inputs=_inputs(data),
        form=text(data, "dialog"),
        wants_form=True,
    )


def read_said(wire: Wire) -> Said:
    """Read what was typed, with the mention of ourselves taken out."""
    place = members(wire.get("conversation"))
    return Said(
        _without_us(wire),
        text(wire, "id"),
        text(wire, "serviceUrl"),
        text(place, "id"),
        person=text(members(wire.get("from")), "aadObjectId"),
        alone=place.get("conversationType") == "personal",
        locale=text(wire, "locale"),
        team=_team(wire),
        addressed=place.get("conversationType") == "personal" or any(_mentions_of_us(wire)),
        kind=text(place, "conversationType"),
        shown_as=_shown_as(wire),
        membership=text(members(members(wire.get("channelData")).get("channel")), "type"),
    )


def read_asked(wire: Wire) -> str:
    """Return which cards or page of a list a button asks for, as if typed; else nothing."""
    data = members(wire.get("value"))
    asked = "" if data.get("token") else text(data, ASK)
    return asked if isinstance(read_command(asked), Pending | NextCards) else ""


def members(value: Any) -> dict[str, Any]:
    """Return *value* when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text(data: Wire, name: str) -> str:
    """Return a member that is a text, else an empty one."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


_OURS = frozenset({"token", "verb", "dialog", "msteams"})
"""What our own button put into the data, beside what a person typed."""


def _inputs(data: Wire) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in _OURS}


def _press(wire: Wire, verb: str, data: Wire) -> Press:
    return Press(
        token=text(data, "token"),
        verb=verb,
        person=text(members(wire.get("from")), "aadObjectId"),
        conversation=text(members(wire.get("conversation")), "id"),
        reply_to=text(wire, "replyToId"),
    )


def _team(wire: Wire) -> str:
    return text(members(members(wire.get("channelData")).get("team")), "id")


def _shown_as(wire: Wire) -> str:
    data = members(wire.get("channelData"))
    channel = text(members(data.get("channel")), "name")
    named = channel or text(members(wire.get("conversation")), "name")
    return " › ".join(filter(None, (text(members(data.get("team")), "name"), named)))


def _without_us(wire: Wire) -> str:
    """Take out our own mention only; the entity is trusted, never the text."""
    said = text(wire, "text")
    for mention in _mentions_of_us(wire):
        said = said.replace(mention, " ")
    return said


def _mentions_of_us(wire: Wire) -> Iterator[str]:
    entities, us = wire.get("entities"), text(members(wire.get("recipient")), "id")
    for entity in map(members, entities if isinstance(entities, list) else []):
        mention = text(entity, "text")
        if mention and text(members(entity.get("mentioned")), "id") == us:
            yield mention
