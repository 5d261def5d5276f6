"""The test message is the last in line: while anything else is due it does not go."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn, cast

from sync_world import NAME, sync_world

from bot.clock import Bell
from bot.sending.canary import PUT_OFF, Canary
from bot.sending.teams import Connector
from storage import conversations, outbox
from storage.records import OutboxItem


class Untouched:
    """A connector that nobody may call."""

    calls = 0

    def __getattr__(self, name: str) -> NoReturn:
        Untouched.calls += 1
        raise AssertionError(f"{name} was called while a card waits")


async def test_a_round_waits_while_any_message_is_due(tmp_path: Path) -> None:
    async with sync_world(tmp_path) as erp:
        canary = Canary(
            erp.store, cast("Connector", Untouched()), {NAME: erp.tenant}, cast("Any", erp.ports),
            channel="payments", every=erp.tenant.company.poll, reachable=str,
            outbox_bell=Bell(erp.clock),
        )  # fmt: skip
        card = OutboxItem("k", "post", NAME, "Bill/Bill/1", "channel:ap", {}, "c", asks=True)
        async with erp.store.transaction() as conn:
            now = erp.clock.now()
            await conversations.bind(conn, "payments", "19:p@thread.tacv2", by="file", now=now)
            await outbox.add(conn, card, now=now)
        erp.clock.advance(seconds=PUT_OFF)

        await canary.step()

        assert canary.rounds.outcomes == {"put off": 1}
        assert Untouched.calls == 0
        due = await canary.next_due()
        assert due is not None
        assert (due - erp.clock.now()).total_seconds() == PUT_OFF
