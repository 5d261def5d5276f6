"""What each state says on a card: one small function a state, one table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from cards import days, deeds
from cards.changes import told_changes
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
    found = _TOLD[situation.state](situation, it, status)
    if not situation.two or not is_live(situation):
        return found
    return replace(found, notes=(*found.notes, deeds.agreed(situation)))


def _shows(situation: Situation, status: str) -> str:
    return situation.language.say("Acumatica shows it {status} now.", status=status)


def _reason(situation: Situation) -> str:
    """Decisions keep their reasons in English; those are sentences of ours."""
    return situation.language.term(situation.reason)


def _notes(*sentences: str) -> tuple[str, ...]:
    return tuple(filter(None, sentences))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _waits_for_you(situation: Situation) -> str:
    say = situation.language.say
    many = len(situation.approvers) > 1
    return say("this waits for one of you.") if many else say("this waits for you.")


def _waits_again(situation: Situation) -> str:
    say = situation.language.say
    many = len(situation.approvers) > 1
    return say("this waits again for one of you.") if many else say("this waits again for you.")


def _still_waits(situation: Situation) -> str:
    say = situation.language.say
    many = len(situation.approvers) > 1
    return say("this still waits for one of you.") if many else say("this still waits for you.")


def _now_waits(situation: Situation) -> str:
    say = situation.language.say
    many = len(situation.approvers) > 1
    return say("this now waits for one of you.") if many else say("this now waits for you.")


def _note(_situation: Situation, _it: str, _status: str) -> Told:
    return Told()


def _waiting(situation: Situation, it: str, status: str) -> Told:
    if situation.verbs:
        return Told(ask=_waits_for_you(situation))
    # Nobody can help it on from here, so the card says where somebody can.
    say = situation.language.say
    if status == "Pending Approval":
        return Told(notes=(say("This {it} waits for approval in Acumatica.", it=it),))
    return Told(notes=(say("This {it} waits in Acumatica.", it=it),))


def _changed(situation: Situation, it: str, _status: str) -> Told:
    return Told(
        headline=situation.language.say(
            "The {it} changed while it waited; please decide again.", it=it
        ),
        notes=tuple(told_changes(situation.changes, situation.language)),
        tone="warning",
        ask=_waits_again(situation),
    )


def _working(situation: Situation, _it: str, _status: str) -> Told:
    language, at = situation.language, situation.at
    person = language.say(" for {who}", who=situation.who) if situation.who else ""
    clock = days.clock(at, situation.now, situation.zone, language) if at else ""
    since = language.say(" since {time}", time=clock) if clock else ""
    working = _capital(deeds.working(situation))
    return Told(
        headline=f"{working}{person}{since} …",
        notes=(language.say("Acumatica is working on it; nobody needs to press again."),),
        tone="accent",
    )


def _done(situation: Situation, _it: str, status: str) -> Told:
    read_since = situation.at is None or situation.as_of >= situation.at
    why = f": {situation.said}" if situation.said else "."
    return Told(
        headline=f"{_capital(deeds.done(situation))}{deeds.by(situation)}{deeds.when(situation)}{why}",
        notes=_notes(_reason(situation), _shows(situation, status) if read_since else ""),
        tone="good",
    )


def _refused(situation: Situation, _it: str, _status: str) -> Told:
    say = situation.language.say
    again = say("Once that is settled, it can be pressed again.")
    return _failed(situation, say("The {act} was refused.", act=deeds.noun(situation)), again)


def _not_done(situation: Situation, _it: str, _status: str) -> Told:
    say = situation.language.say
    again = say("It can be pressed again.")
    return _failed(
        situation, say("The {act} was not carried out.", act=deeds.noun(situation)), again
    )


def _failed(situation: Situation, headline: str, again: str) -> Told:
    look = situation.language.say("Please look at it in Acumatica.")
    return Told(
        headline=headline,
        notes=_notes(
            deeds.pressed(situation), _reason(situation), again if situation.verbs else look
        ),
        tone="attention",
        ask=_still_waits(situation) if situation.verbs else "",
    )


def _stopped(situation: Situation, _it: str, _status: str) -> Told:
    return Told(
        headline=situation.language.say("The {act} stopped half way.", act=deeds.noun(situation)),
        notes=_notes(deeds.pressed(situation), _reason(situation)),
        tone="warning",
        ask=_now_waits(situation) if situation.approvers else "",
    )


def _in_doubt(situation: Situation, _it: str, _status: str) -> Told:
    say, act = situation.language.say, deeds.noun(situation)
    return Told(
        headline=say("Acumatica has not confirmed the {act} yet.", act=act),
        notes=_notes(_checking(situation), deeds.pressed(situation)),
        tone="warning",
    )


def _checking(situation: Situation) -> str:
    say, until = situation.language.say, situation.until
    if until is None:
        return say("Countersign is checking; nobody needs to press again.")
    return say(
        "Countersign is checking until {time}; nobody needs to press again.",
        time=days.clock(until, situation.now, situation.zone, situation.language),
    )


def _needs_person(situation: Situation, it: str, _status: str) -> Told:
    say = situation.language.say
    return Told(
        headline=say("A person must look at this {it} in Acumatica.", it=it),
        notes=_notes(
            _reason(situation),
            deeds.pressed(situation),
            say(
                "Please do not repeat it before an administrator has recorded what Acumatica shows."
            ),
        ),
        tone="attention",
    )


def _mismatched(situation: Situation, status: str) -> tuple[str, ...]:
    differ = told_changes(situation.changes, situation.language)
    pressed = deeds.pressed(situation)
    return _notes(_reason(situation), *differ, pressed, _shows(situation, status))


def _mismatch(situation: Situation, _it: str, status: str) -> Told:
    return Told(
        headline=situation.language.say(
            "What was {done} is not what was approved; an administrator must look.",
            done=deeds.done(situation),
        ),
        notes=_mismatched(situation, status),
        tone="attention",
    )


def _seen(situation: Situation, _it: str, status: str) -> Told:
    return Told(
        headline=situation.language.say(
            "What was {done} is not what was approved.", done=deeds.done(situation)
        ),
        notes=_mismatched(situation, status),
        tone="warning",
    )


def _closed_elsewhere(situation: Situation, _it: str, status: str) -> Told:
    say = situation.language.say
    nothing = say("There is nothing left to decide here.")
    if not situation.verb:  # a reason knows better than the last status, e.g. that it was deleted
        headline = _reason(situation) or say("In Acumatica this is now {status}.", status=status)
        return Told(headline=headline, notes=(nothing,), tone="emphasis")
    headline = say(
        "{done} in Acumatica{when}{by}.",
        done=_capital(deeds.done(situation)),
        when=deeds.when(situation),
        by=deeds.by(situation),
    )
    return Told(
        headline=headline,
        notes=_notes(_shows(situation, status), _reason(situation), nothing),
        tone="emphasis",
    )


def _replaced(situation: Situation, _it: str, _status: str) -> Told:
    say = situation.language.say
    return Told(
        headline=say("There is a newer card for this."),
        notes=_notes(_reason(situation), say("This one decides nothing any more.")),
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
    State.SEEN: _seen,
    State.CLOSED_ELSEWHERE: _closed_elsewhere,
    State.REPLACED: _replaced,
}
