"""`people`: who is who, out of the store alone; doubts come first, with what settles them."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
import tomllib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from world import ROOT, World, environment, eventually

from bot.company_file import File, read_file
from bot.core.graph import INSTALL
from bot.people.report import Report, Row, age, read_reports
from bot.people.table import drawn
from storage import conversations, entra, installs, ledger, people, unreachable
from storage.database import Database, StoreError
from storage.records import (
    Conversation,
    Decision,
    DecisionState,
    EntraUser,
    InstallState,
    Lookup,
    StoredEmployee,
    TeamsPerson,
)

NOW = datetime(2026, 11, 22, 14, 20, tzinfo=UTC)
ANN = EntraUser("aad-ann", "Ann Whitfield", "ann@acme.example", "aw@acme.example", True, False)
ADMIN = EntraUser("aad-admin", "Ann (admin)", "ann@acme.example", "admin@acme.example", True, False)
BEN = TeamsPerson("aad-ben", "29:ben", "Ben Ortiz", "ben@acme.example")
TOML = """
[[company]]
name = "acme"
url = "https://erp.example"
tenant = "Company"
[[route]]
company = "acme"
entity = "Bill"
to = ["approver"]
approver = ["owner", "person:ben@acme.example"]
actions = ["release"]
[[route]]
company = "acme"
to = []
"""


def file_of(folder: Path, more: str = "") -> File:
    path = folder / "countersign.toml"
    path.write_text(TOML + more, "utf-8")
    return read_file(path)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    """A store with Ann, whose mail two users have, and Ben, whom a roster knows."""
    opened = await Database.open(tmp_path / "store.db")
    async with opened.transaction() as conn:
        for code, name, mail in (
            ("E01", "Ann Whitfield", "ann@acme.example"),
            ("E02", "Ben", BEN.email),
        ):
            await people.put_employee(conn, "acme", StoredEmployee(code, name, mail, active=True))
        await people.put_person(conn, BEN, now=NOW)
        both = Lookup("ann@acme.example", (("aad-admin", "mail"), ("aad-ann", "mail")), NOW)
        await entra.put(conn, both, [ANN, ADMIN], now=NOW)
        await entra.tell(conn, "graph", "", now=NOW)
    yield opened
    await opened.close()


async def report(tmp_path: Path, more: str = "", *, installing: bool = True) -> Report:
    file = file_of(tmp_path, more)
    (found,) = await read_reports(tmp_path / "store.db", file, ["acme"], installing=installing)
    return found


def row_of(found: Report, mail: str) -> Row:
    (row,) = [row for row in found.rows if row.match.mail == mail]
    return row


def printed(found: Report) -> str:
    told = io.StringIO()
    Console(width=200, file=told).print(drawn(found, NOW + timedelta(hours=3)))
    return told.getvalue()


# --- what it tells ---


async def test_those_in_doubt_come_first_with_the_lines_that_settle_them(
    store: Database, tmp_path: Path
) -> None:
    found = await report(tmp_path)

    assert [row.match.code for row in found.rows] == ["E01", "E02"]
    assert "leads to 2 people" in found.rows[0].match.doubt
    text = printed(found)
    assert text.index("E01") < text.index("E02")
    assert '[[person]]\nemail = "aw@acme.example"\nemployee = "E01"' in text


async def test_what_is_told_is_whole_however_narrow_the_terminal(
    store: Database, tmp_path: Path
) -> None:
    told = io.StringIO()
    found = drawn(await report(tmp_path), NOW)
    Console(width=40, file=told).print(found, soft_wrap=True)

    assert "? E01 Ann Whitfield ann@acme.example\n" in told.getvalue()
    pasted = tomllib.loads(told.getvalue().partition("countersign.toml:\n")[2])["person"]
    assert {one["email"] for one in pasted} == {"aw@acme.example", "admin@acme.example"}


async def test_a_line_pasted_into_the_file_settles_the_doubt(
    store: Database, tmp_path: Path
) -> None:
    lines = (await report(tmp_path)).rows[0].match.lines
    line = next(one for one in lines if "aw@" in one)
    async with store.transaction() as conn:  # as the service asks Graph for what the file names
        own = Lookup("aw@acme.example", (("aad-ann", "sign-in name"),), NOW)
        await entra.put(conn, own, [ANN], now=NOW)

    found = await report(tmp_path, line)

    settled = row_of(found, "ann@acme.example").match
    assert settled.person is not None
    assert (settled.person.aad_object_id, settled.how) == ("aad-ann", "countersign.toml")


async def test_it_is_told_how_old_it_is_and_what_could_not_be_read(
    store: Database, tmp_path: Path
) -> None:
    async with store.transaction() as conn:
        await entra.tell(conn, "rosters", "403 the app is not installed", now=NOW)
        await entra.tell(conn, "lacking", {INSTALL.name: INSTALL.absence}, now=NOW)

    text = printed(await report(tmp_path))

    assert "graph 3 h ago" in text
    assert "rosters: 403 the app is not installed" in text
    assert INSTALL.name in text


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=119), "119 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=3), "3 days ago"),
    ],
)
def test_an_age_is_told_in_words(passed: timedelta, words: str) -> None:
    assert age(NOW, NOW + passed) == words


async def test_names_cannot_write_to_the_terminal(store: Database, tmp_path: Path) -> None:
    evil = StoredEmployee("E0\x1b[2J", "[red]Eve\u202e", "eve\x07@acme.example", active=True)
    async with store.transaction() as conn:
        await people.put_employee(conn, "acme", evil)

    text = printed(await report(tmp_path))

    assert not set("\x1b\x07\u202e") & set(text)
    assert "[red]Eve" in text


# --- reaching people ---


async def reach_of(store: Database, tmp_path: Path, *, installing: bool = True) -> tuple[bool, str]:
    reach = row_of(await report(tmp_path, installing=installing), BEN.email).reach
    return reach.fine, reach.told


async def forget_teams_id(store: Database) -> None:
    async with store.transaction() as conn:
        await people.put_person(conn, replace(BEN, teams_id=""), now=NOW)


async def test_somebody_of_a_team_is_reached_though_no_chat_is_known(
    store: Database, tmp_path: Path
) -> None:
    assert await reach_of(store, tmp_path) == (True, "in a team with the app, no chat yet")


async def test_a_known_chat_is_told(store: Database, tmp_path: Path) -> None:
    async with store.transaction() as conn:
        place = Conversation("a:1ben", "personal", "", BEN.aad_object_id)
        await conversations.put(conn, place, now=NOW)

    assert await reach_of(store, tmp_path) == (True, "chat known")


async def test_whom_teams_refuses_is_told_since_when_and_why(
    store: Database, tmp_path: Path
) -> None:
    async with store.transaction() as conn:
        await unreachable.mark(conn, "person:aad-ben", reason="blocked the bot", now=NOW)

    assert await reach_of(store, tmp_path) == (False, "since 2026-11-22 14:20: blocked the bot")


@pytest.mark.parametrize(
    ("state", "reach"),
    [
        (InstallState.WANTED, (True, "the app is on its way")),
        (InstallState.SENT, (True, "the app is on its way")),
        (InstallState.THERE, (True, "app installed")),
        (InstallState.REFUSED, (False, "not in the catalog")),
    ],
)
async def test_the_way_of_the_app_is_told(
    store: Database, tmp_path: Path, state: InstallState, reach: tuple[bool, str]
) -> None:
    await forget_teams_id(store)
    async with store.transaction() as conn:
        await installs.want(conn, BEN.aad_object_id, now=NOW)
        wanted = await installs.get(conn, BEN.aad_object_id)
        assert wanted is not None
        await installs.move(conn, replace(wanted, state=state, note="not in the catalog"))

    assert await reach_of(store, tmp_path) == reach


async def test_who_lacks_the_app_gets_it_where_that_is_wanted(
    store: Database, tmp_path: Path
) -> None:
    await forget_teams_id(store)

    assert await reach_of(store, tmp_path) == (True, "gets the app before the first card")
    assert await reach_of(store, tmp_path, installing=False) == (False, "has to add the app")


# --- what blocks ---


async def test_a_doubt_about_somebody_nobody_asks_blocks_nothing(
    store: Database, tmp_path: Path
) -> None:
    assert not (await report(tmp_path)).blocked


@pytest.mark.parametrize("strict", [{"guest": True}, {"teams_id": ""}])
async def test_somebody_a_route_names_who_cannot_approve_blocks(
    store: Database, tmp_path: Path, strict: dict[str, Any]
) -> None:
    async with store.transaction() as conn:
        await people.put_person(conn, replace(BEN, **strict), now=NOW)

    found = await report(tmp_path, installing=False)

    assert found.blocked
    assert found.rows[0].match.mail == BEN.email
    assert printed(found).count("✗") == 1


async def test_somebody_a_route_names_whom_nobody_knows_blocks(
    store: Database, tmp_path: Path
) -> None:
    async with store.transaction() as conn:
        await entra.put(conn, Lookup(BEN.email, (), NOW), [], now=NOW)

    assert (await report(tmp_path)).blocked


async def test_somebody_who_is_asked_just_now_and_cannot_be_reached_blocks(
    store: Database, tmp_path: Path
) -> None:
    async with store.transaction() as conn:
        await entra.put(
            conn, Lookup("ann@acme.example", (("aad-ann", "mail"),), NOW), [ANN], now=NOW
        )
        await entra.keep_only(conn, ["ann@acme.example"])
        asked = Decision(
            "d1", "acme", "Bill/Bill/1", "t", DecisionState.PENDING, ("release",), ("aad-ann",),
            "f", NOW, "c",
        )  # fmt: skip
        await ledger.ask(conn, asked)
        await unreachable.mark(conn, "person:aad-ann", reason="blocked", now=NOW)

    found = await report(tmp_path)

    assert found.blocked
    assert row_of(found, "ann@acme.example").blocks


# --- the command ---


async def test_without_a_store_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="when the service first runs"):
        await report(tmp_path)
    assert not (tmp_path / "store.db").exists()


async def command(world: World, *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "app.py"),
        "people",
        *words,
        cwd=world.data,
        env={**os.environ, **environment(world.settings())},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_the_command_reads_beside_a_running_service(world: World) -> None:
    async with world.bot():
        path = world.data / "countersign.db"

        async def read() -> bool:
            found = await read_reports(path, read_file(world.file()), ["acme"], installing=True)
            return any(row.match.how == "sign-in name" for row in found[0].rows)

        await eventually(read, "Graph was asked")
        code, out, err = await command(world, "--json")

    (told,) = json.loads(out)["companies"]
    shown = {one["employee"]: one for one in told["people"]}
    assert code in (0, 1), err
    assert told["read"]["graph"]["trouble"] == ""
    assert shown["EP00000001"]["entra"]["upn"] == "ann@acme.example"
    assert shown["EP00000001"]["may_approve"] is True
    # In Entra two users have Grace's mail, and Hugo has none.
    assert "leads to 2 people" in shown["EP00000007"]["doubt"]
    entry = tomllib.loads(shown["EP00000007"]["lines"][0])["person"][0]
    assert entry["employee"] == "EP00000007"


async def test_the_command_knows_the_companies_of_the_file(world: World) -> None:
    code, _, err = await command(world, "--company", "zeta")

    assert code == 1
    assert "there is no company 'zeta'; there are: acme" in err
