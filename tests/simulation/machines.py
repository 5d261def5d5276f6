"""The machines of a story: both stand-ins, the service in as many lives as it has, and the people.

All run in one loop, each as a process of its own, joined by the simulated network.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import traceback
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
from aiohttp import web
from inline_store import Disk, inline
from virtual_time import Killed, Process, SimulatedLoop
from wires import Network
from world import BOT_SECRET, PASSWORD, PUSH_SECRET, demo_rules

from acumatica_client.transport import open_transport
from bot.clock import Ports
from bot.company_file import read_file
from bot.connections import GuardedRunner
from bot.service import build
from bot.settings import TeamsSettings, read_settings
from bot.tokens import EntraTokens, Held, Resource, TokenRefused, Tokens
from deployment.sandbox import acumatica, teams
from deployment.sandbox.acumatica.erp import ERP
from deployment.sandbox.teams.keys import SigningKey
from deployment.sandbox.teams.state import STATE
from storage.database import Database, StoreInUse
from storage.records import Reading

BEGINNING = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
PORTS = {"erp": 8770, "teams": 8780, "bot": 3978}
URLS = {name: f"http://127.0.0.1:{port}" for name, port in PORTS.items()}


def true_at(at: float) -> datetime:
    """The true time of a moment of the loop."""
    return BEGINNING + timedelta(seconds=at - 1000.0)


@dataclass
class MachineClock:
    """The clock of the service's machine: its wall time can be set, its boot time cannot."""

    loop: SimulatedLoop
    jumped: timedelta = timedelta(0)
    boots: int = 1

    def true(self) -> datetime:
        return true_at(self.loop.time())

    def now(self) -> datetime:
        return self.true() + self.jumped

    def reading(self) -> Reading:
        return Reading(f"boot-{self.boots}", self.loop.time())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SimulatedTokens(EntraTokens):
    """The bot's tokens, fetched on the simulated network: msal's own HTTP would leave it."""

    def __init__(self, settings: TeamsSettings, now: Callable[[], datetime]) -> None:
        super().__init__(settings, now)
        self._session: aiohttp.ClientSession | None = None

    async def _renew(self, resource: Resource) -> Held:
        try:
            held = self._read(await self._post(resource))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self._put_off(resource)
            raise TokenRefused(f"the sign-in service gave no answer: {error!r}") from error
        except TokenRefused:
            self._put_off(resource)
            raise
        self._held[resource] = held
        return held

    async def _post(self, resource: Resource) -> Mapping[str, Any]:
        settings = self._settings
        rows = settings.rows
        scope = rows.graph if resource is Resource.GRAPH else rows.bot_resource
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.app_id,
            "client_secret": settings.client_secret.get_secret_value(),
            "scope": f"{scope}/.default",
        }
        self._session = self._session or aiohttp.ClientSession()
        url = f"{settings.login_url}/{settings.tenant_id}/oauth2/v2.0/token"
        timeout = aiohttp.ClientTimeout(total=15)
        async with self._session.post(url, data=form, timeout=timeout) as answer:
            found: Mapping[str, Any] = await answer.json()
            return found

    async def close(self) -> None:
        await super().close()
        if self._session is not None:
            await self._session.close()


_KEYS: dict[str, SigningKey] = {}


def _key(name: str) -> SigningKey:
    """Keys are made once in a process; nothing a story tells depends on their digits."""
    if name not in _KEYS:
        _KEYS[name] = SigningKey(None)
        _KEYS[name].rotate()
    return _KEYS[name]


