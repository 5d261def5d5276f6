"""What is personal can be erased from the trail; rows and proofs stay."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from audit_world import SECRET, Trail, open_trail

from bot.auditing.erasing import (
    SHORTEST,
    Erasure,
    Retention,
    erase_person,
    names_of,
    names_to_erase,
)
from bot.settings import AuditSettings, EncryptionSettings, Settings, StorageSettings
from storage import audit, conversations, entra, people
from storage.database import StoreError, StoreInUse
from storage.records import Conversation, EntraUser, Lookup, StoredEmployee, TeamsPerson

BEN = "aaaaaaaa-0000-4000-8000-000000000002"


@pytest.fixture
async def trail(tmp_path: Path) -> AsyncIterator[Trail]:
    async with open_trail(tmp_path) as opened:
        async with opened.store.transaction() as conn:
            ben = TeamsPerson(BEN, "29:ben", "Ben Ortiz", "ben@acme.example")
            await people.put_person(conn, ben, now=opened.clock.now())
            ann = TeamsPerson("ann-id", "29:ann", "Ann Bender", "ann@acme.example")
            await people.put_person(conn, ann, now=opened.clock.now())
            employee = StoredEmployee("EP07", "Ortiz, Ben", "Ben@acme.example", True, "bortiz")
            await people.put_employee(conn, "acme", employee)
        yield opened


async def erase(trail: Trail, *also: str, person: str = BEN) -> tuple[str, int]:
    erasure = Erasure(trail.store, trail.chain, trail.ports, asked_by="olga")
    return await erasure.erase(person, also)


async def test_a_mail_is_enough_and_somebody_nobody_knows_is_no_erasure(trail: Trail) -> None:
    await trail.add("decision claimed", BEN, reason="Ben Ortiz was here")
    for unknown in ("nobody", ""):
        with pytest.raises(StoreError, match="nobody is known by"):
            await erase(trail, person=unknown)
    assert [row.action for row in await trail.rows()] == ["decision claimed"]

    assert (await erase(trail, person="Ben@ACME.example"))[1] == 1


async def test_every_name_of_a_person_goes_and_the_rest_stays(trail: Trail) -> None:
    await trail.add("decision asked", approvers=[BEN, "ann-id"], n=1)
    await trail.add("decision claimed", BEN, reason="ben ortiz says: EP07 and bortiz are me")
    await trail.add("told", who={"Ben Ortiz": ["x", {"mail": "BEN@acme.example"}]}, ok=True)
    await trail.add("other", "ann-id", text="Ann Bender was benign; Benortizes")

    alias, rows = await erase(trail)

    assert rows == 3
    details = [json.loads(row.detail) for row in await trail.rows()]
    assert details[:4] == [
        {"approvers": [alias, "ann-id"], "n": 1},
        {"reason": f"{alias} says: {alias} and {alias} are me"},
        {"who": {alias: ["x", {"mail": alias}]}, "ok": True},
        {"text": "Ann Bender was benign; Benortizes"},
    ]
    assert details[4] == {"pseudonym": alias, "rows": 3}
    found = trail.examined()
    assert (found.flaw, found.erased) == (None, 3)


async def test_what_graph_calls_a_person_goes_too_and_names_them(trail: Trail) -> None:
    async with trail.store.transaction() as conn:
        now = trail.clock.now()
        users = [
            EntraUser(BEN, "Benedikt Ortiz", "b.ortiz@acme.example", "bo@x.example", True, False),
            EntraUser("ann-id", "Ann B. Ender", "a.ender@acme.example", "", True, False),
        ]
        lookup = Lookup("ben@acme.example", ((BEN, "mail"), ("ann-id", "mail")), now)
        await entra.put(conn, lookup, users, now=now)
    await trail.add("told", who="Benedikt Ortiz and Ann B. Ender", by="bo@x.example")

    alias, rows = await erase(trail, person="B.Ortiz@acme.example")

    assert rows == 1
    (told, *_) = [json.loads(row.detail) for row in await trail.rows()]
    assert told == {"who": f"{alias} and Ann B. Ender", "by": alias}


async def test_the_command_erases_in_a_store_nobody_else_uses(trail: Trail, tmp_path: Path) -> None:
    await trail.add("decision claimed", BEN, reason="Ben Ortiz was here")
    settings = Settings.model_construct(
        storage=StorageSettings(url=f"sqlite:///{trail.path}"),
        audit=AuditSettings.model_validate({"keys": SECRET}),
        encryption=EncryptionSettings(keys=""),
    )
    with pytest.raises(StoreInUse):
        await erase_person(settings, trail.ports, BEN, (), asked_by="olga")
    await trail.store.close()

    _, rows = await erase_person(settings, trail.ports, "ben@acme.example", (), asked_by="olga")

    assert rows == 1


async def test_whom_it_would_erase_is_told_first_and_nothing_is_done(trail: Trail) -> None:
    await trail.add("decision claimed", BEN, reason="Ben Ortiz was here")

    names = await names_to_erase(trail.path, "Ben@ACME.example", ["Benny O."])

    assert {BEN, "Ben Ortiz", "ben@acme.example", "Benny O."} <= set(names)
    with pytest.raises(StoreError, match="nobody is known by 'nobody'"):
        await names_to_erase(trail.path, "nobody", ())
    with pytest.raises(StoreError, match="there is no store yet"):
        await names_to_erase(trail.path.with_name("none.db"), BEN, ())
    [row] = await trail.rows()
    assert "Ben Ortiz" in row.detail


async def test_nobody_can_tell_any_more_whose_the_pseudonym_was(trail: Trail) -> None:
    await trail.add("decision claimed", BEN)
    async with trail.store.reading() as conn:
        alias = await audit.alias_of(conn, BEN)

    told, _ = await erase(trail)
    await trail.add("decision claimed", BEN)  # they press again, years later

    assert told == alias
    rows = await trail.rows()
    claimed = [row.actor for row in rows if row.action == "decision claimed"]
    assert claimed[0] == alias
    assert claimed[1] not in (alias, BEN)
    async with trail.store.reading() as conn:
        assert alias not in await audit.people(conn)


async def test_further_names_are_taken_from_who_asks(trail: Trail) -> None:
    await trail.add("told", text="Benny the Fox")

    assert (await erase(trail))[1] == 0
    assert (await erase(trail, "Benny"))[1] == 1


async def test_erasing_is_a_row_with_who_did_it(trail: Trail) -> None:
    await erase(trail)

    (row,) = await trail.rows()
    async with trail.store.reading() as conn:
        (entry,) = await audit.newest(conn)
    assert (row.action, entry.actor) == ("person erased", "operator olga")


async def test_somebody_who_never_acted_is_erased_from_details_too(trail: Trail) -> None:
    await trail.add("decision asked", approvers=[BEN])

    alias, rows = await erase(trail)

    assert (rows, alias.startswith("person-")) == (1, True)


async def test_a_thousand_rows_are_gone_through(trail: Trail) -> None:
    async with trail.store.transaction() as conn:
        for number in range(1201):
            await audit.add(conn, entry(trail, number))

    assert (await erase(trail))[1] == 1201
    assert trail.examined().flaw is None


def entry(trail: Trail, number: int) -> audit.AuditEntry:
    return audit.AuditEntry(
        trail.clock.now(), "c", "countersign", "told", detail={"to": BEN, "n": number}
    )


# --- what is kept how long ---


async def test_details_go_when_their_time_is_over_and_rows_stay(trail: Trail) -> None:
    await trail.add("old", BEN, reason="something personal", outcome="A5")
    trail.clock.later(31 * 86400)
    await trail.add("new", "ann-id", reason="something newer")
    retention = Retention(trail.store, trail.chain, trail.ports, days=30)

    assert await retention.step()
    assert not await retention.step()

    old, new, told = await trail.rows()
    assert "personal" not in old.detail
    assert (old.action, old.outcome) == ("old", "A5")
    assert "newer" in new.detail
    assert told.action == "details erased"
    assert json.loads(told.detail) == {"from": 1, "to": 1, "people forgotten": 1}
    assert trail.examined().flaw is None
    async with trail.store.reading() as conn:
        assert set((await audit.people(conn)).values()) == {"ann-id"}


async def test_whoever_acted_since_is_not_forgotten(trail: Trail) -> None:
    await trail.add("old", BEN)
    trail.clock.later(31 * 86400)
    await trail.add("new", BEN)

    await Retention(trail.store, trail.chain, trail.ports, days=30).step()

    async with trail.store.reading() as conn:
        assert BEN in (await audit.people(conn)).values()


async def test_whoever_acted_since_is_not_forgotten_though_that_row_was_erased(
    trail: Trail,
) -> None:
    await trail.add("old", "ann-id")
    trail.clock.later(31 * 86400)
    await trail.add("new", "ann-id", about="Ben Ortiz")
    await erase(trail)

    await Retention(trail.store, trail.chain, trail.ports, days=30).step()

    async with trail.store.reading() as conn:
        assert "ann-id" in (await audit.people(conn)).values()


async def test_without_an_end_date_nothing_is_erased(trail: Trail) -> None:
    await trail.add("old", BEN, reason="something personal")
    trail.clock.later(36500 * 86400)

    assert not await Retention(trail.store, trail.chain, trail.ports, days=0).step()

    assert "personal" in (await trail.rows())[0].detail


async def test_many_old_rows_go_in_batches(trail: Trail) -> None:
    async with trail.store.transaction() as conn:
        for number in range(1100):
            await audit.add(conn, entry(trail, number))
    trail.clock.later(31 * 86400)
    retention = Retention(trail.store, trail.chain, trail.ports, days=30)

    batches = 0
    while await retention.step():
        batches += 1

    assert batches == 3
    assert (trail.examined().flaw, trail.examined().erased) == (None, 1100)
    due = await retention.next_due()
    assert due is not None
    assert due > trail.clock.now()


async def test_two_people_without_a_mail_are_told_apart(trail: Trail) -> None:
    async with trail.store.transaction() as conn:
        for one in ("aad-one", "aad-two"):
            person = TeamsPerson(one, f"29:{one}", one, "")
            await people.put_person(conn, person, now=trail.clock.now())
    await trail.add("decision asked", approvers=["aad-one", "aad-two"])

    alias, rows = await erase(trail, person="aad-one")

    assert rows == 1
    assert json.loads((await trail.rows())[0].detail) == {"approvers": [alias, "aad-two"]}


async def test_who_is_known_only_by_names_somebody_tells_is_erased_by_those(trail: Trail) -> None:
    await trail.add("told", who="Erika Mustermann")

    alias, rows = await erase(trail, "Erika Mustermann", person="aad-gone")

    assert rows == 1
    assert json.loads((await trail.rows())[0].detail) == {"who": alias}


async def test_an_erasure_by_command_is_signed_and_names_who_asked_for_it(
    trail: Trail, tmp_path: Path
) -> None:
    await trail.add("told", who="Ben Ortiz, called Benny Bill")
    await trail.store.close()
    own = Settings.model_construct(
        storage=StorageSettings(url=f"sqlite:///{trail.path}"),
        audit=AuditSettings(keys=SECRET), encryption=EncryptionSettings(keys=""),
    )  # fmt: skip

    alias, rows = await erase_person(
        own, trail.ports, BEN, ["Benny Bill"], asked_by="olga the operator"
    )

    assert rows == 1
    found = trail.examined()
    assert (found.flaw, found.erased, found.rows) == (None, 1, 3)
    with sqlite3.connect(trail.path) as store:
        (detail,), (actor,) = store.execute(
            "SELECT detail FROM audit_rows WHERE seq = 1 UNION ALL"
            " SELECT person FROM audit_rows JOIN audit_people ON alias = actor WHERE seq = 3"
        ).fetchall()
    assert json.loads(detail) == {"who": f"{alias}, called {alias}"}
    assert actor == "operator olga the operator"


async def test_what_is_as_old_as_it_is_kept_stays_for_this_time(trail: Trail) -> None:
    await trail.add("told", who="Ben")
    keeping = Retention(trail.store, trail.chain, trail.ports, days=30)

    trail.clock.later(30 * 86400)
    assert await keeping.step() is False

    trail.clock.later(1)
    assert await keeping.step() is True
    [row, erasure] = await trail.rows()
    assert json.loads(row.detail) == {"erased": trail.clock.now().date().isoformat()}
    assert (erasure.actor, erasure.action, erasure.correlation) == (
        "countersign", "details erased", "",
    )  # fmt: skip
    assert json.loads(erasure.detail) == {"from": 1, "to": 1, "people forgotten": 0}


async def test_names_are_looked_for_the_longest_first_and_short_words_are_none(
    trail: Trail,
) -> None:
    async with trail.store.transaction() as conn:
        now = trail.clock.now()
        user = EntraUser(BEN, "Ben Q", "q@x.example", "qq@x.example", True, False)
        lookup = Lookup("ben@acme.example", ((BEN, "mail"),), now)
        await entra.put(conn, lookup, [user], now=now)

        names = await names_of(conn, BEN, ["Bo", "B" * SHORTEST])

    assert "Bo" not in names
    assert "B" * SHORTEST in names
    assert {"Ben Ortiz", "ben@acme.example", "29:ben", "Ben Q", "q@x.example", BEN} <= {*names}
    assert [len(name) for name in names] == sorted(map(len, names), reverse=True)


async def test_the_chat_with_a_person_leads_back_to_them_and_goes_too(trail: Trail) -> None:
    async with trail.store.transaction() as conn:
        chat = Conversation("a:1ben", "personal", "https://x/", person=BEN)
        await conversations.put(conn, chat, now=trail.clock.now())
    await trail.add("say delivered", target="a:1ben")

    alias, rows = await erase(trail)

    assert rows == 1
    assert json.loads((await trail.rows())[0].detail) == {"target": alias}
