"""A whole small world on loopback: both stand-ins, the bot between them, and one witness of it all.

The stand-ins tell what happened; the witness only asks them. Nothing here looks into the product.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
from aiohttp import web
from canaries import Canaries, kept_in, secrets_in, without_sign_ins
from watchdog import excused

from deployment.sandbox import acumatica, teams
from deployment.sandbox.teams.keys import ENTRA_KEY_FILE, KEY_FILE, SigningKey
from storage.records import Reading

ROOT = Path(__file__).resolve().parent.parent
DEMO_FILE = ROOT / "deployment" / "sandbox" / "countersign.demo.toml"
FOR_TWO = (
    'administrators = ["farid@acme.example", "hugo@acme.example", "dev@acme.example"]\n\n',
    'second_above = { USD = 12000 }\nsecond = ["person:farid@acme.example"]\n',
)
"""What the demo's file says of two people; tests that are about them say their own."""
PATIENCE = 90.0
PASSWORD = "a-password-of-the-stand-in"
PUSH_SECRET = "a-push-secret-of-32-characters!!"
BOT_SECRET = "a-client-secret-of-the-stand-in"

ANN, BEN, DEV, ERIN, FARID = (
    f"{name}@acme.example" for name in ("ann", "ben", "dev", "erin", "farid")
)
EAST, WEST, AP, PAYMENTS = (
    "Purchasing East",
    "Purchasing West",
    "AP Approvals",
    "Payments",
)


def demo_rules() -> str:
    """The demo's file, but that nothing in it takes two people."""
    text = DEMO_FILE.read_text("utf-8")
    for said in FOR_TWO:
        assert said in text, f"the demo's file has no {said!r}"
        text = text.replace(said, "")
    return text


async def eventually(
    found: Callable[[], Awaitable[Any]], what: str, *, within: float = PATIENCE
) -> Any:
    """Ask until the answer is truthy; the failure says what never came true."""
    ends = asyncio.get_running_loop().time() + within
    while not (answer := await found()):
        if asyncio.get_running_loop().time() > ends:
            raise AssertionError(f"never came true: {what}")
        await asyncio.sleep(0.02)
    return answer


def texts(card: Any) -> str:
    """Every text a person can read on a card, one per line."""
    if isinstance(card, dict):
        own = [str(card[name]) for name in ("text", "value", "title") if name in card]
        inner = [texts(value) for name, value in card.items() if name != "fallback"]
        return "\n".join(filter(None, [*own, *inner]))
    if isinstance(card, list):
        return "\n".join(filter(None, map(texts, card)))
    return ""


def buttons(card: Any) -> list[str]:
    """The titles of a card's actions, in order."""
    if isinstance(card, dict):
        own = (
            [card["title"]]
            if "title" in card and str(card.get("type", "")).startswith("Action.")
            else []
        )
        return own + [
            title for name, value in card.items() if name != "fallback" for title in buttons(value)
        ]
    return [title for item in card for title in buttons(item)] if isinstance(card, list) else []


