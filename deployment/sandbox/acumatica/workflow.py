"""The states of the four documents and the moves between them, as the screens' workflows have them.

Pure: a move takes a record and gives the record after it. Who may make it and what it causes
outside the record is decided elsewhere.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from . import approvals
from .book import Record

APPROVE, REJECT, RELEASE = "Approve", "Reject", "Release"
HOLD, REMOVE_HOLD = "PutOnHold", "ReleaseFromHold"
VOID, REVERSE, RELEASE_RETAINAGE = "VoidCheck", "ReverseInvoice", "ReleaseRetainageAmount"
LONG = frozenset({RELEASE, RELEASE_RETAINAGE})  # what the ERP answers with a long operation
PENDING = "Pending Approval"
ON_HOLD = "On Hold"

BILL_LIMIT, BILL_APPROVER = Decimal(25_000), "EP00000005"
CHECK_LIMIT = Decimal(50_000)
ORDER_LIMIT, ORDER_APPROVER = Decimal(20_000), "EP00000006"
# The approval maps: from which amount on whose approval is a step; steps are taken in this order.
MAPS: Mapping[str, tuple[tuple[Decimal, str], ...]] = {
    "Bill": ((BILL_LIMIT, BILL_APPROVER), (Decimal(50_000), "EP00000006")),
    "PurchaseOrder": ((ORDER_LIMIT, ORDER_APPROVER),),
    "Check": ((CHECK_LIMIT, BILL_APPROVER),),
    "Payment": ((Decimal(0), BILL_APPROVER),),
}
_MAPPED_TYPES: Mapping[str, tuple[str, ...]] = {"Payment": ("Refund",)}  # the others: every type

STATUSES: Mapping[str, tuple[str, ...]] = {
    "Bill": (
        *("On Hold", "Pending Approval", "Rejected", "Balanced", "Pre-Released", "Scheduled"),
        *("Open", "Closed", "Voided", "Reserved", "Under Reclassification"),
    ),
    "PurchaseOrder": (
        *("On Hold", "Pending Approval", "Rejected", "Pending Printing", "Pending Email", "Open"),
        *("Awaiting Link", "Completed", "Closed", "Canceled"),
    ),
    "Check": (
        *("On Hold", "Pending Approval", "Rejected", "Pending Print", "Printed", "Balanced"),
        *("Open", "Closed", "Reserved", "Voided"),
    ),
    "Payment": (
        *("On Hold", "Pending Approval", "Rejected", "Pending Processing", "Balanced", "Open"),
        *("Closed", "Reserved", "Voided"),
    ),
}
EDITABLE: Mapping[str, frozenset[str]] = {
    "Bill": frozenset({"On Hold", "Balanced"}),
    "PurchaseOrder": frozenset({"On Hold"}),
    "Check": frozenset({"On Hold", "Balanced", "Pending Print"}),
    "Payment": frozenset({"On Hold", "Balanced"}),
    "PurchaseReceipt": frozenset(),
}
RELEASED = frozenset({"Open", "Closed", "Reserved", "Voided", "Completed", "Canceled"})


class NotAllowed(Exception):
    """The document's state does not allow the action."""


