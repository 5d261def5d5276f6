"""The command `replay`: asks the running service, or does it here where none runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.clock import Ports
from bot.company_file import File
from bot.service import open_service
from bot.settings import Settings
from storage import deliveries
from storage.database import StoreError, StoreInUse, visiting

LOOK_EVERY = 0.2
PATIENCE = timedelta(seconds=90)
"""A service that is well looks for replays every minute."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be tried again, who asks, and whether only to tell what would be done."""

    items: Sequence[str]
    asked_by: str
    preview: bool


async def replay(settings: Settings, file: File, ports: Ports, wish: Wish) -> tuple[Any, bool]:
    """Return what came of a replay, a row for each item, and whether a service did it.

    Raises StoreError when the running service gives no answer.
    """
    try:
        async with open_service(settings, file, ports) as service:
            async with service.store.transaction() as conn:
                number = await _ask(conn, wish, ports)
            await service.replayer.step()
            async with service.store.reading() as conn:
                return await deliveries.answer(conn, number), False
    except StoreInUse:
        return await _wait(settings, wish, ports), True


async def _ask(conn: Any, wish: Wish, ports: Ports) -> int:
    return await deliveries.ask(
        conn, wish.items, asked_by=wish.asked_by, preview=wish.preview, now=ports.clock.now()
    )


async def _wait(settings: Settings, wish: Wish, ports: Ports) -> Any:
    begun = ports.clock.now()
    async with visiting(settings.storage.path) as conn:
        number = await _ask(conn, wish, ports)
        while (answer := await deliveries.answer(conn, number)) is None:
            if ports.clock.now() - begun > PATIENCE:
                raise StoreError(
                    f"the service that uses {settings.storage.path} has not answered for"
                    f" {PATIENCE.total_seconds():.0f} s; its log tells why"
                )
            await ports.clock.sleep(LOOK_EVERY)
        return answer
