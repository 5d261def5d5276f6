"""What is known: documents, watermarks, parties, cards, places, people, and the audit trail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_values import BILL, COMPANY, NOW, later

from storage import audit, conversations, documents, people, posted_cards
from storage.database import Database
from storage.records import (
    AuditEntry,
    Conversation,
    PostedCard,
    StoredDocument,
    StoredEmployee,
    StoredParty,
    TeamsPerson,
    moment,
    moment_or_none,
    packed,
    stamp,
)

RECORD = StoredDocument(COMPANY, BILL, "On Hold", NOW, "f", NOW, {"ä": 1}, 1, NOW)


# --- documents ------------------------------------------------------------------------------


async def test_a_document_is_remembered_as_last_seen(store: Database) -> None:
    newer = replace(RECORD, status="Open", revision=2, read_at=later(9), snapshot={"b": None})
    async with store.transaction() as conn:
        await documents.put(conn, RECORD)
        await documents.put(conn, newer)

        assert await documents.get(conn, COMPANY, BILL) == newer
        assert await documents.get(conn, "beta", BILL) is None


async def test_a_document_is_gone_once_and_may_come_back(store: Database) -> None:
    async with store.transaction() as conn:
        assert not await documents.mark_gone(conn, COMPANY, BILL, now=NOW)
        await documents.put(conn, RECORD)
        assert await documents.mark_gone(conn, COMPANY, BILL, now=later(1))
        assert not await documents.mark_gone(conn, COMPANY, BILL, now=later(2))
        gone = await documents.get(conn, COMPANY, BILL)
        assert gone == replace(RECORD, gone=True, revision=2, read_at=later(1))

        await documents.put(conn, replace(RECORD, revision=3))

        assert await documents.get(conn, COMPANY, BILL) == replace(RECORD, revision=3)


async def test_the_documents_of_an_entity_are_listed_longest_waiting_first(store: Database) -> None:
    rows = [
        replace(RECORD, document="Bill/Bill/1", status_since=later(5)),
        replace(RECORD, document="Bill/Bill/2", status_since=later(1)),
        replace(RECORD, document="Payment/Payment/3"),
        replace(RECORD, document="Bill/Bill/4"),
    ]
    async with store.transaction() as conn:
        for row in rows:
            await documents.put(conn, row)
        await documents.mark_gone(conn, COMPANY, "Bill/Bill/4", now=NOW)

        found = await documents.of_entity(conn, "Bill")

        assert [row.document for row in found] == ["Bill/Bill/2", "Bill/Bill/1"]
        assert len(await documents.of_entity(conn, "Bill", limit=1)) == 1


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ab_1", ["Bill/Bill/AB_1"]),
        ("AB_1", ["Bill/Bill/AB_1"]),
        ("x/7", ["Bill/Bill/x/7"]),
        ("%", []),
        ("_", []),
        ("____", []),
        ("", []),
        ("B_1", []),
        ("'", []),
    ],
)
async def test_a_number_somebody_typed_is_no_pattern(
    store: Database, typed: str, found: list[str]
) -> None:
    async with store.transaction() as conn:
        for number in ("AB_1", "ABx1", "x/7"):
            await documents.put(conn, replace(RECORD, document=f"Bill/Bill/{number}"))
        await documents.put(conn, replace(RECORD, document="Check/Check/AB_1"))

        rows = await documents.numbered(conn, "Bill", typed)

    assert [row.document for row in rows] == found


async def test_the_watermark_never_moves_back(store: Database) -> None:
    async with store.transaction() as conn:
        assert await documents.watermark(conn, COMPANY, "Bill") is None
        for seconds in (5, 9, 2, 8.5):
            await documents.raise_watermark(conn, COMPANY, "Bill", later(seconds))

        assert await documents.watermark(conn, COMPANY, "Bill") == later(9)
        assert await documents.watermark(conn, COMPANY, "Check") is None
        assert await documents.watermark(conn, "beta", "Bill") is None


async def test_a_company_is_served_since_the_first_start(store: Database) -> None:
    async with store.transaction() as conn:
        assert await documents.served_since(conn, COMPANY) is None
        await documents.begin(conn, COMPANY, now=later(5))
        await documents.begin(conn, COMPANY, now=later(9))

        assert await documents.served_since(conn, COMPANY) == later(5)
        assert await documents.served_since(conn, "beta") is None


async def test_a_party_is_as_it_was_read_last(store: Database) -> None:
    async with store.transaction() as conn:
        assert await documents.party(conn, COMPANY, "Vendor", "V1") is None
        await documents.put_party(conn, COMPANY, "Vendor", StoredParty("V1", "Old", NOW))
        newer = StoredParty("V1", "New", later(1), "On Hold", "hash", NOW, True)
        await documents.put_party(conn, COMPANY, "Vendor", newer)

        assert await documents.party(conn, COMPANY, "Vendor", "V1") == newer
        assert await documents.party(conn, "beta", "Vendor", "V1") is None


# --- cards ----------------------------------------------------------------------------------


async def test_a_document_has_one_card_at_a_target(store: Database) -> None:
    card = PostedCard(COMPANY, BILL, "channel:ap", False, "19:ap", "a-1", "https://x", "s1")
    async with store.transaction() as conn:
        assert await posted_cards.get(conn, COMPANY, BILL, "channel:ap") is None
        await posted_cards.add(conn, COMPANY, BILL, "channel:ap")
        await posted_cards.posted(conn, card, now=NOW)
        await posted_cards.add(conn, COMPANY, BILL, "channel:ap")  # changes nothing
        await posted_cards.posted(conn, replace(card, activity="a-2"), now=later(9))

        told = replace(card, activity="a-2", posted_at=NOW)
        assert await posted_cards.of_document(conn, COMPANY, BILL) == [told]
        assert await posted_cards.of_document(conn, "beta", BILL) == []


async def test_a_card_can_be_replaced_and_speak_again(store: Database) -> None:
    async with store.transaction() as conn:
        for target in ("a", "b"):
            await posted_cards.add(conn, COMPANY, BILL, target)
        card = PostedCard(COMPANY, BILL, "a")
        await posted_cards.mark_replaced(conn, card, replaced=True)
        first, second = await posted_cards.of_document(conn, COMPANY, BILL)
        assert (first.replaced, second.replaced) == (True, False)

        await posted_cards.mark_replaced(conn, card, replaced=False)
        await posted_cards.shown(conn, card, "mark")

        again = await posted_cards.get(conn, COMPANY, BILL, "a")
        assert again == replace(card, shown="mark")


async def test_a_card_about_to_be_posted_is_aimed_at_its_place_until_its_id_is_known(
    store: Database,
) -> None:
    card = PostedCard(COMPANY, BILL, "a", conversation="19:a", service_url="https://a")
    async with store.transaction() as conn:
        await posted_cards.add(conn, COMPANY, BILL, "a")
        await posted_cards.aim(conn, card)
        assert await posted_cards.get(conn, COMPANY, BILL, "a") == card

        told = replace(card, conversation="19:a;messageid=1", activity="1")
        await posted_cards.posted(conn, told, now=NOW)
        await posted_cards.aim(conn, card)

        stands = replace(told, posted_at=NOW)
        assert await posted_cards.get(conn, COMPANY, BILL, "a") == stands


# --- places and people ----------------------------------------------------------------------


async def test_a_conversation_is_as_its_newest_activity_told(store: Database) -> None:
    place = Conversation("19:ap", "channel", "https://old", "", "team-1")
    async with store.transaction() as conn:
        await conversations.put(conn, place, now=NOW)
        await conversations.put(conn, replace(place, service_url="https://new", team=""), now=NOW)

        # What a later activity does not tell is not forgotten.
        assert await conversations.get(conn, "19:ap") == replace(place, service_url="https://new")
        assert await conversations.get(conn, "19:other") is None


async def test_the_chat_with_somebody_is_the_newest_personal_one(store: Database) -> None:
    async with store.transaction() as conn:
        for name, kind, seconds in (("a", "personal", 1), ("b", "personal", 2), ("c", "group", 3)):
            place = Conversation(name, kind, "https://x", "aad-ann")
            await conversations.put(conn, place, now=later(seconds))

        chat = await conversations.chat_with(conn, "aad-ann")
        assert chat is not None
        assert chat.conversation == "b"
        assert await conversations.chat_with(conn, "aad-ben") is None


async def test_a_channel_name_is_bound_to_the_place_named_last(store: Database) -> None:
    async with store.transaction() as conn:
        assert await conversations.bound(conn, "ap") is None
        for place in ("19:one", "19:two"):
            await conversations.bind(conn, "ap", place, by="ann", now=NOW)

        assert await conversations.bound(conn, "ap") == "19:two"
        assert await conversations.channels(conn) == {"ap": "19:two"}


async def test_people_and_employees_are_as_they_were_told_last(store: Database) -> None:
    ann = TeamsPerson("aad-ann", "29:ann", "Ann", "ann@x", guest=True)
    one = StoredEmployee("E1", "Ann", "ann@x", active=True)
    async with store.transaction() as conn:
        await people.put_person(conn, ann, now=NOW)
        await people.put_person(conn, replace(ann, guest=False), now=NOW)
        await people.put_employee(conn, COMPANY, one)
        await people.put_employee(conn, COMPANY, replace(one, active=False))

        assert await people.people(conn) == [replace(ann, guest=False)]
        assert await people.person(conn, "aad-ann") == replace(ann, guest=False)
        assert await people.person(conn, "aad-zoe") is None
        assert await people.employees(conn, COMPANY) == [replace(one, active=False)]
        assert await people.employees(conn, "beta") == []


# --- audit ----------------------------------------------------------------------------------


async def test_the_audit_trail_tells_a_documents_story_in_order(store: Database) -> None:
    entries = [
        AuditEntry(later(-n), "c", "ann", f"did {n}", COMPANY, BILL, {"ä": [n]}) for n in range(3)
    ]
    async with store.transaction() as conn:
        for entry in (*entries, AuditEntry(NOW, "c", "ben", "other", COMPANY, "Bill/Bill/2")):
            await audit.add(conn, entry)

        assert await audit.of_document(conn, COMPANY, BILL) == entries
        assert [entry.action for entry in await audit.newest(conn, limit=2)] == ["other", "did 2"]


# --- text forms -----------------------------------------------------------------------------


# Fixed offsets: a wall time that a zone skips in spring is no moment at all.
ZONES = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@given(st.datetimes(timezones=ZONES), st.datetimes(timezones=ZONES))
def test_moments_survive_and_sort_as_text(one: object, other: object) -> None:
    try:
        first, second = stamp(one), stamp(other)
    except OverflowError:
        return  # the first and last day of the calendar have no UTC
    assert moment(first) == one
    assert (first < second) is (one < other)


def test_a_moment_that_has_not_come_is_none() -> None:
    assert moment_or_none("") is None
    assert moment_or_none(None) is None
    assert moment_or_none(stamp(NOW)) == NOW


def test_equal_values_are_equal_text() -> None:
    assert packed({"b": 1, "a": "ä"}) == packed({"a": "ä", "b": 1}) == '{"a":"ä","b":1}'
