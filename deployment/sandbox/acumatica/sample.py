"""The sample book of Acme Supply: vendors, employees and some thirty documents that look current.

Deterministic for one day and clock. Companies are invented; people come from `people.json` only.
"""

import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count

from . import workflow
from .book import Book, Record
from .entry import Desk, new_record
from .fields import ENTITIES
from .options import SandboxOptions
from .people import People, Person
from .values import Fields, Value, sql_moment
from .wire import Draft, Json

_SEED = 20_000_101
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Vendor:
    code: str
    name: str
    terms: str
    goods: tuple[str, ...]
    currency: str = "USD"
    method: str = "ACH"
    dispatch: str = ""  # what an approved order waits for: print, email, or nothing


_VENDORS = (
    _Vendor(
        "V000000021",
        "Northgate Fasteners",
        "30D",
        ("Hex bolts M8 zinc, box of 500", "Flat washers M8, box of 1000", "Lock nuts M8"),
    ),
    _Vendor("V000000022", "Halden Freight Lines", "14D", ("Line haul Denver–Reno", "Fuel charge")),
    _Vendor(
        "V000000023",
        "Brightwater Chemicals",
        "30D",
        ("Degreaser concentrate, 200 l drum", "Isopropyl alcohol 99 %, 25 l"),
        dispatch="email",
    ),
    _Vendor("V000000024", "Tallgrass Pallet Works", "30D", ("Pallets 48×40, heat treated",)),
    _Vendor(
        "V000000025",
        "Kestrel Industrial Supply",
        "45D",
        ("Pallet racking, bay 3.6 m", "Beam protectors", "Installation on site"),
        method="CHECK",
    ),
    _Vendor(
        "V000000026",
        "Lindenau Kugellager GmbH",
        "30D",
        ("Deep groove ball bearings 6204", "Needle bearings HK2020"),
        currency="EUR",
    ),
    _Vendor(
        "V000000027",
        "Copperline Electric",
        "30D",
        ("Switchboard upgrade, hall 2", "LED high-bay lights"),
        method="CHECK",
    ),
    _Vendor("V000000028", "Sable Creek Lumber", "14D", ("Dunnage lumber 4×4",), dispatch="print"),
    _Vendor("V000000029", "Fenwick Safety Gear", "7D", ("Nitrile gloves, case", "Safety glasses")),
    _Vendor(
        "ACMEPAPER",
        "Acme Paper & Packaging",
        "2%10N30",
        ("Corrugated boxes 12×12×12", "Kraft paper rolls", "Stretch film"),
    ),
    _Vendor("BLUEHERON", "Blue Heron Logistics", "14D", ("Cross-docking", "Storage, per pallet")),
    _Vendor("MERIDIAN", "Meridian Tool & Die", "60D", ("Progressive die A-114", "Die tryout")),
)


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


def masters(people: People, options: SandboxOptions) -> Iterator[Record]:
    """Employees, vendors and the vendors' contacts: there also when the book starts empty."""
    guid, stamp = _guids(_SEED), _stamp(options, 24 * 45)
    yield from (_employee(person, next(guid), stamp) for person in people.all)
    for number, vendor in enumerate(_VENDORS, start=101):
        yield _vendor(vendor, next(guid), stamp)
        yield _contact(vendor, number, next(guid), stamp)


def sample_documents(
    known: Iterable[Record], people: People, options: SandboxOptions
) -> list[Record]:
    """The sample documents, each in its state and with a believable past."""
    book, guid = Book(), _guids(_SEED + 1)
    for record in known:
        book.put(record)
    documents = []
    for row in (*_ORDERS, *_BILLS, *_CHECKS, *_PAYMENTS):
        record = _document(row, Desk(book, people, options.day()), next(guid), options)
        book.put(record)
        documents.append(record)
    return documents


