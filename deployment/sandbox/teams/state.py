"""Everything one running stand-in holds, in one place."""

import asyncio
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import ClientSession, web

from deployment.sandbox.teams.activities import Envelopes
from deployment.sandbox.teams.answers import BotAnswer
from deployment.sandbox.teams.conversations import Board
from deployment.sandbox.teams.directory import Conversation, Directory, Person, load_directory
from deployment.sandbox.teams.faults import Faults
from deployment.sandbox.teams.feed import Feed
from deployment.sandbox.teams.graph.subscriptions import Subscriptions
from deployment.sandbox.teams.graph.users import Users
from deployment.sandbox.teams.history import History
from deployment.sandbox.teams.keys import SigningKey
from deployment.sandbox.teams.limits import Limiter, Window
from deployment.sandbox.teams.live import Pulse
from deployment.sandbox.teams.mischief import Mischief
from deployment.sandbox.teams.options import SandboxOptions
from deployment.sandbox.teams.reach import OK
from deployment.sandbox.teams.registration import Registration
from deployment.sandbox.teams.store import Store
from deployment.sandbox.teams.team_life import TEAM_ID, TeamLife
from deployment.sandbox.teams.tokens import TokenService
from deployment.sandbox.teams.traffic import Traffic
from deployment.sandbox.teams.wire import stamp


@dataclass(slots=True)
class Address:
    """The stand-in's own base URL: given, or learned from the first request."""

    url: str
    known: asyncio.Event = field(default_factory=asyncio.Event)

    def learn(self, url: str) -> None:
        """Take *url* if none is known yet."""
        self.url = self.url or url
        self.known.set()


@dataclass(slots=True)
class Background:
    """Work that goes on after a request was answered."""

    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start it and hold it until it ends."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def stop(self) -> None:
        """Cancel what still runs."""
        running = [*self.tasks]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@dataclass(slots=True)
class State:
    """One tenant with one bot, as it is now."""

    options: SandboxOptions
    directory: Directory
    store: Store
    key: SigningKey
    entra_key: SigningKey
    app: Registration
    tokens: TokenService
    history: History
    board: Board
    address: Address
    users: Users
    feed: Feed
    subscriptions: Subscriptions
    traffic: Traffic = field(default_factory=Traffic)
    mischief: Mischief = field(default_factory=Mischief)
    faults: Faults = field(default_factory=Faults)
    limiter: Limiter = field(default_factory=Limiter)
    pulse: Pulse = field(default_factory=Pulse)
    background: Background = field(default_factory=Background)
    installed: dict[str, str] = field(default_factory=dict)
    """Conversation id → `wanted`, `told` (the bot knows) or `removed`."""
    reach: dict[str, str] = field(default_factory=dict)
    """Conversation id → why the bot cannot reach it; nothing where it can."""
    unfolded: dict[tuple[str, str], tuple[datetime, BotAnswer]] = field(default_factory=dict)
    """What a link showed to whom, and since when."""
    bot_up: bool = False
    session: ClientSession | None = None

    @property
    def http(self) -> ClientSession:
        """The session to the bot."""
        if self.session is None:
            raise RuntimeError("The stand-in is not started.")
        return self.session

    @property
    def service_url(self) -> str:
        """The serviceUrl of every activity."""
        return f"{self.address.url}/teams/"

    @property
    def envelopes(self) -> Envelopes:
        """The builder of activities."""
        options = self.options
        return Envelopes(
            options.app_id,
            options.tenant_id,
            self.service_url,
            options.random,
            team_name=self.directory.team.name,
        )

    def new_id(self) -> str:
        """A new random id."""
        return str(uuid.UUID(int=self.options.random.getrandbits(128), version=4))

    def new_message_id(self) -> str:
        """The id of something said that stands on no board."""
        self.board.last_id = max(self.millis(), self.board.last_id + 1)
        return str(self.board.last_id)

    def take(self, wanted: dict[str, tuple[Window, ...]]) -> int:
        """Count one call, or say how many whole seconds to wait and count nothing."""
        wait = self.limiter.take(wanted, self.options.monotonic())
        return max(1, -int(-wait // 1)) if wait > 0 else 0

    def graph_chat_id(self, person: Person) -> str:
        """Graph's own id of a person's chat with the bot (facts §1.1)."""
        return f"19:{person.aad_id}_{self.options.app_id}@unq.gbl.spaces"

    def find_conversation(self, conversation_id: str) -> Conversation | None:
        """A conversation by its id, or by Graph's id of a chat with the bot."""
        if conversation_id.endswith("@unq.gbl.spaces"):
            chats = (one for one in self.directory.conversations if one.type == "personal")
            named = (one for one in chats if self.graph_chat_id(one.members[0]) == conversation_id)
            return next(named, None)
        return self.directory.conversation(conversation_id)

    def set_team(self, team: TeamLife) -> None:
        """The team changed: everybody sees the new one."""
        self.directory = load_directory(self.options.tenant_id, team)
        for one in self.directory.conversations:
            self.installed.setdefault(one.id, "told")
        self.store.put("team", 0, team.to_json())
        self.pulse.beat()

    def set_reach(self, conversation: Conversation, how: str) -> None:
        """Remember how the bot fares there."""
        self.reach.pop(conversation.id, None)
        if how != OK:
            self.reach[conversation.id] = how
        self.store.put("reach", 0, {"reach": self.reach})
        self.pulse.beat()

    def stamp(self) -> str:
        """The time now, as text."""
        return stamp(self.options.now())

    def millis(self) -> int:
        """The time now, as message ids count it."""
        return int(self.options.now().timestamp() * 1000)

    def set_installed(self, conversation: Conversation, how: str) -> None:
        """Remember whether the app is there and whether the bot was told."""
        self.installed[conversation.id] = how
        number = self.directory.conversations.index(conversation)
        self.store.put("installed", number, {"id": conversation.id, "how": how})

    def home_of(self, conversation: Conversation) -> Conversation:
        """Where the app of *conversation* is installed: for a channel its team."""
        team = self.directory.conversation(TEAM_ID)
        return team if team and conversation.type == "channel" else conversation

    def has_app(self, conversation: Conversation) -> bool:
        """Whether the app is installed there."""
        return self.installed[self.home_of(conversation).id] != "removed"


STATE = web.AppKey("STATE", State)
