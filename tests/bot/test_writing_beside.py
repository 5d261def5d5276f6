"""Commands that write into the store sign the trail as the service does, or write nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from audit_world import SECRET, Trail, open_trail

from bot.admin.links import make_link
from bot.admin.roles import Role
from bot.auditing.keys import open_chain
from bot.settings import Settings, read_settings
from storage.database import StoreError

OTHER = "another key of these tests; long enough for anybody"


@pytest.fixture
async def trail(tmp_path: Path) -> AsyncIterator[Trail]:
    """A running service that has signed a row."""
    async with open_trail(tmp_path) as opened:
        await opened.add("one")
        yield opened


def settings_of(trail: Trail, keys: str) -> Settings:
    values = {"storage": {"url": f"sqlite:///{trail.path}"}, "audit": {"keys": keys}}
    return read_settings(_env_file=None, admin={"enabled": True}, **values)


async def link(trail: Trail, keys: str) -> str:
    settings = settings_of(trail, keys)
    return await make_link(settings, trail.ports, name="olga", role=Role.ADMIN)


async def test_with_the_services_key_a_link_is_made_beside_it(trail: Trail) -> None:
    assert "/admin/link?token=" in await link(trail, SECRET)

    assert [row.action for row in await trail.rows()] == ["one", "admin link made"]
    assert trail.examined().flaw is None


@pytest.mark.parametrize("keys", [OTHER, f"{OTHER},{SECRET}"])
async def test_with_another_key_in_front_nothing_is_written(trail: Trail, keys: str) -> None:
    told = (
        r"^the service runs with other keys .* \(ENCRYPTION__KEYS, AUDIT__KEYS\): restart it first"
    )
    with pytest.raises(StoreError, match=told):
        await link(trail, keys)

    assert [row.action for row in await trail.rows()] == ["one"]


async def test_without_a_key_none_is_made_for_a_trail_that_has_one(trail: Trail) -> None:
    with pytest.raises(StoreError, match="set AUDIT__KEYS or ENCRYPTION__KEYS as the service has"):
        await link(trail, "")

    assert not trail.path.with_name("store.db.audit-key").exists()
    assert [row.action for row in await trail.rows()] == ["one"]


async def test_without_a_running_service_another_key_is_refused_as_at_a_start(
    trail: Trail,
) -> None:
    await trail.store.close()

    with pytest.raises(StoreError, match="which is not among AUDIT__KEYS"):
        await link(trail, OTHER)
    assert trail.examined().flaw is None


@pytest.mark.parametrize("tables", [None, "", "CREATE TABLE audit_rows (seq INTEGER)"])
def test_where_nothing_was_signed_yet_a_key_is_made(tmp_path: Path, tables: str | None) -> None:
    if tables is not None:
        with closing(sqlite3.connect(tmp_path / "s.db")) as store:
            store.executescript(tables)
    settings = read_settings(_env_file=None, storage={"url": f"sqlite:///{tmp_path / 's.db'}"})

    assert len(open_chain(settings, lambda: "0123456789abcdef").keys) == 1
    assert (tmp_path / "s.db.audit-key").exists()


def test_a_store_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"this is no store" * 100)
    settings = read_settings(_env_file=None, storage={"url": f"sqlite:///{tmp_path / 's.db'}"})

    with pytest.raises(StoreError, match=r"s\.db: the audit trail cannot be read: .+"):
        open_chain(settings, lambda: "0123456789abcdef")
