"""The card by which administrators settle what nobody else can: what was asked, sent and answered.

Only administrators get it, each in their own chat, so it tells the whole document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from acumatica_client.models import CallClass, Document
from cards import days
from cards.buttons import drawn_buttons
from cards.changes import Change, told_changes
from cards.elements import Container, FactSet, TextBlock
from cards.elements import Fact as FactElement
from cards.language import Language, phrase
from cards.render import page, sheet_of, small
from cards.text import escape, plain, safe_url
from cards.verbs import words
from cards.view import Button

TOOK_EFFECT, NO_EFFECT, SEEN = "took_effect", "no_effect", "seen"
"""Verbs that record something; the same one of somebody else confirms it."""
OBJECT, LOOK = "object", "look_again"
"""Verbs that record nothing: start anew; read the document again."""

_RECORDS = {
    TOOK_EFFECT: phrase("It took effect"),
    NO_EFFECT: phrase("It did not take effect"),
    SEEN: phrase("I have seen it"),
}
_CONFIRMS = {
    TOOK_EFFECT: phrase("Confirm: it took effect"),
    NO_EFFECT: phrase("Confirm: it did not take effect"),
    SEEN: phrase("I have seen it, too"),
}
_RECORDED = {
    TOOK_EFFECT: phrase("{who} recorded{when}: it took effect."),
    NO_EFFECT: phrase("{who} recorded{when}: it did not take effect."),
    SEEN: phrase("{who} has seen it{when}."),
}
_SETTLED = {
    TOOK_EFFECT: phrase(
        "Settled: it took effect. {first} recorded it, {second} confirmed it{when}."
    ),
    NO_EFFECT: phrase(
        "Settled: it did not take effect. {first} recorded it, {second} confirmed it{when}."
    ),
    SEEN: phrase("Settled: {first} and {second} have seen it{when}."),
}
_ANSWERS: Mapping[str, str] = {
    CallClass.CLAIMS_DONE: phrase("It answered that it was done."),
    CallClass.REFUSED: phrase("It refused."),
    CallClass.REFUSED_IN_DOUBT: phrase("It answered with an error, which can hide a success."),
    CallClass.UNKNOWN: phrase("No answer came that says what happened."),
}
_NO_ANSWER = phrase("Countersign was stopped before an answer came.")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was asked for and what was sent."""

    verb: str
    who: str
    """Who pressed it."""
    pressed_at: datetime | None
    step: str
    """The last thing that was sent; empty when nothing was."""
    sent_at: datetime | None
    answered: str
    """Class of the answer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the settling is, as one administrator sees it."""

    offered: tuple[str, ...]
    """What can be recorded now."""
    verdict: str = ""
    first: str = ""
    """Name of who recorded it; `mine`: it was the reader."""
    first_at: datetime | None = None
    mine: bool = False
    second: str = ""
    second_at: datetime | None = None
    objected_by: str = ""
    too_few: bool = False
    """Whether fewer than two could settle it."""


@dataclass(frozen=True, slots=True)
class Matter:
    """All an administrator's card tells."""

    document: Document
    gone: bool
    attempt: Attempt
    standing: Standing
    mismatch: bool
    differences: Sequence[Change]
    """What was approved and what was done instead; of a mismatch only."""
    token: str
    link: str
    as_of: datetime
    now: datetime
    zone: tzinfo
    language: Language

    def when(self, moment: datetime | None) -> str:
        """Return ` at 10:23`, ready to follow a word."""
        return days.at(moment, self.now, self.zone, self.language)


def settlement_card(matter: Matter) -> dict[str, Any]:
    """Return an administrator's card."""
    body = [
        *_head(matter),
        FactSet(facts=list(_facts(matter)), spacing="Medium"),
        _told(matter),
        *drawn_buttons(_buttons(matter), matter.token),
    ]
    return page(body, settlement_summary(matter), matter.language).json()


def settlement_summary(matter: Matter) -> str:
    """Return the card in one plain line, for a toast."""
    what = (sheet_of(matter.document).headed(matter.document, matter.language), _party(matter))
    return f"{' · '.join(plain(one, 60) for one in what if one)}: {_headline(matter)}"


def _head(matter: Matter) -> list[Any]:
    language, document = matter.language, matter.document
    sheet = sheet_of(document)
    amount = sheet.amount_of(document, language)
    kind = f"{language.say('For administrators')} · {sheet.headed(document, language)}"
    return [
        small(kind),
        TextBlock(
            _headline(matter), size="Large", weight="Bolder", style="heading", spacing="Small"
        ),
        *([TextBlock(escape(_party(matter)), spacing="Small")] if _party(matter) else []),
        *([TextBlock(escape(amount), spacing="None")] if amount else []),
    ]


