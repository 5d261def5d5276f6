"""Notes on documents in Acumatica: written once, late, harmlessly, and never in anybody's way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sync_world import NAME, SyncWorld, sync_world

from acumatica_client.models import CallClass, DocumentKey, ErpCall
from bot.noting.noter import Noter
from storage import audit, comments, erp_notes, inbox, ledger
from storage.records import Comment, ErpNote, ErpNoteState

RELEASED = "Released in Microsoft Teams by Erin Walsh, "


@pytest.fixture
async def erp(tmp_path: Path) -> AsyncIterator[SyncWorld]:
    async with sync_world(tmp_path, notes=True) as world:
        yield world


# --- what people and the ERP do -------------------------------------------------------------


async def asked_about(erp: SyncWorld, **fields: Any) -> str:
    """A bill on hold that somebody was asked about."""
    document = await erp.bill(**fields)
    await erp.settle()
    return document


async def said(erp: SyncWorld, document: str, text: str, *, via: str = "reply") -> None:
    erp.clock.advance(seconds=1)
    now = erp.clock.now()
    comment = Comment(NAME, document, f"m-{now}-{text[:20]}", "aad-dev", "Dev Shah", text, via, now)
    async with erp.store.transaction() as conn:
        assert await comments.add(conn, comment, now=now)


async def decided(erp: SyncWorld, document: str, state: str) -> None:
    """Have the newest question be in *state*, pressed by Erin a moment ago."""
    erp.clock.advance(seconds=1)
    now = erp.clock.now().isoformat(timespec="microseconds")
    async with erp.store.transaction() as conn:
        last = await ledger.latest(conn, NAME, document)
        assert last is not None
        await conn.execute(
            "UPDATE decisions SET state = ?, verb = 'release', person = 'aad-erin',"
            " person_name = 'Erin Walsh', claimed_at = ?, settled_at = ? WHERE id = ?",
            (state, now, now, last.id),
        )


async def act(erp: SyncWorld, document: str, *actions: str) -> None:
    erp.clock.advance(seconds=1)
    for action in actions:
        call = ErpCall("Bill", action)
        outcome = await erp.tenant.erp.service.act(call, DocumentKey.parse(document))
        assert outcome.outcome is CallClass.CLAIMS_DONE


async def looked_at(erp: SyncWorld, document: str) -> None:
    async with erp.store.transaction() as conn:
        await inbox.add_hint(
            conn, NAME, document, reason="action", correlation="c", now=erp.clock.now()
        )
    await erp.look_at_all()


async def released(erp: SyncWorld, *remarks: str) -> str:
    """A bill that Erin released, after these remarks, and that was looked at since."""
    document = await asked_about(erp)
    for text in remarks:
        await said(erp, document, text)
    await decided(erp, document, "claimed")
    await act(erp, document, "ReleaseFromHold", "ReleaseBill")
    await decided(erp, document, "confirmed")
    await looked_at(erp, document)
    return document


# --- what came of it ------------------------------------------------------------------------


async def noting(erp: SyncWorld, *, tries: int = 40) -> int:
    """Write whatever notes are due, waiting for those put off; returns the steps it took."""
    noter = Noter(erp.tenant, erp.store, erp.ports)
    for steps in range(tries):
        due = await noter.next_due()
        if due is None:
            return steps
        erp.clock.at = max(erp.clock.at, due)
        await noter.step()
    return tries


async def note_on(erp: SyncWorld, document: str) -> str:
    told = (await erp.door("GET", "documents"))["documents"]
    number = document.rpartition("/")[2]
    return next(str(one["note"]) for one in told if one["keys"].get("ReferenceNbr") == number)


async def puts(erp: SyncWorld) -> list[dict[str, Any]]:
    """Every note that reached the ERP's log."""
    events = (await erp.door("GET", "history"))["events"]
    return [one for one in events if one["kind"] == "request" and one["method"] == "PUT"]


async def kept(erp: SyncWorld, document: str) -> list[ErpNote]:
    async with erp.store.reading() as conn:
        return await erp_notes.of_document(conn, NAME, document)


async def trail(erp: SyncWorld, document: str) -> list[str]:
    async with erp.store.reading() as conn:
        told = await audit.of_document(conn, NAME, document)
    return [one.action for one in told if one.action.startswith("erp note")]


# --- once, and only then --------------------------------------------------------------------


