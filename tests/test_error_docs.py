"""The catalogue of errors is complete: every word the product has for a failure stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.core.posting import PLAIN_REASONS, REFUSED_SIGN_IN
from cards.refusals import Refusal
from storage.records import DecisionState

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")


def words(heading: str) -> list[str]:
    """The first cell of each row below a heading, without its marks."""
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [row.split("|")[1].strip(" `") for row in rows]


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ("A press that was refused", {one.value for one in Refusal}),
        ("How a decision ended", {one.value for one in DecisionState}),
        ("Why a message is parked", {*PLAIN_REASONS, REFUSED_SIGN_IN}),
    ],
)
def test_each_word_for_a_failure_is_explained_once_and_no_other(
    heading: str, wanted: set[str]
) -> None:
    told = words(heading)
    assert set(told) == wanted
    assert len(told) == len(wanted)


def test_every_row_says_what_it_means_and_who_mends_it() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| [`0-9]", line)]
    assert len(rows) > len(Refusal) + len(DecisionState)
    assert [row for row in rows if any(not cell.strip() for cell in row.split("|")[1:-1])] == []


def test_each_status_a_door_answers_is_told_with_its_door() -> None:
    told = {int(one) for one in words("What a door answers")}
    source = "".join(path.read_text("utf-8") for path in (ROOT / "bot").rglob("*.py"))
    named = {"BadRequest": 400, "RequestTimeout": 408, "RequestEntityTooLarge": 413,
             "UnsupportedMediaType": 415, "NotFound": 404, "Forbidden": 403, "Conflict": 409,
             "MisdirectedRequest": 421, "TooManyRequests": 429}  # fmt: skip
    answered = {
        int(one) for one in re.findall(r"(?:GateRefused\(|Response\(status=)(\d{3})", source)
    }
    answered |= {named[one] for one in re.findall(r"web\.HTTP(\w+)\(", source)}
    assert answered - {200} <= told