@dataclass
class Machines:
    """Everything that runs."""

    loop: SimulatedLoop
    network: Network
    data: Path
    seed: int
    edits: tuple[tuple[str, str], ...] = ()
    disk: Disk = field(init=False)
    clock: MachineClock = field(init=False)
    lives: int = 0
    started: datetime = BEGINNING
    """When its present life began."""
    bot: Process | None = None
    ended: list[str] = field(default_factory=list)
    """How each life of the service ended that was not killed."""

    def __post_init__(self) -> None:
        self.disk = Disk(self.dice("disk"))
        self.clock = MachineClock(self.loop)
        self.erp: Any = None
        self.teams: Any = None
        self._others: list[Process] = []
        self._keys = 0
        self._stop = asyncio.Event()
        self._token_dice = self.dice("tokens")

    def dice(self, name: str) -> Random:
        """Dice of its own for everybody, so that one throw more here changes nothing there."""
        return Random(f"{self.seed} {name}")

    def run(self, process: Process, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start *work* as code of a process."""
        task: asyncio.Task[Any] = process.context.run(self.loop.create_task, work)
        return task

    # --- the stand-ins ---

    async def open_stand_ins(self) -> None:
        true = self.clock.true
        erp = acumatica.build_app(
            acumatica.SandboxOptions(
                password=PASSWORD, sample=False, operation_seconds=0.4, now=true,
                random=self.dice("erp"),
            )
        )  # fmt: skip
        chat = teams.build_app(
            teams.SandboxOptions(
                bot=URLS["bot"], app_secret=BOT_SECRET, address=URLS["teams"], now=true,
                monotonic=self.loop.time, random=self.dice("teams"),
            )
        )  # fmt: skip
        await self._open("erp", erp)
        await self._open("teams", chat)
        self.erp, self.teams = erp[ERP], chat[STATE]

    async def _open(self, name: str, app: web.Application) -> None:
        process = Process(name)
        self._others.append(process)
        runner = web.AppRunner(app, access_log=None)
        await self.run(process, runner.setup())
        if name == "teams":
            app[STATE].key, app[STATE].entra_key = _key("bot"), _key("entra")
        assert runner.server is not None
        self.network.listen(PORTS[name], name, runner.server, process)

    def rotate(self) -> None:
        """Have Teams sign with another key."""
        self._keys += 1
        self.teams.key = _key("bot" if self._keys % 2 == 0 else "other bot")

    # --- the service ---

    def start(self) -> Process:
        """Start the service; it may fail to."""
        self.lives += 1
        self.started = self.clock.true()
        process = self.bot = Process("bot")
        self._stop = asyncio.Event()
        self.run(process, self._live(process, self._stop))
        return process

    async def _live(self, process: Process, stop: asyncio.Event) -> None:
        settings, file = self._settings()
        app = build(settings, file, self._ports())
        runner = GuardedRunner(app, settings.server.bounds(), access_log=None, shutdown_timeout=1.0)
        try:
            await runner.setup()
            assert runner.server is not None
            self.network.listen(PORTS["bot"], "bot", runner.server, process)
            await stop.wait()
        except Exception as error:  # noqa: BLE001  # a service that cannot start says why
            self.ended.append(f"{type(error).__name__}: {error}")
        finally:
            for close in [one for one in process.at_death if _leaves(one)]:
                close()
            await runner.cleanup()
            if self.bot is process:
                self.bot = None

    async def second(self) -> bool:
        """Start another service on the same store; say whether it got hold of it."""
        process = Process("second")

        async def open_store() -> bool:
            try:
                store = await Database.open(self.store, inline(self.disk))
            except StoreInUse:
                return False
            await store.close()
            return True

        return bool(await self.run(process, open_store()))

    def end(self) -> None:
        """Let nothing run any more."""
        for process in (self.bot, *self._others):
            if process is not None and process.alive:
                self.loop.kill(process)

    def stop(self) -> None:
        """Ask the service to end."""
        self._stop.set()

    def kill(self, steps: int) -> None:
        """Have the service die before so many more of its callbacks."""
        if self.bot is not None and self.bot.alive:
            self.bot.dies_at = self.bot.steps + max(1, steps)

    def is_up(self) -> bool:
        return self.bot is not None and self.bot.alive

    def takes_calls(self) -> bool:
        """Whether it is up and was not asked to end: its last calls may take their time."""
        return self.is_up() and not self._stop.is_set()

    def _ports(self) -> Ports:
        return Ports(
            self.clock,
            self.dice(f"chance {self.lives}").random,
            self._token,
            open_transport,
            connect=inline(self.disk),
            open_tokens=_open_tokens,
        )

    def _token(self) -> str:
        return base64.urlsafe_b64encode(self._token_dice.randbytes(24)).decode()

    def _settings(self) -> Any:
        options = teams.SandboxOptions(bot="", app_secret="")
        url = URLS["teams"]
        settings = read_settings(
            _env_file=None,
            config=self._file(),
            teams={
                "app_id": options.app_id,
                "tenant_id": options.tenant_id,
                "client_secret": BOT_SECRET,
                "service_url": f"{url}/teams/",
                "login_url": url,
                "graph_url": url,
                "openid_metadata_url": f"{url}/v1/.well-known/openidconfiguration",
            },
            storage={"url": f"sqlite:///{self.store.name}"},
            acumatica={
                "acme": {"user": "countersign", "password": PASSWORD, "push_secret": PUSH_SECRET}
            },
        )
        return settings, read_file(settings.config)

    @property
    def store(self) -> Path:
        return self.data / "countersign.db"

    def _file(self) -> Path:
        path = self.data / "countersign.toml"
        if not path.exists():
            text = demo_rules().replace('poll = "5s"', 'poll = "5m"')
            for old, new in self.edits:
                assert old in text
                text = text.replace(old, new)
            path.write_text(text, "utf-8")
        return path


def _leaves(close: Callable[[], None]) -> bool:
    return "Network.listen" in getattr(close, "__qualname__", "")


def _open_tokens(settings: TeamsSettings, now: Callable[[], datetime]) -> Tokens:
    return SimulatedTokens(settings, now)


_TEMPLATE: list[bytes] = []


def new_store(path: Path) -> None:
    """An empty store that is up to date already: migrating it anew in each story takes its time."""
    if not _TEMPLATE:
        draft = path.with_name("template.db")

        async def make() -> None:
            await (await Database.open(draft)).close()

        asyncio.run(make())
        _TEMPLATE.append(draft.read_bytes())
        draft.unlink()
    path.write_bytes(_TEMPLATE[0])


class Listening(logging.Handler):
    """Keeps what the service says of its own mistakes."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not _in_death(error):
            frames = traceback.extract_tb(error.__traceback__)
            where = " < ".join(f"{Path(one.filename).name}:{one.name}" for one in frames[:-6:-1])
            self.heard.append(f"{record.name}: {record.getMessage()} {error!r} in {where}")


def _in_death(error: BaseException | None) -> bool:
    """Whether it was raised while a killed process was cleared away, in which no code runs."""
    while error is not None:
        if isinstance(error, Killed):
            return True
        error = error.__context__
    return False