@dataclass
class Witness:
    """Asks the stand-ins what happened and plays their people."""

    session: aiohttp.ClientSession
    erp: str
    teams: str
    bot: str = ""
    armed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Every fault that was armed, and with which stand-in."""

    async def get(self, url: str) -> Any:
        async with self.session.get(url) as answer:
            return await answer.json()

    async def post(self, url: str, body: Any, **more: Any) -> Any:
        async with self.session.post(url, json=body, **more) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    # --- faults ---

    async def arm(self, stand_in: str, fault: str, times: int = 1, **more: Any) -> None:
        """Have calls of a stand-in go wrong; a test during which none does fails in the end."""
        wish = {"fault": fault, "times": times, **more}
        await self.post(f"{stand_in}/_sandbox/faults", wish)
        self.armed.append((stand_in, wish))

    async def struck(self, stand_in: str, fault: str, on: Mapping[str, str]) -> bool:
        """Whether a stand-in tells of a call that an armed fault struck."""
        events = (await self.get(f"{stand_in}/_sandbox/history"))["events"]
        return any(
            event["kind"] == "fault"
            and event["fault"] == fault
            and all(value in event[name] for name, value in on.items() if name != "action")
            and on.get("action", "") in event["path"]
            for event in events
        )

    async def fired(self) -> None:
        """Wait until each armed fault has struck at least one call."""
        for stand_in, wish in self.armed:
            fault, on = wish["fault"], wish.get("on", {})
            what = f"the fault {fault} fires on {on or 'any call'}"
            await eventually(
                functools.partial(self.struck, stand_in, fault, on), what, within=4 * PATIENCE
            )

    async def mended(self) -> None:
        """Let everything in Teams go right again."""
        async with self.session.delete(f"{self.teams}/_sandbox/faults") as answer:
            assert answer.status == 200

    # --- Acumatica ---

    async def documents(self, entity: str = "Bill") -> dict[str, dict[str, Any]]:
        found = (await self.get(f"{self.erp}/_sandbox/documents"))["documents"]
        return {
            list(document["keys"].values())[-1]: document["fields"]
            for document in found
            if document["entity"] == entity
        }

    async def status(self, number: str, entity: str = "Bill") -> str:
        return (await self.documents(entity))[number]["Status"]

    async def change(
        self, fields: dict[str, Any], number: str = "", *, entity: str = "Bill", by: str = "dev"
    ) -> str:
        """Change or create a document as an ERP user would; returns its number."""
        names = {"PurchaseOrder": ("Normal", "OrderNbr")}.get(entity)
        kind, field_name = names or ("Payment" if entity != "Bill" else "Bill", "ReferenceNbr")
        keys = {"Type": kind, **({field_name: number} if number else {})}
        body = {"entity": entity, "keys": keys, "set": fields, "by": by}
        return (await self.post(f"{self.erp}/_sandbox/documents", body))["keys"][field_name]

    async def delete(self, number: str) -> None:
        """Delete a bill in the ERP."""
        body = {"entity": "Bill", "keys": {"Type": "Bill", "ReferenceNbr": number}, "by": "dev"}
        async with self.session.delete(f"{self.erp}/_sandbox/documents", json=body) as answer:
            assert answer.status < 300, await answer.text()

    async def bill_on_hold(self, amount: float = 1234.5, **fields: Any) -> str:
        """Enter a bill on hold for the east branch, owned by Ben."""
        return await self.change(
            {
                "Vendor": "V000000021",
                "Amount": amount,
                "Hold": True,
                "BranchID": "EAST",
                "CurrentDocument.EmployeeID": "EP00000002",
                "Description": "entered by a test",
                **fields,
            }
        )

    async def erp_events(self, kind: str) -> list[dict[str, Any]]:
        events = (await self.get(f"{self.erp}/_sandbox/history"))["events"]
        return [event for event in events if event["kind"] == kind]

    async def writes(self, number: str) -> list[str]:
        """Every write the bot sent about a document, in order, as METHOD path."""
        return [
            f"{event['method']} {event['path'].rpartition('001/')[2]}"
            for event in await self.erp_events("request")
            if event["method"] in ("POST", "PUT") and number in json.dumps(event.get("body"))
        ]

    async def erp_fault(self, fault: str, times: int = 1, **on: str) -> None:
        await self.arm(self.erp, fault, times, on=on)

    async def push(self, **change: Any) -> None:
        await self.post(f"{self.erp}/_sandbox/push", change)

    async def connect_push(self) -> None:
        destination = {
            "url": f"{self.bot}/api/acumatica/push/acme",
            "header": "X-Countersign-Secret",
            "value": PUSH_SECRET,
        }
        await self.push(on=True, destination=destination)

    # --- Teams ---

    async def messages(self, person: str = "", conversation: str = "") -> list[dict[str, Any]]:
        url = f"{self.teams}/_sandbox/screen"
        screen = await self.get(f"{url}?person={person}" if person else url)
        return [
            {**message, "conversation": place["name"]}
            for place in screen["conversations"]
            for message in place["messages"]
            if conversation in ("", place["name"])
        ]

    async def cards(self, number: str, person: str = "") -> list[dict[str, Any]]:
        """The messages whose card is about a document."""
        return [
            message
            for message in await self.messages(person)
            if message["card"] and f" {number} " in message["card"].get("fallbackText", "")
        ]

    async def card(self, number: str, person: str = "", *, says: str = "") -> dict[str, Any]:
        """The one card about a document, once it says something."""

        async def there() -> dict[str, Any] | None:
            found = await self.cards(number, person)
            return found[0] if found and says in texts(found[0]["card"]) else None

        found = await eventually(there, f"a card of {number} that says {says!r} for {person}")
        assert len(await self.cards(number, person)) == 1
        return found

    async def press(self, person: str, number: str, button: str) -> dict[str, Any]:
        message = (await self.card(number))["id"]
        body = {"person": person, "message": message, "button": button}
        return await self.post(f"{self.teams}/_sandbox/press", body)

    async def say(self, person: str, conversation: str, text: str) -> None:
        body = {"person": person, "conversation": conversation, "text": text}
        await self.post(f"{self.teams}/_sandbox/say", body)

    async def teams_fault(self, fault: str, times: int = 1, **on: str) -> None:
        await self.arm(self.teams, fault, times, on=on)

    async def released(self, number: str) -> None:
        async def is_open() -> bool:
            return await self.status(number) in ("Open", "Closed")

        await eventually(is_open, f"bill {number} is released in the ERP")


class FastClock:
    """A clock that runs so many times faster, so that no test waits for a quiet window.

    What nobody can set goes on from one bot to the next: they live on one boot.
    """

    _latest: ClassVar[float] = 1000.0

    @classmethod
    def pass_by(cls, seconds: float) -> None:
        """Let time go by between one bot and the next."""
        cls._latest += seconds

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._first = FastClock._latest
        self._start = datetime.now(UTC)
        self._loop_start = asyncio.get_running_loop().time()

    def _passed(self) -> float:
        return (asyncio.get_running_loop().time() - self._loop_start) * self._speed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed())

    def reading(self) -> Reading:
        FastClock._latest = self._first + self._passed()
        return Reading("test", FastClock._latest)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


@dataclass
class World:
    """Both stand-ins running; bots come and go."""

    witness: Witness
    data: Path
    poll: str = "2s"
    edit: tuple[str, str] = ("", "")
    """One replacement in the text of countersign.toml."""
    edits: list[tuple[str, str]] = field(default_factory=list)
    """Further ones."""
    limits: str = (
        "\n[limits]\npresses_a_minute = 600\ncommands_a_minute = 600\nnew_cards_an_hour = 600\n"
    )
    """Nobody types and presses as fast as a test."""
    more: dict[str, Any] = field(default_factory=dict)
    """Further settings of the bot, nested like the others."""
    bots: list[Any] = field(default_factory=list)
    reread: Callable[[], Any] | None = None
    """Reads the bot's settings anew; without it, it takes no changed secrets."""
    canaries: Canaries = field(default_factory=Canaries)
    """Every secret a bot was given here must be found nowhere at the end."""

    def file(self) -> Path:
        text = demo_rules().replace("http://127.0.0.1:8770", self.witness.erp)
        path = self.data / "countersign.toml"
        text = text.replace('poll = "5s"', f'poll = "{self.poll}"').replace(*self.edit)
        for old, new in self.edits:
            assert old in text, f"the demo's file has no {old!r}"
            text = text.replace(old, new)
        path.write_text(text + self.limits, "utf-8")
        return path

    def settings(self, port: int = 0) -> dict[str, Any]:
        """The settings of a bot in this world, as the environment would tell them."""
        url = self.witness.teams
        settings = {
            "config": self.file(),
            "teams": {
                "app_id": teams.SandboxOptions(bot="", app_secret="").app_id,
                "tenant_id": teams.SandboxOptions(bot="", app_secret="").tenant_id,
                "client_secret": BOT_SECRET,
                "service_url": f"{url}/teams/",
                "login_url": url,
                "graph_url": url,
                "openid_metadata_url": f"{url}/v1/.well-known/openidconfiguration",
            },
            "storage": {"url": f"sqlite:///{self.data / 'countersign.db'}"},
            "server": {"port": port},
            "log": {"level": "warning", "format": "json"},
            "acumatica": {
                "acme": {"user": "countersign", "password": PASSWORD, "push_secret": PUSH_SECRET}
            },
        }
        told = merged(settings, self.more)
        for name, secret in secrets_in(told).items():
            self.canaries.plant(name, secret)
        return told

    async def leaks(self) -> list[str]:
        """Which secret stands where it must not."""
        ours = self.witness
        for name, url in (("Acumatica", ours.erp), ("Teams", ours.teams)):
            history = without_sign_ins(await ours.get(f"{url}/_sandbox/history"))
            self.canaries.hear(f"the history of {name}", json.dumps(history).encode())
        documents = await ours.get(f"{ours.erp}/_sandbox/documents")
        self.canaries.hear("the documents of Acumatica", json.dumps(documents).encode())
        screen = await ours.get(f"{ours.teams}/_sandbox/screen")
        self.canaries.hear("the screen of Teams", json.dumps(screen).encode())
        with excused():  # reads every file there is
            keys = self.more.get("encryption", {}).get("keys", "")
            for store in self.data.rglob("*.db"):
                for name, secret in kept_in(store, str(keys)).items():
                    self.canaries.plant(name, secret)
            return self.canaries.found(self.data)

    async def hear_doors(self) -> None:
        """Listen to what the service tells an operator, once before it stops."""
        for door in ("/health/ready", "/metrics"):
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                timeout = aiohttp.ClientTimeout(total=5)
                async with self.witness.session.get(self.witness.bot + door, timeout=timeout) as it:
                    self.canaries.hear(f"{door} of the service", await it.read())

    @asynccontextmanager
    async def bot(self, *, speed: float = 1.0) -> AsyncIterator[str]:
        """Run the real service in this process, its clock so many times faster than ours."""
        from bot.clock import system_ports
        from bot.company_file import read_file
        from bot.connections import GuardedRunner
        from bot.secrets.sources import complete
        from bot.service import build
        from bot.settings import read_settings

        with excused():  # reads files, migrates the store, imports the SDK
            settings = complete(read_settings(_env_file=None, **self.settings()))
            ports = replace(system_ports(), clock=FastClock(speed))
            reread = (lambda: self.reread()) if self.reread else None
            app = build(settings, read_file(settings.config), ports, reread=reread)
            runner = GuardedRunner(app, access_log=None)
            await runner.setup()
            site = web.SockSite(runner, self.witness_socket())
            await site.start()
        try:
            yield self.witness.bot
            await self.hear_doors()
        finally:
            await runner.cleanup()

    def witness_socket(self) -> Any:
        import socket

        port = int(self.witness.bot.rpartition(":")[2])
        return socket.create_server(("127.0.0.1", port))

    async def process(self) -> asyncio.subprocess.Process:
        """Start the real service as a process of its own, as an operator would; wait for it."""
        process = await self.start()

        async def up() -> bool:
            assert process.returncode is None, self.said()
            try:
                async with self.witness.session.get(f"{self.witness.bot}/health/ready") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await eventually(up, "the bot's process answers")
        return process

    async def start(self, port: int = 0) -> asyncio.subprocess.Process:
        """Start the service as a process of its own, without waiting for it."""
        port = port or int(self.witness.bot.rpartition(":")[2])
        with (self.data / "bot.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(ROOT / "app.py"),
                "run",
                cwd=self.data,
                env={**os.environ, **environment(self.settings(port))},
                stderr=log,
            )
        self.bots.append(process)
        return process

    def said(self) -> str:
        """What the service's processes told their operator."""
        return (self.data / "bot.log").read_text("utf-8")

    async def kill(self, process: asyncio.subprocess.Process) -> None:
        """End a bot as a power cut would."""
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Nested settings with others laid over them."""
    both = dict(one)
    for name, value in other.items():
        deeper = isinstance(value, dict) and isinstance(both.get(name), dict)
        both[name] = merged(both[name], value) if deeper else value
    return both


def environment(settings: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Flatten nested settings into environment variables."""
    flat: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            flat |= environment(value, f"{prefix}{name}__".upper())
        else:
            flat[f"{prefix}{name}".upper()] = (
                json.dumps(value) if isinstance(value, list) else str(value)
            )
    return flat


