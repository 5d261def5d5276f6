"""What would become of a document: nothing happens, and it is told as if it had."""

from __future__ import annotations

from dataclasses import replace

from core_values import ANN, BEN, COMPANY, EARLIER, NOW, bill, decision_on, people_of, route_of

from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Document
from bot.core.decide import Known, Policy
from bot.core.foresight import Foreseen, foresee
from bot.core.routes import Routes
from bot.core.situations import Story
from storage.records import Decision, DecisionState, StoredDocument

ROUTES = Routes(
    [
        route_of(entity="Bill", when="on hold", approver="owner", actions=["release"]),
        route_of(),
    ]
)


def foreseen(document: Document, *decisions: Decision) -> Foreseen:
    """Look ahead, with a question standing already."""
    told = fingerprint(COMPANY, document)
    record = StoredDocument(
        COMPANY, str(document.key), document.status, EARLIER, told, EARLIER, {}, 1, NOW
    )
    story = Story(record, document, decisions, (), people_of())
    known = Known(None, decisions[-1] if decisions else None, (), story.people)
    return foresee(story, known, ROUTES, Policy(COMPANY, EARLIER))


def test_a_question_that_would_be_put_is_told_without_a_button_to_press() -> None:
    (asked,) = foreseen(bill()).story.decisions

    assert (asked.state, asked.token, asked.approvers) == (
        DecisionState.PENDING, "", (ANN.aad_object_id,)
    )  # fmt: skip


def test_a_question_the_document_has_left_behind_would_be_over() -> None:
    found = foreseen(bill("Open"), decision_on(bill("Open")))

    (over,) = found.story.decisions
    assert (over.state, over.reason) == (DecisionState.LAPSED, "the document is Open now")
    assert not found.why.asks


def test_somebody_else_would_be_named_in_the_same_question() -> None:
    standing = replace(decision_on(bill()), approvers=(BEN.aad_object_id,), asked_in="On Hold")

    (asked,) = foreseen(bill(), standing).story.decisions

    assert asked == replace(standing, approvers=(ANN.aad_object_id,))
