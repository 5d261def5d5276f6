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
    PushTooLong,
    Query,
    check_secret,
    default_queries,
    push_identity,
    read_push,
    read_queries,
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


def test_slash_in_a_type_is_no_type_and_in_a_number_is_fine() -> None:
    push = read(row("000159", "A/B"), row("2026/11"))

    assert push.documents == (BILL.key("Bill", "2026/11"),)
    assert DocumentKey.parse(str(push.documents[0])) == push.documents[0]


@pytest.mark.parametrize("odd", [None, "000159", 7, ["000159"]])
def test_row_that_is_no_object_holds_up_no_other(odd: Any) -> None:
    push = read(odd, row("000159"), Deleted=[odd])

    assert push.documents == (BILL.key("Bill", "000159"),)
    assert push.unreadable_rows == 2


def test_unreadable_rows_are_described_but_not_quoted() -> None:
    secret = "x" * 65
    push = read(row("000159"), row(secret), row(None, ""), {"Other": 1}, Deleted=[row(secret)])

    assert push.unreadable_rows == 4
    assert push.complaint == (
        "4 rows name no document: Inserted row 2: 'ReferenceNbr' can be no key; "
        "Inserted row 3: 'ReferenceNbr' is empty and 'Type' is empty; "
        "Inserted row 4: 'ReferenceNbr' is missing and 'Type' is missing; …"
    )


def test_push_read_whole_has_nothing_to_complain_of() -> None:
    assert read(row("000159")).complaint == ""
    assert read(row("")).complaint.startswith("1 row names no document: Inserted row 1")


def test_status_shown_is_a_label_of_the_newest_row() -> None:
    before, now = {**row("000159"), "Status": "H "}, {**row("000159"), "Status": "E"}
    gone = {**row("000150"), "Status": "Balanced"}

    push = read(now, Deleted=[before, gone])

    assert push.statuses == {
        BILL.key("Bill", "000159"): "Pending Approval",
        BILL.key("Bill", "000150"): "Balanced",
    }


def test_inquiry_without_a_status_column_tells_none() -> None:
    queries = {"TeamsBills": Query(BILL, "Type", "ReferenceNbr")}

    push = read_push(notification({**row("1"), "Status": "H"}, Query="TeamsBills"), queries)

    assert push.statuses == {}


def test_times_without_a_zone_are_not_looked_at() -> None:
    shown = {**row("000159"), "LastModifiedDateTime": "2026-11-02T99:99"}

    assert read(shown) == read(row("000159"))


@pytest.mark.parametrize(("shown", "tenant"), [("Company ", "Company"), (None, ""), (7, "7")])
def test_tenant_is_told(shown: Any, tenant: str) -> None:
    assert read(row("1"), CompanyId=shown).tenant == tenant


def test_rows_are_bounded() -> None:
    with pytest.raises(PushTooLong, match="50001 rows, more than 50000"):
        read(*[{}] * 50_001)


def test_ten_thousand_rows_are_read_each_once() -> None:
    rows = [{**row(f"{n:06d}", "INV"), "Status": "H"} for n in range(5000)]

    push = read_push(notification(*rows, Deleted=rows), QUERIES)

    assert (len(push.documents), push.unreadable_rows) == (5000, 0)


# --- the same again ---


def identity(body: bytes) -> str:
    return push_identity(json.loads(body), body)


def test_second_delivery_of_one_notification_is_the_same() -> None:
    members = {"b": 2, "a": 1}
    again = json.dumps(json.loads(notification(members)), indent=1).encode()
    turned = notification(dict(reversed(members.items())), TimeStamp=7, AdditionalInfo={"n": 5})

    assert identity(again) == identity(notification(members)) == identity(turned)


def test_missing_half_is_an_empty_half() -> None:
    assert identity(notification(row("1"), Deleted=None)) == identity(notification(row("1")))


def test_halves_of_one_update_in_two_requests_are_two() -> None:
    inserted, deleted = notification(row("1")), notification(Deleted=[row("1")])
    both = notification(row("1"), Deleted=[row("1")])

    assert len({identity(body) for body in (inserted, deleted, both)}) == 3


def test_parts_of_one_batch_are_two() -> None:
    assert identity(notification(row("1"))) != identity(notification(row("2")))


@pytest.mark.parametrize("other", [{"Query": "CountersignChecks"}, {"Id": "6a20"}])
def test_id_alone_and_query_alone_are_no_identity(other: dict[str, str]) -> None:
    assert identity(notification(row("1"), **other)) != identity(notification(row("1")))


@pytest.mark.parametrize("nameless", [{"Query": None}, {"Id": 7}, {"Id": ""}])
def test_body_without_a_name_is_known_by_its_bytes(nameless: dict[str, Any]) -> None:
    body = notification(row("1"), **nameless)

    assert identity(body) == identity(bytes(body)) != identity(body + b" ")


# --- field maps of one's own ---


def test_field_map_is_read_from_plain_data() -> None:
    queries = read_queries(
        {
            "TeamsBills": {
                "entity": "Bill", "type": "APInvoice_docType", "number": "APInvoice_refNbr",
                "status": "APInvoice_status",
            },
            "Prepayments": {"entity": "Bill", "fixed_type": "PPM", "number": "Nbr"},
        }
    )  # fmt: skip

    assert queries == {
        "TeamsBills": Query(BILL, "APInvoice_docType", "APInvoice_refNbr", "APInvoice_status"),
        "Prepayments": Query(BILL, "", "Nbr", fixed_type="Prepayment"),
    }


def test_inquiry_of_one_type_needs_no_column_for_it() -> None:
    queries = read_queries({"P": {"entity": "Bill", "fixed_type": "Prepayment", "number": "Nbr"}})

    push = read_push(notification({"Nbr": "000007", "Type": "INV"}, {}, Query="P"), queries)

    assert push.documents == (BILL.key("Prepayment", "000007"),)
    assert push.complaint.endswith("Inserted row 2: 'Nbr' is missing")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"entity": "Bil", "type": "t", "number": "n"}, "entity must be one of Bill, Purch"),
        ({"type": "t", "number": "n"}, "entity must be one of"),
        ({"entity": "Bill", "type": "t"}, "number must name the column that holds ReferenceNbr"),
        ({"entity": "Bill", "number": "n"}, "set either type, a column, or fixed_type"),
        ({"entity": "Bill", "type": "t", "fixed_type": "INV", "number": "n"}, "set either"),
        (
            {"entity": "Bill", "fixed_type": "XXX", "number": "n"},
            "fixed_type 'XXX' is none of Bill",
        ),
        ({"entity": "Bill", "kind": "t", "number": "n"}, "'kind' is none of entity, type"),
    ],
)
def test_mistake_in_a_field_map_is_told_with_its_place(row: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=f"^inquiry.TeamsBills: {told}"):
        read_queries({"TeamsBills": row})


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


@pytest.mark.parametrize("stamp", [None, "638982882884030000", 1.5, True, -1, 2**63, 10**30])
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
        (notification(Query="x" * 129), "Query is no name: 129 characters"),
        (notification(Id="6a1f\n"), "Id is no name"),
        (notification(Deleted="all"), "Deleted must be a list"),
    ],
)
def test_body_that_is_no_notification_is_malformed(broken: bytes, words: str) -> None:
    with pytest.raises(PushMalformed, match=words.replace("(", r"\(")):
        read_push(broken, QUERIES)
