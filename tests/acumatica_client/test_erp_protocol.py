"""Contract version 4 on paper: what we ask, letter by letter."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from erp_fixtures import DOCUMENTS, ERRORS, PUSHES, names
from hypothesis import given, settings
from hypothesis import strategies as st

from acumatica_client import protocol
from acumatica_client.entities import BILL, ENTITIES, PAYMENT, PURCHASE_ORDER, Entity
from acumatica_client.filters import compare
from acumatica_client.models import REASON, DocumentKey, ErpCall
from acumatica_client.protocol import Address
from acumatica_client.transport import Request

ADDRESS = Address("https://erp.acme.example/AcumaticaERP", "Default", "24.200.001")
BASE = "https://erp.acme.example/AcumaticaERP/entity/Default/24.200.001"
KEY = DocumentKey("Bill", "Bill", "000159")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def query(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def sent(request: Request) -> Any:
    return json.loads(request.body or b"")


def test_every_fixture_has_a_case_and_every_case_a_fixture() -> None:
    assert names() == {*DOCUMENTS, *ERRORS, *PUSHES}


# --- asking ---


def test_sign_in_names_the_tenant_and_an_english_locale_and_no_company() -> None:
    request = protocol.build_sign_in(ADDRESS, user="svc", password="pass", tenant="Company")

    assert (request.method, request.url) == (
        "POST",
        "https://erp.acme.example/AcumaticaERP/entity/auth/login",
    )
    assert sent(request) == {
        "name": "svc", "password": "pass", "tenant": "Company", "locale": "en-US",
    }  # fmt: skip


def test_sign_out_is_an_empty_body_with_its_length() -> None:
    request = protocol.build_sign_out(ADDRESS)

    assert request.url.endswith("/entity/auth/logout")
    assert (request.headers["Content-Length"], request.body) == ("0", b"")


def test_bill_is_read_with_its_lines_and_its_owner() -> None:
    request = protocol.build_read(ADDRESS, BILL, KEY)

    asked = query(request)
    assert (request.method, request.body) == ("GET", None)
    assert request.url.split("?")[0] == f"{BASE}/Bill/Bill/000159"
    assert asked["$expand"] == "Details"
    assert asked["$custom"] == "CurrentDocument.EmployeeID"
    lines = {f"Details/{name}" for name in BILL.line_select}
    assert set(asked["$select"].split(",")) == {*BILL.select, *lines}


def test_entity_without_lines_or_custom_fields_asks_for_none() -> None:
    key = PAYMENT.key("Payment", "000001")

    asked = query(protocol.build_read(ADDRESS, PAYMENT, key))

    assert set(asked) == {"$select"}
    assert "Details" not in asked["$select"]


def test_document_is_read_by_id_where_one_is_given() -> None:
    request = protocol.build_read(ADDRESS, BILL, KEY, "b6410d82-9476-ef11-8c65-ac198e472cfe")

    assert request.url.split("?")[0] == f"{BASE}/Bill/b6410d82-9476-ef11-8c65-ac198e472cfe"


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_key_stays_two_segments_of_the_path_whatever_is_in_it(kind: str, number: str) -> None:
    request = protocol.build_read(ADDRESS, BILL, BILL.key(kind, number))

    shown = urlsplit(request.url).path.removeprefix("/AcumaticaERP/entity/Default/24.200.001/Bill/")
    assert [unquote(part) for part in shown.split("/")] == [kind, number]


def test_slash_in_a_key_is_encoded() -> None:
    request = protocol.build_read(ADDRESS, BILL, BILL.key("Credit Adj.", "2026/11?#&"))

    assert request.url.split("?")[0] == f"{BASE}/Bill/Credit%20Adj./2026%2F11%3F%23%26"


def test_id_cannot_leave_its_segment() -> None:
    request = protocol.build_read(ADDRESS, BILL, KEY, "../../auth/logout?x=")

    assert request.url.split("?")[0] == f"{BASE}/Bill/..%2F..%2Fauth%2Flogout%3Fx%3D"


def test_list_asks_for_glimpses_page_by_page() -> None:
    held = compare("Hold", "eq", True)

    request = protocol.build_list(ADDRESS, PURCHASE_ORDER, where=held, top=200, skip=400)

    assert request.url.split("?")[0] == f"{BASE}/PurchaseOrder"
    assert query(request) == {
        "$select": "Type,OrderNbr,Status,LastModifiedDateTime",
        "$filter": "Hold eq true",
        "$top": "200",
        "$skip": "400",
    }


def test_first_page_skips_nothing() -> None:
    held = compare("Hold", "eq", True)

    assert query(protocol.build_list(ADDRESS, BILL, where=held, top=1))["$skip"] == "0"


def test_plainest_list_asks_for_keys_and_stamp_alone() -> None:
    held = compare("Hold", "eq", True)

    asked = query(protocol.build_list(ADDRESS, BILL, where=held, top=1, plain=True))

    assert asked["$select"] == "Type,ReferenceNbr,LastModifiedDateTime"


@pytest.mark.parametrize(
    "part",
    ["000159", "INV-77", "A_1", "Bill", "Drop-Ship", "Project Drop-Ship", "Crème 1", "1.5", "é"],
)
def test_plain_words_may_stand_in_an_address(part: str) -> None:
    assert protocol.fits_path("Bill", part)


@pytest.mark.parametrize(
    "part",
    [
        "2026/11", "a|b", "a\\b", "a?b", "a#b", "a%b", "a&b", "a+b", "a:b", "a*b", "<a>", "O'Brien",
        "Credit Adj.", "..", ".", "", " a", "a ", "a;b", "a,b", "(a)", "a\n",
    ],
)  # fmt: skip
def test_what_a_server_may_cut_split_or_refuse_may_not(part: str) -> None:
    assert not protocol.fits_path(part, "000159")
    assert not protocol.fits_path("Bill", part)


def test_id_is_found_by_the_keys_and_a_second_record_would_show() -> None:
    request = protocol.build_find(ADDRESS, BILL, BILL.key("Credit Adj.", "2026/11'1"))

    assert request.url.split("?")[0] == f"{BASE}/Bill"
    assert query(request) == {
        "$select": "Type,ReferenceNbr",
        "$filter": "Type eq 'Credit Adj.' and ReferenceNbr eq '2026/11''1'",
        "$top": "2",
        "$skip": "0",
    }


def test_versions_are_asked_of_the_instance() -> None:
    request = protocol.build_versions(ADDRESS)

    assert request.url == "https://erp.acme.example/AcumaticaERP/entity"


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=list(ENTITIES))
def test_action_sends_the_keys_and_nothing_else(entity: Entity) -> None:
    call, key = ErpCall(entity.name, "ReleaseIt"), entity.key("Normal", "X1")

    request = protocol.build_call(ADDRESS, call, entity, key)

    assert (request.method, request.url) == ("POST", f"{BASE}/{entity.name}/ReleaseIt")
    assert sent(request) == {
        "entity": {"Type": {"value": "Normal"}, entity.number_field: {"value": "X1"}},
        "parameters": {},
    }
    assert "If-Match" not in request.headers


def test_change_of_the_hold_box_may_only_update() -> None:
    call = ErpCall("Bill", put=(("Hold", False),))

    request = protocol.build_call(ADDRESS, call, BILL, KEY)

    assert (request.method, request.url) == ("PUT", f"{BASE}/Bill")
    assert request.headers["If-Match"] == "*"
    assert sent(request) == {
        "Type": {"value": "Bill"}, "ReferenceNbr": {"value": "000159"}, "Hold": {"value": False},
    }  # fmt: skip


def test_approved_for_payment_is_a_box_like_hold() -> None:
    call = ErpCall("Bill", put=(("ApprovedForPayment", True),))

    request = protocol.build_call(ADDRESS, call, BILL, KEY)

    assert request.method == "PUT"
    assert sent(request)["ApprovedForPayment"] == {"value": True}
    assert set(sent(request)) == {"Type", "ReferenceNbr", "ApprovedForPayment"}


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (ErpCall("Bill", "ReleaseBill"), {"entity": {"id": "b6410d82"}, "parameters": {}}),
        (ErpCall("Bill", put=(("Hold", False),)), {"id": "b6410d82", "Hold": {"value": False}}),
    ],
)
def test_write_by_id_names_no_keys(call: ErpCall, body: Any) -> None:
    assert sent(protocol.build_call(ADDRESS, call, BILL, KEY, "b6410d82")) == body


def test_reason_goes_where_the_dialog_would_ask_for_it() -> None:
    call = ErpCall("Bill", "Reject").saying(REASON, 'Too "dear"')

    request = protocol.build_call(ADDRESS, call, BILL, KEY)

    reason = {"type": "CustomStringField", "value": 'Too "dear"'}
    assert sent(request)["parameters"] == {
        "custom": {"ReasonApproveRejectParams": {"Reason": reason}}
    }
    assert set(sent(request)["entity"]) == {"Type", "ReferenceNbr"}


def test_fields_of_one_dialog_stand_together() -> None:
    call = ErpCall("Bill", "Reject").saying("A.X", "1").saying("B.Y", "2").saying("A.Z", "3")

    views = sent(protocol.build_call(ADDRESS, call, BILL, KEY))["parameters"]["custom"]

    assert {view: list(fields) for view, fields in views.items()} == {"A": ["X", "Z"], "B": ["Y"]}


def test_write_waits_longer_than_the_erps_queue_but_leaves_at_once_or_never() -> None:
    write = protocol.build_call(ADDRESS, ErpCall("Bill", "ReleaseBill"), BILL, KEY)
    read = protocol.build_read(ADDRESS, BILL, KEY)

    assert (write.timeout, write.connect) == (660.0, 3.0)
    assert (read.timeout, read.connect) == (30.0, 10.0)


def test_status_poll_asks_exactly_where_it_was_told() -> None:
    request = protocol.build_status_poll(f"{BASE}/Bill/ReleaseBill/status/1")

    assert (request.method, request.url) == ("GET", f"{BASE}/Bill/ReleaseBill/status/1")


# --- which documents ---


def test_window_is_closed_below_and_open_above_and_its_plus_is_encoded() -> None:
    since, before = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)

    where = protocol.modified_between(BILL, since, before)
    request = protocol.build_list(ADDRESS, BILL, where=where, top=1)

    assert str(where) == (
        "LastModifiedDateTime ge datetimeoffset'2026-11-02T00:00:00.000+00:00'"
        " and LastModifiedDateTime lt datetimeoffset'2026-11-03T00:00:00.000+00:00'"
    )
    assert query(request)["$filter"] == str(where)
    assert "+" not in request.url
    assert "00.000%2B00%3A00" in request.url


def test_statuses_are_alternatives() -> None:
    where = protocol.in_statuses(BILL, ("On Hold", "Pending Approval"))

    assert str(where) == "Status eq 'On Hold' or Status eq 'Pending Approval'"


def test_payments_are_narrowed_to_payments() -> None:
    where = protocol.in_statuses(PAYMENT, ("Balanced",))

    assert str(where) == (
        "(Type eq 'Payment' or Type eq 'Prepayment' or Type eq 'Refund') and Status eq 'Balanced'"
    )
