"""The four kinds of document we bring to people, as rows: names, fields, screens, status words.

Field names are those of the system endpoint `Default` 20.200.001 to 25.200.001 (contract 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acumatica_client.models import Document, DocumentKey

_OLD_SPELLINGS = {"Cancelled": "Canceled"}
"""Status labels that older builds spell otherwise."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One endpoint entity: what to read of it, what makes it the same, where to find it."""

    name: str
    number_field: str
    party_field: str
    amount_field: str
    date_field: str
    select: tuple[str, ...]
    fingerprint: tuple[str, ...]
    """Fields that say who, what, how much, when and from which account (never status or hold)."""
    screen: str
    link_fields: tuple[str, str]
    """Names of the type and number parameters in a deep link to the screen."""
    type_codes: Mapping[str, str]
    """Type label as REST says it -> the code a deep link wants."""
    status_letters: Mapping[str, str]
    """Letter -> label, for inquiries that show the letter (letters are unconfirmed)."""
    party_entity: str = ""
    types: tuple[str, ...] = ()
    """When not empty, list reads are narrowed to these types (AR payments mix in credit memos)."""
    line_select: tuple[str, ...] = ()
    line_fingerprint: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    """Fields that are days: midnight with the server's offset, which is noise."""
    custom: tuple[str, ...] = ()
    """`View.Field` names read by `$custom` because the entity does not map them."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Our words for what a company's endpoint tells beyond `Default`, and its names for them."""
    approvals: str = ""
    """Name of the list of approvals, where a company's endpoint has one."""
    approval_select: tuple[str, ...] = ()
    statuses: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "statuses", frozenset(self.status_letters.values()))

    def key(self, kind: str, number: str) -> DocumentKey:
        """Return the key of one document of this entity."""
        return DocumentKey(self.name, kind, number)

    def type_label(self, word: str) -> str:
        """Turn a type's code or label into the label REST uses; an unknown word stays."""
        word = word.strip()
        return next((label for label, code in self.type_codes.items() if code == word), word)

    def status_label(self, word: str) -> str:
        """Turn a letter or a label into the label; an unknown word stays as it is."""
        word = word.strip()
        return self.status_letters.get(word, _OLD_SPELLINGS.get(word, word))


_AP_LETTERS = {
    "H": "On Hold", "E": "Pending Approval", "R": "Rejected", "B": "Balanced",
    "K": "Pre-Released", "S": "Scheduled", "N": "Open", "C": "Closed", "V": "Voided",
    "Z": "Reserved", "X": "Under Reclassification", "P": "Printed", "G": "Pending Print",
}  # fmt: skip

BILL = Entity(
    name="Bill",
    number_field="ReferenceNbr",
    party_field="Vendor",
    party_entity="Vendor",
    amount_field="Amount",
    date_field="Date",
    select=(
        "Type", "ReferenceNbr", "Status", "Hold", "Vendor", "LocationID", "VendorRef", "CurrencyID",
        "Amount", "TaxTotal", "Balance", "Date", "DueDate", "Terms", "PostPeriod", "CashAccount",
        "BranchID", "Description", "ApprovedForPayment", "LastModifiedDateTime",
    ),
    line_select=(
        "Account", "Qty", "UnitCost", "ExtendedCost", "Amount", "InventoryID", "Description",
        "TransactionDescription", "POOrderType", "POOrderNbr", "POLine", "POReceiptType",
        "POReceiptNbr", "POReceiptLine", "UOM",
    ),
    fingerprint=(
        "Vendor", "LocationID", "VendorRef", "CurrencyID", "Amount", "TaxTotal", "Date", "DueDate",
        "Terms", "PostPeriod", "CashAccount",
    ),
    line_fingerprint=(
        "Account", "Qty", "UnitCost", "ExtendedCost", "Amount", "Description",
        "TransactionDescription",
    ),
    days=("Date", "DueDate"),
    custom=("CurrentDocument.EmployeeID",),
    words={"owner": "CurrentDocument.EmployeeID"},
    screen="AP301000",
    link_fields=("DocType", "RefNbr"),
    type_codes={
        "Bill": "INV", "Credit Adj.": "ACR", "Debit Adj.": "ADR", "Prepayment": "PPM",
        "Prepayment Invoice": "PPI",
    },
    status_letters=_AP_LETTERS,
)  # fmt: skip

