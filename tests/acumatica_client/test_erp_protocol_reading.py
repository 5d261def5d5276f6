"""Contract version 4 on paper: what we make of the answers."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from erp_fixtures import DOCUMENTS, document, entity_of, json_reply, reply
from hypothesis import given, settings
from hypothesis import strategies as st

from acumatica_client import answers
from acumatica_client.entities import BILL, CHECK
from acumatica_client.errors import ErpContract5, ErpError, ErpUnavailable, ErpUnreadable
from acumatica_client.models import DocumentKey, Glimpse
from acumatica_client.transport import Reply
from acumatica_client.values import UNDATED

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


@pytest.mark.parametrize("custom", [None, {}, {"CurrentDocument": None}, {"Document": {}}])
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
    assert answers.read_glimpse(BILL, reply("errors/not_found_500")) is None


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
    with pytest.raises(ErpUnreadable, match="Bill/Bill/000159: LastModifiedDateTime: a "):
        answers.read_document(BILL, json_reply(200, wrapped(LastModifiedDateTime=stamp)))


def test_row_with_an_unreadable_stamp_holds_up_no_other_and_moves_no_watermark() -> None:
    rows = [wrapped(LastModifiedDateTime="soon"), wrapped(ReferenceNbr="000160")]

    found = answers.read_glimpses(BILL, json_reply(200, rows))

    assert [row.key.number for row in found] == ["000159", "000160"]
    assert found[0].last_modified == UNDATED < found[1].last_modified


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ("On Hold", "On Hold"),
        ("H", "On Hold"),
        ("Balanced  ", "Balanced"),
        ("Half Way", "Half Way"),
        (None, ""),
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


# --- a field of another kind than it has ---


@pytest.mark.parametrize(("sent", "read"), [("2.00", "2.00"), (" 7 ", "7"), (7, "7"), ("", None)])
def test_number_may_be_sent_as_text_and_stays_exact(sent: Any, read: str | None) -> None:
    found = answers.read_document(BILL, json_reply(200, wrapped(Amount=sent)))

    assert found is not None
    assert found.fields["Amount"] == (None if read is None else Decimal(read))
    assert not isinstance(found.fields["Amount"], int | str)


@pytest.mark.parametrize(
    ("shown", "day"),
    [
        ("2026-11-02T00:00:00+00:00", "2026-11-02"),
        ("2026-11-02T00:00:00+14:00", "2026-11-02"),
        ("2026-11-02T00:00:00-11:00", "2026-11-02"),
        ("1900-01-01T00:00:00+00:00", None),
        (None, None),
        ("", None),
    ],
)
def test_day_is_never_moved_by_a_zone_and_the_erps_empty_day_is_none(
    shown: Any, day: str | None
) -> None:
    found = answers.read_document(BILL, json_reply(200, wrapped(DueDate=shown)))

    assert found is not None
    assert found.fields["DueDate"] == day


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("Amount", "dear", "a number expected, got 'dear'"),
        ("Amount", "NaN", "a number expected"),
        ("Amount", "Infinity", "a number expected"),
        ("Amount", True, "a number expected, got True"),
        ("Amount", [1], "a plain value expected, got a list"),
        ("Hold", "false", "true or false expected, got 'false'"),
        ("Hold", 0, "true or false expected, got 0"),
        ("Vendor", 21, "a text expected, got 21"),
        ("Vendor", {"code": 1}, "a plain value expected, got a dict"),
        ("Status", True, "a text expected"),
        ("DueDate", "tomorrow", "a day expected, got 'tomorrow'"),
        ("DueDate", "2026-13-45T00:00:00", "a day expected"),
        ("DueDate", "2026-11-02Tea", "a day expected"),
        ("DueDate", 20261102, "a text expected"),
        ("Description", "x" * 50 + "\ud800", "half a character"),
    ],
)  # fmt: skip
def test_field_of_another_kind_is_an_error_that_names_document_and_field(
    field: str, value: Any, told: str
) -> None:
    with pytest.raises(ErpUnreadable) as error:
        answers.read_document(BILL, json_reply(200, wrapped(**{field: value})))

    assert error.value.detail.startswith(f"Bill/Bill/000159: {field}: ")
    assert told in error.value.detail
    assert len(error.value.detail) < 200


@pytest.mark.parametrize("bare", [5, "x", [], True])
def test_value_without_its_wrapper_is_no_value(bare: Any) -> None:
    with pytest.raises(ErpUnreadable, match="000159: Vendor: a wrapped value expected"):
        answers.read_document(BILL, json_reply(200, {**wrapped(), "Vendor": bare}))


def test_line_is_named_by_its_number() -> None:
    lines = [{"Amount": {"value": 1}}, {"Amount": {"value": "dear"}}]

    with pytest.raises(ErpUnreadable, match="Bill/Bill/000159: Details, line 2: Amount: a number"):
        answers.read_document(BILL, json_reply(200, {**wrapped(), "Details": lines}))


def test_row_of_a_list_is_named_by_its_number() -> None:
    with pytest.raises(ErpUnreadable, match="Bill, row 2: a record expected, got a str"):
        answers.read_glimpses(BILL, json_reply(200, [wrapped(), "x"]))


@pytest.mark.parametrize("name", ["Type", "Status", "Vendor"])
def test_drop_down_of_contract_5_is_refused_and_says_what_to_pin(name: str) -> None:
    drop_down = {"id": "N", "description": "Open"}
    answer = json_reply(200, wrapped(**{name: drop_down}))

    with pytest.raises(
        ErpContract5, match=f'{name} is a drop-down.*25.200.001.*version = "'
    ) as error:
        answers.read_document(BILL, answer)
    with pytest.raises(ErpContract5):
        answers.read_glimpses(BILL, json_reply(200, [wrapped(Status=drop_down)]))

    assert "contract version 5" in error.value.detail


def test_day_of_contract_5_is_refused() -> None:
    with pytest.raises(ErpContract5, match="DueDate is a day without a time"):
        answers.read_document(BILL, json_reply(200, wrapped(DueDate="2026-09-09")))


def test_ids_of_a_list_are_read() -> None:
    rows = [{"id": "b6410d82-9476-ef11-8c65-ac198e472cfe"}, {"id": 7}, {}]

    found = answers.read_ids(BILL, json_reply(200, rows))

    assert found == ["b6410d82-9476-ef11-8c65-ac198e472cfe", "", ""]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20)
    | st.sampled_from([STAMP, "2026-11-02", "Balanced", "Infinity", "1e999999", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["value", "id", "description", "CurrentDocument", "EmployeeID", "x"]), inner
    ),
    max_leaves=8,
)  # fmt: skip
MEMBERS = st.sampled_from(
    [*BILL.select, "id", "Details", "custom", "note", "rowNumber", "_links", "New"]
)


@settings(deadline=None)
@given(st.dictionaries(MEMBERS, JSON))
def test_no_record_whatever_is_in_it_breaks_the_reader(members: dict[str, Any]) -> None:
    record = json_reply(200, {**wrapped(), **members})
    rows = json_reply(200, [wrapped(), {**wrapped(), **members}])

    for read, answer in ((answers.read_document, record), (answers.read_glimpses, rows)):
        with suppress(ErpUnreadable, ErpContract5):
            found = read(BILL, answer)
            assert found
            json.dumps(repr(found)).encode()


@settings(deadline=None)
@given(JSON)
def test_no_answer_whatever_it_is_breaks_the_reader(data: Any) -> None:
    answer = json_reply(200, data)

    for read in (answers.read_document, answers.read_glimpses, answers.read_glimpse):
        with suppress(ErpUnreadable, ErpContract5):
            read(BILL, answer)


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
    with pytest.raises(ErpUnreadable, match="000159: Description: a text with half a character"):
        answers.read_document(BILL, raw(json.dumps(wrapped(Description="\ud83d"))))


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (lambda answer: answers.read_document(BILL, answer), []),
        (lambda answer: answers.read_document(BILL, answer), None),
        (lambda answer: answers.read_document(BILL, answer), {**wrapped(), "Details": [1]}),
        (lambda answer: answers.read_glimpses(BILL, answer), {}),
        (lambda answer: answers.read_glimpses(BILL, answer), ["x"]),
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


@pytest.mark.parametrize(
    "read", [answers.read_glimpse, answers.read_noted, answers.read_glimpses, answers.read_ids]
)
def test_an_answer_of_another_shape_names_what_was_read(read: Any) -> None:
    with pytest.raises(ErpUnreadable, match="Bill"):
        read(BILL, json_reply(200, "neither a record nor a list"))


def test_a_status_of_another_shape_names_its_document() -> None:
    record = wrapped(Type="Bill", ReferenceNbr="000150", Status=7)

    with pytest.raises(ErpUnreadable, match="Bill/Bill/000150"):
        answers.read_glimpse(BILL, json_reply(200, record))


def test_a_note_comes_with_when_its_document_changed() -> None:
    changed = "2026-11-02T14:31:28.407+00:00"
    record = wrapped(Type="Bill", ReferenceNbr="000150", Status="Open",
                     LastModifiedDateTime=changed)  # fmt: skip
    record["id"], record["note"] = "an-id", {"value": "n"}

    found = answers.read_noted(BILL, json_reply(200, record))

    assert found is not None
    assert found.last_modified == datetime.fromisoformat(changed)
