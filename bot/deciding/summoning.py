"""Asks administrators to settle a decision: each gets a card of their own, in their own chat."""

from __future__ import annotations

from bot.companies import Tenant
from bot.core.settlements import bench_of, target_of
from bot.deciding.questions import Cause, note, post_cards
from storage import posted_cards
from storage.database import Connection
from storage.records import Decision


async def summon(conn: Connection, tenant: Tenant, decision: Decision, cause: Cause) -> int:
    """Ask every administrator who was not asked yet; return how many that are."""
    people = await tenant.people(conn, now=cause.now)
    standing = await posted_cards.summons(conn, cause.company, cause.document, decision.id)
    asked = {card.target for card in standing}
    bench = bench_of(tenant.administrators, people, decision)
    wanted = [target_of(person.aad_object_id, decision.id) for person in bench]
    missing = [target for target in wanted if target not in asked]
    await post_cards(conn, missing, cause)
    if missing:
        await note(conn, cause, "administrators asked", targets=missing)
    return len(missing)
