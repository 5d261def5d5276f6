"""What stands around documents: matches, vendor references, delegates, contacts, who left."""

from __future__ import annotations

from dataclasses import replace

from store_values import BILL, COMPANY, NOW, later

from storage import documents, people
from storage.database import Database
from storage.records import (
    StoredContact,
    StoredDelegate,
    StoredDocument,
    StoredEmployee,
    StoredMatch,
)

RECORD = StoredDocument(COMPANY, BILL, "On Hold", NOW, "f", NOW, {}, 1, NOW)
ANN = StoredEmployee(
    "E1", "Ann", "ann@x", True, "ann", "FIN", "E9",
    (StoredDelegate("E2", "Approvals", "2026-11-01", "2026-11-30", active=True),),
)  # fmt: skip


async def test_a_match_is_the_one_found_last(store: Database) -> None:
    async with store.transaction() as conn:
        assert await documents.match(conn, COMPANY, BILL) is None
        await documents.put_match(conn, COMPANY, BILL, StoredMatch("m1", {"a": []}, NOW))
        newer = StoredMatch("m2", {"ä": ["1.50"]}, later(1))
        await documents.put_match(conn, COMPANY, BILL, newer)

        assert await documents.match(conn, COMPANY, BILL) == newer
        assert await documents.match(conn, "beta", BILL) is None


async def test_other_documents_with_a_vendors_reference_are_found(store: Database) -> None:
    rows = {
        "Bill/Bill/1": ("V1", "INV-77"),
        "Bill/Bill/2": ("V1", "INV-77"),
        "Bill/Bill/3": ("V2", "INV-77"),
        "Bill/Bill/4": ("V1", "inv-77"),
        "Bill/Bill/5": ("V1", "INV-77"),
    }
    async with store.transaction() as conn:
        for name, (party, reference) in rows.items():
            await documents.put(conn, replace(RECORD, document=name))
            await documents.put_vendor_ref(conn, COMPANY, name, party=party, reference=reference)
        await documents.mark_gone(conn, COMPANY, "Bill/Bill/5", now=NOW)

        asked = {"party": "V1", "reference": "INV-77"}
        found = await documents.same_vendor_ref(conn, COMPANY, "Bill/Bill/1", **asked)
        elsewhere = await documents.same_vendor_ref(conn, "beta", "Bill/Bill/1", **asked)

    assert found == [("Bill/Bill/2", "On Hold")]
    assert elsewhere == []


async def test_a_reference_that_was_corrected_is_no_longer_found(store: Database) -> None:
    async with store.transaction() as conn:
        await documents.put(conn, RECORD)
        for reference in ("INV-77", "INV-78"):
            await documents.put_vendor_ref(conn, COMPANY, BILL, party="V1", reference=reference)

        found = await documents.same_vendor_ref(
            conn, COMPANY, "Bill/Bill/9", party="V1", reference="INV-77"
        )

    assert found == []


async def test_an_employee_keeps_login_department_and_delegates(store: Database) -> None:
    async with store.transaction() as conn:
        await people.put_employee(conn, COMPANY, replace(ANN, login="", delegates=()))
        await people.put_employee(conn, COMPANY, ANN)

        assert await people.employees(conn, COMPANY) == [ANN]


async def test_whom_the_erp_no_longer_lists_becomes_inactive(store: Database) -> None:
    ben = replace(ANN, code="E2")
    async with store.transaction() as conn:
        for employee in (ANN, ben):
            await people.put_employee(conn, COMPANY, employee)
            await people.put_employee(conn, "beta", employee)

        assert await people.retire_others(conn, COMPANY, ["E2", "E7"]) == 1
        assert await people.retire_others(conn, COMPANY, ["E2", "E7"]) == 0

        assert await people.employees(conn, COMPANY) == [replace(ANN, active=False), ben]
        assert await people.employees(conn, "beta") == [ANN, ben]


async def test_contacts_are_as_they_were_told_last(store: Database) -> None:
    contact = StoredContact("417", "Ann", "ann@x", active=True)
    async with store.transaction() as conn:
        await people.put_contact(conn, COMPANY, contact)
        await people.put_contact(conn, COMPANY, replace(contact, active=False))

        assert await people.contacts(conn, COMPANY) == [replace(contact, active=False)]
        assert await people.contacts(conn, "beta") == []
