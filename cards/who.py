"""Who approves for whom, and what is known of the asker. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from babel import Locale

from cards.chat import heading
from cards.elements import Fact as FactElement
from cards.elements import FactSet, TextBlock
from cards.language import Language
from cards.render import page
from cards.spoken import Spoken
from cards.text import escape, joined, plain

MOST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Cover:
    """An employee and who may approve in their place."""

    name: str
    active: bool
    in_teams: bool
    delegates: tuple[str, ...] = ()
    """Names of who may approve for them today."""
    others: tuple[str, ...] = ()
    """Names of who stands in an approver list together with them."""


def cover_card(name: str, covers: Sequence[Cover], language: Language) -> Spoken:
    """Say who may approve for each employee called *name*."""
    title = language.say("Who covers {name}", name=name)
    body = [heading(title)]
    for cover in covers[:MOST_SHOWN]:
        body.append(TextBlock(escape(cover.name), weight="Bolder", spacing="Medium"))
        body += [TextBlock(escape(line, 400), spacing="None") for line in _cover(cover, language)]
    left = len(covers) - MOST_SHOWN
    if left > 0:
        body.append(TextBlock(language.count("and {n} more", "and {n} more", left)))
    return Spoken(page(body, title, language).json(), plain(title))


def _cover(cover: Cover, language: Language) -> list[str]:
    lines = [] if cover.active else [language.say("Is no longer active in Acumatica.")]
    if cover.active and not cover.in_teams:
        lines.append(language.say("Could not be found in Teams."))
    if cover.delegates:
        names = joined(cover.delegates, language)
        lines.append(language.say("May approve in their place today: {names}.", names=names))
    else:
        lines.append(language.say("Nobody is delegated for them in Acumatica today."))
    if cover.others:
        names = joined(cover.others, language)
        lines.append(language.say("Named beside them by the routes: {names}.", names=names))
    return lines


@dataclass(frozen=True, slots=True)
class Membership:
    """What one company knows of the asker."""

    company: str
    employee: str = ""
    """Employee code and name; empty when only the file names them."""
    limit: str = ""
    may_decide: bool = True
    login: str = ""
    """The Acumatica user they connected."""
    connects: bool = False
    """Whether the company acts as the person who decides."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of the asker, without anything secret."""

    name: str
    mail: str
    locale: str
    members: tuple[Membership, ...] = ()
    channels: tuple[str, ...] | None = None
    """Names the channel they asked in is bound to; None where it is their own chat."""
    version: str = ""
    """Which configuration Countersign works by."""


def settings_card(profile: Profile, language: Language) -> Spoken:
    """Tell somebody what is known of them."""
    title = language.say("What I know of you")
    told = {
        language.say("Name"): profile.name,
        language.say("Mail"): profile.mail or language.say("not told"),
        language.say("Language"): _language(profile.locale, language),
    }
    if profile.channels is not None:
        told[language.say("This channel")] = ", ".join(profile.channels) or language.say(
            "bound to nothing"
        )
    if profile.version:
        told[language.say("Configuration")] = profile.version
    body = [heading(title), _facts(told)]
    for member in profile.members:
        body.append(TextBlock(escape(member.company), weight="Bolder", spacing="Medium"))
        body.append(_facts(_member(member, language)))
    return Spoken(page(body, title, language).json(), plain(title))


def _language(locale: str, language: Language) -> str:
    name = Locale.parse(language.code).get_display_name() or language.code
    return f"{name} ({locale})" if locale else name


def _member(member: Membership, language: Language) -> dict[str, str]:
    told = {
        language.say("Employee"): member.employee or language.say("none; the file names you"),
        language.say("Limit"): member.limit or language.say("none set"),
    }
    if not member.may_decide:
        told[language.say("Deciding")] = language.say("not allowed by the file")
    if member.connects:
        told[language.say("Acumatica user")] = member.login or language.say(
            "not connected; type “connect”"
        )
    return told


def _facts(told: dict[str, str]) -> FactSet:
    facts = [FactElement(title=escape(name), value=escape(value)) for name, value in told.items()]
    return FactSet(facts=facts)