def _party(matter: Matter) -> str:
    return sheet_of(matter.document).party_of(matter.document)


def _headline(matter: Matter) -> str:
    language, act = matter.language, words(matter.attempt.verb)
    if matter.standing.second:
        return language.say("This is settled.")
    if matter.mismatch:
        done = language.term(act.done)
        return language.say("What was {done} is not what was approved.", done=done)
    return language.say("Did the {act} take effect?", act=language.term(words(_asked(matter)).noun))


def _asked(matter: Matter) -> str:
    """The step that was sent is what has to be found out, not all that was pressed."""
    return matter.attempt.step or matter.attempt.verb


def _facts(matter: Matter) -> Iterator[FactElement]:
    language, say, attempt = matter.language, matter.language.say, matter.attempt
    pressed = say(
        "{button}, by {who}{when}",
        button=language.term(words(attempt.verb).label),
        who=escape(attempt.who, 60),
        when=matter.when(attempt.pressed_at),
    )
    yield FactElement(title=say("Pressed"), value=pressed)
    if attempt.step:
        step = language.term(words(attempt.step).label)
        sent = f"{step}{matter.when(attempt.sent_at)}"
        yield FactElement(title=say("Sent to Acumatica"), value=sent)
        answer = language.term(_ANSWERS.get(attempt.answered, _NO_ANSWER))
        yield FactElement(title=say("Its answer"), value=answer)
    yield FactElement(title=say("Acumatica shows"), value=_shows(matter))
    differ = " ".join(told_changes(matter.differences, language)) if matter.mismatch else ""
    if differ:
        yield FactElement(title=say("Not as approved"), value=escape(differ))


def _shows(matter: Matter) -> str:
    say = matter.language.say
    when = matter.when(matter.as_of)
    if matter.gone:
        return say("no such document any more (read{when})", when=when)
    status = escape(matter.document.status, 60)
    return say("{status} (read{when})", status=status, when=when)


# --- how far it is ----------------------------------------------------------------------------


def _told(matter: Matter) -> Container:
    lines = [TextBlock(line) for line in _lines(matter)]
    tone = "good" if matter.standing.second else "attention"
    return Container(items=lines, style=tone, spacing="Medium")


def _lines(matter: Matter) -> Iterator[str]:
    say, standing = matter.language.say, matter.standing
    if standing.second:
        yield _settled(matter)
        return
    if standing.objected_by:
        yield say("{who} objected, so it began anew.", who=escape(standing.objected_by, 60))
    if standing.first:
        yield say(
            _RECORDED[standing.verdict],
            who=escape(standing.first, 60),
            when=matter.when(standing.first_at),
        )
        yield say("A second administrator must confirm it, or object.")
    elif matter.mismatch:
        yield say("Please look at it in Acumatica, then say here that you have seen it.")
    else:
        yield say("Please look at it in Acumatica, then record here what it shows.")
    if not standing.first:
        yield say("A second administrator confirms it; nothing is sent to Acumatica.")
    if standing.too_few:
        yield say(
            "Two administrators besides who pressed are needed, and fewer are known: add them to"
            " `administrators` in countersign.toml."
        )


def _settled(matter: Matter) -> str:
    standing = matter.standing
    return matter.language.say(
        _SETTLED[standing.verdict],
        first=escape(standing.first, 60),
        second=escape(standing.second, 60),
        when=matter.when(standing.second_at),
    )


def _buttons(matter: Matter) -> list[Button]:
    language, standing = matter.language, matter.standing
    opens = Button(language.say("Open in Acumatica"), url=matter.link)
    shown = [opens] if safe_url(matter.link) else []
    if standing.second:
        return shown
    look = Button(language.say("Look again"), verb=LOOK)
    return [
        *(Button(language.term(title), verb=verb) for verb, title in _verdicts(standing)),
        look,
        *shown,
    ]


def _verdicts(standing: Standing) -> Iterator[tuple[str, str]]:
    if not standing.first:
        yield from ((verb, _RECORDS[verb]) for verb in standing.offered)
    elif standing.mine:
        yield OBJECT, phrase("Take it back")
    else:
        yield standing.verdict, _CONFIRMS[standing.verdict]
        yield OBJECT, phrase("Object")