def suggest_bill(book: Book, people: People, chance: random.Random) -> Json:
    """A believable new EAST bill on hold from one of Ben's orders, as a ready request."""
    buyer = people.find("ben")
    owner = buyer.employee_id if buyer else ""
    orders = [o for o in book.all("PurchaseOrder") if _fits(o, owner)]
    order = chance.choice(orders) if orders else None
    vendor = _vendor_of(order) or chance.choice([v for v in _VENDORS if v.currency == "USD"])
    amount = Decimal(chance.randrange(24_000, 1_200_000)) / 100
    goods = chance.sample(vendor.goods, k=min(len(vendor.goods), chance.randint(1, 3)))
    details: dict[str, Value] = {"Branch": "EAST"}
    if order:
        details |= {"POOrderType": "Normal", "POOrderNbr": order.keys["OrderNbr"], "POLine": 1}
    return {
        "entity": "Bill",
        "keys": {"Type": "Bill"},
        "set": {
            "Vendor": vendor.code,
            "VendorRef": f"INV-{chance.randrange(10_000, 99_999)}",
            "Description": goods[0],
            "Amount": amount,
            "BranchID": "EAST",
            "CurrentDocument.EmployeeID": owner,
            "Details": [{**line, **details} for line in _bill_lines(goods, amount, chance)],
        },
        "by": "dev",
    }


def _fits(order: Record, owner: str) -> bool:
    return (
        order.fields.get("Owner") == owner
        and order.fields.get("CurrencyID") == "USD"
        and order.status in ("Open", "Completed")
    )


def _vendor_of(order: Record | None) -> _Vendor | None:
    code = order.fields.get("VendorID") if order else None
    return next((v for v in _VENDORS if v.code == code), None)


def _document(row: _Row, desk: Desk, guid: str, options: SandboxOptions) -> Record:
    person = desk.people.find(row.owner)
    owner, branch = (person.employee_id, person.branch) if person else ("", "EAST")
    entity, amount = ENTITIES[row.entity], Decimal(row.amount).quantize(Decimal("0.0001"))
    stamp = _stamp(options, row.hours)
    typed: dict[str, Value] = {
        entity.keys[1]: entity.number.format(row.number),
        entity.party: row.party,
        entity.amount: amount,
        **_dates(row, stamp, options),
        **_texts(row, branch),
    }
    fields = {name: value for name, value in typed.items() if name in entity.fields}
    draft = Draft(fields=fields, lists=_lists(row, amount, options), hidden={"Owner": owner})
    record = new_record(desk, entity, draft, id=guid, by="dev")
    placed = _placed(record, row.status).with_fields(LastModifiedDateTime=stamp)
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
    vendor = next((v for v in _VENDORS if v.code == row.party), None)
    return {
        "Description": vendor.goods[0] if vendor else "Customer payment",
        "BranchID": branch,
        "Branch": branch,
        "VendorRef": row.ref or None,
        "ExternalRef": row.ref or None,
        "PaymentRef": row.ref or f"{1000 + row.number}",
    }


def _lists(
    row: _Row, amount: Decimal, options: SandboxOptions
) -> dict[str, list[dict[str, Value]]]:
    chance = random.Random(_SEED + row.number)  # noqa: S311  sample data, no secret
    vendor = next((v for v in _VENDORS if v.code == row.party), None)
    if row.entity == "PurchaseOrder" and vendor:
        return {"Details": _order_lines(row, vendor.goods, amount, options.day())}
    if row.entity == "Bill" and vendor:
        lines = _bill_lines(vendor.goods, amount, chance)
        order: dict[str, Value] = {
            "POOrderType": "Normal",
            "POOrderNbr": f"PO{row.order:06d}",
            "POLine": 1,
        }
        return {"Details": [{**line, **(order if row.order else {})} for line in lines]}
    if row.entity == "Check" and row.pays:
        paid: dict[str, Value] = {
            "DocType": "Bill",
            "ReferenceNbr": f"{row.pays:06d}",
            "AmountPaid": amount,
        }
        return {"Details": [paid]}
    return {}


def _bill_lines(
    goods: Sequence[str], amount: Decimal, chance: random.Random
) -> list[dict[str, Value]]:
    lines = list[dict[str, Value]]()
    for number, (text, share) in enumerate(zip(goods, _shares(amount, len(goods)), strict=True)):
        quantity = Decimal(chance.choice((1, 2, 4, 5, 10, 20)))
        line: dict[str, Value] = {
            "InventoryID": f"A{1001 + number * 7}",
            "TransactionDescription": text,
            "Qty": quantity,
            "UOM": "EA",
            "UnitCost": (share / quantity).quantize(Decimal("0.0001")),
            "ExtendedCost": share,
            "Amount": share,
            "Account": "60100",
            "Subaccount": "000-000",
        }
        lines.append(line)
    return lines


