"""Microsoft's clouds: where each signs in, keeps its keys and takes messages. Pure.

Follows the vendor's pages "Send proactive messages" (service addresses), "Configure Bot Framework
bots for US Government customers" and "National cloud deployments" of Microsoft Graph. China
(21Vianet) is left out: nobody writes down where its keys are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

CloudName = Literal["public", "gcc", "gcc_high", "dod"]


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud's addresses and names."""

    login: str
    """Sign-in service for the bot's own tokens."""
    bot_resource: str
    """What a token for the Bot Connector is for."""
    graph: str
    """Microsoft Graph: its address, and what a token for it is for."""
    keys: str
    """Where the keys are that sign the calls to the bot."""
    issuer: str
    """Who signs them."""
    service: str
    """Connector address until Teams tells another."""
    service_hosts: tuple[str, ...]
    """Hosts a connector may have."""


_SMBA, _GCC = "smba.trafficmanager.net", "smba.infra.gcc.teams.microsoft.com"
_HIGH, _DOD = "smba.infra.gov.teams.microsoft.us", "smba.infra.dod.teams.microsoft.us"


def _commercial(service: str) -> Cloud:
    return Cloud(
        login="https://login.microsoftonline.com",
        bot_resource="https://api.botframework.com",
        graph="https://graph.microsoft.com",
        keys="https://login.botframework.com/v1/.well-known/openidconfiguration",
        issuer="https://api.botframework.com",
        service=service,
        # A tenant of one is also reached through the other's host, by its older address.
        service_hosts=(_SMBA, _GCC),
    )


def _government(graph: str, host: str) -> Cloud:
    return Cloud(
        login="https://login.microsoftonline.us",
        bot_resource="https://api.botframework.us",
        graph=graph,
        keys="https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
        issuer="https://api.botframework.us",
        service=f"https://{host}/teams",
        service_hosts=(host,),
    )


CLOUDS: Mapping[str, Cloud] = {
    "public": _commercial(f"https://{_SMBA}/teams/"),
    "gcc": _commercial(f"https://{_GCC}/teams"),
    "gcc_high": _government("https://graph.microsoft.us", _HIGH),
    "dod": _government("https://dod-graph.microsoft.us", _DOD),
}
"""Every cloud by the name it has in `TEAMS__CLOUD`."""
