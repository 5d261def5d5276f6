"""Documents, people and questions as plain values, for the tests of the pure core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from acumatica_client.entities import ENTITIES
from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Around, Document, DocumentKey, Value
from bot.core.people import Override, People, match_people
from bot.core.routes import Route
from storage.records import Decision, DecisionState, PostedCard, StoredEmployee, TeamsPerson

COMPANY = "acme"
NOW = datetime(2026, 11, 22, 14, 20, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)

ANN = TeamsPerson("aad-ann", "29:ann", "Ann Whitfield", "Ann@acme.example")
BEN = TeamsPerson("aad-ben", "29:ben", "Ben Ortiz", "ben@acme.example")
GUS = TeamsPerson("aad-gus", "29:gus", "Gus Visitor", "gus@elsewhere.example", guest=True)
EMPLOYEES = (
    StoredEmployee("E01", "Ann Whitfield", "ann@acme.example", True),
    StoredEmployee("E02", "Ben Ortiz", "BEN@acme.example", True),
    StoredEmployee("E03", "Gus Visitor", "gus@elsewhere.example", True),
)

BILL_FIELDS: Mapping[str, Value] = {
    "Vendor": "V000107",
    "CurrencyID": "USD",
    "Amount": Decimal("1250.00"),
    "BranchID": "EAST",
    "DueDate": "2026-12-05T00:00:00+00:00",
}


def people_of(*teams: TeamsPerson, overrides: tuple[Override, ...] = ()) -> People:
    """Everybody known: by default Ann, Ben and a guest."""
    return match_people(EMPLOYEES, teams or (ANN, BEN, GUS), overrides)


PEOPLE = people_of()


def bill(status: str = "On Hold", **fields: Value) -> Document:
    """A bill of 1,250 dollars owned by Ann."""
    key = DocumentKey("Bill", "Bill", "000123")
    told = {**BILL_FIELDS, "Status": status, **fields}
    return Document(key, "id-123", status, EARLIER, told, (), Around("Acme Paper", "E01", "E02"))


def document_of(entity: str, status: str) -> Document:
    """A document of any entity with an amount of 1,250 dollars."""
    row = ENTITIES[entity]
    kind = next(iter(row.type_codes))
    told: dict[str, Value] = {
        row.amount_field: Decimal("1250.00"), "CurrencyID": "USD", "Status": status,
    }  # fmt: skip
    around = Around(owner="E01")
    return Document(row.key(kind, "000123"), "id-123", status, EARLIER, told, (), around)


def route_of(**values: Any) -> Route:
    """A route of our company."""
    return Route.model_validate({"company": COMPANY, "to": [], **values})


def decision_on(
    document: Document, state: DecisionState = DecisionState.PENDING, **values: Any
) -> Decision:
    """A question about *document* as it stands, put to Ann an hour ago."""
    asked = Decision(
        id="decision-1",
        company=COMPANY,
        document=str(document.key),
        token="token-1",
        state=state,
        verbs=("release",),
        approvers=(ANN.aad_object_id,),
        fingerprint=fingerprint(COMPANY, document),
        asked_at=EARLIER,
        correlation="c-1",
    )
    return replace(asked, **values)


def card_at(target: str = "channel:ap", activity: str = "a-1", **values: Any) -> PostedCard:
    """A card that stands in the channel `19:ap`."""
    card = PostedCard(COMPANY, "Bill/Bill/000123", target, conversation="19:ap", activity=activity)
    return replace(card, **values)
