"""Replies under a card become comments: told by Graph, plain or sealed, or by the connector."""

from __future__ import annotations

from collections.abc import AsyncIterator
from logging import WARNING
from pathlib import Path
from typing import Any

import pytest
from notices_world import AP, BILL, EAST, NoticesWorld, notices_world

from storage import audit, notices, outbox, people
from storage.records import TeamsPerson


@pytest.fixture
async def graph(tmp_path: Path) -> AsyncIterator[NoticesWorld]:
    async with notices_world(tmp_path) as world:
        await world.bind(AP, EAST)
        await world.settle()
        yield world


@pytest.fixture
async def sealed(tmp_path: Path) -> AsyncIterator[NoticesWorld]:
    async with notices_world(tmp_path, rich=True) as world:
        await world.bind(AP)
        await world.settle()
        yield world


async def reads(graph: NoticesWorld) -> list[str]:
    """The messages and threads we asked Graph for."""
    asked = await graph.events("request")
    return [one["path"] for one in asked if "/messages/" in one["path"]]


async def queued(graph: NoticesWorld) -> list[str]:
    async with graph.store.reading() as conn:
        return [one.kind for one in await outbox.unfinished(conn)]


async def fault(graph: NoticesWorld, what: str, times: int) -> None:
    """Have reading messages go wrong."""
    on = {"path": "/v1.0/teams"}
    await graph.lever("faults", {"fault": what, "on": on, "times": times})


# --- plain notices ---


async def test_a_reply_under_a_card_becomes_a_comment_and_the_card_is_edited(
    graph: NoticesWorld,
) -> None:
    thread = await graph.card()

    message = await graph.reply("ben", thread, "The price is higher than agreed & wrong")
    await graph.settle()

    [comment] = await graph.comments()
    assert comment.text == "The price is higher than agreed & wrong"
    assert (comment.via, comment.source, comment.guest) == ("reply", f"{AP}|{message}", False)
    assert comment.person.startswith("aaaaaaaa-")
    assert comment.name.startswith("Ben")
    assert comment.said_at is not None
    assert await queued(graph) == ["update"]


async def test_a_comment_is_audited_with_who_wrote_it_but_not_what(graph: NoticesWorld) -> None:
    await graph.reply("ben", await graph.card(), "a private remark")
    await graph.settle()

    async with graph.store.reading() as conn:
        [kept] = [one for one in await audit.newest(conn) if one.action == "comment kept"]
    assert (kept.company, kept.document) == ("acme", BILL)
    assert kept.actor == (await graph.comments())[0].person
    assert "private" not in str(kept.detail)


async def test_notices_doubled_and_disordered_make_each_comment_once(graph: NoticesWorld) -> None:
    thread = await graph.card()
    await graph.lever("notices", {"duplicate": 2, "reorder": 9})

    for number in range(3):
        await graph.reply("ben", thread, f"remark {number}")
    await graph.settle()

    assert sorted(await graph.said()) == ["remark 0", "remark 1", "remark 2"]


async def test_what_stands_under_no_card_of_ours_is_never_read(graph: NoticesWorld) -> None:
    other = str(
        (
            await graph.lever(
                "say", {"person": "ann", "conversation": AP, "text": "lunch?", "mention": False}
            )
        )["message"]
    )

    await graph.reply("ben", other, "yes")
    await graph.settle()

    assert await reads(graph) == []
    assert await graph.comments() == []


async def test_what_was_edited_keeps_its_first_words_and_says_so(graph: NoticesWorld) -> None:
    message = await graph.reply("ben", await graph.card(), "The price is wrong")
    await graph.settle()
    graph.clock.advance(minutes=1)

    await graph.lever(
        "message", {"person": "ben", "message": message, "event": "edit", "text": "All fine"}
    )
    await graph.settle()

    [comment] = await graph.comments()
    assert (comment.text, comment.changed) == ("The price is wrong", "edited")


async def test_what_was_deleted_stays_and_says_so(graph: NoticesWorld) -> None:
    message = await graph.reply("ben", await graph.card(), "The price is wrong")
    await graph.settle()
    graph.clock.advance(minutes=1)

    await graph.happens("ben", message, "delete")
    graph.clock.advance(hours=1)
    await graph.lever("subscriptions", {"event": "missed"})
    await graph.settle()

    [comment] = await graph.comments()
    assert (comment.text, comment.changed) == ("The price is wrong", "deleted")


async def test_a_reaction_changes_nothing(graph: NoticesWorld) -> None:
    message = await graph.reply("ben", await graph.card(), "The price is wrong")
    await graph.settle()

    await graph.lever(
        "message", {"person": "ann", "message": message, "event": "react", "reaction": "like"}
    )
    await graph.settle()

    [comment] = await graph.comments()
    assert comment.changed == ""


