"""A purchase order on a card."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from acumatica_client.entities import PURCHASE_ORDER
from acumatica_client.models import Document, Value
from cards import days
from cards.language import Language, phrase
from cards.sheet import (
    Sheet,
    line_amount,
    line_text,
    number_part,
    owner_part,
    priced,
    said,
)
from cards.view import Line

_NOT_COMING = frozenset({"Closed", "Completed", "Canceled", "Rejected"})


def _promised(order: Document, today: date, language: Language) -> str:
    day = order.day("PromisedOn")
    if day is None:
        return ""
    if order.status in _NOT_COMING:
        return language.say("Promised {day}", day=days.day(day, language))
    return language.say("Promised {day}", day=days.far(day, today, language))


def _line(line: Mapping[str, Value], language: Language) -> Line:
    return Line(
        text=line_text(line, "LineDescription", "Description", "InventoryID"),
        quantity=priced(line, language, quantity="OrderQty", unit_cost="UnitCost"),
        amount=line_amount(line, language, "ExtendedCost"),
    )


SHEET = Sheet(
    noun=phrase("Purchase order"),
    nouns={
        "Drop-Ship": phrase("Drop-ship order"),
        "Project Drop-Ship": phrase("Project drop-ship order"),
        "Blanket": phrase("Blanket order"),
        "Standard": phrase("Standard order"),
    },
    party_untold=phrase("Vendor not told by Acumatica"),
    party_field=PURCHASE_ORDER.party_field,
    amount_field=PURCHASE_ORDER.amount_field,
    branch_field="Branch",
    day=_promised,
    facts=(
        (phrase("PO number"), number_part),
        (phrase("Vendor ref"), lambda order: order.named("VendorRef")),
        (phrase("Owner"), lambda order: owner_part(order) or order.named("Owner")),
        (phrase("Description"), lambda order: order.named("Description")),
        (phrase("Terms"), lambda order: order.named("Terms")),
        (phrase("Branch"), lambda order: said(order.branch("Branch"))),
    ),
    line=_line,
)
