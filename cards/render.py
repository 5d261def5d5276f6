"""CardView → Adaptive Card JSON. The one place that escapes, chooses sizes and colours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from acumatica_client.models import Document
from cards import bill, check, filling, generic, payment, purchase_order
from cards.buttons import drawn_buttons
from cards.elements import (
    ActionSet,
    Card,
    Column,
    ColumnSet,
    Container,
    Execute,
    FactSet,
    Refresh,
    TextBlock,
    ToggleVisibility,
)
from cards.elements import Fact as FactElement
from cards.language import Language
from cards.sheet import Paper, Sheet
from cards.short import short_card
from cards.text import SOMEBODY, clean, escape, link, tags
from cards.verbs import REFRESH
from cards.view import CardView, Fact, Line, Mention, Part, Situation

LARGEST = 25_000
"""Bytes of one card as JSON; Teams cuts far later, but phones on the road do not."""
MOST_REFRESHED = 60
MOST_MENTIONS = 5
MOST_WARNINGS = 5
MOST_NOTES = 6
LONGEST_SUMMARY = 400
LONGEST_REMARK = 600
BESIDE = 20
"""Characters of a name that leave room for its number beside it on a phone."""
LINES_ID = "lines"
HISTORY_ID = "history"
"""Names the one line that differs after every read of the ERP, for whoever compares two cards."""

SHEETS: Mapping[str, Sheet] = {
    "Bill": bill.SHEET,
    "PurchaseOrder": purchase_order.SHEET,
    "Check": check.SHEET,
    "Payment": payment.SHEET,
}


def sheet_of(document: Document) -> Sheet:
    """Return the sheet of the document's type, a generic one for an entity we do not know."""
    return SHEETS.get(document.key.entity) or generic.sheet_for(document.key.entity)


