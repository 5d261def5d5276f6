"""A push is a hint: proof of the sender, then keys to look at, and nothing else is believed."""

import json
from typing import Any

import pytest
from erp_fixtures import PUSHES, body

from acumatica_client.entities import BILL, CHECK, PAYMENT
from acumatica_client.models import DocumentKey
from acumatica_client.notifications import (
    Push,
    PushMalformed,
    PushRejected,
    Query,
    check_secret,
    default_queries,
    read_push,
)

QUERIES = default_queries()
NOW, BEFORE = b"a secret of thirty-two characters", b"the secret before, during rotation"


def notification(*rows: Any, **other: Any) -> bytes:
    data = {"Inserted": list(rows), "Deleted": [], "Query": "CountersignBills", "Id": "6a1f"}
    return json.dumps({**data, "TimeStamp": 638982882884030000, **other}).encode()


def row(number: Any, kind: Any = "Bill") -> dict[str, Any]:
    return {"Type": kind, "ReferenceNbr": number}


def read(*rows: Any, **other: Any) -> Push:
    return read_push(notification(*rows, **other), QUERIES)


# --- proof of the sender ---


@pytest.mark.parametrize("secret", [NOW, BEFORE])
def test_current_and_previous_secret_are_accepted(secret: bytes) -> None:
    check_secret([secret.decode()], [NOW, BEFORE])


def test_secret_beyond_ascii_is_compared_as_bytes() -> None:
    check_secret(["Schlüssel"], ["Schlüssel".encode()])
    check_secret(["\udcfc\udcff"], [b"\xfc\xff"])


@pytest.mark.parametrize(
    "shown",
    [
        [],
        [""],
        [NOW.decode(), NOW.decode()],
        [NOW.decode(), ""],
        [NOW.decode()[:-1]],
        [NOW.decode() + " "],
        [NOW.decode().upper()],
        ["Schlüssel"],
        ["\udcff"],
    ],
)
def test_anything_but_exactly_one_right_header_is_rejected_without_a_reason(
    shown: list[str],
) -> None:
    with pytest.raises(PushRejected) as rejected:
        check_secret(shown, [NOW, BEFORE])

    assert str(rejected.value) == ""


def test_nobody_gets_in_without_a_secret_set() -> None:
    with pytest.raises(PushRejected):
        check_secret([""], [])


def test_missing_header_is_not_an_empty_secret() -> None:
    with pytest.raises(PushRejected):
        check_secret([], [b""])


# --- hints ---


@pytest.mark.parametrize("name", PUSHES)
def test_notification_tells_which_documents_to_look_at(name: str) -> None:
    case = PUSHES[name]

    push = read_push(body(name), QUERIES)

    assert tuple(map(str, push.documents)) == case.documents
    assert (push.order, push.unreadable_rows) == (case.order, case.unreadable)


@pytest.mark.parametrize("kind", ["Bill", "Bill   ", "INV", "INV  "])
def test_type_is_understood_as_label_and_as_code(kind: str) -> None:
    assert read(row("000159", kind)).documents == (BILL.key("Bill", "000159"),)


def test_unknown_type_stays_what_it_is() -> None:
    assert read(row("000159", "QQQ")).documents == (BILL.key("QQQ", "000159"),)


@pytest.mark.parametrize(
    ("query", "kind", "label"),
    [
        ("CountersignChecks", "CHK", "Payment"),
        ("CountersignChecks", "ADR", "Debit Adj."),
        ("CountersignPayments", "PMT", "Payment"),
        ("CountersignPayments", "REF", "Refund"),
    ],
)
def test_codes_belong_to_the_entity_of_the_inquiry(query: str, kind: str, label: str) -> None:
    entity = {"CountersignChecks": CHECK, "CountersignPayments": PAYMENT}[query]

    push = read(row("000010", kind), Query=query)

    assert push.documents == (entity.key(label, "000010"),)


