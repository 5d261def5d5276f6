"""Records to store, as short as a test wants to say them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.ledger import DOABLE, Claimant, Due, Lessee
from storage.records import Decision, DecisionState, OutboxItem, Reading

NOW = datetime(2026, 11, 22, 14, 20, tzinfo=UTC)
COMPANY = "acme"
BILL = "Bill/Bill/000123"
ANN = Claimant("release", "aad-ann", "Ann Whitfield")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def question(name: str = "d1", **values: Any) -> Decision:
    asked = Decision(
        id=name,
        company=COMPANY,
        document=BILL,
        token=f"token-{name}",
        state=DecisionState.PENDING,
        verbs=("release",),
        approvers=("aad-ann",),
        fingerprint="f",
        asked_at=NOW,
        correlation="c",
    )
    return replace(asked, **values)


def message(key: str = "k1", target: str = "channel:ap", **values: Any) -> OutboxItem:
    return replace(OutboxItem(key, "post", COMPANY, BILL, target, {}, "c"), **values)


def lessee(seconds: float = 0, *, boot: str = "boot-1", **values: Any) -> Lessee:
    return replace(Lessee(COMPANY, DOABLE, reading(seconds, boot=boot)), **values)


def reading(seconds: float = 0, *, boot: str = "boot-1") -> Reading:
    return Reading(boot, 1000 + seconds)


def due(seconds: float = 0, *, boot: str = "boot-1") -> Due:
    return Due(reading(seconds, boot=boot), later(seconds))
