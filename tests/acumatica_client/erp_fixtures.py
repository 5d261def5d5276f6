"""The recorded-looking answers under `tests/fixtures/acumatica`, each with what is true of it."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from acumatica_client.answers import read_document
from acumatica_client.entities import ENTITIES, Entity
from acumatica_client.errors import (
    ErpBusy,
    ErpError,
    ErpFailed,
    ErpForbidden,
    ErpRejected,
)
from acumatica_client.models import CallClass, Document, DocumentKey
from acumatica_client.transport import Reply

ROOT = Path(__file__).parent.parent / "fixtures" / "acumatica"
JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class DocumentCase:
    """What a document's body says."""

    key: str
    status: str
    hold: bool
    amount: str
    lines: int


@dataclass(frozen=True)
class ErrorCase:
    """What an error's body is, for a read and for a write."""

    read: type[ErpError] | None
    call: CallClass
    words: str


@dataclass(frozen=True)
class PushCase:
    """Which documents a notification speaks of."""

    documents: tuple[str, ...]
    order: int
    unreadable: int = 0


DOCUMENTS = {
    "bill/on_hold": DocumentCase("Bill/Bill/000159", "On Hold", True, "1250.0000", 1),
    "bill/pending_approval": DocumentCase(
        "Bill/Bill/000152", "Pending Approval", False, "26750.0000", 2
    ),
    "bill/balanced": DocumentCase("Bill/Bill/000150", "Balanced", False, "1275.0000", 2),
    "bill/open": DocumentCase("Bill/Bill/000147", "Open", False, "3105.7500", 1),
    "bill/closed": DocumentCase("Bill/Bill/000146", "Closed", False, "980.5000", 0),
    "purchase_order/pending_approval": DocumentCase(
        "PurchaseOrder/Normal/PO000119", "Pending Approval", False, "27300.0000", 2
    ),
    "purchase_order/open": DocumentCase(
        "PurchaseOrder/Normal/PO000114", "Open", False, "1912.4000", 1
    ),
    "check/released": DocumentCase("Check/Payment/000010", "Closed", False, "3105.7500", 1),
    "payment/released": DocumentCase("Payment/Payment/000002", "Open", False, "15300.0000", 0),
}
ERRORS = {
    "errors/not_found_500": ErrorCase(
        None, CallClass.REFUSED_IN_DOUBT, "No entity satisfies the condition."
    ),
    "errors/wrong_password": ErrorCase(
        ErpFailed, CallClass.REFUSED_IN_DOUBT, "Error: Invalid credentials. Please try again."
    ),
    "errors/operation_failed": ErrorCase(ErpFailed, CallClass.REFUSED_IN_DOUBT, "Operation failed"),
    "errors/login_limit": ErrorCase(
        ErpBusy,
        CallClass.TURNED_AWAY,
        "The number of concurrent API logins has been reached. Please try again later.",
    ),
    "errors/insufficient_rights_403": ErrorCase(
        ErpForbidden,
        CallClass.REFUSED,
        "You have insufficient rights to access the Bills and Adjustments (AP301000) form.",
    ),
    "errors/validation_422": ErrorCase(
        ErpRejected,
        CallClass.REFUSED,
        "Updating 'AP Transactions' record raised at least one error. Please review the errors.; "
        "Terms: 'Terms' cannot be found in the system.; "
        "Details[1].Account: The account is inactive.",
    ),
}
PUSHES = {
    "push/bill_taken_off_hold": PushCase(("Bill/Bill/000159",), 638982882884030000),
    "push/bill_left_inquiry": PushCase(("Bill/Bill/000152",), 638982888000000000),
    "push/bills_released_together": PushCase(
        ("Bill/Bill/000149", "Bill/Bill/000150"), 638982900000130000, unreadable=1
    ),
    "push/purchase_order_entered": PushCase(("PurchaseOrder/Normal/PO000119",), 638982090884070000),
}


def names() -> set[str]:
    """Every case there is a file for, headers included, as `folder/case`."""
    files = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file()}
    return {name.removesuffix(".json").removesuffix(".headers") for name in files}


def body(name: str) -> bytes:
    return (ROOT / f"{name}.json").read_bytes()


def reply(name: str) -> Reply:
    """The case as the answer it was."""
    beside = ROOT / f"{name}.headers.json"
    headers = json.loads(beside.read_text()) if beside.exists() else {"content-type": JSON_TYPE}
    return Reply(int(headers.pop(":status", "200")), headers, body(name))


def entity_of(key: str) -> Entity:
    return ENTITIES[DocumentKey.parse(key).entity]


def document(name: str) -> Document:
    """The case as the document it tells of."""
    found = read_document(entity_of(DOCUMENTS[name].key), reply(name))
    assert found is not None
    return found


def json_reply(status: int, data: object, **headers: str) -> Reply:
    text = json.dumps(data, default=_number)
    return Reply(status, {"content-type": JSON_TYPE, **headers}, text.encode())


def page_reply(status: int, text: str = "<h1>Site maintenance</h1>", **headers: str) -> Reply:
    return Reply(status, {"content-type": "text/html", **headers}, text.encode())


def _number(value: object) -> float:
    assert isinstance(value, Decimal)
    return float(value)
