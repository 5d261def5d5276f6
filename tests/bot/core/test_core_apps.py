"""Lines for the activity feed, as Graph takes them."""

from __future__ import annotations

from bot.core.apps import feed_body


def test_a_line_of_the_feed_leads_to_our_chat() -> None:
    body = feed_body("Bill 000123", "waits for you", app_id="app", chain=1)

    assert body["topic"]["webUrl"] == "https://teams.microsoft.com/l/chat/0/0?users=28:app"
