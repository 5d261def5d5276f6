"""A test card, only where somebody asks for it: posted, edited, deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

from bot.examining import catalogue
from bot.examining.channels import bound_channels, service_url_of
from bot.examining.findings import Finding, Who
from bot.examining.instruments import Instruments
from bot.examining.runner import Probe
from bot.sending.teams import Posted, card_activity
from cards.language import Language, language_of
from cards.trial import edited_trial_card, trial_card
from storage.records import Done, Json, Outcome


def probes(see: Instruments, channel: str) -> list[Probe]:
    """List the trial in *channel*; none where nobody asked for one."""
    if not channel:
        return []
    return [Probe((catalogue.TEST_CARD,), partial(_trial, see, channel))]


async def _trial(see: Instruments, channel: str) -> AsyncIterator[Finding]:
    known = {one.name: one.conversation for one in await bound_channels(see)}
    place = known.get(channel, "")
    if not place:
        told = ", ".join(sorted(name for name, at in known.items() if at)) or "none"
        yield catalogue.TEST_CARD.failed(
            f"no channel {channel!r} is bound; bound are: {told}",
            f"name one of these, or bind it: @Countersign use this channel as {channel}",
            subject=channel, who=Who.OPERATOR, place="--post",
        )  # fmt: skip
        return
    url, language = await service_url_of(see, place), _language(see, channel)
    posted = await see.connector.new_thread(url, place, _activity(trial_card(language)))
    if not isinstance(posted, Posted):
        yield _refused(channel, f"it was not posted: {_told(posted)}")
        return
    edited = await see.connector.edit(url, posted, _activity(edited_trial_card(language)))
    deleted = await see.connector.delete(url, posted)
    if not isinstance(edited, Posted):
        yield _refused(channel, f"it was posted, and not edited: {_told(edited)}")
    elif not isinstance(deleted, Done):
        yield _refused(channel, f"it was posted and edited, and not deleted: {_told(deleted)}")
    else:
        yield catalogue.TEST_CARD.ok("posted, edited, deleted", subject=channel)


def _activity(card: Json) -> dict[str, object]:
    return card_activity(card, str(card["fallbackText"]))


def _refused(channel: str, cause: str) -> Finding:
    step = "look at the app's rights in that team, and whether the team is archived"
    return catalogue.TEST_CARD.failed(cause, step, subject=channel)


def _told(outcome: Outcome) -> str:
    return str(getattr(outcome, "reason", "")) or type(outcome).__name__


def _language(see: Instruments, channel: str) -> Language:
    """Write in the language of the company that sends there."""
    sending = (
        one.language for one in see.file.company if channel in see.file.routes(one.name).channels()
    )
    return language_of(next(sending, "en"))
