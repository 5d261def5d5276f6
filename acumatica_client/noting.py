"""Writes notes of documents: between acts, never instead of one, and harmless when repeated.

Follows the vendor's Integration Development Guide, "Contract-Based REST API": `note` is a member
of every top-level record and is replaced whole. That a released document takes one is unconfirmed.
"""

from __future__ import annotations

from collections.abc import Mapping

from acumatica_client import protocol
from acumatica_client.allowance import Allowance
from acumatica_client.budget import Lane
from acumatica_client.entities import Entity
from acumatica_client.errors import ErpError
from acumatica_client.faces import is_signed_out
from acumatica_client.models import CallClass, CallOutcome, Noted
from acumatica_client.outcomes import class_of
from acumatica_client.protocol import Address
from acumatica_client.session import Session
from acumatica_client.transport import NotSent, TransportError
from acumatica_client.waiting import Waiting

FRESH = 5.0
"""Seconds after the note was read in which it may be replaced: somebody may write one, too."""
PATIENCE = 1.0
"""Seconds it waits for its share of the minute while it keeps others out of the session."""


class Noter:
    """Writes one note at a time in the session of the service's own acts."""

    def __init__(
        self,
        address: Address,
        session: Session,
        allowance: Allowance,
        waiting: Waiting,
        entities: Mapping[str, Entity],
    ) -> None:
        self._address = address
        self._session = session
        self._allowance = allowance
        self._waiting = waiting
        self._entities = entities

    async def write(self, noted: Noted, text: str, asked: float) -> CallOutcome:
        """Replace the note once; *asked*: when, by the clock nobody can set. Never raises."""
        async with self._session.alone():  # what somebody decided has its turn first
            outcome = await self._write(noted, text, asked)
        if outcome.outcome is not CallClass.CLAIMS_DONE:
            self._allowance.told(outcome.detail)
        return outcome

    async def _write(self, noted: Noted, text: str, asked: float) -> CallOutcome:
        def last_look() -> None:
            late = self._waiting.seconds() - asked
            if late > FRESH:
                raise NotSent(f"its turn came {late:.0f} seconds after the note was read")

        request = protocol.build_note(self._address, self._entities[noted.key.entity], noted, text)
        try:
            last_look()
            reply, number = await self._session.send(
                request, Lane.BACKGROUND, patience=PATIENCE, last_look=last_look
            )
        except (NotSent, ErpError) as error:
            return CallOutcome(CallClass.NOT_SENT, str(error), after=getattr(error, "after", 0.0))
        except TransportError as error:
            return CallOutcome(CallClass.UNKNOWN, str(error))
        if is_signed_out(reply):
            self._session.forget(number)
        return class_of(reply)
