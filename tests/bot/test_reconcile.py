"""Reconciliation finds what polling cannot, tells it, and has the ordinary look mend it."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sync_world import NAME, START, SyncWorld, sync_world

from acumatica_client.errors import ErpError, ErpSignInFailed, ErpUnavailable
from acumatica_client.sign_in import WrongTenant
from bot.company_file import Company
from bot.core.differences import Kind
from bot.reading.comparison import CHUNK
from bot.reading.reconcile import in_words
from storage import documents, inbox, requests

SWEEP = timedelta(minutes=10)


@pytest.fixture
async def erp(tmp_path: Path) -> AsyncIterator[SyncWorld]:
    async with sync_world(tmp_path, page=10) as world:
        yield world


async def sweep(erp: SyncWorld) -> None:
    """Let the next sweep become due, and do it; the nightly comparison is none of ours here."""
    erp.clock.advance(minutes=10)
    assert await erp.reconciler.step()


async def kinds(erp: SyncWorld) -> dict[str, str]:
    return {one.document: one.detail["kind"] for one in await erp.audit("difference found")}


def status_of(erp: SyncWorld, document: str) -> Any:
    return erp.rows("SELECT status, gone FROM documents WHERE document = ?", document)[0]


# --- sweeps ---


async def test_a_sweep_lists_what_waits_once_per_entity_and_page_and_finds_peace(
    erp: SyncWorld,
) -> None:
    for _ in range(25):
        await erp.bill()
    await erp.settle()
    before = len(await erp.reads())

    await sweep(erp)

    assert (await erp.reads())[before:] == ["Bill"] * 3 + ["PurchaseOrder"]
    assert await kinds(erp) == {}
    assert await erp.hints() == []


async def test_a_status_that_changed_without_its_stamp_is_found_told_and_mended(
    erp: SyncWorld,
) -> None:
    document = await erp.bill()
    await erp.settle()
    await erp.forget_status(document, "Pending Approval")
    await erp.poll()  # the overlap alone would find it, for as long as it lasts
    async with erp.store.transaction() as conn:
        for hint in await inbox.due_hints(conn, NAME, erp.clock.now(), limit=9):
            await inbox.answer_hint(conn, hint)

    await sweep(erp)
    hints = await erp.hints()
    await erp.look_at_all()

    assert await kinds(erp) == {document: Kind.STATUS}
    assert hints == [document]
    assert status_of(erp, document) == ("On Hold", 0)
    assert erp.board.counts["differences", Kind.STATUS] == 1


async def test_what_waits_there_and_is_unknown_here_is_found(erp: SyncWorld) -> None:
    await erp.settle()
    document = await erp.bill()

    await sweep(erp)

    assert await kinds(erp) == {document: Kind.UNKNOWN_HERE}
    assert await erp.hints() == [document]


async def test_what_was_deleted_while_it_waited_is_found_and_marked_gone(erp: SyncWorld) -> None:
    document = await erp.bill()
    await erp.settle()
    await erp.delete(document)

    await sweep(erp)
    await erp.look_at_all()

    assert await kinds(erp) == {document: Kind.NOT_THERE}
    assert status_of(erp, document) == ("On Hold", 1)


async def test_what_was_released_unseen_is_found(erp: SyncWorld) -> None:
    await erp.settle()
    document = await erp.bill(Status="Open")
    await erp.settle()
    await erp.forget_status(document, "On Hold")

    await sweep(erp)
    await erp.look_at_all()

    assert (await kinds(erp))[document] == Kind.NOT_THERE
    assert status_of(erp, document) == ("Open", 0)


async def test_what_will_be_looked_at_anyway_is_no_difference(erp: SyncWorld) -> None:
    await erp.settle()
    await erp.bill()
    await erp.poll()

    await sweep(erp)

    assert await kinds(erp) == {}


async def test_a_parked_look_is_a_difference_that_starts_it_anew(erp: SyncWorld) -> None:
    document = await erp.bill()
    await erp.poll(after=0)
    async with erp.store.transaction() as conn:
        (hint,) = await inbox.due_hints(conn, NAME, erp.clock.now(), limit=9)
        await inbox.postpone_hint(conn, hint, due=erp.clock.now(), note="odd", park=True)

    await sweep(erp)

    assert await kinds(erp) == {document: Kind.UNKNOWN_HERE}
    assert await erp.hints() == [document]


async def test_a_difference_that_no_look_mends_is_told_once_not_every_ten_minutes(
    erp: SyncWorld,
) -> None:
    document = await erp.bill()
    await erp.settle()
    for _ in range(4):
        await erp.forget_status(document, "Pending Approval")
        await sweep(erp)
        async with erp.store.transaction() as conn:
            for hint in await inbox.due_hints(conn, NAME, erp.clock.now(), limit=9):
                await inbox.answer_hint(conn, hint)

    assert len(await erp.audit("difference found")) == 1


async def test_before_the_first_synchronisation_nothing_is_a_difference(erp: SyncWorld) -> None:
    await erp.bill()

    await sweep(erp)

    assert await kinds(erp) == {}
    assert await erp.hints() == []
    assert "not read for the first time" in erp.board.troubles["reconciliation"]


async def test_a_list_that_is_refused_is_a_problem_and_the_other_lists_are_compared(
    erp: SyncWorld,
) -> None:
    await erp.settle()
    document = await erp.bill()
    await erp.fault("status:403", path="PurchaseOrder", times=9)

    await sweep(erp)

    assert await kinds(erp) == {document: Kind.UNKNOWN_HERE}
    assert "PurchaseOrder" in erp.board.troubles["reconciliation"]


async def test_a_sweep_that_breaks_off_is_tried_again_and_finds_it_all(erp: SyncWorld) -> None:
    await erp.settle()
    document = await erp.bill()
    await erp.fault("status:503", path="/Bill")
    await sweep(erp)
    broken = (await kinds(erp), dict(erp.board.troubles))

    erp.clock.advance(minutes=10)
    await erp.reconciler.step()

    assert broken[0] == {}
    assert "reconciliation" in broken[1]
    assert await kinds(erp) == {document: Kind.UNKNOWN_HERE}
    assert erp.board.troubles == {}


async def test_between_thousands_of_differences_somebody_else_has_their_turn_after_each_chunk(
    tmp_path: Path,
) -> None:
    async with sync_world(tmp_path, page=1000) as erp:
        await erp.settle()
        for _ in range(1500):
            await erp.bill()
        seen = await erp.seen_meanwhile("audit", sweep(erp))

        assert len(await erp.audit("difference found")) == 1500
        assert max(after - before for before, after in pairwise(seen)) <= CHUNK


# --- nights ---


def night(day: int) -> datetime:
    return datetime(2026, 11, day, 8, 30, tzinfo=UTC)  # half past two in Chicago


@pytest.fixture
async def chicago(tmp_path: Path) -> AsyncIterator[SyncWorld]:
    async with sync_world(tmp_path, time_zone="America/Chicago") as world:
        yield world


async def with_card(erp: SyncWorld, **fields: Any) -> str:
    """Enter a bill whose question stands open, card and all."""
    document = await erp.bill(**fields)
    await erp.settle()
    assert erp.rows("SELECT 1 FROM decisions WHERE document = ?", document)
    return document


async def test_every_open_card_is_read_by_its_key_at_night(chicago: SyncWorld) -> None:
    document = await with_card(chicago)
    before = len(await chicago.reads())
    chicago.clock.at = night(3)

    await chicago.reconciler.step()

    read = (await chicago.reads())[before:]
    assert read == ["Bill", "PurchaseOrder", document]
    (told,) = await chicago.audit("reconciled")
    assert told.detail["occasion"] == "night"
    assert told.detail["compared"] == 2


async def test_a_card_that_shows_other_content_than_its_document_is_found_at_night(
    chicago: SyncWorld,
) -> None:
    document = await with_card(chicago)
    sql = "UPDATE documents SET fingerprint = 'other' WHERE document = ?"
    async with chicago.store.transaction() as conn:
        await conn.execute(sql, (document,))
    chicago.clock.at = night(3)

    await chicago.reconciler.step()

    assert await kinds(chicago) == {document: Kind.CONTENT}
    (told,) = await chicago.audit("reconciled")
    assert told.detail["differences"] == {"content": 1}
    assert document in told.detail["examples"][0]


async def test_the_night_comes_once_also_after_a_restart(chicago: SyncWorld) -> None:
    await chicago.settle()
    chicago.clock.at = night(3)
    await chicago.reconciler.step()
    chicago.restart()
    chicago.clock.advance(hours=20)
    while await chicago.reconciler.step():
        chicago.clock.advance(minutes=1)

    assert len(await chicago.audit("reconciled")) == 1


async def test_missed_nights_are_made_up_for_once(chicago: SyncWorld) -> None:
    await chicago.settle()
    chicago.clock.at = night(9) + timedelta(hours=5)

    for _ in range(5):
        await chicago.reconciler.step()
        chicago.clock.advance(minutes=1)

    assert len(await chicago.audit("reconciled")) == 1


async def test_a_new_company_has_no_night_to_make_up_for(chicago: SyncWorld) -> None:
    await chicago.settle()

    assert chicago.clock.now() - START < timedelta(minutes=5)
    await chicago.reconciler.step()

    assert await chicago.audit("reconciled") == []


async def test_a_night_that_breaks_off_is_tried_again_until_it_is_whole(
    chicago: SyncWorld,
) -> None:
    await with_card(chicago)
    chicago.clock.at = night(3)
    await chicago.fault("status:503", path="Bill/Bill")
    await chicago.reconciler.step()
    at_once = await chicago.reconciler.step()
    chicago.clock.advance(minutes=5)
    await chicago.reconciler.step()

    told = [one.detail["whole"] for one in await chicago.audit("reconciled")]
    assert told == [True, False]  # newest first
    assert not at_once
    async with chicago.store.reading() as conn:
        done = await documents.watermark(conn, NAME, documents.RECONCILED)
    assert done is not None
    assert done > night(3)


async def test_reading_card_by_card_leaves_half_the_budget_to_others(tmp_path: Path) -> None:
    async with sync_world(tmp_path, requests_per_minute=60) as erp:
        for _ in range(5):
            await erp.bill()
        await erp.settle()
        began = erp.clock.now()

        await erp.reconciler.everything("request")

        assert erp.clock.now() - began >= timedelta(seconds=5 * 2)


async def test_pushes_that_were_read_long_ago_are_dropped_others_stay(chicago: SyncWorld) -> None:
    await chicago.push(b"{}", identity="old and parked")
    await chicago.push(
        b'{"Query": "CountersignBills", "Id": "1", "CompanyId": "Company"}', identity="old"
    )
    await chicago.settle()
    chicago.clock.at = night(12)
    await chicago.push(b"{}", identity="new")

    await chicago.reconciler.step()

    identities = [row[0] for row in chicago.rows("SELECT identity FROM inbox ORDER BY id")]
    assert identities == ["old and parked", "new"]


# --- on demand ---


async def ask(erp: SyncWorld) -> int:
    async with erp.store.transaction() as conn:
        return await requests.ask(conn, NAME, now=erp.clock.now())


async def answer(erp: SyncWorld, number: int) -> tuple[str, Any]:
    async with erp.store.reading() as conn:
        return await requests.state(conn, number)


async def test_a_request_is_taken_within_two_seconds_and_answered_with_the_report(
    erp: SyncWorld,
) -> None:
    await with_card(erp)
    missing = await erp.bill()
    number = await ask(erp)
    due = await erp.reconciler.next_due()

    await erp.reconciler.step()

    state, report = await answer(erp, number)
    assert due is not None
    assert due <= erp.clock.now() + timedelta(seconds=2)
    assert state == "done"
    assert report["whole"] is True
    assert report["differences"] == {Kind.UNKNOWN_HERE: 1}
    assert missing in report["examples"][0]


async def test_a_request_the_former_process_did_not_finish_is_done_after_all(
    erp: SyncWorld,
) -> None:
    await erp.settle()
    number = await ask(erp)
    async with erp.store.transaction() as conn:
        await requests.take(conn, NAME)
        await requests.put_back(conn)

    await erp.reconciler.step()

    assert (await answer(erp, number))[0] == "done"


async def test_a_reconciliation_shows_how_far_it_is(
    erp: SyncWorld, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(12):
        await erp.bill()
    await erp.settle()

    with caplog.at_level(logging.INFO):
        await erp.reconciler.everything("request")

    sql = (
        "SELECT entity, rows, pages, total FROM progress WHERE what = 'reconciliation'"
        " AND finished_at IS NOT NULL ORDER BY entity"
    )
    assert erp.rows(sql) == [
        ("Bill", 12, 2, None),
        ("Bill cards", 12, 12, 12),
        ("PurchaseOrder", 0, 1, None),
    ]
    assert "reconciliation of acme: Bill cards, 12 read" in caplog.text
    assert "request: acme: 24 compared, no difference" in caplog.text


@pytest.mark.parametrize(
    ("error", "more"),
    [
        (ErpSignInFailed("no"), "; check ACUMATICA__ACME__… (USER, PASSWORD)"),
        (WrongTenant("no"), ""),
        (ErpUnavailable("no"), ""),
    ],
)
def test_a_refused_sign_in_names_the_settings_to_look_at(error: ErpError, more: str) -> None:
    company = Company(name="acme", url="https://erp.example", tenant="Company")

    assert in_words(error, company) == f"{error}{more}"


async def test_a_document_that_cannot_be_read_is_a_problem_and_the_rest_is_compared(
    erp: SyncWorld,
) -> None:
    document, other = await with_card(erp), await with_card(erp)
    await erp.fault("status:403", path=document)

    report = await erp.reconciler.everything("request")

    assert report.whole
    assert report.compared == 3
    assert len(report.problems) == 1
    assert document in report.problems[0]
    assert other not in json.dumps(report.to_json()["problems"])


# --- pushes of long ago ---


async def test_a_push_nobody_understood_is_kept_a_month_and_dropped_aloud(
    erp: SyncWorld, caplog: pytest.LogCaptureFixture
) -> None:
    await erp.push(b"{}")
    await erp.look_at_all()
    erp.clock.advance(days=29)
    await erp.reconciler.everything("night")
    after_29_days = erp.rows("SELECT state FROM inbox")
    erp.clock.advance(days=2)

    with caplog.at_level(logging.WARNING):
        await erp.reconciler.everything("night")

    (told,) = await erp.audit("parked pushes dropped")
    assert after_29_days == [("parked",)]
    assert erp.rows("SELECT state FROM inbox") == []
    assert told.detail["count"] == 1
    assert "parked pushes dropped" in caplog.text
