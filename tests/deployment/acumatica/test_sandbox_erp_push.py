"""Push notifications: what is sent, when again, and never at the API's expense."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from watchdog import excused

HEADER, VALUE = "X-Countersign-Push", "a secret of the company"


@dataclass
class Receiver:
    """Somebody notified; answers what the test has laid out, then 202."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: asyncio.Queue[tuple[dict[str, Any], str]] = field(default_factory=asyncio.Queue)

    async def take(self, request: web.Request) -> web.Response:
        self.got.put_nowait((json.loads(await request.text()), request.headers.get(HEADER, "")))
        return web.Response(status=self.answers.pop(0) if self.answers else 202)

    async def next(self) -> dict[str, Any]:
        return (await asyncio.wait_for(self.got.get(), 5))[0]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver, app = Receiver(), web.Application(client_max_size=30_000_000)
    app.router.add_post("/push", receiver.take)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/push"))
        yield receiver


async def point_at(erp: Any, receiver: Receiver, **more: Any) -> Any:
    to = {"url": receiver.url, "header": HEADER, "value": VALUE}
    return await erp.door("POST", "push", {"destination": to, **more})


async def test_update_is_the_old_row_deleted_and_the_new_one_inserted(
    erp: Any, receiver: Receiver
) -> None:
    await point_at(erp, receiver)

    await erp.change("000154", action="ReleaseFromHold")
    message, header = await asyncio.wait_for(receiver.got.get(), 5)

    old, new = message["Deleted"][0], message["Inserted"][0]
    assert header == VALUE
    assert (message["Query"], message["CompanyId"]) == ("CountersignBills", "Company")
    assert (old["Status"], old["Hold"]) == ("On Hold   ", True)
    assert (new["Status"], new["Hold"]) == ("Balanced  ", False)
    assert (new["Type"], new["ReferenceNbr"]) == ("Bill      ", "000154    ")
    assert (new["Vendor"], new["Amount"]) == ("V000000021", 4860.0)
    assert new["LastModifiedDateTime"] == "2026-11-02T14:31:28.407"
    unix_epoch = 621_355_968_000_000_000  # in .NET ticks
    seconds = (message["TimeStamp"] - unix_epoch) / 10_000_000
    assert seconds == pytest.approx(erp.clock.at.timestamp(), abs=0.001)


@pytest.mark.parametrize(
    ("entity", "values", "query", "row"),
    [
        ("Bill", {"Vendor": "ACMEPAPER"}, "CountersignBills", ("Vendor", "Amount")),
        (
            "PurchaseOrder",
            {"VendorID": "ACMEPAPER"},
            "CountersignPurchaseOrders",
            ("VendorID", "OrderTotal", "OrderNbr"),
        ),
        ("Check", {"Vendor": "ACMEPAPER"}, "CountersignChecks", ("Vendor", "PaymentAmount")),
        ("Payment", {"CustomerID": "C1"}, "CountersignPayments", ("CustomerID", "PaymentAmount")),
    ],
)
async def test_new_document_is_only_inserted_in_its_own_query(
    erp: Any, receiver: Receiver, entity: str, values: Any, query: str, row: tuple[str, ...]
) -> None:
    await point_at(erp, receiver)

    await erp.change("", entity, set=values)
    message = await receiver.next()

    assert (message["Query"], message["Deleted"]) == (query, [])
    assert set(row) < set(message["Inserted"][0])


async def test_deletion_is_only_deleted(erp: Any, receiver: Receiver) -> None:
    await point_at(erp, receiver)

    await erp.door("DELETE", "documents", {"entity": "Bill", "keys": {"ReferenceNbr": "000154"}})
    message = await receiver.next()

    assert (message["Inserted"], len(message["Deleted"])) == ([], 1)


async def test_api_writes_are_told_and_time_stamps_grow(
    erp: Any, api: Any, receiver: Receiver
) -> None:
    await point_at(erp, receiver)

    await api.act("Bill", "ReleaseFromHold", "000154")
    await api.act("Bill", "PutOnHold", "000154")
    first, second = await receiver.next(), await receiver.next()

    assert first["TimeStamp"] < second["TimeStamp"]
    assert first["Id"] != second["Id"]


