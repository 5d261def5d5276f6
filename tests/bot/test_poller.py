"""Polling misses nothing, asks as little as possible, and never blocks other writers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sync_world import NAME, START, SyncWorld, sync_world

from bot.reading.poller import CHUNK
from storage import documents, inbox

ENTITIES = ["Bill", "PurchaseOrder", "Check", "Payment"]


@pytest.fixture
async def erp(tmp_path: Path) -> AsyncIterator[SyncWorld]:
    async with sync_world(tmp_path, page=10) as world:
        yield world


async def test_first_poll_finds_what_waits_and_only_that(erp: SyncWorld) -> None:
    waits = await erp.bill()
    await erp.bill(Status="Open")

    await erp.poll(after=0)

    assert await erp.hints() == [waits]


async def test_a_poll_asks_once_for_each_entity_and_page(erp: SyncWorld) -> None:
    await erp.settle()
    for _ in range(25):
        await erp.bill()
    before = len(await erp.reads())

    await erp.poll()

    assert (await erp.reads())[before:] == ["Bill"] * 3 + ENTITIES[1:]
    assert len(await erp.hints()) == 25


async def test_a_quiet_poll_asks_once_for_each_entity(erp: SyncWorld) -> None:
    await erp.bill()
    await erp.settle()
    before = len(await erp.reads())

    await erp.poll()

    assert (await erp.reads())[before:] == ENTITIES


async def test_the_version_is_checked_once_before_the_first_poll(erp: SyncWorld) -> None:
    await erp.poll(after=0)
    await erp.poll()

    asked = [path for path in await erp.reads("/entity") if path.rstrip("/").endswith("/entity")]
    assert len(asked) == 1


async def test_what_is_known_as_the_list_shows_it_is_not_looked_at_again(erp: SyncWorld) -> None:
    await erp.bill()
    await erp.settle()

    await erp.poll()

    assert await erp.hints() == []


async def test_a_change_is_found_by_the_next_poll_whoever_waits_for_it(erp: SyncWorld) -> None:
    await erp.settle()
    waits, open_one = await erp.bill(), await erp.bill(Status="Open")

    await erp.poll()

    assert await erp.hints() == sorted([waits, open_one])


async def test_windows_overlap_so_that_late_commits_are_found(erp: SyncWorld) -> None:
    """A stamp older than the watermark, but within the overlap, is still seen."""
    await erp.settle()
    late_at = erp.clock.now()
    erp.clock.advance(minutes=4)
    await erp.bill()
    await erp.settle()
    later, erp.clock.at = erp.clock.now(), late_at
    late = await erp.bill()
    erp.clock.at = later

    await erp.poll()

    assert await erp.hints() == [late]


async def test_the_watermark_is_the_greatest_stamp_received_never_our_clock(
    erp: SyncWorld,
) -> None:
    await erp.settle()
    await erp.bill()
    entered = erp.clock.now()
    erp.clock.advance(minutes=30)

    await erp.poll()

    assert await erp.watermark() == entered


async def test_a_document_parked_by_a_look_is_not_started_anew_by_every_poll(
    erp: SyncWorld,
) -> None:
    document = await erp.bill()
    await erp.poll(after=0)
    async with erp.store.transaction() as conn:
        (hint,) = await inbox.due_hints(conn, NAME, erp.clock.now(), limit=9)
        await inbox.postpone_hint(conn, hint, due=erp.clock.now(), note="unreadable", park=True)

    await erp.poll()
    still_parked = await erp.hints()
    await erp.change(document.rpartition("/")[2], Description="mended")
    await erp.poll()

    assert still_parked == []
    assert await erp.hints() == [document]


async def test_a_window_that_breaks_off_is_read_again_whole(erp: SyncWorld) -> None:
    await erp.settle()
    waits = [await erp.bill() for _ in range(15)]
    seen = await erp.watermark()
    await erp.fault("status:503", path="PurchaseOrder")
    await erp.fault("delay:0", path="/Bill")  # the first page comes
    await erp.fault("status:503", path="/Bill")  # the second does not

    await erp.poll()
    broken = (await erp.hints(), await erp.watermark())
    await erp.poll(after=400)
    await erp.poll(after=400)

    assert broken == ([], seen)
    assert await erp.hints() == waits


async def test_between_thousands_of_changes_somebody_else_has_their_turn_after_each_chunk(
    tmp_path: Path,
) -> None:
    async with sync_world(tmp_path, page=1000) as erp:
        await erp.settle()
        count = 2 * CHUNK + 1
        for _ in range(count):
            await erp.bill()
        seen = await erp.seen_meanwhile("hints", erp.poll())

        assert len(await erp.hints()) == count
        assert max(after - before for before, after in pairwise(seen)) <= CHUNK


async def test_a_clock_that_is_set_back_puts_off_no_poll(tmp_path: Path) -> None:
    async with sync_world(tmp_path) as erp:
        await erp.settle()
        number = await erp.bill()
        erp.clock.set_by = -timedelta(days=1)

        await erp.poll()

        assert await erp.hints() == [number]


async def test_the_watermark_moves_only_with_the_last_of_the_hints(tmp_path: Path) -> None:
    """Killed between two chunks, the next start reads the window again."""
    async with sync_world(tmp_path, page=1000) as erp:
        await erp.settle()
        seen = await erp.watermark()
        for _ in range(CHUNK + 1):
            await erp.bill()
        begun = 0
        transaction = erp.store.transaction

        def dying() -> object:
            nonlocal begun
            begun += 1
            if begun == 2:
                raise KeyboardInterrupt
            return transaction()

        erp.store.transaction = dying  # type: ignore[method-assign,assignment]
        erp.clock.advance(minutes=2)
        with pytest.raises(KeyboardInterrupt):
            await erp.poller.step()
        erp.store.transaction = transaction  # type: ignore[method-assign]
        stopped = (len(await erp.hints()), await erp.watermark())
        erp.restart()
        await erp.poll()

        assert stopped == (CHUNK, seen)
        assert len(await erp.hints()) == CHUNK + 1


# --- what goes wrong ---


async def test_an_entity_that_is_refused_does_not_hold_up_the_others(erp: SyncWorld) -> None:
    await erp.settle()
    await erp.fault("status:403", path="PurchaseOrder", times=9)
    waits = await erp.bill()

    await erp.poll()

    assert await erp.hints() == [waits]
    assert "403" in erp.board.troubles["poll PurchaseOrder"]


@pytest.mark.parametrize(
    "fault", ["html", "redirect", "half_answer", "reset_before", "status:500", "status:429"]
)
async def test_whatever_a_poll_meets_is_named_and_nothing_is_lost(
    erp: SyncWorld, fault: str
) -> None:
    await erp.settle()
    waits = await erp.bill()
    await erp.fault(fault, times=2, path="/Bill")  # a read on a broken connection is sent anew
    await erp.poll()
    troubles = dict(erp.board.troubles)

    for _ in range(3):
        await erp.poll(after=700)

    assert troubles
    assert all(troubles.values())
    assert erp.board.troubles == {}
    assert await erp.hints() == [waits]


async def test_a_refusal_that_ended_is_no_trouble_any_more(erp: SyncWorld) -> None:
    await erp.fault("status:403", path="PurchaseOrder")
    await erp.poll(after=0)

    await erp.poll()

    assert erp.board.troubles == {}


async def test_failed_polls_back_off_and_what_was_missed_is_found_afterwards(
    erp: SyncWorld,
) -> None:
    await erp.settle()
    await erp.fault("status:503", path="/entity", times=2)
    waits = await erp.bill()

    await erp.poll()
    first = erp.board.counts["polls", "failed"]
    due = await erp.poller.next_due()
    assert due is not None
    erp.clock.at = due
    await erp.poller.step()
    erp.clock.advance(minutes=5)
    await erp.poller.step()

    assert first == 1
    assert "Acumatica" not in erp.board.troubles
    assert await erp.hints() == [waits]


async def test_a_login_limit_is_left_alone_for_as_long_as_it_asks(erp: SyncWorld) -> None:
    await erp.settle()
    await erp.fault("login_limit", path="/Bill")

    await erp.poll()
    erp.board.poll_now()

    due = await erp.poller.next_due()
    assert due is not None
    assert due - erp.clock.now() >= timedelta(minutes=1)
    assert not await erp.poller.step()


async def test_a_missing_version_is_told_and_tried_again_in_minutes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with sync_world(tmp_path, version="21.200.001") as erp:
        with caplog.at_level(logging.WARNING):
            await erp.poll(after=0)
            first = await erp.poller.next_due()
            await erp.poll(after=600)

        (told,) = await erp.audit("endpoint missing")
        assert first is not None
        assert first - START >= timedelta(minutes=2)
        assert "21.200.001" in erp.board.troubles["Acumatica"]
        assert "24.200.001" in told.detail["reason"]
        assert "poll failed" in caplog.text
        assert await erp.reads() == []


# --- clocks that jump ---


async def skewed_poll(erp: SyncWorld, seconds: int) -> None:
    """Poll while the server's clock is off, which its answers tell."""
    await erp.fault(f"clock_skew:{seconds}", times=len(ENTITIES), path="/Default/")
    await erp.poll()


