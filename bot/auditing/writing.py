"""Writes into the store from a command, beside a running service or without one.

Whatever is written is audited, so the trail is signed here as the service signs it, or not at all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.auditing.keys import open_chain
from bot.clock import Ports
from bot.settings import Settings
from storage import audit
from storage.chain import Chain
from storage.database import Connection, Database, StoreError, StoreInUse, visiting


@asynccontextmanager
async def writing(settings: Settings, ports: Ports) -> AsyncIterator[tuple[Connection, bool]]:
    """Open the store for one transaction; tells whether a service runs that uses it as well.

    Raises StoreError, also where these settings would sign with another key than the trail is
    signed with: its rows would be found broken, and the next start refused.
    """
    path, chain = settings.storage.path, open_chain(settings, ports.token)
    try:
        store = await Database.open(path, ports.connect, chain)
    except StoreInUse:
        async with visiting(path, chain) as conn, _in_one_piece(conn):
            await _same_key(conn, chain)
            yield conn, True
        return
    try:
        await audit.begin(store, chain, now=ports.clock.now())
        async with store.transaction() as conn:
            yield conn, False
    finally:
        await store.close()


@asynccontextmanager
async def _in_one_piece(conn: Connection) -> AsyncIterator[None]:
    await conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        await conn.execute("COMMIT")
    finally:
        if conn.in_transaction:
            await conn.execute("ROLLBACK")


async def _same_key(conn: Connection, chain: Chain) -> None:
    """Refuse to seal what the running service could not open, and to sign by another key."""
    last = await audit.head(conn)
    if last is not None and last.key != chain.keys[0].name:
        raise StoreError(
            "the service runs with other keys than these settings tell (ENCRYPTION__KEYS,"
            " AUDIT__KEYS): restart it first"
        )
