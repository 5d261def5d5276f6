"""An explanation and a plan as a person reads them in a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.configuring.explaining import Explanation, mentions
from bot.configuring.planning import CompanyPlan, Move, Plan, Way
from cards.language import language_of
from cards.text import clean
from cards.why import deciding_lines, routing_lines

_ESCAPED = re.compile(r"\\([\\`*_\[\]()~#>.+=-])")
_MENTIONED = re.compile(r"<at>(.*?)</at>")
_LINK = re.compile(r"\[((?:\\.|[^\]\\])*)\]\([^)]*\)")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


def explained(found: Explanation, *, whole: bool = True) -> Iterator[str]:
    """Yield the lines of an explanation; *whole*: with what the cards say."""
    why, english = found.foreseen.why, language_of("en")
    document = found.foreseen.story.document
    yield f"{document.key} of {found.company}, from {found.source}"
    yield from map(clean, routing_lines(why, english))
    if found.line:
        yield f"Route {why.route} begins in line {found.line} of the file."
    skipped = _others(found)
    if skipped:
        yield f"For other documents: {skipped}."
    yield from map(clean, deciding_lines(why, english))
    if found.foreseen.matter.two:
        others = ", ".join(map(clean, found.seconds)) or "nobody known"
        yield f"Two different people must agree; who may be the second: {others}."
    for target, shown in found.cards if whole else ():
        mentioned = ", ".join(map(clean, mentions(shown.card)))
        yield ""
        yield f"The card at {target}" + (f", which mentions {mentioned}:" if mentioned else ":")
        yield from (f"  {line}" for line in card_lines(shown.card))


def _others(found: Explanation) -> str:
    """Name the routes before the one that matched which are for other kinds of documents."""
    why = found.foreseen.why
    told = {one.number for one in why.passed}
    numbers = [n for n in range(1, why.route) if n not in told and not why.resumed]
    return ", ".join(f"route {number}" for number in numbers)


def card_lines(card: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a card says, line by line; what is folded away stays so."""
    for part in card.get("body", ()):
        yield from _lines(part)
    buttons = [action.get("title", "") for action in card.get("actions", ())]
    if buttons:
        yield _buttons(buttons)


def _lines(part: Mapping[str, Any]) -> Iterator[str]:
    if part.get("isVisible") is False:
        return
    if "text" in part:
        yield _said(part["text"])
    for fact in part.get("facts", ()):
        yield f"{_said(fact['title'])}: {_said(fact['value'])}"
    if "columns" in part:
        cells = [" ".join(_lines(column)) for column in part["columns"]]
        yield "  ".join(filter(None, cells))
    for inner in part.get("items", ()):
        yield from _lines(inner)
    if part.get("type") == "ActionSet":
        yield _buttons([action.get("title", "") for action in part.get("actions", ())])


def _buttons(titles: list[str]) -> str:
    return " ".join(f"[{clean(title)}]" for title in titles)


def _said(text: str) -> str:
    """Return a text of a card without its Markdown."""
    named = _LINK.sub(r"\1", _MENTIONED.sub(r"@\1", text))
    return clean(_ESCAPED.sub(r"\1", _BOLD.sub(r"\1", named)), 400)


# --- plans ----------------------------------------------------------------------------------


def planned(found: Plan) -> RenderableType:
    """Return a plan: what stays, and a table of what would go another way."""
    return Group(*_planned(found))


def _planned(found: Plan) -> Iterator[RenderableType]:
    yield Text(f"From version {found.was} of the file to {found.becomes}", style="bold")
    for one in found.companies:
        yield Text(_sentence(one))
        if one.moves:
            yield _table(one)


def _sentence(one: CompanyPlan) -> str:
    if not one.served:
        return (
            f"{one.company}: is served no longer; open documents: {one.looked_at}, nothing can be"
            " decided by their cards"
        )
    if not one.moves:
        return f"{one.company}: open documents: {one.looked_at}, all go the way they go now"
    return f"{one.company}: open documents: {one.looked_at}, {len(one.moves)} would go another way"


def _table(one: CompanyPlan) -> Table:
    table = Table("Document", "Status", "Now", "Then", "Cards", box=None, pad_edge=False)
    for move in one.moves:
        table.add_row(*(Text(cell) for cell in _cells(move)))
    return table


def _cells(move: Move) -> tuple[str, ...]:
    cards = "\n".join(map(clean, move.cards)) or "as they are"
    return clean(move.document), move.status, _way(move.was), _way(move.becomes), cards


def _way(way: Way) -> str:
    to = ", ".join(map(clean, way.to)) or "nowhere"
    who = f", asks {', '.join(map(clean, way.approvers))}" if way.approvers else ""
    return f"route {way.route} to {to}{who}"
