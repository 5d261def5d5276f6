"""Everything one running stand-in holds, in one place."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, web

from deployment.sandbox.teams.activities import Envelopes
from deployment.sandbox.teams.conversations import Board, Message, to_json
from deployment.sandbox.teams.directory import TEAM_ID, Conversation, Directory, load_directory
from deployment.sandbox.teams.faults import Faults
from deployment.sandbox.teams.history import History
from deployment.sandbox.teams.keys import SigningKey
from deployment.sandbox.teams.limits import Limiter
from deployment.sandbox.teams.live import Pulse
from deployment.sandbox.teams.options import SandboxOptions
from deployment.sandbox.teams.store import Store
from deployment.sandbox.teams.tokens import TokenService
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
    tokens: TokenService
    history: History
    board: Board
    address: Address
    faults: Faults = field(default_factory=Faults)
    limiter: Limiter = field(default_factory=Limiter)
    pulse: Pulse = field(default_factory=Pulse)
    background: Background = field(default_factory=Background)
    installed: dict[str, str] = field(default_factory=dict)
    """Conversation id → `wanted`, `told` (the bot knows) or `removed`."""
    bot_up: bool = False
    session: ClientSession | None = None

    @property
    def service_url(self) -> str:
        """The serviceUrl of every activity."""
        return f"{self.address.url}/teams/"

    @property
    def envelopes(self) -> Envelopes:
        """The builder of activities."""
        options = self.options
        return Envelopes(options.app_id, options.tenant_id, self.service_url, options.random)

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


def open_state(options: SandboxOptions) -> State:
    """Open the data folder and take up where the last run ended."""
    store = Store(options.data)
    pulse = Pulse()
    board = Board(saved=_saver(store, pulse))
    for saved in store.all("message"):
        board.restore(saved)
    address = Address(options.address)
    if options.address:
        address.known.set()
    directory = load_directory(options.tenant_id)
    return State(
        options=options,
        directory=directory,
        store=store,
        key=SigningKey(options.data),
        tokens=TokenService(options.app_id, options.app_secret, options.tenant_id, options.now),
        history=History(store, lambda: stamp(options.now())),
        board=board,
        address=address,
        pulse=pulse,
        installed=_installed(store, directory),
    )


def _saver(store: Store, pulse: Pulse) -> Callable[[Message], None]:
    def saved(message: Message) -> None:
        store.put("message", int(message.id), to_json(message))
        pulse.beat()

    return saved


def _installed(store: Store, directory: Directory) -> dict[str, str]:
    """Where the app is: everywhere at first, then as remembered."""
    places = {one.id: "wanted" for one in directory.conversations}
    return places | {row["id"]: row["how"] for row in store.all("installed")}
