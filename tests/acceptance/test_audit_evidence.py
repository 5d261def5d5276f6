"""An auditor gets a bill's whole story, with proof that nobody edited it, from the command line."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import re
import sqlite3
import sys
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

import pytest
from watchdog import excused
from world import BEN, DEV, ROOT, World, environment, eventually

from bot.auditing.anchors import anchor_file, read_anchors
from bot.auditing.keys import known_keys
from bot.settings import read_settings
from storage.examining import chain_problem

KEYS = "dGhpcyBpcyBhIGtleSBvZiB0aGUgdGVzdHMsIDMyIGI="
HOSTILE = '<script>alert(1)</script> =HYPERLINK("http://evil") \u202egnp'


async def command(world: World, *words: str) -> tuple[int, str]:
    """Run a command as an operator would; what it says goes to standard error."""
    with excused():  # starting a process copies ours
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "app.py"), *words,
            cwd=world.data,
            env={**os.environ, "COLUMNS": "200", **environment(world.settings(0))},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def released(world: World, **fields: str) -> str:
    """A bill somebody was refused for, and its approver released; the bot runs meanwhile."""
    witness = world.witness
    await witness.connect_push()
    number = await witness.bill_on_hold(1234.5, **fields)
    await witness.card(number, BEN, says="this waits for you")
    await witness.press(DEV, number, "release")
    await witness.press(BEN, number, "Release")
    await witness.card(number, BEN, says="Released by Ben Ortiz")
    return number


@pytest.fixture
def audited(world: World) -> World:
    world.more = {"audit": {"keys": KEYS}}
    return world


class Page(HTMLParser):
    """What a page holds: its text, and every tag and attribute."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.addresses: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses |= {f"{name}={value}" for name, value in attrs if name in ("href", "src")}
        self.addresses |= {name for name, _ in attrs if name.startswith("on")}

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_evidence_tells_the_whole_story_and_can_be_checked(
    audited: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "anchors"
    audited.more = {"audit": {"keys": KEYS, "anchor": str(elsewhere)}}
    async with audited.bot():
        await eventually(lambda: has_lines(elsewhere, 1), "the trail is anchored")
        await audited.witness.connect_push()
        number = await released(audited, Description=HOSTILE)
        code, said = await command(audited, "audit", "verify")
        assert (code, "as they were written" in said) == (0, True), said
        code, said = await command(
            audited, "audit", "export", "--document", f"Bill/Bill/{number}", "--out", "pack"
        )
        assert code == 0, said

    pack = audited.data / "pack"
    html = (pack / "story.html").read_text("utf-8")
    page = Page(html)
    for told in (
        "The audit trail is whole",
        "Acumatica told of changes",
        "Acumatica showed a change: On Hold",
        "The question was put: release",
        "A card was posted to Teams",
        "A press was refused",
        "Pressed release · Ben Ortiz",
        "request sent to Acumatica",
        "Acumatica answered",
        "read back, it took effect",
        "Confirmed: it took effect in Acumatica",
        "1234.5",
        "V000000021",
    ):
        assert told in page.text, told
    assert "<script>alert(1)</script>" in page.text
    assert page.addresses == set()
    assert page.tags.isdisjoint({"script", "link", "img", "iframe", "form"})
    assert "\u202e" not in html
    with (pack / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["who"] for row in rows} == {"Countersign", "Ben Ortiz", "Dev Patel"}
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert {row["document"] for row in rows} == {f"Bill/Bill/{number}", ""}
    assert {row["action"] for row in rows if not row["document"]} == {"pushes read"}
    code, said = await command(audited, "audit", "verify", "--pack", "pack")
    assert (code, f"{len(rows)} rows" in said) == (0, True), said


async def test_an_export_never_overwrites_and_says_what_it_does_not_know(audited: World) -> None:
    async with audited.bot():
        number = await released(audited)
    (audited.data / "pack").mkdir()

    taken = await command(
        audited, "audit", "export", "--document", f"Bill/Bill/{number}", "--out", "pack"
    )
    unknown = await command(audited, "audit", "export", "--document", "Bill/Bill/999", "--out", "p")
    neither = await command(audited, "audit", "export", "--out", "p")

    assert (taken[0], "never overwrites" in taken[1]) == (1, True), taken
    assert (unknown[0], "tells nothing of Bill/Bill/999" in unknown[1]) == (1, True), unknown
    assert (neither[0], "--document" in neither[1]) == (1, True), neither
    assert sorted(path.name for path in audited.data.glob("p*")) == ["pack"]


async def test_a_day_is_exported_with_everything_that_happened(audited: World) -> None:
    async with audited.bot():
        await released(audited)

    code, said = await command(
        audited, "audit", "export", "--from", "2000-01-01", "--to", "2999-12-31", "--out", "all"
    )

    assert code == 0, said
    page = Page((audited.data / "all" / "story.html").read_text("utf-8"))
    assert "The service started" in page.text
    assert "The audit chain began" in page.text
    rows = examined(audited)
    code, said = await command(audited, "audit", "verify", "--pack", "all")
    assert (code, f"{rows:,} rows" in said) == (0, True), said


def examined(world: World) -> int:
    with closing(sqlite3.connect(world.data / "countersign.db")) as store:
        return int(store.execute("SELECT count(*) FROM audit_rows").fetchone()[0])


@pytest.mark.parametrize("name", ["story.html", "rows.csv", "README.txt", "proof.json"])
async def test_a_pack_that_was_changed_is_told(audited: World, name: str) -> None:
    async with audited.bot():
        number = await released(audited)
    await command(audited, "audit", "export", "--document", f"Bill/Bill/{number}", "--out", "pack")
    path = audited.data / "pack" / name
    path.write_text(path.read_text("utf-8").replace("Bill", "Bi1l", 1), "utf-8")

    code, said = await command(audited, "audit", "verify", "--pack", "pack")

    assert code == 1, said
    assert re.search(rf"{re.escape(name)} is not as it was exported|row \d+", said)


def edit_row_5(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=30)) as store:
        store.execute("BEGIN IMMEDIATE")  # who reads first and then writes does not wait its turn
        store.execute("DROP TRIGGER audit_no_update")
        store.execute("UPDATE audit_rows SET outcome = 'fine' WHERE seq = 5")
        store.commit()


