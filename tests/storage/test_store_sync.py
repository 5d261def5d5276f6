"""Hints made of lists, long reads, requests of an operator: what polling and comparing stand on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from store_values import BILL, COMPANY, NOW, later, question

from storage import counts, documents, inbox, ledger, posted_cards, progress, requests
from storage.database import Connection, Database, StoreError, StoreInUse, visiting
from storage.records import StoredDocument

STATUS = "On Hold"
Row = tuple[str, str, datetime]


def document(name: str = BILL, *, status: str = STATUS, changed: float = 0) -> StoredDocument:
    return StoredDocument(
        company=COMPANY, document=name, status=status, status_since=NOW, fingerprint="f",
        last_modified=later(changed), snapshot={}, revision=1, read_at=NOW,
    )  # fmt: skip


def row(name: str = BILL, *, status: str = STATUS, changed: float = 0) -> Row:
    return name, status, later(changed)


async def told(conn: Connection, *rows: Row) -> list[str]:
    return await inbox.hint_unknown(conn, COMPANY, rows, reason="poll", correlation="c", now=NOW)


# --- hints of lists ---


async def test_only_what_is_not_known_as_it_was_listed_makes_a_hint(store: Database) -> None:
    async with store.transaction() as conn:
        for name in ("Bill/Bill/same", "Bill/Bill/status", "Bill/Bill/stamp", "Bill/Bill/gone"):
            await documents.put(conn, document(name))
        await documents.mark_gone(conn, COMPANY, "Bill/Bill/gone", now=NOW)

        found = await told(
            conn,
            row("Bill/Bill/same"),
            row("Bill/Bill/status", status="Open"),
            row("Bill/Bill/stamp", changed=1),
            row("Bill/Bill/gone"),
            row("Bill/Bill/new"),
        )

    assert sorted(name.rpartition("/")[2] for name in found) == ["gone", "new", "stamp", "status"]


async def test_a_row_seen_again_makes_no_second_hint_a_changed_one_does(store: Database) -> None:
    async with store.transaction() as conn:
        assert await told(conn, row()) == [BILL]
        assert await told(conn, row()) == []
        assert await told(conn, row(changed=1)) == [BILL]
        (hint,) = await inbox.due_hints(conn, COMPANY, NOW, limit=9)

    assert hint.generation == 2


async def test_a_parked_hint_wakes_by_a_change_not_by_the_same_row(store: Database) -> None:
    async with store.transaction() as conn:
        await told(conn, row())
        (hint,) = await inbox.due_hints(conn, COMPANY, NOW, limit=9)
        await inbox.postpone_hint(conn, hint, due=NOW, note="odd", park=True)

        assert await told(conn, row()) == []
        assert await inbox.due_hints(conn, COMPANY, NOW, limit=9) == []
        assert await told(conn, row(status="Open")) == [BILL]
        assert len(await inbox.due_hints(conn, COMPANY, NOW, limit=9)) == 1


async def test_a_list_after_a_push_makes_sure_that_its_own_row_is_looked_at(
    store: Database,
) -> None:
    async with store.transaction() as conn:
        await told(conn, row())
        await inbox.add_hints(conn, COMPANY, [BILL], reason="push", correlation="c", now=NOW)

        assert await told(conn, row()) == [BILL]


async def test_what_waits_or_is_asked_about_is_looked_at_before_what_does_not(
    store: Database,
) -> None:
    asked, waits, rest = "Bill/Bill/asked", "Bill/Bill/waits", [f"Bill/Bill/{n}" for n in range(5)]
    async with store.transaction() as conn:
        await ledger.ask(conn, question("d1", document=asked))
        rows = [row(name, status="Closed") for name in (*rest, asked)]
        await inbox.hint_unknown(
            conn, COMPANY, [*rows, row(waits)],
            waiting=[STATUS], reason="poll", correlation="c", now=NOW,
        )  # fmt: skip
        by_poll = await inbox.due_hints(conn, COMPANY, NOW, limit=2)
        await inbox.add_hints(
            conn, COMPANY, [*rest, asked], reason="push", correlation="c", now=NOW, waits=False
        )
        await inbox.add_hints(conn, COMPANY, [waits], reason="push", correlation="c", now=later(5))
        by_push = await inbox.due_hints(conn, COMPANY, later(5), limit=2)

    assert [hint.document for hint in by_poll] == [asked, waits]
    assert [hint.document for hint in by_push] == [asked, waits]


async def test_names_that_look_like_sql_or_json_stay_names(store: Database) -> None:
    odd = ["Bill/Bill/'; DROP TABLE hints; --", 'Bill/Bill/"]', "Bill/Bill/%", "Bill/Bill/a/b"]
    async with store.transaction() as conn:
        assert await told(conn, *map(row, odd)) == odd
        assert await inbox.pending_among(conn, COMPANY, odd[:2]) == frozenset(odd[:2])


async def test_only_pending_hints_of_the_company_count_as_on_their_way(store: Database) -> None:
    async with store.transaction() as conn:
        await told(conn, row(), row("Bill/Bill/parked"))
        parked = (await inbox.due_hints(conn, COMPANY, NOW, limit=9))[-1]
        await inbox.postpone_hint(conn, parked, due=NOW, note="odd", park=True)
        names = [BILL, "Bill/Bill/parked", "Bill/Bill/other"]

        assert await inbox.pending_among(conn, COMPANY, names) == {BILL}
        assert await inbox.pending_among(conn, "beta", names) == frozenset()


# --- pushes ---


async def test_pushes_are_read_in_the_senders_order_those_without_one_first(
    store: Database,
) -> None:
    async with store.transaction() as conn:
        for name, order in (("c", 30), ("a", 10), ("none", 0), ("b", 20), ("b2", 20)):
            await inbox.add_push(
                conn, company=COMPANY, identity=name, body=name.encode(), correlation="c",
                now=NOW, order=order,
            )  # fmt: skip
        read = []
        while (push := await inbox.next_push(conn, COMPANY)) is not None:
            read.append(push.body.decode())
            await inbox.finish_push(conn, push)

    assert read == ["none", "a", "b", "b2", "c"]


# --- what is known ---


async def test_what_is_seen_and_what_stands_is_told_of_the_company_alone(store: Database) -> None:
    async with store.transaction() as conn:
        await documents.put(conn, document())
        await documents.put(conn, document("Bill/Bill/open", status="Open"))
        await documents.put(conn, document("Check/Payment/1"))

        assert set(await documents.seen(conn, COMPANY, [BILL, "Bill/Bill/x"])) == {BILL}
        assert set(await documents.standing(conn, COMPANY, "Bill", [STATUS])) == {BILL}
        assert await documents.standing(conn, "beta", "Bill", [STATUS]) == {}


async def test_open_ones_are_those_asked_about_and_those_with_a_card_that_wait(
    store: Database,
) -> None:
    asked, card, known = "Bill/Bill/asked", "Bill/Bill/card", "Bill/Bill/known"
    done = "Bill/Bill/done"
    async with store.transaction() as conn:
        for name in (card, known):
            await documents.put(conn, document(name))
        for name in (asked, done):
            await documents.put(conn, document(name, status="Open"))
        await ledger.ask(conn, question("d1", document=asked))
        for name in (card, done):
            await posted_cards.add(conn, COMPANY, name, "channel:ap")

        found = await documents.open_ones(conn, COMPANY, "Bill", [STATUS])

    assert [one.document for one in found] == [asked, card]


# --- progress and requests ---


async def test_progress_tells_how_far_a_long_read_is_and_how_it_ended(store: Database) -> None:
    thing = (COMPANY, "first synchronisation", "Bill")
    async with store.transaction() as conn:
        await progress.begin(conn, *thing, now=NOW, total=None)
        await progress.advance(conn, *thing, rows=200, pages=1, now=later(2))
        (running,) = await progress.everything(conn)
        await progress.give_up(conn, note="stopped", now=later(3))
        (ended,) = await progress.everything(conn)
        await progress.begin(conn, *thing, now=later(4), total=9)
        (anew,) = await progress.everything(conn)

    assert (running.rows, running.pages, running.updated_at) == (200, 1, later(2))
    assert running.finished_at is None
    assert (ended.finished_at, ended.note) == (later(3), "stopped")
    assert (anew.rows, anew.total, anew.finished_at, anew.note) == (0, 9, None, "")


async def test_a_request_is_taken_once_and_asked_for_again_after_a_crash(store: Database) -> None:
    async with store.transaction() as conn:
        number = await requests.ask(conn, COMPANY, now=NOW)
        assert await requests.waits(conn, COMPANY)
        assert not await requests.waits(conn, "beta")
        assert await requests.take(conn, COMPANY) == number
        assert await requests.take(conn, COMPANY) is None

        await requests.put_back(conn)
        assert await requests.take(conn, COMPANY) == number
        await requests.finish(conn, number, {"compared": 3}, now=NOW)
        await requests.put_back(conn)

        assert await requests.take(conn, COMPANY) is None
        assert await requests.state(conn, number) == ("done", {"compared": 3})


async def test_rows_are_counted_by_company_and_state(store: Database) -> None:
    async with store.transaction() as conn:
        await told(conn, row(), row("Bill/Bill/2"))
        await ledger.ask(conn, question())
        found = {(one.what, one.state): one.number for one in await counts.everything(conn)}

    assert found == {("hints", "pending"): 2, ("decisions", "pending"): 1}


# --- from outside ---


async def test_a_visitor_writes_into_the_store_of_a_running_service(
    store: Database, tmp_path: Path
) -> None:
    async with visiting(tmp_path / "store.db") as conn:
        number = await requests.ask(conn, COMPANY, now=NOW)

    async with store.transaction() as conn:
        assert await requests.take(conn, COMPANY) == number


async def test_a_store_in_use_is_told_from_one_that_is_broken(
    store: Database, tmp_path: Path
) -> None:
    with pytest.raises(StoreInUse):
        await Database.open(tmp_path / "store.db")
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError) as broken:
        await Database.open(tmp_path / "broken.db")
    assert not isinstance(broken.value, StoreInUse)


async def test_a_visitor_of_an_older_store_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "old.db").touch()  # without the tables of today
    with pytest.raises(StoreError, match=r"old\.db: .*older Countersign"):
        async with visiting(tmp_path / "old.db") as conn:
            await requests.ask(conn, COMPANY, now=NOW)


async def test_a_visitor_makes_no_store_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"none\.db: there is no store yet"):
        async with visiting(tmp_path / "none.db"):
            pass

    assert not (tmp_path / "none.db").exists()
