"""A card keeps the language it was made in."""

from __future__ import annotations

import pytest
from store_values import BILL, COMPANY, NOW, later

from storage import conversations, posted_cards
from storage.database import Database
from storage.records import Conversation


def chat(locale: str, name: str = "a:1") -> Conversation:
    return Conversation(name, "personal", "https://smba.example/", "aad-ann", "", locale)


async def locale_of(store: Database, target: str) -> str:
    async with store.transaction() as conn:
        await posted_cards.add(conn, COMPANY, BILL, target)
        card = await posted_cards.get(conn, COMPANY, BILL, target)
    assert card is not None
    return card.locale


async def test_a_card_in_a_chat_keeps_the_language_its_person_had_then(store: Database) -> None:
    async with store.transaction() as conn:
        await conversations.put(conn, chat("de-DE"), now=NOW)
    first = await locale_of(store, "person:aad-ann")

    async with store.transaction() as conn:
        await conversations.put(conn, chat("en-GB"), now=later(60))

    assert (first, await locale_of(store, "person:aad-ann")) == ("de-DE", "de-DE")


@pytest.mark.parametrize("target", ["channel:aad-ann", "person:aad-ben", "approver"])
async def test_anywhere_else_a_card_is_in_the_language_of_its_company(
    store: Database, target: str
) -> None:
    async with store.transaction() as conn:
        await conversations.put(conn, chat("de-DE"), now=NOW)

    assert await locale_of(store, target) == ""
