"""People's own Acumatica users, for companies that carry a decision out as who decided.

One live grant per person: the place its tokens are refreshed from. What is kept of it lies in the
vault; who connected, and as whom, in the table of grants.
"""

from __future__ import annotations

from acumatica_client.errors import ErpError
from acumatica_client.grants import Grant, Identity, Keeping
from acumatica_client.waiting import Waiting
from bot.clock import Clock
from storage import consents, vault
from storage.database import Connection, Database
from storage.vault import Vault


def kept(store: Database, safe: Vault, clock: Clock, company: str, name: str) -> Keeping:
    """Return where one refresh token of *company* is kept: the vault's row *name*."""

    async def load() -> str:
        async with store.reading() as conn:
            return await safe.get(conn, company, name) or ""

    async def save(token: str) -> None:
        async with store.transaction() as conn:
            if token:
                await safe.put(conn, company, name, token, now=clock.now())
            else:
                await vault.drop(conn, company, name)

    return Keeping(load, save)


class Grants:
    """The grants of one company's people."""

    def __init__(
        self,
        company: str,
        identity: Identity,
        store: Database,
        safe: Vault,
        *,
        clock: Clock,
        waiting: Waiting,
    ) -> None:
        self.company = company
        self.identity = identity
        self._store = store
        self._safe = safe
        self._clock = clock
        self._waiting = waiting
        self._live: dict[str, Grant] = {}

    async def of(self, person: str) -> Grant | None:
        """Return the grant of *person*, None when they have not connected."""
        async with self._store.reading() as conn:
            known = await consents.grant(conn, self.company, person)
        if known is None:
            return None
        if person not in self._live:
            keeping = kept(self._store, self._safe, self._clock, self.company, _name(person))
            self._live[person] = Grant(self.identity, keeping, self._waiting)
        return self._live[person]

    async def connect(self, conn: Connection, person: str, *, login: str, refresh: str) -> None:
        """Let *person* be acted for as *login*; the former grant of theirs is replaced."""
        now = self._clock.now()
        await self._safe.put(conn, self.company, _name(person), refresh, now=now)
        await consents.connect(conn, self.company, person, login=login, now=now)
        self._live.pop(person, None)

    async def forget(self, conn: Connection, person: str) -> bool:
        """Forget the grant of *person*; False when there was none."""
        self._live.pop(person, None)
        await vault.drop(conn, self.company, _name(person))
        return await consents.disconnect(conn, self.company, person)

    async def revoke(self, person: str) -> bool:
        """Take the grant of *person* back in the ERP too; False when that could not be said."""
        grant = await self.of(person)
        try:
            if grant is not None:
                await grant.disconnect()
        except ErpError:
            return False
        return True

    async def close(self) -> None:
        """Let running refreshes end, then give the connections back."""
        for grant in self._live.values():
            await grant.settled()
        await self.identity.close()


def _name(person: str) -> str:
    return f"grant/{person}"
