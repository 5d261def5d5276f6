"""Asks the running stand-in: every page, every kind of document, every way a read can fail."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from erp_fixtures import json_reply
from erp_world import (
    REMOVE_HOLD,
    SIGNED_IN,
    START,
    Clock,
    StandIn,
    bill,
    credentials,
    script,
    stand_in,
)

from acumatica_client.answers import read_glimpses
from acumatica_client.client import ErpClient
from acumatica_client.entities import BILL, PAYMENT
from acumatica_client.errors import (
    ErpBusy,
    ErpContract5,
    ErpForbidden,
    ErpMoving,
    ErpNotFound,
    ErpPage,
    ErpUnavailable,
    ErpVersionMissing,
)
from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import DocumentKey, Glimpse
from acumatica_client.protocol import Address, build_glance

BALANCED, ON_HOLD = "000150", "000154"
EVER, NEVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
async def erp() -> AsyncIterator[StandIn]:
    async with stand_in() as running:
        yield running


@pytest.fixture
async def client(erp: StandIn) -> AsyncIterator[ErpClient]:
    made = erp.client()
    yield made
    await made.close()


async def gathered(pages: AsyncIterator[list[Glimpse]]) -> list[list[Glimpse]]:
    return [page async for page in pages]


async def test_document_is_read_by_key_and_by_id_the_same(client: ErpClient) -> None:
    by_key = await client.read(bill(ON_HOLD))
    assert by_key is not None

    by_id = await client.read_by_id(bill(ON_HOLD), by_key.erp_id)

    assert by_id == by_key
    assert (by_key.status, by_key.text("VendorRef")) == ("On Hold", "NF-21002")
    assert str(by_key.money("Amount")) == "4860.0000"
    assert by_key.text("CurrentDocument.EmployeeID") == "EP00000002"
    assert [line["POOrderNbr"] for line in by_key.lines] == ["PO000112"] * len(by_key.lines)


@pytest.mark.parametrize(
    "key",
    [
        "PurchaseOrder/Normal/PO000119",
        "Check/Payment/000010",
        "Payment/Payment/000003",
        "Bill/Bill/000150",
    ],
)
async def test_every_kind_of_document_can_be_read(client: ErpClient, key: str) -> None:
    found = await client.read(DocumentKey.parse(key))

    assert found is not None
    assert str(found.key) == key
    assert len(fingerprint("acme", found)) == 64


async def test_missing_document_is_none(erp: StandIn, client: ErpClient) -> None:
    before = await client.read(bill(ON_HOLD))
    assert before is not None
    await erp.delete(ON_HOLD)

    assert await client.read(bill(ON_HOLD)) is None
    assert await client.read_by_id(bill(ON_HOLD), before.erp_id) is None


@pytest.mark.parametrize("page", [1, 4, 5, 15, 200])
async def test_pages_of_any_size_miss_nothing(erp: StandIn, page: int) -> None:
    client = erp.client(page=page)

    pages = await gathered(client.changed(BILL, EVER, NEVER))

    await client.close()
    numbers = sorted(glimpse.key.number for rows in pages for glimpse in rows)
    assert numbers == [f"{n:06d}" for n in range(145, 160)]
    assert all(len(rows) == page for rows in pages[:-1])


@pytest.mark.parametrize(("page", "calls"), [(4, 4), (5, 4), (8, 2), (200, 1)])
async def test_list_costs_one_call_for_each_page(erp: StandIn, page: int, calls: int) -> None:
    client = erp.client(page=page)

    await gathered(client.changed(BILL, EVER, NEVER))

    await client.close()
    assert len(await erp.requests("GET", "/24.200.001/Bill")) == calls


async def test_bill_that_leaves_the_window_between_two_pages_hides_no_other(erp: StandIn) -> None:
    client = erp.client(page=4)
    before = START + timedelta(minutes=1)
    erp.clock.at = START + timedelta(hours=1)
    found: set[str] = set()

    async for page in client.changed(BILL, EVER, before):
        if not found:
            await erp.change(page[0].key.number, set={"Description": "edited meanwhile"})
        found |= {glimpse.key.number for glimpse in page}

    await client.close()
    assert found == {f"{n:06d}" for n in range(145, 160)}


async def test_list_in_no_order_at_all_is_read_whole_or_not_at_all() -> None:
    async with stand_in(unstable_order=True) as erp:
        client = erp.client(page=4)
        whole = False
        found: set[str] = set()

        with suppress(ErpMoving):
            async for page in client.changed(BILL, EVER, NEVER):
                found |= {glimpse.key.number for glimpse in page}
                await erp.change("000153", set={"Description": f"edited after {len(found)}"})
            whole = True

        await client.close()
        assert not whole or found == {f"{n:06d}" for n in range(145, 160)}


async def test_old_build_with_a_bare_array_of_endpoints_is_understood() -> None:
    async with stand_in(bare_endpoints=True, versions=("20.200.001",)) as erp:
        good, bad = erp.client(version="20.200.001"), erp.client(version="24.200.001")

        await good.check_version()
        with pytest.raises(ErpVersionMissing, match=r'Set version = "20\.200\.001" in countersign'):
            await bad.check_version()

        await good.close()
        await bad.close()


async def test_contract_5_is_refused_where_it_is_read() -> None:
    async with stand_in(contract5=True) as erp:
        client = erp.client(version="26.200.001")

        with pytest.raises(ErpContract5, match=r"^Default/26\.200\.001: this endpoint speaks"):
            await client.check_version()
        # What its answers look like, were it pinned under a name of one's own.
        shown = await client._get(build_glance(client.address, BILL))
        with pytest.raises(ErpContract5, match=r"(Status|Type) is a drop-down"):
            read_glimpses(BILL, shown)

        await client.close()


async def test_type_that_ends_in_a_dot_is_read_by_id(erp: StandIn, client: ErpClient) -> None:
    made = await erp.change(set={"Type": "Credit Adj.", **await copied(erp, ON_HOLD)})
    key = DocumentKey("Bill", "Credit Adj.", made["keys"]["ReferenceNbr"])

    found = await client.read(key)

    assert found is not None
    assert found.key == key
    paths = [event["path"] for event in await erp.requests("GET", "/Bill")]
    assert paths[-1].endswith(found.erp_id)


async def copied(erp: StandIn, number: str) -> dict[str, Any]:
    """What a new bill needs, taken from another."""
    documents = (await erp.door("GET", "documents"))["documents"]
    keys = {"Type": "Bill", "ReferenceNbr": number}
    fields = next(d["fields"] for d in documents if d["entity"] == "Bill" and d["keys"] == keys)
    return {name: fields[name] for name in ("Vendor", "Amount", "Date")}


async def test_window_holds_what_changed_in_it_and_not_its_end(
    erp: StandIn, client: ErpClient
) -> None:
    erp.clock.at = START + timedelta(hours=1)
    await erp.change("000153", set={"Description": "Gloves"})
    changed = await client.read(bill("000153"))
    assert changed is not None
    stamp = changed.last_modified

    closed_below = await gathered(client.changed(BILL, stamp, stamp + timedelta(seconds=1)))
    open_above = await gathered(client.changed(BILL, START, stamp))

    assert [[g.key for g in rows] for rows in closed_below] == [[bill("000153")]]
    assert closed_below[0][0].last_modified == stamp
    assert open_above == [[]]


async def test_documents_standing_in_a_status_are_found(client: ErpClient) -> None:
    pages = await gathered(client.standing_in(BILL, ("Pending Approval", "Balanced")))

    assert {glimpse.key.number for glimpse in pages[0]} == {"000149", "000150", "000151", "000152"}
    assert {glimpse.status for glimpse in pages[0]} == {"Pending Approval", "Balanced"}


async def test_payments_are_listed_too(client: ErpClient) -> None:
    pages = await gathered(client.standing_in(PAYMENT, ("Balanced",)))

    assert [glimpse.key for glimpse in pages[0]] == [PAYMENT.key("Payment", "000003")]


@pytest.mark.parametrize("page", [1, 2, 200])
async def test_all_employees_come_with_their_e_mail(erp: StandIn, page: int) -> None:
    client = erp.client(page=page)
    people = (await erp.door("GET", "people"))["people"]

    employees = await client.around.employees()

    await client.close()
    assert {e.code for e in employees} == {p["employee_id"] for p in people}
    assert len(employees) == len(people)
    assert "ann@acme.example" in {e.email for e in employees}


async def test_pinned_version_that_is_there_is_fine(client: ErpClient) -> None:
    await client.check_version()


async def test_pinned_version_that_is_missing_tells_what_the_instance_has(erp: StandIn) -> None:
    client = erp.client(version="26.200.001")

    for asking in (client.check_version, lambda: client.read(bill(ON_HOLD))):
        with pytest.raises(ErpVersionMissing) as missing:
            await asking()
        assert f"{erp.url} has no endpoint Default/26.200.001; it has: " in missing.value.detail
        assert "Default/20.200.001, Default/22.200.001" in missing.value.detail
        assert 'Set version = "2' in missing.value.detail

    await client.close()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("login_limit", ErpBusy),
        ("login_limit:redirect", ErpBusy),
        ("html", ErpPage),
        ("redirect", ErpPage),
        ("status:503", ErpPage),
        ("status:500", ErpUnavailable),
        ("status:403", ErpForbidden),
        ("status:404", ErpNotFound),
        ("half_answer", ErpUnavailable),
    ],
)
async def test_read_that_goes_wrong_says_whether_to_try_again(
    erp: StandIn, client: ErpClient, fault: str, kind: type[Exception]
) -> None:
    await erp.arm(fault, path=BALANCED)

    with pytest.raises(kind) as error:
        await client.read(bill(BALANCED))

    assert type(error.value) is kind
    assert getattr(error.value, "after", 120.0) == 120.0
    await erp.clock.sleep(getattr(error.value, "after", 0.0))
    assert await client.read(bill(BALANCED)) is not None


async def test_reads_and_writes_have_a_seat_each_and_give_both_back(erp: StandIn) -> None:
    client = erp.client()
    await client.read(bill(ON_HOLD))
    await client.service.act(REMOVE_HOLD, bill(ON_HOLD))

    await client.close()

    seen = await erp.requests()
    by_session: dict[str, list[str]] = {}
    for event in seen:
        by_session.setdefault(event["session"], []).append(event["path"].rpartition("/")[2])
    assert sorted(by_session.values()) == [
        ["login", "000154", "logout"],
        ["login", "ReleaseFromHold", "logout"],
    ]


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("Mon, 02 Nov 2026 14:32:28 GMT", 60),
        ("Mon, 02 Nov 2026 09:31:18 -0500", -10),
        ("", 0),
        ("yesterday", 0),
        ("Mon, 02 Nov 99999999999 14:32:28 GMT", 0),
    ],
)
async def test_erps_clock_is_learnt_from_its_answers(date: str, ahead: int) -> None:
    clock = Clock()
    transport = script(SIGNED_IN, json_reply(200, {"VendorName": {}}, date=date))
    client = ErpClient(
        Address("https://erp.example", "Default", "24.200.001"),
        credentials(),
        open_transport=lambda _: transport,
        waiting=clock.waiting,
    )

    await client.around.vendor("V1")
    clock.at += timedelta(minutes=5)

    assert client.server_time() == START + timedelta(minutes=5, seconds=ahead)
