"""People's own Acumatica users, for companies that carry a decision out as who decided.

One live grant per person: the place its tokens are refreshed from. What is kept of it lies in the
vault; who connected, and as whom, in the table of grants.
"""

from __future__ import annotations

import logging

from acumatica_client.errors import ErpError
from acumatica_client.grants import Grant, Identity, Keeping
from acumatica_client.waiting import Waiting
from bot.clock import Clock
from storage import consents, vault
from storage.database import Connection, Database
from storage.records import Consent, PersonGrant
from storage.vault import Vault

log = logging.getLogger(__name__)


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
        issuer: str,
        identity: Identity,
        store: Database,
        safe: Vault,
        *,
        clock: Clock,
        waiting: Waiting,
    ) -> None:
        self.company = company
        self.issuer = issuer
        """Instance and application: a grant of another one is not honoured."""
        self.identity = identity
        self.safe = safe
        self._store = store
        self._clock = clock
        self._waiting = waiting
        self._live: dict[str, Grant] = {}

    async def logins(self, conn: Connection) -> dict[str, str]:
        """Return who let us act as which login."""
        known = await consents.grants(conn, self.company)
        return {one.person: one.login for one in known if one.issuer == self.issuer}

    async def of(self, person: str) -> Grant | None:
        """Return the grant of *person*, None when they have not connected."""
        async with self._store.reading() as conn:
            known = await consents.grant(conn, self.company, person)
        return self._alive(known) if known and known.issuer == self.issuer else None

    def _alive(self, known: PersonGrant) -> Grant:
        # By its row of the vault, which no other consent has: what an older grant may still save
        # while it is being replaced never lands on top of the new one.
        if known.secret not in self._live:
            keeping = kept(self._store, self.safe, self._clock, self.company, known.secret)
            self._live[known.secret] = Grant(self.identity, keeping, self._waiting)
        return self._live[known.secret]

    async def connect(self, conn: Connection, consent: Consent, refresh: str) -> str:
        """Settle *consent*; returns the refresh token of the grant it replaces, to be revoked."""
        former = await self.forget(conn, consent.person)
        now, secret = self._clock.now(), f"grant/{consent.state}"
        await self.safe.put(conn, self.company, secret, refresh, now=now)
        grant = PersonGrant(self.company, consent.person, consent.login, self.issuer, secret, now)
        await consents.connect(conn, grant)
        return former or ""

    async def forget(self, conn: Connection, person: str) -> str | None:
        """Forget the grant of *person*; returns its refresh token, None when there was none."""
        known = await consents.grant(conn, self.company, person)
        if known is None:
            return None
        refresh = await self.safe.get(conn, self.company, known.secret)
        self._live.pop(known.secret, None)
        await vault.drop(conn, self.company, known.secret)
        await consents.disconnect(conn, self.company, person)
        return refresh or ""

    async def settle(self, person: str) -> None:
        """Let a running refresh of *person* end: its answer holds the only token still good."""
        grant = await self.of(person)
        if grant is not None:
            await grant.settled()

    async def revoke(self, refresh: str) -> bool:
        """Make a token worthless in the ERP; False when that could not be said there."""
        try:
            if refresh:
                await self.identity.revoke(refresh)
        except ErpError as error:
            log.warning(
                "a grant was not taken back",
                extra={"company": self.company, "reason": str(error)},
            )
            return False
        return True

    async def close(self) -> None:
        """Let running refreshes end, then give the connections back."""
        for grant in self._live.values():
            await grant.settled()
        await self.identity.close()


async def drop_strays(conn: Connection, company: str, issuer: str) -> list[str]:
    """Forget grants of another issuer (or all, where *issuer* is empty); returns whose they were.

    A company that acts by its service user again, or moved, must be connected anew: nobody is acted
    for by what they allowed once for something else.
    """
    strays = [one for one in await consents.grants(conn, company) if one.issuer != issuer]
    for one in strays:
        await vault.drop(conn, company, one.secret)
        await consents.disconnect(conn, company, one.person)
    return [one.person for one in strays]
