"""`audit verify` and `audit export` in this process: what they find, write, say and refuse."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from audit_world import BILL, KEY, SECRET, Trail, open_trail

from bot.auditing.anchors import Anchors, append
from bot.auditing.export import PAGE, TABLE, Order, export
from bot.auditing.keys import WEAK, weaknesses
from bot.auditing.proof import check_pack
from bot.auditing.verify import Verified, keys_of, verify
from bot.operating.backup import make_backup
from bot.settings import AuditSettings, EncryptionSettings, Settings, StorageSettings
from storage import audit
from storage.audit import Wanted
from storage.chain import Anchor
from storage.database import StoreError
from storage.examining import Finding, examine
from storage.records import AuditEntry

MADE = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@pytest.fixture
async def trail(tmp_path: Path) -> AsyncIterator[Trail]:
    async with open_trail(tmp_path) as opened:
        yield opened


def settings(store: Path, *, keys: str = SECRET, anchor: Path | str = "") -> Settings:
    return Settings.model_construct(
        storage=StorageSettings(url=f"sqlite:///{store}"),
        audit=AuditSettings.model_validate({"keys": keys, "anchor": anchor}),
        encryption=EncryptionSettings(keys=""),
    )


def silent(done: int, total: int) -> None:
    """Show nothing."""


def checked(trail: Trail) -> Verified:
    return verify(settings(trail.path), None, "", silent)


# --- verify ---


async def test_without_anchors_a_cut_tail_is_said_to_be_unseen(trail: Trail) -> None:
    await trail.add("one")

    found = checked(trail)

    (first, second) = found.lines()
    assert first == f"✓ 1 rows are as they were written; the last proof is {found.found.mac}"
    assert second == "  No anchor was given: a tail that was cut off would not be seen."
    assert (found.whole, found.seal.tone) == (True, "partly")


async def test_anchors_beside_the_store_are_met_and_said_to_lie_there(trail: Trail) -> None:
    await trail.add("one")
    (row,) = await trail.rows()
    beside = trail.path.with_name("store.db.anchor")
    append(beside, Anchor("2026-11-23T08:00:00+00:00", 1, row.mac))
    with beside.open("a") as file:
        file.write("torn\n")

    found = checked(trail)

    told = list(found.lines())
    assert told[1] == "  1 of 1 anchors were met and agree."
    assert told[2] == f"  {beside}: line 2 cannot be read; a stop in the middle leaves one"
    assert told[3].startswith("  ! the anchors lie beside the store")
    assert (found.beside, found.file, found.seal.tone) == (True, beside, "partly")


async def test_anchors_elsewhere_make_the_trail_whole(
    trail: Trail, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await trail.add("one")
    (row,) = await trail.rows()
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "anchors"
    append(elsewhere, Anchor("2026-11-23T08:00:00+00:00", 1, row.mac))

    named = verify(settings(trail.path), elsewhere, "", silent)
    set_up = verify(settings(trail.path, anchor=elsewhere), None, "", silent)

    for found in (named, set_up):
        assert (found.beside, found.found.met, found.seal.tone) == (False, 1, "whole")
        assert len(list(found.lines())) == 2


async def test_an_end_a_person_copied_counts_beside_the_file(trail: Trail) -> None:
    await trail.add("one")
    (row,) = await trail.rows()

    right = verify(settings(trail.path), None, f"1:{row.mac}", silent)
    wrong = verify(settings(trail.path), None, f"1:{'0' * 64}", silent)

    assert (right.whole, right.found.met, right.file) == (True, 1, None)
    assert "  1 of 1 anchors were met and agree." in list(right.lines())
    assert not wrong.whole
    assert wrong.seal.tone == "broken"
    first, second, *_ = wrong.lines()
    assert first.startswith("✗ row 1")
    assert second.endswith("rows before that are as they were written.")


async def test_an_anchor_file_that_was_named_must_be_there(trail: Trail, tmp_path: Path) -> None:
    await trail.add("one")

    with pytest.raises(FileNotFoundError):
        verify(settings(trail.path), tmp_path / "none", "", silent)


def test_what_was_erased_is_older_or_weak_is_said() -> None:
    found = Finding(1200, "mac", 0, erased=1000, former=3)

    told = list(Verified(found, Anchors(), None, ["the key is weak"]).lines())

    assert told[1] == "  Of 1,000 rows personal details were erased, by who had the key."
    assert told[2] == "  3 rows from before the chain are chained at the next start."
    assert told[4] == "  ! the key is weak"


def test_without_a_key_nothing_is_examined(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="set AUDIT__KEYS or ENCRYPTION__KEYS"):
        keys_of(settings(tmp_path / "store.db", keys=""))


# --- export ---


def order(trail: Trail, out: Path, wanted: Wanted) -> Order:
    return Order(wanted, out, MADE, "olga", checked(trail))


async def told_story(trail: Trail) -> None:
    await trail.add("decision asked", verbs=["release"], fingerprint="f1")
    await trail.add("press refused", "aad-dev", reason="not an approver", verb="release")
    await trail.add("decision claimed", "aad-ann", verb="release", fingerprint="f1")
    await trail.add("step sent", step="release", call="POST ReleaseBill")
    await trail.add("decision confirmed", decision="d", reason="")


async def test_a_documents_evidence_holds_its_rows_its_end_and_who_decided(
    trail: Trail, tmp_path: Path
) -> None:
    await told_story(trail)
    out = tmp_path / "pack"

    rows = await export(trail.path, order(trail, out, Wanted("", BILL)), trail.chain)

    page = (out / PAGE).read_text("utf-8")
    assert rows == 5
    assert f"Bill 004512 · {await trail_company(trail)}" in page  # one company: it is found
    for pair in (
        "<dt>Ended</dt><dd>Confirmed: it took effect in Acumatica</dd>",
        "<dt>Presses</dt><dd>1</dd>",
        "<dt>Presses refused</dt><dd>1</dd>",
        "<dt>Requests to Acumatica</dt><dd>Release: 1</dd>",
        "<dt>Confirmed by reading back</dt><dd>1</dd>",
    ):
        assert pair in page, pair
    assert "Decided by</dt><dd>aad-ann, " in page
    assert "Documents</dt>" not in page
    with (out / TABLE).open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 5
    assert check_pack(out, trail.chain.keys).problem == ""


async def trail_company(trail: Trail) -> str:
    async with trail.store.reading() as conn:
        (company,) = await audit.companies_of(conn, BILL)
    return company


async def test_a_times_evidence_counts_documents_and_leaves_out_other_times(
    trail: Trail, tmp_path: Path
) -> None:
    await told_story(trail)
    now = trail.clock.now()
    trail.clock.later(3600)
    await trail.add("too late")
    wanted = Wanted("acme", "", now.replace(hour=0, minute=0), now.replace(microsecond=999_999))

    rows = await export(trail.path, order(trail, tmp_path / "pack", wanted), trail.chain)

    page = (tmp_path / "pack" / PAGE).read_text("utf-8")
    assert rows == 5
    assert "<dt>Documents</dt><dd>1</dd>" in page
    assert "<dt>Ended</dt>" not in page
    assert "too late" not in page


async def test_what_came_after_the_examination_is_left_to_the_next_export(
    trail: Trail, tmp_path: Path
) -> None:
    await told_story(trail)
    asked = order(trail, tmp_path / "pack", Wanted("acme", BILL))
    async with trail.store.transaction() as conn:
        entry = AuditEntry(trail.clock.now(), "c", "countersign", "not examined", "acme", BILL, {})
        for _ in range(audit.PAGE + 1):
            await audit.add(conn, entry)

    assert await export(trail.path, asked, trail.chain) == 5
    assert "not examined" not in (tmp_path / "pack" / PAGE).read_text("utf-8")


async def test_a_broken_trail_is_exported_whole_and_says_so(trail: Trail, tmp_path: Path) -> None:
    await told_story(trail)
    broken = verify(settings(trail.path), None, f"1:{'0' * 64}", silent)
    asked = replace(order(trail, tmp_path / "pack", Wanted("acme", BILL)), checked=broken)

    assert await export(trail.path, asked, trail.chain) == 5
    assert "The audit trail is broken" in (tmp_path / "pack" / PAGE).read_text("utf-8")


async def test_a_number_of_two_companies_needs_its_company(trail: Trail, tmp_path: Path) -> None:
    await trail.add("one")
    async with trail.store.transaction() as conn:
        entry = audit.AuditEntry(trail.clock.now(), "c", "countersign", "one", "beta", BILL)
        await audit.add(conn, entry)

    with pytest.raises(StoreError, match="is known in acme, beta: add --company"):
        await export(trail.path, order(trail, tmp_path / "p", Wanted("", BILL)), trail.chain)
    asked = order(trail, tmp_path / "p", Wanted("beta", BILL))
    assert await export(trail.path, asked, trail.chain) == 1


async def test_nothing_is_overwritten_and_nothing_unknown_written(
    trail: Trail, tmp_path: Path
) -> None:
    await trail.add("one")
    (tmp_path / "there").mkdir()
    (tmp_path / "pack.partial").mkdir()

    for out, wanted, told in (
        ("there", Wanted("acme", BILL), "never overwrites"),
        ("pack", Wanted("acme", BILL), "is left of an export that was stopped"),
        ("new", Wanted("acme", "Bill/Bill/9"), "tells nothing of Bill/Bill/9 of acme"),
    ):
        with pytest.raises(StoreError, match=told):
            await export(trail.path, order(trail, tmp_path / out, wanted), trail.chain)
    assert not (tmp_path / "new").exists()
    assert not list((tmp_path / "there").iterdir())


async def test_the_proof_says_who_made_it_when_and_what_was_found_of_the_chain(
    trail: Trail, tmp_path: Path
) -> None:
    await told_story(trail)
    (*_, last) = await trail.rows()
    met = verify(settings(trail.path), None, f"5:{last.mac}", silent)
    asked = replace(order(trail, tmp_path / "pack", Wanted("acme", BILL)), checked=met)

    await export(trail.path, asked, trail.chain)

    told = json.loads((tmp_path / "pack" / "proof.json").read_text("utf-8"))
    assert (told["about"], told["by"]) == (f"{BILL} of acme", "olga")
    assert told["made"] == MADE.isoformat()
    assert told["chain"] == {
        "rows": 5, "head": last.mac, "flaw": None, "anchors met": 1, "anchored up to row": 5,
    }  # fmt: skip
    assert told["anchors"] == [["the message", 5, last.mac]]
    assert sorted(told["people"].values()) == ["aad-ann", "aad-dev"]
    assert {row.actor for row in await trail.rows()} >= set(told["people"])


async def test_the_proof_of_a_broken_trail_says_what_is_broken_and_the_anchors(
    trail: Trail, tmp_path: Path
) -> None:
    await told_story(trail)
    anchor = Anchor("2026-11-23T08:00:00+00:00", 1, "0" * 64)
    beside = trail.path.with_name("store.db.anchor")
    append(beside, anchor)
    broken = verify(settings(trail.path), None, "", silent)
    asked = replace(order(trail, tmp_path / "pack", Wanted("acme", BILL)), checked=broken)

    await export(trail.path, asked, trail.chain)

    told = json.loads((tmp_path / "pack" / "proof.json").read_text("utf-8"))
    assert told["chain"]["flaw"] == str(broken.found.flaw)
    assert "row 1 to row 1 were written anew" in told["chain"]["flaw"]
    assert told["anchors"] == [[anchor.at, 1, anchor.mac]]


async def test_what_was_written_anew_is_told_from_the_last_anchor_that_was_met(
    trail: Trail,
) -> None:
    await told_story(trail)
    first, *_ = await trail.rows()
    beside = trail.path.with_name("store.db.anchor")

    append(beside, Anchor("2026-11-23T07:00:00+00:00", 3, "0" * 64))
    found = verify(settings(trail.path), None, "", silent).found
    assert "no earlier anchor is as an anchor saw it" in str(found.flaw)
    beside.unlink()
    append(beside, Anchor("2026-11-23T06:00:00+00:00", 1, first.mac))
    append(beside, Anchor("2026-11-23T07:00:00+00:00", 3, "0" * 64))
    found = verify(settings(trail.path), None, "", silent).found
    assert "everything up to row 1 is as an anchor saw it" in str(found.flaw)
    assert "row 2 to row 3 were written anew" in str(found.flaw)


async def test_how_far_the_examination_is_and_what_is_weak_are_told(trail: Trail) -> None:
    await told_story(trail)
    told: list[tuple[int, int]] = []

    found = verify(settings(trail.path), None, "", lambda done, total: told.append((done, total)))

    assert told[-1] == (5, 5)
    assert found.weak == []


def test_a_trail_whose_key_lies_beside_it_is_said_to_be_weak(tmp_path: Path) -> None:
    own = settings(tmp_path / "store.db", keys="")
    (tmp_path / "store.db.audit-key").write_text(SECRET)

    assert weaknesses(own) == [WEAK]
    assert len(keys_of(own)) == 1


@pytest.mark.parametrize("there", [False, True])
async def test_anchors_that_were_set_up_and_are_gone_are_no_success(
    trail: Trail, tmp_path: Path, *, there: bool
) -> None:
    await trail.add("one")
    gone = tmp_path / "elsewhere"
    if there:
        gone.touch()

    with pytest.raises((StoreError, FileNotFoundError), match="elsewhere"):
        verify(settings(trail.path, anchor=gone), None, "", silent)


async def test_the_forgery_the_docs_tell_how_to_try_is_found(trail: Trail, tmp_path: Path) -> None:
    for number in range(9):
        await trail.add(f"action {number}")
    page = Path(__file__).parents[2].joinpath("docs", "reliability.md").read_text("utf-8")
    [forgery] = re.findall(r"```python\n(.+?)```", page, re.DOTALL)
    make_backup(trail.path, tmp_path / "copy.db", lambda *_: None, now=MADE)

    ran = subprocess.run(  # noqa: ASYNC221 - nothing else runs here
        [sys.executable, "-c", textwrap.dedent(forgery)], cwd=tmp_path, check=False
    )

    assert ran.returncode == 0
    found = examine(tmp_path / "copy.db", [KEY], [])
    assert found.flaw is not None
    assert found.flaw.row == 7
