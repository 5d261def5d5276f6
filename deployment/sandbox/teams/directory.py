"""Who is in the tenant and where they talk, with stable ids."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from deployment.sandbox.teams.team_life import CHANNELS, TeamLife
from deployment.sandbox.teams.wire import Json

PEOPLE_FILE = Path(__file__).parent.parent / "people.json"
BOT_NAME = "Countersign"
GROUP_CHAT_ID = "19:ap-desk@thread.v2"
GROUP_CHAT_NAME = "AP desk"
GROUP_CHAT_LOGINS = ("ann", "dev", "erin")
OWNER_LOGIN = "ann"  # adds the app to the team

Role = Literal["owner", "user", "guest"]
ConversationType = Literal["channel", "groupChat", "personal"]


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the tenant, with every id Teams knows them by."""

    login: str
    name: str
    email: str
    title: str
    aad_id: str
    teams_id: str
    tenant_id: str
    role: Role = "user"

    @property
    def upn(self) -> str:
        """The user principal name; a guest's carries `#EXT#`."""
        if self.role != "guest":
            return self.email
        return self.email.replace("@", "_") + "#EXT#@acme.example"

    def is_called(self, ref: str) -> bool:
        """Whether *ref* is one of this person's ids, in any case."""
        known = (self.aad_id, self.email, self.teams_id, self.login, self.upn)
        return ref.casefold() in {name.casefold() for name in known}


GUEST = Person(
    login="guest",
    name="Guest Auditor (guest)",
    email="auditor@audit.example",
    title="External auditor",
    aad_id="aaaaaaaa-0000-4000-8000-000000000099",
    teams_id="29:1guest-auditor",
    tenant_id="99999999-2222-4333-8444-555555555555",
    role="guest",
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A channel, a group chat or one person's chat with the bot."""

    id: str
    name: str
    type: ConversationType
    members: tuple[Person, ...]
    membership: str = "standard"
    deleted: bool = False

    @property
    def kind(self) -> Literal["channel", "chat"]:
        """What the page lists it under."""
        return "channel" if self.type == "channel" else "chat"

    @property
    def is_group(self) -> bool:
        """Whether more than one person is here, so that the bot hears mentions only."""
        return self.type != "personal"


@dataclass(frozen=True, slots=True)
class Directory:
    """The tenant's people and conversations, and how to find them."""

    tenant_id: str
    people: tuple[Person, ...]
    conversations: tuple[Conversation, ...]
    team: TeamLife = field(default_factory=TeamLife)

    def person(self, ref: str) -> Person | None:
        """Find a person by Entra id, e-mail, UPN, `29:` id or login."""
        return next((person for person in self.people if person.is_called(ref)), None)

    def conversation(self, conversation_id: str) -> Conversation | None:
        """Find a conversation by its exact id, without any `;messageid=`."""
        found = (one for one in self.conversations if one.id == conversation_id)
        return next(found, None)

    def named(self, ref: str, person: Person) -> Conversation | None:
        """Find what *person* means by an id, a name, or `bot` (their chat with the bot)."""
        if ref.casefold() in {"bot", BOT_NAME.casefold()}:
            return self.chat_with(person)
        wanted = ref.casefold()
        known = (one for one in self.conversations if not one.deleted)
        found = (one for one in known if wanted in {one.id.casefold(), one.name.casefold()})
        return next(found, None)

    def chat_with(self, person: Person) -> Conversation | None:
        """That person's own chat with the bot; a guest has none."""
        return self.conversation(personal_id(person))

    def seen_by(self, person: Person | None) -> tuple[Conversation, ...]:
        """The conversations *person* is in; all of them for nobody in particular."""
        there = (one for one in self.conversations if not one.deleted)
        return tuple(one for one in there if person is None or person in one.members)


def personal_id(person: Person) -> str:
    """The id of a person's chat with the bot: the same on every call (facts §3.3)."""
    return f"a:1{person.login}"


def home_tenant() -> str:
    """The tenant of `people.json`."""
    return str(_people_file()["tenant"]["id"])


def load_directory(tenant_id: str, team: TeamLife | None = None) -> Directory:
    """Build the tenant from `people.json`, the data above, and what became of the team."""
    team = team or TeamLife()
    staff = tuple(_person(row, tenant_id, team) for row in _people_file()["people"])
    people = (*staff, GUEST)
    return Directory(tenant_id, people, tuple(_conversations(people, team)), team)


def _people_file() -> Json:
    content: Json = json.loads(PEOPLE_FILE.read_text(encoding="utf-8"))
    return content


def _person(row: Json, tenant_id: str, team: TeamLife) -> Person:
    return Person(
        login=row["login"],
        name=row["name"],
        email=row["email"],
        title=row["title"],
        aad_id=row["aadObjectId"],
        teams_id=row["teamsId"],
        tenant_id=tenant_id,
        role="owner" if row["login"] in team.owners else "user",
    )


def _conversations(people: tuple[Person, ...], team: TeamLife) -> Iterable[Conversation]:
    first = len(CHANNELS)
    channels = [*_channels(people, team)]
    yield from channels[:first]
    desk = tuple(person for person in people if person.login in GROUP_CHAT_LOGINS)
    yield Conversation(GROUP_CHAT_ID, GROUP_CHAT_NAME, "groupChat", desk)
    for person in people:
        if person.role != "guest":
            yield Conversation(personal_id(person), BOT_NAME, "personal", (person,))
    # Later ones come last, so that everything keeps its number in the store.
    yield from channels[first:]


def _channels(people: tuple[Person, ...], team: TeamLife) -> Iterable[Conversation]:
    members = tuple(person for person in people if person.login not in team.left)
    owners = tuple(person for person in members if person.role == "owner")
    for channel_id, channel in team.channels.items():
        here = owners if channel.membership == "private" else members
        yield Conversation(
            channel_id,
            channel.name,
            "channel",
            here,
            membership=channel.membership,
            deleted=channel.deleted or team.deleted,
        )
