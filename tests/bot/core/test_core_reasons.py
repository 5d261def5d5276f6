"""Why a document goes its way, out of the routes and of what is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core_values import BEN, COMPANY, EARLIER, NOW, bill, decision_on, people_of, route_of

from bot.core.reasons import why
from bot.core.routes import Routes
from bot.core.situations import Story
from cards.language import language_of
from cards.why import EVENTS, Passed, Source, Why, why_card
from storage.records import AuditEntry, Comment, Decision, DecisionState, StoredDocument

ROUTES = Routes(
    [
        route_of(entity="PurchaseOrder", when="open", to="channel:po"),
        route_of(entity="Bill", when="open", to="channel:ap"),
        route_of(entity="Bill", where=[{"field": "Amount", "at_least": 10000}], to="channel:ap"),
        route_of(entity="Bill", where=[{"field": "BranchID", "one_of": ["WEST", "NORTH"]}], to=[]),
        route_of(
            entity="Bill",
            when="on hold",
            to=["channel:east", "approver"],
            approver=["approval map", "person:gus@elsewhere.example", "owner", "buyer"],
            actions=["release"],
        ),
        route_of(),
    ]
)


def told(
    *trail: AuditEntry, decisions: tuple[Decision, ...] = (), said: tuple[Comment, ...] = ()
) -> Why:
    """Explain our bill."""
    document = bill()
    record = StoredDocument(
        COMPANY, str(document.key), document.status, EARLIER, "f", EARLIER, {}, 1, NOW
    )
    return why(Story(record, document, decisions, (), people_of()), ROUTES, trail, said)


def happened(action: str, minutes: int, actor: str = "countersign", **detail: object) -> AuditEntry:
    """One row of the trail."""
    at = EARLIER + timedelta(minutes=minutes)
    return AuditEntry(at, "c", actor, action, COMPANY, "Bill/Bill/000123", detail)


def test_each_earlier_route_for_such_documents_says_what_kept_the_document_from_it() -> None:
    found = told()

    assert found.route == 5
    assert found.passed == (
        Passed(2, "", "one_of", "open", "On Hold"),
        Passed(3, "Amount", "at_least", "10000", "1250.00"),
        Passed(4, "BranchID", "one_of", "WEST / NORTH", "EAST"),
    )


def test_whom_each_source_names_is_told_up_to_the_one_that_counts() -> None:
    found = told(decisions=(decision_on(bill()),))

    assert found.sources == (
        Source("approval map", ()),
        Source("person:gus@elsewhere.example", ()),
        Source("owner", ("Ann Whitfield",)),
    )
    assert found.deciders == ("Ann Whitfield",)


def test_nobody_is_asked_once_the_matter_is_settled() -> None:
    found = told(decisions=(decision_on(bill(), DecisionState.CONFIRMED),))

    assert not found.asks
    assert found.deciders == ()


def test_what_happened_and_what_was_said_stand_in_order() -> None:
    said = Comment(
        COMPANY, "Bill/Bill/000123", "s", "aad-ben", "Ben Ortiz", "which freight?", "reply",
        EARLIER + timedelta(minutes=2),
    )  # fmt: skip
    found = told(
        happened("document seen", 0, status="On Hold"),
        happened("document seen", 1, status="On Hold"),
        happened("decision claimed", 3, BEN.aad_object_id, verb="release"),
        happened("asked in chat", 4, BEN.aad_object_id),
        said=(said,),
    )

    assert [(one.kind, one.who, one.detail) for one in found.events] == [
        ("document seen", "", "On Hold"),
        ("reply", "Ben Ortiz", "which freight?"),
        ("decision claimed", "Ben Ortiz", "release"),
    ]


def test_a_remark_nobody_tells_of_in_a_story_is_left_out() -> None:
    said = Comment(
        COMPANY, "Bill/Bill/000123", "s", "aad-ben", "Ben Ortiz", "too dear", "aside", EARLIER
    )

    assert told(said=(said,)).events == []
    assert told(said=(replace(said, via="reply", said_at=None),)).events == []


def test_an_earlier_route_that_fits_while_a_plan_goes_on_by_another_kept_nothing_back() -> None:
    balanced = bill("Balanced")
    routes = Routes(
        [
            route_of(entity="Bill", where=[{"field": "Amount", "below": 10000}], when="balanced"),
            route_of(entity="Bill", when="on hold", approver="owner", actions=["release"]),
            route_of(),
        ]
    )
    stopped = decision_on(balanced, DecisionState.STOPPED, asked_in="On Hold", verb="release")
    again = decision_on(balanced, asked_in="On Hold", resumes=True)
    record = StoredDocument(
        COMPANY, str(balanced.key), "Balanced", EARLIER, "f", EARLIER, {}, 1, NOW
    )

    found = why(Story(record, balanced, (stopped, again), (), people_of()), routes, (), ())

    assert (found.route, found.resumed, found.passed) == (2, True, ())


def test_each_rule_that_does_not_hold_is_the_one_that_is_told() -> None:
    rules = [{"is": "V9"}, {"one_of": ["V8", "V9"]}]
    routes = Routes(
        [
            *(route_of(entity="Bill", where=[{"field": "Vendor", **rule}]) for rule in rules),
            route_of(entity="Bill", where=[{"field": "Amount", "at_least": 1, "below": 1000}]),
            route_of(),
        ]
    )
    document = bill()
    record = StoredDocument(
        COMPANY, str(document.key), document.status, EARLIER, "f", EARLIER, {}, 1, NOW
    )

    found = why(Story(record, document, (), (), people_of()), routes, (), ())

    assert [(one.rule, one.wanted) for one in found.passed] == [
        ("equals", "V9"), ("one_of", "V8 / V9"), ("below", "1000")
    ]  # fmt: skip


def test_every_event_and_rule_has_its_words_and_a_long_story_fits_a_card() -> None:
    trail = [happened(kind, n, BEN.aad_object_id) for n, kind in enumerate(EVENTS)] * 40

    for locale in ("en-US", "de-DE"):
        shown = why_card(told(*trail), now=NOW, zone=NOW.tzinfo, language=language_of(locale))
        assert len(str(shown.card).encode()) < 25_000
        assert "{" not in shown.summary
