"""How the one line of a toast goes on after party and amount: one table of states."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cards import deeds
from cards.language import Language
from cards.view import Situation, State


def toast(situation: Situation, status: str) -> str:
    """Return what a toast says about a document that is in *status* now."""
    return _TOASTS[situation.state](situation, status)


def _for_whom(situation: Situation) -> str:
    language, names = situation.language, [person.name for person in situation.approvers]
    if not names:
        return language.say("a decision")
    shown = _either(names[:2], language)
    if len(names) <= 2:
        return shown
    return language.say("{names} or {n} more", names=shown, n=len(names) - 2)


def _either(names: list[str], language: Language) -> str:
    if len(names) == 1:
        return names[0]
    return language.say("{one} or {other}", one=names[0], other=names[1])


def _waiting(situation: Situation, _status: str) -> str:
    return situation.language.say("waits for {whom}", whom=_for_whom(situation))


def _changed(situation: Situation, _status: str) -> str:
    return situation.language.say("changed and waits again for {whom}", whom=_for_whom(situation))


def _working(situation: Situation, _status: str) -> str:
    return situation.language.say("{act} …", act=deeds.working(situation))


def _done(situation: Situation, _status: str) -> str:
    return f"{deeds.done(situation)}{deeds.by(situation)}{deeds.when(situation)}"


def _closed(situation: Situation, status: str) -> str:
    say = situation.language.say
    if not situation.verb:
        return say("is {status} in Acumatica", status=status)
    return say(
        "was {done} in Acumatica{when}", done=deeds.done(situation), when=deeds.when(situation)
    )


_TOASTS: Mapping[State, Callable[[Situation, str], str]] = {
    State.NOTE: lambda s, status: s.language.say("is {status}", status=status),
    State.WAITING: _waiting,
    State.CHANGED: _changed,
    State.WORKING: _working,
    State.DONE: _done,
    State.REFUSED: lambda s, _: s.language.say("{act} was refused", act=deeds.noun(s)),
    State.NOT_DONE: lambda s, _: s.language.say("{act} was not carried out", act=deeds.noun(s)),
    State.STOPPED: lambda s, _: s.language.say("{act} stopped half way", act=deeds.noun(s)),
    State.IN_DOUBT: lambda s, _: s.language.say("{act} is being checked", act=deeds.noun(s)),
    State.NEEDS_PERSON: lambda s, _: s.language.say("needs a person to look"),
    State.MISMATCH: lambda s, _: s.language.say("needs an administrator to look"),
    State.SEEN: lambda s, _: s.language.say("is not what was approved"),
    State.CLOSED_ELSEWHERE: _closed,
    State.REPLACED: lambda s, _: s.language.say("has a newer card"),
}
