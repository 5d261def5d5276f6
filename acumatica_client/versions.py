"""Which endpoints an instance has, and what is wrong when the pinned one is not among them. Pure.

System endpoints stay in later releases, and a version never exists before its own: so a pin is
stable, and a missing one is a setting to change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from acumatica_client.answers import read_json, record_of, rows_of
from acumatica_client.errors import ErpError, ErpNotFound, ErpVersionMissing
from acumatica_client.protocol import Address
from acumatica_client.transport import Reply

_SHOWN = 40
"""Endpoints that an error lists."""

_CONTRACT_5_SINCE = 26
"""First release whose `Default` speaks contract version 5."""


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """One endpoint of an instance: a system one such as Default, or the tenant's own."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"


def read_versions(reply: Reply) -> frozenset[Endpoint]:
    """Read the answer of `GET /entity`: a wrapper, or the bare array of older builds."""
    data = read_json(reply)
    rows = data.get("endpoints") if isinstance(data, dict) else data
    told = (Endpoint(_word(row, "name"), _word(row, "version")) for row in rows_of(rows, "entity"))
    return frozenset(row for row in told if row.name and row.version)


def _word(row: Any, name: str) -> str:
    # Only names are taken: `href` may be relative or absolute, of another host behind a proxy.
    word = record_of(row, "entity").get(name)
    return word if isinstance(word, str) else ""


def pinned(address: Address) -> Endpoint:
    """Return the endpoint that the company's settings name."""
    return Endpoint(address.endpoint, address.version)


def check_pin(address: Address, offered: Iterable[Endpoint]) -> None:
    """Raise ErpVersionMissing, with what to change, when the instance lacks the pinned endpoint."""
    wanted, known = pinned(address), sorted(offered)
    if wanted in known:
        return
    listed = ", ".join(map(str, known[:_SHOWN])) or "no endpoint that this user may see"
    raise ErpVersionMissing(
        f"{address.instance} has no endpoint {wanted}; it has: {listed}. {_advice(wanted, known)}"
    )


def _advice(wanted: Endpoint, known: list[Endpoint]) -> str:
    """Say which line of countersign.toml to write."""
    same = [row for row in known if row.name == wanted.name and not is_contract_5(row)]
    if same:
        best = max(same, key=_release)
        return f'Set version = "{best.version}" in countersign.toml.'
    alike = [r for r in known if r.name != wanted.name and r.name.lower() == wanted.name.lower()]
    if alike:
        return f'Set endpoint = "{alike[0].name}" in countersign.toml: the case counts.'
    return "Set endpoint and version in countersign.toml to one of these."


def explain_404(address: Address, offered: Iterable[Endpoint], told: str) -> ErpError:
    """Name what a 404 misses: the endpoint or its version, else the entity or the action."""
    try:
        check_pin(address, offered)
    except ErpVersionMissing as error:
        return error
    return ErpNotFound(f"endpoint {pinned(address)} has no such entity or action: {told}")


def is_contract_5(row: Endpoint) -> bool:
    """Say whether a system endpoint's version tells that it speaks contract version 5."""
    return row.name == "Default" and _release(row)[:1] >= (_CONTRACT_5_SINCE,)


def _release(row: Endpoint) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,9}", row.version))
