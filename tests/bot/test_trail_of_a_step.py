"""What a step of a plan leaves behind, row by row: the trail, the cards drawn anew, the look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from carrying_world import DONE, KEY, LOST, NAME, Carrying, carrying

from acumatica_client.errors import ErpBusy, ErpUnavailable
from bot.core.plans import Shown
from bot.deciding.checks import TOO_LATE
from bot.deciding.doer import MAX_TRIES
from storage import audit, inbox, outbox, posted_cards
from storage.records import DecisionState

Row = tuple[str, dict[str, Any]]


async def trail(world: Carrying) -> list[Row]:
    """Every row, oldest first; each is put down to us and to the question."""
    async with world.store.reading() as conn:
        rows = (await audit.newest(conn, limit=1000))[::-1]
    assert {(row.actor, row.correlation) for row in rows} <= {("countersign", "c")}
    assert {(row.company, row.document) for row in rows} <= {(NAME, str(KEY))}
    return [(row.action, row.detail) for row in rows]


async def show_in_channel(world: Carrying) -> None:
    async with world.store.transaction() as conn:
        await posted_cards.add(conn, NAME, str(KEY), "channel:ap")


async def drawn_anew(world: Carrying) -> list[str]:
    """What the card in the channel was drawn anew for."""
    async with world.store.reading() as conn:
        items = await outbox.unfinished(conn)
    own = f"{NAME}|{KEY}|d1."
    return [one.key.removeprefix(own).removesuffix("|channel:ap|update") for one in items]


async def sent(world: Carrying, step: str = "release", call: str = "ReleaseBill") -> list[Row]:
    print_of = (await world.decision()).fingerprint
    return [
        ("step checked", {"step": step, "shown": "doable"}),
        ("step sent", {"step": step, "call": f"POST Bill/{call}", "fingerprint": print_of,
                       "person": "aad-ann"}),
    ]  # fmt: skip


def answered(step: str, outcome: str, detail: str) -> Row:
    return ("step answered", {"step": step, "outcome": outcome, "detail": detail})


def ended(state: str, reason: str = "") -> Row:
    told = {"decision": "d1", "reason": reason, "configuration": "version-1"}
    return (f"decision {state}", told)


async def test_a_step_that_is_done_leaves_five_rows_a_card_and_a_look(tmp_path: Path) -> None:
    async with carrying(tmp_path, becomes=["Open"]) as world:
        await show_in_channel(world)
        await world.until_settled()

        assert await trail(world) == [
            *await sent(world),
            answered("release", DONE.outcome, "204"),
            ("step go on", {"step": "release", "detail": "204"}),
            ended("confirmed"),
        ]
        assert await drawn_anew(world) == ["0.2.go on"]
        async with world.store.reading() as conn:
            [hint] = await inbox.due_hints(conn, NAME, world.clocks.now(), limit=9)
        assert hint.document == str(KEY)


async def test_each_step_of_a_plan_has_its_rows(tmp_path: Path) -> None:
    plan, becomes = ("remove_hold", "release"), ["Balanced", "Open"]
    async with carrying(tmp_path, status="On Hold", plan=plan, becomes=becomes) as world:
        await show_in_channel(world)
        await world.until_settled()

        assert await trail(world) == [
            *await sent(world, "remove_hold", "ReleaseFromHold"),
            answered("remove_hold", DONE.outcome, "204"),
            ("step go on", {"step": "remove_hold", "detail": "204"}),
            *await sent(world),
            answered("release", DONE.outcome, "204"),
            ("step go on", {"step": "release", "detail": "204"}),
            ended("confirmed"),
        ]
        assert sorted(await drawn_anew(world)) == ["0.2.go on", "1.2.go on"]


async def test_a_call_of_which_nobody_can_say_tells_each_look_and_draws_the_card_once(
    tmp_path: Path,
) -> None:
    async with carrying(tmp_path, answers=[LOST]) as world:
        await show_in_channel(world)
        await world.until_settled()

        first, *doubts = (await trail(world))[2:]
        *doubts, step, decision = doubts
        assert first == answered("release", LOST.outcome, "no answer")
        assert len(doubts) > 5
        assert {str(row) for row in doubts} == {
            str(("step in doubt", {"shown": "doable", "step": "release"}))
        }
        assert step == ("step not_applied", {"step": "release", "detail": "no answer"})
        told = "Acumatica gave no answer, and nothing was done there."
        assert decision == ended("not_applied", told)
        drawn = await drawn_anew(world)
        assert drawn.count("0.2.in doubt") == 1
        assert len(drawn) == 2


async def test_a_read_back_that_fails_is_told_and_logged_and_read_again_within_seconds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with carrying(tmp_path, becomes=["Open"]) as world:
        await world.doer.step()
        world.erp.fails = [ErpUnavailable("the ERP is away")]
        await world.settler.step()
        due = await world.settler.next_due()
        await world.until_settled()

        assert ("step in doubt", {"shown": str(Shown.FAILED), "step": "release"}) in await trail(
            world
        )
        assert due is not None
        [line] = [one for one in caplog.records if one.message == "read-back failed"]
        assert line.__dict__["document"] == str(KEY)
        assert line.__dict__["reason"] == "the ERP is away"


async def test_what_cannot_be_checked_now_is_put_off_and_says_why(tmp_path: Path) -> None:
    async with carrying(tmp_path, fails=[ErpBusy("429", after=7.0)], becomes=["Open"]) as world:
        await world.until_settled()

        first, *_ = await trail(world)
        assert first == ("step put off", {"step": "release", "reason": "check: 429"})
        assert world.clocks.seconds - 1000 == pytest.approx(7.0)


async def test_what_was_never_sent_for_too_many_tries_lapses_with_its_reason(
    tmp_path: Path,
) -> None:
    async with carrying(tmp_path, becomes=["Open"]) as world:
        async with world.store.transaction() as conn:
            await conn.execute("UPDATE steps SET attempts = ?", (MAX_TRIES,))
        world.erp.fails = [ErpUnavailable("the ERP is away")]

        assert await world.until_settled() is DecisionState.LAPSED

        assert (await world.decision()).reason == TOO_LATE
        assert (await trail(world))[-1] == ended("lapsed", TOO_LATE)
        assert world.erp.writes == []
