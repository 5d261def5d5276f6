"""The sample book of Acme Supply: vendors, employees and some thirty documents that look current.

Deterministic for one day and clock. Companies are invented; people come from `people.json` only.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from . import approvals, workflow
from .book import Book, Record
from .entry import Desk, new_record
from .fields import ENTITIES
from .masters import SEED, guids, hours_ago, vendor_of
from .options import SandboxOptions
from .people import People
from .receipts import receipt_of, received, sample_receipts
from .suggestion import bill_lines
from .values import Value
from .wire import Draft


@dataclass(frozen=True, slots=True)
class _Row:
    """One sample document: who, how much, in which state, how many hours ago it changed last."""

    entity: str
    number: int
    party: str
    amount: str
    status: str
    hours: int
    owner: str = "ann"
    order: int = 0
    due: int | None = None  # days from today
    ref: str = ""
    pays: int = 0


def _rows(entity: str, *rows: tuple[object, ...], **fields: object) -> Iterator[_Row]:
    for row in rows:
        yield _Row(entity, *row, **fields)  # type: ignore[arg-type]


_ORDERS = (
    *_rows(
        "PurchaseOrder",
        (112, "V000000021", "4860.00", "Open", 610, "ben"),
        (113, "V000000024", "1250.00", "Completed", 420, "ben"),
        (114, "ACMEPAPER", "1912.40", "Open", 505, "ben"),
        (115, "V000000025", "48000.00", "Open", 700, "carla"),
        (116, "V000000023", "12480.00", "Open", 560, "carla"),
        (117, "V000000026", "9750.00", "Open", 380, "ben"),
        (118, "V000000028", "6425.00", "On Hold", 31, "carla"),
        (119, "MERIDIAN", "27300.00", "Pending Approval", 22, "ben"),
        (120, "V000000022", "22150.00", "Pending Approval", 46, "carla"),
        (121, "V000000027", "3180.00", "On Hold", 9, "ben"),
        (122, "BLUEHERON", "1275.00", "Completed", 240, "ben"),
    ),
)
_BILLS = (
    _Row("Bill", 145, "V000000022", "1840.00", "Closed", 930, "carla", due=-22, ref="HFL-88120"),
    _Row("Bill", 146, "ACMEPAPER", "980.50", "Closed", 804, "ben", due=-15, ref="AP-40117"),
    _Row("Bill", 147, "V000000021", "3105.75", "Open", 350, "ben", due=9, ref="NF-20884"),
    _Row("Bill", 148, "V000000028", "2210.00", "Open", 402, "carla", due=-3, ref="SCL-5519"),
    _Row("Bill", 149, "V000000029", "615.20", "Balanced", 76, "ann", due=4, ref="FSG-9921"),
    _Row("Bill", 150, "BLUEHERON", "1275.00", "Balanced", 52, "ben", 122, due=11, ref="BH-7702"),
    _Row(
        "Bill", 151, "V000000027", "31400.00", "Pending Approval", 44, "ben", due=19, ref="CE-3318"
    ),
    _Row(
        "Bill", 152, "V000000025", "26750.00", "Pending Approval", 20, "carla", due=33, ref="K-1042"
    ),
    _Row("Bill", 153, "V000000029", "240.00", "On Hold", 170, "ann", due=-6, ref="FSG-9874"),
    _Row("Bill", 154, "V000000021", "4860.00", "On Hold", 27, "ben", 112, due=21, ref="NF-21002"),
    _Row("Bill", 155, "ACMEPAPER", "1912.40", "On Hold", 19, "ben", 114, due=24, ref="AP-40388"),
    _Row("Bill", 156, "V000000023", "12480.00", "On Hold", 16, "carla", 116, due=25, ref="BWC-617"),
    _Row("Bill", 157, "V000000025", "48000.00", "On Hold", 7, "carla", 115, due=41, ref="K-1057"),
    _Row("Bill", 158, "V000000026", "9750.00", "On Hold", 5, "ben", 117, due=28, ref="LK-2291"),
    _Row("Bill", 159, "V000000024", "1250.00", "On Hold", 2, "ben", 113, due=29, ref="TPW-0456"),
)
_CHECKS = (
    _Row("Check", 8, "V000000022", "1840.00", "Closed", 810, "dev", pays=145),
    _Row("Check", 9, "V000000025", "3900.00", "Pending Print", 61, "dev"),
    _Row("Check", 10, "V000000021", "3105.75", "Balanced", 12, "dev", pays=147),
)
_PAYMENTS = (
    _Row("Payment", 1, "C000000011", "7420.00", "Closed", 640, "dev", ref="WIRE 55120"),
    _Row("Payment", 2, "C000000014", "15300.00", "Open", 290, "dev", ref="ACH 0091"),
    _Row("Payment", 3, "C000000011", "2188.60", "Balanced", 14, "dev", ref="ACH 0107"),
)


def sample_documents(
    known: Iterable[Record], people: People, options: SandboxOptions
) -> list[Record]:
    """The sample documents, each in its state and with a believable past."""
    book, guid = Book(), guids(SEED + 1)
    for record in known:
        book.put(record)
    documents = []
    for row in (*_ORDERS, *_BILLS, *_CHECKS, *_PAYMENTS):
        record = _document(row, Desk(book, people, options.day()), next(guid), options)
        book.put(record)
        documents.append(record)
    return [*documents, *sample_receipts(documents, guids(SEED + 2))]


def _document(row: _Row, desk: Desk, guid: str, options: SandboxOptions) -> Record:
    person = desk.people.find(row.owner)
    owner, branch = (person.employee_id, person.branch) if person else ("", "EAST")
    entity, amount = ENTITIES[row.entity], Decimal(row.amount).quantize(Decimal("0.0001"))
    stamp = hours_ago(options, row.hours)
    typed: dict[str, Value] = {
        entity.keys[1]: entity.number.format(row.number),
        entity.party: row.party,
        entity.amount: amount,
        **_dates(row, stamp, options),
        **_texts(row, branch),
    }
    fields = {name: value for name, value in typed.items() if name in entity.fields}
    draft = Draft(fields=fields, lists=_lists(row, amount, desk), hidden={"Owner": owner})
    record = new_record(desk, entity, draft, id=guid, by="dev")
    placed = _placed(record, row.status).with_fields(LastModifiedDateTime=stamp)
    placed = approvals.named(approvals.signed(placed, "", day=stamp.date()), desk.people)
    return placed.with_hidden(OwnerName=person.name if person else "", LastModifiedBy="dev")


def _placed(record: Record, status: str) -> Record:
    """The document where its workflow would have brought it."""
    held = workflow.born(record)
    for action in workflow.path(held, status) or ():
        held = workflow.run(held, action)
    return held


def _dates(row: _Row, stamp: datetime, options: SandboxOptions) -> dict[str, Value]:
    day = options.day()
    entered = stamp.date() - timedelta(days=1)
    due: date | None = None if row.due is None else day + timedelta(days=row.due)
    return {
        "Date": entered,
        "ApplicationDate": entered,
        "PostPeriod": f"{entered:%m%Y}",
        **({"DueDate": due} if due else {}),
    }


def _texts(row: _Row, branch: str) -> dict[str, Value]:
    vendor = vendor_of(row.party)
    return {
        "Description": vendor.goods[0] if vendor else "Customer payment",
        "BranchID": branch,
        "Branch": branch,
        "VendorRef": row.ref or None,
        "ExternalRef": row.ref or None,
        "PaymentRef": row.ref or f"{1000 + row.number}",
    }


def _lists(row: _Row, amount: Decimal, desk: Desk) -> dict[str, list[dict[str, Value]]]:
    vendor = vendor_of(row.party)
    if row.entity == "PurchaseOrder" and vendor:
        return {"Details": _order_lines(row, vendor.goods, amount, desk.day)}
    if row.entity == "Bill" and row.order:
        return {"Details": _lines_of_order(f"PO{row.order:06d}", desk.book)}
    if row.entity == "Bill" and vendor:
        return {"Details": bill_lines(vendor.goods, amount, _chance(row.number))}
    if row.entity == "Check" and row.pays:
        paid: dict[str, Value] = {
            "DocType": "Bill",
            "ReferenceNbr": f"{row.pays:06d}",
            "AmountPaid": amount,
        }
        return {"Details": [paid]}
    return {}


def _chance(number: int) -> random.Random:
    return random.Random(SEED + number)  # noqa: S311  sample data, no secret


def _lines_of_order(number: str, book: Book) -> list[dict[str, Value]]:
    """A bill for all that was ordered, whether it has arrived or not."""
    order = book.by_keys("PurchaseOrder", ("Normal", number))
    lines = list[dict[str, Value]]()
    for place, line in enumerate(order.lists["Details"] if order else (), start=1):
        bought: dict[str, Value] = {
            "InventoryID": line["InventoryID"],
            "TransactionDescription": line["LineDescription"],
            "Qty": line["OrderQty"],
            "UOM": line["UOM"],
            "UnitCost": line["UnitCost"],
            "ExtendedCost": line["ExtendedCost"],
            "Amount": line["ExtendedCost"],
            "Account": "60100",
            "Subaccount": "000-000",
            "POOrderType": "Normal",
            "POOrderNbr": number,
            "POLine": line["LineNbr"],
        }
        lines.append({**bought, **receipt_of(number, place)})
    return lines


def _order_lines(
    row: _Row, goods: Sequence[str], amount: Decimal, day: date
) -> list[dict[str, Value]]:
    order, lines = f"PO{row.number:06d}", list[dict[str, Value]]()
    for number, line in enumerate(bill_lines(goods, amount, _chance(1000 + row.number)), 1):
        quantity, cost = Decimal(f"{line['Qty']}.0000"), Decimal(str(line["UnitCost"]))
        arrived = received(order, quantity)
        ordered: dict[str, Value] = {
            "LineNbr": number,
            "OrderType": "Normal",
            "OrderNbr": order,
            "InventoryID": line["InventoryID"],
            "LineDescription": line["TransactionDescription"],
            "OrderQty": quantity,
            "OrderedQty": quantity,
            "QtyOnReceipts": arrived,
            "ReceivedAmount": (arrived * cost).quantize(Decimal("0.0001")),
            "UOM": "EA",
            "UnitCost": cost,
            "ExtendedCost": line["ExtendedCost"],
            "Completed": row.status == "Completed",
            "Cancelled": False,
            "Promised": day + timedelta(days=14),
        }
        lines.append(ordered)
    return lines
