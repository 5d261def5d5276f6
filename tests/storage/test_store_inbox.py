"""What came in: each push once, hints that merge and never get lost under a look."""

from __future__ import annotations

from store_values import BILL, COMPANY, NOW, later

from storage import inbox
from storage.database import Connection, Database
from storage.records import Hint


async def push(
    conn: Connection, identity: str, *, company: str = COMPANY, body: bytes = b"{}"
) -> bool:
    return await inbox.add_push(
        conn, company=company, identity=identity, body=body, correlation="c", now=NOW
    )


async def hint(conn: Connection, document: str = BILL, *, seconds: float = 0) -> None:
    await inbox.add_hint(
        conn, COMPANY, document, reason="push", correlation="c", now=later(seconds)
    )


async def due(conn: Connection, seconds: float = 0) -> Hint | None:
    found = await inbox.due_hints(conn, COMPANY, later(seconds), limit=1)
    return found[0] if found else None


async def test_the_same_push_again_is_one_but_another_companys_is_another(store: Database) -> None:
    async with store.transaction() as conn:
        assert await push(conn, "Bills|7")
        assert not await push(conn, "Bills|7", body=b"other")
        assert await push(conn, "Orders|7")
        assert await push(conn, "Bills|7", company="beta")


async def test_a_push_stays_known_after_it_was_read(store: Database) -> None:
    async with store.transaction() as conn:
        await push(conn, "Bills|7")
        first = await inbox.next_push(conn, COMPANY)
        assert first is not None
        await inbox.finish_push(conn, first)

        assert not await push(conn, "Bills|7")
        assert await inbox.next_push(conn, COMPANY) is None


async def test_pushes_are_read_oldest_first_each_company_for_itself(store: Database) -> None:
    async with store.transaction() as conn:
        await push(conn, "b", company="beta", body=b"beta")
        for body in (b"one", b"two"):
            await push(conn, body.decode(), body=body)

        read = []
        while (found := await inbox.next_push(conn, COMPANY)) is not None:
            read.append(found.body)
            await inbox.finish_push(conn, found)

    assert read == [b"one", b"two"]


async def test_a_push_that_cannot_be_read_is_parked_with_its_reason(store: Database) -> None:
    async with store.transaction() as conn:
        await push(conn, "x")
        found = await inbox.next_push(conn, COMPANY)
        assert found is not None
        await inbox.finish_push(conn, found, parked="no JSON")
        await inbox.finish_push(conn, found)  # what is parked stays so

        assert await inbox.parked(conn) == [(COMPANY, f"push {found.id}", "no JSON")]
        assert await inbox.next_push(conn, COMPANY) is None


async def test_pushes_are_forgotten_the_parked_ones_later_and_counted(store: Database) -> None:
    async with store.transaction() as conn:
        for name, parked in (("read", ""), ("odd", "no JSON")):
            await push(conn, name)
            found = await inbox.next_push(conn, COMPANY)
            assert found is not None
            await inbox.finish_push(conn, found, parked=parked)
        await push(conn, "new")

        kept = await inbox.forget(conn, read_before=later(1), parked_before=later(0))
        still = await inbox.parked(conn)
        dropped = await inbox.forget(conn, read_before=later(1), parked_before=later(1))

        assert kept == {}
        assert len(still) == 1
        assert dropped == {COMPANY: 1}
        assert await inbox.parked(conn) == []
        assert await inbox.next_push(conn, COMPANY) is not None


async def test_many_hints_for_one_document_are_one_look(store: Database) -> None:
    async with store.transaction() as conn:
        for _ in range(5):
            await hint(conn)
        found = await due(conn)
        assert found is not None
        await inbox.answer_hint(conn, found)

        assert await due(conn) is None
        assert await inbox.next_hint_due(conn, COMPANY) is None


async def test_a_hint_that_comes_during_a_look_survives_it(store: Database) -> None:
    async with store.transaction() as conn:
        await hint(conn)
        looked_at = await due(conn)
        await hint(conn)
        assert looked_at is not None
        await inbox.answer_hint(conn, looked_at)

        again = await due(conn)
        assert again is not None
        assert again.generation == looked_at.generation + 1


async def test_a_hint_that_comes_during_a_look_that_fails_is_due_at_once(store: Database) -> None:
    async with store.transaction() as conn:
        await hint(conn)
        looked_at = await due(conn)
        assert looked_at is not None
        await hint(conn)
        await inbox.postpone_hint(conn, looked_at, due=later(300), note="busy")

        again = await due(conn)
        assert again is not None
        assert again.attempts == 0


async def test_a_postponed_hint_waits_and_counts(store: Database) -> None:
    async with store.transaction() as conn:
        await hint(conn)
        found = await due(conn)
        assert found is not None
        await inbox.postpone_hint(conn, found, due=later(30), note="busy")

        assert await due(conn, 29) is None
        assert await inbox.next_hint_due(conn, COMPANY) == later(30)
        again = await due(conn, 30)
        assert again is not None
        assert again.attempts == 1


async def test_a_parked_hint_is_listed_and_a_new_one_starts_anew(store: Database) -> None:
    async with store.transaction() as conn:
        await hint(conn)
        found = await due(conn)
        assert found is not None
        await inbox.postpone_hint(conn, found, due=NOW, note="no such entity", park=True)
        assert await due(conn, 9999) is None
        assert await inbox.parked(conn) == [(COMPANY, BILL, "no such entity")]

        await hint(conn)

        again = await due(conn)
        assert again is not None
        assert again.attempts == 0
        assert await inbox.parked(conn) == []


async def test_the_hint_that_is_due_longest_goes_first_each_company_for_itself(
    store: Database,
) -> None:
    async with store.transaction() as conn:
        await hint(conn, "Bill/Bill/2", seconds=2)
        await hint(conn, "Bill/Bill/1", seconds=1)
        await hint(conn, "Bill/Bill/9", seconds=9)

        found = await due(conn, 5)
        assert found is not None
        assert found.document == "Bill/Bill/1"
        assert await inbox.due_hints(conn, "beta", later(99), limit=1) == []
