"""Writes: each sent once, in a session it has to itself, and followed to its end.

Nothing here is ever sent a second time; the outcome is a value, because "no answer" means "perhaps
done" (facts: an action is not idempotent).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from acumatica_client import protocol
from acumatica_client.allowance import Allowance
from acumatica_client.budget import Lane
from acumatica_client.entities import ENTITIES, Entity
from acumatica_client.errors import ErpError
from acumatica_client.faces import is_signed_out, names_login_limit
from acumatica_client.models import CallClass, CallOutcome, Document, DocumentKey, ErpCall
from acumatica_client.outcomes import class_of, poll_address
from acumatica_client.protocol import Address
from acumatica_client.session import Session
from acumatica_client.transport import NotSent, Reply, TransportError
from acumatica_client.waiting import Waiting

READY = 1.5
"""Seconds a journaled write may wait for its turn; with three to connect that is under five."""
OVERDUE = 5.0
"""Seconds after which a journaled write is not sent any more, and counts as in doubt all the same:
whoever slept that long cannot know who has judged it meanwhile."""
CHECK_AND_CALL = 2
"""Requests that must fit into the minute before a write is journaled."""
LONG_OPERATION = 10 * 60.0
POLL_WAITS = (0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds between status polls of a long operation: quick first, then patient."""


Read = Callable[[DocumentKey], Awaitable[Document | None]]


@dataclass(slots=True)
class Known:
    """Whether the ERP knew the session of an account's last write; outlives the sessions."""

    lost: bool = False


class Actor:
    """Acts once in one session, as whoever that session is signed in as.

    From `sign_in` (or `read`) to the end of `act` the session is its alone: reads of others that
    went in between the check and the write would make the write too late.
    """

    def __init__(
        self,
        address: Address,
        session: Session,
        allowance: Allowance,
        waiting: Waiting,
        *,
        read: Read,
        known: Known,
        entities: Mapping[str, Entity] = ENTITIES,
        anew: bool,
    ) -> None:
        self._address = address
        self._session = session
        self._allowance = allowance
        self._waiting = waiting
        self._read = read
        self._known = known
        self._entities = entities
        self._anew = anew
        """Sign out after each write: what is read back then comes from another session."""
        self._turn = AsyncExitStack()
        self._alone = False

    async def sign_in(self) -> None:
        """Be ready to send: a write journaled after this leaves at once. Raises ErpError."""
        await self._take_turn()
        await self._session.sign_in()
        await self._allowance.room_for_press(CHECK_AND_CALL)

    async def read(self, key: DocumentKey) -> Document | None:
        """Read the document to be checked, as the service sees it. Raises ErpError."""
        await self._take_turn()
        return await self._read(key)

    async def act(
        self, call: ErpCall, key: DocumentKey, *, since: float | None = None
    ) -> CallOutcome:
        """Send one write, once, and follow it to its end. Never raises, never sends twice.

        *since*: when it was journaled, by the clock nobody can set.
        """
        journaled = self._waiting.seconds() if since is None else since
        try:
            await self._take_turn()
            outcome = await self._act(call, key, journaled)
            if self._anew:
                await self._session.leave()
        finally:
            await self.done()
        if outcome.outcome not in (CallClass.CLAIMS_DONE, CallClass.REFUSED):
            self._allowance.told(outcome.detail)
        return outcome

    async def _act(self, call: ErpCall, key: DocumentKey, journaled: float) -> CallOutcome:
        def last_look() -> None:
            late = self._waiting.seconds() - journaled
            told = f"its turn came {late:.0f} seconds after it was journaled"
            if late >= OVERDUE:
                raise _Overdue(told)
            if late > READY:
                raise NotSent(told)

        request = protocol.build_call(self._address, call, self._entities[key.entity], key)
        try:
            reply, number = await self._session.send(
                request, Lane.PRESSES, patience=READY, last_look=last_look
            )
        except _Overdue as error:
            return CallOutcome(CallClass.UNKNOWN, f"unsent: {error}")
        except (NotSent, ErpError) as error:
            return CallOutcome(CallClass.NOT_SENT, str(error), after=getattr(error, "after", 0.0))
        except TransportError as error:
            return CallOutcome(CallClass.UNKNOWN, str(error))
        again = self._known.lost  # this session was opened afresh after the lost one
        self._notice_loss(reply, number)
        return await self._follow(reply) if reply.status == 202 else class_of(reply, again=again)

    async def _follow(self, started: Reply) -> CallOutcome:
        """Ask after a long operation, in the session that started it, until it ends."""
        url = poll_address(self._address, started)
        if url is None:
            return CallOutcome(CallClass.UNKNOWN, "202 without a status address of our ERP")
        waits = iter(POLL_WAITS)
        wait = waited = 0.0
        while waited < LONG_OPERATION:  # counted, as the wall clock may be set meanwhile
            wait = next(waits, wait)
            waited += wait
            await self._waiting.sleep(wait)
            try:
                poll = protocol.build_status_poll(url)
                reply, number = await self._session.send(poll, Lane.PRESSES)
            except (ErpError, TransportError) as error:
                return CallOutcome(CallClass.UNKNOWN, f"the status poll failed: {error}")
            self._notice_loss(reply, number)
            if reply.status != 202:
                return _end_of_operation(reply)
        return CallOutcome(CallClass.UNKNOWN, "still running after 10 minutes")

    def _notice_loss(self, reply: Reply, number: int) -> None:
        self._known.lost = is_signed_out(reply)
        if self._known.lost:
            self._session.forget(number)

    async def _take_turn(self) -> None:
        if not self._alone:  # what still runs in the session ends first
            await self._turn.enter_async_context(self._session.alone())
            self._alone = True

    async def done(self) -> None:
        """Let others into the session."""
        self._alone = False
        await self._turn.aclose()

    async def close(self) -> None:
        """Sign out."""
        await self._session.close()
        await self.done()


class _Overdue(NotSent):
    """A write that was journaled too long ago to be sent at all."""


def _end_of_operation(reply: Reply) -> CallOutcome:
    outcome = class_of(reply)
    refused = outcome.outcome is CallClass.REFUSED and reply.status != 404
    failed = outcome.outcome is CallClass.REFUSED_IN_DOUBT and not names_login_limit(reply)
    # A poll that is turned away, or whose address is forgotten, says nothing of the operation,
    # which did start; and only 204 says that it ended well.
    ran = reply.status == 204 or refused or failed
    return outcome if ran else CallOutcome(CallClass.UNKNOWN, f"status poll: {outcome.detail}")
