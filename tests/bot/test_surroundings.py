"""What stands around a document: read from the stand-in, kept in a real store, asked for seldom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from acumatica_client.client import ErpClient
from acumatica_client.models import Around, Differs, DocumentKey
from acumatica_client.protocol import Address
from acumatica_client.sign_in import Credentials
from acumatica_client.transport import open_transport
from acumatica_client.waiting import Waiting
from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.company_file import Company
from bot.core.routes import Route, Routes
from bot.people.directory import Directory
from bot.reading.look import Look
from deployment.sandbox.acumatica import SandboxOptions, serve
from storage import documents, inbox, people
from storage.database import Database
from storage.records import Reading, StoredEmployee, TeamsPerson

NAME = "acme"
PASSWORD = "correct horse"
START = datetime(2026, 11, 2, 14, 31, 28, tzinfo=UTC)
PLAIN, WITH_ORDER, MISMATCHED = "000153", "000159", "000156"


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def reading(self) -> Reading:
        return Reading("test", self.at.timestamp())

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Scene:
    """A company between the stand-in and a store, with looks made by hand."""

    clock: Clock
    store: Database
    tenant: Tenant
    look: Look
    doors: aiohttp.ClientSession
    url: str
    path: Path

    def kept(self) -> bytes:
        """Everything the store has on disk."""
        return b"".join(file.read_bytes() for file in self.path.glob("store.db*"))

    async def door(self, path: str, body: Any = None) -> Any:
        method = "GET" if body is None else "POST"
        async with self.doors.request(method, f"{self.url}/_sandbox/{path}", json=body) as answer:
            data = await answer.json()
            assert answer.status == 200, data
            return data

    async def reads(self) -> list[str]:
        """Every read the stand-in answered, as ENTITY/key."""
        events = (await self.door("history"))["events"]
        return [
            event["path"].rpartition("001/")[2]
            for event in events
            if event["kind"] == "request" and event["method"] == "GET" and event["status"] == 200
            if "001/" in event["path"]
        ]

    async def change(self, number: str, **fields: Any) -> None:
        keys = {"Type": "Bill", "ReferenceNbr": number}
        await self.door("documents", {"entity": "Bill", "keys": keys, "set": fields, "by": "dev"})

    async def vendor(self, code: str, **fields: Any) -> None:
        body = {"entity": "Vendor", "keys": {"VendorID": code}, "set": fields, "by": "dev"}
        await self.door("masters", body)

    async def looked(self, number: str) -> tuple[Around, list[str]]:
        """Look at a bill; return what is stored around it, and the reads it took."""
        key, before = DocumentKey("Bill", "Bill", number), len(await self.reads())
        async with self.store.transaction() as conn:
            await inbox.add_hint(
                conn, NAME, str(key), reason="test", correlation="c", now=self.clock.now()
            )
        while await self.look.step():
            pass
        return await self.around(number), (await self.reads())[before:]

    async def around(self, number: str) -> Around:
        async with self.store.reading() as conn:
            record = await documents.get(conn, NAME, f"Bill/Bill/{number}")
        assert record is not None
        return Around.from_json(record.snapshot["around"])


@asynccontextmanager
async def scene(path: Path, **company: Any) -> AsyncIterator[Scene]:
    clock = Clock()
    ports = Ports(clock, lambda: 0.5, lambda: "token", open_transport)
    options = SandboxOptions(password=PASSWORD, today=date(2026, 11, 2), now=clock.now)
    serving = await serve(options, host="127.0.0.1", port=0)
    url = f"http://127.0.0.1:{serving.port}"
    told = Company(name=NAME, url=url, tenant="Company", **company)
    erp = ErpClient(
        Address(url, told.endpoint, told.version),
        Credentials("countersign", lambda: PASSWORD, "Company"),
        open_transport=open_transport,
        waiting=Waiting(clock.now, clock.sleep, lambda: clock.reading().seconds),
        extras=told.extras(),
    )
    store = await Database.open(path / "store.db")
    tenant = Tenant(told, Routes([Route(company=NAME, to=())]), erp, ())
    look = Look(tenant, store, ports, outbox_bell=Bell(clock))
    try:
        async with aiohttp.ClientSession() as doors:
            yield Scene(clock, store, tenant, look, doors, url, path)
    finally:
        await erp.close()
        await store.close()
        await serving.stop()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path) as opened:
        yield opened


# --- thrift ---------------------------------------------------------------------------------


async def test_a_bill_without_orders_costs_one_read_once_its_vendor_is_known(here: Scene) -> None:
    _, first = await here.looked(PLAIN)
    _, again = await here.looked(PLAIN)

    assert first == [f"Bill/Bill/{PLAIN}", "Vendor/V000000029"]
    assert again == [f"Bill/Bill/{PLAIN}"]


async def test_orders_and_receipts_are_read_once_while_the_bill_stays_as_it_is(here: Scene) -> None:
    _, first = await here.looked(WITH_ORDER)
    _, again = await here.looked(WITH_ORDER)

    assert first[2:] == ["PurchaseOrder/Normal/PO000113", "PurchaseReceipt/Receipt/000301"]
    assert again == [f"Bill/Bill/{WITH_ORDER}"]


async def test_orders_are_read_again_after_half_a_day_and_when_the_bill_changes(
    here: Scene,
) -> None:
    await here.looked(WITH_ORDER)
    here.clock.at += timedelta(hours=13)

    _, later = await here.looked(WITH_ORDER)
    await here.change(WITH_ORDER, VendorRef="another")
    _, changed = await here.looked(WITH_ORDER)

    assert len(later) == 4
    assert changed == [f"Bill/Bill/{WITH_ORDER}", *later[2:]]


async def test_with_matching_off_only_the_order_of_the_buyer_is_read(tmp_path: Path) -> None:
    async with scene(tmp_path, match=False) as here:
        around, reads = await here.looked(MISMATCHED)

    assert reads[2:] == ["PurchaseOrder/Normal/PO000116"]
    assert around.buyer == "EP00000003"
    assert around.differences == ()


# --- matching -------------------------------------------------------------------------------


async def test_a_bill_that_bills_more_than_was_received_is_told_with_its_numbers(
    here: Scene,
) -> None:
    fine, _ = await here.looked(WITH_ORDER)
    over, _ = await here.looked(MISMATCHED)

    assert fine.differences == ()
    assert {one.kind for one in over.differences} == {Differs.OVER_RECEIVED}
    assert over.differences[0].of == "receipt 000303"
    assert float(over.differences[0].billed) > float(over.differences[0].other)


async def test_a_tolerance_of_the_company_lets_small_differences_pass(tmp_path: Path) -> None:
    async with scene(tmp_path, match_tolerance=100) as here:
        around, _ = await here.looked(MISMATCHED)

    assert around.differences == ()


async def test_an_order_our_role_may_not_see_does_not_keep_the_bill_from_people(
    here: Scene,
) -> None:
    await here.door("faults", {"fault": "status:403", "on": {"path": "PurchaseOrder"}, "times": 1})

    around, _ = await here.looked(WITH_ORDER)

    assert [one.kind for one in around.differences] == [Differs.UNREADABLE]
    assert around.party_name == "Tallgrass Pallet Works"


# --- vendor references ----------------------------------------------------------------------


async def test_a_reference_that_came_twice_is_told_on_both_bills(here: Scene) -> None:
    await here.change("000149", VendorRef="FSG-9874")
    first, _ = await here.looked(PLAIN)

    second, reads = await here.looked("000149")

    assert first.same_reference == ()
    assert second.same_reference == (PLAIN,)
    assert (await here.around(PLAIN)).same_reference == ("000149",)
    assert reads == ["Bill/Bill/000149", f"Bill/Bill/{PLAIN}"]


async def test_a_bill_we_never_saw_is_found_where_the_company_lets_us_ask(tmp_path: Path) -> None:
    async with scene(tmp_path, ask_reference=True) as here:
        await here.change("000149", VendorRef="FSG-9874")

        around, reads = await here.looked(PLAIN)
        _, again = await here.looked(PLAIN)

    assert around.same_reference == ("000149",)
    # Asked once for each of the two: the other bill is looked at as well, then this one again.
    assert reads[2:] == ["Bill", "Bill/Bill/000149", "Bill", f"Bill/Bill/{PLAIN}"]
    assert again == [f"Bill/Bill/{PLAIN}"]


# --- vendors --------------------------------------------------------------------------------


async def test_instructions_that_change_are_told_since_we_saw_it(here: Scene) -> None:
    first, _ = await here.looked(PLAIN)
    here.clock.at += timedelta(hours=13)
    account = "DE89370400440532013000"
    rows = [{"PaymentInstructionsID": "1", "PaymentMethod": "ACH", "Value": account}]
    await here.vendor("V000000029", PaymentInstructions=rows)

    changed, _ = await here.looked(PLAIN)

    assert first.instructions_changed is None
    assert changed.instructions_changed == here.clock.at
    assert b"Fenwick" in here.kept()
    assert account.encode() not in here.kept()


async def test_a_vendor_on_hold_is_told(here: Scene) -> None:
    await here.vendor("V000000029", Status="Hold Payments")

    around, _ = await here.looked(PLAIN)

    assert around.party_status == "Hold Payments"


# --- the directory --------------------------------------------------------------------------


class NoConnector:
    """A Teams without channels: no roster is asked for."""


def directory(here: Scene) -> Directory:
    ports = Ports(here.clock, lambda: 0.5, lambda: "token", open_transport)
    return Directory(
        {NAME: here.tenant}, here.store, NoConnector(), ports,  # type: ignore[arg-type]
        reachable=lambda told: told, look_bells={},
    )  # fmt: skip


async def test_an_employee_the_erp_no_longer_lists_decides_nothing_any_more(here: Scene) -> None:
    left = StoredEmployee("EP99999999", "Zoe", "zoe@acme.example", active=True)
    async with here.store.transaction() as conn:
        await people.put_employee(conn, NAME, left)

    await directory(here).list_employees(NAME)

    async with here.store.reading() as conn:
        active = {one.code for one in await people.employees(conn, NAME) if one.active}
    assert "EP00000001" in active
    assert left.code not in active


async def test_contacts_are_fetched_only_where_the_company_asks_for_them(tmp_path: Path) -> None:
    for wanted in (False, True):
        async with scene(tmp_path / str(wanted), contacts=wanted) as here:
            await directory(here).list_employees(NAME)

            async with here.store.reading() as conn:
                assert bool(await people.contacts(conn, NAME)) is wanted


async def test_who_acts_for_whom_follows_the_day_where_the_company_is(here: Scene) -> None:
    await directory(here).list_employees(NAME)
    ann = TeamsPerson("aad-ann", "29:ann", "Ann Whitfield", "ann@acme.example")
    async with here.store.transaction() as conn:
        await people.put_person(conn, ann, now=here.clock.now())
        absent = [one for one in await people.employees(conn, NAME) if one.delegates]

        days = [
            await here.tenant.people(conn, now=datetime.fromisoformat(f"{row.starts}T12:00:00Z"))
            for one in absent
            for row in one.delegates
            if row.active
        ]

    assert absent
    assert all(known.delegates for known in days)
