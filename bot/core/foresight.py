"""What becomes of a document by given routes: reasons, messages, what its cards tell. Pure.

The decisions are the service's own (`decide`, `why`), made for what need not have happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.core.decide import Known, Matter, Policy, decide, matter_of
from bot.core.intents import AskDecision, CloseDecision, Intent, NameApprovers
from bot.core.reasons import why
from bot.core.routes import Routes
from bot.core.situations import Story
from cards.why import Why
from storage.records import Decision, DecisionState


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would happen to a document if it were looked at now."""

    why: Why
    matter: Matter
    intents: tuple[Intent, ...]
    story: Story
    """What its cards would tell then."""


def foresee(story: Story, known: Known, routes: Routes, policy: Policy) -> Foreseen:
    """Say what a look at the document of *story* would cause, given what is *known*."""
    intents = decide(story.document, known, routes, policy)
    then = replace(story, decisions=[*_decided(story, intents)])
    told = why(then, routes, (), ())
    return Foreseen(told, matter_of(story.document, known, routes, policy), tuple(intents), then)


def _decided(story: Story, intents: Iterable[Intent]) -> list[Decision]:
    """Return the document's questions as they would be then."""
    decisions = list(story.decisions)
    for intent in intents:
        match intent:
            case AskDecision():
                decisions.append(_asked(intent, story))
            case CloseDecision(reason) if decisions:
                lapsed = DecisionState.LAPSED
                decisions[-1] = replace(
                    decisions[-1], state=lapsed, reason=reason, settled_at=story.record.read_at
                )
            case NameApprovers(approvers) if decisions:
                decisions[-1] = replace(decisions[-1], approvers=approvers)
            case _:
                pass
    return decisions


def _asked(asked: AskDecision, story: Story) -> Decision:
    """Return a question without a token: nothing can be pressed by what is only foreseen."""
    record = story.record
    return Decision(
        id="", company=record.company, document=record.document, token="",
        state=DecisionState.PENDING, verbs=asked.verbs, approvers=asked.approvers,
        fingerprint=asked.fingerprint, asked_at=record.read_at, correlation="",
        changes=asked.changes, asked_in=asked.asked_in, resumes=asked.resumes, two=asked.two,
    )  # fmt: skip
