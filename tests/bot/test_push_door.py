"""The push door and what becomes of a push: proved, stored first, read in order, or parked."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sync_world import NAME, SyncWorld, sync_world

from bot.clock import Bell
from bot.reading.push_door import PUSH_LIMIT, SECRET_HEADER, Company, PushDoor
from bot.reading.pushes import Pushes
from bot.server import plain_errors
from storage import inbox

SECRET = "a-push-secret-of-32-characters!!"
BILLS = "CountersignBills"
TICKS = 638982882884030000


@dataclass
class Sender:
    """Sends pushes to the door over HTTP, as Acumatica does."""

    erp: SyncWorld
    http: TestClient[Any, Any]
    reader: Pushes

    async def send(self, body: Any, secret: str = SECRET, **headers: str) -> int:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        shown = {SECRET_HEADER: secret, "Content-Type": "application/json", **headers}
        async with self.http.post("/push/acme", data=io.BytesIO(data), headers=shown) as answer:
            return answer.status

    async def parked(self) -> list[str]:
        async with self.erp.store.reading() as conn:
            return [why for _, _, why in await inbox.parked(conn)]

    def stored(self) -> int:
        return len(self.erp.rows("SELECT id FROM inbox"))

    def counted(self) -> dict[tuple[str, str], int]:
        return {key: n for key, n in self.erp.board.counts.items() if key[0].startswith("push")}


@pytest.fixture
async def sender(tmp_path: Path) -> AsyncIterator[Sender]:
    own = {
        "TeamsBills": {
            "entity": "Bill", "type": "APInvoice_docType", "number": "APInvoice_refNbr",
            "status": "APInvoice_status",
        },
        "TeamsPayments": {"entity": "Payment", "number": "Nbr", "fixed_type": "PMT"},
    }  # fmt: skip
    async with sync_world(tmp_path, inquiry=own) as erp:
        company = Company(lambda: (SECRET.encode(),), "Company", Bell(erp.clock), erp.board)
        door = PushDoor(erp.store, erp.ports, {NAME: company})
        app = web.Application(middlewares=[plain_errors])
        app.router.add_post("/push/{company}", door.push)
        async with TestClient(TestServer(app)) as http:
            yield Sender(erp, http, Pushes(erp.tenant, erp.store, erp.ports, erp.board))


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"Type": "Bill      ", "ReferenceNbr": f"{number:06} ", **more}


def push(name: str = "t1", *numbers: int, **more: Any) -> dict[str, Any]:
    rows = [row(number) for number in numbers or (150,)]
    whole = {"Query": BILLS, "Id": name, "CompanyId": "Company", "Inserted": rows, "Deleted": []}
    return {**whole, "TimeStamp": TICKS, **more}


# --- who may send ---


async def test_a_wrong_secret_causes_no_work_whatever_it_carries(sender: Sender) -> None:
    huge = b'{"x": "' + b"x" * PUSH_LIMIT + b'"}'
    heard = [await sender.send(body, "wrong") for body in (push(), huge, b"no JSON")]

    assert heard == [401] * 3
    assert sender.stored() == 0
    assert sender.erp.board.take_wish() is False
    assert sender.counted() == {("push refused", "wrong secret"): 3}
    assert await sender.erp.audit("push refused") == []


@pytest.mark.parametrize("tenant", ["Other", "", None, 5, ["Company"], "Company2"])
async def test_a_push_of_another_tenant_is_refused_counted_and_audited(
    sender: Sender, tenant: Any
) -> None:
    heard = await sender.send(push(CompanyId=tenant))

    (told,) = await sender.erp.audit("push refused")
    assert heard == 422
    assert sender.stored() == 0
    assert told.detail["wanted"] == "Company"
    assert sender.counted() == {("push refused", "wrong tenant"): 1}


async def test_a_push_without_a_tenant_is_refused(sender: Sender) -> None:
    body = push()
    del body["CompanyId"]

    assert await sender.send(body) == 422


@pytest.mark.parametrize("tenant", ["company", "COMPANY", " Company "])
async def test_case_and_padding_of_the_tenant_do_not_matter(sender: Sender, tenant: str) -> None:
    assert await sender.send(push(CompanyId=tenant)) == 202


# --- bad form ---


@pytest.mark.parametrize(
    ("body", "headers", "status", "reason"),
    [
        (b"{", {}, 400, "no JSON"),
        (b"[]", {}, 400, "no JSON"),
        (b'{"a": 1, "a": 2}', {}, 400, "no JSON"),
        (b"\xff", {}, 400, "no JSON"),
        (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", {}, 400, "no JSON"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "wrong form"),
        (b"{}", {"Content-Encoding": "gzip"}, 415, "wrong form"),
    ],
)
async def test_a_push_of_bad_form_is_told_as_one_and_counted(
    sender: Sender, body: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    assert await sender.send(body, **headers) == status
    assert sender.counted() == {("push refused", reason): 1}
    assert sender.stored() == 0


async def test_a_push_that_is_too_large_is_alarmed_audited_and_starts_a_poll(
    sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    await sender.erp.settle()
    missed = await sender.erp.bill()
    body = push(Inserted=[row(1, Text="x" * PUSH_LIMIT)])

    with caplog.at_level(logging.WARNING):
        heard = await sender.send(body)
    sender.erp.clock.advance(seconds=10)
    polled = await sender.erp.poller.step()

    (told,) = await sender.erp.audit("push refused")
    assert heard == 413
    assert told.detail["reason"] == "too large"
    assert "push refused" in caplog.text
    assert sender.counted() == {("push refused", "too large"): 1}
    assert polled
    assert await sender.erp.hints() == [missed]


# --- stored once ---


async def test_the_same_push_again_is_stored_once_and_accepted_each_time(sender: Sender) -> None:
    heard = [await sender.send(push()) for _ in range(6)]

    assert heard == [202] * 6
    assert sender.stored() == 1
    assert sender.counted() == {("push", "received"): 1, ("push", "repeated"): 5}


async def test_the_halves_of_a_split_update_are_two_pushes(sender: Sender) -> None:
    new, old = push(Deleted=[]), push(Inserted=[], Deleted=[row(150)])

    for body in (old, new, old, new):
        assert await sender.send(body) == 202

    assert sender.stored() == 2


async def test_one_transaction_seen_by_two_inquiries_is_two_pushes(sender: Sender) -> None:
    await sender.send(push())
    await sender.send(push(Query="CountersignChecks"))

    assert sender.stored() == 2


async def test_a_push_is_on_disk_as_it_came_before_anything_is_read(sender: Sender) -> None:
    await sender.send(push("durable"))

    ((body, stamp, state),) = sender.erp.rows("SELECT body, stamp, state FROM inbox")
    assert json.loads(body) == push("durable")
    assert (stamp, state) == (TICKS, "new")
    assert await sender.erp.hints() == []


@pytest.mark.parametrize("stamp", [2**63, -(2**70), 10**23, "638982882884030000", 1.5, True, None])
async def test_a_time_stamp_that_is_none_orders_nothing_and_breaks_nothing(
    sender: Sender, stamp: Any
) -> None:
    assert await sender.send(push(TimeStamp=stamp)) == 202
    assert sender.erp.rows("SELECT stamp FROM inbox") == [(0,)]


# --- read ---


async def test_pushes_are_read_in_the_order_of_their_time_stamps(sender: Sender) -> None:
    for number, stamp in ((3, 30), (1, 10), (2, 20)):
        await sender.send(push(f"t{number}", number, TimeStamp=TICKS + stamp))

    read = []
    for _ in range(3):
        before = set(await sender.erp.hints())
        await sender.reader.read_next()
        read += sorted(set(await sender.erp.hints()) - before)

    assert read == ["Bill/Bill/000001", "Bill/Bill/000002", "Bill/Bill/000003"]


async def test_own_inquiries_are_read_by_their_columns_beside_those_we_ship(
    sender: Sender,
) -> None:
    own = {"APInvoice_docType": "INV", "APInvoice_refNbr": "000159", "APInvoice_status": "E"}
    await sender.send(push("a", Query="TeamsBills", Inserted=[own]))
    await sender.send(push("b", Query="TeamsPayments", Inserted=[{"Nbr": "000002"}]))
    await sender.send(push("c", 150))

    await read_all(sender)

    assert await sender.erp.hints() == [
        "Bill/Bill/000150", "Bill/Bill/000159", "Payment/Payment/000002",
    ]  # fmt: skip
    assert await sender.parked() == []


async def test_deleted_alone_is_a_hint_to_look_and_no_deletion(sender: Sender) -> None:
    document = await sender.erp.bill()
    await sender.erp.settle()
    number = int(document.rpartition("/")[2])

    await sender.send(push("left", Inserted=[], Deleted=[row(number)]))
    await read_all(sender)

    assert await sender.erp.hints() == [document]
    await sender.erp.look_at_all()
    assert sender.erp.rows("SELECT status, gone FROM documents") == [("On Hold", 0)]


async def test_thousands_of_rows_become_hints_and_keep_nobody_waiting(sender: Sender) -> None:
    count = 10_000
    # That nobody waits meanwhile is what the watchdog of every test looks after.
    await sender.send(push("mass", *range(count)))
    await read_all(sender)

    assert len(await sender.erp.hints()) == 9999  # what the listing asks for
    assert sender.erp.rows("SELECT count(*) FROM hints") == [(count,)]
    assert sender.erp.rows("SELECT state FROM inbox") == [("done",)]


async def test_a_mass_of_released_bills_does_not_hold_up_one_that_waits(sender: Sender) -> None:
    released = [row(number, Status="C") for number in range(50)]
    await sender.send(push("mass", Inserted=[*released, row(60, Status="On Hold   ")]))

    await read_all(sender)

    async with sender.erp.store.reading() as conn:
        (first,) = await inbox.due_hints(conn, NAME, sender.erp.clock.now(), limit=1)
    assert first.document == "Bill/Bill/000060"
    assert len(await sender.erp.hints()) == 51


async def test_an_unknown_inquiry_is_parked_naming_the_known_ones_and_polls(
    sender: Sender,
) -> None:
    await sender.send(push(Query="SomebodysInquiry"))

    await read_all(sender)

    (why,) = await sender.parked()
    assert "'SomebodysInquiry'" in why
    assert "CountersignBills" in why
    assert "TeamsBills" in why
    assert sender.erp.board.take_wish()


@pytest.mark.parametrize(
    "changes",
    [
        {"Inserted": 5},
        {"Inserted": "rows"},
        {"Inserted": [5]},
        {"Inserted": [{}]},
        {"Inserted": [{"Type": None, "ReferenceNbr": "1"}]},
        {"Inserted": [{"Type": "Bill", "ReferenceNbr": {"value": "1"}}]},
        {"Inserted": [{"Type": "Bill", "ReferenceNbr": "x" * 5000}]},
        {"Query": None},
        {"Query": 7},
        {"Id": []},
        {"Query": "x" * 5000},
    ],
    ids=str,
)
async def test_what_cannot_be_read_is_parked_with_a_reason_and_holds_up_nothing(
    sender: Sender, changes: dict[str, Any]
) -> None:
    assert await sender.send(push("odd", **changes)) == 202
    assert await sender.send(push("fine", 150)) == 202

    await read_all(sender)

    (why,) = await sender.parked()
    assert why
    assert await sender.erp.hints() == ["Bill/Bill/000150"]
    assert sender.erp.board.take_wish()


async def test_the_rows_that_can_be_read_are_looked_at_though_others_cannot(
    sender: Sender,
) -> None:
    await sender.send(push("mixed", Inserted=[row(150), {}, row(151)]))

    await read_all(sender)

    assert await sender.erp.hints() == ["Bill/Bill/000150", "Bill/Bill/000151"]
    (why,) = await sender.parked()
    assert "1 row" in why


async def test_a_push_of_a_document_that_does_not_exist_makes_nothing(sender: Sender) -> None:
    await sender.send(push("ghost", 999999))

    await sender.erp.look_at_all()

    assert await sender.erp.hints() == []
    assert sender.erp.rows("SELECT document FROM documents") == []


async def test_pushes_nobody_understands_do_not_drain_the_budget_with_polls(
    sender: Sender,
) -> None:
    await sender.erp.settle()
    polls = sender.erp.board.counts["polls", "done"]
    for number in range(100):
        sender.erp.clock.advance(seconds=3)
        await sender.send(push(f"t{number}", Query="SomebodysInquiry"))
        await read_all(sender)
        await sender.erp.poller.step()

    assert len(await sender.parked()) == 100
    assert sender.erp.board.counts["polls", "done"] - polls <= 6


async def read_all(sender: Sender) -> None:
    while await sender.reader.read_next():
        pass