def test_deleted_row_is_a_hint_like_any_other() -> None:
    push = read(Deleted=[row("000159")])

    assert push.documents == (BILL.key("Bill", "000159"),)


def test_two_halves_of_an_update_are_one_hint() -> None:
    push = read(row("000159"), Deleted=[row("000159  ")])

    assert len(push.documents) == 1


def test_documents_keep_the_order_of_the_rows() -> None:
    push = read(row("000150"), row("000149"), row("000150"))

    assert [key.number for key in push.documents] == ["000150", "000149"]


@pytest.mark.parametrize("number", [159, "159", " 159 "])
def test_number_may_come_as_a_number(number: Any) -> None:
    assert read(row(number)).documents == (BILL.key("Bill", "159"),)


@pytest.mark.parametrize(
    "unusable",
    [
        None, "", "   ", True, 1.5, [], ["000159"], {"value": "000159"}, "..", ".", "0001\n59",
        "0001\x0059", "\u202e000159", "9" * 65,
    ],
)  # fmt: skip
def test_row_whose_number_cannot_be_one_is_counted_and_left_out(unusable: Any) -> None:
    push = read(row(unusable), row("000159"))

    assert push.documents == (BILL.key("Bill", "000159"),)
    assert push.unreadable_rows == 1


@pytest.mark.parametrize("kind", [None, "", 0.5, False, {"value": "Bill"}])
def test_row_without_a_type_is_counted_and_left_out(kind: Any) -> None:
    push = read(row("000159", kind))

    assert (push.documents, push.unreadable_rows) == ((), 1)


def test_columns_of_an_inquiry_of_ones_own_are_mapped() -> None:
    queries = {"TeamsBills": Query(BILL, "APInvoice_docType", "APInvoice_refNbr")}
    shown = {"APInvoice_docType": "INV", "APInvoice_refNbr": "000159", "APInvoice_status": "E"}

    push = read_push(notification(shown, Query="TeamsBills"), queries)

    assert push.documents == (DocumentKey("Bill", "Bill", "000159"),)


def test_shipped_inquiries_are_one_per_entity() -> None:
    assert set(QUERIES) == {
        "CountersignBills", "CountersignPurchaseOrders", "CountersignChecks", "CountersignPayments",
    }  # fmt: skip
    assert QUERIES["CountersignPurchaseOrders"].number_column == "OrderNbr"


@pytest.mark.parametrize("rows", [None, []])
def test_notification_without_rows_is_read(rows: Any) -> None:
    push = read(Inserted=rows, Deleted=rows)

    assert (push.documents, push.unreadable_rows) == ((), 0)


@pytest.mark.parametrize("stamp", [None, "638982882884030000", 1.5])
def test_time_stamp_that_is_no_integer_sorts_first(stamp: Any) -> None:
    assert read(TimeStamp=stamp).order == 0


def test_time_stamp_beyond_a_floats_precision_is_exact() -> None:
    assert read(TimeStamp=638982882884030001).order == 638982882884030001


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
        (b"\xff\xfe\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "must be a JSON object"),
        (b"7", "must be a JSON object"),
        (notification(Query=None), "must be texts"),
        (notification(Query=["CountersignBills"]), "must be texts"),
        (notification(Id=7), "must be texts"),
        (notification(Id=None), "must be texts"),
        (notification(Id=""), "must be texts"),
        (notification(Query="TeamsBills"), "'TeamsBills' is not mapped; known: CountersignBills"),
        (notification(Inserted={"0": row("000159")}), "Inserted must be a list"),
        (notification(Inserted=["000159"]), "Inserted must be a list"),
        (notification(Deleted="all"), "Deleted must be a list"),
        (notification(Deleted=[None]), "Deleted must be a list"),
    ],
)
def test_body_that_is_no_notification_is_malformed(broken: bytes, words: str) -> None:
    with pytest.raises(PushMalformed, match=words.replace("(", r"\(")):
        read_push(broken, QUERIES)
