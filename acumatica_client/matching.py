"""Is a bill what was ordered and received? Compares its lines with orders and receipts. Pure.

Only what is certainly worth a look is a difference: more billed than received or ordered, or at a
higher price. A part of an order, or a lower price, is daily business.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from acumatica_client.models import Difference, Differs, Document, Value
from acumatica_client.orders import (
    Papers,
    Source,
    SourceLine,
    order_of,
    orders_behind,
    receipt_of,
    receipts_behind,
)

MOST_SOURCES = 3
"""Orders, and receipts, read behind one bill."""

Found = Mapping[Source, Papers | Differs]
"""What was read: the papers, or why there are none. What was not asked for is not in it."""

_WORDS = {"PurchaseOrder": "purchase order", "PurchaseReceipt": "receipt"}


@dataclass(frozen=True, slots=True)
class _Named:
    """A line of the bill with the line of an order or receipt it names."""

    number: int
    line: Mapping[str, Value]
    source: Source
    source_line: int
    currency: str
    there: SourceLine


def is_matched(document: Document) -> bool:
    """Say whether *document* is compared at all: an adjustment bills nothing."""
    return document.key.entity == "Bill" and document.key.type == "Bill"


def wanted(bill: Document) -> tuple[Source, ...]:
    """List the orders and receipts to read, no more of each than is thrifty."""
    return (*orders_behind(bill)[:MOST_SOURCES], *receipts_behind(bill)[:MOST_SOURCES])


def match_mark(bill: Document) -> str:
    """Return what a comparison depends on: while it is equal, nothing need be read again."""
    told = [bill.text(name) for name in ("Vendor", "VendorRef", "CurrencyID")]
    lines = [{name: str(value) for name, value in line.items()} for line in bill.lines]
    return hashlib.sha256(json.dumps([told, lines], sort_keys=True).encode()).hexdigest()


def differences(bill: Document, found: Found, tolerance: Decimal) -> tuple[Difference, ...]:
    """List what differs by more than *tolerance* percent, in the order of the bill's lines."""
    by_receipt, by_order = list(_by_receipt(bill, found)), list(_by_order(bill, found))
    received = {named.number for named in by_receipt}
    rest = [named for named in by_order if named.number not in received]
    factor = 1 + tolerance / 100
    return (
        *_quantities(by_receipt, factor),
        *_quantities(rest, factor),
        *_costs(bill, by_order, factor),
        *_not_compared(bill, found),
    )


def _by_receipt(bill: Document, found: Found) -> Iterator[_Named]:
    for number, line in enumerate(bill.lines, 1):
        yield from _named(number, line, receipt_of(line), line.get("POReceiptLine"), found)


def _by_order(bill: Document, found: Found) -> Iterator[_Named]:
    for number, line in enumerate(bill.lines, 1):
        yield from _named(number, line, order_of(line), line.get("POLine"), found)


def _named(
    number: int, line: Mapping[str, Value], source: Source | None, at: Value, found: Found
) -> Iterator[_Named]:
    papers = found.get(source) if source else None
    if source is None or not isinstance(papers, Papers) or at is None:
        return
    there = papers.lines.get(int(at)) if isinstance(at, int | Decimal) else None
    if there is not None:
        yield _Named(number, line, source, int(at), papers.currency, there)


def _quantities(named: list[_Named], factor: Decimal) -> Iterator[Difference]:
    """Compare quantities; lines that bill the same line of an order count together."""
    groups: dict[tuple[Source, int], list[_Named]] = {}
    for one in named:
        groups.setdefault((one.source, one.source_line), []).append(one)
    for group in groups.values():
        other = [one for one in group if _other_unit(one)]
        if other:
            yield _unit(other[0])
            continue
        billed = sum((_number(one.line, "Qty") or Decimal(0) for one in group), Decimal(0))
        yield from _over(group, billed, factor)


def _over(group: list[_Named], billed: Decimal, factor: Decimal) -> Iterator[Difference]:
    kind, limit = _limit(group[0])
    if limit is not None and billed > limit * factor:
        lines = tuple(one.number for one in group)
        yield Difference(kind, lines, str(billed), str(limit), _name(group[0].source))


def _limit(named: _Named) -> tuple[Differs, Decimal | None]:
    """Return how much may be billed: what was received, or what was ordered where nothing is."""
    there = named.there
    if named.source.entity == "PurchaseReceipt":
        return Differs.OVER_RECEIVED, there.quantity
    goods = there.kind.lower().startswith("goods")  # services are never received
    if there.received is not None and (there.received > 0 or goods):
        return Differs.OVER_RECEIVED, there.received
    return Differs.OVER_ORDERED, there.quantity


def _costs(bill: Document, named: list[_Named], factor: Decimal) -> Iterator[Difference]:
    for one in named:
        billed, ordered = _number(one.line, "UnitCost"), one.there.unit_cost
        if one.currency != bill.text("CurrencyID") or _other_unit(one):
            continue  # two currencies or units have no common price
        if billed is not None and ordered is not None and billed > ordered * factor:
            yield Difference(
                Differs.COST, (one.number,), str(billed), str(ordered), _name(one.source)
            )


def _not_compared(bill: Document, found: Found) -> Iterator[Difference]:
    for source, papers in found.items():
        if isinstance(papers, Differs):
            yield Difference(papers, of=_name(source))
    for sources in (orders_behind(bill), receipts_behind(bill)):
        if len(sources) > MOST_SOURCES:
            word = _WORDS[sources[0].entity]
            yield Difference(
                Differs.TOO_MANY, billed=str(len(sources)), other=str(MOST_SOURCES), of=f"{word}s"
            )


def _other_unit(named: _Named) -> bool:
    billed = str(named.line.get("UOM") or "").strip()
    return bool(billed and named.there.unit) and billed != named.there.unit


def _unit(named: _Named) -> Difference:
    billed = str(named.line.get("UOM"))
    return Difference(Differs.UNIT, (named.number,), billed, named.there.unit, _name(named.source))


def _number(line: Mapping[str, Value], name: str) -> Decimal | None:
    value = line.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)


def _name(source: Source) -> str:
    return f"{_WORDS[source.entity]} {source.number}"
