"""Contract version 4 on paper: what we ask, letter by letter, and what we make of the answers."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from erp_fixtures import DOCUMENTS, ERRORS, PUSHES, document, entity_of, json_reply, names, reply
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client import protocol
from acumatica_client.entities import BILL, CHECK, ENTITIES, PAYMENT, PURCHASE_ORDER, Entity
from acumatica_client.errors import ErpError, ErpUnavailable
from acumatica_client.models import DocumentKey, Employee, ErpCall, Glimpse
from acumatica_client.protocol import Address
from acumatica_client.transport import Reply, Request

ADDRESS = Address("https://erp.acme.example/AcumaticaERP", "Default", "24.200.001")
BASE = "https://erp.acme.example/AcumaticaERP/entity/Default/24.200.001"
KEY = DocumentKey("Bill", "Bill", "000159")
STAMP = "2026-11-02T14:31:28.403+00:00"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def query(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def sent(request: Request) -> Any:
    return json.loads(request.body or b"")


def wrapped(**values: Any) -> dict[str, Any]:
    record = {"Type": "Bill", "ReferenceNbr": "000159", "LastModifiedDateTime": STAMP, **values}
    return {name: {} if value is None else {"value": value} for name, value in record.items()}


def raw(text: str) -> Reply:
    return Reply(200, {"content-type": "application/json"}, text.encode())


def glimpse(**values: Any) -> Glimpse:
    return protocol.read_glimpses(BILL, json_reply(200, [wrapped(**values)]))[0]


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
    request = protocol.build_list(ADDRESS, PURCHASE_ORDER, where="Hold eq true", top=200, skip=400)

    assert request.url.split("?")[0] == f"{BASE}/PurchaseOrder"
    assert query(request) == {
        "$select": "Type,OrderNbr,Status,LastModifiedDateTime",
        "$filter": "Hold eq true",
        "$top": "200",
        "$skip": "400",
    }


def test_first_page_skips_nothing() -> None:
    assert query(protocol.build_list(ADDRESS, BILL, where="a", top=1))["$skip"] == "0"


def test_vendor_is_asked_for_by_its_code() -> None:
    request = protocol.build_party_read(ADDRESS, "Vendor", "A/B 1")

    assert request.url == f"{BASE}/Vendor/A%2FB%201?$select=VendorID%2CVendorName"


def test_employees_come_with_their_contact() -> None:
    request = protocol.build_employees(ADDRESS, top=50, skip=100)

    assert request.url.split("?")[0] == f"{BASE}/Employee"
    assert query(request)["$expand"] == "ContactInfo"
    assert (query(request)["$top"], query(request)["$skip"]) == ("50", "100")


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


def test_write_waits_longer_than_the_erps_queue_but_leaves_at_once_or_never() -> None:
    write = protocol.build_call(ADDRESS, ErpCall("Bill", "ReleaseBill"), BILL, KEY)
    read = protocol.build_read(ADDRESS, BILL, KEY)

    assert (write.timeout, write.connect) == (660.0, 3.0)
    assert (read.timeout, read.connect) == (30.0, 10.0)


def test_status_poll_asks_exactly_where_it_was_told() -> None:
    request = protocol.build_status_poll(f"{BASE}/Bill/ReleaseBill/status/1")

    assert (request.method, request.url) == ("GET", f"{BASE}/Bill/ReleaseBill/status/1")


# --- $filter ---


@given(st.text())
def test_text_literal_gives_back_its_text_and_cannot_be_left(text: str) -> None:
    literal = protocol.text_literal(text)

    inside = literal[1:-1]
    assert literal[0] == literal[-1] == "'"
    assert "'" not in inside.replace("''", "")
    assert inside.replace("''", "'") == text


def test_quote_is_doubled() -> None:
    assert protocol.text_literal("O'Brien") == "'O''Brien'"


@given(st.timedeltas(timedelta(), timedelta(days=900_000)), st.integers(-14, 14))
def test_moment_literal_is_the_same_instant_with_an_offset(age: timedelta, hours: int) -> None:
    moment = datetime(2, 1, 1, tzinfo=timezone(timedelta(hours=hours))) + age

    literal = protocol.moment_literal(moment)

    read = datetime.fromisoformat(literal.removeprefix("datetimeoffset'").removesuffix("'"))
    assert read.utcoffset() == timedelta()
    assert timedelta() <= moment - read < timedelta(milliseconds=1)


def test_moment_is_written_in_utc_with_milliseconds() -> None:
    eastern = datetime(2026, 11, 2, 9, 31, 28, 402_900, timezone(timedelta(hours=-5)))

    assert protocol.moment_literal(eastern) == "datetimeoffset'2026-11-02T14:31:28.402+00:00'"


def test_window_is_closed_below_and_open_above_and_its_plus_is_encoded() -> None:
    since, before = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)

    where = protocol.modified_between(BILL, since, before)
    request = protocol.build_list(ADDRESS, BILL, where=where, top=1)

    assert where == (
        "LastModifiedDateTime ge datetimeoffset'2026-11-02T00:00:00.000+00:00'"
        " and LastModifiedDateTime lt datetimeoffset'2026-11-03T00:00:00.000+00:00'"
    )
    assert query(request)["$filter"] == where
    assert "+" not in request.url
    assert "00.000%2B00%3A00" in request.url


def test_statuses_are_alternatives() -> None:
    where = protocol.in_statuses(BILL, ("On Hold", "Pending Approval"))

    assert where == "(Status eq 'On Hold' or Status eq 'Pending Approval')"


def test_payments_are_narrowed_to_payments() -> None:
    where = protocol.in_statuses(PAYMENT, ("Balanced",))

    assert where == (
        "(Type eq 'Payment' or Type eq 'Prepayment' or Type eq 'Refund') and (Status eq 'Balanced')"
    )


# --- documents ---


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_is_read_as_the_erp_shows_it(name: str) -> None:
    case = DOCUMENTS[name]

    found = document(name)

    entity = entity_of(case.key)
    assert (str(found.key), found.status) == (case.key, case.status)
    assert found.fields["Hold"] is case.hold
    assert str(found.money(entity.amount_field)) == case.amount
    assert len(found.lines) == case.lines
    assert set(found.fields) == {*entity.select, *entity.custom}
    assert found.last_modified.tzinfo is UTC
    assert len(found.erp_id) == 36


def test_numbers_are_exact_to_the_last_written_digit() -> None:
    line = document("bill/balanced").lines[0]

    assert [str(line[name]) for name in ("Qty", "UnitCost", "Amount")] == [
        "0.3333", "3000.0000", "999.9000",
    ]  # fmt: skip


def test_empty_object_is_an_empty_field() -> None:
    bill = document("bill/on_hold")

    assert bill.fields["CashAccount"] is None
    assert bill.lines[0]["InventoryID"] is None


def test_owner_comes_from_the_screen_where_the_erp_tells_it() -> None:
    told, untold = document("bill/on_hold"), document("bill/balanced")

    assert told.text("CurrentDocument.EmployeeID") == "EP00000002"
    assert untold.text("CurrentDocument.EmployeeID") == ""


@pytest.mark.parametrize("custom", [None, {}, [], {"CurrentDocument": None}, {"Document": {}}])
def test_custom_fields_may_be_missing(custom: Any) -> None:
    answer = json_reply(200, {**wrapped(), "custom": custom})

    found = protocol.read_document(BILL, answer)

    assert found is not None
    assert found.fields["CurrentDocument.EmployeeID"] is None


@pytest.mark.parametrize("details", [None, {}, []])
def test_lines_may_be_missing(details: Any) -> None:
    found = protocol.read_document(BILL, json_reply(200, {**wrapped(), "Details": details}))

    assert found is not None
    assert found.lines == ()


def test_missing_record_is_a_500_and_reads_as_none() -> None:
    assert protocol.read_document(BILL, reply("errors/not_found_500")) is None
    assert protocol.read_party_name(reply("errors/not_found_500")) == ""


def test_member_the_erp_adds_later_is_ignored() -> None:
    found = protocol.read_document(BILL, json_reply(200, wrapped(NewInThisRelease=1)))

    assert found is not None
    assert "NewInThisRelease" not in found.fields


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-02T14:31:28+00:00", (28, 0)),
        ("2026-11-02T14:31:28.4+00:00", (28, 400_000)),
        ("2026-11-02T14:31:28.06+00:00", (28, 60_000)),
        ("2026-11-02T14:31:28.403+00:00", (28, 403_000)),
        ("2026-11-02T17:31:28.79+03:00", (28, 790_000)),
        ("2026-11-02T14:31:28Z", (28, 0)),
    ],
)
def test_stamp_is_read_with_any_fraction_and_offset(written: str, read: tuple[int, int]) -> None:
    second, micro = read

    found = glimpse(LastModifiedDateTime=written)

    assert found.last_modified == datetime(2026, 11, 2, 14, 31, second, micro, UTC)


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-11-02T14:31:28.403", "2026-11-02", "0001-01-01T00:00:00+05:00", "soon", "", None,
        20261102, True,
    ],
)  # fmt: skip
def test_stamp_without_offset_or_sense_is_not_guessed(stamp: Any) -> None:
    with pytest.raises(ErpUnavailable, match="LastModifiedDateTime"):
        glimpse(LastModifiedDateTime=stamp)


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ("On Hold", "On Hold"),
        ("H", "On Hold"),
        ("Balanced  ", "Balanced"),
        ("Half Way", "Half Way"),
        (None, ""),
        ({"id": "N", "description": "Open"}, ""),
    ],
)
def test_status_is_the_label_or_a_word_nobody_knows(shown: Any, status: str) -> None:
    assert glimpse(Status=shown).status == status


@pytest.mark.parametrize("member", ["Type", "ReferenceNbr"])
@pytest.mark.parametrize("value", [None, "", "   "])
def test_record_without_its_keys_is_refused(member: str, value: Any) -> None:
    with pytest.raises(ErpUnavailable, match="without Type or ReferenceNbr"):
        glimpse(**{member: value})


def test_padding_of_keys_is_dropped() -> None:
    assert glimpse(Type="Bill  ", ReferenceNbr=" 000159").key == KEY


@pytest.mark.parametrize("shown", [None, "", {}])
def test_record_without_id_has_none(shown: Any) -> None:
    found = protocol.read_glimpses(BILL, json_reply(200, [{**wrapped(), "id": shown}]))

    assert found[0].erp_id == ""


def test_list_is_read_row_by_row() -> None:
    rows = [{**wrapped(ReferenceNbr=number, Status="Open"), "id": number} for number in "12"]

    found = protocol.read_glimpses(BILL, json_reply(200, rows))

    moment = datetime(2026, 11, 2, 14, 31, 28, 403_000, UTC)
    assert found == [Glimpse(BILL.key("Bill", n), n, "Open", moment) for n in "12"]
    assert protocol.read_glimpses(CHECK, json_reply(200, [])) == []


# --- masters ---


@pytest.mark.parametrize(("shown", "name"), [("Tallgrass", "Tallgrass"), (None, "")])
def test_vendor_has_a_name_or_none(shown: Any, name: str) -> None:
    assert protocol.read_party_name(json_reply(200, wrapped(VendorName=shown))) == name


def test_employees_are_read_with_or_without_a_contact() -> None:
    ann = wrapped(EmployeeID="EP1 ", EmployeeName="Ann Lee", Status="Active")
    ben = wrapped(EmployeeID="EP2", EmployeeName=None, Status="Inactive")
    contact = {"ContactInfo": {"Email": {"value": " ann@acme.example "}}}

    found = protocol.read_employees(json_reply(200, [{**ann, **contact}, ben]))

    assert found == [
        Employee("EP1", "Ann Lee", "ann@acme.example", True),
        Employee("EP2", "", "", False),
    ]


def test_contact_without_e_mail_is_an_employee_without_e_mail() -> None:
    row = {**wrapped(EmployeeID="EP1"), "ContactInfo": {"Email": {}}}

    assert protocol.read_employees(json_reply(200, [row]))[0].email == ""


@pytest.mark.parametrize("wrap", [lambda rows: rows, lambda rows: {"endpoints": rows}])
def test_versions_are_read_from_the_bare_array_and_from_the_wrapper(wrap: Any) -> None:
    rows = [{"name": "Default", "version": "24.200.001"}, {"name": "AcmeExt", "version": "1.0.0"}]

    found = protocol.read_versions(json_reply(200, wrap(rows)))

    assert found == {("Default", "24.200.001"), ("AcmeExt", "1.0.0")}


# --- answers that are no data ---


@pytest.mark.parametrize(
    "text",
    [
        "", "{", '{"Amount": NaN}', "Infinity", "-Infinity", '{"Amount": 1e99999999999999999999}',
        "[" * 100_000, "9" * 5000,
    ],
)  # fmt: skip
def test_json_that_cannot_be_held_is_unreadable(text: str) -> None:
    with pytest.raises(ErpUnavailable, match="unreadable JSON"):
        protocol.read_json(raw(text))


def test_json_that_is_no_text_is_unreadable() -> None:
    with pytest.raises(ErpUnavailable):
        protocol.read_json(Reply(200, {"content-type": "application/json"}, b'{"a": "\xff"}'))


def test_fractions_never_pass_a_float() -> None:
    found = protocol.read_json(raw('{"a": 0.1000000000000000055511151231257827, "b": 7}'))

    assert found == {"a": Decimal("0.1000000000000000055511151231257827"), "b": 7}


def test_half_a_character_is_refused_before_it_breaks_the_store() -> None:
    with pytest.raises(ErpUnavailable, match="half a character"):
        protocol.read_document(BILL, raw(json.dumps(wrapped(Description="\ud83d"))))


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (lambda answer: protocol.read_document(BILL, answer), []),
        (lambda answer: protocol.read_document(BILL, answer), None),
        (lambda answer: protocol.read_document(BILL, answer), {**wrapped(), "Details": [1]}),
        (lambda answer: protocol.read_glimpses(BILL, answer), {}),
        (lambda answer: protocol.read_glimpses(BILL, answer), ["x"]),
        (protocol.read_party_name, "x"),
        (protocol.read_employees, {"value": []}),
        (protocol.read_versions, {"endpoints": None}),
        (protocol.read_versions, [["Default"]]),
    ],
)
def test_answer_of_another_shape_is_an_error(read: Any, data: Any) -> None:
    with pytest.raises(ErpUnavailable, match="expected"):
        read(json_reply(200, data))


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/xml", ""])
def test_200_of_another_content_type_is_nobody_we_know(kind: str) -> None:
    answer = Reply(200, {"content-type": kind} if kind else {}, b'{"id": 1}')

    with pytest.raises(ErpUnavailable):
        protocol.read_json(answer)


@pytest.mark.parametrize("status", [201, 202, 204, 206])
def test_only_200_is_an_answer_to_a_read(status: int) -> None:
    with pytest.raises(ErpError):
        protocol.read_json(json_reply(status, []))