@pytest.mark.parametrize("skew", [86_400, -86_400, 3600, -400_000])
async def test_a_wrong_date_before_the_first_poll_hides_no_change(
    erp: SyncWorld, skew: int
) -> None:
    await erp.fault(f"clock_skew:{skew}", times=3, path="/entity")  # which versions, and two lists
    await erp.poll(after=0)
    new = [await erp.bill(Status="Open"), await erp.bill()]

    await erp.poll()
    await erp.poll()

    assert await erp.hints() == new


@pytest.mark.parametrize("skew", [86_400, -86_400, 3600, -3600])
async def test_a_wrong_date_at_any_poll_hides_no_change(erp: SyncWorld, skew: int) -> None:
    await erp.bill()
    await erp.settle()
    before = await erp.bill(Status="Open")
    await skewed_poll(erp, skew)
    after = await erp.bill(Status="Open")

    await erp.poll()  # its first window still follows the wrong date
    await erp.poll()

    assert await erp.hints() == [before, after]


async def test_a_stamp_from_the_future_moves_no_watermark_and_hides_no_change(
    erp: SyncWorld,
) -> None:
    """The server's clock is a day ahead for a while: its stamps and its answers agree on that."""
    await erp.settle()
    now, erp.clock.at = erp.clock.now(), erp.clock.now() + timedelta(days=1)
    ahead = await erp.bill(Status="Open")
    erp.clock.at = now
    await skewed_poll(erp, 86_400)
    await skewed_poll(erp, 86_400)
    found = await erp.hints()
    erp.clock.advance(hours=3)  # Acumatica cannot be asked
    missed = await erp.bill(Status="Open")
    erp.clock.advance(hours=1)

    await erp.poll()

    assert found == [ahead]
    assert await erp.hints() == [ahead, missed]


