"""What any SDK of Microsoft's has to do for us: say whether it believes a call, and dispatch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.incoming import Incoming
from bot.settings import TeamsSettings
from bot.signing_keys import SigningKeys
from storage.records import Json


@dataclass(frozen=True, slots=True)
class InvokeAnswer:
    """What an invoke is answered: the HTTP status is 200 whenever our code ran."""

    status: int
    body: Json


class Seam(Protocol):
    """One SDK, behind our own gate and in front of `Incoming`."""

    async def verify(self, activity: Json, authorization: str) -> None:
        """Check *authorization* the SDK's way. Raises GateRefused."""

    async def run(self, data: Json) -> InvokeAnswer | None:
        """Hand one proved activity to whom it concerns; the answer is None but for an invoke."""


OpenSeam = Callable[[TeamsSettings, SigningKeys, Incoming], Seam]