async def test_note_tells_remarks_and_who_released_oldest_first(erp: SyncWorld) -> None:
    document = await released(erp, "The freight is missing", "It came today")

    await noting(erp)

    first, second, third = (await note_on(erp, document)).split("\n")
    assert first.endswith(" UTC: Dev Shah wrote: The freight is missing")
    assert second.endswith(" UTC: Dev Shah wrote: It came today")
    assert third == f"{RELEASED}2026-11-02 14:01 UTC (Countersign)"
    [note] = await kept(erp, document)
    assert (note.state, note.attempts) == (ErpNoteState.DONE, 1)
    assert await trail(erp, document) == [
        "erp note wanted", "erp note sent", "erp note answered", "erp note written",
    ]  # fmt: skip


async def test_only_the_note_and_the_id_are_sent_and_nothing_can_be_inserted(
    erp: SyncWorld,
) -> None:
    await released(erp)

    await noting(erp)

    [put] = await puts(erp)
    assert sorted(put["body"]) == ["id", "note"]
    assert put["path"].partition("?")[0].endswith("/Bill")
    before = {row["id"] for row in (await erp.door("GET", "documents"))["documents"]}
    assert put["body"]["id"] in before


async def test_what_stands_in_the_note_stays_there(erp: SyncWorld) -> None:
    document = await released(erp)
    await act_note(erp, document, "Call the vendor.\nTwice.")
    await looked_at(erp, document)

    await noting(erp)

    assert (await note_on(erp, document)).startswith(f"Call the vendor.\nTwice.\n{RELEASED}")


async def act_note(erp: SyncWorld, document: str, text: str) -> None:
    """Have somebody in the ERP write a note."""
    noted = await erp.tenant.erp.read_noted(DocumentKey.parse(document), "")
    assert noted is not None
    assert (await erp.tenant.erp.write_note(noted, text)).outcome is CallClass.CLAIMS_DONE


async def test_later_looks_and_later_remarks_write_nothing_more(erp: SyncWorld) -> None:
    document = await released(erp)
    await noting(erp)
    before = len(await puts(erp))

    await said(erp, document, "thanks")
    await looked_at(erp, document)
    [note] = await kept(erp, document)
    await noting(erp)

    assert note.state is ErpNoteState.DONE
    assert (before, len(await puts(erp))) == (1, 1)


async def test_what_was_said_about_a_bill_released_in_the_erp_is_noted_too(
    erp: SyncWorld,
) -> None:
    document = await asked_about(erp)
    await said(erp, document, "please release it there", via="question")
    await act(erp, document, "ReleaseFromHold", "ReleaseBill")
    await looked_at(erp, document)

    await noting(erp)

    [line] = (await note_on(erp, document)).splitlines()
    assert line.endswith(" UTC: Dev Shah asked: please release it there")


async def test_where_nobody_said_or_decided_anything_nothing_is_noted(erp: SyncWorld) -> None:
    document = await asked_about(erp)
    await act(erp, document, "ReleaseFromHold", "ReleaseBill")
    await looked_at(erp, document)

    assert await kept(erp, document) == []


async def test_notes_are_off_by_default(tmp_path: Path) -> None:
    async with sync_world(tmp_path) as erp:
        document = await released(erp, "The freight is missing")
        await noting(erp)

        assert await kept(erp, document) == []
        assert await puts(erp) == []


async def test_notes_switched_off_since_are_dropped(erp: SyncWorld, tmp_path: Path) -> None:
    document = await released(erp)
    object.__setattr__(erp.tenant.company, "notes", False)

    await noting(erp)

    [note] = await kept(erp, document)
    assert (note.state, note.reason) == (ErpNoteState.DROPPED, "notes are switched off")
    assert await puts(erp) == []


async def test_a_bill_released_long_ago_gets_no_note_when_it_is_looked_at_again(
    erp: SyncWorld,
) -> None:
    object.__setattr__(erp.tenant.company, "notes", False)
    document = await released(erp)
    object.__setattr__(erp.tenant.company, "notes", True)
    erp.clock.advance(days=2)

    await looked_at(erp, document)

    assert await kept(erp, document) == []


# --- never while anything can be decided ----------------------------------------------------


@pytest.mark.parametrize("state", ["claimed", "needs_person", "confirmed_mismatch"])
async def test_nothing_is_noted_while_a_decision_is_not_settled(erp: SyncWorld, state: str) -> None:
    document = await asked_about(erp)
    await said(erp, document, "The freight is missing")
    await act(erp, document, "ReleaseFromHold", "ReleaseBill")
    await decided(erp, document, "claimed")
    await looked_at(erp, document)
    await decided(erp, document, state)

    await looked_at(erp, document)
    await noting(erp)

    assert await kept(erp, document) == []
    assert await note_on(erp, document) == ""


