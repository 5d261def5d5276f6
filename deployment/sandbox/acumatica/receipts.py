"""What the sample warehouse received against the sample orders: receipts, and the orders' counts.

One order was received in part and billed in full, so that matching has something to find.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from .book import Record
from .values import Fields, Value, line_sum

TYPE = "Receipt"
_NONE = Decimal("0.0000")
# Order number → receipt number; what is not here has not arrived.
_RECEIPTS = {"PO000113": "000301", "PO000122": "000302", "PO000116": "000303"}
_IN_PART = frozenset({"PO000116"})


def received(order: str, quantity: Decimal) -> Decimal:
    """How much of a line of an order has arrived."""
    if order not in _RECEIPTS:
        return _NONE
    return quantity // 2 if order in _IN_PART and quantity > 1 else quantity


def receipt_of(order: str, line: int) -> dict[str, Value]:
    """How a bill's line names the receipt it belongs to."""
    if order not in _RECEIPTS:
        return {}
    return {"POReceiptType": TYPE, "POReceiptNbr": _RECEIPTS[order], "POReceiptLine": line}


def sample_receipts(orders: Iterable[Record], guid: Iterator[str]) -> list[Record]:
    """A released receipt for every order that something arrived of."""
    known = [order for order in orders if order.keys.get("OrderNbr") in _RECEIPTS]
    return [_receipt(order, next(guid)) for order in known]


def _receipt(order: Record, guid: str) -> Record:
    fields, number = order.fields, _RECEIPTS[order.keys["OrderNbr"]]
    lines = tuple(_line(order, line, number) for line in order.lists["Details"])
    quantity = line_sum(lines, "ReceiptQty")
    values: dict[str, Value] = {
        "Type": TYPE,
        "ReceiptNbr": number,
        "Status": "Released",
        "Hold": False,
        "CreateBill": False,
        "ProcessReturnWithOriginalCost": False,
        "BaseCurrencyID": "USD",
        "CurrencyID": fields["CurrencyID"],
        "VendorID": fields["VendorID"],
        "Location": fields.get("Location"),
        "Branch": fields.get("Branch"),
        "Date": fields["Date"],
        "PostPeriod": fields.get("PostPeriod"),
        "Warehouse": "MAIN",
        "ControlQty": quantity,
        "TotalQty": quantity,
        "UnbilledQuantity": _NONE,
        "TotalCost": line_sum(lines, "ExtendedCost"),
        "LastModifiedDateTime": fields["LastModifiedDateTime"],
    }
    hidden = {"CreatedBy": "grace", "LastModifiedBy": "grace"}
    return Record("PurchaseReceipt", guid, values, lists={"Details": lines}, hidden=hidden)


def _line(order: Record, line: Fields, number: str) -> Fields:
    return {
        "LineNbr": line["LineNbr"],
        "LineType": "Goods for IN",
        "InventoryID": line["InventoryID"],
        "TransactionDescription": line["LineDescription"],
        "POOrderType": order.keys["Type"],
        "POOrderNbr": order.keys["OrderNbr"],
        "POLineNbr": line["LineNbr"],
        "POReceiptNbr": number,
        "POReceiptLineNbr": line["LineNbr"],
        "OrderedQty": line["OrderQty"],
        "ReceiptQty": line["QtyOnReceipts"],
        "OpenQty": _NONE,
        "UOM": line["UOM"],
        "UnitCost": line["UnitCost"],
        "ExtendedCost": line["ReceivedAmount"],
        "Warehouse": "MAIN",
    }