def _order_lines(
    row: _Row, goods: Sequence[str], amount: Decimal, day: date
) -> list[dict[str, Value]]:
    done = row.status == "Completed"
    lines = list[dict[str, Value]]()
    for number, (text, share) in enumerate(zip(goods, _shares(amount, len(goods)), strict=True), 1):
        line: dict[str, Value] = {
            "LineNbr": number,
            "OrderType": "Normal",
            "OrderNbr": f"PO{row.number:06d}",
            "InventoryID": f"A{994 + number * 7}",
            "LineDescription": text,
            "OrderQty": Decimal("1.0000"),
            "QtyOnReceipts": Decimal("1.0000") if done else Decimal("0.0000"),
            "UOM": "EA",
            "UnitCost": share,
            "ExtendedCost": share,
            "Completed": done,
            "Promised": day + timedelta(days=14),
        }
        lines.append(line)
    return lines


def _shares(amount: Decimal, parts: int) -> list[Decimal]:
    """An amount in falling parts that add up to the cent."""
    weights = range(parts, 0, -1)
    shares = [(amount * w / sum(weights)).quantize(_CENT) for w in list(weights)[1:]]
    return [s.quantize(Decimal("0.0001")) for s in (amount - sum(shares, Decimal(0)), *shares)]


def _employee(person: Person, guid: str, stamp: datetime) -> Record:
    first, _, last = person.name.partition(" ")
    contact: Fields = {
        "DisplayName": person.name,
        "FirstName": first,
        "LastName": last,
        "Email": person.email,
        "Title": person.title,
    }
    settings: Fields = {
        "BranchID": person.branch,
        "CurrencyID": "USD",
        "DepartmentID": person.department,
        "EmployeeClass": "EMPHOURLY",
        "ReportsTo": person.reports_to,
        "TimeCardIsRequired": False,
    }
    fields: Fields = {
        "EmployeeID": person.employee_id,
        "EmployeeName": person.name,
        "Status": "Active",
        "LastModifiedDateTime": stamp,
    }
    hidden = {"Login": person.login, "Email": person.email, "Supervisor": person.reports_to or ""}
    linked = {"ContactInfo": contact, "EmployeeSettings": settings}
    return Record(entity="Employee", id=guid, fields=fields, linked=linked, hidden=hidden)


def _vendor(vendor: _Vendor, guid: str, stamp: datetime) -> Record:
    contact: Fields = {"DisplayName": vendor.name, "Email": _mail(vendor)}
    fields: Fields = {
        "VendorID": vendor.code,
        "VendorName": vendor.name,
        "LegalName": vendor.name,
        "Status": "Active",
        "VendorClass": "PRODUCT",
        "CurrencyID": vendor.currency,
        "Terms": vendor.terms,
        "PaymentMethod": vendor.method,
        "CashAccount": "10200",
        "LandedCostVendor": False,
        "PaySeparately": False,
        "CreatedDateTime": stamp,
        "LastModifiedDateTime": stamp,
    }
    linked = {"MainContact": contact, "RemittanceContact": contact}
    hidden = {"Dispatch": vendor.dispatch}
    return Record(entity="Vendor", id=guid, fields=fields, linked=linked, hidden=hidden)


def _contact(vendor: _Vendor, number: int, guid: str, stamp: datetime) -> Record:
    fields: Fields = {
        "ContactID": number,
        "DisplayName": f"Receivables, {vendor.name}",
        "LastName": "Receivables",
        "Email": _mail(vendor),
        "Status": "Active",
        "Active": True,
        "Type": "Contact",
        "BusinessAccount": vendor.code,
        "NoteID": guid,
        "LastModifiedDateTime": stamp,
    }
    return Record(entity="Contact", id=guid, fields=fields)


def _mail(vendor: _Vendor) -> str:
    letters = "".join(c for c in vendor.name.lower() if c.isascii() and c.isalpha())
    return f"receivables@{letters}.example"


def _stamp(options: SandboxOptions, hours: int) -> datetime:
    """Some hours ago, never ahead of the clock: a watermark must not lie in the future."""
    evening = datetime.combine(options.day(), time(17), UTC)
    latest = min(options.now().astimezone(UTC), evening)
    odd = timedelta(minutes=(hours * 37) % 60, seconds=(hours * 13) % 60, milliseconds=hours * 7)
    return sql_moment(latest - timedelta(hours=hours) - odd)


def _guids(seed: int) -> Iterator[str]:
    chance = random.Random(seed)  # noqa: S311  sample data, no secret
    return (str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in count())