def document_card(
    document: Document, situation: Situation, *, branches: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the Adaptive Card that tells *document* in *situation*; `branches` names codes."""
    paper = Paper(document, situation, branches or {})
    return render(filling.fill(sheet_of(document), paper))


def summary(document: Document, situation: Situation) -> str:
    """Return the card in one plain line, for a toast or a notification."""
    return filling.summary(sheet_of(document), document, situation)


def render(view: CardView) -> dict[str, Any]:
    """Return *view* as card JSON small enough for Teams: lines go first, then long texts.

    What is too large even so becomes one line with the way to the whole.
    """
    card: dict[str, Any] = {}
    for smaller in _ever_smaller(view):
        card = _card(smaller).json()
        if size(card) <= LARGEST:
            return card
    return short_card(card, clean(view.summary, LONGEST_SUMMARY))


def size(card: Mapping[str, Any]) -> int:
    """Return the bytes of *card* on the wire, written the longest way JSON allows."""
    return len(json.dumps(card))


def _ever_smaller(view: CardView) -> Iterator[CardView]:
    yield view
    for count in (6, 3, 0):
        yield _fewer_lines(view, count)
    short = _short(_fewer_lines(view, 0))
    yield short
    yield replace(short, facts=short.facts[:1], warnings=short.warnings[:1])


def _fewer_lines(view: CardView, count: int) -> CardView:
    hidden = max(0, len(view.lines) - count)
    return replace(view, lines=view.lines[:count], more_lines=view.more_lines + hidden)


def _short(view: CardView) -> CardView:
    facts = tuple(
        Fact(clean(fact.title, 40), tuple(Part(clean(part.text, 40)) for part in fact.parts))
        for fact in view.facts
    )
    warnings = tuple(clean(warning, 80) for warning in view.warnings)
    remarks = tuple(clean(line, 80) for line in view.remarks)
    return replace(view, facts=facts, warnings=warnings, remarks=remarks, kind=clean(view.kind, 80))


def _card(view: CardView) -> Card:
    mentioned = view.mentions[:MOST_MENTIONS]
    named = tags(person.name for person in mentioned)
    parts = (
        _head(view),
        _facts(view),
        _lines(view),
        _warnings(view),
        _told(view, _addressed(view, mentioned, named)),
        _remarks(view),
        drawn_buttons(view.buttons, view.token),
        _history(view),
    )
    card = page([element for part in parts for element in part], view.summary, view.language)
    card.msteams = _msteams(mentioned, named)
    if view.refresh_for:
        card.refresh = _refresh(view)
    return card


def page(body: list[Any], summary: str, language: Language) -> Card:
    """Return a full-width card of *body* that older clients replace by its *summary*."""
    fallback = escape(summary, LONGEST_SUMMARY)
    return Card(body=body, fallback_text=fallback, lang=language.code, msteams={"width": "Full"})


def _head(view: CardView) -> list[Any]:
    head = [*([small(view.kind)] if view.kind else []), *_party(view)]
    if view.amount:
        head.append(TextBlock(escape(view.amount), size="ExtraLarge", spacing="Small"))
    if view.due:
        head.append(TextBlock(escape(view.due), spacing="None"))
    return head


def small(text: str, **look: Any) -> TextBlock:
    """Return *text* as something to read second."""
    return TextBlock(escape(text), size="Small", isSubtle=True, **look)


def _party(view: CardView) -> list[Any]:
    name = TextBlock(escape(view.party), size="Large", weight="Bolder", style="heading")
    if not view.party_code:
        name.spacing = "Small"
        return [name]
    if len(view.party) > BESIDE:
        name.spacing = "Small"
        return [name, small(view.party_code, spacing="None")]
    code = Column([small(view.party_code)], width="auto", verticalContentAlignment="Bottom")
    return [ColumnSet(columns=[Column([name], width="auto"), code], spacing="Small")]


def _facts(view: CardView) -> list[Any]:
    if not view.facts:
        return []
    facts = [
        FactElement(
            title=escape(fact.title),
            value=", ".join(link(part.text, part.link) for part in fact.parts),
        )
        for fact in view.facts
    ]
    return [FactSet(facts=facts, spacing="Medium")]


def _lines(view: CardView) -> list[Any]:
    count = len(view.lines) + view.more_lines
    if not count:
        return []
    title = view.language.say("Lines ({n})", n=count)
    toggle = ToggleVisibility(title=title, target_elements=[LINES_ID])
    rows = [_line(line, view.language) for line in view.lines]
    folded = Container(items=[*rows, *_more(view)], id=LINES_ID, visible=False)
    return [ActionSet(actions=[toggle]), folded]


def _line(line: Line, language: Language) -> ColumnSet:
    what = [TextBlock(escape(line.text or language.say("No description")))]
    if line.quantity:
        what.append(small(line.quantity, spacing="None"))
    amount = TextBlock(escape(line.amount), horizontalAlignment="Right")
    return ColumnSet(
        columns=[Column(what, width="stretch"), Column([amount], width="auto")], spacing="Small"
    )


def _more(view: CardView) -> list[Any]:
    if not view.more_lines:
        return []
    language = view.language
    if not view.lines:
        return [small(language.say("The lines are too long for a card; see them in Acumatica."))]
    return [small(language.count("and {n} more", "and {n} more", view.more_lines))]


def _warnings(view: CardView) -> list[Any]:
    if not view.warnings:
        return []
    language = view.language
    # Escaped before it is put into the sentence, which is ours and holds nothing to escape.
    told = [language.say("Warning: {what}", what=escape(text)) for text in view.warnings]
    shown = [TextBlock(text) for text in told[:MOST_WARNINGS]]
    more = len(view.warnings) - len(shown)
    if more:
        shown.append(small(language.count("and {n} more warning", "and {n} more warnings", more)))
    return [Container(items=shown, style="warning", spacing="Medium")]


def _addressed(view: CardView, mentioned: tuple[Mention, ...], named: list[str]) -> str:
    if not view.told.ask:
        return ""
    if not mentioned:
        return escape(view.nobody)
    # Without an id nobody can be notified, and a tag without its entity would show as a tag.
    pairs = zip(mentioned, named, strict=True)
    names = [tag if person.teams_id else escape(person.name, 60) for person, tag in pairs]
    return f"{', '.join(names)}, {view.told.ask}"


def _told(view: CardView, addressed: str) -> list[Any]:
    told = view.told
    headline = escape(told.headline, LONGEST_REMARK)  # it may end in a person's own words
    items = [TextBlock(headline, weight="Bolder")] if headline else []
    items += [TextBlock(escape(note), spacing="Small") for note in told.notes[:MOST_NOTES]]
    if addressed:
        items.append(TextBlock(addressed))
    if view.promise:
        items.append(TextBlock(escape(view.promise), isSubtle=True, spacing="Small"))
    if not items:
        return []
    look = {"style": told.tone} if told.tone else {"separator": True}
    return [Container(items=items, spacing="Medium" if told.tone else "Large", **look)]


def _remarks(view: CardView) -> list[Any]:
    lines = [TextBlock(escape(line, LONGEST_REMARK), spacing="Small") for line in view.remarks]
    return [Container(items=lines, separator=True, spacing="Medium")] if lines else []


def _history(view: CardView) -> list[Any]:
    return [small(view.history, spacing="Medium", id=HISTORY_ID)] if view.history else []


def _msteams(mentioned: tuple[Mention, ...], named: list[str]) -> dict[str, Any]:
    entities = [
        {
            "type": "mention",
            "text": tag,
            "mentioned": {"id": person.teams_id, "name": clean(person.name, 60) or SOMEBODY},
        }
        for person, tag in zip(mentioned, named, strict=True)
        if person.teams_id
    ]
    return {"width": "Full", **({"entities": entities} if entities else {})}


def _refresh(view: CardView) -> Refresh:
    asks = Execute(verb=REFRESH, data={"token": view.token, "verb": REFRESH})
    return Refresh(action=asks, user_ids=list(view.refresh_for[:MOST_REFRESHED]))
