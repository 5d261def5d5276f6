"""What is not as it was at the last start stands in the trail, and no secret of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from audit_world import Trail, open_trail

from bot.auditing.anchors import Anchoring
from bot.auditing.changes import KEY, MOST, NAME, key_mark, note_changes, note_employees, note_key
from bot.auditing.erasing import Retention
from bot.auditing.keys import WEAK
from bot.auditing.upkeep import Upkeep
from bot.clock import Bell
from bot.company_file import File, read_file
from bot.configuring.version import version_of
from bot.settings import Settings, read_settings
from storage import audit, conversations, outbox
from storage.records import StoredEmployee

TOLD = """\
administrators = ["ann@x.example"]
[[company]]
name = "acme"
url = "https://erp.example"
tenant = "Company"
language = "de"
[[route]]
company = "acme"
to = []
"""
SECRETS = ("first-secret-of-these-tests", "second-secret-of-these-tests")
EMPLOYEES = [StoredEmployee("EP1", "Ann", "ann@x.example", True, "ann"),
             StoredEmployee("EP2", "Ben", "ben@x.example", True, "ben")]  # fmt: skip


@pytest.fixture
async def trail(tmp_path: Path) -> AsyncIterator[Trail]:
    async with open_trail(tmp_path) as opened:
        yield opened


def file_of(folder: Path, told: str = TOLD) -> File:
    (folder / "countersign.toml").write_text(told, "utf-8")
    return read_file(folder / "countersign.toml")


def settings_of(folder: Path, keys: str = "", **told: Any) -> Settings:
    values = {
        "storage": {"url": f"sqlite:///{folder / 'store.db'}"},
        "teams": {"client_secret": SECRETS[0]},
        "encryption": {"keys": keys},
    } | told
    return read_settings(_env_file=None, **values)


async def started(trail: Trail, settings: Settings, file: File) -> list[tuple[str, Any]]:
    """Start once; answers what the trail says of it."""
    before = len(await trail.rows())
    async with trail.store.transaction() as conn:
        await note_changes(conn, settings, file, trail.ports)
    rows = (await trail.rows())[before:]
    assert {row.actor for row in rows} <= {"countersign"}
    assert {row.at for row in rows} <= {trail.clock.now().isoformat(timespec="microseconds")}
    at_the_start = [row for row in rows if row.action != "encryption key changed"]
    assert len({row.correlation for row in at_the_start}) == 1
    return [(row.action, json.loads(row.detail)) for row in rows]


async def test_a_first_start_tells_which_settings_it_has_and_no_change(
    trail: Trail, tmp_path: Path
) -> None:
    file = file_of(tmp_path)

    [(action, detail)] = await started(trail, settings_of(tmp_path), file)

    assert action == "service started"
    assert detail["configuration"] == version_of(file)
    assert len(detail["settings"]) == 64
    async with trail.store.reading() as conn:
        seen = await audit.seen_before(conn, NAME)
    assert seen["administrators"] == ["ann@x.example"]
    assert seen["environment.teams.app_type"] == "SingleTenant"
    assert not any(secret in json.dumps(seen) for secret in SECRETS)
    told = [name for name in seen if name.startswith("environment.")]
    assert not any("secret" in name or "keys" in name for name in told), told


async def test_the_same_settings_again_tell_the_same_mark_and_no_change(
    trail: Trail, tmp_path: Path
) -> None:
    file, settings = file_of(tmp_path), settings_of(tmp_path)

    first = await started(trail, settings, file)

    assert await started(trail, settings, file) == first


async def test_who_may_decide_is_told_apart_from_the_rest(trail: Trail, tmp_path: Path) -> None:
    [(_, first)] = await started(trail, settings_of(tmp_path), file_of(tmp_path))
    other = TOLD.replace("ann@x.example", "ben@x.example").replace('"de"', '"en"')

    told = await started(
        trail, settings_of(tmp_path, server={"port": 4000}), file_of(tmp_path, other)
    )

    assert [action for action, _ in told] == [
        "service started", "rights changed", "configuration changed",
    ]  # fmt: skip
    assert told[0][1]["settings"] != first["settings"]
    assert told[1][1] == {
        "count": 1,
        "changes": [{"where": "administrators", "was": ["ann@x.example"],
                     "is": ["ben@x.example"]}],
    }  # fmt: skip
    assert [one["where"] for one in told[2][1]["changes"]] == [
        "company[acme].language", "environment.server.port",
    ]  # fmt: skip
    assert told[2][1]["count"] == 2
    # It is compared with the last start, not with the first.
    again = await started(
        trail, settings_of(tmp_path, server={"port": 4000}), file_of(tmp_path, other)
    )
    assert [action for action, _ in again] == ["service started"]


async def test_tables_without_a_name_are_counted_from_one(trail: Trail, tmp_path: Path) -> None:
    await started(trail, settings_of(tmp_path), file_of(tmp_path))
    other = TOLD.replace("to = []", 'to = ["channel:ap"]')

    [_, (_, detail)] = await started(trail, settings_of(tmp_path), file_of(tmp_path, other))

    assert [one["where"] for one in detail["changes"]] == ["route[1].to"]


async def test_another_key_that_seals_is_told_by_a_mark_that_tells_nothing_of_it(
    trail: Trail, tmp_path: Path
) -> None:
    for keys, told in (((SECRETS[0],), 0), ((SECRETS[0],), 0), ((SECRETS[1], SECRETS[0]), 1)):
        before = len(await trail.rows())
        async with trail.store.transaction() as conn:
            await note_key(conn, keys, trail.ports)
        assert len(await trail.rows()) - before == told

    [row] = await trail.rows()
    assert (row.action, row.actor) == ("encryption key changed", "countersign")
    marks = {"was": key_mark(SECRETS[:1]), "is": key_mark(SECRETS[1:])}
    assert json.loads(row.detail) == marks
    assert len({*marks.values()}) == 2
    assert all(len(mark) == 16 and mark not in "".join(SECRETS) for mark in marks.values())
    async with trail.store.reading() as conn:
        assert await audit.seen_before(conn, KEY) == marks["is"]


async def test_a_start_looks_at_the_key_that_seals(trail: Trail, tmp_path: Path) -> None:
    file = file_of(tmp_path)
    keys = ["cPvOJwRKfWyUSYZVKEWHj0ZZfGfUWO5rkXvgmE1YbpU=",
            "XCxEhBOvaM8cOG7IlpTo1Rt3d-NWeGdtaTcRSbZAKcs="]  # fmt: skip
    await started(trail, settings_of(tmp_path, keys[0]), file)

    await started(trail, settings_of(tmp_path, ",".join(keys[::-1])), file)

    assert (await trail.rows())[-1].action == "encryption key changed"


async def employees(
    trail: Trail, before: list[StoredEmployee], after: list[StoredEmployee]
) -> list[Any]:
    rows = len(await trail.rows())
    async with trail.store.transaction() as conn:
        await note_employees(conn, "acme", before, after, ports=trail.ports)
    return (await trail.rows())[rows:]


async def test_who_is_another_in_the_erp_is_told_field_by_field(trail: Trail) -> None:
    other = [replace(EMPLOYEES[0], email="new@x.example"), EMPLOYEES[1]]

    [row] = await employees(trail, EMPLOYEES, other)

    assert (row.action, row.actor, row.company) == ("employees changed", "countersign", "acme")
    told = json.loads(row.detail)
    assert told["count"] == 1
    [change] = told["changes"]
    assert change["where"] == "EP1"
    assert (change["was"]["email"], change["is"]["email"]) == ("ann@x.example", "new@x.example")


async def test_the_first_list_is_counted_and_an_equal_one_is_no_news(trail: Trail) -> None:
    [row] = await employees(trail, [], EMPLOYEES)

    assert json.loads(row.detail) == {"count": 2}
    assert await employees(trail, EMPLOYEES, EMPLOYEES) == []


async def test_of_very_many_changes_the_number_is_told_and_the_first(trail: Trail) -> None:
    many = [replace(EMPLOYEES[0], code=f"EP{number:04}") for number in range(MOST + 5)]

    [row] = await employees(trail, EMPLOYEES, [*EMPLOYEES, *many])

    told = json.loads(row.detail)
    assert (told["count"], len(told["changes"])) == (MOST + 5, MOST)


# --- what goes on while the service runs ---


async def test_anchors_and_retention_are_kept_going_and_what_is_weak_is_said(
    trail: Trail, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path, audit={"keep_details": 400})
    told = f'audit_channel = "finance"\n{TOLD}'
    upkeep = Upkeep(settings, file_of(tmp_path, told), trail.store, trail.ports, trail.chain)
    bell = Bell(trail.clock)

    (anchors, anchoring, _), (retention, keeping, _) = upkeep.runners(bell)

    assert (anchors, retention) == ("audit anchors", "audit retention")
    assert isinstance(anchoring, Anchoring)
    assert isinstance(keeping, Retention)
    assert anchoring.outbox is bell
    assert await upkeep.hints() == [WEAK]
    await trail.add("one", who="Ann")
    async with trail.store.transaction() as conn:
        await conversations.bind(conn, "finance", "19:f", by="ann", now=trail.clock.now())
    await anchoring.step()
    assert (tmp_path / "store.db.anchor").exists()
    async with trail.store.reading() as conn:
        [item] = await outbox.unfinished(conn)
    assert item.payload["service_url"] == settings.teams.service_url
    assert "Prüfprotokoll" in item.payload["activity"]["text"]
    trail.clock.later(401 * 86400)
    assert await keeping.step()
    assert "Ann" not in (await trail.rows())[0].detail


async def test_an_anchor_that_cannot_be_told_is_said_beside_what_is_weak(
    trail: Trail, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    anchor = tmp_path / "taken" / "anchor"
    settings = settings_of(tmp_path, audit={"anchor": str(anchor), "keys": SECRETS[0] * 2})
    upkeep = Upkeep(settings, file_of(tmp_path), trail.store, trail.ports, trail.chain)
    [(_, anchoring, _), _] = upkeep.runners(Bell(trail.clock))
    await trail.add("one")

    await anchoring.step()

    [trouble] = await upkeep.hints()
    assert str(anchor) in trouble
