"""Every kind of card, compared with the exact JSON we looked at; `UPDATE_GOLDEN=1` rewrites."""

import json
import os

import pytest
from card_cases import DOCUMENT_CASES, DOCUMENTS, GOLDEN, Case, cases
from card_schema import schema_errors

CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_card_is_exactly_the_one_we_looked_at(case: Case) -> None:
    drawn = json.dumps(case.draw(), indent=2, ensure_ascii=False) + "\n"

    if os.environ.get("UPDATE_GOLDEN") == "1":
        case.golden.parent.mkdir(parents=True, exist_ok=True)
        case.golden.write_text(drawn, "utf-8")

    assert drawn == case.golden.read_text("utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_golden_card_is_one_teams_takes(case: Case) -> None:
    errors = schema_errors(json.loads(case.golden.read_text("utf-8")))

    assert errors == []


def test_every_stored_document_is_drawn_in_some_case() -> None:
    stored = {
        path.relative_to(DOCUMENTS).with_suffix("").as_posix() for path in DOCUMENTS.rglob("*.json")
    }

    assert stored == {path for path, _situation in DOCUMENT_CASES.values()}


def test_every_golden_file_of_cards_still_has_its_case() -> None:
    folders = {case.golden.parent for case in CASES}
    stored = {path for folder in folders for path in folder.glob("*.json")}

    assert stored == {case.golden for case in CASES}
    assert all(GOLDEN in path.parents for path in stored)
