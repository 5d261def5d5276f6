"""What a message extension is asked: a query, or a link somebody pasted. Pure.

A link is read, never fetched. It counts only when it leads to the screen of one of our documents,
in one of our companies, by that company's own address; anything else is no link of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from acumatica_client.entities import ENTITIES
from acumatica_client.models import DocumentKey
from bot.core.activity import Wire, members, text

COMMANDS = {
    "findBill": ("Bill",),
    "findPo": ("PurchaseOrder",),
    "findPayment": ("Check", "Payment"),
}
MOST_RESULTS = 25
MOST_SKIPPED = 10_000
LONGEST_QUERY = 100
LONGEST_LINK = 2_000
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody searches for; no words are the first look at what there is."""

    entities: tuple[str, ...]
    words: str
    skip: int = 0
    count: int = MOST_RESULTS


@dataclass(frozen=True, slots=True)
class Site:
    """Where one company's screens are."""

    company: str
    url: str
    tenant: str


def read_query(wire: Wire) -> Query | None:
    """Read `composeExtension/query`; None when its form is not the documented one."""
    value = members(wire.get("value"))
    entities = COMMANDS.get(text(value, "commandId"))
    if entities is None:
        return None
    options = members(value.get("queryOptions"))
    return Query(
        entities,
        " ".join(_words(value.get("parameters")).split())[:LONGEST_QUERY],
        _number(options.get("skip"), 0, MOST_SKIPPED),
        _number(options.get("count"), MOST_RESULTS, MOST_RESULTS) or MOST_RESULTS,
    )


def read_link(wire: Wire, sites: Mapping[str, Site]) -> list[tuple[str, DocumentKey]]:
    """Return the documents a pasted link may mean, each with its company; none when not ours."""
    url = text(members(wire.get("value")), "url")
    if not 0 < len(url) <= LONGEST_LINK:
        return []
    try:
        parts = urlsplit(url)
        asked = parse_qs(parts.query, strict_parsing=True, max_num_fields=20)
        address = f"{parts.scheme}://{parts.netloc}{parts.path}".lower()
    except ValueError:
        return []
    if any(len(values) != 1 for values in asked.values()):
        return []
    given = {name.lower(): values[0] for name, values in asked.items()}
    company = _company(address, given.get("companyid", ""), sites)
    return [(company, key) for key in _keys(given)] if company else []


def _company(address: str, tenant: str, sites: Mapping[str, Site]) -> str:
    """Return whose screen it is; where the link names no tenant, the instance must be one's own."""
    there = [site for site in sites.values() if address == f"{site.url.rstrip('/')}/main".lower()]
    if tenant:
        there = [site for site in there if site.tenant.casefold() == tenant.casefold()]
    return there[0].company if len(there) == 1 else ""


def _keys(given: Mapping[str, str]) -> list[DocumentKey]:
    """Return the keys a screen's parameters name; one code may stand for two types."""
    found = []
    for entity in ENTITIES.values():
        kind, number = (given.get(name.lower(), "") for name in entity.link_fields)
        if given.get("screenid", "").upper() == entity.screen and _NUMBER.fullmatch(number):
            labels = (label for label, code in entity.type_codes.items() if code == kind.upper())
            found += [entity.key(label, number) for label in labels]
    return found


def _words(parameters: object) -> str:
    """Return the value of `q`; on the first opening there is `initialRun` instead."""
    listed = parameters if isinstance(parameters, list) else []
    told = {text(members(one), "name"): text(members(one), "value") for one in listed}
    return told.get("q", "")


def _number(value: object, default: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return default
    return min(value, most)