@pytest.mark.parametrize("actions", [(), ("ReleaseFromHold",)])
async def test_nothing_is_noted_on_a_document_that_is_not_done_with(
    erp: SyncWorld, actions: tuple[str, ...]
) -> None:
    document = await asked_about(erp)
    await said(erp, document, "The freight is missing")
    await act(erp, document, *actions)
    await decided(erp, document, "confirmed")

    await looked_at(erp, document)
    await noting(erp)

    assert await kept(erp, document) == []
    assert await note_on(erp, document) == ""


@pytest.mark.parametrize("state", ["pending", "claimed", "needs_person", "confirmed_mismatch"])
async def test_a_decision_that_is_open_again_keeps_the_note_away(
    erp: SyncWorld, state: str
) -> None:
    document = await released(erp, "The freight is missing")
    await decided(erp, document, state)

    await noting(erp)

    [note] = await kept(erp, document)
    assert note.state is ErpNoteState.DROPPED
    assert await puts(erp) == []


async def test_a_document_that_changed_since_it_was_looked_at_waits_for_the_next_look(
    erp: SyncWorld,
) -> None:
    document = await released(erp)
    erp.clock.advance(seconds=5)
    await erp.change(document.rpartition("/")[2], DueDate="2027-01-31")

    steps = await noting(erp, tries=3)
    assert (steps, await puts(erp)) == (3, [])
    assert await trail(erp, document) == ["erp note wanted", "erp note put off"]

    await looked_at(erp, document)
    await noting(erp)
    assert RELEASED in await note_on(erp, document)


async def acting(erp: SyncWorld, document: str) -> None:
    """Have a press on another document be about to be carried out."""
    await decided(erp, document, "claimed")
    async with erp.store.transaction() as conn:
        last = await ledger.latest(conn, NAME, document)
        assert last is not None
        await conn.execute(
            "INSERT INTO steps (decision, number, name, state, due_at)"
            " VALUES (?, 1, 'release', 'pending', '2026')", (last.id,),
        )  # fmt: skip


async def test_an_act_of_the_company_goes_first(erp: SyncWorld) -> None:
    document = await released(erp)
    other = await asked_about(erp)
    await acting(erp, other)
    reads = await erp.reads()

    assert await noting(erp, tries=3) == 3
    assert await erp.reads() == reads
    assert (await puts(erp), await note_on(erp, document)) == ([], "")

    async with erp.store.transaction() as conn:
        await conn.execute("UPDATE steps SET state = 'in_doubt'")
    await noting(erp)
    assert RELEASED in await note_on(erp, document)


async def test_a_press_that_comes_while_the_note_is_read_goes_first(erp: SyncWorld) -> None:
    document = await released(erp)
    other = await asked_about(erp)
    read = erp.tenant.erp.read_noted

    async def pressed_meanwhile(*args: Any) -> Any:
        noted = await read(*args)
        await acting(erp, other)
        return noted

    object.__setattr__(erp.tenant.erp, "read_noted", pressed_meanwhile)
    await Noter(erp.tenant, erp.store, erp.ports).step()

    [note] = await kept(erp, document)
    assert (note.state, note.attempts, await puts(erp)) == (ErpNoteState.WANTED, 0, [])


# --- what can go wrong ----------------------------------------------------------------------


async def test_answers_lost_twice_write_one_note(erp: SyncWorld) -> None:
    document = await released(erp, "The freight is missing")
    await erp.fault("reset_before", method="PUT")
    await erp.fault("reset_after_apply", method="PUT")

    await noting(erp)

    assert len((await note_on(erp, document)).splitlines()) == 2
    [note] = await kept(erp, document)
    assert (note.state, note.attempts) == (ErpNoteState.DONE, 2)


async def test_a_start_in_the_middle_of_a_write_writes_one_note(erp: SyncWorld) -> None:
    document = await released(erp)
    await erp.fault("half_answer", method="PUT")
    write = erp.tenant.erp.write_note
    cut = asyncio.get_running_loop().create_future()

    async def dies(*args: Any) -> Any:
        await write(*args)  # it reached the ERP, and then the process was no more
        cut.set_result(None)
        await asyncio.Event().wait()

    object.__setattr__(erp.tenant.erp, "write_note", dies)
    dying = asyncio.create_task(Noter(erp.tenant, erp.store, erp.ports).step())
    await cut
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    object.__delattr__(erp.tenant.erp, "write_note")
    [note] = await kept(erp, document)
    assert (note.state, note.attempts) == (ErpNoteState.WANTED, 1)

    await noting(erp)

    assert len((await note_on(erp, document)).splitlines()) == 1
    [note] = await kept(erp, document)
    assert (note.state, note.attempts) == (ErpNoteState.DONE, 1)


