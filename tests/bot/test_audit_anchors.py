"""The end of the trail is told elsewhere, every hour, and a torn line costs one anchor at most."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from audit_world import Trail, open_trail

from bot.auditing.anchors import TOLD, Anchoring, append, read_anchors, read_head
from bot.clock import Bell
from cards.audit_head import head_message
from cards.language import ENGLISH
from storage import audit, conversations, outbox
from storage.chain import Anchor
from storage.database import StoreError
from storage.records import Conversation

MAC = "0123456789abcdef" * 4


@pytest.fixture
async def trail(tmp_path: Path) -> AsyncIterator[Trail]:
    async with open_trail(tmp_path) as opened:
        yield opened


async def test_the_end_is_told_at_once_then_every_hour_if_there_is_more(
    trail: Trail, tmp_path: Path
) -> None:
    file = tmp_path / "elsewhere" / "anchor"
    anchoring = Anchoring(trail.store, file, trail.ports)
    await anchoring.step()
    assert not file.exists()  # nothing to tell yet
    await trail.add("one")

    told = []
    for minutes, more in ((0, ""), (59, "two"), (1, ""), (60, ""), (60, "three")):
        trail.clock.later(minutes * 60)
        if more:
            await trail.add(more)
        assert await anchoring.step() is False
        told.append([one.seq for one in read_anchors(file).told])

    assert told == [[1], [1], [1, 2], [1, 2], [1, 2, 3]]
    assert trail.examined(*read_anchors(file).told).met == 3
    assert file.stat().st_mode & 0o777 == 0o600


async def test_when_it_is_due_next_is_told(trail: Trail, tmp_path: Path) -> None:
    anchoring = Anchoring(trail.store, tmp_path / "anchor", trail.ports)
    await trail.add("one")
    await anchoring.step()
    trail.clock.later(600)

    due = await anchoring.next_due()

    assert due is not None
    assert (due - trail.clock.now()).total_seconds() == pytest.approx(3000)


async def test_a_file_that_cannot_be_written_is_told_and_tried_again_soon(
    trail: Trail, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    anchoring = Anchoring(trail.store, tmp_path / "taken" / "anchor", trail.ports)
    await trail.add("one")

    await anchoring.step()
    (problem,) = anchoring.troubles()
    (tmp_path / "taken").unlink()
    trail.clock.later(60)
    await anchoring.step()

    assert "has no anchor" in problem
    assert anchoring.troubles() == []
    assert len(read_anchors(tmp_path / "taken" / "anchor").told) == 1


def test_a_line_that_a_stop_tore_costs_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "anchor"
    append(file, Anchor("a", 1, MAC))
    with file.open("a") as torn:
        torn.write('{"at": "b", "seq": 2, "m')
    append(file, Anchor("c", 3, MAC))

    found = read_anchors(file)

    assert [one.seq for one in found.told] == [1, 3]
    assert found.damaged == (2,)


@pytest.mark.parametrize(
    "line",
    ["[]", "no", f'{{"at":"a","seq":0,"mac":"{MAC}"}}', '{"at":"a","seq":1,"mac":"x"}', "\xff"],
)
def test_a_line_that_is_no_anchor_is_counted_as_damaged(tmp_path: Path, line: str) -> None:
    (tmp_path / "anchor").write_text(f"{line}\n\n", "latin-1")

    assert read_anchors(tmp_path / "anchor").damaged == (1,)


@pytest.mark.parametrize("text", [f"12345:{MAC}", f" 12,345 : {MAC} ", f"12.345:{MAC}"])
def test_an_end_is_read_as_people_copy_it(text: str) -> None:
    assert read_head(text) == Anchor("the message", 12345, MAC)


@pytest.mark.parametrize("text", ["", "12345", f"x:{MAC}", "12345:abc"])
def test_what_is_no_end_is_refused_in_words(text: str) -> None:
    with pytest.raises(StoreError, match="must be like"):
        read_head(text)


async def test_a_channel_is_told_once_a_day_and_only_once_it_is_bound(
    trail: Trail, tmp_path: Path
) -> None:
    bell = Bell(trail.clock)
    anchoring = Anchoring(
        trail.store, tmp_path / "anchor", trail.ports,
        channel=("ap", "de"), reachable=lambda known: known or "https://default",
    )  # fmt: skip
    anchoring.outbox = bell
    await trail.add("one")

    await anchoring.step()
    assert await messages(trail) == []
    async with trail.store.transaction() as conn:
        await conversations.bind(conn, "ap", "19:x", by="ann", now=trail.clock.now())
    anchoring.outbox = None
    trail.clock.later(3600)
    await anchoring.step()  # nobody is there to be woken
    anchoring.outbox = bell
    for _ in range(29):
        trail.clock.later(3600)
        await anchoring.step()

    told = await messages(trail)
    assert 2 <= len(told) <= 3  # the days those hours touch
    assert all("Prüfprotokoll: 1 Zeilen" in one for one in told)
    assert all("https://default" in one for one in told)
    async with trail.store.reading() as conn:
        assert await audit.seen_before(conn, TOLD) == trail.clock.now().date().isoformat()


async def test_the_message_to_the_channel_is_said_where_it_is_bound_and_names_the_end(
    trail: Trail, tmp_path: Path
) -> None:
    anchoring = Anchoring(
        trail.store, tmp_path / "anchor", trail.ports,
        channel=("ap", "en"), reachable=lambda known: f"{known}checked",
    )  # fmt: skip
    await trail.add("one")
    now = trail.clock.now()
    async with trail.store.transaction() as conn:
        place = Conversation("19:x", "channel", "https://known/", team="t")
        await conversations.put(conn, place, now=now)
        await conversations.bind(conn, "ap", "19:x", by="ann", now=now)

    assert await anchoring.step() is False

    async with trail.store.reading() as conn:
        [item] = await outbox.unfinished(conn)
        last = await audit.head(conn)
    assert last is not None
    today = now.date().isoformat()
    assert (item.key, item.kind, item.company) == (f"audit|head|{today}", "say", "")
    assert (item.document, item.target) == (f"audit {today}", "19:x")
    assert item.payload == {
        "service_url": "https://known/checked",
        "conversation": "19:x",
        "activity": head_message(last.seq, last.at, last.mac, ENGLISH),
    }
    assert last.mac in str(item.payload["activity"])


async def test_before_the_first_time_it_is_due_now_and_nothing_is_wrong(
    trail: Trail, tmp_path: Path
) -> None:
    anchoring = Anchoring(trail.store, tmp_path / "anchor", trail.ports)

    assert await anchoring.next_due() == trail.clock.now()
    assert anchoring.troubles() == []


async def test_why_the_file_cannot_be_written_stands_in_the_log(
    trail: Trail, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    anchoring = Anchoring(trail.store, tmp_path / "taken" / "anchor", trail.ports)
    await trail.add("one")

    await anchoring.step()

    [line] = caplog.records
    assert line.message == "audit trail not anchored"
    assert line.__dict__["reason"] == anchoring.troubles()[0]


async def test_a_line_says_when_it_was_written(trail: Trail, tmp_path: Path) -> None:
    await trail.add("one")

    await Anchoring(trail.store, tmp_path / "anchor", trail.ports).step()

    [told] = read_anchors(tmp_path / "anchor").told
    assert told.at == trail.clock.now().isoformat()


def test_each_end_is_one_whole_line_however_deep_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "far" / "away" / "anchor"
    for seq in (1, 2):
        append(file, Anchor("a", seq, MAC))

    lines = file.read_text("utf-8").split("\n")
    assert [json.loads(line)["seq"] for line in lines[:-1]] == [1, 2]
    assert lines[-1] == ""


async def messages(trail: Trail) -> list[str]:
    async with trail.store.reading() as conn:
        rows = await (await conn.execute("SELECT payload FROM outbox ORDER BY id")).fetchall()
    return [str(row[0]) for row in rows]