async def test_what_is_gone_before_it_is_read_is_no_trouble(graph: NoticesWorld) -> None:
    message = await graph.reply("ben", await graph.card(), "oops")
    await graph.lever(
        "message", {"person": "ben", "message": message, "event": "delete", "hard": True}
    )

    await graph.settle()

    assert await graph.comments() == []
    async with graph.store.reading() as conn:
        assert await notices.counts(conn) == {}


async def test_what_a_guest_says_is_kept_and_marked(graph: NoticesWorld) -> None:
    await graph.reply("guest", await graph.card(), "as discussed")
    await graph.settle()

    [comment] = await graph.comments()
    assert comment.guest


async def test_somebody_the_roster_knows_as_a_guest_is_one(graph: NoticesWorld) -> None:
    await graph.reply("ben", await graph.card(), "first")
    await graph.settle()
    ben = (await graph.comments())[0].person
    async with graph.store.transaction() as conn:
        await people.put_person(
            conn, TeamsPerson(ben, "29:ben", "Ben", "ben@x", guest=True), now=graph.clock.now()
        )

    await graph.reply("ben", await graph.card("Bill/Bill/000155"), "second")
    await graph.settle()

    async with graph.store.reading() as conn:
        rows = await (await conn.execute("SELECT guest FROM comments ORDER BY id")).fetchall()
    assert [row["guest"] for row in rows] == [0, 1]


async def test_a_command_to_the_bot_is_no_comment_but_a_word_to_it_is(graph: NoticesWorld) -> None:
    thread = await graph.card()

    await graph.reply("ben", thread, "help", mention=True)
    await graph.reply("ben", thread, "the freight is missing", mention=True)
    await graph.settle()

    assert await graph.said() == ["the freight is missing"]


async def test_while_graph_is_busy_the_reply_waits_and_is_read_later_without_an_alarm(
    graph: NoticesWorld, caplog: pytest.LogCaptureFixture
) -> None:
    thread = await graph.card()
    await graph.lever(
        "faults", {"fault": "status:429:120", "on": {"path": "/v1.0/teams"}, "times": 1}
    )

    await graph.reply("ben", thread, "be patient")
    await graph.settle()
    assert await graph.comments() == []
    graph.clock.advance(minutes=5)
    await graph.settle()

    assert await graph.said() == ["be patient"]
    assert "reply not read" not in [row.message for row in caplog.records if row.levelno >= WARNING]


async def test_more_replies_than_graph_answers_a_second_are_all_read(graph: NoticesWorld) -> None:
    thread = await graph.card()

    for number in range(12):
        await graph.reply("ben", thread, f"remark {number}")
    await graph.settle()

    assert len(await graph.comments()) == 12


async def test_what_graph_keeps_refusing_is_parked_where_it_is_counted(graph: NoticesWorld) -> None:
    thread = await graph.card()
    await graph.lever("graph", {"roles": ["User.Read.All"]})
    await graph.lever(
        "faults", {"fault": "status:403", "on": {"path": "/v1.0/teams"}, "times": 1000}
    )
    await graph.reply("ben", thread, "nobody may read this")

    for _ in range(110):
        await graph.settle()
        graph.clock.advance(minutes=15)

    async with graph.store.reading() as conn:
        assert await notices.counts(conn) == {"parked": 1}


# --- what was missed ---


@pytest.mark.parametrize("event", ["missed", "subscriptionRemoved"])
async def test_what_was_missed_is_read_again(graph: NoticesWorld, event: str) -> None:
    thread = await graph.card()
    await graph.reply("ben", thread, "heard")
    await graph.settle()
    await graph.lever("notices", {"drop": 2})
    await graph.reply("ann", thread, "missed one")
    await graph.reply("ben", thread, "missed two")
    await graph.settle()
    assert await graph.said() == ["heard"]

    await graph.lever("subscriptions", {"event": event})
    await graph.settle()

    assert await graph.said() == ["heard", "missed one", "missed two"]


async def test_a_long_thread_is_read_to_its_end(graph: NoticesWorld) -> None:
    thread = await graph.card()
    await graph.lever("notices", {"drop": 70})
    for number in range(70):
        await graph.reply("ben", thread, f"remark {number}")

    await graph.lever("subscriptions", {"event": "missed"})
    await graph.settle()

    assert await graph.said() == [f"remark {number}" for number in range(70)]


async def test_a_stop_in_between_loses_nothing(graph: NoticesWorld) -> None:
    await graph.reply("ben", await graph.card(), "before the stop")
    await graph.told()

    graph.restart()
    graph.clock.advance(seconds=5)
    await graph.settle()

    assert await graph.said() == ["before the stop"]


# --- sealed messages ---


async def test_a_sealed_message_is_opened_and_not_asked_for(sealed: NoticesWorld) -> None:
    thread = await sealed.card()

    await sealed.reply("ben", thread, "sealed to us")
    await sealed.settle()

    assert await sealed.said() == ["sealed to us"]
    assert not [path for path in await reads(sealed) if f"/messages/{thread}/replies/" in path]


