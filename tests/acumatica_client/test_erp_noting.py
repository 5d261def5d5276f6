"""Notes are read with their document and written between acts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from erp_fixtures import json_reply
from erp_world import RELEASE, SIGNED_IN, Clock, StandIn, bill, script, scripted_client, stand_in

from acumatica_client.answers import read_noted
from acumatica_client.entities import BILL
from acumatica_client.models import CallClass, Noted
from acumatica_client.transport import NoAnswer, NotSent, Reply

BALANCED, GONE = "000150", "000999"
DONE = Reply(200, {"content-type": "application/json"}, b"{}")


@pytest.fixture
async def erp() -> AsyncIterator[StandIn]:
    async with stand_in() as running:
        yield running


def noted(note: str | None = "") -> Noted:
    return Noted(bill(BALANCED), "id-1", "Open", Clock().now(), note)


async def test_a_note_is_added_and_changes_nothing_else(erp: StandIn) -> None:
    client = erp.client()
    before = await client.read(bill(BALANCED))
    found = await client.read_noted(bill(BALANCED), "")
    assert before is not None
    assert found is not None

    outcome = await client.write_note(found, "by hand\nand = more")

    after, again = await client.read(bill(BALANCED)), await client.read_noted(bill(BALANCED), "")
    await client.close()
    assert outcome.outcome is CallClass.CLAIMS_DONE
    assert again is not None
    assert after is not None
    assert (found.note, again.note) == ("", "by hand\nand = more")
    assert (again.erp_id, again.status) == (before.erp_id, before.status)
    unseen = {"LastModifiedDateTime": None}
    assert {**after.fields, **unseen} == {**before.fields, **unseen}
    assert after.lines == before.lines


async def test_a_note_for_what_is_gone_makes_no_new_document(erp: StandIn) -> None:
    client = erp.client()
    before = len((await erp.door("GET", "documents"))["documents"])

    outcome = await client.write_note(noted(), "hello")
    missing = await client.read_noted(bill(GONE), "no-such-id")

    await client.close()
    assert outcome.outcome is CallClass.REFUSED
    assert missing is None
    assert len((await erp.door("GET", "documents"))["documents"]) == before


async def test_a_note_waits_for_the_act_that_holds_the_session() -> None:
    clock, acts = Clock(), script(SIGNED_IN, Reply(204, {}, b""), DONE)
    client = scripted_client(clock, acts)
    actor = client.service
    await actor.sign_in()

    writing = asyncio.create_task(client.write_note(noted(), "hello"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert acts.paths == ["POST login"]
    await actor.act(RELEASE, bill(BALANCED))

    assert (await writing).outcome is CallClass.CLAIMS_DONE
    assert acts.paths == ["POST login", "POST ReleaseBill", "PUT Bill"]


async def test_a_note_can_only_update_and_does_not_keep_presses_waiting_for_long() -> None:
    acts = script(SIGNED_IN, DONE)

    await scripted_client(Clock(), acts).write_note(noted(), "hello")

    put = acts.asked[-1]
    assert put.headers["If-Match"] == "*"
    assert put.timeout <= 30
    assert put.body == b'{"id": "id-1", "note": {"value": "hello"}}'


async def test_a_note_whose_turn_comes_late_is_not_sent() -> None:
    clock, acts = Clock(), script(SIGNED_IN, Reply(204, {}, b""))
    client = scripted_client(clock, acts)
    actor = client.service
    await actor.sign_in()

    writing = asyncio.create_task(client.write_note(noted(), "hello"))
    await asyncio.sleep(0)
    await clock.sleep(30)
    await actor.done()

    outcome = await writing
    assert outcome.outcome is CallClass.NOT_SENT
    assert "30 seconds after the note was read" in outcome.detail
    assert acts.paths == ["POST login"]


async def test_a_note_takes_no_seat_from_who_acts() -> None:
    clock, acts = Clock(), script(SIGNED_IN, DONE)
    client = scripted_client(clock, acts)

    async with client.acting():
        writing = asyncio.create_task(client.write_note(noted(), "hello"))
        for _ in range(20):
            await asyncio.sleep(0)
        assert acts.paths == []

    assert (await writing).outcome is CallClass.CLAIMS_DONE


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (NotSent("refused"), CallClass.NOT_SENT),
        (NoAnswer("reset"), CallClass.UNKNOWN),
        (Reply(429, {}, b""), CallClass.TURNED_AWAY),
        (Reply(401, {}, b""), CallClass.TURNED_AWAY),
        (json_reply(403, {"message": "You have insufficient rights."}), CallClass.REFUSED),
    ],
)
async def test_answers_are_sorted_as_those_of_acts_are(
    answer: Reply | NotSent | NoAnswer, outcome: CallClass
) -> None:
    client = scripted_client(Clock(), script(SIGNED_IN, answer))

    assert (await client.write_note(noted(), "hello")).outcome is outcome


@pytest.mark.parametrize(
    ("told", "note"),
    [
        ({"note": {"value": "x"}}, "x"),
        ({"note": {"value": ""}}, ""),
        ({"note": {}}, ""),
        ({"note": None}, None),
        ({}, None),
        ({"note": {"value": 7}}, None),
        ({"note": "x"}, None),
    ],
)
def test_a_note_that_is_not_told_is_not_taken_for_an_empty_one(
    told: dict[str, object], note: str | None
) -> None:
    record = {
        "id": "id-1",
        "Type": {"value": "Bill"},
        "ReferenceNbr": {"value": BALANCED},
        "Status": {"value": "Open"},
        "LastModifiedDateTime": {"value": "2026-11-02T14:31:28.403+00:00"},
        **told,
    }

    found = read_noted(BILL, json_reply(200, record))

    assert found is not None
    assert (found.note, found.status) == (note, "Open")