def free_port() -> int:
    """A port nobody listens on just now."""
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@functools.cache
def signing_keys() -> Path:
    """The folder of the stand-in's signing keys: making one takes longer than a test."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-keys-"))
    atexit.register(shutil.rmtree, folder)
    for name in (KEY_FILE, ENTRA_KEY_FILE):
        SigningKey(folder, name).rotate()
    return folder


@asynccontextmanager
async def open_world(
    data: Path, *, sample: bool = False, erp_by: Any = None, teams_by: Any = None
) -> AsyncIterator[World]:
    """Run both stand-ins until the block ends; a bot's address is fixed but nobody is there.

    `erp_by` and `teams_by`: further options of theirs, such as the clock they live by.
    """
    bot = f"http://127.0.0.1:{free_port()}"
    erp = await acumatica.serve(
        acumatica.SandboxOptions(
            password=PASSWORD,
            sample=sample,
            identity_key=(signing_keys() / KEY_FILE).read_text(),
            **{"operation_seconds": 0.0, **(erp_by or {})},
        ),
        host="127.0.0.1",
        port=0,
    )
    served = await teams.serve(
        teams.SandboxOptions(
            bot=bot, app_secret=BOT_SECRET, keys=signing_keys(), **(teams_by or {})
        )
    )
    async with aiohttp.ClientSession() as session:
        witness = Witness(session, f"http://127.0.0.1:{erp.port}", served.url, bot)
        world = World(witness, data)
        try:
            yield world
            leaks = await world.leaks()
            assert not leaks, "\n".join(leaks)
        finally:
            world.canaries.close()
            for process in world.bots:
                await world.kill(process)
            await served.cleanup()
            await erp.stop()
