"""The channels of the routes: bound, really channels, the bot let in, the last message taken."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

from bot.core.posting import Gone, Indecipherable, Unreachable
from bot.core.routes import CHANNEL
from bot.examining import catalogue
from bot.examining.findings import Finding, Who
from bot.examining.instruments import Instruments
from bot.examining.runner import Probe
from bot.sending.teams import ConnectorRefused
from storage import conversations, unreachable
from storage.database import visiting
from storage.records import Conversation, Retry, Unknown

_CHANNEL_ID = re.compile(r"19:\S+@thread\.(tacv2|skype)")


@dataclass(frozen=True, slots=True)
class Bound:
    """One channel name of the routes, and the conversation it leads to; empty for none."""

    name: str
    conversation: str
    in_file: bool


def probes(see: Instruments) -> list[Probe]:
    """List the looks at all channels."""
    return [
        Probe((catalogue.BOUND, catalogue.KIND), partial(_bound, see)),
        Probe((catalogue.PRESENT,), partial(_present, see)),
        Probe((catalogue.WRITABLE,), partial(_writable, see)),
    ]


def wanted(see: Instruments) -> list[str]:
    """Name every channel something is sent to, by routes, fallbacks, audit trail and canary."""
    names = set(filter(None, [see.file.audit_channel, see.file.canary.channel]))
    for company in see.file.company:
        names |= see.file.routes(company.name).channels()
        told = (word for word in company.fallback if word.startswith(CHANNEL))
        names |= {word.removeprefix(CHANNEL).strip() for word in told}
    return sorted(names)


async def bound_channels(see: Instruments) -> list[Bound]:
    """Find where each channel name leads; the file's own bindings count most, as at a start."""
    told = {one.name: one.conversation for one in see.file.channel}
    known = await _in_store(see) | told
    return [Bound(name, known.get(name, ""), name in told) for name in wanted(see)]


async def _in_store(see: Instruments) -> dict[str, str]:
    """Return what people bound in Teams; nothing before the service first ran."""
    if not see.store.exists():
        return {}
    async with visiting(see.store) as conn:
        return await conversations.channels(conn)


async def service_url_of(see: Instruments, conversation: str) -> str:
    """Return the connector to use for a conversation, as the service does."""
    known = await _heard_from(see, conversation)
    return see.settings.teams.reachable(known.service_url if known else "")


async def _heard_from(see: Instruments, conversation: str) -> Conversation | None:
    if not see.store.exists():
        return None
    async with visiting(see.store) as conn:
        return await conversations.get(conn, conversation)


async def _bound(see: Instruments) -> AsyncIterator[Finding]:
    found = await bound_channels(see)
    if not found:
        yield catalogue.BOUND.ok("no route sends to a channel")
        yield catalogue.KIND.ok("no route sends to a channel")
    for one in found:
        if not one.conversation and not see.store.exists():
            yield catalogue.BOUND.unknown(
                f"{one.name} can be bound once the service runs", subject=one.name
            )
            continue
        if not one.conversation:
            yield catalogue.BOUND.failed(
                f"{one.name} is bound to no channel of Teams",
                "add the app to the team, then have an owner write there:"
                f" @Countersign use this channel as {one.name}",
                subject=one.name,
            )
            continue
        yield catalogue.BOUND.ok("by countersign.toml" if one.in_file else "in Teams",
                                 subject=one.name)  # fmt: skip
        yield await _kind(see, one)


async def _kind(see: Instruments, one: Bound) -> Finding:
    known = await _heard_from(see, one.conversation)
    kind = known.kind if known else "channel"
    if kind == "channel" and _CHANNEL_ID.fullmatch(one.conversation):
        return catalogue.KIND.ok("a channel", subject=one.name)
    place = see.channel_place(one.name) if one.in_file else "Teams, that chat"
    return catalogue.KIND.failed(
        f"{one.name} leads to {one.conversation}, which is a {_called(kind, one)}",
        f"bind it to a channel of a team: @Countersign use this channel as {one.name}",
        subject=one.name, place=place,
    )  # fmt: skip


def _called(kind: str, one: Bound) -> str:
    if kind != "channel":
        return {"personal": "personal chat", "groupChat": "group chat"}.get(kind, kind)
    return "group chat" if one.conversation.endswith("@thread.v2") else "place of another kind"


async def _present(see: Instruments) -> AsyncIterator[Finding]:
    for one in await bound_channels(see):
        if not one.conversation:
            continue
        try:
            await see.connector.look_in(
                await service_url_of(see, one.conversation), one.conversation
            )
        except ConnectorRefused as error:
            yield _refused(one, error)
        else:
            yield catalogue.PRESENT.ok("the bot is let in", subject=one.name)


def _refused(one: Bound, error: ConnectorRefused) -> Finding:
    """Say what keeps us out of a channel, by the kind of refusal."""
    match error.outcome:
        case Gone():
            return catalogue.PRESENT.failed(
                f"the channel is gone: {error}",
                f"bind the name anew: @Countersign use this channel as {one.name}",
                subject=one.name,
            )
        case Indecipherable():
            return catalogue.PRESENT.failed(
                str(error),
                "compare TEAMS__APP_ID with the Azure Bot; if it is right, bind the channel anew",
                subject=one.name, who=Who.OPERATOR, place="TEAMS__APP_ID; [[channel]]",
            )  # fmt: skip
        case Unreachable():
            step = "allow the app for this team, and add it to the team"
            return catalogue.PRESENT.failed(str(error), step, subject=one.name)
        case Retry() | Unknown():
            return catalogue.PRESENT.unknown(
                f"Teams did not say: {error}", "run doctor again in a minute", subject=one.name
            )
    if "TEAMS__CLOUD" in str(error):
        return catalogue.PRESENT.failed(
            str(error), "set TEAMS__CLOUD to the cloud of this organisation",
            subject=one.name, who=Who.OPERATOR, place="TEAMS__CLOUD, TEAMS__SERVICE_URL",
        )  # fmt: skip
    return catalogue.PRESENT.failed(
        str(error), "look at the app and the team in Teams", subject=one.name
    )


async def _writable(see: Instruments) -> AsyncIterator[Finding]:
    """Tell of channels that refused the service itself; writing is not tried here."""
    async with visiting(see.store) as conn:
        marks = {one.target: one for one in await unreachable.everything(conn)}
    for name in wanted(see):
        mark = marks.get(f"{CHANNEL}{name}")
        if mark is None:
            yield catalogue.WRITABLE.ok("no", subject=name)
            continue
        yield catalogue.WRITABLE.failed(
            f"since {mark.since:%Y-%m-%d %H:%M} UTC: {mark.reason}",
            "mend it there (an archived team must be restored); the service tries again by itself,"
            f" and `doctor --post {name}` tries at once",
            subject=name,
        )
    if not wanted(see):
        yield catalogue.WRITABLE.ok("no route sends to a channel")
