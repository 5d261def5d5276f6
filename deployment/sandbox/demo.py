"""The demo's world: its folder, its secrets, both stand-ins, and the settings of the bot in it."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from deployment.sandbox.acumatica.options import SandboxOptions as AcumaticaOptions
from deployment.sandbox.folder import write_environment, write_rules
from deployment.sandbox.processes import StandIn
from deployment.sandbox.teams import SandboxOptions as TeamsOptions

HERE = Path(__file__).resolve().parent
APP = HERE.parent.parent / "app.py"
FILE = HERE / "countersign.demo.toml"
LOCAL = "127.0.0.1"
SECRET_HEADER = "X-Countersign-Secret"  # noqa: S105  # the header's name, not its value
COMPANY = "acme"
TEAMS_PORT = 8771

_TOLD = 'approvals = "Approvals", created_by = "CreatedBy", modified_by = "LastModifiedBy"'
_EXTRA = f"""extra.Employee = {{ login = "Login" }}
extra.Bill = {{ {_TOLD} }}
extra.PurchaseOrder = {{ {_TOLD} }}
allow_unknown_editor = false       # the endpoint tells who entered"""
_PENDING = (
    'when = "pending approval"\nto = ["channel:ap-approvals"]\n',
    'where = [{ field = "Branch", is = "WEST" }]\nto = ["channel:purchasing-west"]\n',
    'when = ["pending approval", "open"]\nto = ["channel:purchasing-east"]\n',
)
_DECIDES = 'approver = ["approval map"]\nactions = ["approve", "reject"]\n'
_AS_PERSON = (
    ('act_as = "service"', 'act_as = "person"'),
    (
        'endpoint = "Default"',
        'endpoint = "Countersign"         # extends Default: it tells approvals, creators, logins',
    ),
    ("allow_unknown_editor = true        # Default does not tell who entered", _EXTRA),
    *((place, f"{place}{_DECIDES}") for place in _PENDING),
)
"""What the demo's file says otherwise when everybody acts as their own Acumatica user."""


