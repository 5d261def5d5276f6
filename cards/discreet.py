"""What a card keeps to itself where everybody can read it.

Nothing is painted over: what may not be told is taken away before anything is written, so that no
sentence, toast or fallback can still say it.
"""

from __future__ import annotations

from dataclasses import replace

from acumatica_client.models import Document
from cards import reasons, refusals
from cards.language import Language
from cards.privacy import Discretion, Privacy, band
from cards.sheet import Sheet
from cards.view import Situation

_UNTOLD = {
    Privacy.BAND: frozenset({"Description"}),  # free text may name an amount
}


def discreet(situation: Situation) -> Situation:
    """Return *situation* without what its privacy keeps back."""
    privacy = situation.discretion.privacy
    if privacy is Privacy.FULL:
        return situation
    constant = situation.reason in reasons.KNOWN or situation.reason in refusals.SENTENCES
    reason = situation.reason if constant else ""
    kept = replace(situation, reason=reason, said="", remarks=())  # people's own words may tell all
    if privacy is Privacy.BAND:
        changes = tuple((name, "", "") for name, _was, _now in situation.changes)
        return replace(kept, warnings=_counted(situation), changes=changes)
    return replace(
        kept, warnings=(), changes=(), link="", links={}, decided=(), owner="", two=False
    )  # that two must agree would tell of the amount


def _counted(situation: Situation) -> tuple[str, ...]:
    """Warnings name prices and other bills; that there are some may be known."""
    if not situation.warnings:
        return ()
    return (
        situation.language.count(
            "the approver's own view names {n} reason to look twice.",
            "the approver's own view names {n} reasons to look twice.",
            len(situation.warnings),
        ),
    )


def amount_told(
    sheet: Sheet, document: Document, language: Language, discretion: Discretion
) -> str:
    """Return the amount, its range or nothing, as the privacy allows."""
    if discretion.privacy is Privacy.FULL:
        return sheet.amount_of(document, language)
    value, currency = document.money(sheet.amount_field), document.text("CurrencyID").strip()
    if discretion.privacy is Privacy.NONE or value is None or not currency:
        return ""
    return band(value, currency, discretion.bands, language)


def headed(sheet: Sheet, document: Document, language: Language, privacy: Privacy) -> str:
    """Return what the document is called: by its number, or only what kind it is."""
    if privacy is Privacy.NONE:
        return sheet.noun_of(document, language)
    return sheet.headed(document, language)


def named(
    sheet: Sheet, document: Document, language: Language, discretion: Discretion
) -> tuple[str, ...]:
    """Return how a line of text names the document: its number, its party, its amount."""
    name = headed(sheet, document, language, discretion.privacy)
    if discretion.privacy is Privacy.NONE:
        return (name,)
    amount = amount_told(sheet, document, language, discretion)
    return tuple(filter(None, (name, sheet.party_of(document), amount)))


def may_tell(title: str, situation: Situation) -> bool:
    """Say whether the fact called *title* may stand on the card."""
    return title not in _UNTOLD.get(situation.discretion.privacy, frozenset())