async def test_refused_push_is_tried_five_times_with_growing_waits(
    erp: Any, receiver: Receiver
) -> None:
    receiver.answers = [500, 401, 302, 503, 400]
    await point_at(erp, receiver)
    await erp.change("000154", set={"Description": "x"})

    waits = [await erp.clock.end_nap() for _ in range(4)]
    sent = [await receiver.next() for _ in range(5)]
    await erp.change("000155", set={"Description": "y"})
    following = await receiver.next()

    assert waits == [1, 2, 4, 8]
    assert len({message["Id"] for message in sent}) == 1
    assert following["Inserted"][0]["ReferenceNbr"].strip() == "000155"
    attempts = [(e["attempt"], e["status"]) for e in await erp.events("push")]
    assert attempts[:5] == [(1, 500), (2, 401), (3, 302), (4, 503), (5, 400)]


async def test_accepted_retry_ends_the_matter(erp: Any, receiver: Receiver) -> None:
    receiver.answers = [500]
    await point_at(erp, receiver)
    await erp.change("000154", set={"Description": "x"})

    await erp.clock.end_nap()
    await receiver.next(), await receiver.next()

    assert receiver.got.empty()
    assert erp.clock.naps.empty()


async def test_dead_destination_never_holds_up_the_api(erp: Any, api: Any) -> None:
    nobody = Receiver(url="http://127.0.0.1:9/push")
    await point_at(erp, nobody)

    answer = await api.act("Bill", "ReleaseFromHold", "000154")
    await erp.clock.next_nap()

    assert answer.status == 204
    assert (await erp.events("push"))[0]["status"] is None


async def test_duplicates_split_halves_and_off(erp: Any, receiver: Receiver) -> None:
    await point_at(erp, receiver, duplicate=1, split=True)
    await erp.change("000154", set={"Description": "x"})
    sent = [await receiver.next() for _ in range(4)]
    await erp.door("POST", "push", {"on": False})
    await erp.change("000154", set={"Description": "y"})
    await erp.door("POST", "push", {"on": True, "duplicate": 0, "split": False})
    await erp.change("000155", set={"Description": "z"})

    following = await receiver.next()

    halves = [(len(m["Inserted"]), len(m["Deleted"])) for m in sent]
    assert halves == [(0, 1), (0, 1), (1, 0), (1, 0)]
    assert len({message["Id"] for message in sent}) == 1
    assert following["Inserted"][0]["ReferenceNbr"].strip() == "000155"


async def test_reorder_sends_the_later_change_first(erp: Any, receiver: Receiver) -> None:
    await point_at(erp, receiver, reorder=True)
    await erp.change("000154", set={"Description": "x"})
    nap = await erp.clock.next_nap()
    await erp.change("000155", set={"Description": "y"})
    nap.over.set_result(None)

    numbers = [(await receiver.next())["Inserted"][0]["ReferenceNbr"].strip() for _ in range(2)]

    assert numbers == ["000155", "000154"]


async def test_inquiry_has_its_own_name_columns_letters_and_no_padding(
    erp: Any, receiver: Receiver
) -> None:
    columns = {"Type": "APInvoice_docType", "ReferenceNbr": "APInvoice_refNbr", "Hold": ""}
    await point_at(
        erp, receiver, queries={"Bill": "TeamsBills"}, columns={"Bill": columns},
        status_as="letter", type_as="code", padded=False,
    )  # fmt: skip

    await erp.change("000154", action="ReleaseFromHold")
    message = await receiver.next()

    old, new = message["Deleted"][0], message["Inserted"][0]
    assert message["Query"] == "TeamsBills"
    assert (new["APInvoice_docType"], new["APInvoice_refNbr"]) == ("INV", "000154")
    assert (old["Status"], new["Status"]) == ("H", "B")
    assert not {"Type", "ReferenceNbr", "Hold"} & set(new)


async def test_times_of_deleted_rows_can_be_in_another_zone(erp: Any, receiver: Receiver) -> None:
    await point_at(erp, receiver, deleted_minutes=-360)
    await erp.change("000154", set={"Description": "x"})
    await receiver.next()
    await erp.change("000154", set={"Description": "y"})

    message = await receiver.next()

    assert message["Inserted"][0]["LastModifiedDateTime"] == "2026-11-02T14:31:28.407"
    assert message["Deleted"][0]["LastModifiedDateTime"] == "2026-11-02T08:31:28.407"


async def test_row_that_leaves_the_filter_of_its_inquiry_is_only_deleted(
    erp: Any, receiver: Receiver
) -> None:
    await point_at(erp, receiver, filters={"Bill": ["On Hold"]})

    await erp.change("000154", action="ReleaseFromHold")  # leaves
    await erp.change("000154", set={"Description": "outside"})  # nobody sees it
    await erp.change("000154", action="PutOnHold")  # comes back
    await erp.change("000154", set={"Description": "inside"})  # the usual pair
    sent = [await receiver.next() for _ in range(3)]

    assert [(len(m["Inserted"]), len(m["Deleted"])) for m in sent] == [(0, 1), (1, 0), (1, 1)]