class NotApprover(Exception):
    """Somebody who is not the assigned approver tried to decide."""


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow of the workflow: an action of the screen, from which states, and what it does."""

    action: str
    sources: frozenset[str]
    effect: Callable[[Record], Record]


def actions_of(record: Record) -> list[str]:
    """The actions the record's state allows, in the order of the screen's menu."""
    return [m.action for m in _moves(record)]


def knows(entity: str, action: str) -> bool:
    """Whether the screen of *entity* has such an action at all."""
    return any(move.action == action for move in MOVES.get(entity, ()))


def run(record: Record, action: str) -> Record:
    """The record after *action*, or NotAllowed."""
    for move in _moves(record):
        if move.action == action:
            return move.effect(record)
    raise NotAllowed(f"{action} is not possible while the document is {record.status}.")


def _moves(record: Record) -> list[Move]:
    """The arrows that lead away from where the record is; a void is final."""
    if str(record.fields.get("Type")).startswith("Voided "):
        return []
    return [move for move in MOVES.get(record.entity, ()) if record.status in move.sources]


def path(record: Record, status: str) -> list[str] | None:
    """The shortest way of actions from where the record is to *status*; None when there is none."""
    seen, ways = {_place(record)}, [(record, list[str]())]
    for here, way in ways:
        if here.status == status:
            return way
        for action in actions_of(here):
            there = run(here, action)
            if _place(there) not in seen:
                seen.add(_place(there))
                ways.append((there, [*way, action]))
    return None


def _place(record: Record) -> tuple[str, int]:
    """A state, and how far its approvals are: one approval may leave it Pending Approval."""
    return record.status, approvals.given(record)


def reachable(record: Record) -> list[str]:
    """The states the record can be brought to from where it is."""
    return [s for s in STATUSES[record.entity] if path(record, s) is not None]


def approver_of(record: Record) -> str:
    """Whom the approval map asks next; empty when nobody: approved by itself."""
    types = _MAPPED_TYPES.get(record.entity)
    if types and record.fields.get("Type") not in types:
        return ""
    steps = [who for limit, who in MAPS.get(record.entity, ()) if record.amount() >= limit]
    return next(iter(steps[approvals.given(record) :]), "")


def check_approver(record: Record, action: str, acts_for: Container[str]) -> None:
    """Approving and rejecting is for the assigned approver alone, or who acts for them."""
    if action in (APPROVE, REJECT) and record.hidden.get("Approver") not in acts_for:
        raise NotApprover("You are not an authorized approver for this document.")


def born(record: Record) -> Record:
    """A new document in its first state: on hold, or where removing hold would bring it."""
    return _held(record) if record.fields.get("Hold", True) else _unheld(record)


def _to(status: str) -> Callable[[Record], Record]:
    return lambda record: record.with_fields(Status=status)


def _unchanged(record: Record) -> Record:
    """What the action does, it does beside the record: see `offspring`."""
    return record


def _sent(how: str) -> Callable[[Record], Record]:
    return lambda record: record.with_fields(Status="Open").with_hidden(**{how: "true"})


def _held(record: Record) -> Record:
    held = record.with_fields(Status=ON_HOLD, Hold=True).with_hidden(Approver="", ApprovedBy="")
    return approvals.forgotten(held)


def _unheld(record: Record) -> Record:
    free = approvals.forgotten(record.with_fields(Hold=False))
    return _asked(free) if approver_of(free) else _done(free)


def _asked(record: Record) -> Record:
    approver = approver_of(record)
    pending = record.with_fields(Status=PENDING).with_hidden(Approver=approver)
    return approvals.asked(pending, approver)


def _approved(record: Record) -> Record:
    given = approvals.answered(record, approvals.APPROVED)
    return _asked(given) if approver_of(given) else _done(given)


def _rejected(record: Record) -> Record:
    return approvals.answered(record, approvals.REJECTED).with_fields(Status="Rejected")


def _done(record: Record) -> Record:
    done = record.with_hidden(ApprovedBy=record.hidden.get("Approver", ""))
    return done.with_fields(Status=_AFTER_APPROVAL[record.entity](record))


def _order_goes_to(record: Record) -> str:
    # Print and e-mail flags of the vendor: "approved" is not the same as "Open".
    return {"print": "Pending Printing", "email": "Pending Email"}.get(
        record.hidden.get("Dispatch", ""), "Open"
    )


def _check_goes_to(record: Record) -> str:
    return "Pending Print" if record.fields.get("PaymentMethod") == "CHECK" else "Balanced"


def _always_balanced(_: Record) -> str:
    return "Balanced"


_AFTER_APPROVAL: Mapping[str, Callable[[Record], str]] = {
    "Bill": _always_balanced,
    "PurchaseOrder": _order_goes_to,
    "Check": _check_goes_to,
    "Payment": _always_balanced,
}
# There is no status "Released": what still has a balance becomes Open, the rest Closed at once.
_OPEN_AMOUNT = {"Bill": "Balance", "Check": "UnappliedBalance", "Payment": "AvailableBalance"}


def _released(record: Record) -> Record:
    left = record.amount(_OPEN_AMOUNT[record.entity])
    return record.with_fields(Status="Open" if left else "Closed")


def _settled(record: Record) -> Record:
    field = _OPEN_AMOUNT[record.entity]
    return record.with_fields(Status="Closed", **{field: Decimal("0.0000")})


def _unsettled(record: Record) -> Record:
    field = _OPEN_AMOUNT[record.entity]
    return record.with_fields(Status="Open", **{field: record.amount()})


def _move(action: str, sources: str, effect: Callable[[Record], Record]) -> Move:
    return Move(action, frozenset(sources.split(", ")), effect)


def _common(hold_from: str) -> Iterable[Move]:
    yield _move(REMOVE_HOLD, ON_HOLD, _unheld)
    yield _move(APPROVE, PENDING, _approved)
    yield _move(REJECT, PENDING, _rejected)
    yield _move(HOLD, hold_from, _held)


_RESERVING = (_move("Reserve", "Open", _to("Reserved")), _move("Free", "Reserved", _to("Open")))
MOVES: Mapping[str, tuple[Move, ...]] = {
    "Bill": (
        *_common("Balanced, Rejected"),
        _move(RELEASE, "Balanced, Under Reclassification, Pre-Released", _released),
        _move("Prerelease", "Balanced", _to("Pre-Released")),
        _move("Pay", "Open", _settled),
        _move("VoidPayment", "Closed", _unsettled),
        _move("VoidInvoice", "Open", _to("Voided")),
        _move(REVERSE, "Open, Closed", _unchanged),
        _move(RELEASE_RETAINAGE, "Open, Closed", _unchanged),
        _move("Schedule", "Balanced", _to("Scheduled")),
        _move("Reclassify", "Balanced", _to("Under Reclassification")),
        *_RESERVING,
    ),
    "PurchaseOrder": (
        *_common(
            "Pending Approval, Rejected, Pending Printing, Pending Email, Open, Awaiting Link"
        ),
        _move("PrintOrder", "Pending Printing", _sent("Printed")),
        _move("EmailOrder", "Pending Email", _sent("Emailed")),
        _move("Receive", "Open", _to("Completed")),
        _move("ReverseReceipt", "Completed", _to("Open")),
        _move("Bill", "Completed", _to("Closed")),
        _move("UnlinkOrder", "Open", _to("Awaiting Link")),
        _move("LinkOrder", "Awaiting Link", _to("Open")),
        _move("Cancel", "On Hold, Open", _to("Canceled")),
        _move("Reopen", "Canceled, Closed", _held),
    ),
    "Check": (
        *_common("Balanced, Pending Print, Printed, Rejected"),
        _move("PrintCheck", "Pending Print", _to("Printed")),
        _move(RELEASE, "Balanced, Printed", _released),
        _move("Apply", "Open", _settled),
        _move(VOID, "Open, Closed", _to("Voided")),
        *_RESERVING,
    ),
    "Payment": (
        *_common("Balanced, Rejected"),
        _move("CaptureCCPayment", "Pending Processing", _to("Balanced")),
        _move(RELEASE, "Balanced", _released),
        _move("Apply", "Open", _settled),
        _move("Unapply", "Closed", _unsettled),
        _move(VOID, "Open, Closed", _to("Voided")),
        _move("AuthorizeCard", "Balanced", _to("Pending Processing")),
        *_RESERVING,
    ),
    "PurchaseReceipt": (_move(RELEASE, "Balanced", _to("Released")),),
}
# What the contract API offers beside the actions an endpoint declares: any action of the screen's
# graph, under its own name. Moves that are not named here are other screens' work.
_BY_NAME = frozenset({APPROVE, REJECT, REMOVE_HOLD, HOLD, RELEASE, VOID, "CaptureCCPayment"})
_BY_NAME |= {"Reopen", "Prerelease", REVERSE, "VoidInvoice", RELEASE_RETAINAGE}


def screen_actions(entity: str) -> list[str]:
    """The actions of the screen that may be called by name; any other is a 404."""
    return sorted(m.action for m in MOVES.get(entity, ()) if m.action in _BY_NAME)
