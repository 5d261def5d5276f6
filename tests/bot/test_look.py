"""A look is tried again where waiting may help, and parked where it cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sync_world import SyncWorld, sync_world

from bot.reading.look import FAILURE_WAITS
from storage import inbox

LOCKED = "px_error:Another process has updated the 'APInvoice' record."


@pytest.fixture
async def erp(tmp_path: Path) -> AsyncIterator[SyncWorld]:
    async with sync_world(tmp_path) as world:
        yield world


async def found(erp: SyncWorld, fault: str, times: int) -> str:
    """A bill that a poll found, and whose next readings end in *fault*."""
    await erp.settle()
    document = await erp.bill()
    await erp.poll()
    await erp.fault(fault, times=times, path=document.rpartition("/")[2])
    return document


async def look_as_due(erp: SyncWorld) -> list[float]:
    """Look whenever it is due; returns the waits between."""
    waits: list[float] = []
    while True:
        await erp.look_at_all()
        due = await erp.look.next_due()
        if due is None:
            return waits
        waits.append((due - erp.clock.now()) / timedelta(seconds=1))
        erp.clock.at = due


def state(erp: SyncWorld) -> list[tuple[str, str]]:
    return [(state, note) for state, note in erp.rows("SELECT state, note FROM hints")]


async def test_a_number_asked_for_in_another_case_is_the_one_document_the_erp_knows(
    erp: SyncWorld,
) -> None:
    await erp.settle()
    document = await erp.bill(ReferenceNbr="AB0001")
    now = erp.clock.now()
    async with erp.store.transaction() as conn:
        asked = document.replace("AB0001", "ab0001")
        await inbox.add_hint(conn, "acme", asked, reason="asked", correlation="c", now=now)

    await erp.look_at_all()

    assert document.endswith("AB0001")
    assert erp.rows("SELECT document FROM documents") == [(document,)]
    assert set(erp.rows("SELECT document FROM decisions")) <= {(document,)}
    assert state(erp) == []


async def test_a_record_locked_for_a_moment_is_read_again_soon(erp: SyncWorld) -> None:
    document = await found(erp, LOCKED, 1)

    waits = await look_as_due(erp)

    assert len(waits) == 1
    assert 20 <= waits[0] <= 30
    assert state(erp) == []
    assert erp.rows("SELECT status FROM documents WHERE document = ?", document) == [("On Hold",)]


async def test_a_wall_clock_that_is_set_back_puts_off_no_look(erp: SyncWorld) -> None:
    erp.clock.set_by = timedelta(hours=1)
    document = await found(erp, LOCKED, 1)
    await erp.look_at_all()
    assert [one for one, _ in state(erp)] == ["pending"]

    erp.clock.set_by = timedelta()
    erp.clock.advance(seconds=10)
    await erp.look_at_all()
    assert [one for one, _ in state(erp)] == ["pending"]  # it waits as long as it was to
    erp.clock.advance(seconds=21)
    await erp.look_at_all()

    assert state(erp) == []
    assert erp.rows("SELECT status FROM documents WHERE document = ?", document) == [("On Hold",)]


async def test_an_exception_that_stays_is_parked_after_waits_that_grow(erp: SyncWorld) -> None:
    await found(erp, LOCKED, 99)

    waits = await look_as_due(erp)

    assert waits == sorted(waits)
    assert len(waits) == len(FAILURE_WAITS)
    assert 600 <= sum(waits) <= 900
    ((parked, note),) = state(erp)
    assert parked == "parked"
    assert "Another process" in note


async def test_a_long_outage_uses_up_none_of_the_tries_after_an_exception(erp: SyncWorld) -> None:
    await found(erp, "status:503", 20)
    await erp.fault(LOCKED, times=3, path="/Bill/")

    waits = await look_as_due(erp)

    assert len(waits) == 23
    assert state(erp) == []


async def test_what_was_parked_and_changes_again_has_all_its_tries(erp: SyncWorld) -> None:
    document = await found(erp, LOCKED, 6 + 5)
    await look_as_due(erp)
    await erp.change(document.rpartition("/")[2], Description="again")
    await erp.poll()

    waits = await look_as_due(erp)

    assert len(waits) == 5
    assert state(erp) == []


@pytest.mark.parametrize("fault", ["status:400", "status:403", "status:422"])
async def test_what_no_waiting_changes_is_parked_at_once(erp: SyncWorld, fault: str) -> None:
    await found(erp, fault, 1)

    assert await look_as_due(erp) == []
    assert [parked for parked, _ in state(erp)] == ["parked"]