async def test_an_edit_in_the_store_is_named_while_the_service_runs(audited: World) -> None:
    async with audited.bot():
        await released(audited)
        # On a thread: the service shares our loop, and may be in the middle of a transaction.
        await asyncio.to_thread(edit_row_5, audited.data / "countersign.db")

        code, said = await command(audited, "audit", "verify")

    assert code == 1
    assert "row 5 is not as it was written" in said
    assert "4 rows before that are as they were written" in said


COLUMNS = (
    "at, correlation, actor, action, company, document, fingerprint, outcome, detail, salt, erased,"
    " commitment, previous, key, mac"
)
TAMPERINGS = {
    "DELETE FROM audit_rows WHERE seq = 5": 5,
    f"INSERT INTO audit_rows (seq, {COLUMNS})"
    f" SELECT (SELECT max(seq) FROM audit_rows) + 1, {COLUMNS} FROM audit_rows WHERE seq = 5": None,
    "UPDATE audit_rows SET seq = -1 WHERE seq = 5; UPDATE audit_rows SET seq = 5 WHERE seq = 7;"
    " UPDATE audit_rows SET seq = 7 WHERE seq = -1": 5,
    "UPDATE audit_rows SET detail = '{}', salt = '' WHERE seq = 5": 5,
}
"""What a burglar does to the store, and the first row that is not as it was; None: the new one."""
TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_rows'"


async def test_whatever_a_burglar_does_to_the_trail_the_command_names_the_first_row(
    audited: World,
) -> None:
    async with audited.bot():
        await released(audited)
    store = audited.data / "countersign.db"
    whole = store.read_bytes()
    for statements, first in TAMPERINGS.items():
        store.write_bytes(whole)
        with closing(sqlite3.connect(store)) as opened:
            (rows,) = opened.execute("SELECT max(seq) FROM audit_rows").fetchone()
            for (trigger,) in opened.execute(TRIGGERS).fetchall():
                opened.execute(f"DROP TRIGGER {trigger}")
            opened.executescript(statements)

        code, said = await command(audited, "audit", "verify")

        assert code == 1, statements
        assert f"row {first or rows + 1} " in said, (statements, said)

    # Evidence from a trail that is not whole is written, and says so on its first page.
    ever = ("--from", "2000-01-01", "--to", "2999-01-01")
    code, said = await command(audited, "audit", "export", *ever)
    assert code == 1
    assert "the page says so, too" in said
    assert "row 5 " in (audited.data / "evidence" / "story.html").read_text("utf-8")


async def test_a_trail_that_was_written_anew_is_told_by_the_anchor_that_is_named(
    audited: World, tmp_path: Path
) -> None:
    settings = read_settings(_env_file=None, **audited.settings())
    file, kept = anchor_file(settings), tmp_path / "kept-elsewhere"
    async with audited.bot():
        await released(audited)
    async with audited.bot():  # each start tells the end anew
        await eventually(lambda: has_lines(file, 2), "the end is told")
    kept.write_bytes(file.read_bytes())
    for name in ("countersign.db", "countersign.db-wal", "countersign.db-shm", file.name):
        (audited.data / name).unlink(missing_ok=True)
    async with audited.bot():  # with the key, another trail
        await audited.witness.connect_push()
        number = await audited.witness.bill_on_hold(7.0)
        await audited.witness.card(number, BEN, says="this waits for you")

    alone, _ = await command(audited, "audit", "verify")
    code, said = await command(audited, "audit", "verify", "--anchor", str(kept))

    assert alone == 0  # what it says of itself holds
    assert code == 1
    assert "anew" in said


