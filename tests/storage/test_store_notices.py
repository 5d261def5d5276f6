"""Replies to read, and what is subscribed: nothing is lost midway, nothing newer given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage import comments, notices, subscriptions
from storage.database import Database
from storage.notices import ToRead
from storage.records import Comment

NOW = datetime(2026, 11, 22, 14, 20, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
CHANNEL = "19:ap@thread.tacv2"
REPLY = ToRead(CHANNEL, "17000", "17001")


async def test_a_notice_that_comes_while_its_reply_is_read_is_not_lost(store: Database) -> None:
    async with store.transaction() as conn:
        await notices.add(conn, REPLY, now=NOW)
        reading = await notices.due(conn, now=NOW)
        assert reading is not None
        await notices.add(conn, REPLY, now=NOW)

        await notices.done(conn, reading)
        again = await notices.due(conn, now=NOW)

    assert again is not None
    assert again.generation == reading.generation + 1


async def test_a_failure_does_not_put_off_what_came_meanwhile(store: Database) -> None:
    async with store.transaction() as conn:
        await notices.add(conn, REPLY, now=NOW)
        reading = await notices.due(conn, now=NOW)
        assert reading is not None
        await notices.add(conn, REPLY, now=NOW)

        await notices.postpone(conn, reading, due_at=LATER, note="away", park=True)

        assert await notices.due(conn, now=NOW) is not None


async def test_what_was_parked_is_tried_again_when_it_is_told_of_again(store: Database) -> None:
    async with store.transaction() as conn:
        await notices.add(conn, REPLY, now=NOW)
        await notices.postpone(conn, REPLY, due_at=LATER, note="refused", park=True)
        assert await notices.due(conn, now=LATER) is None

        await notices.add(conn, REPLY, now=NOW)

        assert await notices.due(conn, now=NOW) is not None


async def test_what_is_newer_is_not_given_up_with_the_subscription_before_it(
    store: Database,
) -> None:
    async with store.transaction() as conn:
        await subscriptions.add(conn, CHANNEL, now=NOW)
        await subscriptions.alive(conn, CHANNEL, "new", expires_at=LATER, due_at=LATER)

        assert not await subscriptions.lost(conn, CHANNEL, "old", now=NOW)
        kept = await subscriptions.get(conn, CHANNEL)

    assert kept is not None
    assert kept.id == "new"


async def test_a_team_keeps_its_group_when_an_activity_does_not_tell_it(store: Database) -> None:
    async with store.transaction() as conn:
        await subscriptions.learn_team(conn, "19:general", "group")
        await subscriptions.learn_team(conn, "19:general", "")

        assert await subscriptions.teams(conn) == {"19:general": "group"}


async def test_an_edit_that_changes_nothing_marks_nothing(store: Database) -> None:
    said = Comment("acme", "Bill/Bill/1", "c|1", "aad", "Ann", "fine", "reply", guest=True)
    async with store.transaction() as conn:
        await comments.add(conn, said, now=NOW)

        same = await comments.mark(conn, "c|1", "edited", text="fine")
        other = await comments.mark(conn, "c|1", "edited", text="not fine")
        again = await comments.mark(conn, "c|1", "edited", text="not fine")
        unknown = await comments.mark(conn, "c|2", "deleted")
        [kept] = await comments.of_document(conn, "acme", "Bill/Bill/1")

        await comments.mark(conn, "c|1", "deleted")
        on_card = await comments.newest(conn, "acme", "Bill/Bill/1", via=["reply"], most=2)

    assert on_card == []
    assert (same, other, again, unknown) == (False, True, False, False)
    assert (kept.text, kept.changed, kept.guest) == ("fine", "edited", True)
