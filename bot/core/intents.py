"""What a look at a document should cause. Pure values."""

from __future__ import annotations

from dataclasses import dataclass

Change = tuple[str, str, str]
"""(what, was, is), as plain text for a card."""


@dataclass(frozen=True, slots=True)
class PostCard:
    """Put the document's card where there is none yet."""

    target: str
    asks: bool


@dataclass(frozen=True, slots=True)
class UpdateCard:
    """Bring a standing card up to date; *replaced* when it no longer speaks for the document."""

    target: str
    asks: bool = False
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Nudge:
    """Reply under a card, because an edit notifies nobody and somebody must look again."""

    target: str


@dataclass(frozen=True, slots=True)
class AskDecision:
    """Open a question, in place of the one that was open before."""

    verbs: tuple[str, ...]
    approvers: tuple[str, ...]
    fingerprint: str
    asked_in: str
    """Status whose route names the verbs, the people and the places."""
    resumes: bool = False
    changes: tuple[Change, ...] = ()
    two: bool = False
    """Whether two different people must agree."""


@dataclass(frozen=True, slots=True)
class NameApprovers:
    """Change who may answer the open question."""

    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CloseDecision:
    """Close the open question: the document no longer waits for it."""

    reason: str


Message = PostCard | UpdateCard | Nudge
Intent = Message | AskDecision | NameApprovers | CloseDecision


def message_kind(message: Message) -> str:
    """Return the outbox word for a message."""
    match message:
        case PostCard():
            return "post"
        case UpdateCard():
            return "update"
        case Nudge():
            return "nudge"
