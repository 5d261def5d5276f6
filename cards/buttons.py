"""The buttons of a card, in rows a phone shows whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cards.elements import ActionSet, Execute, OpenUrl, Submit
from cards.verbs import VERBS
from cards.view import Button

BUTTONS_A_ROW = 2
"""A third is cut off on a phone."""
LETTERS_A_ROW = 26
"""And so is the second, when both say more than this."""


def drawn_buttons(buttons: Sequence[Button], token: str) -> list[ActionSet]:
    """Return the buttons of a card in rows; each carries *token* and its verb, nothing else."""
    rows = [[_action(button, token) for button in row] for row in _rows(buttons)]
    return [
        ActionSet(actions=row, **({} if number else {"spacing": "Medium"}))
        for number, row in enumerate(rows)
    ]


def _rows(buttons: Sequence[Button]) -> list[list[Button]]:
    """Set buttons side by side as far as a phone shows them whole."""
    rows: list[list[Button]] = []
    for button in buttons:
        beside = rows[-1] if rows else []
        letters = sum(len(one.title) for one in (*beside, button))
        if beside and len(beside) < BUTTONS_A_ROW and letters <= LETTERS_A_ROW:
            beside.append(button)
        else:
            rows.append([button])
    return rows


def _action(button: Button, token: str) -> Execute | OpenUrl | Submit:
    if button.url:
        return OpenUrl(title=button.title, url=button.url)
    data: dict[str, Any] = {"token": token, "verb": button.verb}
    action: Execute | Submit
    if button.opens_form:  # nothing but an Action.Submit can open a dialog
        action = Submit(title=button.title, data={**data, "msteams": {"type": "task/fetch"}})
    else:
        action = Execute(
            title=button.title,
            verb=button.verb,
            data=data,
            fallback=Submit(title=button.title, data=data),
        )
    row = VERBS.get(button.verb)
    if row:  # Teams may ignore it; the words say it all
        action.style = "destructive" if row.destructive else "positive"
    return action
