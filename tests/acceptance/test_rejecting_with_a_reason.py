"""A rejection says why: in a dialog, or in a form where a client opens none; and decides once."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest
from forms import (
    answer_to,
    button,
    fetch,
    form_in_chat,
    said,
    submit,
)
from test_acting_as_the_person import acting_as_the_person, connect, users_of_writes
from world import ANN, ERIN, FARID, Witness, World, buttons, eventually, texts

TOLD = 'ReasonApproveRejectParams.Reason="by {person}"'
OWN_CALL = (f"calls = {{ Bill = {{ reject = 'POST Reject {TOLD}' }} }}", "")
"""Leave the call of the company's own out, so that the default one tells why."""
WHY = "we never ordered *this*"


@pytest.fixture
async def approvals(world: World) -> AsyncIterator[World]:
    """A bot whose company acts as the person, and Erin, whom the approval map asks, connected."""
    async with acting_as_the_person(world, OWN_CALL):
        await fetch(world.witness, ERIN, await pending_bill(world.witness), "Reject…")
        await connect(world.witness, ERIN, "erin")
        yield world


async def pending_bill(witness: Witness) -> str:
    """A bill the approval map asks Erin about."""
    number = await witness.bill_on_hold(30_000)
    await witness.change({"Hold": False}, number)
    await witness.card(number, ERIN, says="this waits for you")
    return number


