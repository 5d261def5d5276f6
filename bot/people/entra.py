"""Asks Graph who is behind the addresses of employees and of the file, and what the app may do.

Each address is asked about when it is new and again every night; what Graph cannot say now is asked
at the next refresh. Nothing here matches anybody (`bot/core/people.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.clock import Clock
from bot.core.entra import Found, askable, questions, read_found
from bot.core.graph import BATCH, Answered, GraphError, Permission, missing
from bot.people.graph import Graph
from bot.tokens import TokenRefused, Tokens
from storage import entra
from storage.database import Connection, Database

log = logging.getLogger(__name__)
AT_ONCE = BATCH // 2
"""Addresses in one batch: each is two questions."""
IN_ONE_GO = 20 * AT_ONCE
"""Addresses asked about before anything else gets its turn again: seconds, not minutes."""


class EntraUsers:
    """Keeps what Graph says of the addresses somebody here has."""

    def __init__(
        self,
        graph: Graph,
        tokens: Tokens,
        store: Database,
        clock: Clock,
        *,
        wanted: Sequence[Permission],
    ) -> None:
        self._graph = graph
        self._tokens = tokens
        self._store = store
        self._clock = clock
        self._wanted = wanted

    async def refresh(self, addresses: Iterable[str], *, night: datetime) -> bool:
        """Ask about what is new, or was last asked before *night*; False when more is left.

        Raises GraphError.
        """
        asked = askable(addresses)
        async with self._store.transaction() as conn:
            await entra.keep_only(conn, asked)
            known = {one.address: one.asked_at for one in await entra.lookups(conn)}
        due = [one for one in asked if one not in known or known[one] < night]
        for at in range(0, min(len(due), IN_ONE_GO), AT_ONCE):
            await self._ask(due[at : at + AT_ONCE])
        async with self._store.transaction() as conn:
            await entra.keep_only(conn, asked)  # also of users: some may have lost their address
        return len(due) <= IN_ONE_GO

    async def check_roles(self) -> None:
        """Note which permissions the app lacks, and say what is lost without them."""
        try:
            roles = await self._tokens.roles()
        except TokenRefused as error:
            log.warning("no token for Graph", extra={"reason": str(error)})
            return
        lacking = {one.name: one.absence for one in missing(roles, self._wanted)}
        async with self._store.transaction() as conn:
            before, _ = (await entra.told(conn)).get("lacking", (None, None))
            await entra.tell(conn, "lacking", lacking, now=self._clock.now())
        if lacking != before:
            for name, told in lacking.items():
                log.warning("permission not in token", extra={"permission": name, "reason": told})

    async def hints(self) -> list[str]:
        """Tell an operator what is lost, because Graph does not answer or may not be asked."""
        async with self._store.reading() as conn:
            told = await entra.told(conn)
        lacking, _ = told.get("lacking", ({}, None))
        trouble, _ = told.get("graph", ("", None))
        found = [f"people of Entra: {trouble}"] if trouble else []
        return [*found, *(f"{name} {absence}" for name, absence in lacking.items())]

    async def _ask(self, addresses: Sequence[str]) -> None:
        asked = [question for address in addresses for question in questions(address)]
        answers = await self._graph.batch(asked)
        trouble: GraphError | None = None
        async with self._store.transaction() as conn:
            for number, address in enumerate(addresses):
                try:
                    await self._keep(conn, address, answers[2 * number : 2 * number + 2])
                except GraphError as error:
                    trouble = error  # what the others were answered is kept
        if trouble is not None:
            raise trouble

    async def _keep(self, conn: Connection, address: str, answers: Sequence[Answered]) -> None:
        now = self._clock.now()
        found: Found = read_found(address, answers, now)
        if found.certain:
            await entra.put(conn, found.lookup, found.users, now=now)
        else:
            await entra.forget(conn, address)
