"""What each state says on a card and in a toast: one small function a state, one table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cards import days
from cards.verbs import words
from cards.view import Situation, State, Told

_FAILED = frozenset({State.REFUSED, State.NOT_DONE})
DECIDABLE = frozenset({State.WAITING, State.CHANGED, State.STOPPED}) | _FAILED
"""States in which a press can still decide; in the others no verb is a button."""
_RETOLD = frozenset({State.WAITING, State.CHANGED, State.WORKING, State.IN_DOUBT})


def is_live(situation: Situation) -> bool:
    """Say whether a press on this card can decide anything."""
    return bool(situation.verbs and situation.token) and situation.state in DECIDABLE


def refreshes(situation: Situation) -> bool:
    """Say whether clients shall ask for their own view; a settled card must stop them asking."""
    failed_for_now = situation.state in _FAILED and bool(situation.verbs)
    return bool(situation.token) and (situation.state in _RETOLD or failed_for_now)


def told(situation: Situation, it: str, status: str) -> Told:
    """Return what the card of *it* (`bill`), now in *status*, says about its state."""
    return _TOLD[situation.state](situation, it, status)


def toast(situation: Situation, status: str) -> str:
    """Return how the one-line summary goes on after party and amount."""
    return _TOASTS[situation.state](situation, status)


def _when(situation: Situation) -> str:
    return days.at(situation.at, situation.now, situation.zone)


def _by(situation: Situation) -> str:
    return f" by {situation.who}" if situation.who else ""


def _pressed(situation: Situation) -> str:
    if not situation.who:
        return ""
    return f"{situation.who} pressed {words(situation.verb).label}{_when(situation)}."


def _notes(*sentences: str) -> tuple[str, ...]:
    return tuple(filter(None, sentences))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _ask(situation: Situation, waits: str = "waits") -> str:
    many = len(situation.approvers) > 1
    return f"this {waits} for {'one of you' if many else 'you'}."


def _note(_situation: Situation, _it: str, _status: str) -> Told:
    return Told()


def _waiting(situation: Situation, it: str, status: str) -> Told:
    if not situation.verbs:
        # Nobody can help it on from here, so the card says where somebody can.
        waits = "waits for approval" if status == "Pending Approval" else "waits"
        return Told(notes=(f"This {it} {waits} in Acumatica.",))
    return Told(ask=_ask(situation))


def _changed(situation: Situation, it: str, _status: str) -> Told:
    return Told(
        headline=f"The {it} changed while it waited; please decide again.",
        notes=tuple(
            f"{_capital(what)} was {was}, is {now}." for what, was, now in situation.changes
        ),
        tone="warning",
        ask=_ask(situation, "waits again"),
    )


def _working(situation: Situation, _it: str, _status: str) -> Told:
    person = f" for {situation.who}" if situation.who else ""
    at = days.clock(situation.at, situation.now, situation.zone) if situation.at else ""
    since = f" since {at}" if at else ""
    return Told(
        headline=f"{_capital(words(situation.verb).working)}{person}{since} …",
        notes=("Acumatica is working on it; nobody needs to press again.",),
        tone="accent",
    )


def _done(situation: Situation, _it: str, status: str) -> Told:
    done = _capital(words(situation.verb).done)
    read_since = situation.at is None or situation.as_of >= situation.at
    return Told(
        headline=f"{done}{_by(situation)}{_when(situation)}.",
        notes=(f"Acumatica shows it {status} now.",) if read_since else (),
        tone="good",
    )


def _refused(situation: Situation, _it: str, _status: str) -> Told:
    again = "Once that is settled, it can be pressed again." if situation.verbs else ""
    return _failed(situation, f"The {words(situation.verb).noun} was refused.", again)


def _not_done(situation: Situation, _it: str, _status: str) -> Told:
    again = "It can be pressed again." if situation.verbs else ""
    return _failed(situation, f"The {words(situation.verb).noun} was not carried out.", again)


def _failed(situation: Situation, headline: str, again: str) -> Told:
    return Told(
        headline=headline,
        notes=_notes(
            _pressed(situation), situation.reason, again or "Please look at it in Acumatica."
        ),
        tone="attention",
        ask=_ask(situation, "still waits") if situation.verbs else "",
    )


def _stopped(situation: Situation, _it: str, _status: str) -> Told:
    return Told(
        headline=f"The {words(situation.verb).noun} stopped half way.",
        notes=_notes(_pressed(situation), situation.reason),
        tone="warning",
        ask=_ask(situation, "now waits") if situation.approvers else "",
    )


def _in_doubt(situation: Situation, _it: str, _status: str) -> Told:
    until = situation.until
    end = f" until {days.clock(until, situation.now, situation.zone)}" if until else ""
    return Told(
        headline=f"Acumatica has not confirmed the {words(situation.verb).noun} yet.",
        notes=_notes(
            f"Countersign is checking{end}; nobody needs to press again.", _pressed(situation)
        ),
        tone="warning",
    )


def _needs_person(situation: Situation, it: str, _status: str) -> Told:
    return Told(
        headline=f"A person must look at this {it} in Acumatica.",
        notes=_notes(
            situation.reason,
            _pressed(situation),
            "Please do not repeat it before an administrator has recorded what Acumatica shows.",
        ),
        tone="attention",
    )


def _mismatch(situation: Situation, it: str, status: str) -> Told:
    done = words(situation.verb).done
    return Told(
        headline=f"What was {done} is not what was approved; an administrator must look.",
        notes=_notes(
            situation.reason,
            _pressed(situation),
            f"Acumatica shows the {it} {status} now.",
        ),
        tone="attention",
    )


def _closed_elsewhere(situation: Situation, _it: str, status: str) -> Told:
    nothing = "There is nothing left to decide here."
    if not situation.verb:  # a reason knows better than the last status, e.g. that it was deleted
        headline = situation.reason or f"In Acumatica this is now {status}."
        return Told(headline=headline, notes=(nothing,), tone="emphasis")
    done = _capital(words(situation.verb).done)
    return Told(
        headline=f"{done} in Acumatica{_when(situation)}{_by(situation)}.",
        notes=_notes(f"Acumatica shows it {status} now.", situation.reason, nothing),
        tone="emphasis",
    )


def _replaced(situation: Situation, _it: str, _status: str) -> Told:
    return Told(
        headline="There is a newer card for this.",
        notes=_notes(situation.reason, "This one decides nothing any more."),
        tone="emphasis",
    )


_TOLD: Mapping[State, Callable[[Situation, str, str], Told]] = {
    State.NOTE: _note,
    State.WAITING: _waiting,
    State.CHANGED: _changed,
    State.WORKING: _working,
    State.DONE: _done,
    State.REFUSED: _refused,
    State.NOT_DONE: _not_done,
    State.STOPPED: _stopped,
    State.IN_DOUBT: _in_doubt,
    State.NEEDS_PERSON: _needs_person,
    State.MISMATCH: _mismatch,
    State.CLOSED_ELSEWHERE: _closed_elsewhere,
    State.REPLACED: _replaced,
}


def _for_whom(situation: Situation) -> str:
    names = [person.name for person in situation.approvers]
    if not names:
        return "a decision"
    shown = " or ".join(names[:2])
    return f"{shown} or {len(names) - 2} more" if len(names) > 2 else shown


def _closing(situation: Situation, status: str) -> str:
    if not situation.verb:
        return f"is {status} in Acumatica"
    return f"was {words(situation.verb).done} in Acumatica{_when(situation)}"


_TOASTS: Mapping[State, Callable[[Situation, str], str]] = {
    State.NOTE: lambda _s, status: f"is {status}",
    State.WAITING: lambda s, _status: f"waits for {_for_whom(s)}",
    State.CHANGED: lambda s, _status: f"changed and waits again for {_for_whom(s)}",
    State.WORKING: lambda s, _status: f"{words(s.verb).working} …",
    State.DONE: lambda s, _status: f"{words(s.verb).done}{_by(s)}{_when(s)}",
    State.REFUSED: lambda s, _status: f"{words(s.verb).noun} was refused",
    State.NOT_DONE: lambda s, _status: f"{words(s.verb).noun} was not carried out",
    State.STOPPED: lambda s, _status: f"{words(s.verb).noun} stopped half way",
    State.IN_DOUBT: lambda s, _status: f"{words(s.verb).noun} is being checked",
    State.NEEDS_PERSON: lambda _s, _status: "needs a person to look",
    State.MISMATCH: lambda _s, _status: "needs an administrator to look",
    State.CLOSED_ELSEWHERE: _closing,
    State.REPLACED: lambda _s, _status: "has a newer card",
}
