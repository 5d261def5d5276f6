"""From a claimed decision to its end: what must hold before the call, and what is read after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from carrying_world import (
    ANN,
    DONE,
    KEY,
    LOST,
    NAME,
    START,
    Carrying,
    bill,
    carrying,
)

from acumatica_client.errors import ErpBusy, ErpUnavailable, ErpUnreadable
from acumatica_client.models import Approval, CallClass, CallOutcome, Document, DocumentKey, ErpCall
from acumatica_client.oauth import GrantLost
from bot.core.plans import STEADY_UNKNOWN, End, Shown
from bot.core.presses import Agree, Claim, Press
from bot.deciding.checks import Stop, not_doable
from bot.deciding.doer import CONNECT
from bot.deciding.journal import LEASE
from bot.tracing import set_spans
from storage import audit, inbox, ledger, people, settlements
from storage.records import DecisionState, PostedCard, StepState, StoredEmployee

CARD = PostedCard(NAME, str(KEY), "channel:ap", conversation="19:ap", activity="a-1")
REFUSED = CallOutcome(CallClass.REFUSED, "422")
DOUBTED = CallOutcome(CallClass.REFUSED_IN_DOUBT, "500 PX")
BUSY = CallOutcome(CallClass.TURNED_AWAY, "429", after=120.0)
UNSENT = CallOutcome(CallClass.NOT_SENT, "refused")
NEEDS_PERSON = DecisionState.NEEDS_PERSON


# --- an approval that others must give as well ----------------------------------------------

WAITS, BY_ANN, BY_BEN = (
    Approval("Pending", "E02"),
    Approval("Approved", "E01", approved_by="E01"),
    Approval("Approved", "E02", approved_by="E02"),
)


@pytest.mark.parametrize(
    ("before", "after", "proved"),
    [
        ((WAITS,), (BY_ANN, WAITS), True),
        ((BY_ANN, WAITS), (BY_ANN, BY_ANN, WAITS), True),
        ((), (BY_ANN, WAITS), True),
        ((WAITS,), (WAITS,), False),
        ((WAITS,), (BY_BEN, WAITS), False),
        ((BY_ANN, WAITS), (BY_ANN, WAITS), False),
        ((BY_ANN, WAITS), (), False),
    ],
)
async def test_an_approval_among_others_is_proved_by_one_more_row_of_who_pressed(
    tmp_path: Path, before: tuple[Approval, ...], after: tuple[Approval, ...], *, proved: bool
) -> None:
    told = {"status": "Pending Approval", "plan": ("approve",), "verb": "approve"}
    async with carrying(tmp_path, answers=[LOST], **told) as world:
        async with world.store.transaction() as conn:
            await people.put_employee(
                conn, NAME, StoredEmployee("E02", "Ben Ortiz", "", active=True)
            )
        shown = world.erp.shows
        assert shown is not None
        world.erp.shows = replace(shown, approvals=before)
        await world.doer.step()
        assert world.erp.writes == ["Approve"]
        world.erp.shows = replace(shown, approvals=after)

        state = await world.until_settled()

        assert state is (DecisionState.CONFIRMED if proved else NEEDS_PERSON)
        assert world.erp.writes == ["Approve"]


# --- what must hold before the call ---------------------------------------------------------


async def test_what_holds_is_sent_once_and_read_back(tmp_path: Path) -> None:
    async with carrying(tmp_path, becomes=["Open"]) as world:
        assert await world.until_settled() is DecisionState.CONFIRMED
        assert world.erp.writes == ["ReleaseBill"]
        assert world.erp.acted_since == [1000.0]
        assert world.erp.read_by_id == ["id-123"]


async def test_the_second_step_starts_from_its_own_fresh_read(tmp_path: Path) -> None:
    plan = ("remove_hold", "release")
    async with carrying(
        tmp_path, status="On Hold", plan=plan, becomes=["Balanced", "Open"]
    ) as world:
        assert await world.until_settled() is DecisionState.CONFIRMED
        assert world.erp.writes == ["ReleaseFromHold", "ReleaseBill"]


async def test_a_plan_whose_first_step_needs_an_approval_stops_there(tmp_path: Path) -> None:
    plan = ("remove_hold", "release")
    async with carrying(
        tmp_path, status="On Hold", plan=plan, becomes=["Pending Approval"]
    ) as world:
        assert await world.until_settled() is DecisionState.STOPPED
        assert world.erp.writes == ["ReleaseFromHold"]


def _shows(document: Document | None) -> Callable[[Carrying], None]:
    return lambda world: setattr(world.erp, "shows", document)


@pytest.mark.parametrize(
    ("meanwhile", "ended"),
    [
        (_shows(bill("Balanced", Amount=Decimal("1250.01"))), DecisionState.SUPERSEDED),
        (_shows(bill("On Hold")), DecisionState.SUPERSEDED),
        (_shows(bill("Voided")), DecisionState.SUPERSEDED),
        (_shows(bill("Open")), DecisionState.BY_OTHER),
        (_shows(bill("Open", Amount=Decimal(1))), DecisionState.SUPERSEDED),
        (_shows(bill("balanced")), DecisionState.REFUSED),
        (_shows(bill("Frobnicated")), DecisionState.REFUSED),
        (_shows(None), DecisionState.SUPERSEDED),
        (lambda world: world.clocks.advance(15 * 60 + 1), DecisionState.LAPSED),
        (lambda world: world.clocks.reboot(), DecisionState.LAPSED),
    ],
)
async def test_what_does_not_hold_any_more_ends_without_a_call(
    tmp_path: Path, meanwhile: Callable[[Carrying], None], ended: DecisionState
) -> None:
    async with carrying(tmp_path) as world:
        meanwhile(world)

        assert await world.until_settled() is ended
        assert world.erp.writes == []


CHANGED = "The document changed after the press, so nothing was done."
NO_LONGER = "The document no longer allows this, so nothing was done."


@pytest.mark.parametrize(
    ("shown", "ended"),
    [
        (Shown.DONE, Stop(End.BY_OTHER)),
        (Shown.ELSEWHERE, Stop(End.BY_OTHER)),
        (Shown.STOPPED, Stop(End.STOPPED, "It needs approval in Acumatica first.")),
        (Shown.DOABLE_OTHER, Stop(End.SUPERSEDED, CHANGED)),
        (Shown.DONE_OTHER, Stop(End.SUPERSEDED, CHANGED)),
        (
            Shown.UNKNOWN,
            Stop(End.REFUSED, "Acumatica shows a status that Countersign does not know."),
        ),
        (Shown.NOT_DOABLE, Stop(End.SUPERSEDED, NO_LONGER)),
        (Shown.GONE, Stop(End.SUPERSEDED, NO_LONGER)),
    ],
)
def test_each_thing_a_check_can_show_ends_a_plan_in_words_of_its_own(
    shown: Shown, ended: Stop
) -> None:
    assert not_doable(shown) == ended


@pytest.mark.parametrize(
    "person",
    [replace(ANN, guest=True), replace(ANN, email="other@acme.example")],
)
async def test_who_may_no_longer_decide_right_before_the_call_does_not(
    tmp_path: Path, person: Any
) -> None:
    async with carrying(tmp_path) as world:
        async with world.store.transaction() as conn:
            await people.put_person(conn, person, now=START)

        assert await world.until_settled() is DecisionState.REFUSED
        assert world.erp.writes == []


async def test_a_check_older_than_two_seconds_is_made_again(tmp_path: Path) -> None:
    async with carrying(tmp_path, read_takes=2.1) as world:
        await world.doer.step()
        assert world.erp.writes == []
        world.erp.read_takes = 1.9

        await world.until_settled(within=120)

        assert world.erp.writes == ["ReleaseBill"]


async def test_a_long_sign_in_makes_no_check_stale(tmp_path: Path) -> None:
    async with carrying(tmp_path, sign_in_takes=300.0, becomes=["Open"]) as world:
        assert await world.until_settled() is DecisionState.CONFIRMED


async def test_a_press_that_grew_old_while_it_waited_for_a_seat_lapses(tmp_path: Path) -> None:
    async with carrying(tmp_path, sign_in_takes=15 * 60.0 + 1) as world:
        assert await world.until_settled() is DecisionState.LAPSED
        assert world.erp.writes == []


async def test_whoever_lost_the_lease_does_not_send(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:
        lost = world.erp.read

        async def meanwhile(key: Any) -> Document | None:
            async with world.store.transaction() as conn:
                await ledger.free_leases(conn)
                lessee = ledger.Lessee(NAME, ledger.DOABLE, world.clocks.reading())
                assert await ledger.lease(conn, lessee, seconds=60)
            return await lost(key)

        world.erp.read = meanwhile  # type: ignore[method-assign]
        await world.doer.step()

        assert world.erp.writes == []


# --- what is certainly unsent ---------------------------------------------------------------


@pytest.mark.parametrize("outcome", [UNSENT, BUSY])
async def test_what_was_certainly_not_sent_is_tried_five_times_then_lapses(
    tmp_path: Path, outcome: CallOutcome
) -> None:
    async with carrying(tmp_path, answers=[outcome] * 9) as world:
        assert await world.until_settled() is DecisionState.LAPSED
        assert len(world.erp.writes) == 5
        assert world.clocks.seconds <= 1000 + 15 * 60


async def test_nothing_is_asked_of_the_erp_before_it_said_so(tmp_path: Path) -> None:
    async with carrying(tmp_path, answers=[BUSY], becomes=["Balanced", "Open"]) as world:
        await world.doer.step()
        world.clocks.advance(119)
        assert not await world.doer.step()
        world.clocks.advance(1)

        assert await world.until_settled() is DecisionState.CONFIRMED


async def test_a_check_that_fails_for_a_quarter_of_an_hour_lapses(tmp_path: Path) -> None:
    fails: list[Any] = [ErpBusy("429", after=60.0), *[ErpUnavailable("no answer")] * 99]
    async with carrying(tmp_path, fails=fails) as world:
        assert await world.until_settled() is DecisionState.LAPSED
        assert world.erp.writes == []


# --- what is read afterwards ----------------------------------------------------------------


def _other_id(shown: Document | None) -> Document | None:
    return None if shown is None else replace(shown, erp_id="id-999")


@pytest.mark.parametrize(
    ("answer", "told", "ended", "earliest", "latest"),
    [
        (DONE, {}, NEEDS_PERSON, 60, 120),
        (REFUSED, {}, DecisionState.REFUSED, 0, 5),
        (DOUBTED, {}, DecisionState.REFUSED, 60, 120),
        (LOST, {}, DecisionState.NOT_APPLIED, 900, 960),
        (LOST, {"becomes": ["Open"]}, DecisionState.CONFIRMED, 0, 5),
        (REFUSED, {"becomes": ["Open"]}, DecisionState.CONFIRMED, 0, 5),
        (DONE, {"becomes": ["Frobnicated"]}, NEEDS_PERSON, 0, 5),
        (LOST, {"becomes": ["Voided"]}, DecisionState.SUPERSEDED, 900, 960),
        (DONE, {"becomes": ["Open"], "by_id": _other_id}, NEEDS_PERSON, 5, 10),
        (REFUSED, {"by_id": lambda _shown: None}, NEEDS_PERSON, 5, 10),
        (LOST, {"by_id": lambda _shown: None}, NEEDS_PERSON, 5, 10),
    ],
)
async def test_what_a_read_back_shows_ends_the_decision_in_its_time(
    tmp_path: Path,
    answer: CallOutcome,
    told: dict[str, Any],
    ended: DecisionState,
    earliest: float,
    latest: float,
) -> None:
    async with carrying(tmp_path, answers=[answer], **told) as world:
        assert await world.until_settled() is ended
        assert earliest <= world.clocks.seconds - 1000 <= latest
        assert world.erp.writes == ["ReleaseBill"]


async def test_reads_that_differ_once_are_no_proof(tmp_path: Path) -> None:
    times: list[None] = []

    def once(shown: Document | None) -> Document | None:
        times.append(None)
        return None if len(times) == 1 else shown

    async with carrying(tmp_path, becomes=["Open"], by_id=once) as world:
        assert await world.until_settled() is DecisionState.CONFIRMED


async def test_an_answer_nobody_can_read_twice_is_an_administrators(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:
        await world.doer.step()
        world.erp.fails += [ErpUnreadable("another document")] * 2

        assert await world.until_settled() is NEEDS_PERSON
        assert world.clocks.seconds - 1000 <= 10


async def test_what_cannot_be_read_back_for_a_day_is_an_administrators(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:
        await world.doer.step()
        world.erp.fails += [ErpUnavailable("no answer")] * 9999

        assert await world.until_settled() is NEEDS_PERSON
        assert 24 * 3600 <= world.clocks.seconds - 1000 <= 24 * 3600 + 300
        assert world.erp.writes == ["ReleaseBill"]


async def test_a_quarter_of_an_hour_without_a_read_back_is_told_until_one_succeeds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    where = f"outcome of {KEY}"
    async with carrying(tmp_path, answers=[LOST]) as world:
        await world.doer.step()
        world.erp.fails = [ErpUnavailable("away")] * 4
        await world.settler.step()
        world.clocks.advance(15 * 60 - 1)
        await world.settler.step()
        assert world.board.troubles == {}
        world.clocks.advance(1)
        assert not await world.settler.step()
        world.clocks.advance(15 * 60)
        await world.settler.step()
        world.clocks.advance(15 * 60)
        await world.settler.step()

        told = "Acumatica has not let us read back for 15 minutes what became of a call"
        assert world.board.troubles == {where: told}
        [line] = [one for one in caplog.records if one.message == "read-backs keep failing"]
        assert (line.levelname, line.__dict__["document"]) == ("ERROR", str(KEY))
        world.clocks.advance(15 * 60)
        await world.settler.step()
        assert world.board.troubles == {}


async def test_act_and_read_back_stand_under_the_id_of_their_decision(tmp_path: Path) -> None:
    opened: list[tuple[str, dict[str, str]]] = []

    def span(name: str, told: Mapping[str, str]) -> AbstractContextManager[None]:
        opened.append((name, dict(told)))
        return nullcontext()

    async with carrying(tmp_path, answers=[LOST]) as world:
        set_spans(span)
        try:
            await world.doer.step()
            await world.settler.step()
        finally:
            set_spans(None)
        one = await world.decision()

    told = {"correlation": one.correlation, "company": NAME, "document": str(KEY)}
    assert [row for row in opened if row[0] in ("act", "settle")] == [
        ("act", told), ("settle", told),
    ]  # fmt: skip


async def test_that_an_administrator_must_look_is_an_error_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with carrying(tmp_path, becomes=["Frobnicated"]) as world:
        await world.until_settled()
        one = await world.decision()

    [line] = [row for row in caplog.records if row.message == "an administrator must look"]
    assert (line.levelname, vars(line)["document"]) == ("ERROR", str(KEY))
    assert vars(line)["reason"] == one.reason != ""


@pytest.mark.parametrize(("away", "waits"), [(False, [5, 10, 20, 30]), (True, [5, 10, 20, 40])])
async def test_read_backs_wait_twice_as_long_each_time_while_acumatica_is_away(
    tmp_path: Path, waits: list[float], *, away: bool
) -> None:
    async with carrying(tmp_path, answers=[LOST]) as world:
        await world.doer.step()
        world.erp.fails = [ErpUnavailable("away")] * 4 if away else []
        for wait in waits:
            await world.settler.step()
            due = await world.settler.next_due()
            assert due == world.clocks.now() + timedelta(seconds=wait)
            world.clocks.advance(wait)


async def test_exactly_a_quarter_of_an_hour_is_told(tmp_path: Path) -> None:
    async with carrying(tmp_path, answers=[LOST]) as world:
        await world.doer.step()
        world.erp.fails = [ErpUnavailable("away")] * 2
        await world.settler.step()
        world.clocks.advance(15 * 60)
        await world.settler.step()

        assert len(world.board.troubles) == 1


async def test_what_was_not_to_be_seen_for_a_while_must_stand_anew(tmp_path: Path) -> None:
    async with carrying(tmp_path, answers=[LOST]) as world:
        await world.doer.step()
        await world.settler.step()
        world.clocks.advance(890)
        world.erp.fails = [ErpUnavailable("away")]
        await world.settler.step()
        world.clocks.advance(30)
        await world.settler.step()
        assert (await world.decision()).state is DecisionState.CLAIMED
        before = world.clocks.seconds

        assert await world.until_settled() is DecisionState.NOT_APPLIED
        assert world.clocks.seconds - before >= STEADY_UNKNOWN


async def test_two_reads_of_different_contents_are_no_proof(tmp_path: Path) -> None:
    def other(shown: Document | None) -> Document | None:
        return None if shown is None else bill(shown.status, Amount=Decimal(2))

    async with carrying(tmp_path, answers=[LOST], becomes=["Open"], by_id=other) as world:
        await world.doer.step()
        assert world.erp.shows is not None
        world.erp.shows = bill("Open", Amount=Decimal(1))

        assert await world.until_settled() is NEEDS_PERSON


async def test_what_a_dead_process_left_sent_is_read_back_never_sent(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:

        async def dies(*_: Any, **__: Any) -> CallOutcome:
            raise OSError("the process dies here")

        world.erp.act = dies  # type: ignore[method-assign]
        with pytest.raises(OSError, match="dies"):
            await world.doer.step()
        async with world.store.transaction() as conn:
            await ledger.free_leases(conn)

        assert await world.until_settled() is DecisionState.NOT_APPLIED
        assert world.clocks.seconds - 1000 >= 900
        assert world.erp.writes == []
        assert (await world.steps())[0].detail == "found in SENT at start"


# --- clocks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-1.0, 1.0, -400.0, 400.0])
async def test_setting_the_wall_clock_changes_no_wait(tmp_path: Path, days: float) -> None:
    async with carrying(tmp_path, answers=[LOST]) as world:
        world.clocks.set_wall(days)
        await world.doer.step()
        world.clocks.set_wall(-2 * days)
        await world.settler.step()
        world.clocks.set_wall(3 * days)

        assert await world.until_settled() is DecisionState.NOT_APPLIED
        assert 900 <= world.clocks.seconds - 1000 <= 960
        assert world.erp.writes == ["ReleaseBill"]


@pytest.mark.parametrize("days", [-1.0, 1.0])
async def test_setting_the_wall_clock_makes_no_press_old_or_young(
    tmp_path: Path, days: float
) -> None:
    async with carrying(tmp_path, becomes=["Open"]) as world:
        world.clocks.set_wall(days)
        assert await world.until_settled() is DecisionState.CONFIRMED

    async with carrying(tmp_path / "other") as world:
        world.clocks.advance(15 * 60 + 1)
        world.clocks.set_wall(days)
        assert await world.until_settled() is DecisionState.LAPSED


async def test_after_a_reboot_the_quiet_window_begins_anew(tmp_path: Path) -> None:
    async with carrying(tmp_path, answers=[LOST]) as world:
        await world.doer.step()
        world.clocks.advance(890)
        await world.settler.step()
        world.clocks.reboot()
        async with world.store.transaction() as conn:
            await ledger.free_leases(conn)

        assert await world.until_settled() is DecisionState.NOT_APPLIED
        assert 905 <= world.clocks.seconds <= 970


# --- side by side ---------------------------------------------------------------------------


async def test_a_long_call_holds_up_no_other_document_and_nobody_takes_it_over(
    tmp_path: Path,
) -> None:
    async with carrying(tmp_path, becomes=["Open"]) as world:
        called, answers, act = asyncio.Event(), asyncio.Event(), world.erp.act

        async def takes_long(call: ErpCall, key: DocumentKey, *, since: float) -> CallOutcome:
            if key == KEY:
                called.set()
                await answers.wait()
            return await act(call, key, since=since)

        world.erp.act = takes_long  # type: ignore[method-assign]
        long_one = asyncio.ensure_future(world.doer.step())
        await called.wait()
        await world.press_another("000124")

        assert await world.doer.step()
        assert await world.settler.step()

        assert (await world.decision("d2")).state is DecisionState.CONFIRMED
        world.clocks.advance(21 * 60)  # as long as a call and its long operation may take
        assert not await world.doer.step()
        assert not await world.settler.step()
        assert (await world.steps())[0].state is StepState.SENT
        answers.set()
        await long_one
        assert await world.until_settled() is DecisionState.CONFIRMED
        assert world.erp.writes == ["ReleaseBill", "ReleaseBill"]


# --- our own edit ---------------------------------------------------------------------------


async def test_a_hold_whose_removal_is_seen_late_is_still_known_as_our_own_edit(
    tmp_path: Path,
) -> None:
    plan = ("remove_hold", "release")
    async with carrying(
        tmp_path, status="On Hold", plan=plan, answers=[LOST], becomes=["Balanced"]
    ) as world:
        await world.doer.step()
        world.erp.fails += [ErpUnavailable("no answer")] * 6
        while (await world.steps())[0].state is not StepState.CONFIRMED:
            await world.settler.step()
            world.clocks.advance(30)

        assert world.clocks.seconds - 1000 > 180
        assert world.erp.shows is not None
        assert (await world.steps())[0].left_at == world.erp.shows.last_modified


async def test_an_edit_long_after_the_call_is_not_taken_for_our_own(tmp_path: Path) -> None:
    plan = ("remove_hold", "release")
    async with carrying(
        tmp_path, status="On Hold", plan=plan, answers=[LOST], becomes=["Balanced"]
    ) as world:
        await world.doer.step()
        world.clocks.advance(901)
        assert world.erp.shows is not None
        world.erp.shows = replace(world.erp.shows, last_modified=world.erp.server_time())

        await world.settler.step()

        assert (await world.steps())[0].left_at is None


# --- what nobody can tell -------------------------------------------------------------------


async def test_what_needs_a_person_blocks_every_further_question(tmp_path: Path) -> None:
    async with carrying(tmp_path, becomes=["Frobnicated"]) as world:
        await world.until_settled()
        decision = await world.decision()

        async with world.store.reading() as conn:
            opened = await settlements.get(conn, "d1")
            hints = await inbox.due_hints(conn, NAME, world.clocks.now(), limit=9)
        assert opened is not None
        assert not opened.first
        assert [hint.document for hint in hints] == [str(KEY)]
        with pytest.raises(Exception, match="UNIQUE"):
            async with world.store.transaction() as conn:
                await ledger.ask(
                    conn, replace(decision, id="d2", token="t2", state=DecisionState.PENDING)
                )


# --- what was done is not what was approved ---


async def released_otherwise(world: Carrying) -> DecisionState:
    """Release the bill; what is read back has another amount."""
    await world.doer.step()
    world.erp.shows = bill("Open", Amount=Decimal("1990.00"))
    return await world.until_settled()


async def test_a_mismatch_keeps_what_was_approved_and_what_was_done(tmp_path: Path) -> None:
    async with carrying(tmp_path, becomes=["Open"]) as world:
        assert await released_otherwise(world) is DecisionState.MISMATCH

        (changed,) = (await world.decision()).changes
        assert changed == ("Amount", "1250.00 USD", "1990.00 USD")
        async with world.store.reading() as conn:
            assert await ledger.approved(conn, "d1") is None  # no longer needed
            rows = [row for row in await audit.newest(conn) if row.action == "mismatch found"]
        [row] = rows
        assert row.detail == {
            "decision": "d1",
            "differences": ["Amount was 1,250.00 USD, is 1,990.00 USD."],
        }


async def test_what_an_older_version_claimed_is_a_mismatch_all_the_same(tmp_path: Path) -> None:
    async with carrying(tmp_path, becomes=["Open"]) as world:
        async with world.store.transaction() as conn:
            await conn.execute("UPDATE decisions SET approved = ''")

        assert await released_otherwise(world) is DecisionState.MISMATCH
        assert (await world.decision()).changes == ()


# --- who comes too late ---


async def test_what_leads_to_no_document_any_more_is_not_sent(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:
        async with world.store.transaction() as conn:
            await conn.execute("DELETE FROM documents")

        assert await world.until_settled() is DecisionState.REFUSED
        assert world.erp.writes == []


async def test_whoever_lost_the_lease_ends_nothing(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:
        late = await world.journal.lease(ledger.DOABLE)
        world.clocks.advance(LEASE + 1)
        holder = await world.journal.lease(ledger.DOABLE)
        assert late is not None
        assert holder is not None

        await world.journal.end(late, End.REFUSED, "too late")
        assert (await world.decision()).state is DecisionState.CLAIMED

        await world.journal.end(holder, End.LAPSED, "in time")
        assert (await world.decision()).reason == "in time"


@pytest.mark.parametrize("judged", [Claim(("release",), CARD), Agree(("aad-ben",), CARD)])
async def test_a_decision_somebody_has_cannot_be_taken_again(
    tmp_path: Path, judged: Claim | Agree
) -> None:
    press = Press("t-d1", "release", ANN.aad_object_id, "19:ap", "a-1")
    async with carrying(tmp_path) as world:
        async with world.store.transaction() as conn:
            asked = await world.claims.asked(conn, press)
        assert asked is not None

        with pytest.raises(ValueError, match="pressed by somebody else meanwhile"):
            async with world.store.transaction() as conn:
                await world.claims.take(conn, press, asked, judged)
        assert len(await world.steps()) == 1


async def test_the_services_own_sign_in_that_is_lost_keeps_the_press_waiting(
    tmp_path: Path,
) -> None:
    async with carrying(
        tmp_path, sign_in_fails=[GrantLost("invalid_grant")], becomes=["Open"]
    ) as world:
        await world.doer.step()
        assert (await world.decision()).state is DecisionState.CLAIMED
        assert world.erp.writes == []

        assert await world.until_settled() is DecisionState.CONFIRMED
        assert len(world.erp.writes) == 1


async def test_who_is_connected_no_more_when_it_is_their_turn_hears_it_and_nothing_is_called(
    tmp_path: Path,
) -> None:
    async with carrying(tmp_path, grants=NobodyConnected()) as world:
        assert await world.until_settled() is DecisionState.REFUSED

        assert (await world.decision()).reason == CONNECT
        assert world.erp.writes == []


class NobodyConnected:
    """The grants of a company that acts as the person, after everybody disconnected."""

    async def of(self, _person: str) -> None:
        return None

    async def logins(self, _conn: object) -> dict[str, str]:
        return {}


async def test_a_step_is_carried_out_by_the_grant_of_who_pressed(tmp_path: Path) -> None:
    async with carrying(tmp_path, grants=Lost(), becomes=["Open"]) as world:
        await world.doer.step()

        assert world.erp.acted_as == [f"grant of {ANN.aad_object_id}"]


class Lost:
    """The grants of a company that acts as the person, one of which the ERP honours no more."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    async def of(self, person: str) -> str:
        return f"grant of {person}"

    async def logins(self, _conn: object) -> dict[str, str]:
        return {ANN.aad_object_id: "ann"}

    async def forget(self, conn: object, person: str) -> None:
        assert conn is not None
        self.forgotten.append(person)


async def test_a_persons_grant_that_the_erp_honours_no_more_is_forgotten_and_nothing_is_called(
    tmp_path: Path,
) -> None:
    grants = Lost()
    lost = [GrantLost("invalid_grant")]
    async with carrying(tmp_path, grants=grants, sign_in_fails=lost) as world:
        assert await world.until_settled() is DecisionState.REFUSED

        assert (await world.decision()).reason == CONNECT
        assert world.erp.writes == []
        assert grants.forgotten == [ANN.aad_object_id]
        async with world.store.reading() as conn:
            [row] = [one for one in await audit.newest(conn) if one.action == "grant lost"]
        assert (row.actor, row.document, row.company) == ("countersign", str(KEY), NAME)
        assert row.detail["person"] == ANN.aad_object_id
        assert row.correlation == (await world.decision()).correlation
