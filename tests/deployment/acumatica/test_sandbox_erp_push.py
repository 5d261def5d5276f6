"""Push notifications: what is sent, when again, and never at the API's expense."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

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
    receiver, app = Receiver(), web.Application()
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
        ({"destination": {"url": "file:///x", "header": "A", "value": "b"}}, "http://"),
        ({"destination": {"url": "http://x", "header": "A\r\nB", "value": "b"}}, "line breaks"),
    ],
)
async def test_bad_push_settings_are_refused_in_a_sentence(erp: Any, body: Any, words: str) -> None:
    answer = await erp.door("POST", "push", body)

    assert answer.status == 422
    assert words in answer.json["error"]
