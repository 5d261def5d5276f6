"""What somebody typed, as a command; never an exception, whatever it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.entities import ENTITIES as ERP_ENTITIES
from bot.core.commands import (
    ENTITIES,
    GREETINGS,
    HELP,
    THANKS,
    Greeting,
    Help,
    Pending,
    ShowDocument,
    Unknown,
    read_command,
)


@pytest.mark.parametrize("text", ["", "  ", "help", "HELP!", " ? ", "\u00a0help\u00a0", "help ."])
def test_help_and_nothing_at_all_show_what_can_be_typed(text: str) -> None:
    assert read_command(text) == Help()


@pytest.mark.parametrize("word", sorted(GREETINGS))
def test_a_greeting_is_returned(word: str) -> None:
    assert read_command(f"{word.title()}!") == Greeting("Hello.")


@pytest.mark.parametrize("word", sorted(THANKS))
def test_thanks_are_welcome(word: str) -> None:
    assert read_command(f"{word}.") == Greeting("You are welcome.")


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


@pytest.mark.parametrize("text", ["pending", "bill", "bill ?", "bill 1 2", "vendor 7", "pending x"])
def test_half_a_command_is_not_understood(text: str) -> None:
    assert isinstance(read_command(text), Unknown)


def test_a_slip_is_answered_with_the_nearest_command() -> None:
    assert read_command("pendig bills") == Unknown("pendig bills", "pending bills")
    assert read_command("qwertzuiop") == Unknown("qwertzuiop", "")


@pytest.mark.parametrize("example", [example for example, _ in HELP])
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
