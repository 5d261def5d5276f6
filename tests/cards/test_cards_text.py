"""Texts of others may say anything on a card, and do nothing."""

from typing import Any

import pytest
from card_cases import ANN, BRANCHES, CHICAGO, ERIN, WAITING
from card_schema import elements, schema_errors, texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from acumatica_client.models import Around, Document, DocumentKey
from cards import (
    ListingRow,
    Mention,
    Situation,
    State,
    document_card,
    listing_card,
    summary,
    text_card,
)
from cards.connect import connect_card
from cards.filling import APPROVED_BY
from cards.language import ENGLISH, Language, language_of
from cards.nudge import nudge_message
from cards.privacy import Discretion, Privacy
from cards.render import size
from cards.text import LONGEST, bare, clean, escape, link, plain, safe_url, tags

MARKDOWN = MarkdownIt("commonmark").enable(["strikethrough", "table"])
OURS = "https://erp.acme.example/"
HARMLESS = {"paragraph_open", "paragraph_close", "text", "inline", "link_open", "link_close"}
NASTY = [
    "[pay here](https://evil.example)",
    "![x](https://evil.example/p.png)",
    "<at>Ann Whitfield</at>",
    "&lt;at&gt;Ann Whitfield&lt;/at&gt;",
    "<https://evil.example>",
    "https://evil.example www.evil.example ann@evil.example",
    "**bold** _it_ `code` ~~gone~~ # head > quote",
    "- item",
    "1. item",
    "line\nbreak\r\n\r\n# head",
    "\u202eDSU 00.052,1\u202c\u2066x\u2069\u200b",
    "\\[x](https://evil.example)",
    "[a]: https://evil.example",
    "{{DATE(2026-11-22T00:00:00Z)}} ${amount}",
    "x" * 5_000,
    "\U0001f4b8[" * 2_000,
    "\ud800\x00\x1b[31m",
    "| a | b |\n|---|---|",
    "---",
    "===",
    "    indented",
]
hostile = st.one_of(
    st.sampled_from(NASTY),
    st.lists(st.sampled_from([*NASTY[:14], *"*_[]()~`>#<&;:/\\.-+|1! "]), max_size=8).map("".join),
    st.text(max_size=260),
)


def bill(text: str, lines: int = 3) -> Document:
    """A bill that says *text* wherever an ERP text can stand."""
    names = ("VendorRef", "Terms", "BranchID", "Description", "CurrencyID", "Vendor")
    line = {"TransactionDescription": text, "POOrderNbr": text, "UOM": text, "Amount": 1, "Qty": 2}
    return Document(
        DocumentKey("Bill", "Bill", text),
        "id",
        text,
        WAITING.seen_at,
        {"Amount": 12, **dict.fromkeys(names, text)},
        tuple({**line, "POOrderNbr": f"{text}{number}"} for number in range(lines)),
        Around(text, text, text),
    )


LANGUAGES = (ENGLISH, language_of("de"))


def situation(
    state: State,
    text: str,
    *,
    for_approver: bool,
    language: Language = ENGLISH,
    privacy: Privacy = Privacy.FULL,
) -> Situation:
    """A situation with *text* in every place somebody else fills."""
    return Situation(
        state=state,
        now=WAITING.now,
        zone=CHICAGO,
        seen_at=WAITING.seen_at,
        as_of=WAITING.as_of,
        verbs=("approve", "reject"),
        approvers=(ANN, Mention(text, "29:1x"), Mention(text, "29:1y"), Mention(text)),
        token="t",
        for_approver=for_approver,
        refresh_for=("29:1x",),
        who=text,
        verb="approve",
        at=WAITING.now,
        reason=text,
        changes=((text, text, text),),
        link=f"{OURS}Main?RefNbr=1",
        warnings=(text, text),
        owner=text,
        waits_for=(text, text),
        decided=((APPROVED_BY, text),),
        approver_missing=text,
        said=text,
        remarks=(text,),
        links={text: text, f"{text}0": f"{OURS}PO?x=(1)"},
        language=language,
        discretion=Discretion(privacy),
    )


def assert_obeys_nobody(card: dict[str, Any]) -> None:
    """Fail when a text of *card* is anything but words, our links and our mentions."""
    known = {entity["text"] for entity in card["msteams"].get("entities", [])}
    for text in texts(card):
        bare = text
        for tag in known:
            bare = bare.replace(tag, "somebody")
        assert "<" not in bare
        for token in MARKDOWN.parse(bare):
            assert token.type in HARMLESS, (token.type, bare)
            for inner in token.children or []:
                assert inner.type in HARMLESS, (inner.type, bare)
                assert str(inner.attrGet("href") or OURS).startswith(OURS)
                assert "<" not in inner.content


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=hostile,
    state=st.sampled_from(State),
    for_approver=st.booleans(),
    language=st.sampled_from(LANGUAGES),
    privacy=st.sampled_from(Privacy),
)
def test_no_text_of_others_becomes_a_link_a_mention_or_a_layout(
    text: str, state: State, for_approver: bool, language: Language, privacy: Privacy
) -> None:
    told = situation(state, text, for_approver=for_approver, language=language, privacy=privacy)

    card = document_card(bill(text), told, branches={text: text, **BRANCHES})

    assert schema_errors(card) == []
    assert_obeys_nobody(card)
    assert size(card) <= 25_000
    assert "\n" not in summary(bill(text), told)