PURCHASE_ORDER = Entity(
    name="PurchaseOrder",
    number_field="OrderNbr",
    party_field="VendorID",
    party_entity="Vendor",
    amount_field="OrderTotal",
    date_field="Date",
    select=(
        "Type", "OrderNbr", "Status", "Hold", "VendorID", "Location", "VendorRef", "CurrencyID",
        "OrderTotal", "TaxTotal", "Date", "PromisedOn", "Terms", "Branch", "Owner", "Description",
        "LastModifiedDateTime",
    ),
    line_select=(
        "InventoryID", "LineDescription", "Description", "OrderQty", "UnitCost", "ExtendedCost",
        "Account", "UOM",
    ),
    fingerprint=(
        "VendorID", "Location", "VendorRef", "CurrencyID", "OrderTotal", "TaxTotal", "Date",
        "PromisedOn", "Terms", "Branch",
    ),
    line_fingerprint=(
        "InventoryID", "LineDescription", "OrderQty", "UnitCost", "ExtendedCost", "Account",
    ),
    days=("Date", "PromisedOn"),
    screen="PO301000",
    link_fields=("OrderType", "OrderNbr"),
    type_codes={
        "Normal": "RO", "Drop-Ship": "DP", "Project Drop-Ship": "PD", "Blanket": "BL",
        "Standard": "SB",
    },
    status_letters={
        "H": "On Hold", "B": "Pending Approval", "V": "Rejected", "D": "Pending Printing",
        "E": "Pending Email", "N": "Open", "A": "Awaiting Link", "M": "Completed", "C": "Closed",
        "L": "Canceled",
    },
)  # fmt: skip

CHECK = Entity(
    name="Check",
    number_field="ReferenceNbr",
    party_field="Vendor",
    party_entity="Vendor",
    amount_field="PaymentAmount",
    date_field="ApplicationDate",
    select=(
        "Type", "ReferenceNbr", "Status", "Hold", "Vendor", "CurrencyID", "PaymentAmount",
        "UnappliedBalance", "ApplicationDate", "CashAccount", "PaymentMethod", "PaymentRef",
        "Description", "LastModifiedDateTime",
    ),
    line_select=("DocType", "ReferenceNbr", "AmountPaid"),
    fingerprint=(
        "Vendor", "CurrencyID", "PaymentAmount", "ApplicationDate", "CashAccount", "PaymentMethod",
        "PaymentRef",
    ),
    line_fingerprint=("DocType", "ReferenceNbr", "AmountPaid"),
    days=("ApplicationDate",),
    screen="AP302000",
    link_fields=("DocType", "RefNbr"),
    type_codes={
        "Payment": "CHK", "Check": "CHK", "Debit Adj.": "ADR", "Prepayment": "PPM",
        "Refund": "REF", "Voided Payment": "VCK", "Voided Refund": "VRF",
    },
    status_letters=_AP_LETTERS,
)  # fmt: skip

PAYMENT = Entity(
    name="Payment",
    number_field="ReferenceNbr",
    party_field="CustomerID",
    amount_field="PaymentAmount",
    date_field="ApplicationDate",
    select=(
        "Type", "ReferenceNbr", "Status", "Hold", "CustomerID", "CurrencyID", "PaymentAmount",
        "ApplicationDate", "CashAccount", "PaymentMethod", "PaymentRef", "Branch", "Description",
        "LastModifiedDateTime",
    ),
    fingerprint=(
        "CustomerID", "CurrencyID", "PaymentAmount", "ApplicationDate", "CashAccount",
        "PaymentMethod", "PaymentRef",
    ),
    types=("Payment", "Prepayment", "Refund"),
    days=("ApplicationDate",),
    screen="AR302000",
    link_fields=("DocType", "RefNbr"),
    type_codes={
        "Payment": "PMT", "Prepayment": "PPM", "Credit Memo": "CRM", "Voided Payment": "RPM",
        "Refund": "REF", "Voided Refund": "VRF",
    },
    status_letters={
        "H": "On Hold", "D": "Pending Approval", "J": "Rejected", "W": "Pending Processing",
        "B": "Balanced", "N": "Open", "C": "Closed", "Z": "Reserved", "V": "Voided",
    },
)  # fmt: skip

ENTITIES: Mapping[str, Entity] = {
    entity.name: entity for entity in (BILL, PURCHASE_ORDER, CHECK, PAYMENT)
}


OWNER, WORKGROUP, CREATOR, EDITOR = "owner", "workgroup", "created_by", "modified_by"
"""Our words for what each company's ERP tells of a document under names of its own (`extras`)."""


def owner_of(document: Document) -> str:
    """Return the document's owner as the ERP tells it, empty where it tells none."""
    names = (OWNER, "CurrentDocument.EmployeeID", "Owner")
    return next(filter(None, map(document.text, names)), "")


def entity_of(document: Document) -> Entity:
    """Return the row of the table that describes *document*."""
    return ENTITIES[document.key.entity]
