"""The test message is the last in line: while anything else is due it does not go."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn, cast

from sync_world import NAME, SyncWorld, sync_world

from bot.clock import Bell
from bot.sending.canary import PATIENCE, PUT_OFF, Canary
from bot.sending.teams import Connector
from storage import conversations, outbox
from storage.records import OutboxItem, Outcome, Retry


class Untouched:
    """A connector that nobody may call."""

    calls = 0

    def __getattr__(self, name: str) -> NoReturn:
        Untouched.calls += 1
        raise AssertionError(f"{name} was called while a card waits")


class Refusing:
    """A connector that takes nothing."""

    calls = 0

    async def new_thread(self, *_: object) -> Outcome:
        self.calls += 1
        return Retry("503")


def canary_of(erp: SyncWorld, connector: object) -> Canary:
    return Canary(
        erp.store, cast("Connector", connector), {NAME: erp.tenant}, cast("Any", erp.ports),
        channel="payments", every=erp.tenant.company.poll, reachable=str,
        outbox_bell=Bell(erp.clock),
    )  # fmt: skip


def card(kind: str) -> OutboxItem:
    return OutboxItem(kind, kind, NAME, "Bill/Bill/1", "channel:ap", {}, "c", asks=True)


async def put(erp: SyncWorld, *items: OutboxItem) -> None:
    async with erp.store.transaction() as conn:
        now = erp.clock.now()
        await conversations.bind(conn, "payments", "19:p@thread.tacv2", by="file", now=now)
        for item in items:
            await outbox.add(conn, item, now=now)


async def test_a_round_waits_while_any_message_is_due(tmp_path: Path) -> None:
    async with sync_world(tmp_path) as erp:
        canary = canary_of(erp, Untouched())
        await put(erp, card("post"))
        erp.clock.advance(seconds=PUT_OFF)

        await canary.step()

        assert canary.rounds.outcomes == {"put off": 1}
        assert Untouched.calls == 0
        due = await canary.next_due()
        assert due is not None
        assert (due - erp.clock.now()).total_seconds() == PUT_OFF


async def test_a_round_that_was_put_off_for_ten_minutes_goes_all_the_same(tmp_path: Path) -> None:
    async with sync_world(tmp_path) as erp:
        refusing = Refusing()
        canary = canary_of(erp, refusing)
        await put(erp, card("post"))
        for _ in range(int(PATIENCE / PUT_OFF) + 1):
            assert refusing.calls == 0
            erp.clock.advance(seconds=PUT_OFF)
            await canary.step()

        assert refusing.calls == 1
        assert canary.rounds.outcomes["failed"] == 1


async def test_what_waits_behind_a_parked_message_holds_up_no_round(tmp_path: Path) -> None:
    async with sync_world(tmp_path) as erp:
        refusing = Refusing()
        canary = canary_of(erp, refusing)
        await put(erp, card("post"), card("nudge"))
        async with erp.store.transaction() as conn:
            await conn.execute("UPDATE outbox SET state = 'waiting' WHERE kind = 'post'")
        erp.clock.advance(seconds=PUT_OFF)

        await canary.step()

        assert refusing.calls == 1
