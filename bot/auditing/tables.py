"""The evidence as a table that a spreadsheet opens and never computes."""

from __future__ import annotations

import csv
import re
from typing import TextIO

from bot.auditing.story import Told, cut

COLUMNS = (
    "row", "time (UTC)", "who", "pseudonym", "what", "action", "company", "document",
    "fingerprint", "outcome", "detail", "correlation", "proof",
)  # fmt: skip
LONGEST = 32_000
"""A spreadsheet cuts a cell after 32,767 characters, and carries on in the next one."""
_STARTS = "=+\\-@|%＝＋－＠"
"""What makes a spreadsheet take a text for a formula, or for a command."""
# A spreadsheet cuts lines where its own country does, be it at a semicolon: inside our quotes, too.
# A comma is where we cut ourselves, so that it is never read inside quotes.
_COMMAND = re.compile(rf"^(?=[{_STARTS}])|(?<=[;|])(?=[\s\"']*[{_STARTS}])")


class Table:
    """Writes rows, one after the other."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file, quoting=csv.QUOTE_ALL)
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
    return cut(_COMMAND.sub("'", cut(text, LONGEST)), LONGEST)
