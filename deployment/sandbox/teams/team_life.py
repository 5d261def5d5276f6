"""What became of the team and its channels since the start. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

TEAM_NAME = "Acme Supply Finance"
TEAM_ID = "19:acme-general@thread.tacv2"  # a team's id is its General channel's (facts §1.1)
TEAM_GROUP_ID = "cccccccc-0000-4000-8000-000000000003"
CHANNELS = {
    TEAM_ID: "General",
    "19:ap-approvals@thread.tacv2": "AP Approvals",
    "19:purchasing-east@thread.tacv2": "Purchasing East",
    "19:purchasing-west@thread.tacv2": "Purchasing West",
    "19:payments@thread.tacv2": "Payments",
}


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel as it is now."""

    name: str
    membership: str = "standard"
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class TeamLife:
    """The team as it is now; every change makes a new one."""

    name: str = TEAM_NAME
    archived: bool = False
    deleted: bool = False
    channels: Mapping[str, Channel] = field(
        default_factory=lambda: {key: Channel(name) for key, name in CHANNELS.items()}
    )
    left: tuple[str, ...] = ()
    """Logins of those who are in the team no longer."""
    owners: tuple[str, ...] = ("ann",)

    def with_channel(self, channel_id: str, **changes: Any) -> Self:
        """The team with one channel new or different."""
        known = self.channels.get(channel_id, Channel(""))
        return replace(self, channels={**self.channels, channel_id: replace(known, **changes)})

    def with_member(self, login: str, *, present: bool) -> Self:
        """The team with somebody in or out of it."""
        others = tuple(one for one in self.left if one != login)
        return replace(self, left=others if present else (*others, login))

    def with_owner(self, login: str, *, owner: bool) -> Self:
        """The team with somebody owner or plain member."""
        others = tuple(one for one in self.owners if one != login)
        return replace(self, owners=(*others, login) if owner else others)

    def to_json(self) -> dict[str, Any]:
        """Write it for the store."""
        return asdict(replace(self, channels=dict(self.channels)))


def team_life_from(saved: Mapping[str, Any]) -> TeamLife:
    """Read it from the store."""
    channels = {key: Channel(**one) for key, one in saved["channels"].items()}
    lists = {"left": tuple(saved["left"]), "owners": tuple(saved["owners"])}
    return TeamLife(**{**saved, **lists, "channels": channels})
