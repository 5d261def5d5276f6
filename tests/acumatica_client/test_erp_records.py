"""What stands around documents, read from the stand-in: people, vendors, orders, receipts."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from erp_extras_world import client_of
from erp_fixtures import json_reply
from erp_world import StandIn, bill, stand_in

from acumatica_client.errors import ErpForbidden, ErpMisconfigured, ErpRejected, ErpUnreadable
from acumatica_client.extras import read_extras
from acumatica_client.models import Contact, Differs, Employee
from acumatica_client.orders import Papers, Source
from acumatica_client.protocol import Address
from acumatica_client.records import Records
from acumatica_client.transport import Reply, Request

ORDER = Source("PurchaseOrder", "Normal", "PO000113")
RECEIPT = Source("PurchaseReceipt", "Receipt", "000301")


@pytest.fixture
async def erp() -> AsyncIterator[StandIn]:
    async with stand_in() as opened:
        yield opened


def records(*replies: Reply, **extra: dict[str, str]) -> tuple[Records, list[Request]]:
    """Records that get these answers, and the requests they sent."""
    asked: list[Request] = []
    coming = iter(replies)

    async def get(request: Request) -> Reply:
        asked.append(request)
        return next(coming)

    address = Address("https://erp.example", "Default", "24.200.001")
    return Records(address, get, read_extras(extra), page=50), asked


def employee_row(code: str = "EP1", **more: Any) -> dict[str, Any]:
    row = {"EmployeeID": {"value": code}, "LastModifiedDateTime": {"value": "2026-11-01T00:00:00Z"}}
    return {**row, **more}


CANNOT_LIST = json_reply(
    500,
    {
        "message": "An error has occurred.",
        "exceptionMessage": "Optimization cannot be performed. The following fields cause the"
        " error: Username: View User has BQL delegate",
        "exceptionType": "PX.Api.ContractBased.OptimizedExport.CannotOptimizeException",
    },
)


# --- employees ------------------------------------------------------------------------------


async def test_employees_come_with_department_superior_and_delegates(erp: StandIn) -> None:
    client = client_of(erp)

    found = {one.code: one for one in await client.around.employees()}

    await client.close()
    assert (found["EP00000004"].department, found["EP00000004"].reports_to) == (
        "FINANCE",
        "EP00000001",
    )
    delegates = [row for one in found.values() for row in one.delegates]
    assert all(row.employee and row.of == "Approvals" and row.starts for row in delegates)
    assert delegates


async def test_the_login_is_asked_for_only_where_the_company_says_so(erp: StandIn) -> None:
    plain = client_of(erp)
    told = client_of(erp, Employee={"login": "User.Username"})
    extended = client_of(erp, "Countersign", Employee={"login": "Login"})

    logins = [
        {one.code: one.login for one in await client.around.employees()}["EP00000002"]
        for client in (plain, told, extended)
    ]

    for client in (plain, told, extended):
        await client.close()
    assert logins == ["", "ben", "ben"]


async def test_version_20_is_not_asked_for_what_it_lacks(erp: StandIn) -> None:
    client = client_of(erp, version="20.200.001")

    found = [row for one in await client.around.employees() for row in one.delegates]

    await client.close()
    assert found
    assert {(row.of, row.starts, row.ends) for row in found} == {("", "", "")}


async def test_delegates_can_be_left_out() -> None:
    asking, asked = records(json_reply(200, [employee_row()]), Employee={"delegates": ""})

    assert await asking.employees() == [Employee("EP1", "", "", False)]
    assert "Delegates" not in asked[0].url


async def test_a_list_the_erp_cannot_export_is_read_one_by_one_and_remembered() -> None:
    row = employee_row(custom={"User": {"Username": {"value": "ann"}}})
    codes = json_reply(200, [employee_row()])
    asking, asked = records(
        CANNOT_LIST, codes, json_reply(200, row), codes, Employee={"login": "User.Username"}
    )

    first = await asking.employees()
    again = await asking.employees()

    assert first == again == [Employee("EP1", "", "", False, login="ann")]
    # The second time neither fails first nor reads an employee that did not change.
    assert ["/Employee?" in request.url for request in asked] == [True, True, False, True]
    assert "Employee/EP1?" in asked[2].url


async def test_an_employee_that_changed_is_read_again() -> None:
    moved = employee_row(LastModifiedDateTime={"value": "2026-11-02T00:00:00Z"})
    asking, _ = records(
        CANNOT_LIST,
        json_reply(200, [employee_row()]),
        json_reply(200, employee_row()),
        json_reply(200, [moved]),
        json_reply(200, {**moved, "EmployeeName": {"value": "Ann"}}),
    )

    await asking.employees()

    assert [one.name for one in await asking.employees()] == ["Ann"]


async def test_an_employee_gone_between_two_reads_is_left_out() -> None:
    gone = json_reply(
        500,
        {
            "exceptionMessage": "No entity satisfies the condition.",
            "exceptionType": "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException",
        },
    )
    asking, _ = records(CANNOT_LIST, json_reply(200, [employee_row()]), gone)

    assert await asking.employees() == []


async def test_a_login_the_endpoint_lacks_is_a_mistake_of_the_file(erp: StandIn) -> None:
    client = client_of(erp, Employee={"login": "Login"})

    with pytest.raises(ErpMisconfigured, match=r'login = "Login" under \[company.extra.Employee'):
        await client.around.employees()

    await client.close()


@pytest.mark.parametrize(
    "row",
    [
        employee_row(ContactInfo=[1]),
        employee_row(Delegates={"a": 1}),
        employee_row(Delegates=[{"StartsOn": {"value": "soon"}}]),
        employee_row(EmployeeName={"value": 7}),
        [],
    ],
)
async def test_an_employee_of_another_shape_is_an_error_with_its_place(row: Any) -> None:
    asking, _ = records(json_reply(200, [row]))

    with pytest.raises(ErpUnreadable, match="Employee"):
        await asking.employees()


@pytest.mark.parametrize("page", [1, 2, 50])
async def test_contacts_are_read_whole(erp: StandIn, page: int) -> None:
    client = client_of(erp, page=page)

    found = await client.around.contacts()

    await client.close()
    mail = "receivables@northgatefasteners.example"
    assert Contact("101", "Receivables, Northgate Fasteners", mail, active=True) in found
    assert len({one.id for one in found}) == len(found) > 2


# --- vendors --------------------------------------------------------------------------------


async def test_a_vendor_tells_how_it_is_paid_as_a_mark_alone(erp: StandIn) -> None:
    client = client_of(erp)
    found = await client.around.vendor("V000000021")
    rows = [{"PaymentInstructionsID": "1", "PaymentMethod": "ACH", "Value": "4711"}]
    body = {"entity": "Vendor", "keys": {"VendorID": "V000000021"}, "by": "dev"}

    await erp.door("POST", "masters", {**body, "set": {"PaymentInstructions": rows}})
    changed = await client.around.vendor("V000000021")

    await client.close()
    assert found is not None
    assert changed is not None
    assert (found.name, found.status, found.payment_method) == (
        "Northgate Fasteners",
        "Active",
        "ACH",
    )
    assert found.remittance_email == "receivables@northgatefasteners.example"
    assert len(found.instructions) == len(changed.instructions) == 64
    assert found.instructions != changed.instructions
    assert "4711" not in repr(changed)


def vendor_row(*values: str, method: str = "ACH") -> dict[str, Any]:
    return {
        "VendorID": {"value": "V1"},
        "PaymentMethod": {"value": method},
        "PaymentInstructions": [
            {"PaymentInstructionsID": {"value": str(n)}, "Value": {"value": value}}
            for n, value in enumerate(values)
        ],
    }


async def mark(row: dict[str, Any], **extra: dict[str, str]) -> str:
    asking, _ = records(json_reply(200, row), **extra)
    vendor = await asking.vendor("V1")
    assert vendor is not None
    return vendor.instructions


async def test_the_mark_depends_on_what_decides_where_the_money_goes() -> None:
    row = vendor_row("021000021", "4711")
    turned = {**row, "PaymentInstructions": row["PaymentInstructions"][::-1]}

    same = await mark(row)

    assert same == await mark(turned)
    assert same == await mark({**row, "VendorName": {"value": "renamed"}})
    assert same != await mark(vendor_row("021000021", "4712"))
    assert same != await mark(vendor_row("021000021", "4711", method="CHECK"))


async def test_without_the_list_nothing_is_said_of_instructions() -> None:
    off = {"instructions": ""}
    asking, asked = records(json_reply(200, vendor_row()), Vendor=off)

    vendor = await asking.vendor("V1")

    assert vendor is not None
    assert vendor.instructions == ""
    assert "PaymentInstructions" not in asked[0].url


async def test_a_vendor_nobody_shows_is_none(erp: StandIn) -> None:
    client = client_of(erp)

    assert await client.around.vendor("V9") is None

    await client.close()


async def test_a_vendor_code_that_cannot_stand_in_an_address_is_found_by_a_filter() -> None:
    asking, asked = records(json_reply(200, [vendor_row()]), json_reply(200, []))

    assert await asking.vendor("A/B") is not None
    assert await asking.vendor("A/C") is None
    assert "/Vendor?" in asked[0].url
    assert "VendorID%20eq%20%27A%2FB%27" in asked[0].url


# --- orders and receipts --------------------------------------------------------------------


async def test_an_order_tells_owner_lines_and_what_was_received(erp: StandIn) -> None:
    client = client_of(erp)

    order = await client.around.papers(ORDER)
    receipt = await client.around.papers(RECEIPT)

    await client.close()
    assert isinstance(order, Papers)
    assert isinstance(receipt, Papers)
    assert (order.owner, order.currency) == ("EP00000002", "USD")
    assert order.lines[1].quantity == order.lines[1].received == receipt.lines[1].quantity


async def test_an_order_that_is_not_there_is_told_as_such(erp: StandIn) -> None:
    client = client_of(erp)

    missing = await client.around.papers(Source("PurchaseOrder", "Normal", "PO999999"))

    await client.close()
    assert missing is Differs.NOT_THERE


async def test_a_screen_our_role_lacks_does_not_keep_the_bill_from_people(erp: StandIn) -> None:
    client = client_of(erp)
    await erp.arm("status:403", path="PurchaseOrder")

    assert await client.around.papers(ORDER) is Differs.UNREADABLE

    await client.close()


async def test_a_vendor_our_role_may_not_see_is_an_error_somebody_must_mend() -> None:
    asking, _ = records(json_reply(403, {"message": "You have insufficient rights (AP303000)."}))

    with pytest.raises(ErpForbidden):
        await asking.vendor("V1")


async def test_a_number_with_a_slash_is_found_by_a_filter() -> None:
    asking, asked = records(json_reply(200, [{"Details": []}]), json_reply(200, []))
    odd = Source("PurchaseReceipt", "Receipt", "R/1")

    assert await asking.papers(odd) == Papers({})
    assert await asking.papers(odd) is Differs.NOT_THERE
    assert "ReceiptNbr%20eq%20%27R%2F1%27" in asked[0].url


async def test_other_bills_with_the_vendors_reference_are_found_by_one_list(erp: StandIn) -> None:
    client = client_of(erp)
    old, new = await client.read(bill("000153")), await client.read(bill("000149"))
    assert old is not None
    assert new is not None
    await erp.change("000149", set={"VendorRef": old.text("VendorRef")}, by="dev")
    before = len(await erp.requests("GET", "/Bill"))

    found = await client.around.same_reference(old)

    await client.close()
    assert found == ["000149"]
    assert len(await erp.requests("GET", "/Bill")) == before + 1


async def test_a_refused_list_of_references_is_an_error(erp: StandIn) -> None:
    asking, _ = records(json_reply(400, {"message": "no"}))
    client = client_of(erp)
    told = await client.read(bill("000153"))
    await client.close()
    assert told is not None

    with pytest.raises(ErpRejected):
        await asking.same_reference(told)
