"""Clients of the stand-in whose company has names of its own."""

from __future__ import annotations

from erp_world import StandIn, credentials

from acumatica_client.client import ErpClient
from acumatica_client.extras import read_extras
from acumatica_client.protocol import Address
from acumatica_client.transport import open_transport


def client_of(
    erp: StandIn,
    endpoint: str = "Default",
    version: str = "24.200.001",
    *,
    page: int = 200,
    **extra: dict[str, str],
) -> ErpClient:
    """A client of one endpoint and version, with `[company.extra.ENTITY]` tables."""
    return ErpClient(
        Address(erp.url, endpoint, version),
        credentials(),
        open_transport=open_transport,
        waiting=erp.clock.waiting,
        page=page,
        extras=read_extras(extra),
    )
