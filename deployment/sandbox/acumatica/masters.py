"""The master records of Acme Supply: invented vendors, and employees from `people.json`."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import count
from zlib import crc32

from .book import Record
from .options import SandboxOptions
from .people import People, Person
from .values import Fields, sql_moment

SEED = 20_000_101


@dataclass(frozen=True, slots=True)
class Vendor:
    """An invented company and what it sells."""

    code: str
    name: str
    terms: str
    goods: tuple[str, ...]
    currency: str = "USD"
    method: str = "ACH"
    dispatch: str = ""  # what an approved order waits for: print, email, or nothing


VENDORS = (
    Vendor(
        "V000000021",
        "Northgate Fasteners",
        "30D",
        ("Hex bolts M8 zinc, box of 500", "Flat washers M8, box of 1000", "Lock nuts M8"),
    ),
    Vendor("V000000022", "Halden Freight Lines", "14D", ("Line haul Denver–Reno", "Fuel charge")),
    Vendor(
        "V000000023",
        "Brightwater Chemicals",
        "30D",
        ("Degreaser concentrate, 200 l drum", "Isopropyl alcohol 99 %, 25 l"),
        dispatch="email",
    ),
    Vendor("V000000024", "Tallgrass Pallet Works", "30D", ("Pallets 48×40, heat treated",)),
    Vendor(
        "V000000025",
        "Kestrel Industrial Supply",
        "45D",
        ("Pallet racking, bay 3.6 m", "Beam protectors", "Installation on site"),
        method="CHECK",
    ),
    Vendor(
        "V000000026",
        "Lindenau Kugellager GmbH",
        "30D",
        ("Deep groove ball bearings 6204", "Needle bearings HK2020"),
        currency="EUR",
    ),
    Vendor(
        "V000000027",
        "Copperline Electric",
        "30D",
        ("Switchboard upgrade, hall 2", "LED high-bay lights"),
        method="CHECK",
    ),
    Vendor("V000000028", "Sable Creek Lumber", "14D", ("Dunnage lumber 4×4",), dispatch="print"),
    Vendor("V000000029", "Fenwick Safety Gear", "7D", ("Nitrile gloves, case", "Safety glasses")),
    Vendor(
        "ACMEPAPER",
        "Acme Paper & Packaging",
        "2%10N30",
        ("Corrugated boxes 12×12×12", "Kraft paper rolls", "Stretch film"),
    ),
    Vendor("BLUEHERON", "Blue Heron Logistics", "14D", ("Cross-docking", "Storage, per pallet")),
    Vendor("MERIDIAN", "Meridian Tool & Die", "60D", ("Progressive die A-114", "Die tryout")),
)


def masters(people: People, options: SandboxOptions) -> Iterator[Record]:
    """Employees, vendors and the vendors' contacts: there also when the book starts empty."""
    guid, stamp = guids(SEED), hours_ago(options, 24 * 45)
    yield from (_employee(person, next(guid), stamp) for person in people.all)
    for number, vendor in enumerate(VENDORS, start=101):
        yield _vendor(vendor, next(guid), stamp)
        yield _contact(vendor, number, next(guid), stamp)


def vendor_of(code: object) -> Vendor | None:
    """The company behind a vendor code."""
    return next((v for v in VENDORS if v.code == code), None)


def hours_ago(options: SandboxOptions, hours: int) -> datetime:
    """Some hours ago, never ahead of the clock: a watermark must not lie in the future."""
    evening = datetime.combine(options.day(), time(17), UTC)
    latest = min(options.now().astimezone(UTC), evening)
    odd = timedelta(minutes=(hours * 37) % 60, seconds=(hours * 13) % 60, milliseconds=hours * 7)
    return sql_moment(latest - timedelta(hours=hours) - odd)


def guids(seed: int) -> Iterator[str]:
    """Ids that are the same at every start."""
    chance = random.Random(seed)  # noqa: S311  sample data, no secret
    return (str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in count())


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
    hidden["UserID"] = next(guids(crc32(person.login.encode())))
    linked = {"ContactInfo": contact, "EmployeeSettings": settings}
    lists = {"Delegates": _delegates(person, stamp)}
    return Record("Employee", guid, fields, lists=lists, linked=linked, hidden=hidden)


def _delegates(person: Person, stamp: datetime) -> tuple[Fields, ...]:
    """The one without a supervisor was away once, and somebody approved meanwhile."""
    if person.reports_to:
        return ()
    away: Fields = {
        "Delegate": "EP00000005",
        "EmployeeName": "Erin Walsh",
        "DelegationOf": "Approvals",
        "StartsOn": stamp.date() - timedelta(days=20),
        "ExpiresOn": stamp.date() - timedelta(days=10),
        "IsActive": False,
    }
    return (away,)


def _vendor(vendor: Vendor, guid: str, stamp: datetime) -> Record:
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
    lists = {"PaymentInstructions": _instructions(vendor)}
    return Record("Vendor", guid, fields, lists=lists, linked=linked, hidden=hidden)


def _instructions(vendor: Vendor) -> tuple[Fields, ...]:
    """Where the money goes; who pays by check needs no account. Numbers are invented."""
    if vendor.method != "ACH":
        return ()
    account = f"{crc32(vendor.code.encode()) % 10**9:09d}"
    values = (("Bank account", account), ("Bank routing number", "091000019"))
    return tuple(
        {
            "PaymentMethod": vendor.method,
            "PaymentInstructionsID": str(number),
            "Description": description,
            "Value": value,
        }
        for number, (description, value) in enumerate(values, start=1)
    )


def _contact(vendor: Vendor, number: int, guid: str, stamp: datetime) -> Record:
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


def _mail(vendor: Vendor) -> str:
    letters = "".join(c for c in vendor.name.lower() if c.isascii() and c.isalpha())
    return f"receivables@{letters}.example"
