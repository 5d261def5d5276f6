"""Who pressed what, and when, in the words of a card's language: pieces of its sentences."""

from __future__ import annotations

from cards import days
from cards.verbs import words
from cards.view import Situation


def noun(situation: Situation) -> str:
    """Return what a sentence calls the act: *release*."""
    return situation.language.term(words(situation.verb).noun)


def done(situation: Situation) -> str:
    """Return *released*."""
    return situation.language.term(words(situation.verb).done)


def working(situation: Situation) -> str:
    """Return *releasing*."""
    return situation.language.term(words(situation.verb).working)


def when(situation: Situation) -> str:
    """Return ` at 10:22`, ready to follow a word; nothing when nobody pressed."""
    return days.at(situation.at, situation.now, situation.zone, situation.language)


def by(situation: Situation) -> str:
    """Return ` by Ann Whitfield`, ready to follow a word; nothing when nobody is known."""
    return situation.language.say(" by {who}", who=situation.who) if situation.who else ""


def pressed(situation: Situation) -> str:
    """Return who pressed which button when, as a sentence; nothing when nobody is known."""
    if not situation.who:
        return ""
    return situation.language.say(
        "{who} pressed {button}{when}.",
        who=situation.who,
        button=situation.language.term(words(situation.verb).label),
        when=when(situation),
    )


def agreed(situation: Situation) -> str:
    """Say that two must agree, and who has where one did."""
    say = situation.language.say
    if not situation.agreed:
        return say("Two different people must agree to this.")
    return say(
        "{who} pressed {button}{when}; a second person must agree.",
        who=situation.agreed,
        button=situation.language.term(words(situation.agreed_verb).label),
        when=days.at(situation.agreed_at, situation.now, situation.zone, situation.language),
    )