async def test_company_id_can_be_another_tenants(erp: Any, receiver: Receiver) -> None:
    await point_at(erp, receiver, company_id="Elsewhere")

    await erp.change("000154", set={"Description": "x"})

    assert (await receiver.next())["CompanyId"] == "Elsewhere"


async def test_one_transaction_of_many_documents_is_one_message_per_inquiry(
    erp: Any, receiver: Receiver
) -> None:
    await point_at(erp, receiver)
    bill = {"entity": "Bill", "set": {"Vendor": "ACMEPAPER", "Amount": 5}}
    order = {"entity": "PurchaseOrder", "set": {"VendorID": "ACMEPAPER"}}

    with excused():  # thousands at once are entered by tests only
        made = await erp.door("POST", "documents", {"batch": [*[bill] * 2000, order]})
        bills, orders = await receiver.next(), await receiver.next()

    assert made.json == {"changed": 2001}
    assert (len(bills["Inserted"]), len(orders["Inserted"])) == (2000, 1)
    assert len({row["ReferenceNbr"] for row in bills["Inserted"]}) == 2000
    assert (bills["Id"], bills["TimeStamp"]) == (orders["Id"], orders["TimeStamp"])
    assert receiver.got.empty()


async def test_document_changed_twice_in_a_transaction_goes_from_first_to_last(
    erp: Any, receiver: Receiver
) -> None:
    await point_at(erp, receiver)
    keys = {"ReferenceNbr": "000154"}
    steps = [
        {"entity": "Bill", "keys": keys, "action": action}
        for action in ("ReleaseFromHold", "Release")
    ]

    await erp.door("POST", "documents", {"batch": steps})
    message = await receiver.next()

    rows = [[row["Status"].strip() for row in message[half]] for half in ("Deleted", "Inserted")]
    assert rows == [["On Hold"], ["Open"]]


async def test_batch_with_one_bad_change_changes_nothing(erp: Any, receiver: Receiver) -> None:
    await point_at(erp, receiver)
    before = (await erp.door("GET", "documents")).json
    keys = {"ReferenceNbr": "000154"}
    batch = [
        {"entity": "Bill", "set": {"Vendor": "ACMEPAPER"}},
        {"entity": "Bill", "keys": keys, "action": "ReleaseFromHold"},
        {"entity": "Bill", "keys": keys, "set": {"Amount": "much"}},
    ]

    answer = await erp.door("POST", "documents", {"batch": batch})

    assert answer.status == 422
    assert answer.json["error"].startswith("batch[2]: 'Amount' must be a number")
    assert (await erp.door("GET", "documents")).json == before
    assert await erp.events("change") == []


@pytest.mark.parametrize("batch", [[], "all", ["x"], None])
async def test_batch_is_a_list_of_changes(erp: Any, batch: Any) -> None:
    answer = await erp.door("POST", "documents", {"batch": batch})

    assert answer.status == 422
    assert "batch" in answer.json["error"]


async def fail(erp: Any, receiver: Receiver) -> dict[str, Any]:
    """Have one message given up on."""
    receiver.answers = [500] * 5
    await erp.change("000154", set={"Description": f"after {erp.clock.at}"})
    for _ in range(4):
        await erp.clock.end_nap()
    failed, *_ = [await receiver.next() for _ in range(5)]
    while not (failures := (await erp.door("GET", "push")).json["failures"]):
        pass
    assert failures[-1]["id"] == failed["Id"]
    return failed


async def test_message_given_up_on_is_listed_and_sent_again_on_request(
    erp: Any, receiver: Receiver
) -> None:
    await point_at(erp, receiver)
    failed = await fail(erp, receiver)
    listed = (await erp.door("GET", "push")).json["failures"][0]

    receiver.answers = [503]
    still = await erp.door("POST", "push/resend", {"key": listed["key"]})
    done = await erp.door("POST", "push/resend")

    assert (listed["query"], listed["attempts"]) == ("CountersignBills", 5)
    assert still.json == {"tried": 1, "delivered": 0}
    assert done.json == {"tried": 1, "delivered": 1}
    assert await receiver.next() == await receiver.next() == failed
    assert (await erp.door("GET", "push")).json["failures"] == []


async def test_failures_are_kept_for_two_days(erp: Any, receiver: Receiver) -> None:
    await point_at(erp, receiver)
    await fail(erp, receiver)

    erp.clock.at += timedelta(days=2)

    assert (await erp.door("GET", "push")).json["failures"] == []
    assert (await erp.door("POST", "push/resend")).json == {"tried": 0, "delivered": 0}


