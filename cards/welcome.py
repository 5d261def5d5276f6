"""The first words in a new place: who I am, who brought me, what next. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cards.language import Language
from cards.spoken import Spoken, spoken
from cards.text import joined


def welcome(kind: str, by: str, channels: Sequence[str], language: Language) -> Spoken:
    """Return what is said once in a place of *kind* (`personal`, `groupChat`, else a team).

    *by* is the name of who added the bot, empty when nobody told; *channels* are names of the
    routes that are bound to nothing yet.
    """
    next_step = {
        "personal": language.say(
            "What waits for you comes here, or to a channel where it calls you. Type “pending"
            " bills” to see what waits for anybody, or “help” for everything you can type."
        ),
        "groupChat": language.say(
            "Mention me with “help” to see what you can type. What not everybody here may read I"
            " tell you in our own chat."
        ),
    }.get(kind) or _in_a_team(channels, language)
    return spoken(
        language.say("I am Countersign"),
        language.say(
            "I bring bills, purchase orders and payments that wait in Acumatica to the people who"
            " decide, and carry their decision back. Only a press on a card decides; what is"
            " typed never does."
        ),
        *([language.say("{name} added me here.", name=by)] if by else []),
        next_step,
        language=language,
    )


def _in_a_team(channels: Sequence[str], language: Language) -> str:
    if not channels:
        return language.say("Mention me with “help” in any channel to see what you can type.")
    return language.say(
        "Next: a team owner goes to the channel that is to receive cards, mentions me and types"
        " “use this channel as NAME”. Waiting for a channel: {names}.",
        names=joined(channels, language),
    )