_PRESS = "2. Press Release. At the top right switch to somebody else: they see who released it."
_PRESS_AS_PERSON = """2. Press Release: the bot sends a link in your chat with it.
     Sign in there as ben, password {erp_password}; then
     type the number it shows in that chat, and press again."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What one demo is started with."""

    port: int
    acumatica_port: int
    teams_port: int
    data: Path
    sample: bool = True
    as_person: bool = False

    @property
    def erp(self) -> str:
        """Address of the Acumatica stand-in."""
        return f"http://{LOCAL}:{self.acumatica_port}"

    @property
    def teams(self) -> str:
        """Address of the Teams stand-in."""
        return f"http://{LOCAL}:{self.teams_port}"

    @property
    def bot(self) -> str:
        """Address of the bot."""
        return f"http://{LOCAL}:{self.port}"

    @property
    def file(self) -> Path:
        """The bot's `countersign.toml`."""
        return self.data / "countersign.toml"

    def prepare(self) -> Secrets:
        """Check ports, write the files, and return the secrets. Raises StandInFailed, OSError."""
        for port, option in self._ports():
            StandIn.check_port(port, option)
        self.data.mkdir(parents=True, exist_ok=True)
        write_rules(self.file, self._rules())
        words = read_secrets(self.data / "secrets.json")
        write_environment(self.data / "env", self.settings(words))
        return words

    def _ports(self) -> tuple[tuple[int, str], ...]:
        return (
            (self.port, "--port"),
            (self.acumatica_port, "--acumatica-port"),
            (self.teams_port, "--teams-port"),
        )

    def _rules(self) -> str:
        text = FILE.read_text("utf-8").replace("http://127.0.0.1:8770", self.erp)
        for old, new in _AS_PERSON if self.as_person else ():
            if old not in text:
                raise ValueError(f"{FILE.name} no longer says {old!r}")
            text = text.replace(old, new)
        return text

    def settings(self, words: Secrets) -> dict[str, Any]:
        """Return what the environment would tell the bot."""
        erp = AcumaticaOptions(password="")
        return {
            "config": self.file.resolve(),
            "teams": self._teams(words),
            "storage": {"url": f"sqlite:///{(self.data / 'countersign.db').resolve()}"},
            "server": {"host": LOCAL, "port": self.port, "public_url": self.bot},
            "encryption": {"keys": words["encryption_key"]},
            "admin": {"enabled": True},
            "log": {"level": "warning"},
            "acumatica": {
                COMPANY: {
                    "user": "countersign",
                    "password": words["erp_password"],
                    "push_secret": words["push_secret"],
                    "client_id": erp.client_id if self.as_person else "",
                    "client_secret": words["erp_password"] if self.as_person else "",
                }
            },
        }

    def _teams(self, words: Secrets) -> dict[str, Any]:
        stand_in = TeamsOptions(bot=self.bot, app_secret="")
        return {
            "app_id": stand_in.app_id,
            "tenant_id": stand_in.tenant_id,
            "client_secret": words["bot_secret"],
            "service_url": f"{self.teams}/teams/",
            "login_url": self.teams,
            "graph_url": self.teams,
            "openid_metadata_url": f"{self.teams}/v1/.well-known/openidconfiguration",
        }

    @asynccontextmanager
    async def stand_ins(
        self, words: Secrets, meanwhile: Callable[[], Awaitable[object]]
    ) -> AsyncIterator[None]:
        """Run them as processes of their own, the ERP's push connected to the bot.

        *meanwhile* is awaited while they start.
        """
        started = await self._start_all(words)
        try:
            await meanwhile()
            async with aiohttp.ClientSession() as session:
                for name, one in started.items():
                    await one.ready(session, self._log(name))
                await self._connect_push(session, words["push_secret"])
            yield
        finally:
            for one in reversed(started.values()):
                await one.stop()

    async def _start_all(self, words: Secrets) -> dict[str, StandIn]:
        return {"acumatica": await self._start_erp(words), "teams": await self._start_teams(words)}

    async def _start_erp(self, words: Secrets) -> StandIn:
        arguments = [
            str(APP), "sandbox", "acumatica", "--port", str(self.acumatica_port),
            "--data", str(self.data / "acumatica"), "--with-parent",
            "--redirect-uri", f"{self.bot}/auth/acumatica/callback",
            *([] if self.sample else ["--empty"]),
        ]  # fmt: skip
        return await StandIn.start(
            "Acumatica stand-in",
            arguments,
            url=self.erp,
            log=self._log("acumatica"),
            environment={"SANDBOX_PASSWORD": words["erp_password"]},
        )

    async def _start_teams(self, words: Secrets) -> StandIn:
        arguments = [
            str(APP), "sandbox", "teams", "--port", str(self.teams_port),
            "--data", str(self.data / "teams"), "--bot", self.bot, "--with-parent",
        ]  # fmt: skip
        return await StandIn.start(
            "Teams stand-in",
            arguments,
            url=self.teams,
            log=self._log("teams"),
            environment={"SANDBOX_APP_SECRET": words["bot_secret"]},
        )

    def _log(self, name: str) -> Path:
        return self.data / f"{name}.log"

    async def _connect_push(self, session: aiohttp.ClientSession, secret: str) -> None:
        url = f"{self.bot}/api/acumatica/push/{COMPANY}"
        destination = {"url": url, "header": SECRET_HEADER, "value": secret}
        body = {"on": True, "destination": destination}
        async with session.post(f"{self.erp}/_sandbox/push", json=body) as answer:
            answer.raise_for_status()

    def what_next(self, words: Secrets) -> str:
        """Return the addresses and what to do first."""
        press = _PRESS_AS_PERSON if self.as_person else _PRESS
        return f"""
  Teams (stand-in)      {self.teams}
  Acumatica (stand-in)  {self.erp}
  Countersign           {self.bot}

  1. Open the Teams page. It shows a card for a bill on hold as the person it waits for.
  {press.format(**words)}
  3. Watch the bill turn Open on the Acumatica page; put a new one on hold there.

  Everything is remembered in {self.data}/ (delete it to start afresh). Ctrl-C stops.
  Other commands, beside it: (set -a; . {self.data}/env; uv run app.py people)
"""


Secrets = Mapping[str, str]


def read_secrets(file: Path) -> Secrets:
    """Return the demo's own random secrets, the same at every start of one folder."""
    names = ("erp_password", "push_secret", "bot_secret")
    fresh = {name: secrets.token_urlsafe(24) for name in names}
    fresh["encryption_key"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    try:
        known = json.loads(file.read_text()) if file.exists() else {}
    except ValueError as error:
        raise OSError(f"{file} is damaged; delete {file.parent} to start afresh") from error
    words = {**fresh, **known}
    file.touch(mode=0o600)
    file.write_text(json.dumps(words))
    return words
