"""Rows of approvals, as only an extended endpoint tells them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from erp_extras_world import client_of
from erp_world import StandIn, bill, stand_in

from acumatica_client.approvals import approvals_in
from acumatica_client.errors import ErpUnreadable
from acumatica_client.models import Approval, Document

KEY = bill("000151")


@pytest.fixture
async def erp() -> AsyncIterator[StandIn]:
    async with stand_in() as opened:
        yield opened


def row(**fields: Any) -> dict[str, Any]:
    return {name: {"value": value} if value is not None else {} for name, value in fields.items()}


def test_a_row_is_told_as_it_came() -> None:
    data = {
        "Approvals": [
            row(Status="Approved", Approver="EP1 ", ApproverName="Ann", ApprovedBy="EP2",
                ApprovedByName="Ben", Date="2026-11-03T00:00:00+01:00", Reason="fine",
                Workgroup=None),
            row(Status="Pending", Workgroup="AP East", Approver=None, Date=None),
        ]
    }  # fmt: skip

    done, waits = approvals_in(data, "Approvals", KEY)

    assert done == Approval("Approved", "EP1", "Ann", "EP2", "Ben", "2026-11-03", "fine")
    assert waits == Approval("Pending", workgroup="AP East")
    assert (done.pending, waits.pending) == (False, True)


@pytest.mark.parametrize("rows", [None, [], {}])
def test_no_rows_are_no_approvals(rows: Any) -> None:
    assert approvals_in({"Approvals": rows}, "Approvals", KEY) == ()
    assert approvals_in({"Approvals": [row(Status="Pending")]}, "", KEY) == ()


@pytest.mark.parametrize("rows", ["x", [1], [{"Status": {"value": 7}}], [{"Date": {"value": "x"}}]])
def test_rows_of_another_shape_name_the_document_and_the_place(rows: Any) -> None:
    with pytest.raises(ErpUnreadable, match="Bill/Bill/000151: Approvals"):
        approvals_in({"Approvals": rows}, "Approvals", KEY)


FIELDS = ("Status", "Approver", "ApproverName", "ApprovedBy", "ApprovedByName", "Date", "Reason",
          "Workgroup")  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_another_kind_names_its_row(field: str) -> None:
    rows = [row(Status="Approved"), {field: {"value": 7}}]

    with pytest.raises(ErpUnreadable, match=r"Bill/Bill/000151: Approvals, row 2"):
        approvals_in({"Approvals": rows}, "Approvals", KEY)


def test_a_document_of_another_shape_is_named() -> None:
    with pytest.raises(ErpUnreadable, match="Bill/Bill/000151"):
        approvals_in([], "Approvals", KEY)


async def test_the_list_of_the_extended_endpoint_is_read_with_the_document(erp: StandIn) -> None:
    client = client_of(erp, "Countersign", Bill={"approvals": "Approvals"})
    before = len(await erp.requests("GET", "/Bill/"))

    told = await client.read(bill("000151"))

    await client.close()
    assert told is not None
    assert [(one.status, bool(one.employee)) for one in told.approvals] == [("Pending", True)]
    assert len(await erp.requests("GET", "/Bill/")) == before + 1
    assert Document.from_json(told.to_json()) == told


async def test_without_the_setting_nothing_is_asked_of_the_list(erp: StandIn) -> None:
    client = client_of(erp)

    told = await client.read(bill("000151"))

    await client.close()
    assert told is not None
    assert told.approvals == ()
