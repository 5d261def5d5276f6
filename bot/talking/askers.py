"""Finds out who asks: a person Teams tells, and the companies they belong to."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from bot.clock import Ports
from bot.companies import Tenant
from bot.core.activity import Said
from bot.core.presses import thread_base
from bot.core.visibility import Asker, Insight, Place, VisibleTo, belongs, sole_mail
from bot.sending.places import Reachable
from bot.sending.teams import Connector, ConnectorRefused
from storage import channels, conversations, people
from storage.database import Connection, Database
from storage.findable import Reach
from storage.records import TeamsPerson

log = logging.getLogger(__name__)


class Askers:
    """Knows askers, from the store or from the connector."""

    def __init__(
        self,
        tenants: Mapping[str, Tenant],
        store: Database,
        connector: Connector,
        ports: Ports,
        *,
        reachable: Reachable,
    ) -> None:
        self._tenants = tenants
        self._store = store
        self._connector = connector
        self._ports = ports
        self._reachable = reachable

    async def of(self, said: Said) -> Asker:
        """Return who typed something; somebody never seen is asked for at the connector."""
        async with self._store.reading() as conn:
            known = await self.known(conn, said.person)
        if known.person is not None or not said.person:
            return known
        if not await self._learn(said):
            return known
        async with self._store.reading() as conn:
            return await self.known(conn, said.person)

    async def known(self, conn: Connection, person_id: str) -> Asker:
        """Return who somebody is, as far as the store tells."""
        person = await people.person(conn, person_id) if person_id else None
        if person is None or not person.may_approve:
            return Asker(person)
        now, mail = self._ports.clock.now(), ""
        found = {}
        for name, tenant in self._tenants.items():
            everybody = await tenant.people(conn, now=now)
            told = everybody.by_id.get(person_id, person)
            mail = sole_mail(told, everybody)  # rosters are one for all companies
            if belongs(told, everybody):
                found[name] = everybody
        return Asker(person, found, mail)

    async def is_own_chat(self, conn: Connection, person_id: str, conversation: str) -> bool:
        """Say whether a conversation is the person's own chat with the bot: nobody else reads it.

        Two people's chat is *personal* to Teams too, so only a chat we were written to in counts.
        """
        known = await conversations.chat_with(conn, person_id) if person_id else None
        return known is not None and known.conversation == thread_base(conversation)

    async def place(self, conn: Connection, conversation: str, *, alone: bool) -> Place:
        """Return where an answer would be read."""
        base = thread_base(conversation)
        bound = [] if alone else await channels.at(conn, base)
        return Place(base, alone, frozenset(one.name for one in bound))

    async def _learn(self, said: Said) -> bool:
        """Ask the connector who somebody is, and remember it."""
        person = await self.member(said)
        if person is None or person.aad_object_id.lower() != said.person.lower():
            return False
        async with self._store.transaction() as conn:
            await people.put_person(conn, person, now=self._ports.clock.now())
        return True

    async def member(self, said: Said) -> TeamsPerson | None:
        """Return the sender as the place they typed in tells them; None when it does not now."""
        try:
            return await self._connector.member(
                self._reachable(said.service_url), thread_base(said.conversation), said.person
            )
        except ConnectorRefused as error:
            log.warning("a member was not told", extra={"reason": str(error)})
            return None


def insight(tenant: Tenant) -> Insight:
    """Return how a company lets its people look."""
    named = (
        source.removeprefix("person:").lower()
        for route in tenant.routes.listed
        for source in route.approver
        if source.startswith("person:")
    )
    return Insight(VisibleTo(tenant.company.visible_to), frozenset(named))


def reach_of(asker: Asker, tenants: Mapping[str, Tenant]) -> Reach:
    """Return which documents an asker may be shown, as the store is asked for them."""
    if asker.person is None or asker.is_stranger:
        return Reach(frozenset())
    insights = {name: insight(tenants[name]) for name in asker.companies}
    narrow = (
        name
        for name, one in insights.items()
        if one.visible_to is VisibleTo.APPROVERS and asker.mail not in one.named
    )
    return Reach(frozenset(insights), frozenset(narrow), asker.person.aad_object_id)
