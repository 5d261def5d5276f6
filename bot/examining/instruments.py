"""What an examination looks with: the service's own clients, opened beside it, closed at the end.

Nothing of them acts on its own, and no loop runs. The store is visited, never owned.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from acumatica_client.client import ErpClient
from acumatica_client.transport import Reply, Request, Transport, same_host
from bot.clock import Ports
from bot.company_file import Company, File
from bot.files import read_text
from bot.people.graph import Graph
from bot.sending.pace import Pace
from bot.sending.teams import Connector
from bot.settings import CompanySecrets, Settings, own_address
from bot.signing_in.sign_ins import open_erp
from bot.tokens import Tokens
from bot.toml_lines import line_of
from storage.database import is_owned

TIMEOUT = 10.0
"""Seconds for an answer of our own service."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """Everything the looks are made with."""

    settings: Settings
    file: File
    ports: Ports
    running: bool
    """Whether a service owns the store just now."""
    tokens: Tokens
    connector: Connector
    graph: Graph
    erps: Mapping[str, ErpClient | None]
    """None where only the service itself can sign in: it holds the one token."""
    places: Transport
    """To anywhere the settings name: for looks that prove nothing but that somebody is there."""
    skews: dict[str, timedelta] = field(default_factory=dict)
    """How far each peer's clock is ahead of ours, as it was told so far."""

    @property
    def store(self) -> Path:
        """The file of the store."""
        return self.settings.storage.path

    @property
    def own_address(self) -> str:
        """Where the service listens, as this machine reaches it."""
        return own_address(self.settings)

    async def ask_service(self, url: str) -> Reply:
        """Ask the running service as its operator may. Raises TransportError."""
        token = self.settings.server.metrics_token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.places.send(Request("GET", url, headers, timeout=TIMEOUT))

    def place(self, company: Company, key: str) -> str:
        """Say where a key of a company stands, or belongs, in the file."""
        return self._line("company", company.name, key, f"company {company.name}: {key}")

    def channel_place(self, name: str) -> str:
        """Say where the file binds a channel."""
        return self._line("channel", name, "conversation", f"[[channel]] {name}")

    def _line(self, table: str, name: str, key: str, told: str) -> str:
        config = self.settings.config
        try:
            line = line_of(read_text(config), table, name, key)
        except (OSError, ValueError):  # it was there, and whole, a moment ago
            line = 0
        return f"{config.name}{f', line {line}' if line else ''}: {told}"

    def secrets_of(self, company: Company) -> CompanySecrets:
        """Return what is secret of a company."""
        return self.settings.acumatica.get(company.name, CompanySecrets())


@asynccontextmanager
async def laid_out(settings: Settings, file: File, ports: Ports) -> AsyncIterator[Instruments]:
    """Open everything, and sign out of everything at the end."""
    async with AsyncExitStack() as stack:
        teams = _opened(ports.open_transport(settings.teams.may_call), stack)
        graph = _opened(ports.open_transport(same_host(settings.teams.graph_url)), stack)
        places = _opened(ports.open_transport(_told_of(settings, file)), stack)
        tokens = ports.open_tokens(settings.teams, ports.clock.now)
        stack.push_async_callback(tokens.close)
        erps = {one.name: _erp(one, settings, ports) for one in file.company}
        for erp in filter(None, erps.values()):
            stack.push_async_callback(erp.close)
        connector = Connector(
            teams,
            tokens,
            bot_id=f"28:{settings.teams.app_id}",
            tenant_id=settings.teams.tenant_id,
            pace=Pace(file.limits.quotas(), ports.clock),
        )
        yield Instruments(
            settings, file, ports, await is_owned(settings.storage.path), tokens, connector,
            Graph(graph, tokens, ports.clock, settings.teams.graph_url), erps, places,
        )  # fmt: skip


def _told_of(settings: Settings, file: File) -> Callable[[str], bool]:
    """Allow what the settings name, and nothing an answer leads to."""
    teams, public = settings.teams, settings.server.public_url
    named = [
        teams.login_url, teams.service_url, teams.openid_metadata_url, teams.graph_url,
        own_address(settings), *(company.url for company in file.company), *filter(None, [public]),
    ]  # fmt: skip
    hosts = [same_host(url) for url in named]
    return lambda url: any(allowed(url) for allowed in hosts)


def _opened(transport: Transport, stack: AsyncExitStack) -> Transport:
    stack.push_async_callback(transport.close)
    return transport


def _erp(company: Company, settings: Settings, ports: Ports) -> ErpClient | None:
    """Make a client of our own: it takes a session of its own, never the service's grant."""
    secrets = settings.acumatica.get(company.name, CompanySecrets())
    if company.sign_in == "oauth" and not secrets.has_password:
        return None
    return open_erp(company, settings, ports, None, None)
