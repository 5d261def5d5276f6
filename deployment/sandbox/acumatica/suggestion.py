"""A believable new bill for the page's button, and how sample bills get their lines."""

import random
from collections.abc import Sequence
from decimal import Decimal

from .book import Book, Record
from .masters import VENDORS, vendor_of
from .people import People
from .values import Value
from .wire import Json

_CENT = Decimal("0.01")


def suggest_bill(book: Book, people: People, chance: random.Random) -> Json:
    """A believable new EAST bill on hold from one of Ben's orders, as a ready request."""
    buyer = people.find("ben")
    owner = buyer.employee_id if buyer else ""
    orders = [o for o in book.all("PurchaseOrder") if _fits(o, owner)]
    order = chance.choice(orders) if orders else None
    vendor = vendor_of(order and order.fields.get("VendorID")) or chance.choice(
        [v for v in VENDORS if v.currency == "USD"]
    )
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
            "Details": [{**line, **details} for line in bill_lines(goods, amount, chance)],
        },
        "by": "dev",
    }


def _fits(order: Record, owner: str) -> bool:
    return (
        order.fields.get("Owner") == owner
        and order.fields.get("CurrencyID") == "USD"
        and order.status in ("Open", "Completed")
    )


def bill_lines(
    goods: Sequence[str], amount: Decimal, chance: random.Random
) -> list[dict[str, Value]]:
    """Lines of a bill that add up to its amount."""
    lines = list[dict[str, Value]]()
    for number, (text, share) in enumerate(zip(goods, shares_of(amount, len(goods)), strict=True)):
        quantity = Decimal(chance.choice((1, 2, 4, 5, 10, 20)))
        if share % (quantity * _CENT):  # quantity times a price in cents would miss the amount
            quantity = Decimal(1)
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


def shares_of(amount: Decimal, parts: int) -> list[Decimal]:
    """An amount in falling parts that add up to the cent."""
    weights = range(parts, 0, -1)
    shares = [(amount * w / sum(weights)).quantize(_CENT) for w in list(weights)[1:]]
    return [s.quantize(Decimal("0.0001")) for s in (amount - sum(shares, Decimal(0)), *shares)]