async def test_failures_survive_a_restart(start: Any, receiver: Receiver, tmp_path: Path) -> None:
    erp = await start(data=tmp_path)
    await point_at(erp, receiver)
    failed = await fail(erp, receiver)
    await erp.server.close()

    again = await start(data=tmp_path)

    assert (await again.door("POST", "push/resend")).json["delivered"] == 1
    assert await receiver.next() == failed


async def test_push_that_waits_for_its_retry_is_a_failure_after_the_stop(
    start: Any, receiver: Receiver, tmp_path: Path
) -> None:
    erp = await start(data=tmp_path)
    await point_at(erp, receiver)
    receiver.answers = [503]
    await erp.change("000154", action="ReleaseFromHold")
    failed = await receiver.next()
    await erp.clock.next_nap()
    await erp.server.close()

    again = await start(data=tmp_path)

    assert (await again.door("GET", "push")).json["failures"][0]["attempts"] == 1
    assert (await again.door("POST", "push/resend")).json == {"tried": 1, "delivered": 1}
    assert await receiver.next() == failed


async def test_push_not_yet_sent_is_a_failure_after_the_stop(
    start: Any, receiver: Receiver, tmp_path: Path
) -> None:
    erp = await start(data=tmp_path)
    await point_at(erp, receiver, reorder=True)
    await erp.change("000154", action="ReleaseFromHold")
    await erp.clock.next_nap()
    assert (await erp.change("000154", set={"Description": "later"})).status == 200
    await erp.server.close()

    again = await start(data=tmp_path)

    assert (await again.door("POST", "push/resend")).json == {"tried": 2, "delivered": 2}


async def test_resend_without_a_destination_drops_nothing(erp: Any, receiver: Receiver) -> None:
    await point_at(erp, receiver)
    await fail(erp, receiver)
    await erp.door("POST", "push", {"destination": None})

    refused = await erp.door("POST", "push/resend")

    assert refused.status == 409
    assert "'destination'" in refused.json["error"]
    assert len((await erp.door("GET", "push")).json["failures"]) == 1


async def test_very_long_message_is_cut_on_the_list_and_cannot_be_sent_again(
    erp: Any, receiver: Receiver
) -> None:
    await point_at(erp, receiver)
    receiver.answers = [413] * 5
    bill = {"entity": "Bill", "set": {"Vendor": "ACMEPAPER", "Amount": 5}}
    with excused():  # thousands at once are entered by tests only
        await erp.door("POST", "documents", {"batch": [bill] * 3000})
        for _ in range(4):
            await erp.clock.end_nap()
    while not (failures := (await erp.door("GET", "push")).json["failures"]):
        pass

    answer = await erp.door("POST", "push/resend", {"key": failures[0]["key"]})

    assert failures[0]["resendable"] is False
    assert answer.status == 404


async def test_state_of_the_sender_is_shown_without_the_value(erp: Any, receiver: Receiver) -> None:
    await point_at(erp, receiver, duplicate=2)

    shown = await erp.door("GET", "push")

    assert shown.json["destination"] == {"url": receiver.url, "header": HEADER}
    assert (shown.json["on"], shown.json["duplicate"], shown.json["reorder"]) == (True, 2, False)
    assert VALUE not in shown.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"speed": 1}, "speed"),
        ({"on": "yes"}, "true or false"),
        ({"duplicate": -1}, "from 0 to 20"),
        ({"destination": {"url": "http://x"}}, "exactly"),
        ({"status_as": "number"}, "label, letter"),
        ({"type_as": "letter"}, "label, code"),
        ({"deleted_minutes": 9000}, "from -840 to 840"),
        ({"queries": {"Invoice": "x"}}, "any of: Bill"),
        ({"queries": {"Bill": ""}}, "name of an inquiry"),
        ({"columns": {"Bill": ["Type"]}}, "{field: column}"),
        ({"filters": {"Bill": ["Held"]}}, "list out of: On Hold"),
        ({"company_id": 7}, "'company_id' must be"),
        ({"destination": {"url": "file:///x", "header": "A", "value": "b"}}, "http://"),
        ({"destination": {"url": "http://x", "header": "A\r\nB", "value": "b"}}, "line breaks"),
    ],
)
async def test_bad_push_settings_are_refused_in_a_sentence(erp: Any, body: Any, words: str) -> None:
    answer = await erp.door("POST", "push", body)

    assert answer.status == 422
    assert words in answer.json["error"]
