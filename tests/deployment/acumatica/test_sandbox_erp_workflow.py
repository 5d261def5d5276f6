"""The states and moves of the four documents, as plain values."""

from decimal import Decimal

import pytest

from deployment.sandbox.acumatica import workflow
from deployment.sandbox.acumatica.book import Record


def record(entity: str, status: str, amount: int = 100, **fields: object) -> Record:
    values = {"Status": status, "Hold": status == "On Hold", **fields}
    bare = Record(entity, "id", values)  # type: ignore[arg-type]
    rests = {"Bill": "Balance", "Check": "UnappliedBalance", "Payment": "AvailableBalance"}
    rest = rests.get(entity, "Nothing")
    money = {bare.shape.amount: Decimal(amount), rest: Decimal(amount)}
    return bare.with_fields(**money)


@pytest.mark.parametrize("entity", ["Bill", "PurchaseOrder", "Check", "Payment"])
def test_every_move_ends_in_a_state_the_screen_knows(entity: str) -> None:
    known = workflow.STATUSES[entity]

    for status in known:
        for action in workflow.actions_of(record(entity, status)):
            assert workflow.run(record(entity, status), action).status in known


@pytest.mark.parametrize(
    ("entity", "amount", "approver"),
    [
        ("Bill", 24_999, ""),
        ("Bill", 25_000, "EP00000005"),
        ("PurchaseOrder", 19_999, ""),
        ("PurchaseOrder", 20_000, "EP00000006"),
        ("Check", 49_999, ""),
        ("Check", 50_000, "EP00000005"),
        ("Payment", 90_000, ""),
    ],
)
def test_approval_map_looks_at_the_amount(entity: str, amount: int, approver: str) -> None:
    after = workflow.run(record(entity, "On Hold", amount), "ReleaseFromHold")

    assert after.hidden.get("Approver", "") == approver
    assert (after.status == "Pending Approval") == bool(approver)


def test_approved_order_waits_for_print_or_mail_when_its_vendor_wants_it() -> None:
    order = record("PurchaseOrder", "Pending Approval")

    approved = {
        way: workflow.run(order.with_hidden(Dispatch=way), "Approve").status
        for way in ("print", "email", "")
    }

    assert approved == {"print": "Pending Printing", "email": "Pending Email", "": "Open"}


def test_check_is_printed_before_release_only_when_its_method_prints() -> None:
    printed = workflow.run(record("Check", "On Hold", PaymentMethod="CHECK"), "ReleaseFromHold")
    wired = workflow.run(record("Check", "On Hold", PaymentMethod="ACH"), "ReleaseFromHold")

    assert (printed.status, wired.status) == ("Pending Print", "Balanced")


def test_path_leads_through_approval_and_back_to_hold() -> None:
    bill = record("Bill", "On Hold", 30_000)

    assert workflow.path(bill, "Closed") == ["ReleaseFromHold", "Approve", "Release", "Pay"]
    assert workflow.path(record("Bill", "Closed"), "On Hold") is None
    assert workflow.path(bill, "On Hold") == []


@pytest.mark.parametrize("entity", ["Bill", "PurchaseOrder", "Check", "Payment"])
def test_every_state_of_a_screen_can_be_reached_by_some_document(entity: str) -> None:
    ways = ("print", "email", "")
    documents = [
        record(entity, "On Hold", 90_000, Type="Refund", PaymentMethod="CHECK").with_hidden(
            Dispatch=way
        )
        for way in ways
    ] + [record(entity, "On Hold", 1)]

    assert {s for d in documents for s in workflow.reachable(d)} == set(workflow.STATUSES[entity])


def test_every_refund_needs_an_approval_and_other_payments_none() -> None:
    refund = workflow.run(record("Payment", "On Hold", 1, Type="Refund"), "ReleaseFromHold")
    payment = workflow.run(record("Payment", "On Hold", 1, Type="Payment"), "ReleaseFromHold")

    assert (refund.status, payment.status) == ("Pending Approval", "Balanced")


@pytest.mark.parametrize("kind", ["Voided Payment", "Voided Refund"])
def test_a_void_is_final(kind: str) -> None:
    assert workflow.actions_of(record("Check", "Closed", Type=kind)) == []


def test_action_from_a_wrong_state_says_so() -> None:
    with pytest.raises(workflow.NotAllowed, match="while the document is On Hold"):
        workflow.run(record("Bill", "On Hold"), "Release")
