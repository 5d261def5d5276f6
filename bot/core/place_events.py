"""What became of a channel or a whole team, as an activity tells it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.activity import Wire, members, text

LOST = {
    "channelDeleted": "the channel was deleted",
    "teamArchived": "the team is archived",
    "teamDeleted": "the team was deleted",
    "teamHardDeleted": "the team was deleted for good",
}
"""Event -> why nothing can be written there."""
BACK = frozenset({"channelRestored", "teamUnarchived", "teamRestored"})


@dataclass(frozen=True, slots=True)
class PlaceEvent:
    """A place that cannot be written to any more, or can again."""

    team: str
    channel: str
    """Empty: the whole team."""
    lost: str
    """Why it cannot be written to; empty when it is back."""


def read_place_event(wire: Wire) -> PlaceEvent | None:
    """Read an event that changes whether we can write somewhere; None for every other one."""
    data = members(wire.get("channelData"))
    event = text(data, "eventType")
    if event not in LOST and event not in BACK:
        return None
    channel = text(members(data.get("channel")), "id") if event.startswith("channel") else ""
    return PlaceEvent(text(members(data.get("team")), "id"), channel, LOST.get(event, ""))
