"""What an installation or membership event says about the bot itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.core.activity import Wire, members, text
from bot.core.presses import thread_base


class Came(StrEnum):
    """What happened to the bot in a place."""

    ADDED = "added"
    UPGRADED = "upgraded"
    REMOVED = "removed"
    OTHER = "other"
    """Something about others, or an event of a kind we do not know."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The bot and one place, after an event."""

    came: Came
    kind: str
    """`personal`, `groupChat` or `channel`."""
    conversation: str
    """Where the first words go: in a team the channel that was selected."""
    whole: str
    """What was installed into: the team, else the conversation. It is greeted once."""
    service_url: str
    by: str = ""
    """aadObjectId of who did it."""
    by_name: str = ""
    locale: str = ""


_ACTIONS = {
    "add": Came.ADDED,
    "add-upgrade": Came.UPGRADED,
    "remove": Came.REMOVED,
    "remove-upgrade": Came.UPGRADED,
}


def read_arrival(wire: Wire) -> Arrival:
    """Read an event; of an unknown kind it is about others."""
    place, sender = members(wire.get("conversation")), members(wire.get("from"))
    data = members(wire.get("channelData"))
    base = thread_base(text(place, "id"))
    chosen = text(members(members(data.get("settings")).get("selectedChannel")), "id")
    team = text(members(data.get("team")), "id")
    return Arrival(
        _came(wire),
        text(place, "conversationType") or ("channel" if team else ""),
        chosen or base,
        team or base,
        text(wire, "serviceUrl"),
        text(sender, "aadObjectId"),
        text(sender, "name"),
        text(wire, "locale"),
    )


def _came(wire: Wire) -> Came:
    if wire.get("type") == "installationUpdate":
        return _ACTIONS.get(text(wire, "action"), Came.OTHER)
    us, added = text(members(wire.get("recipient")), "id"), wire.get("membersAdded")
    ids = [text(members(one), "id") for one in added] if isinstance(added, list) else []
    # A team's installation tells which channel was selected; this event does not.
    in_team = bool(members(members(wire.get("channelData")).get("team")))
    return Came.ADDED if us and us in ids and not in_team else Came.OTHER