async def test_the_end_of_the_trail_is_told_to_a_file_and_a_cut_is_seen(audited: World) -> None:
    settings = read_settings(_env_file=None, **audited.settings())
    file = anchor_file(settings)
    async with audited.bot():

        async def told() -> bool:
            return file.exists() and bool(read_anchors(file).told)

        await eventually(told, "the trail is anchored")
        await released(audited)
    async with audited.bot():  # each start tells it anew
        await eventually(lambda: has_lines(file, 2), "and once more")
    store, keys = settings.storage.path, known_keys(settings)
    anchors = read_anchors(file).told
    assert chain_problem(store, *keys, anchors=anchors) == ""
    with closing(sqlite3.connect(store)) as conn:
        conn.execute("DROP TRIGGER audit_no_delete")
        conn.execute("DELETE FROM audit_rows WHERE seq > ?", [anchors[-1].seq - 3])
        conn.commit()

    code, said = await command(audited, "audit", "verify")

    assert code == 1
    assert f"row {anchors[-1].seq - 2} is missing" in said


async def has_lines(file: Path, most: int) -> bool:
    try:
        return len(read_anchors(file).told) >= most
    except FileNotFoundError:
        return False


async def test_the_end_of_the_trail_is_told_to_a_channel_once_a_day(audited: World) -> None:
    audited.edit = ("[[company]]", 'audit_channel = "ap-approvals"\n\n[[company]]')
    witness = audited.witness

    async def told() -> list[str]:
        return [m["text"] for m in await witness.messages() if "Audit trail" in str(m["text"])]

    async with audited.bot():
        (text,) = await eventually(told, "the channel is told")
    async with audited.bot():
        await witness.connect_push()
        await witness.card(await witness.bill_on_hold(), BEN, says="this waits for you")
        assert await told() == [text]
    found = re.search(r"([\d,]+) rows; .* proved by ([0-9a-f]{64})", text)
    assert found is not None
    head = f"{found[1]}:{found[2]}"

    assert (await command(audited, "audit", "verify", "--head", head))[0] == 0
    code, said = await command(audited, "audit", "verify", "--head", f"{found[1]}:{'0' * 64}")
    assert (code, "were written anew" in said) == (1, True), said


async def test_a_person_is_erased_and_the_trail_is_still_whole(audited: World) -> None:
    async with audited.bot():
        number = await released(audited)
        (ben,) = [
            one["aadObjectId"]
            for one in (await audited.witness.get(f"{audited.witness.teams}/_sandbox/people"))[
                "people"
            ]
            if one["name"] == "Ben Ortiz"
        ]
    only_told = await command(audited, "audit", "erase", ben)
    assert "Nothing was done" in only_told[1]

    code, said = await command(audited, "audit", "erase", ben, "--yes")

    assert (code, "person-" in said) == (0, True), said
    with closing(sqlite3.connect(audited.data / "countersign.db")) as store:
        rows = [json.dumps(row) for row in store.execute("SELECT * FROM audit_rows")]
        rows += [json.dumps(row) for row in store.execute("SELECT * FROM audit_people")]
    assert len(rows) > 10
    for word in (ben, "Ben Ortiz", "ben@acme.example"):
        assert not [row for row in rows if word in row], word
    assert (await command(audited, "audit", "verify"))[0] == 0
    await command(audited, "audit", "export", "--document", f"Bill/Bill/{number}", "--out", "pack")
    assert (
        "Pressed release · person-"
        in Page((audited.data / "pack" / "story.html").read_text("utf-8")).text
    )


async def test_changed_rights_are_told_at_the_next_start(audited: World) -> None:
    async with audited.bot():
        pass
    audited.edits = [('"ap-approvals"', '"ap-approvals"')]
    audited.edit = ("[[company]]", f'administrators = ["{DEV}"]\n\n[[company]]')
    async with audited.bot():
        pass

    with closing(sqlite3.connect(audited.data / "countersign.db")) as store:
        sql = "SELECT detail FROM audit WHERE action = 'rights changed'"
        ((detail,),) = store.execute(sql).fetchall()
    (change,) = json.loads(detail)["changes"]
    assert change == {"where": "administrators", "was": [], "is": [DEV]}


async def test_without_any_key_one_is_made_beside_the_store_and_readiness_says_so(
    world: World,
) -> None:
    async with world.bot():
        ready = await world.witness.get(f"{world.witness.bot}/health/ready")
    key = world.data / "countersign.db.audit-key"

    assert any("AUDIT__KEYS" in hint for hint in ready["hints"])
    assert key.stat().st_mode & 0o777 == 0o600
    code, said = await command(world, "audit", "verify")
    assert (code, "AUDIT__KEYS" in said) == (0, True), said
    key.write_text("somebody else's secret, just as long\n")
    code, said = await command(world, "audit", "verify")
    assert (code, "row 1 is signed with key" in said) == (1, True), said
