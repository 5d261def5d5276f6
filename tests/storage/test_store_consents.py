"""People's own sign-ins: what is on the way, and what is settled."""

from __future__ import annotations

from datetime import timedelta

from store_values import NOW

from storage import consents
from storage.database import Database
from storage.records import Consent, PersonGrant

GRANT = PersonGrant("acme", "ann", "ann", "https://erp.example app", "grant/s1", NOW)
CONSENT = Consent("hash-of-state", "acme", "ann", NOW + timedelta(hours=1))


async def test_a_link_leads_to_one_sign_in_only(store: Database) -> None:
    async with store.transaction() as conn:
        await consents.begin(conn, CONSENT, now=NOW)

        first = await consents.signed_in(
            conn, CONSENT.state, login="ann", code="c1", expires_at=NOW + timedelta(minutes=10)
        )
        second = await consents.signed_in(
            conn, CONSENT.state, login="mallory", code="c2", expires_at=NOW
        )

        assert (first, second) == (True, False)
        told = await consents.by_state(conn, CONSENT.state)
        assert told is not None
        assert (told.login, told.code) == ("ann", "c1")


async def test_what_nobody_finished_in_time_is_found(store: Database) -> None:
    async with store.transaction() as conn:
        await consents.begin(conn, CONSENT, now=NOW)

        assert await consents.expired(conn, now=NOW + timedelta(minutes=59)) == []
        found = await consents.expired(conn, now=NOW + timedelta(minutes=61))
        assert [one.state for one in found] == [CONSENT.state]


async def test_wrong_numbers_are_counted(store: Database) -> None:
    async with store.transaction() as conn:
        await consents.begin(conn, CONSENT, now=NOW)
        await consents.tried(conn, CONSENT.state)
        await consents.tried(conn, CONSENT.state)

        assert [one.tries for one in await consents.of_person(conn, "acme", "ann")] == [2]


async def test_a_grant_belongs_to_one_company_and_person(store: Database) -> None:
    async with store.transaction() as conn:
        await consents.connect(conn, GRANT)

        assert await consents.grant(conn, "other", "ann") is None
        assert await consents.grant(conn, "acme", "ben") is None
        assert [one.login for one in await consents.grants(conn, "acme")] == ["ann"]


async def test_disconnecting_forgets_the_grant(store: Database) -> None:
    async with store.transaction() as conn:
        await consents.connect(conn, GRANT)

        assert await consents.disconnect(conn, "acme", "ann")
        assert not await consents.disconnect(conn, "acme", "ann")
        assert await consents.grant(conn, "acme", "ann") is None