def rows(world: World, sql: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(world.data / "countersign.db") as store:
        return store.execute(sql).fetchall()


async def test_a_reason_given_in_a_dialog_reaches_acumatica_the_card_and_the_audit(
    world: World,
) -> None:
    async with acting_as_the_person(world, OWN_CALL):
        witness = world.witness
        await witness.post(f"{witness.erp}/_sandbox/habits", {"reason_required": True})
        number = await pending_bill(witness)
        assert "own Acumatica user" in said(await fetch(witness, ERIN, number, "Reject…"))
        await connect(witness, ERIN, "erin")
        dialog = await fetch(witness, ERIN, number, "Reject…")
        assert number in texts(dialog["card"])
        assert "30,000.00" in texts(dialog["card"])

        told = await submit(
            witness, ERIN, number, dialog, choice="other", text=f"{WHY}\n<at>Ben Ortiz</at>"
        )

        assert "Rejecting" in said(told)
        card = await witness.card(number, ERIN, says="Rejected by Erin Walsh")
        assert "we never ordered \\*this\\* ‹at›Ben Ortiz‹/at›" in texts(card["card"])
        assert await witness.status(number) == "Rejected"
        assert await witness.writes(number) == ["POST Bill/Reject"]
        assert await users_of_writes(witness) == {"erin"}
        bill = next(
            row
            for row in (await witness.get(f"{witness.erp}/_sandbox/documents"))["documents"]
            if number in row["keys"].values()
        )
        reason = f"{WHY} <at>Ben Ortiz</at>"
        assert [row["Reason"] for row in bill["details"]["Approvals"]] == [reason]
        [(audit,)] = rows(world, "SELECT detail FROM audit WHERE action = 'decision claimed'")
        assert json.loads(audit)["reason"] == reason
        assert rows(world, "SELECT name, text, via FROM comments") == [
            ("Erin Walsh", reason, "reason")
        ]


async def test_a_chosen_reason_needs_no_words_and_another_one_does(approvals: World) -> None:
    witness = approvals.witness
    number = await pending_bill(witness)
    dialog = await fetch(witness, ERIN, number, "Reject…")

    empty = await submit(witness, ERIN, number, dialog)
    wordless = await submit(witness, ERIN, number, dialog, choice="other", text="  ")
    strange = await submit(witness, ERIN, number, dialog, choice="not on the list")
    long = await submit(witness, ERIN, number, dialog, choice="other", text="x" * 501)

    # Each comes back as the form with what is wrong; nothing was decided.
    assert "Please choose a reason" in texts(empty["card"])
    assert "your own words" in texts(wordless["card"])
    assert "from the list" in texts(strange["card"])
    assert "at most 500" in texts(long["card"])
    assert await witness.writes(number) == []

    await submit(witness, ERIN, number, dialog, choice="Entered twice")

    card = await witness.card(number, ERIN, says="Rejected by Erin Walsh")
    assert "Entered twice" in texts(card["card"])


async def test_whoever_may_not_reject_gets_no_form_and_cannot_send_another_persons(
    approvals: World,
) -> None:
    witness = approvals.witness
    number = await pending_bill(witness)
    dialog = await fetch(witness, ERIN, number, "Reject…")

    assert "does not wait for you" in said(await fetch(witness, ANN, number, "Reject…"))
    stolen = await submit(witness, FARID, number, dialog, choice="Entered twice")
    unknown = await answer_to(witness, ERIN, number, {"dialog": "guessed", "verb": "send"})
    bare = await answer_to(witness, ERIN, number, {})

    assert "opened by somebody else" in said(stolen)
    assert "no longer known" in said(unknown)
    assert "no longer known" in said(bare)
    assert await witness.writes(number) == []
    assert await witness.status(number) == "Pending Approval"


async def test_a_form_sent_twice_or_twice_at_once_rejects_once(approvals: World) -> None:
    witness = approvals.witness
    number = await pending_bill(witness)
    desktop = await fetch(witness, ERIN, number, "Reject…")
    phone = await fetch(witness, ERIN, number, "Reject…")

    told = await asyncio.gather(
        *(
            submit(witness, ERIN, number, form, choice="Entered twice")
            for form in (desktop, phone, desktop)
        )
    )
    await witness.card(number, ERIN, says="Rejected by Erin Walsh")
    late = await submit(witness, ERIN, number, desktop, choice="Not ordered")

    answers = [said(one) for one in told]
    assert sum("Rejecting" in one for one in answers) >= 1
    assert all(answers)
    assert said(late) in answers
    assert await witness.writes(number) == ["POST Bill/Reject"]
    assert rows(approvals, "SELECT text FROM comments") == [("Entered twice",)]


async def test_a_repeated_submit_hears_the_same_answer(approvals: World) -> None:
    witness = approvals.witness
    number = await pending_bill(witness)
    dialog = await fetch(witness, ERIN, number, "Reject…")
    await witness.teams_fault("repeat_invoke")

    told = await submit(witness, ERIN, number, dialog, choice="Entered twice")

    assert "Rejecting" in said(told)
    await witness.card(number, ERIN, says="Rejected by Erin Walsh")
    assert await witness.writes(number) == ["POST Bill/Reject"]


async def test_a_document_that_changed_under_an_open_form_is_not_rejected(
    approvals: World,
) -> None:
    witness = approvals.witness
    number = await pending_bill(witness)
    dialog = await fetch(witness, ERIN, number, "Reject…")
    await witness.change({"Amount": 31_000}, number)
    await witness.card(number, ERIN, says="31,000.00")

    told = await submit(witness, ERIN, number, dialog, choice="Entered twice")

    # The question it was opened from is closed; a new one stands in its place.
    assert "decided already" in said(told) or "changed" in said(told)
    assert await witness.writes(number) == []
    assert await witness.status(number) == "Pending Approval"


async def test_what_somebody_else_decided_meanwhile_stays_decided(approvals: World) -> None:
    witness = approvals.witness
    number = await pending_bill(witness)
    dialog = await fetch(witness, ERIN, number, "Reject…")
    await witness.press(ERIN, number, "Approve")
    await witness.card(number, ERIN, says="Approved by Erin Walsh")

    told = await submit(witness, ERIN, number, dialog, choice="Entered twice")

    assert "decided already" in said(told)
    assert await witness.writes(number) == ["POST Bill/Approve"]


async def test_cancel_changes_nothing_and_ends_the_form(approvals: World) -> None:
    witness = approvals.witness
    number = await pending_bill(witness)
    dialog = await fetch(witness, ERIN, number, "Reject…")

    left = await answer_to(witness, ERIN, number, button(dialog["card"], "Cancel"))
    after = await submit(witness, ERIN, number, dialog, choice="Entered twice")

    assert said(left) == said(after) == "Nothing was changed."
    assert await witness.writes(number) == []


async def test_a_client_without_dialogs_gets_the_form_in_the_persons_own_chat(
    approvals: World,
) -> None:
    witness = approvals.witness
    number = await pending_bill(witness)

    await fetch(witness, ERIN, number, "Reject…", client="old")
    form = await form_in_chat(witness, ERIN, "Reject the bill")

    assert "30,000.00" in texts(form["card"])
    assert await witness.writes(number) == []
    everywhere = [m for m in await witness.messages() if m["card"] and "Why?" in str(m["card"])]
    assert {m["conversation"] for m in everywhere} == {"Countersign: Erin Walsh"}

    wrong = {"person": ERIN, "message": form["id"], "button": "Reject", "inputs": {}}
    await witness.post(f"{witness.teams}/_sandbox/press", wrong)
    await said_in_chat(witness, ERIN, "Please choose a reason")
    assert await witness.writes(number) == []
    await witness.post(
        f"{witness.teams}/_sandbox/press", {**wrong, "inputs": {"choice": "Entered twice"}}
    )

    card = await witness.card(number, ERIN, says="Rejected by Erin Walsh")
    assert "Entered twice" in texts(card["card"])
    assert await witness.writes(number) == ["POST Bill/Reject"]


async def test_a_form_forwarded_to_somebody_decides_nothing_for_them(approvals: World) -> None:
    witness = approvals.witness
    number = await pending_bill(witness)
    await fetch(witness, ERIN, number, "Reject…", client="old")
    form = await form_in_chat(witness, ERIN, "Reject the bill")

    body = {"person": FARID, "message": form["id"], "button": "Reject",
            "inputs": {"choice": "Entered twice"}}  # fmt: skip
    await witness.session.post(f"{witness.teams}/_sandbox/press", json=body)

    assert await witness.writes(number) == []
    assert await witness.status(number) == "Pending Approval"


async def test_everybodys_card_offers_no_rejection_and_the_approvers_fits_a_phone(
    approvals: World,
) -> None:
    witness = approvals.witness
    number = await pending_bill(witness)

    ann = (await witness.card(number, ANN))["card"]
    erin = (await witness.card(number, ERIN, says="this waits for you"))["card"]

    assert "Reject…" not in buttons(ann)
    decide = ["Approve", "Reject…", "Ask a question…", "Open in Acumatica"]
    assert buttons(erin)[-4:] == decide


async def said_in_chat(witness: Witness, person: str, words: str) -> None:
    async def there() -> bool:
        shown = await witness.messages(person, "Countersign")
        return any(words in (m["text"] or texts(m["card"])) for m in shown)

    await eventually(there, f"{person} is told {words!r}")
