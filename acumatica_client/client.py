"""Asks Acumatica and acts in it: the thin shell around `protocol`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from acumatica_client import answers, protocol
from acumatica_client.entities import ENTITIES, Entity
from acumatica_client.errors import ErpError, ErpNotFound
from acumatica_client.models import (
    CallClass,
    CallOutcome,
    Document,
    DocumentKey,
    Employee,
    ErpCall,
    Glimpse,
)
from acumatica_client.protocol import Address
from acumatica_client.session import Credentials, Session
from acumatica_client.transport import (
    NotSent,
    OpenTransport,
    Reply,
    Request,
    TransportError,
    same_host,
)

LONG_OPERATION = 10 * 60.0
POLL_WAITS = (0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds between status polls of a long operation: quick first, then patient."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Time as the client needs it; passed in, so that a test or a simulation owns it."""

    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]


class ErpClient:
    """One company's Acumatica: reads on one session, actions on another."""

    def __init__(
        self,
        address: Address,
        credentials: Credentials,
        *,
        open_transport: OpenTransport,
        waiting: Waiting,
        parallel_reads: int = 2,
        page: int = 200,
    ) -> None:
        self.address = address
        self._waiting = waiting
        self._page = page
        self._ahead = timedelta()
        allowed = same_host(address.instance)
        self._reads = Session(
            open_transport(allowed), address, credentials, parallel=parallel_reads
        )
        # One at a time: during a long operation other requests of that session for that form fail.
        self._acts = Session(open_transport(allowed), address, credentials, parallel=1)

    # --- reading ---

    async def read(self, key: DocumentKey) -> Document | None:
        """Read one document as it is now; None when the ERP has none by that key."""
        entity = ENTITIES[key.entity]
        return answers.read_document(
            entity, await self._get(protocol.build_read(self.address, entity, key))
        )

    async def read_by_id(self, key: DocumentKey, erp_id: str) -> Document | None:
        """Read one document by its id, the second opinion of a read-back."""
        entity = ENTITIES[key.entity]
        return answers.read_document(
            entity, await self._get(protocol.build_read(self.address, entity, key, erp_id))
        )

    async def changed(
        self, entity: Entity, since: datetime, before: datetime
    ) -> AsyncIterator[list[Glimpse]]:
        """Read every page of the frozen window *since* ≤ last modified < *before*."""
        async for page in self._pages(entity, protocol.modified_between(entity, since, before)):
            yield page

    async def standing_in(
        self, entity: Entity, statuses: tuple[str, ...]
    ) -> AsyncIterator[list[Glimpse]]:
        """Read every page of the documents that stand in one of *statuses*."""
        async for page in self._pages(entity, protocol.in_statuses(entity, statuses)):
            yield page

    async def _pages(self, entity: Entity, where: str) -> AsyncIterator[list[Glimpse]]:
        skip, rows = 0, self._page
        while rows == self._page:
            request = protocol.build_list(
                self.address, entity, where=where, top=self._page, skip=skip
            )
            page = answers.read_glimpses(entity, await self._get(request))
            rows, skip = len(page), skip + len(page)
            yield page

    async def party_name(self, entity: str, code: str) -> str:
        """Read a vendor's name; empty when the ERP does not show one."""
        request = protocol.build_party_read(self.address, entity, code)
        return answers.read_party_name(await self._get(request))

    async def employees(self) -> list[Employee]:
        """Read all employees with their e-mail addresses."""
        found: list[Employee] = []
        rows = self._page
        while rows == self._page:
            request = protocol.build_employees(self.address, top=self._page, skip=len(found))
            page = answers.read_employees(await self._get(request))
            rows = len(page)
            found += page
        return found

    async def check_version(self) -> None:
        """Raise ErpNotFound, listing what the instance has, when the pinned version is missing."""
        reply = await self._get(protocol.build_versions(self.address))
        known = answers.read_versions(reply)
        if (self.address.endpoint, self.address.version) not in known:
            offered = ", ".join(sorted(f"{name}/{version}" for name, version in known))
            pinned = f"{self.address.endpoint}/{self.address.version}"
            raise ErpNotFound(f"this instance has no endpoint {pinned}; it has: {offered}")

    def server_time(self) -> datetime:
        """Return the ERP's clock as its last answer told it; polling windows follow that clock."""
        return self._waiting.now() + self._ahead

    async def _get(self, request: Request) -> Reply:
        reply = await self._reads.read(request)
        self._learn_time(reply)
        return reply

    def _learn_time(self, reply: Reply) -> None:
        try:
            told = parsedate_to_datetime(reply.headers.get("date", "")).astimezone(UTC)
        except (ValueError, OverflowError):
            return
        self._ahead = told - self._waiting.now()

    # --- acting ---

    async def sign_in_to_act(self) -> None:
        """Have the session for writes open, so that a journaled write leaves at once."""
        await self._acts.sign_in()

    async def act(self, call: ErpCall, key: DocumentKey) -> CallOutcome:
        """Send one write, once, and follow it to its end. Never raises, never sends twice."""
        entity = ENTITIES[key.entity]
        request = protocol.build_call(self.address, call, entity, key)
        try:
            reply, number = await self._acts.send(request)
        except (NotSent, ErpError) as error:
            return CallOutcome(CallClass.NOT_SENT, str(error), after=getattr(error, "after", 0.0))
        except TransportError as error:
            return CallOutcome(CallClass.UNKNOWN, str(error))
        if answers.is_signed_out(reply):
            await self._acts.forget(number)
        if reply.status == 202:
            return await self._follow(reply)
        return answers.class_of(reply)

    async def _follow(self, started: Reply) -> CallOutcome:
        """Ask after a long operation, in the session that started it, until it ends."""
        url = answers.poll_address(self.address, started)
        if url is None:
            return CallOutcome(CallClass.UNKNOWN, "202 without a status address of our ERP")
        waits = iter(POLL_WAITS)
        wait = waited = 0.0
        while waited < LONG_OPERATION:  # counted, as the wall clock may be set meanwhile
            wait = next(waits, wait)
            waited += wait
            await self._waiting.sleep(wait)
            try:
                reply, number = await self._acts.send(protocol.build_status_poll(url))
            except (ErpError, TransportError) as error:
                return CallOutcome(CallClass.UNKNOWN, f"the status poll failed: {error}")
            if answers.is_signed_out(reply):
                await self._acts.forget(number)
            if reply.status != 202:
                return _end_of_operation(reply)
        return CallOutcome(CallClass.UNKNOWN, "still running after 10 minutes")

    async def close(self) -> None:
        """Sign out of both sessions."""
        await self._acts.close()
        await self._reads.close()


def _end_of_operation(reply: Reply) -> CallOutcome:
    outcome = answers.class_of(reply)
    refused = outcome.outcome in (CallClass.REFUSED, CallClass.REFUSED_IN_DOUBT)
    # A poll that is turned away, or whose address is forgotten, says nothing of the operation,
    # which did start; and only 204 says that it ended well.
    ran = reply.status == 204 or (refused and reply.status != 404)
    return outcome if ran else CallOutcome(CallClass.UNKNOWN, f"status poll: {outcome.detail}")