@settings(max_examples=60, deadline=None)
@given(text=hostile, language=st.sampled_from(LANGUAGES))
def test_a_nudge_calls_those_we_call_and_obeys_nobody(text: str, language: Language) -> None:
    told = situation(State.CHANGED, text, for_approver=False, language=language)
    people = (ANN, Mention(text, "29:1x"), Mention(text))

    message = nudge_message(summary(bill(text), told), people, language)

    called = [entity["text"] for entity in message["entities"]]
    assert [entity["mentioned"]["id"] for entity in message["entities"]] == [ANN.teams_id, "29:1x"]
    assert all(message["text"].count(tag) == 1 for tag in called)
    assert_obeys_nobody({"msteams": {"entities": message["entities"]}, "text": message["text"]})


@settings(max_examples=30, deadline=None)
@given(text=hostile, language=st.sampled_from(LANGUAGES))
def test_chat_answers_obey_nobody_either(text: str, language: Language) -> None:
    rows = [ListingRow(bill(text), text, text)] * 40

    for card in (
        listing_card(text, rows, more=2, now=WAITING.now, zone=CHICAGO, language=language),
        text_card(text, [text], language),
        connect_card(text, f"{OURS}connect", "15:04", language),
    ):
        assert schema_errors(card) == []
        assert_obeys_nobody(card)
        assert size(card) <= 25_000


@given(text=hostile)
def test_cleaning_leaves_one_short_line_that_reads_in_its_own_order(text: str) -> None:
    line = clean(text)

    assert len(line) <= LONGEST
    assert not set(line) & set("\n\r\t\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200f")
    assert clean(line) == line
    line.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Cascade Paper", "Cascade Paper"),
        ("Johnson & Johnson", "Johnson & Johnson"),
        ("Nyström (West)", "Nyström \\(West\\)"),
        ("a*b_c", "a\\*b\\_c"),
        ("1. first", "1\\. first"),
        ("1,250.00 USD", "1,250.00 USD"),
        ("510.00", "510.00"),
        ("- item", "\\- item"),
        ("-5.00", "-5.00"),
        ("C:\\temp", "C:\\\\temp"),
        ("&lt;at&gt;", "＆lt;at＆gt;"),
        ("<at>", "‹at›"),
    ],
)
def test_escaping_keeps_what_a_person_reads(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_a_toast_shows_no_backslashes_and_no_tags() -> None:
    assert plain("a_b <at>Ann</at>\n(x)") == "a_b ‹at›Ann‹/at› (x)"


def test_bare_addresses_stay_words() -> None:
    shown = escape("see https://evil.example, www.evil.example or ann@evil.example")

    assert "://" not in shown
    assert "www." not in shown
    assert "@evil" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "https://erp.acme.example/Main?a=1&b=2",
        "http://localhost:8770/x",
        "http://127.0.0.1:8770/x",
        "http://[::1]:8770/x",
    ],
)
def test_a_card_opens_https_and_this_machine(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://erp.acme.example/",
        "javascript:alert(1)",
        "https://",
        "https://user@evil.example/",
        "https://a b.example/",
        "https://evil.example/)[x](",
        "https://[::1",
        "http://localhost.evil.example/",
        "file:///etc/passwd",
        "https://x.example/" + "a" * 2_000,
    ],
)
def test_a_card_opens_nothing_else(url: str) -> None:
    assert link("000123", url) in {"000123", "[000123](https://evil.example/%29[x]%28)"}


def test_equal_names_get_different_tags() -> None:
    assert tags(["Ann Whitfield", "Ann Whitfield", "Erin Walsh"]) == [
        "<at>Ann Whitfield</at>",
        "<at>Ann Whitfield 2</at>",
        "<at>Erin Walsh</at>",
    ]


def test_a_name_cannot_close_its_tag() -> None:
    assert tags(["Ann</at> & <at>Erin", ""]) == [
        "<at>Ann /at &amp; at Erin</at>",
        "<at>somebody</at>",
    ]


def test_two_mentions_of_one_name_notify_two_people() -> None:
    twins = (ANN, Mention(ANN.name, ERIN.teams_id))
    told = situation(State.WAITING, "x", for_approver=False)
    card = document_card(bill("x"), Situation(**{**_fields(told), "approvers": twins}))

    entities = card["msteams"]["entities"]

    assert [entity["mentioned"]["id"] for entity in entities] == [ANN.teams_id, ERIN.teams_id]
    assert schema_errors(card) == []
    assert list(elements(card, "TextBlock"))


def _fields(told: Situation) -> dict[str, Any]:
    return {name: getattr(told, name) for name in told.__dataclass_fields__}


def test_a_name_in_a_plain_line_is_a_name_only() -> None:
    told = bare("[Pay here](https://evil.example) <at>x</at> *Ann*")

    assert not set("[]()<>*`_") & set(told)
    assert "://" not in told
