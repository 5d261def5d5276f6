"""The evidence as a table that a spreadsheet opens and never computes."""

from __future__ import annotations

import csv
from typing import TextIO

from bot.auditing.story import Told
from cards.text import clean

COLUMNS = (
    "row", "time (UTC)", "who", "pseudonym", "what", "action", "company", "document",
    "fingerprint", "outcome", "detail", "correlation", "proof",
)  # fmt: skip
_STARTS = tuple("=+-@\t\r|%")
"""What makes a spreadsheet take a text for a formula, or for a command."""


class Table:
    """Writes rows, one after the other."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file)
        self._writer.writerow(COLUMNS)

    def add(self, told: Told) -> None:
        """Write one row."""
        row = told.row
        self._writer.writerow(
            map(
                cell,
                (
                    str(row.seq), row.at, told.who, row.actor, told.what, row.action, row.company,
                    row.document, row.fingerprint, row.outcome, row.detail, row.correlation,
                    row.mac,
                ),
            )
        )  # fmt: skip


def cell(text: str) -> str:
    """Return *text* as a cell that shows its characters and does nothing."""
    shown = clean(text, 32_000)
    return f"'{shown}" if shown.startswith(_STARTS) else shown
