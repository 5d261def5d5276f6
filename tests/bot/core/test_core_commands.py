"""What somebody typed, as a command; never an exception, whatever it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.entities import ENTITIES as ERP_ENTITIES
from bot.core.commands import (
    CONNECT_EXAMPLES,
    EXAMPLES,
    Connect,
    Decide,
    Disconnect,
    Greeting,
    HalfTyped,
    Help,
    More,
    Pending,
    ShowDocument,
    ShowSettings,
    ShowVendor,
    StopUsing,
    Unknown,
    UseChannel,
    WhoCovers,
    Why,
    read_command,
)
from bot.core.vocabulary import ENTITIES, EVERYTHING, GREETINGS, THANKS
from cards.help import DOES, help_rows
from cards.language import language_of


@pytest.mark.parametrize("text", ["", "  ", "help", "HELP!", " ? ", "\u00a0help\u00a0", "help ."])
def test_help_and_nothing_at_all_show_what_can_be_typed(text: str) -> None:
    assert read_command(text) == Help()


@pytest.mark.parametrize("word", sorted(GREETINGS))
def test_a_greeting_is_returned(word: str) -> None:
    assert read_command(f"{word.title()}!") == Greeting()


@pytest.mark.parametrize("word", sorted(THANKS))
def test_thanks_are_welcome(word: str) -> None:
    assert read_command(f"{word}.") == Greeting(thanks=True)


@pytest.mark.parametrize("word", ENTITIES)
def test_pending_lists_the_entities_of_a_word(word: str) -> None:
    assert read_command(f" Pending\u00a0{word.upper()} ?") == Pending(word, ENTITIES[word])


@pytest.mark.parametrize("word", ENTITIES)
def test_a_word_and_a_number_show_a_document(word: str) -> None:
    assert read_command(f"{word} 004512") == ShowDocument(word, ENTITIES[word], "004512")


@pytest.mark.parametrize(
    "text",
    ["bill AB-12/x", "Bill  AB-12/x.", "bill AB-12/x ?", "bill\u00a0AB-12/x !", "bill AB-12/x,"],
)
def test_a_number_is_taken_as_typed_without_the_sentences_end(text: str) -> None:
    assert read_command(text) == ShowDocument("bill", ("Bill",), "AB-12/x")


@pytest.mark.parametrize(
    "text", ["pending", "bill 1 2", "pending x", "who covers", "page", "page x", "page 1 2"]
)
def test_half_a_command_is_not_understood(text: str) -> None:
    assert isinstance(read_command(text), Unknown)


@pytest.mark.parametrize(
    ("text", "example"),
    [("bill ?", "bill 000154"), ("PO", "po PO000119"), ("Zahlung", "payment 000010"),
     ("vendor", "vendor V000000021"), ("why", "why 000154")],
)  # fmt: skip
def test_a_word_without_its_number_is_asked_for_it(text: str, example: str) -> None:
    assert read_command(text) == HalfTyped(example)


@pytest.mark.parametrize("text", ["page 3", "Seite 3"])
def test_a_page_alone_means_the_list_asked_for_last(text: str) -> None:
    assert read_command(text) == More(page=3)


def test_nonsense_is_not_understood_and_guesses_nothing() -> None:
    assert read_command("qwertzuiop") == Unknown("qwertzuiop", "")


BILLS = ENTITIES["bills"]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("pednig bils", Pending("bills", BILLS)),
        ("please show me pending bills", Pending("bills", BILLS)),
        ("zeige mir offene Rechnungen bitte", Pending("rechnungen", BILLS)),
        ("pending bills page 3", Pending("bills", BILLS, 3)),
        ("offene bestellungen seite 2", Pending("bestellungen", ("PurchaseOrder",), 2)),
        ("pending bills more", More(Pending("bills", BILLS))),
        ("more", More()),
        ("bil 4512", ShowDocument("bill", BILLS, "4512")),
        ("rechnung 4512", ShowDocument("rechnung", BILLS, "4512")),
        ("why 004512", Why("", EVERYTHING, "004512")),
        ("warum rechnung 004512?", Why("rechnung", BILLS, "004512")),
        ("vendor Acme Paper", ShowVendor("Acme Paper")),
        ("who covers Ann Whitfield?", WhoCovers("Ann Whitfield")),
        ("wer vertritt Ann", WhoCovers("Ann")),
        ("setings", ShowSettings()),
        ("hlep", Help()),
    ],
)
def test_slips_and_german_words_are_understood_where_something_is_shown(
    text: str, command: object
) -> None:
    assert read_command(text) == command


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("use this channel as ap-approvals", UseChannel("ap-approvals")),
        ("Use this channel as “AP”.", UseChannel("AP")),
        ("diesen Kanal als ap nutzen", UseChannel("ap")),
        ("verwende diesen Kanal als ap", UseChannel("ap")),
        ("move ap here", UseChannel("ap", moving=True)),
        ("verschiebe ap hierher", UseChannel("ap", moving=True)),
        ("stop using this channel", StopUsing()),
        ("connect 123-456", Connect("123456")),
        ("trennen", Disconnect()),
    ],
)
def test_what_acts_is_read_as_typed(text: str, command: object) -> None:
    assert read_command(text) == command


@pytest.mark.parametrize(
    "text",
    ["use this chanel as ap", "use this channel", "stop using this chanel", "conect", "disconect",
     "move here", "mov ap here", "use this channel as two words"],
)  # fmt: skip
def test_what_acts_is_never_guessed(text: str) -> None:
    assert isinstance(read_command(text), Unknown)


@pytest.mark.parametrize(
    "text", ["reject", "yes", "ok, release it", "release it", "approved", "relase 000123"]
)
def test_words_like_a_decision_are_no_command(text: str) -> None:
    assert isinstance(read_command(text), Unknown)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("release 000123", ""),
        ("approve bill 000123", "bill"),
        ("genehmige Rechnung 000123", "rechnung"),
    ],
)
def test_a_typed_decision_only_asks_where_to_press(text: str, word: str) -> None:
    assert read_command(text) == Decide(word, ENTITIES.get(word, EVERYTHING), "000123")


@pytest.mark.parametrize("command", [*EXAMPLES, *CONNECT_EXAMPLES])
def test_what_the_german_help_lists_is_understood_as_the_same(command: str) -> None:
    [(german, _)] = help_rows([command], language_of("de-DE"))

    assert german != command
    assert type(read_command(german)) is type(read_command(command))


def test_help_says_of_every_example_what_it_does() -> None:
    assert set(DOES) == {*EXAMPLES, *CONNECT_EXAMPLES}


@pytest.mark.parametrize("page", ["0", "-1", "x", "1 2", "²", "１"])
def test_a_page_that_is_no_number_is_not_understood(page: str) -> None:
    assert isinstance(read_command(f"pending bills page {page}"), Unknown)


@pytest.mark.parametrize("example", EXAMPLES)
def test_everything_help_names_is_understood(example: str) -> None:
    assert not isinstance(read_command(example), Unknown)


def test_every_word_leads_to_entities_the_erp_has() -> None:
    assert {name for names in ENTITIES.values() for name in names} == set(ERP_ENTITIES)


@given(st.one_of(st.text(), st.builds("{} {}".format, st.sampled_from(list(ENTITIES)), st.text())))
def test_whatever_is_typed_is_answered_and_no_number_is_empty(text: str) -> None:
    command = read_command(text)

    if isinstance(command, ShowDocument):
        assert command.number.strip(" .!?,")
        assert command.number in text
