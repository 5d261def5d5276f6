"""Documents that an action makes beside the one it is run on: voids, reversals, retainage. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from . import approvals, workflow
from .book import Record
from .values import Fields, Lines
from .workflow import RELEASE_RETAINAGE, REVERSE, VOID, NotAllowed

_REVERSED = {"Bill": "Debit Adj.", "Credit Adj.": "Debit Adj.", "Debit Adj.": "Credit Adj."}
_MONEY = ("PaymentAmount", "UnappliedBalance", "AvailableBalance", "AppliedToDocuments")


def makes(record: Record, action: str) -> bool:
    """Whether the action makes a document at all."""
    return (record.entity, action) in _MAKERS


def offspring(
    record: Record, action: str, *, id: str, number: str, amount: Decimal | None = None
) -> Record:
    """The document *action* makes, with *number* unless it keeps its own; or NotAllowed."""
    made = _MAKERS[record.entity, action](record, amount)
    own_number = made.keys[made.shape.keys[-1]] or number
    fresh = replace(made, id=id).with_fields(**{made.shape.keys[-1]: own_number})
    return fresh.with_fields(LastModifiedDateTime=None)


def _voiding(record: Record, _: Decimal | None) -> Record:
    """The void has the number of what it voids, a type of its own, and takes the money back."""
    kind = "Voided Refund" if record.fields.get("Type") == "Refund" else "Voided Payment"
    money = {name: -record.amount(name) for name in _MONEY if name in record.shape.fields}
    return _bare(record).with_fields(Type=kind, Status="Closed", Hold=False, **money)


def _reversing(record: Record, _: Decimal | None) -> Record:
    """A reversal is entered like any document: on hold, with the lines of what it reverses."""
    kind = _REVERSED.get(str(record.fields.get("Type")))
    if kind is None:
        raise NotAllowed(f"A document of type {record.fields.get('Type')} cannot be reversed.")
    lines = record.lists.get("Details", ())
    return workflow.born(_entered(record, record.amount(), lines).with_fields(Type=kind))


def _retained(record: Record, amount: Decimal | None) -> Record:
    """A bill over what was kept back so far; the request says how much."""
    if amount is None or not 0 < amount <= record.amount():
        raise NotAllowed("The amount to release must be greater than zero.")
    line: Fields = {
        "TransactionDescription": "Retainage",
        "Qty": Decimal("1.0000"),
        **dict.fromkeys(("UnitCost", "ExtendedCost", "Amount"), amount),
    }
    return workflow.born(_entered(record, amount, (line,)))


def _entered(record: Record, amount: Decimal, lines: Lines) -> Record:
    held = replace(_bare(record), lists={"Details": lines})
    return held.with_fields(ReferenceNbr="", Hold=True, Amount=amount, Balance=amount)


def _bare(record: Record) -> Record:
    kept = {name: rows for name, rows in record.lists.items() if name != approvals.LIST}
    return replace(record, lists=kept).with_hidden(Approver="", ApprovedBy="", Reason="")


_MAKERS: Mapping[tuple[str, str], Callable[[Record, Decimal | None], Record]] = {
    ("Check", VOID): _voiding,
    ("Payment", VOID): _voiding,
    ("Bill", REVERSE): _reversing,
    ("Bill", RELEASE_RETAINAGE): _retained,
}
