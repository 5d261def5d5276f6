"""Whether the tables of `countersign.toml` fit together, told row by row. Pure.

It looks at the file as it was written, so that one wrong row hides nothing that is wrong elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.checked import meant
from bot.toml_lines import Place

Misfit = tuple[Place, str]
"""Where, and what is wrong there."""
Row = Mapping[str, Any]


def misfits(data: Row) -> list[Misfit]:
    """List everything that no row shows by itself."""
    companies = _rows(data, "company")
    names = [_word(row, "name") for row in companies]
    return [
        *_twice("company", names),
        *_same_tenants(companies),
        *_twice("channel", [_word(row, "name") for row in _rows(data, "channel")]),
        *_twice("person", list(map(_who, _rows(data, "person")))),
        *_people(_rows(data, "person"), names),
        *_routes(_rows(data, "route"), names),
    ]


def _rows(data: Row, table: str) -> list[Row]:
    found = data.get(table, [])
    listed = found if isinstance(found, list | tuple) else []
    return [row if isinstance(row, Mapping) else {} for row in listed]


def _word(row: Row, key: str) -> str:
    value = row.get(key, "")
    return value if isinstance(value, str) else ""


def _who(row: Row) -> str:
    return f"{_word(row, 'email').lower()} {_word(row, 'company')}".strip()


def _twice(table: str, names: Sequence[str]) -> Iterator[Misfit]:
    for number, name in enumerate(names):
        if name and name in names[:number]:
            yield (table, number), f"{name} is there twice"


# --- companies ------------------------------------------------------------------------------


def _same_tenants(companies: Sequence[Row]) -> Iterator[Misfit]:
    """Refuse two names for one tenant: the same bill would be asked about, and released, twice."""
    for number, one in enumerate(companies):
        for other in companies[:number]:
            if _same_tenant(one, other):
                yield (
                    ("company", number, "tenant"),
                    f"{_word(other, 'name')} and {_word(one, 'name')} are the same tenant of"
                    " Acumatica; tell branches apart by routes",
                )


def _same_tenant(one: Row, other: Row) -> bool:
    places = [_erp_place(_word(row, "url")) for row in (one, other)]
    tenants = {_word(row, "tenant").casefold() for row in (one, other)}
    # Without a name it is whichever tenant the API user signs in to.
    return places[0] is not None and places[0] == places[1] and (len(tenants) == 1 or "" in tenants)


def _erp_place(url: str) -> tuple[str, int | None, str] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    return (host, port, parts.path.rstrip("/").lower()) if host else None


# --- people, routes -------------------------------------------------------------------------


def _people(people: Sequence[Row], companies: Sequence[str]) -> Iterator[Misfit]:
    for number, row in enumerate(people):
        company, employee = _word(row, "company"), _word(row, "employee")
        if company and company not in companies:
            yield ("person", number, "company"), _no_company(company, companies)
        if employee and not company and len(companies) > 1:
            told = f"{_word(row, 'email')}: say the company of employee {employee}"
            yield ("person", number, "employee"), told


def _routes(routes: Sequence[Row], companies: Sequence[str]) -> Iterator[Misfit]:
    for number, row in enumerate(routes):
        company = _word(row, "company")
        if company and company not in companies:
            yield ("route", number, "company"), _no_company(company, companies)
    for number, name in enumerate(companies):
        own = [place for place, row in enumerate(routes) if name and _word(row, "company") == name]
        if name and not own:
            told = "needs at least one route; the last one must match everything"
            yield ("company", number), told
        yield from _order(routes, own)


def _order(routes: Sequence[Row], own: Sequence[int]) -> Iterator[Misfit]:
    """Look at one company's routes, which stand at the places *own*."""
    for place in own[:-1]:
        if "entity" not in routes[place]:
            yield ("route", place), "matches everything, so those after it never do"
    if own and "entity" in routes[own[-1]]:
        told = "the last route of a company must match everything (only company, to)"
        yield ("route", own[-1], "entity"), told


def _no_company(name: str, known: Sequence[str]) -> str:
    return f"there is no company {name!r}{meant(name, known)}"
