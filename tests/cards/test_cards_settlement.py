"""The administrators' card: what it tells, what it offers to whom; nothing on it is markup."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import pytest
from card_cases import CHICAGO, ERP, GOLDEN, TOKEN, at, document
from card_schema import elements, schema_errors, texts

from acumatica_client.models import CallClass
from cards.language import ENGLISH, language_of
from cards.render import size
from cards.settlement import (
    LOOK,
    NO_EFFECT,
    OBJECT,
    SEEN,
    TOOK_EFFECT,
    Attempt,
    Matter,
    Standing,
    settlement_card,
    settlement_summary,
)
from storage.records import Verdict

Json = dict[str, Any]
EVIL = "# [pay](https://evil.example) **now** <at>Ben</at> {who} " + "W" * 600
ATTEMPT = Attempt(
    "release", "Ann Whitfield", at(10, 22), "release", at(10, 22), CallClass.CLAIMS_DONE
)
OPEN = Standing((TOOK_EFFECT, NO_EFFECT))
RECORDED = replace(OPEN, verdict=TOOK_EFFECT, first="Grace Okafor", first_at=at(10, 40))
SETTLED = replace(RECORDED, second="Erin Walsh", second_at=at(10, 44))
ASKED = Matter(
    document=document("bill/balanced"),
    gone=False,
    attempt=ATTEMPT,
    standing=OPEN,
    mismatch=False,
    differences=(),
    token=TOKEN,
    link=f"{ERP}&ScreenId=AP301000&DocType=INV&RefNbr=000123",
    as_of=at(10, 38),
    now=at(10, 45),
    zone=CHICAGO,
    language=ENGLISH,
)
HOLD = replace(ATTEMPT, step="remove_hold", answered=CallClass.UNKNOWN)
MISMATCH = replace(
    ASKED,
    document=document("bill/open"),
    mismatch=True,
    differences=(("Amount", "1150.00 USD", "1250.00 USD"), ("DueDate", "", "2027-01-31")),
    standing=Standing((SEEN,)),
)
CASES: dict[str, Matter] = {
    "asked": ASKED,
    "asked_about_the_first_step": replace(ASKED, attempt=HOLD),
    "asked_german": replace(ASKED, language=language_of("de")),
    "recorded": replace(ASKED, standing=RECORDED),
    "recorded_by_me": replace(ASKED, standing=replace(RECORDED, mine=True)),
    "objected": replace(ASKED, standing=replace(OPEN, objected_by="Erin Walsh")),
    "too_few": replace(ASKED, standing=replace(OPEN, too_few=True)),
    "settled": replace(ASKED, standing=SETTLED),
    "settled_german": replace(ASKED, standing=SETTLED, language=language_of("de")),
    "mismatch": MISMATCH,
    "mismatch_seen_by_one": replace(
        MISMATCH, standing=replace(MISMATCH.standing, verdict=SEEN, first="Grace Okafor")
    ),
    "gone": replace(ASKED, gone=True),
}


def buttons(matter: Matter) -> list[Json]:
    rows = elements(settlement_card(matter), "ActionSet")
    return [action for row in rows for action in row["actions"]]


def verbs(matter: Matter) -> list[str]:
    return [one["verb"] for one in buttons(matter) if "verb" in one]


@pytest.mark.parametrize("name", CASES)
def test_a_card_for_administrators_is_exactly_the_one_we_looked_at(name: str) -> None:
    drawn = json.dumps(settlement_card(CASES[name]), indent=2, ensure_ascii=False) + "\n"
    golden = GOLDEN / "settlement" / f"{name}.json"

    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(drawn, "utf-8")

    assert drawn == golden.read_text("utf-8")
    assert schema_errors(json.loads(drawn)) == []


def test_every_golden_file_for_administrators_still_has_its_case() -> None:
    assert {path.stem for path in (GOLDEN / "settlement").glob("*.json")} == set(CASES)


def test_the_buttons_are_the_verdicts_the_store_knows() -> None:
    assert {TOOK_EFFECT, NO_EFFECT, SEEN} == set(Verdict)


def test_nobody_is_offered_to_confirm_what_they_recorded_themselves() -> None:
    assert verbs(CASES["asked"]) == [TOOK_EFFECT, NO_EFFECT, LOOK]
    assert verbs(CASES["recorded"]) == [TOOK_EFFECT, OBJECT, LOOK]
    assert verbs(CASES["recorded_by_me"]) == [OBJECT, LOOK]
    assert verbs(CASES["mismatch"]) == [SEEN, LOOK]
    assert verbs(CASES["settled"]) == []


def test_every_button_works_in_clients_that_know_no_universal_actions() -> None:
    for matter in CASES.values():
        for one in buttons(matter):
            if "verb" in one:
                assert one["data"] == {"token": TOKEN, "verb": one["verb"]}
                assert one["fallback"]["type"] == "Action.Submit"
                assert one["fallback"]["data"] == one["data"]


@pytest.mark.parametrize(
    ("answered", "words"),
    [
        ("", "stopped before an answer came"),
        (CallClass.CLAIMS_DONE, "answered that it was done"),
        (CallClass.REFUSED, "It refused."),
        (CallClass.REFUSED_IN_DOUBT, "which can hide a success"),
        (CallClass.UNKNOWN, "No answer came"),
    ],
)
def test_what_was_answered_is_told_in_plain_words_of_ours(answered: str, words: str) -> None:
    card = settlement_card(replace(ASKED, attempt=replace(ATTEMPT, answered=answered)))

    assert words in "\n".join(texts(card))
    assert f'"{answered}"' not in json.dumps(card).replace('""', "")


def test_what_was_never_sent_is_not_said_to_be() -> None:
    card = settlement_card(replace(ASKED, attempt=replace(ATTEMPT, step="")))

    assert "Sent to Acumatica" not in "\n".join(texts(card))


def test_names_and_statuses_are_never_markup_and_the_card_stays_small() -> None:
    attempt = replace(ATTEMPT, who=EVIL)
    standing = replace(RECORDED, first=EVIL, objected_by=EVIL)
    matter = replace(
        ASKED, attempt=attempt, standing=standing, document=replace(ASKED.document, status=EVIL)
    )

    drawn = settlement_card(matter)

    assert size(drawn) < 10_000
    told = "\n".join(texts(drawn))
    assert "[pay](" not in told
    assert "<at>" not in told
    assert "\n" not in settlement_summary(matter)


def test_a_card_is_wholly_in_the_readers_language() -> None:
    told = "\n".join(texts(settlement_card(CASES["settled_german"])))

    assert "Geklärt" in told
    assert "Settled" not in told
