"""docs/doctor.md names every check with who mends it and where, and none that is gone."""

from __future__ import annotations

import re
from pathlib import Path

from bot.examining.catalogue import CHECKS
from bot.examining.findings import State

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "doctor.md").read_text("utf-8")


def test_every_check_stands_in_its_table_with_who_and_where() -> None:
    rows = re.findall(r"^\| `([\w.-]+)` \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)

    assert [row[0] for row in rows] == list(CHECKS)
    for name, _, who, place in rows:
        assert who == CHECKS[name].who, name
        assert place == CHECKS[name].place, name


def test_every_state_is_explained() -> None:
    assert [state for state in State if f"`{state}`" not in PAGE] == []