@pytest.mark.parametrize(
    "spoiled",
    [
        {"content": "bad signature"},
        {"content": "bad key"},
        {"token": "foreign app"},
        {"token": "foreign key"},
        {"token": "expired"},
        {"token": "other tenant"},
        {"token": "none"},
    ],
)
async def test_what_cannot_be_believed_is_read_by_its_id(
    sealed: NoticesWorld, spoiled: dict[str, str]
) -> None:
    thread = await sealed.card()
    await sealed.lever("notices", spoiled)

    message = await sealed.reply("ben", thread, "read by its id")
    await sealed.settle()

    assert await sealed.said() == ["read by its id"]
    assert [path for path in await reads(sealed) if path.endswith(f"/replies/{message}")]


async def test_the_newer_kind_of_token_is_good_as_well(sealed: NoticesWorld) -> None:
    thread = await sealed.card()
    await sealed.lever("notices", {"token": "v2"})

    message = await sealed.reply("ben", thread, "version two")
    await sealed.settle()

    assert await sealed.said() == ["version two"]
    assert not [path for path in await reads(sealed) if path.endswith(f"/replies/{message}")]


async def test_before_a_certificate_ends_another_takes_its_place(sealed: NoticesWorld) -> None:
    first = await sealed.known()
    thread = await sealed.card()

    for _ in range(12 * 31):
        sealed.clock.advance(days=1)
        if _ % 12 == 0:
            await sealed.settle()
    await sealed.settle()
    sealed.clock.advance(days=2)
    await sealed.settle()

    now = await sealed.known()
    assert now.certificate != first.certificate
    [one] = await sealed.listed()
    assert one["encryptionCertificateId"] == now.certificate
    message = await sealed.reply("ben", thread, "sealed anew")
    await sealed.settle()
    assert not [path for path in await reads(sealed) if path.endswith(f"/replies/{message}")]


async def test_a_private_key_lies_in_the_store_only_sealed(
    sealed: NoticesWorld, tmp_path: Path
) -> None:
    assert stored(tmp_path).count(b"certificates of Graph notices")
    assert not stored(tmp_path).count(b"PRIVATE KEY")
    assert "PRIVATE KEY" not in repr(await sealed.certificates.current())  # type: ignore[union-attr]


def stored(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("store.db*"))


# --- as the connector tells ---


def wire(text: str, thread: str, *, mention: bool = True, **sender: Any) -> dict[str, Any]:
    bot = {"id": "28:bot", "name": "Countersign"}
    mentioned = {"type": "mention", "text": "<at>Countersign</at>", "mentioned": bot}
    return {
        "type": "message",
        "id": "1700000000999",
        "from": {"id": "29:ben", "name": "Ben Buyer", "aadObjectId": "aad-ben", **sender},
        "recipient": bot,
        "conversation": {"id": f"{AP};messageid={thread}", "conversationType": "channel"},
        "serviceUrl": "https://smba.example/",
        "text": f"<at>Countersign</at> {text}" if mention else text,
        "entities": [mentioned] if mention else [],
    }


async def test_a_word_to_the_bot_under_a_card_is_kept_once_and_answered_once(
    graph: NoticesWorld,
) -> None:
    thread = await graph.card()

    assert await graph.overheard.kept(wire("the freight is missing", thread))
    assert await graph.overheard.kept(wire("the freight is missing", thread))

    assert await graph.said() == ["the freight is missing"]
    assert sorted(await queued(graph)) == ["say", "update"]


async def test_what_an_app_that_may_read_the_channel_hears_is_kept_without_an_answer(
    graph: NoticesWorld,
) -> None:
    thread = await graph.card()

    assert await graph.overheard.kept(wire("no freight?", thread, mention=False))

    assert await graph.said() == ["no freight?"]
    assert await queued(graph) == ["update"]


@pytest.mark.parametrize("typed", ["help"])
async def test_a_command_under_a_card_is_left_to_who_answers_commands(
    graph: NoticesWorld, typed: str
) -> None:
    assert not await graph.overheard.kept(wire(typed, await graph.card()))
    assert await graph.comments() == []


async def test_what_is_said_elsewhere_is_left_to_who_answers_commands(graph: NoticesWorld) -> None:
    await graph.card()

    assert not await graph.overheard.kept(wire("hello", "1600000000000"))
    assert not await graph.overheard.kept(wire("hello", ""))


async def test_whom_the_activity_does_not_name_says_nothing(graph: NoticesWorld) -> None:
    assert not await graph.overheard.kept(wire("x", await graph.card(), aadObjectId=None))


async def test_the_same_word_told_by_graph_and_by_the_connector_is_one_comment(
    graph: NoticesWorld,
) -> None:
    thread = await graph.card()
    message = await graph.reply("ben", thread, "told twice", mention=True)
    told = wire("told twice", thread)
    told["id"] = message

    await graph.overheard.kept(told)
    await graph.settle()

    assert await graph.said() == ["told twice"]