async def test_what_is_stamped_while_the_servers_clock_is_behind_is_found(erp: SyncWorld) -> None:
    await erp.bill()
    await erp.settle()
    await skewed_poll(erp, -7200)
    now, erp.clock.at = erp.clock.now(), erp.clock.now() - timedelta(hours=2)
    late = await erp.bill(Status="Open")
    erp.clock.at = now

    await erp.poll()

    assert await erp.hints() == [late]


async def test_a_watermark_in_the_erps_future_is_told_and_moved_back(
    erp: SyncWorld, caplog: pytest.LogCaptureFixture
) -> None:
    await erp.settle()
    async with erp.store.transaction() as conn:
        future = erp.clock.now() + timedelta(days=9)
        await documents.move_watermark(conn, NAME, "Bill", future)
    new = await erp.bill(Status="Open")

    with caplog.at_level(logging.WARNING):
        await erp.poll()
    troubles = dict(erp.board.troubles)
    mark = await erp.watermark()
    await erp.poll()

    assert await erp.hints() == [new]
    assert "future" in troubles["watermark Bill"]
    assert "watermark Bill" in caplog.text
    assert mark is not None
    assert mark <= erp.clock.now()
    assert erp.board.troubles == {}


async def test_clocks_that_are_apart_are_a_trouble_until_they_agree(erp: SyncWorld) -> None:
    await erp.settle()
    await skewed_poll(erp, 7200)
    apart = erp.board.troubles["clock"]

    await erp.poll()

    assert "120 minutes ahead" in apart
    assert erp.board.troubles == {}


