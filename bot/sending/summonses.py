"""Administrators' cards, rendered from what is stored when they leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from acumatica_client.models import Document
from bot.companies import Tenant
from bot.core.settlements import MISMATCHES, are_two, bench_of, offered
from bot.core.situations import deep_link
from bot.languages import language_with
from cards.language import Language, language_of
from cards.settlement import Attempt, Matter, Standing, settlement_card, settlement_summary
from storage import ledger, settlements
from storage.database import Connection
from storage.records import Decision, Settlement, Step, StoredDocument


@dataclass(frozen=True, slots=True)
class Summons:
    """One administrator's card about one decision."""

    card: dict[str, Any]
    summary: str
    language: Language


async def summons(
    conn: Connection,
    tenant: Tenant,
    record: StoredDocument,
    whom: tuple[str, str],
    *,
    now: datetime,
    locale: str = "",
) -> Summons | None:
    """Render the card of *whom*, a person and a decision; None when nobody was asked."""
    person, decision_id = whom
    settlement = await settlements.get(conn, decision_id)
    if settlement is None:
        return None
    company = tenant.company
    told = await language_with(conn, person, company.language)
    language = language_of(locale) if locale else told
    decision = await ledger.get(conn, decision_id)
    document = Document.from_json(record.snapshot)
    people = await tenant.people(conn, now=now)
    bench = bench_of(tenant.administrators, people, decision)
    matter = Matter(
        document,
        record.gone,
        _attempt(decision, await ledger.steps(conn, decision_id)),
        _standing(settlement, decision, person, too_few=not are_two(bench, people)),
        decision.state in MISMATCHES,
        decision.changes,
        settlement.token,
        deep_link(document.key, company.url, company.tenant),
        record.read_at,
        now,
        company.zone,
        language,
    )
    return Summons(settlement_card(matter), settlement_summary(matter), language)


def _attempt(decision: Decision, steps: list[Step]) -> Attempt:
    sent = [step for step in steps if step.sent_at]
    last = sent[-1] if sent else None
    return Attempt(
        decision.verb,
        ", ".join(decision.pressers.values()),
        decision.claimed_at,
        last.name if last else "",
        last.sent_at if last else None,
        last.outcome if last else "",
    )


def _standing(
    settlement: Settlement, decision: Decision, person: str, *, too_few: bool
) -> Standing:
    return Standing(
        offered(decision),
        settlement.verdict,
        settlement.first_name,
        settlement.first_at,
        settlement.first == person,
        settlement.second_name,
        settlement.second_at,
        settlement.objected_by,
        too_few,
    )
