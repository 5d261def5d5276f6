"""Binds names of the routes to channels, as owners of a team type it there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.board import Board
from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.company_file import File
from bot.core.activity import Said
from bot.core.commands import Binding as Wish
from bot.core.commands import StopUsing, UseChannel
from bot.core.presses import thread_base
from bot.core.visibility import Asker
from bot.people.directory import Directory
from bot.talking.askers import Askers
from cards import binding
from cards.language import Language, language_of
from cards.spoken import Spoken
from storage import audit, channels, conversations, outbox
from storage.channels import BoundChannel
from storage.database import Connection, Database
from storage.records import AuditEntry

OWNER = "owner"
UNUSUAL = ("private", "shared")


@dataclass(frozen=True, slots=True)
class Authority:
    """What the file says about binding: who may besides team owners, and what it binds itself."""

    administrators: Collection[str] = ()
    """Mails in lower case."""
    by_file: Collection[str] = ()
    """Names the file binds; these count more than what is typed."""


def authority_of(file: File) -> Authority:
    """Return what the file says about binding."""
    return Authority(
        frozenset(mail.lower() for mail in file.administrators),
        frozenset(channel.name for channel in file.channel),
    )


class Binding:
    """Binds and unbinds channels."""

    def __init__(
        self,
        tenants: Mapping[str, Tenant],
        store: Database,
        askers: Askers,
        directory: Directory,
        ports: Ports,
        *,
        authority: Authority,
        boards: Mapping[str, Board],
        bells: Collection[Bell],
    ) -> None:
        self._tenants = tenants
        self._store = store
        self._askers = askers
        self._directory = directory
        self._ports = ports
        self._authority = authority
        self._boards = boards
        self._bells = bells

    async def carry_out(self, said: Said, asker: Asker, wish: Wish) -> Spoken:
        """Do what was typed in a channel, and return what to say about it."""
        language = language_of(said.locale)
        if said.kind != "channel":
            return binding.only_in_channels(language)
        refusal = await self._refusal(said, asker, language)
        if refusal is not None:
            return refusal
        if isinstance(wish, StopUsing):
            answer = await self._unbind(said, language)
        else:
            answer = await self._use(said, wish, language)
        await self.look_around()
        self._ring()
        return answer

    async def look_around(self) -> None:
        """Note for operators which channels nobody has bound; send what waits for the others."""
        async with self._store.transaction() as conn:
            bound = await conversations.channels(conn)
            for name in bound:
                # A message that was at work while its channel was bound may wait for it still.
                await outbox.wake(conn, f"channel:{name}", now=self._ports.clock.now())
        for company, tenant in self._tenants.items():
            board = self._boards[company]
            for name in tenant.routes.channels():
                if name in bound:
                    board.fine(_trouble(name))
                else:
                    board.trouble(_trouble(name), UNBOUND.format(name=name))

    def names(self) -> dict[str, str]:
        """Return the channel names of all routes, by their lower-case form."""
        every = [name for one in self._tenants.values() for name in one.routes.channels()]
        return {name.lower(): name for name in sorted(every)}

    async def _refusal(self, said: Said, asker: Asker, language: Language) -> Spoken | None:
        """Return why the sender may not say where cards go; None when they may."""
        person = asker.person
        if person is None or asker.is_stranger:
            return binding.only_owners(language, told=person is not None)
        if asker.mail in self._authority.administrators:
            return None
        told = await self._askers.member(said)
        if told is None or not told.role:
            return binding.only_owners(language, told=False)
        same = told.aad_object_id.lower() == said.person.lower() and not told.guest
        return None if same and told.role == OWNER else binding.only_owners(language, told=True)

    async def _use(self, said: Said, wish: UseChannel, language: Language) -> Spoken:
        names = self.names()
        name = names.get(wish.name.lower())
        if name is None:
            return binding.unknown_name(wish.name, list(names.values()), language)
        if name in self._authority.by_file:
            return binding.bound_by_file([name], language)
        here = BoundChannel(name, thread_base(said.conversation), said.shown_as, said.person)
        async with self._store.transaction() as conn:
            standing = await channels.get(conn, name)
            if standing is not None and standing.conversation == here.conversation:
                return binding.bound_already(name, language)
            if standing is not None and not wish.moving:
                return binding.taken(name, standing.shown_as, language)
            waiting = await self._bind(conn, here, standing)
        return binding.bound(name, waiting, language, warn=said.membership in UNUSUAL)

    async def _bind(
        self, conn: Connection, here: BoundChannel, standing: BoundChannel | None
    ) -> int:
        now = self._ports.clock.now()
        await channels.bind(conn, here, now=now)
        before = standing.conversation if standing else ""
        await self._note(conn, "channel bound", here, before=before)
        return await outbox.wake(conn, f"channel:{here.name}", now=now)

    async def _unbind(self, said: Said, language: Language) -> Spoken:
        async with self._store.transaction() as conn:
            found = await channels.at(conn, thread_base(said.conversation))
            ours = [one for one in found if one.name not in self._authority.by_file]
            for one in ours:
                await channels.unbind(conn, one.name)
                await self._note(conn, "channel unbound", one, actor=said.person)
        if ours:
            return binding.unbound([one.name for one in ours], language)
        if found:
            return binding.bound_by_file([one.name for one in found], language)
        return binding.not_bound(language)

    async def _note(
        self, conn: Connection, action: str, channel: BoundChannel, *, actor: str = "", **more: str
    ) -> None:
        detail = {"name": channel.name, "conversation": channel.conversation, **more}
        now, token = self._ports.clock.now(), self._ports.token()
        await audit.add(conn, AuditEntry(now, token, actor or channel.by, action, detail=detail))

    def _ring(self) -> None:
        self._directory.refresh_soon()
        for bell in self._bells:
            bell.ring()


UNBOUND = (
    "no channel of Teams is bound to {name}, so its cards wait; a team owner goes to the channel,"
    " mentions the bot and types: use this channel as {name}"
)


def _trouble(name: str) -> str:
    return f"channel {name}"
