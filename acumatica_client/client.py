"""Asks Acumatica and acts in it: the thin shell around `protocol`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from weakref import WeakKeyDictionary

from acumatica_client.acting import Actor, Known
from acumatica_client.allowance import Allowance, Limits
from acumatica_client.budget import Lane
from acumatica_client.entities import Entity
from acumatica_client.extras import Extras, read_extras, widened
from acumatica_client.glances import Glances
from acumatica_client.grants import Grant, TokenSignIn
from acumatica_client.models import (
    CallOutcome,
    Document,
    DocumentKey,
    Glimpse,
    Noted,
)
from acumatica_client.noting import Noter
from acumatica_client.protocol import Address
from acumatica_client.reading import Reader
from acumatica_client.records import Records
from acumatica_client.session import Session
from acumatica_client.sign_in import Credentials, PasswordSignIn, Refusals
from acumatica_client.transport import OpenTransport, Reply, Request, same_host
from acumatica_client.usage import Kind, Usage
from acumatica_client.waiting import Waiting

DEFAULT_EXTRAS = read_extras({})
DEFAULT_LIMITS = Limits()


class ErpClient:
    """One company's Acumatica: reads on one session, actions on another."""

    def __init__(
        self,
        address: Address,
        who: Credentials | Grant,
        *,
        open_transport: OpenTransport,
        waiting: Waiting,
        limits: Limits = DEFAULT_LIMITS,
        page: int = 200,
        extras: Mapping[str, Extras] = DEFAULT_EXTRAS,
    ) -> None:
        self.address = address
        self._waiting = waiting
        self._told: tuple[datetime, float] | None = None
        """The ERP's clock as its last answer told it, and our own at that moment."""
        self._entities = entities = widened(extras)
        self._open_transport = open_transport
        self._who = who
        self._refusals = Refusals(waiting)
        self._allowance = Allowance(limits, waiting)
        reader = partial(Reader, address, now=waiting.now, page=page, entities=entities)
        self._reader = reader(self._send_read)
        self._press_reader = reader(self._send_press_read)
        self._held_reader = reader(self._send_held_read)
        self.around = Records(address, self._get, extras, page=page)
        self.glances = Glances(address, self._get, entities, extras)
        self._reads = self._session(who)
        # With a single seat both share a session, and what is read back after a write comes from
        # the next one.
        self._single = limits.seats == 1
        self._acts = (
            [self._reads]
            if self._single
            else [self._session(who) for _ in range(max(1, limits.actions))]
        )
        self._idle = list(self._acts)
        self._seats = asyncio.Semaphore(len(self._acts))
        self._known = {session: Known() for session in self._acts}
        self._known_persons: WeakKeyDictionary[Grant, Known] = WeakKeyDictionary()

    @property
    def usage(self) -> Usage:
        """What was used of the licence since the start."""
        return self._allowance.usage

    def _session(self, who: Credentials | Grant) -> Session:
        if isinstance(who, Grant):
            who.spend = partial(self._allowance.spend, Lane.PRESSES, Kind.SIGN_IN)
        way = (
            TokenSignIn(self.address, who)
            if isinstance(who, Grant)
            else PasswordSignIn(self.address, who, self._refusals)
        )
        transport = self._open_transport(same_host(self.address.instance))
        return Session(transport, way, self._allowance)

    def _actor_in(self, session: Session, known: Known) -> Actor:
        # Whoever holds the session of reads alone cannot wait for a turn in it.
        reader = self._held_reader if session is self._reads else self._press_reader
        return Actor(
            self.address, session, self._allowance, self._waiting,
            read=reader.read, known=known, entities=self._entities, anew=self._single,
        )  # fmt: skip

    # --- reading ---

    async def read(self, key: DocumentKey) -> Document | None:
        """Read one document as it is now; None when the ERP has none by that key."""
        return await self._reader.read(key)

    async def read_for_press(self, key: DocumentKey) -> Document | None:
        """Read one document around a write, ahead of all background reads."""
        return await self._press_reader.read(key)

    async def read_by_id(self, key: DocumentKey, erp_id: str) -> Document | None:
        """Read one document by its id, ahead of all background reads."""
        return await self._press_reader.read_by_id(key, erp_id)

    async def read_back(
        self, key: DocumentKey, erp_id: str
    ) -> tuple[Document | None, Document | None]:
        """Read what a write led to, by the document's keys and by its id.

        Two opinions, as a number may be used anew for another document. Without an id one is all.
        """
        by_keys = await self.read_for_press(key)
        return by_keys, await self.read_by_id(key, erp_id) if erp_id else by_keys

    def changed(
        self, entity: Entity, since: datetime, before: datetime
    ) -> AsyncIterator[list[Glimpse]]:
        """Read every page of the frozen window *since* ≤ last modified < *before*."""
        return self._reader.changed(entity, since, before)

    def standing_in(
        self, entity: Entity, statuses: tuple[str, ...]
    ) -> AsyncIterator[list[Glimpse]]:
        """Read every page of the documents that stand in one of *statuses*."""
        return self._reader.standing_in(entity, statuses)

    async def check_version(self) -> None:
        """Raise ErpMisconfigured when the pinned endpoint is missing or speaks contract 5."""
        await self._reader.check_version()

    def server_time(self) -> datetime:
        """Return the ERP's clock, going on from its last answer; polling windows follow it.

        Before the first answer it is our own. After that nobody who sets ours moves it.
        """
        if self._told is None:
            return self._waiting.now()
        told, at = self._told
        return told + timedelta(seconds=self._waiting.seconds() - at)

    async def _get(self, request: Request) -> Reply:
        """Send one read of anything but documents; a 404 says what is missing."""
        return await self._reader.get(request)

    async def _send_read(self, request: Request) -> Reply:
        return self._timed(await self._reads.read(request))

    async def _send_press_read(self, request: Request) -> Reply:
        return self._timed(await self._reads.read(request, Lane.PRESSES))

    async def _send_held_read(self, request: Request) -> Reply:
        return self._timed(await self._reads.read(request, Lane.PRESSES, held=True))

    def _timed(self, reply: Reply) -> Reply:
        self._learn_time(reply)
        return reply

    def _learn_time(self, reply: Reply) -> None:
        try:
            told = parsedate_to_datetime(reply.headers.get("date", "")).astimezone(UTC)
        except (ValueError, OverflowError):
            return
        self._told = told, self._waiting.seconds()

    # --- acting ---

    @property
    def service(self) -> Actor:
        """Who acts once as the service's own user."""
        return self._actor_in(self._acts[0], self._known[self._acts[0]])

    @asynccontextmanager
    async def acting(self, grant: Grant | None = None) -> AsyncIterator[Actor]:
        """Act as the person of *grant*; without one, as the service's own user."""
        if grant is not None:
            async with self.acting_as(grant) as actor:
                yield actor
            return
        async with self._seat() as session:
            actor = self._actor_in(session, self._known[session])
            try:
                yield actor
            finally:
                await actor.done()

    @asynccontextmanager
    async def _seat(self) -> AsyncIterator[Session]:
        """Take a session of writes, the first one if it is idle; any other is left afterwards."""
        async with self._seats:
            session = min(self._idle, key=self._acts.index)
            self._idle.remove(session)
            try:
                yield session
            finally:
                if session is not self._acts[0]:
                    await session.leave()
                self._idle.append(session)

    @asynccontextmanager
    async def acting_as(self, grant: Grant) -> AsyncIterator[Actor]:
        """Act as the person of *grant*, in a session of theirs that is signed out afterwards.

        It takes the seat in which the service would act; reads stay with the service's session.
        """
        async with self._seat() as session:
            if not self._single:
                await session.leave()
            known = self._known_persons.setdefault(grant, Known())
            actor = self._actor_in(self._session(grant), known)
            try:
                yield actor
            finally:
                await actor.close()

    # --- notes ---

    async def read_noted(self, key: DocumentKey, erp_id: str) -> Noted | None:
        """Read one document with its note; None when the ERP has none by that id."""
        return await self._reader.noted(key, erp_id)

    async def write_note(self, noted: Noted, text: str) -> CallOutcome:
        """Replace a document's note as the service's own user, between acts. Never raises."""
        asked = self._waiting.seconds()
        async with self._seat() as session:  # a person who acts has this seat
            noter = Noter(self.address, session, self._allowance, self._waiting, self._entities)
            return await noter.write(noted, text, asked)

    async def close(self) -> None:
        """Sign out of every session."""
        async with AsyncExitStack() as closing:  # one that fails leaves no other open
            if isinstance(self._who, Grant):
                closing.push_async_callback(self._who.close)
            for session in (self._reads, *self._acts):
                closing.push_async_callback(session.close)
