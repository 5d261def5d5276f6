"""Nobody reads half a card in another language: every sentence is there, whole, and is used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from babel import Locale
from babel.messages.pofile import read_po
from card_cases import BRANCHES, CHICAGO, WAITING, at, document, documents, in_language
from card_schema import texts
from sentences import sentences, unfit

from acumatica_client.entities import ENTITIES
from acumatica_client.models import Document
from bot.core.plans import Shown
from bot.core.settlements import PARTLY_DONE, outcome_of
from bot.deciding import checks, settler
from cards import Situation, days, document_card, money, reasons, summary
from cards.language import ENGLISH, WORDS, Language, language_of, languages
from cards.refusals import Refusal, refusal_text
from storage.records import Verdict

GERMAN = language_of("de")
DRAWN = documents()


class Pretended(dict[str, tuple[str, ...]]):
    """A language that has a word for everything, and none with a letter of ours."""

    def get(self, key: str, default: object = None) -> tuple[str, ...]:  # noqa: ARG002
        if key.startswith("EEE"):
            return (key,)
        return (re.sub(r"(\{\w+\})|[A-Za-z]", lambda found: found[1] or "ж", key),) * 2


PRETENDED = Language("de", Pretended())


@pytest.mark.parametrize("code", [code for code in languages() if code != "en"])
def test_every_sentence_is_translated_with_all_its_parts(code: str) -> None:
    with (WORDS / f"{code}.po").open("rb") as file:
        known = {_forms(message.id): _forms(message.string) for message in read_po(file)}

    missing = [f"{place}: {one}" for one, place in sentences().items() if one not in known]
    wrong = [fault for one in sentences() for fault in unfit(one, known.get(one, one))]
    unused = [one for one in known if one not in sentences() and one != ("",)]

    assert (missing, wrong, unused) == ([], [], [])


def _forms(text: object) -> tuple[str, ...]:
    return tuple(map(str, text)) if isinstance(text, list | tuple) else (str(text),)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-zÄÖÜäöüß]{2,}", text))


def _own(paper: Document, told: Situation) -> set[str]:
    """Words that are nobody's to translate: the ERP's, people's, and what a calendar writes."""
    calendar = Locale.parse("de")
    names = [*calendar.months["format"]["abbreviated"].values()]
    names += calendar.days["format"]["abbreviated"].values()
    people = (
        told.who,
        told.agreed,
        told.owner,
        *told.waits_for,
        *(one.name for one in told.approvers),
    )
    kept = (
        str(paper.to_json()),
        *people,
        *BRANCHES.values(),
        "CST at INV Hold Payments Erin Walsh",
    )
    noun = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", paper.key.entity).capitalize()
    return _words(" ".join((*names, *kept, noun)))


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_reaches_a_card_in_english_but_what_others_wrote(name: str) -> None:
    path, situation = DRAWN[name]
    paper, told = document(path), in_language(situation, PRETENDED)
    card = document_card(paper, told, branches=BRANCHES)

    shown = {*texts(card), *_titles(card), summary(paper, told)}
    read = " ".join(re.sub(r"\]\(\S+\)|</?at>", " ", text) for text in shown)

    assert _words(read) - _own(paper, told) == set()


def _titles(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _titles(item)
    elif isinstance(node, dict):
        if isinstance(node.get("title"), str):
            yield node["title"]
        for value in node.values():
            yield from _titles(value)


@pytest.mark.parametrize(
    ("locale", "code"),
    [("de-DE", "de"), ("de_AT", "de"), ("DE", "de"), ("en-GB", "en"), ("fr-FR", "en"), ("", "en"),
     ("../de", "en"), ("deutsch", "en")],
)  # fmt: skip
def test_a_locale_leads_to_its_language_and_an_unknown_one_to_english(
    locale: str, code: str
) -> None:
    assert language_of(locale).code == code


def test_numbers_money_and_days_are_written_as_the_reader_writes_them() -> None:
    told = money.amount(Decimal("12345.5"), GERMAN, "USD")

    assert told == "12.345,50 USD"
    assert GERMAN.number(1200) == "1.200"
    assert days.day(at(8, 0).date(), GERMAN) == "So., 22. Nov. 2026"
    assert days.at(at(8, 14), at(8, 20), CHICAGO, GERMAN) == " um 08:14 Uhr"


def test_one_and_many_are_told_apart() -> None:
    said = [GERMAN.count("{n} day ago", "{n} days ago", n) for n in (0, 1, 2, 1200)]

    assert said == ["vor 0 Tagen", "vor 1 Tag", "vor 2 Tagen", "vor 1.200 Tagen"]
    assert ENGLISH.count("{n} day ago", "{n} days ago", 1) == "1 day ago"


def test_braces_of_others_are_mere_characters() -> None:
    paper = replace(document("bill/on_hold"), status="{0.__class__}", fields={"Terms": "{it}"})

    for language in (ENGLISH, GERMAN):
        card = document_card(paper, replace(WAITING, language=language, reason="{who}"))
        assert "{0." in str(card)


def test_every_status_of_acumatica_has_a_word_in_a_heading() -> None:
    known = {status for entity in ENTITIES.values() for status in entity.statuses}

    assert {status for status in known if GERMAN.term(status) == status} == set()


def test_every_reason_a_decision_keeps_is_translated_and_may_stand_in_any_channel() -> None:
    kept = {*settler.REASONS.values(), checks.TOO_LATE, checks.CONNECT}
    kept |= {checks.not_doable(shown).reason for shown in Shown} - {""}
    kept |= {outcome_of(verdict, ())[1] for verdict in Verdict} | {PARTLY_DONE}

    assert kept <= reasons.KNOWN
    assert {reason for reason in reasons.KNOWN if GERMAN.term(reason) == reason} == set()


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_is_told_in_the_readers_language(refusal: Refusal) -> None:
    assert refusal_text(refusal, GERMAN, "Ann") != refusal_text(refusal, ENGLISH, "Ann")


def test_a_card_says_which_language_it_is_in() -> None:
    for name, (path, situation) in DRAWN.items():
        card = document_card(document(path), situation)
        assert card["lang"] == ("de" if name.startswith("de/") else "en")
