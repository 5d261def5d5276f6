"""The sample book: complete, believable, and looking like today."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from deployment.sandbox.acumatica import SandboxOptions, serve
from deployment.sandbox.acumatica.masters import masters
from deployment.sandbox.acumatica.people import read_people
from deployment.sandbox.acumatica.sample import sample_documents
from deployment.sandbox.acumatica.values import line_sum


def book(day: date, at: datetime) -> list[Any]:
    options = SandboxOptions(password="p", today=day, now=lambda: at)
    known = list(masters(read_people(), options))
    return [*known, *sample_documents(known, read_people(), options)]


NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def test_sample_is_the_same_for_the_same_day() -> None:
    assert book(NOW.date(), NOW) == book(NOW.date(), NOW)


def test_sample_has_a_document_in_every_state_the_demo_shows() -> None:
    states = {(r.entity, r.status) for r in book(NOW.date(), NOW)}

    expected = {
        "Bill": ("On Hold", "Pending Approval", "Balanced", "Open", "Closed"),
        "PurchaseOrder": ("On Hold", "Pending Approval", "Open", "Completed"),
        "Check": ("Balanced", "Pending Print", "Closed"),
        "Payment": ("Balanced", "Open", "Closed"),
    }
    assert {(e, s) for e, names in expected.items() for s in names} <= states


def test_bills_on_hold_are_what_the_story_needs() -> None:
    records = book(NOW.date(), NOW)
    orders = {r.keys["OrderNbr"]: r for r in records if r.entity == "PurchaseOrder"}
    held = [r for r in records if r.entity == "Bill" and r.status == "On Hold"]

    linked = {x["POOrderNbr"] for r in held for x in r.lists["Details"] if x.get("POOrderNbr")}
    assert len(held) >= 4
    assert {orders[n].fields["Owner"] for n in linked} == {"EP00000002", "EP00000003"}
    assert {r.amount() for r in held} >= {240, 48_000}
    assert {r.fields["CurrencyID"] for r in held} == {"USD", "EUR"}
    assert any(r.fields["DueDate"] < NOW.date() for r in held)


def test_every_bill_balances_and_no_stamp_lies_ahead_or_far_behind() -> None:
    for record in book(NOW.date(), NOW):
        stamp = record.fields["LastModifiedDateTime"]
        assert NOW - timedelta(days=46) <= stamp <= NOW
        if record.entity == "Bill":
            lines = record.lists["Details"]
            assert line_sum(lines, "Amount") == record.amount()
            for line in lines:  # as a person reads it: the price in cents
                cents = line["UnitCost"].quantize(Decimal("0.01"))
                assert line["Qty"] * cents == line["Amount"]


async def test_empty_book_has_vendors_and_employees(start: Any) -> None:
    erp = await start(sample=False)
    await erp.user.sign_in()

    assert (await erp.door("GET", "documents")).json == {"documents": []}
    assert len((await erp.user.get("Vendor")).json) == 12
    assert len((await erp.user.get("Employee")).json) == 8


async def test_serve_takes_a_free_port_and_stops() -> None:
    serving = await serve(SandboxOptions(password="p"), host="127.0.0.1", port=0)

    await serving.stop()

    assert serving.port > 0
