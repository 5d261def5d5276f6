"""Each message has its word in the outbox."""

from __future__ import annotations

import pytest

from bot.core.intents import Message, Nudge, PostCard, UpdateCard, message_kind


@pytest.mark.parametrize(
    ("message", "kind"),
    [(PostCard("x", True), "post"), (UpdateCard("x"), "update"), (Nudge("x"), "nudge")],
)
def test_each_message_has_its_word(message: Message, kind: str) -> None:
    assert message_kind(message) == kind
