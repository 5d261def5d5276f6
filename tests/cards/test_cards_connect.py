"""How connecting one's own Acumatica user looks."""

from __future__ import annotations

from card_schema import elements, schema_errors

from cards.connect import connect_card, failed_page, signed_in_page
from cards.language import ENGLISH

LINK = "https://erp.acme.example/identity/connect/authorize?client_id=c%40Company&state=s"


def test_the_link_stands_on_one_button_and_nowhere_else() -> None:
    card = connect_card("acme", LINK, "15:04", ENGLISH)

    buttons = list(elements(card, "Action.OpenUrl"))
    assert [button["url"] for button in buttons] == [LINK]
    assert str(card).count("authorize") == 1


def test_the_card_that_asks_to_connect_is_one_teams_takes() -> None:
    assert schema_errors(connect_card("acme", LINK, "15:04", ENGLISH)) == []


def test_a_login_never_becomes_markup_of_the_page() -> None:
    page = signed_in_page("<script>alert(1)</script>", "123456", ENGLISH)

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "connect 123456" in page


def test_a_failure_is_told_in_a_sentence_and_never_as_markup() -> None:
    page = failed_page("You signed in as <b>.", ENGLISH)

    assert "You signed in as &lt;b&gt;." in page
