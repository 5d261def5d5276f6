"""Forms work once; questions lead back to who asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from store_values import ANN, BILL, COMPANY, NOW, later, question, reading

from storage import comments, dialogs, ledger
from storage.database import Database
from storage.records import Comment, Dialog, Question

FORM = Dialog(
    "form-1", "reject", "token-1", "aad-ann", "19:ap", "a-1",
    opened_at=NOW, expires_at=NOW + timedelta(minutes=15),
)  # fmt: skip
ASKED = Question("q-1", COMPANY, BILL, "aad-ann", "Ann", "aad-ben", "Ben", "why?", "19:ap", "s")
SAID = Comment(COMPANY, BILL, "question|1", "aad-ann", "Ann", "why?", "question")


async def test_a_form_is_read_back_as_it_was_given(store: Database) -> None:
    async with store.transaction() as conn:
        await dialogs.begin(conn, FORM)

        assert await dialogs.get(conn, "form-1") == FORM
        assert await dialogs.get(conn, "form-2") is None


async def test_a_form_is_spent_once_and_keeps_its_first_answer(store: Database) -> None:
    async with store.transaction() as conn:
        await dialogs.begin(conn, FORM)

        first = await dialogs.spend(conn, "form-1", answer="one")
        second = await dialogs.spend(conn, "form-1", answer="two")

        assert (first, second) == (True, False)
        assert await dialogs.get(conn, "form-1") == replace(FORM, answer="one")


async def test_only_forms_that_ended_before_are_forgotten(store: Database) -> None:
    newer = replace(FORM, token="form-2", expires_at=later(3600))
    async with store.transaction() as conn:
        await dialogs.begin(conn, FORM)
        await dialogs.begin(conn, newer)

        await dialogs.drop_old(conn, before=later(1800))

        assert await dialogs.get(conn, "form-1") is None
        assert await dialogs.get(conn, "form-2") == newer


async def test_a_question_leads_back_to_who_asked(store: Database) -> None:
    async with store.transaction() as conn:
        await comments.ask(conn, ASKED, now=NOW)

        assert await comments.question(conn, "q-1") == ASKED
        assert await comments.question(conn, "q-2") is None


async def test_the_newest_comments_of_some_ways_come_oldest_first(store: Database) -> None:
    async with store.transaction() as conn:
        for number, via in enumerate(("question", "reason", "answer", "reply")):
            one = replace(SAID, source=f"s|{number}", text=via, via=via)
            await comments.add(conn, one, now=later(number))

        found = await comments.newest(
            conn, COMPANY, BILL, via=("question", "answer", "reason"), most=2
        )

        assert [one.text for one in found] == ["reason", "answer"]
        assert await comments.newest(conn, "beta", BILL, via=("reply",), most=2) == []


async def test_questions_are_counted_by_person_document_and_way_since_a_moment(
    store: Database,
) -> None:
    others = (
        replace(SAID, source="b", person="aad-ben"),
        replace(SAID, source="c", document="Bill/Bill/2"),
        replace(SAID, source="d", via="answer"),
        replace(SAID, source="e", company="beta"),
    )
    async with store.transaction() as conn:
        await comments.add(conn, SAID, now=NOW)
        await comments.add(conn, replace(SAID, source="again"), now=later(60))
        for other in others:
            await comments.add(conn, other, now=later(60))

        assert await comments.count_since(conn, SAID, since=NOW) == 2
        assert await comments.count_since(conn, SAID, since=later(1)) == 1


async def test_a_claim_keeps_the_reason_that_was_given(store: Database) -> None:
    async with store.transaction() as conn:
        await ledger.ask(conn, question())
        await ledger.claim(
            conn, "d1", replace(ANN, said="not ours"), plan=(), now=NOW, reading=reading()
        )

        assert (await ledger.get(conn, "d1")).said == "not ours"
