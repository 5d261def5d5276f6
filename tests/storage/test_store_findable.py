"""Documents are found by what people know of them, within rights, and counted honestly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage import channels, documents, findable, ledger, posted_cards
from storage.channels import BoundChannel
from storage.database import Database
from storage.findable import Reach, Waiting
from storage.records import Decision, DecisionState, PostedCard, StoredDocument, StoredParty

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ALL = Reach(frozenset({"acme"}))
EVERY = ("Bill", "PurchaseOrder", "Check", "Payment")


def record(
    number: str, *, company: str = "acme", status: str = "On Hold", **told: Any
) -> StoredDocument:
    """A bill as the ERP showed it."""
    fields = {"Vendor": told.pop("vendor", "V1"), "VendorRef": told.pop("ref", "")}
    lines = [{"POOrderNbr": order} for order in told.pop("orders", ())]
    entity = told.pop("entity", "Bill/Bill")
    snapshot = {
        "fields": fields,
        "around": {"party_name": told.pop("name", "Acme Paper")},
        "lines": lines,
    }
    age = told.pop("age", 0)
    since = NOW - timedelta(minutes=age)
    return StoredDocument(
        company, f"{entity}/{number}", status, since, "f", since, snapshot, 1, NOW, **told
    )


async def keep(store: Database, *records: StoredDocument) -> None:
    """Store documents as a look does."""
    async with store.transaction() as conn:
        for one in records:
            await documents.put(conn, one)


async def find(store: Database, typed: str, reach: Reach = ALL, **part: int) -> list[str]:
    """Search, and return keys."""
    part = {"first": 0, "count": 25, **part}
    async with store.reading() as conn:
        found = await findable.found(conn, reach, EVERY, typed, **part)
    return [one.document.split("/", 2)[2] for one in found]


@pytest.mark.parametrize(
    "typed",
    ["000123", "123", "0001", "acme", "ACME paper", "paper 123", "v107", "inv-77", "PO000119",
     "po0001 acme", "müller", "MÜLLER"],
)  # fmt: skip
async def test_a_document_is_found_by_all_people_know_of_it(store: Database, typed: str) -> None:
    await keep(
        store,
        record("000123", vendor="V107", name="Acme Paper Müller", ref="INV-77",
               orders=("PO000118", "PO000119")),
        record("000999", vendor="V2", name="Other"),
    )  # fmt: skip

    assert await find(store, typed) == ["000123"]


@pytest.mark.parametrize("typed", ["%", "_", "'", "acme nothing", "000123x", "\\", '"'])
async def test_what_is_typed_is_no_pattern(store: Database, typed: str) -> None:
    await keep(store, record("000123"))

    assert await find(store, typed) == []


async def test_what_changed_is_found_by_what_it_is_now(store: Database) -> None:
    await keep(store, record("000123", name="Acme Paper"))
    await keep(store, record("000123", name="Beta Glass"))

    assert await find(store, "acme") == []
    assert await find(store, "beta") == ["000123"]


async def test_a_number_that_begins_so_comes_before_one_that_holds_it(store: Database) -> None:
    await keep(store, record("000912", age=1), record("000120", age=9), record("000012", age=5))

    assert await find(store, "12") == ["000012", "000120", "000912"]


async def test_pages_follow_each_other(store: Database) -> None:
    await keep(store, *(record(f"{n:06}", age=n) for n in range(5)))

    assert await find(store, "acme", first=0, count=2) == ["000000", "000001"]
    assert await find(store, "acme", first=4, count=2) == ["000004"]
    assert await find(store, "acme", first=6, count=2) == []


async def test_other_companies_and_what_is_gone_are_not_found(store: Database) -> None:
    await keep(store, record("000001", company="beta"), record("000002"))
    async with store.transaction() as conn:
        await documents.mark_gone(conn, "acme", "Bill/Bill/000002", now=NOW)

    assert await find(store, "acme") == []
    assert await find(store, "acme", Reach(frozenset({"beta"}))) == ["000001"]
    assert await find(store, "acme", Reach(frozenset())) == []


async def test_in_a_narrow_company_only_who_was_asked_finds_it(store: Database) -> None:
    await keep(store, record("000001"), record("000002"))
    await ask(store, "Bill/Bill/000001", "aad-ann")

    narrow = frozenset({"acme"})
    assert await find(store, "acme", Reach(narrow, narrow, "aad-ann")) == ["000001"]
    assert await find(store, "acme", Reach(narrow, narrow, "aad-an")) == []
    assert await find(store, "acme", Reach(narrow, narrow)) == []


async def ask(store: Database, document: str, *approvers: str) -> None:
    """Put a question to people."""
    decision = Decision(
        f"d-{document}", "acme", document, f"t-{document}", DecisionState.PENDING, ("release",),
        approvers, "f", NOW, "c",
    )  # fmt: skip
    async with store.transaction() as conn:
        await ledger.ask(conn, decision)


HELD = Waiting(("Bill",), frozenset({"On Hold"}))


async def test_what_waits_is_counted_whole_and_told_in_pages(store: Database) -> None:
    await keep(
        store,
        *(record(f"{n:06}", age=n) for n in range(700)),
        *(record(f"1{n:05}", status="Closed", age=9000) for n in range(20)),
        record("PO1", entity="PurchaseOrder/Normal"),
    )

    async with store.reading() as conn:
        total = await findable.count_waiting(conn, ALL, HELD)
        page = await findable.waiting(conn, ALL, HELD, first=690, count=25)

    assert total == 700
    assert [one.document for one in page][-1] == "Bill/Bill/000000"
    assert len(page) == 10


async def test_a_channel_lists_what_its_cards_stand_for(store: Database) -> None:
    await keep(store, record("000001"), record("000002"), record("000003"))
    async with store.transaction() as conn:
        await posted_cards.add(conn, "acme", "Bill/Bill/000001", "channel:east")
        await posted_cards.add(conn, "acme", "Bill/Bill/000002", "channel:west")
        await posted_cards.add(conn, "acme", "Bill/Bill/000003", "channel:east")
        moved = await posted_cards.get(conn, "acme", "Bill/Bill/000003", "channel:east")
        assert moved is not None
        await posted_cards.mark_replaced(conn, moved, replaced=True)

    there = Waiting(("Bill",), frozenset({"On Hold"}), frozenset({"acme channel:east"}))
    async with store.reading() as conn:
        assert await findable.count_waiting(conn, ALL, there) == 1
        found = await findable.waiting(conn, ALL, there, first=0, count=9)
    assert [one.document for one in found] == ["Bill/Bill/000001"]


async def test_a_vendor_s_open_documents_are_its_own(store: Database) -> None:
    await keep(
        store,
        record("000001", vendor="V1"),
        record("000002", vendor="V2"),
        record("000003", vendor="V1", status="Closed"),
        record("000004", vendor="V1", company="beta"),
    )

    async with store.reading() as conn:
        found = await findable.of_party(conn, "acme", "V1", over={"Closed"})

    assert [one.document for one in found] == ["Bill/Bill/000001"]


async def test_a_vendor_is_found_by_number_first_and_by_part_of_its_name(store: Database) -> None:
    async with store.transaction() as conn:
        for company, code, name in (
            ("acme", "V1", "Acme Paper"), ("acme", "V10", "Beta V1 Glass"), ("beta", "V1", "Gamma"),
        ):  # fmt: skip
            await documents.put_party(conn, company, "Vendor", StoredParty(code, name, NOW))

    async with store.reading() as conn:
        found = await findable.vendors(conn, {"acme"}, "v1")
        named = await findable.vendors(conn, {"acme"}, "GLASS")
        nobody = await findable.vendors(conn, set(), "v1")

    assert [party.code for _, party in found] == ["V1", "V10"]
    assert [party.code for _, party in named] == ["V10"]
    assert nobody == []


async def test_the_last_list_is_remembered_by_place_and_person(store: Database) -> None:
    async with store.transaction() as conn:
        await findable.put_listing(conn, "19:a", "ann", word="bills", page=1, now=NOW)
        await findable.put_listing(conn, "19:a", "ann", word="pos", page=3, now=NOW)

        assert await findable.listing(conn, "19:a", "ann") == ("pos", 3)
        assert await findable.listing(conn, "19:a", "ben") is None
        assert await findable.listing(conn, "19:b", "ann") is None


async def test_a_name_leads_to_one_channel_at_a_time(store: Database) -> None:
    async with store.transaction() as conn:
        await channels.bind(conn, BoundChannel("ap", "19:a", "Finance › AP", "ann"), now=NOW)
        await channels.bind(conn, BoundChannel("ap", "19:b", "", "ben"), now=NOW)
        await channels.bind(conn, BoundChannel("east", "19:b", "", "ben"), now=NOW)

        assert await channels.at(conn, "19:a") == []
        assert [one.name for one in await channels.at(conn, "19:b")] == ["ap", "east"]

        await channels.unbind(conn, "ap")
        assert await channels.get(conn, "ap") is None
        assert await channels.get(conn, "east") == BoundChannel("east", "19:b", "", "ben")


async def test_what_stands_in_is_listed_only_where_such_cards_may_be_told(store: Database) -> None:
    await keep(store, record("000123"), record("000124"))
    own, place = "Bill/Bill/000123", "channel:ap"
    async with store.transaction() as conn:
        await posted_cards.add(conn, "acme", own, place)
        other = PostedCard("acme", "Bill/Bill/000124", place, stands_in="person:aad-ben")
        await posted_cards.stand_in(conn, other)
        await posted_cards.mark_replaced(conn, other, replaced=False)  # as a closed matter does

    async def listed(*targets: str) -> list[str]:
        what = Waiting(("Bill",), frozenset({"On Hold"}), frozenset(targets))
        async with store.reading() as conn:
            found = await findable.waiting(conn, ALL, what, first=0, count=10)
            assert await findable.count_waiting(conn, ALL, what) == len(found)
        return [one.document for one in found]

    assert await listed("acme channel:ap") == [own]
    assert len(await listed("acme channel:ap", "acme channel:ap standing in")) == 2


async def test_a_card_that_stood_in_is_remembered_to_have(store: Database) -> None:
    card = PostedCard("acme", "Bill/Bill/000123", "channel:ap", stands_in="person:aad-ben")
    async with store.transaction() as conn:
        await posted_cards.stand_in(conn, card)
        (before,) = await posted_cards.of_document(conn, card.company, card.document)
        (relieved,) = await posted_cards.relieve(conn, card.company, card.document, card.stands_in)
        (after,) = await posted_cards.of_document(conn, card.company, card.document)

    assert (before.stands_in, before.stood_in, before.replaced) == ("person:aad-ben", True, True)
    assert relieved.target == card.target
    assert (after.stands_in, after.stood_in, after.replaced) == ("", True, True)
