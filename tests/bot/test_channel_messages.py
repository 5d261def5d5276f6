"""What is read of a channel message: who, what, and nothing of its layout."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.messages import LONGEST, Ours, Spoken, html_text, read_message

APP = "bbbbbbbb-0000-0000-0000-000000000002"
TENANT = "11111111-2222-3333-4444-555555555555"


def message(**other: Any) -> dict[str, Any]:
    user = {
        "id": "aaaaaaaa-0000-0000-0000-000000000001",
        "displayName": "Ann Approver",
        "userIdentityType": "aadUser",
        "tenantId": TENANT,
    }
    return {
        "id": "1700000000123",
        "replyToId": "1700000000000",
        "messageType": "message",
        "createdDateTime": "2026-10-18T08:00:12.345Z",
        "lastEditedDateTime": None,
        "deletedDateTime": None,
        "from": {"user": user, "application": None},
        "body": {"contentType": "html", "content": "<p>Looks right to me</p>"},
        "attachments": [],
        "mentions": [],
        **other,
    }


def read(**other: Any) -> Spoken | None:
    return read_message(message(**other), Ours(APP, frozenset({TENANT})))


def said(html: str, **other: Any) -> str:
    spoken = read(body={"contentType": "html", "content": html}, **other)
    assert spoken is not None
    return spoken.text


def test_a_reply_tells_who_said_what_and_when() -> None:
    assert read() == Spoken(
        "1700000000123",
        "aaaaaaaa-0000-0000-0000-000000000001",
        "Ann Approver",
        "Looks right to me",
        datetime(2026, 10, 18, 8, 0, 12, 345000, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "other",
    [
        {"from": None},
        {"from": {"application": {"id": APP}, "user": None}},
        {"from": {"application": {"id": "another bot"}, "user": None}},
        {"from": {"user": {"id": ""}}},
        {"from": {"user": ["not", "an", "object"]}},
        {"messageType": "systemEventMessage"},
        {"messageType": None},
        {"id": "../../users"},
        {"id": None},
    ],
)
def test_what_no_person_wrote_is_no_comment(other: dict[str, Any]) -> None:
    assert read(**other) is None


@pytest.mark.parametrize(
    "user",
    [
        {"id": "g", "userIdentityType": "anonymousGuest"},
        {"id": "g", "userIdentityType": "federatedUser"},
        {"id": "g", "userIdentityType": "aadUser", "tenantId": "another tenant"},
    ],
)
def test_who_is_not_of_ours_is_a_guest(user: dict[str, Any]) -> None:
    spoken = read(**{"from": {"user": user}})

    assert spoken is not None
    assert spoken.guest


def test_paragraphs_become_lines_and_layout_is_dropped() -> None:
    html = (
        "<div><p>First <b>bold</b> <a href='https://evil.example'>link</a></p>\n"
        "<p>second<br/>third</p><ul><li>item</li></ul>&nbsp;</div>"
    )

    assert said(html) == "First bold link\nsecond\nthird\nitem"


def test_scripts_comments_and_broken_tags_leave_no_words() -> None:
    html = "<script>alert(1)</script><style>x</style>a<!-- hidden -->b<p onclick='x'>c<"

    assert said(html) == "ab\nc<"


def test_characters_are_read_as_meant_and_stay_mere_characters() -> None:
    assert said("1 &lt; 2 &amp; &lt;b&gt;not bold&lt;/b&gt;") == "1 < 2 & <b>not bold</b>"


def test_hidden_and_reordering_characters_are_dropped() -> None:
    assert said("a\u202eb\u200bc\x00d\ufeff") == "abcd"


def test_pictures_signs_and_files_are_only_named() -> None:
    html = '<img alt="the invoice" src="x"><img src="y"><emoji alt="👍"></emoji>'
    attached = [
        {"contentType": "reference", "name": "po.pdf"},
        {"contentType": "messageReference", "name": "quoted"},
        {"contentType": "reference", "name": None},
        "no object",
    ]

    assert said(html, attachments=attached) == "[the invoice][picture]👍\n[po.pdf]"


def test_our_own_mention_is_taken_out_and_told() -> None:
    mentions = [
        {"id": 0, "mentioned": {"application": {"id": APP}}},
        {"id": 1, "mentioned": {"user": {"id": "ben"}}},
    ]
    html = '<p><at id="0">Countersign</at> please ask <at id="1">Ben</at></p>'
    spoken = read(body={"contentType": "html", "content": html}, mentions=mentions)

    assert spoken is not None
    assert spoken.text == "please ask Ben"
    assert spoken.to_us


def test_a_text_message_is_read_as_it_is() -> None:
    spoken = read(body={"contentType": "text", "content": "a <b>"})

    assert spoken is not None
    assert spoken.text == "a <b>"


def test_a_long_message_is_cut() -> None:
    assert len(said("<p>" + "word " * 10_000 + "</p>")) == LONGEST


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<a ", "<at id=", "</", '<img alt="', "<?", "&", "<![CDATA[", "<script>"]
)
def test_no_markup_of_a_stranger_keeps_us_busy(piece: str) -> None:
    before = time.process_time()

    html_text(piece * 60_000)

    assert time.process_time() - before < 1.0


def test_deleted_and_edited_messages_say_so() -> None:
    gone = read(deletedDateTime="2026-10-18T09:00:00Z", body={"content": ""})
    changed = read(lastEditedDateTime="2026-10-18T09:00:00Z")

    assert gone is not None
    assert changed is not None
    assert (gone.deleted, changed.edited) == (True, True)


@pytest.mark.parametrize(
    "other", [{"body": None}, {"body": "x"}, {"mentions": {}, "attachments": 1}]
)
def test_members_of_an_unexpected_form_are_read_as_absent(other: dict[str, Any]) -> None:
    assert read(**other) is not None


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("yesterday", None),
        ("", None),
        ("2026-10-18T08:00:12", datetime(2026, 10, 18, 8, 0, 12, tzinfo=UTC)),
    ],
)
def test_a_time_that_is_none_is_not_guessed(told: str, at: datetime | None) -> None:
    spoken = read(createdDateTime=told)

    assert spoken is not None
    assert spoken.at == at