# --- pace ---


def told(erp: SyncWorld) -> None:
    erp.board.count("push", "received")


async def wait_of(erp: SyncWorld) -> timedelta:
    due = await erp.poller.next_due()
    assert due is not None
    return due - erp.clock.now()


async def test_polling_stretches_while_pushes_tell_first(erp: SyncWorld) -> None:
    await erp.settle()
    waits = []
    for _ in range(4):
        await erp.push(notification(await erp.bill()))
        told(erp)
        await erp.look_at_all()
        await erp.poll(after=300)
        waits.append(await wait_of(erp))

    assert waits == [timedelta(minutes=minutes) for minutes in (2, 4, 5, 5)]


async def test_a_change_that_no_push_told_brings_the_fast_pace_back(erp: SyncWorld) -> None:
    await erp.settle()
    await erp.push(notification(await erp.bill()))
    told(erp)
    await erp.look_at_all()
    await erp.poll()
    stretched = await wait_of(erp)
    await erp.bill()
    told(erp)
    await erp.poll(after=120)

    assert stretched == timedelta(minutes=2)
    assert await wait_of(erp) == timedelta(minutes=1)


async def test_a_poll_that_is_wanted_comes_at_once_the_next_when_the_fastest_would(
    erp: SyncWorld,
) -> None:
    await erp.settle()
    for _ in range(4):
        await erp.push(notification(await erp.bill()))
        told(erp)
        await erp.look_at_all()
        await erp.poll(after=300)
    stretched = await wait_of(erp)
    erp.clock.advance(seconds=10)
    done = []
    for seconds in (0, 5, 54, 1):
        erp.clock.advance(seconds=seconds)
        erp.board.poll_now()
        done.append(await erp.poller.step())

    assert stretched == timedelta(minutes=5)
    assert done == [True, False, False, True]


def notification(document: str) -> bytes:
    number = document.rpartition("/")[2]
    return (
        f'{{"Query": "CountersignBills", "Id": "{number}", "CompanyId": "Company",'
        f' "Inserted": [{{"Type": "Bill", "ReferenceNbr": "{number}"}}]}}'
    ).encode()


# --- progress ---


async def test_the_first_synchronisation_shows_how_far_it_is(
    erp: SyncWorld, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(25):
        await erp.bill()

    with caplog.at_level(logging.INFO):
        await erp.poll(after=0)

    rows = erp.rows("SELECT what, entity, rows, pages, finished_at FROM progress ORDER BY entity")
    assert [(what, entity, count, pages) for what, entity, count, pages, _ in rows] == [
        ("first synchronisation", "Bill", 25, 3),
        ("first synchronisation", "PurchaseOrder", 0, 1),
    ]
    assert all(finished for *_, finished in rows)
    assert "first synchronisation of acme: Bill, 25 read" in caplog.text


async def test_a_first_synchronisation_that_breaks_off_says_so_and_starts_anew(
    erp: SyncWorld,
) -> None:
    waits = await erp.bill()
    await erp.fault("status:503", path="/Bill")
    await erp.poll(after=0)
    ((note,),) = erp.rows("SELECT note FROM progress WHERE entity = 'Bill'")

    await erp.poll(after=400)

    assert "broke off" in note
    assert await erp.hints() == [waits]
    assert erp.rows("SELECT note FROM progress WHERE entity = 'Bill'") == [("",)]


async def test_what_changes_during_a_long_first_synchronisation_is_found_after_it(
    erp: SyncWorld,
) -> None:
    """The first window begins where the first synchronisation did, however long that took."""
    document = await erp.bill(Status="Open")
    started = erp.clock.now()
    erp.clock.advance(minutes=20)
    await erp.bill()  # stamped while the pages were being read
    ended, erp.clock.at = erp.clock.now(), started
    await erp.poll(after=0)
    await erp.look_at_all()
    erp.clock.advance(seconds=1)
    await erp.change(document.rpartition("/")[2], Description="meanwhile")
    erp.clock.at = ended

    await erp.poll()

    assert await erp.hints() == [document]
