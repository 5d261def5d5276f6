"""Contract version 4 on paper: what we make of the answers."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from erp_fixtures import DOCUMENTS, document, entity_of, json_reply, reply

from acumatica_client import answers
from acumatica_client.entities import BILL, CHECK
from acumatica_client.errors import ErpError, ErpUnavailable
from acumatica_client.models import DocumentKey, Employee, Glimpse
from acumatica_client.transport import Reply

KEY = DocumentKey("Bill", "Bill", "000159")
STAMP = "2026-11-02T14:31:28.403+00:00"


def wrapped(**values: Any) -> dict[str, Any]:
    record = {"Type": "Bill", "ReferenceNbr": "000159", "LastModifiedDateTime": STAMP, **values}
    return {name: {} if value is None else {"value": value} for name, value in record.items()}


def raw(text: str) -> Reply:
    return Reply(200, {"content-type": "application/json"}, text.encode())


def glimpse(**values: Any) -> Glimpse:
    return answers.read_glimpses(BILL, json_reply(200, [wrapped(**values)]))[0]


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

    found = answers.read_document(BILL, answer)

    assert found is not None
    assert found.fields["CurrentDocument.EmployeeID"] is None


@pytest.mark.parametrize("details", [None, {}, []])
def test_lines_may_be_missing(details: Any) -> None:
    found = answers.read_document(BILL, json_reply(200, {**wrapped(), "Details": details}))

    assert found is not None
    assert found.lines == ()


def test_missing_record_is_a_500_and_reads_as_none() -> None:
    assert answers.read_document(BILL, reply("errors/not_found_500")) is None
    assert answers.read_party_name(reply("errors/not_found_500")) == ""


def test_member_the_erp_adds_later_is_ignored() -> None:
    found = answers.read_document(BILL, json_reply(200, wrapped(NewInThisRelease=1)))

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
    found = answers.read_glimpses(BILL, json_reply(200, [{**wrapped(), "id": shown}]))

    assert found[0].erp_id == ""


def test_list_is_read_row_by_row() -> None:
    rows = [{**wrapped(ReferenceNbr=number, Status="Open"), "id": number} for number in "12"]

    found = answers.read_glimpses(BILL, json_reply(200, rows))

    moment = datetime(2026, 11, 2, 14, 31, 28, 403_000, UTC)
    assert found == [Glimpse(BILL.key("Bill", n), n, "Open", moment) for n in "12"]
    assert answers.read_glimpses(CHECK, json_reply(200, [])) == []


# --- masters ---


@pytest.mark.parametrize(("shown", "name"), [("Tallgrass", "Tallgrass"), (None, "")])
def test_vendor_has_a_name_or_none(shown: Any, name: str) -> None:
    assert answers.read_party_name(json_reply(200, wrapped(VendorName=shown))) == name


def test_employees_are_read_with_or_without_a_contact() -> None:
    ann = wrapped(EmployeeID="EP1 ", EmployeeName="Ann Lee", Status="Active")
    ben = wrapped(EmployeeID="EP2", EmployeeName=None, Status="Inactive")
    contact = {"ContactInfo": {"Email": {"value": " ann@acme.example "}}}

    found = answers.read_employees(json_reply(200, [{**ann, **contact}, ben]))

    assert found == [
        Employee("EP1", "Ann Lee", "ann@acme.example", True),
        Employee("EP2", "", "", False),
    ]


def test_contact_without_e_mail_is_an_employee_without_e_mail() -> None:
    row = {**wrapped(EmployeeID="EP1"), "ContactInfo": {"Email": {}}}

    assert answers.read_employees(json_reply(200, [row]))[0].email == ""


@pytest.mark.parametrize("wrap", [lambda rows: rows, lambda rows: {"endpoints": rows}])
def test_versions_are_read_from_the_bare_array_and_from_the_wrapper(wrap: Any) -> None:
    rows = [{"name": "Default", "version": "24.200.001"}, {"name": "AcmeExt", "version": "1.0.0"}]

    found = answers.read_versions(json_reply(200, wrap(rows)))

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
        answers.read_json(raw(text))


def test_json_that_is_no_text_is_unreadable() -> None:
    with pytest.raises(ErpUnavailable):
        answers.read_json(Reply(200, {"content-type": "application/json"}, b'{"a": "\xff"}'))


def test_fractions_never_pass_a_float() -> None:
    found = answers.read_json(raw('{"a": 0.1000000000000000055511151231257827, "b": 7}'))

    assert found == {"a": Decimal("0.1000000000000000055511151231257827"), "b": 7}


def test_half_a_character_is_refused_before_it_breaks_the_store() -> None:
    with pytest.raises(ErpUnavailable, match="half a character"):
        answers.read_document(BILL, raw(json.dumps(wrapped(Description="\ud83d"))))


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (lambda answer: answers.read_document(BILL, answer), []),
        (lambda answer: answers.read_document(BILL, answer), None),
        (lambda answer: answers.read_document(BILL, answer), {**wrapped(), "Details": [1]}),
        (lambda answer: answers.read_glimpses(BILL, answer), {}),
        (lambda answer: answers.read_glimpses(BILL, answer), ["x"]),
        (answers.read_party_name, "x"),
        (answers.read_employees, {"value": []}),
        (answers.read_versions, {"endpoints": None}),
        (answers.read_versions, [["Default"]]),
    ],
)
def test_answer_of_another_shape_is_an_error(read: Any, data: Any) -> None:
    with pytest.raises(ErpUnavailable, match="expected"):
        read(json_reply(200, data))


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/xml", ""])
def test_200_of_another_content_type_is_nobody_we_know(kind: str) -> None:
    answer = Reply(200, {"content-type": kind} if kind else {}, b'{"id": 1}')

    with pytest.raises(ErpUnavailable):
        answers.read_json(answer)


@pytest.mark.parametrize("status", [201, 202, 204, 206])
def test_only_200_is_an_answer_to_a_read(status: int) -> None:
    with pytest.raises(ErpError):
        answers.read_json(json_reply(status, []))
