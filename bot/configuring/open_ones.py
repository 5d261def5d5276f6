"""The documents a change of the file can matter to: those that wait, and those with open cards."""

from __future__ import annotations

from collections.abc import Iterable

from acumatica_client.entities import ENTITIES
from bot.core.routes import Routes
from storage import documents
from storage.database import Connection


async def open_documents(conn: Connection, company: str, routes: Iterable[Routes]) -> list[str]:
    """List documents of *company* that wait by any of *routes*, or that somebody is asked about."""
    both = list(routes)
    found: set[str] = set()
    for entity in ENTITIES:
        waiting = sorted({status for one in both for status in one.waiting_statuses(entity)})
        found |= {one.document for one in await documents.open_ones(conn, company, entity, waiting)}
        found |= set(await documents.standing(conn, company, entity, waiting))
    return sorted(found)
