"""Answers about binding a name of the routes to a channel. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cards.language import Language
from cards.spoken import Spoken, spoken
from cards.text import joined


def only_in_channels(language: Language) -> Spoken:
    """Say that only a channel can be bound."""
    return spoken(
        language.say("That works in a channel only"),
        language.say("Go to the channel, mention me and type it there."),
        language=language,
    )


def only_owners(language: Language, *, told: bool) -> Spoken:
    """Refuse somebody who is no owner of the team; *told* is whether Teams told their role."""
    reason = (
        language.say("Only an owner of this team may say where cards go.")
        if told
        else language.say("Teams does not tell me now whether you own this team. Try again later.")
    )
    return spoken(
        language.say("Nothing was changed"),
        reason,
        language.say("An administrator named in countersign.toml may do it too."),
        language=language,
    )


def unknown_name(name: str, known: Sequence[str], language: Language) -> Spoken:
    """Say that no route sends to a name, and which there are."""
    return spoken(
        language.say("No route sends to {name}", name=name),
        language.say("The routes send to: {names}.", names=joined(known, language))
        if known
        else language.say("No route sends to any channel."),
        language=language,
    )


def bound(name: str, waiting: int, language: Language, *, warn: bool) -> Spoken:
    """Confirm a binding; *waiting* messages leave now."""
    lines = [language.say("What the routes send to {name} comes here from now on.", name=name)]
    if waiting:
        lines.append(
            language.count(
                "{n} card was waiting for it.", "{n} cards were waiting for it.", waiting
            )
        )
    if warn:
        lines.append(
            language.say(
                "This looks like a private or shared channel. Teams may not let me post here: if"
                " nothing arrives, use a standard channel."
            )
        )
    title = language.say("This channel is {name} now", name=name)
    return spoken(title, *lines, language=language)


def bound_already(name: str, language: Language) -> Spoken:
    """Say that the name is bound to this very channel."""
    return spoken(
        language.say("This channel is {name} already", name=name),
        language.say("Nothing was changed."),
        language=language,
    )


def taken(name: str, where: str, language: Language) -> Spoken:
    """Say that another channel is bound to the name, and how to move it."""
    return spoken(
        language.say("{name} is another channel", name=name),
        language.say("It is bound to {where}.", where=where)
        if where
        else language.say("It is bound to a channel of another place."),
        language.say(
            "Type “move {name} here” to have new cards come here. Cards that stand there stay"
            " there.",
            name=name,
        ),
        language=language,
    )


def bound_by_file(names: Sequence[str], language: Language) -> Spoken:
    """Say that the file binds the names, which counts more than what is typed."""
    return spoken(
        language.say("The file decides that"),
        language.say(
            "countersign.toml says where {names} is. Whoever runs Countersign can take the"
            " [[channel]] out of it.",
            names=joined(names, language),
        ),
        language=language,
    )


def unbound(names: Sequence[str], language: Language) -> Spoken:
    """Confirm that a channel is no longer used."""
    return spoken(
        language.say("This channel gets no more cards"),
        language.say(
            "{names} is bound to nothing now; its cards wait until somebody binds it again. Cards"
            " that stand here stay and are kept up to date.",
            names=joined(names, language),
        ),
        language=language,
    )


def not_bound(language: Language) -> Spoken:
    """Say that nothing is bound to this channel."""
    return spoken(
        language.say("Nothing to take back"),
        language.say("This channel is bound to no name of the routes."),
        language=language,
    )
