"""Users of Entra, asked for by address and read out of Graph's answers. Pure.

Follows the vendor's pages "List users" and "Advanced query capabilities on directory objects".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.addresses import SIGN_IN_NAME
from bot.core.graph import Answered, Asked, GraphAway, GraphRefused, literal, rows_of
from storage.records import EntraUser, Json, Lookup

FIELDS = (
    "id", "displayName", "mail", "userPrincipalName", "accountEnabled", "userType", "otherMails",
    "proxyAddresses",
)  # fmt: skip
GUEST = "guest"
EXTERNAL = "#ext#"
"""Stands in the sign-in name of accounts that came from elsewhere, whatever their type says."""
ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}")
MOST = 10
"""Users we look at for one address: two are already too many."""


def askable(addresses: Iterable[str]) -> list[str]:
    """Return what can be an address, in lower case, each once and in order; the rest is no use."""
    asked = {address.strip().lower() for address in addresses}
    return sorted(address for address in asked if ADDRESS.fullmatch(address))


def questions(address: str) -> tuple[Asked, Asked]:
    """Ask for everybody with *address*: as mail or sign-in name, and as any further address.

    The second is an advanced query, which not every tenant answers.
    """
    value, alias = literal(address), literal(f"smtp:{address}")
    plain = f"mail%20eq%20{value}%20or%20userPrincipalName%20eq%20{value}"
    more = f"otherMails/any(m:m%20eq%20{value})%20or%20proxyAddresses/any(p:p%20eq%20{alias})"
    tail = f"&$select={','.join(FIELDS)}&$top={MOST}"
    return (
        Asked(f"/users?$filter={plain}{tail}"),
        Asked(f"/users?$filter={more}{tail}&$count=true", advanced=True),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What Graph said to the questions about one address."""

    lookup: Lookup
    users: tuple[EntraUser, ...]
    whole: bool
    """Whether it also looked at further addresses."""

    @property
    def certain(self) -> bool:
        """Whether this is an answer: nobody found without a whole search is none."""
        return self.whole or bool(self.users)


def read_found(address: str, answers: Sequence[Answered], now: datetime) -> Found:
    """Read the answers to the questions about *address*. Raises GraphError.

    Where only the advanced query was refused, the plain one has to do.
    """
    plain, more = answers
    rows = rows_of(plain.value())
    try:
        rows, whole = [*rows, *rows_of(more.value())], True
    except GraphRefused:
        whole = False
    told = {str(row.get("id")): row for row in rows}
    users = tuple(read_user(row) for row in told.values())
    kinds = tuple(
        (user.aad_object_id, kind_of(address, told[user.aad_object_id])) for user in users
    )
    return Found(Lookup(address, tuple(sorted(kinds)), now), users, whole)


def read_user(row: Json) -> EntraUser:
    """Read one user; what is not said to be enabled is not. Raises GraphAway."""
    person, upn = _text(row, "id"), _text(row, "userPrincipalName")
    if not person:
        raise GraphAway("Graph told of a user without an id")
    outside = _text(row, "userType").lower() == GUEST or EXTERNAL in upn.lower()
    return EntraUser(
        person,
        _text(row, "displayName"),
        _text(row, "mail"),
        upn,
        row.get("accountEnabled") is True,
        outside,
    )


def kind_of(address: str, row: Json) -> str:
    """Say which of a user's addresses *address* is; a sign-in name first, it is the surest."""
    if _text(row, "userPrincipalName").lower() == address:
        return SIGN_IN_NAME
    if _text(row, "mail").lower() == address:
        return "mail"
    return "other mail" if address in _texts(row, "otherMails") else "alias"


def _text(row: Json, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _texts(row: Json, name: str) -> frozenset[str]:
    value = row.get(name)
    listed = value if isinstance(value, list) else []
    return frozenset(one.lower() for one in listed if isinstance(one, str))
