"""Questions and presses: one open question, one winner, one runner at a time."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace

import pytest
from store_values import ANN, BILL, COMPANY, NOW, due, later, lessee, question, reading

from storage import ledger
from storage.database import Connection, Database
from storage.ledger import DOABLE, UNSETTLED
from storage.records import Agreement, DecisionState, Reading, Step, StepState

SENT = READ = Reading("boot-1", 1000.0)
PLAN = ("remove_hold", "release")


async def claimed(conn: Connection, name: str = "d1", document: str = BILL) -> None:
    await ledger.ask(conn, question(name, document=document))
    assert await ledger.claim(conn, name, ANN, plan=PLAN, now=NOW, reading=READ)


async def leased(conn: Connection, seconds: float = 0, *, boot: str = "boot-1") -> Step:
    step = await ledger.lease(conn, lessee(seconds, boot=boot), seconds=60)
    assert step is not None
    return step


# --- questions ------------------------------------------------------------------------------


UNSETTLED_STATES = (DecisionState.PENDING, DecisionState.CLAIMED, DecisionState.NEEDS_PERSON)


@pytest.mark.parametrize("state", UNSETTLED_STATES)
async def test_a_document_has_one_open_question(store: Database, state: DecisionState) -> None:
    async with store.transaction() as conn:
        await ledger.ask(conn, question())
        if state is DecisionState.CLAIMED:
            await ledger.claim(conn, "d1", ANN, plan=(), now=NOW, reading=READ)
        if state is DecisionState.NEEDS_PERSON:
            await ledger.settle(conn, "d1", was=DecisionState.PENDING, state=state, now=NOW)

    async def ask_again() -> None:
        async with store.transaction() as conn:
            await ledger.ask(conn, question("d2"))

    with pytest.raises(sqlite3.IntegrityError):
        await ask_again()


async def test_a_decision_is_read_as_it_was_written(store: Database) -> None:
    asked = question(
        two=True, resumes=True, asked_in="On Hold", changes=(("Amount", "1", "2"),),
    )  # fmt: skip
    ben = replace(ANN, person="aad-ben", person_name="Ben Ortiz", said="because")
    async with store.transaction() as conn:
        await ledger.ask(conn, asked)
        assert await ledger.get(conn, "d1") == asked
        await ledger.agree(conn, "d1", ANN, approvers=["aad-ben"], now=later(1))
        await ledger.claim(
            conn, "d1", ben, plan=PLAN, now=later(2), reading=READ, agreed=ANN.person
        )
        await ledger.settle(
            conn, "d1", was=DecisionState.CLAIMED, state=DecisionState.CONFIRMED,
            reason="both did", now=later(3),
        )  # fmt: skip
        found = await ledger.get(conn, "d1")
        approved = await ledger.approved(conn, "d1")

    assert found == replace(
        asked, state=DecisionState.CONFIRMED, approvers=("aad-ben",), verb=ben.verb,
        person="aad-ben", person_name="Ben Ortiz", said="because", claimed_at=later(2),
        claimed=READ, settled_at=later(3), reason="both did",
        agreed=Agreement(ANN.person, ANN.person_name, ANN.verb, later(1)),
    )  # fmt: skip
    assert approved is None


async def test_a_sent_step_is_read_as_it_was_written(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        step = replace(
            await leased(conn), approved_before=2, edited_by="Ann", erp_id="guid",
            sent_there=later(9),
        )  # fmt: skip
        assert await ledger.send(conn, step, now=later(3), reading=SENT)
        found = (await ledger.steps(conn, "d1"))[0]

    assert found == replace(
        step, state=StepState.SENT, sent_at=later(3), sent=SENT, attempts=found.attempts
    )


async def test_the_tokens_of_a_document_are_told_and_no_others(store: Database) -> None:
    async with store.transaction() as conn:
        await ledger.ask(conn, question())
        await ledger.ask(conn, question("d2", document="Bill/Bill/000002"))
        await ledger.ask(conn, question("d3", company="globex"))
        await ledger.settle(
            conn, "d1", was=DecisionState.PENDING, state=DecisionState.SUPERSEDED, now=NOW
        )
        await ledger.ask(conn, question("d4"))

        assert await ledger.tokens(conn, COMPANY, BILL) == ["token-d4", "token-d1"]
        assert await ledger.tokens(conn, COMPANY, "Bill/Bill/000003") == []


async def test_the_first_of_two_hands_the_question_on_and_cannot_claim_it(store: Database) -> None:
    other = replace(ANN, person="aad-ben", person_name="Ben Ortiz")
    async with store.transaction() as conn:
        await ledger.ask(conn, question(two=True))
        assert await ledger.agree(conn, "d1", ANN, approvers=["aad-ben"], now=NOW)
        assert not await ledger.agree(conn, "d1", other, approvers=["x"], now=NOW)
        told = await ledger.get(conn, "d1")
        first = ANN.person
        for who, judged_by in ((ANN, first), (ANN, ""), (other, "")):
            assert not await ledger.claim(
                conn, "d1", who, plan=PLAN, now=NOW, reading=READ, agreed=judged_by
            )
        assert await ledger.claim(conn, "d1", other, plan=PLAN, now=NOW, reading=READ, agreed=first)
        done = await ledger.get(conn, "d1")

    assert (told.state, told.two, told.approvers) == (DecisionState.PENDING, True, ("aad-ben",))
    assert told.agreed == Agreement(ANN.person, ANN.person_name, ANN.verb, NOW)
    assert done.pressers == {ANN.person: ANN.person_name, "aad-ben": "Ben Ortiz"}


async def test_other_documents_and_other_companies_have_their_own(store: Database) -> None:
    async with store.transaction() as conn:
        await ledger.ask(conn, question())
        await ledger.ask(conn, question("d2", document="Bill/Bill/2"))
        await ledger.ask(conn, question("d3", company="beta"))

        assert sorted(await ledger.open_documents(conn, COMPANY, after="", limit=9)) == [
            BILL,
            "Bill/Bill/2",
        ]


@pytest.mark.parametrize(
    "state",
    [s for s in DecisionState if s not in UNSETTLED_STATES],
)
async def test_after_a_question_ended_a_new_one_may_be_put(
    store: Database, state: DecisionState
) -> None:
    async with store.transaction() as conn:
        await ledger.ask(conn, question())
        settled = {"was": DecisionState.PENDING, "state": state, "now": later(1)}
        assert await ledger.settle(conn, "d1", **settled)
        assert not await ledger.settle(conn, "d1", **settled)
        await ledger.ask(conn, question("d2"))

        newest = await ledger.latest(conn, COMPANY, BILL)
        assert newest is not None
        assert newest.id == "d2"
        assert [one.id for one in await ledger.history(conn, COMPANY, BILL)] == ["d1", "d2"]


async def test_a_question_is_read_back_as_it_was_asked(store: Database) -> None:
    asked = question(verbs=("approve", "reject"), changes=(("amount", "1", "2"),), approvers=("ä",))
    async with store.transaction() as conn:
        await ledger.ask(conn, asked)

        assert await ledger.get(conn, "d1") == asked
        assert await ledger.by_token(conn, "token-d1") == asked
        assert await ledger.by_token(conn, "token-d9") is None
        assert await ledger.latest(conn, "beta", BILL) is None


async def test_approvers_are_named_only_while_the_question_is_open(store: Database) -> None:
    async with store.transaction() as conn:
        await ledger.ask(conn, question())
        await ledger.name_approvers(conn, "d1", ["aad-ben"])
        assert (await ledger.get(conn, "d1")).approvers == ("aad-ben",)
        await ledger.claim(conn, "d1", ANN, plan=(), now=NOW, reading=READ)

        await ledger.name_approvers(conn, "d1", ["aad-zoe"])

        assert (await ledger.get(conn, "d1")).approvers == ("aad-ben",)


# --- presses --------------------------------------------------------------------------------


async def test_of_twenty_presses_at_once_one_wins(store: Database) -> None:
    async with store.transaction() as conn:
        await ledger.ask(conn, question())

    async def press(number: int) -> bool:
        async with store.transaction() as conn:
            who = replace(ANN, person=f"aad-{number}")
            return await ledger.claim(conn, "d1", who, plan=PLAN, now=NOW, reading=READ)

    won = await asyncio.gather(*map(press, range(20)))

    assert won.count(True) == 1
    async with store.reading() as conn:
        decision = await ledger.get(conn, "d1")
        steps = await ledger.steps(conn, "d1")
    assert decision.person == f"aad-{won.index(True)}"
    assert [(step.number, step.name) for step in steps] == [(0, "remove_hold"), (1, "release")]


async def test_a_question_that_is_closed_cannot_be_claimed(store: Database) -> None:
    async with store.transaction() as conn:
        await ledger.ask(conn, question())
        await ledger.settle(
            conn, "d1", was=DecisionState.PENDING, state=DecisionState.LAPSED, now=NOW
        )

        assert not await ledger.claim(conn, "d1", ANN, plan=PLAN, now=NOW, reading=READ)
        assert await ledger.steps(conn, "d1") == []


# --- leases and fences ----------------------------------------------------------------------


async def test_a_leased_step_is_nobody_elses_until_the_lease_ends(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        first = await leased(conn)
        assert await ledger.lease(conn, lessee(59.9), seconds=60) is None
        assert await ledger.next_due(conn, lessee(59.9)) is None

        second = await leased(conn, 60)

        assert (first.name, second.name) == ("remove_hold", "remove_hold")
        assert second.fence == first.fence + 1


async def test_a_lease_of_another_boot_is_void(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        await leased(conn)

        assert await leased(conn, 1, boot="boot-2")


async def test_at_start_every_lease_is_void(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        await leased(conn)
        await ledger.free_leases(conn)

        assert await leased(conn, 1)


async def test_whoever_lost_the_lease_can_neither_send_nor_end_the_step(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        stale = await leased(conn)
        fresh = await leased(conn, 60)

        assert not await ledger.send(conn, stale, now=NOW, reading=SENT)
        assert not await ledger.put_off(conn, stale, due=due(), detail="")
        assert not await ledger.finish_step(conn, stale, StepState.ENDED)
        assert await ledger.send(conn, fresh, now=NOW, reading=SENT)
        assert not await ledger.doubt(conn, stale, due=due())
        assert await ledger.doubt(conn, fresh, due=due())


async def test_a_step_is_sent_once(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        step = await leased(conn)

        assert await ledger.send(conn, step, now=NOW, reading=SENT)
        assert not await ledger.send(conn, step, now=NOW, reading=SENT)


async def test_what_is_in_doubt_is_never_started_over(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        step = await leased(conn)
        await ledger.send(conn, step, now=NOW, reading=SENT)
        await ledger.doubt(conn, step, due=due())

        assert not await ledger.put_off(conn, step, due=due(), detail="")
        assert not await ledger.send(conn, step, now=NOW, reading=SENT)
        assert await ledger.lease(conn, lessee(999), seconds=60) is None
        found = await ledger.lease(conn, lessee(999, states=UNSETTLED), seconds=60)
        assert found is not None
        assert found.state is StepState.IN_DOUBT


async def test_what_a_dead_process_left_sent_is_for_the_settler_not_the_doer(
    store: Database,
) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        await ledger.send(conn, await leased(conn), now=NOW, reading=SENT)
        assert await ledger.lease(conn, lessee(1, states=UNSETTLED), seconds=60) is None
        await ledger.free_leases(conn)

        assert await ledger.lease(conn, lessee(1, states=DOABLE), seconds=60) is None
        found = await ledger.lease(conn, lessee(1, states=UNSETTLED), seconds=60)
        assert found is not None
        assert (found.sent, found.attempts) == (SENT, 1)


@pytest.mark.parametrize("end", [StepState.CONFIRMED, StepState.ENDED])
async def test_a_later_step_waits_until_the_earlier_is_confirmed(
    store: Database, end: StepState
) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        first = await leased(conn)
        await ledger.send(conn, first, now=NOW, reading=SENT)
        assert await ledger.lease(conn, lessee(999), seconds=60) is None

        assert await ledger.finish_step(conn, first, end)

        following = await ledger.lease(conn, lessee(999), seconds=60)
        assert (following is not None and following.name == "release") is (
            end is StepState.CONFIRMED
        )


async def test_the_steps_of_a_settled_decision_rest(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        await ledger.settle(
            conn, "d1", was=DecisionState.CLAIMED, state=DecisionState.LAPSED, now=NOW
        )

        assert await ledger.lease(conn, lessee(999), seconds=60) is None
        assert await ledger.next_due(conn, lessee(999)) is None


async def test_a_step_put_off_comes_again_when_it_is_due_with_a_new_fence(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        step = await leased(conn)
        await ledger.send(conn, step, now=NOW, reading=SENT)
        assert await ledger.put_off(conn, step, due=due(30), detail="429")

        assert await ledger.lease(conn, lessee(29), seconds=60) is None
        assert await ledger.next_due(conn, lessee(29)) == 1
        again = await leased(conn, 30)
        assert (again.attempts, again.detail, again.fence) == (1, "429", step.fence + 1)


async def test_evidence_is_kept_from_read_to_read_and_forgotten_when_sent_again(
    store: Database,
) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        step = await leased(conn)
        await ledger.send(conn, step, now=NOW, reading=SENT)
        told = replace(
            step, outcome="A6", reading="doable", reading_since=7.0, reads=3, sent=SENT, detail="x"
        )
        await ledger.doubt(conn, told, due=due())

        kept = (await ledger.steps(conn, "d1"))[0]
        assert (kept.outcome, kept.reading, kept.reading_since, kept.reads, kept.detail) == (
            "A6", "doable", 7.0, 3, "x",
        )  # fmt: skip


async def test_each_company_leases_its_own_steps_in_due_order(store: Database) -> None:
    async with store.transaction() as conn:
        await ledger.ask(conn, question("late", document="Bill/Bill/2"))
        await ledger.claim(conn, "late", ANN, plan=("release",), now=later(5), reading=reading(5))
        await claimed(conn)

        assert await ledger.lease(conn, lessee(9, company="beta"), seconds=60) is None
        assert (await leased(conn, 9)).decision == "d1"
        assert (await leased(conn, 9)).decision == "late"


async def test_what_is_due_is_judged_by_the_clock_nobody_can_set(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        step = await leased(conn)
        told = replace(due(30), at=later(-86_400))  # whatever the wall clock says
        assert await ledger.put_off(conn, step, due=told, detail="")

        assert await ledger.lease(conn, lessee(29), seconds=60) is None
        assert await leased(conn, 30)


async def test_what_another_boot_was_to_do_later_is_due_now(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        assert await ledger.put_off(conn, await leased(conn), due=due(30), detail="")

        assert await ledger.next_due(conn, lessee(1, boot="boot-2")) == 0
        assert await leased(conn, 1, boot="boot-2")


async def test_waits_begin_anew_on_another_boot_and_only_there(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)
        await ledger.send(conn, await leased(conn), now=NOW, reading=SENT)

        await ledger.restart_wait(conn, "d1", reading(600))
        assert (await ledger.steps(conn, "d1"))[0].sent == SENT
        await ledger.restart_wait(conn, "d1", reading(600, boot="boot-2"))
        first, second = await ledger.steps(conn, "d1")
        assert first.sent == reading(600, boot="boot-2")
        assert second.sent == Reading("", 0.0), "never sent"


async def test_a_press_is_dated_by_the_clock_nobody_can_set(store: Database) -> None:
    async with store.transaction() as conn:
        await claimed(conn)

        assert (await ledger.get(conn, "d1")).claimed == READ


# --- answers --------------------------------------------------------------------------------


async def test_a_repeated_activity_gets_its_first_answer_until_it_is_forgotten(
    store: Database,
) -> None:
    async with store.transaction() as conn:
        assert await ledger.answer(conn, "a1") is None
        await ledger.keep_answer(conn, "a1", {"value": "first"}, now=NOW)
        await ledger.keep_answer(conn, "a1", {"value": "second"}, now=later(5))
        assert await ledger.answer(conn, "a1") == {"value": "first"}

        await ledger.drop_answers(conn, before=later(1))

        assert await ledger.answer(conn, "a1") is None


async def test_an_activity_is_answered_for_the_first_time_once(store: Database) -> None:
    async with store.transaction() as conn:
        assert await ledger.keep_answer(conn, "chat|1", {}, now=NOW)
        assert not await ledger.keep_answer(conn, "chat|1", {"other": 1}, now=NOW)
        assert await ledger.answer(conn, "chat|1") == {}
