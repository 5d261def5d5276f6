"""When a note may be written, what it adds to what stands, and how it goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from core_values import COMPANY, EARLIER, NOW, bill, decision_on

from acumatica_client.entities import ENTITIES
from acumatica_client.errors import ErpBusy, ErpFailed, ErpForbidden, ErpUnavailable
from acumatica_client.models import CallClass, CallOutcome, Noted
from bot.core.erp_notes import (
    FINAL,
    LONGEST,
    MOST_TRIES,
    Drop,
    Later,
    Write,
    end_of_read,
    end_of_write,
    is_news,
    is_over,
    judge,
    lines_of,
    settle,
)
from bot.core.plans import STEPS
from cards.language import ENGLISH, language_of
from storage.records import Comment, DecisionState, Done, ErpNote, ErpNoteState, Reject, Retry

SEEN = bill("Open")
WANTED = ErpNote(COMPANY, str(SEEN.key), "decision-1", "c", NOW, NOW)
LINES = ["one", "two"]
DONE = decision_on(bill(), DecisionState.CONFIRMED)
OPEN_STATES = {"pending", "claimed", "needs_person", "confirmed_mismatch"}


def noted(note: str | None = "", **values: object) -> Noted:
    return replace(Noted(SEEN.key, SEEN.erp_id, "Open", EARLIER, note), **values)  # type: ignore[arg-type]


# --- when -----------------------------------------------------------------------------------


@pytest.mark.parametrize("entity", sorted(FINAL))
def test_a_matter_is_over_only_where_no_step_starts_but_a_tick(entity: str) -> None:
    doable = {
        status
        for (name, _), step in STEPS.items()
        if name == entity and not step.ticks
        for status in step.doable
    }
    over = {status for status in ENTITIES[entity].statuses if is_over(entity, status, [])}

    assert over
    assert not over & doable
    assert not over & {"On Hold", "Pending Approval", "Rejected", "Balanced", "Voided", "Printed"}
    assert FINAL[entity] <= ENTITIES[entity].statuses


@pytest.mark.parametrize("state", list(DecisionState))
def test_a_matter_is_over_only_when_every_decision_is_settled(state: DecisionState) -> None:
    decisions = [decision_on(bill(), state), DONE]

    assert is_over("Bill", "Open", decisions) is (state not in OPEN_STATES)


def test_a_word_nobody_knows_is_no_end() -> None:
    assert not is_over("Bill", "Frozen", [DONE])


def test_what_ended_long_ago_is_no_news() -> None:
    long_ago = replace(DONE, settled_at=NOW - timedelta(days=2))
    lately = replace(DONE, settled_at=NOW - timedelta(hours=2))

    assert is_news(SEEN, SEEN, [lately], NOW)
    assert is_news(SEEN, bill("On Hold"), [long_ago], NOW)
    assert not is_news(SEEN, SEEN, [long_ago], NOW)
    assert not is_news(SEEN, None, [], NOW)


# --- what -----------------------------------------------------------------------------------


def test_only_lines_that_do_not_stand_are_added_below_what_stands() -> None:
    verdict = judge(WANTED, noted("by hand\r\n one  \ntwoo"), SEEN, [DONE], LINES)

    assert verdict == Write("by hand\r\n one  \ntwoo\ntwo")


def test_nothing_is_written_where_every_line_stands_whatever_else_holds() -> None:
    gone_on = noted("one\ntwo\n", status="On Hold")

    assert judge(WANTED, gone_on, SEEN, [DONE], LINES) == Done()
    assert judge(replace(WANTED, claimed=True), gone_on, SEEN, [DONE], LINES) == Done()


def test_an_accent_written_in_two_characters_is_the_same_line() -> None:
    assert judge(WANTED, noted("Zoe\u0308"), SEEN, [DONE], ["Zo\u00eb"]) == Done()


@pytest.mark.parametrize("status", ["On Hold", "Balanced", "Pending Approval", "Rejected", "?"])
def test_a_status_that_is_not_final_any_more_drops_the_note(status: str) -> None:
    verdict = judge(WANTED, noted(status=status), SEEN, [DONE], LINES)

    assert isinstance(verdict, Drop)


def test_a_stamp_or_status_no_look_has_seen_waits_for_one() -> None:
    moved = noted(last_modified=NOW)

    assert isinstance(judge(WANTED, moved, SEEN, [DONE], LINES), Later)
    assert isinstance(judge(WANTED, noted(status="Closed"), SEEN, [DONE], LINES), Later)


def test_a_note_nobody_told_us_is_never_replaced() -> None:
    assert isinstance(judge(WANTED, noted(None), SEEN, [DONE], LINES), Reject)


def test_a_note_that_is_too_long_is_left_alone() -> None:
    assert isinstance(judge(WANTED, noted("x" * LONGEST), SEEN, [DONE], LINES), Reject)


def test_a_note_the_erp_took_and_did_not_keep_is_not_written_again() -> None:
    verdict = judge(replace(WANTED, claimed=True), noted("one"), SEEN, [DONE], LINES)

    assert verdict == Reject("Acumatica took the note and did not keep it")


def test_lines_are_told_in_the_companys_language_and_mark_a_guest() -> None:
    comment = Comment(COMPANY, "d", "m", "p", "Gus", "stimmt", "answer", NOW, guest=True)
    pressed = replace(
        DONE, verb="release", person="aad-erin", person_name="Erin Walsh", claimed_at=NOW
    )

    assert lines_of([comment], [pressed], language_of("de")) == [
        "2026-11-22 14:20 UTC: Gus (Gast) antwortete: stimmt",
        "In Microsoft Teams freigegeben von Erin Walsh, 2026-11-22 14:20 UTC (Countersign)",
    ]


@pytest.mark.parametrize("verb", sorted({verb for _, verb in STEPS} | {"release"}))
def test_every_verb_that_was_carried_out_has_its_words(verb: str) -> None:
    pressed = replace(DONE, verb=verb, person="aad-erin", person_name="Erin Walsh", claimed_at=NOW)

    [line] = lines_of([], [pressed], ENGLISH)

    assert line.endswith("in Microsoft Teams by Erin Walsh, 2026-11-22 14:20 UTC (Countersign)")


@pytest.mark.parametrize("state", [one for one in DecisionState if one != "confirmed"])
def test_what_was_not_carried_out_is_not_told(state: DecisionState) -> None:
    pressed = replace(DONE, state=state, verb="release", claimed_at=NOW)

    assert lines_of([], [pressed], ENGLISH) == []


# --- how it goes on -------------------------------------------------------------------------


def test_answers_end_as_they_must() -> None:
    def end(kind: CallClass, after: float = 0.0) -> object:
        return end_of_write(CallOutcome(kind, "detail", "plain", after))

    assert end(CallClass.CLAIMS_DONE) is None
    assert end(CallClass.REFUSED) == Reject("plain")
    assert end(CallClass.REFUSED_IN_DOUBT) == Retry("plain", tries=3)
    assert end(CallClass.TURNED_AWAY, 120.0) == Later("Acumatica is busy just now", 120.0)
    assert isinstance(end(CallClass.NOT_SENT), Retry)
    assert isinstance(end(CallClass.UNKNOWN), Retry)


def test_failed_reads_are_told_plainly_and_only_a_refusal_is_for_good() -> None:
    assert end_of_read(ErpBusy("x", after=7)) == Later("Acumatica is busy just now.", 7)
    assert isinstance(end_of_read(ErpFailed("a lock")), Later)
    assert isinstance(end_of_read(ErpUnavailable("x")), Later)
    assert isinstance(end_of_read(ErpForbidden("secret detail", screen="AP301000")), Reject)


def test_tries_grow_apart_and_come_to_an_end() -> None:
    waits = [
        settle(replace(WANTED, attempts=n), Retry("x"), NOW, 0.0).due_at - NOW
        for n in range(1, MOST_TRIES)
    ]
    last = settle(replace(WANTED, attempts=MOST_TRIES), Retry("x"), NOW, 0.0)

    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=1)
    assert waits[-1] <= timedelta(minutes=5)
    assert (last.state, last.reason) == (ErpNoteState.PARKED, "gave up: x")


def test_waiting_uses_up_no_try_but_not_for_longer_than_a_day() -> None:
    later = settle(replace(WANTED, attempts=99), Later("x", 7.0), NOW, 0.0)
    old = settle(WANTED, Later("x"), NOW + timedelta(hours=25), 0.0)

    assert (later.state, later.due_at) == (ErpNoteState.WANTED, NOW + timedelta(seconds=7))
    assert old.state is ErpNoteState.PARKED


def test_a_note_that_has_nothing_to_tell_any_more_is_left_out() -> None:
    assert judge(WANTED, noted(), SEEN, [DONE], []) == Drop("there is nothing to tell any more")