async def test_a_refusal_is_parked_and_said(erp: SyncWorld) -> None:
    document = await released(erp)
    await erp.fault("status:403", method="PUT")

    await noting(erp)

    [note] = await kept(erp, document)
    assert note.state is ErpNoteState.PARKED
    assert note.reason.startswith("Acumatica does not let Countersign's user do this")
    assert await note_on(erp, document) == ""
    assert (await trail(erp, document))[-1] == "erp note parked"
    assert erp.rows("SELECT count(*) FROM erp_notes WHERE state = 'parked'") == [(1,)]


async def test_a_locked_document_is_tried_three_times(erp: SyncWorld) -> None:
    document = await released(erp)
    locked = "px_error:Another process has updated the 'APInvoice' record."
    await erp.fault(locked, times=9, method="PUT")

    await noting(erp)

    [note] = await kept(erp, document)
    assert (note.state, note.attempts) == (ErpNoteState.PARKED, 3)
    assert note.reason.startswith("gave up: Acumatica refused")


async def test_no_certain_answer_is_given_up_after_twelve_tries(erp: SyncWorld) -> None:
    document = await released(erp)
    await erp.fault("reset_before", times=99, method="PUT")
    begun = erp.clock.at

    await noting(erp)

    [note] = await kept(erp, document)
    assert (note.state, note.attempts) == (ErpNoteState.PARKED, 12)
    assert timedelta(minutes=15) < erp.clock.at - begun < timedelta(minutes=60)


async def test_an_erp_that_cannot_be_read_is_asked_for_a_day(erp: SyncWorld) -> None:
    document = await released(erp)
    await erp.fault("status:503", times=9999, method="GET")
    begun = erp.clock.at

    await noting(erp, tries=400)

    [note] = await kept(erp, document)
    assert (note.state, note.attempts) == (ErpNoteState.PARKED, 0)
    assert timedelta(hours=24) < erp.clock.at - begun < timedelta(hours=25)
    assert (await trail(erp, document)).count("erp note put off") == 1


async def test_a_named_limit_is_left_alone_as_long_as_it_says(erp: SyncWorld) -> None:
    document = await released(erp)
    await erp.fault("status:429", method="PUT")
    noter = Noter(erp.tenant, erp.store, erp.ports)
    begun = erp.clock.at

    await noter.step()

    due = await noter.next_due()
    assert due is not None
    assert due - begun >= timedelta(seconds=120)
    await noting(erp)
    assert RELEASED in await note_on(erp, document)


async def test_a_note_that_is_not_kept_is_written_once_and_parked(erp: SyncWorld) -> None:
    document = await released(erp)
    await erp.fault("not_kept", times=9, method="PUT")

    await noting(erp)

    [note] = await kept(erp, document)
    told = (note.state, note.attempts, note.reason)
    assert told == (ErpNoteState.PARKED, 1, "Acumatica took the note and did not keep it")
    assert len(await puts(erp)) == 1


async def test_a_document_that_is_gone_gets_no_note(erp: SyncWorld) -> None:
    document = await released(erp)
    async with erp.store.transaction() as conn:
        await conn.execute("UPDATE documents SET snapshot = json_set(snapshot, '$.erp_id', 'gone')")

    await noting(erp)

    assert [one.state for one in await kept(erp, document)] == [ErpNoteState.DROPPED]
    assert await puts(erp) == []


# --- what people write ----------------------------------------------------------------------


async def test_a_note_is_bounded_however_much_was_said(erp: SyncWorld) -> None:
    document = await released(erp, *(f"{n} " + "x" * 5000 for n in range(40)))

    await noting(erp)

    lines = (await note_on(erp, document)).splitlines()
    assert len(lines) == 21
    assert max(map(len, lines)) < 400
    assert " 39 xxx" in lines[-2]


async def test_formulas_markup_and_line_breaks_of_others_stay_words(erp: SyncWorld) -> None:
    evil = f"=HYPERLINK(1)\n{RELEASED}2026-01-01\x1b[31m <script>alert(1)</script>\u202e"
    document = await released(erp, evil)

    await noting(erp)

    first, second = (await note_on(erp, document)).split("\n")
    assert first.startswith("2026-11-02 14:")
    assert not any(char in first for char in "<>\x1b\u202e")
    assert second.startswith(RELEASED)
    assert json.dumps(second).isascii()
