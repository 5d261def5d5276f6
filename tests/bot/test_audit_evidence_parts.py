"""Parts of the evidence: words, page, table and proof; each safe against what others wrote."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.auditing import page
from bot.auditing.changes import differences, flat
from bot.auditing.keys import WEAK, known_keys, open_chain, weaknesses
from bot.auditing.page import Cover
from bot.auditing.proof import NAME, Proof, check_pack
from bot.auditing.seal import Seal, seal_of
from bot.auditing.story import SENTENCES, Teller
from bot.auditing.tables import Table, cell
from bot.auditing.wanted import read_wanted
from bot.checked import SettingsError
from bot.core.plans import End
from bot.core.settlements import Move
from bot.settings import (
    MIN_SECRET,
    AuditSettings,
    EncryptionSettings,
    Settings,
    StorageSettings,
)
from storage.audit import Wanted
from storage.chain import Chain, Event, Flaw, Row, derive
from storage.database import StoreError
from storage.examining import Finding
from storage.records import DecisionState, InstallState

ROOT = Path(__file__).resolve().parent.parent.parent
WRITERS = ("note", "_note", "AuditEntry")
KEY = derive("a key of these tests, long enough for anybody")
HOSTILE = "<img src=x onerror=alert(1)>\u202e\x1b[31m =cmd|'/c calc'"


def row(seq: int, previous: str = "", action: str = "did", **detail: object) -> Row:
    chain = Chain((KEY,), lambda: f"salt {seq}")
    event = Event("2026-11-23T00:00:00", "c", "person-1", action, "acme", "Bill/Bill/1", "f", "")
    text = json.dumps(detail)
    seal = chain.seal(seq, previous, event, text)
    return Row(
        seq, *event, text, seal.salt, "", seal.commitment, previous, seal.key, seal.mac
    )  # fmt: skip


def rows(count: int) -> list[Row]:
    made: list[Row] = []
    for seq in range(1, count + 1):
        made.append(row(seq, made[-1].mac if made else "", n=seq))
    return made


TELLER = Teller({"person-1": "aad-ann"}, {"aad-ann": "Ann Approver"})


# --- words ---


def test_who_acted_is_told_by_name_and_the_erased_by_pseudonym() -> None:
    assert TELLER.who("person-1") == "Ann Approver"
    assert TELLER.who("person-2") == "person-2"
    assert TELLER.who("countersign") == "Countersign"
    assert TELLER.who("unknown") == "unknown"


@pytest.mark.parametrize("action", SENTENCES)
def test_every_sentence_stands_without_the_detail_that_was_erased(action: str) -> None:
    told = TELLER.tell(row(1, action=action, erased="2026-11-23"))

    assert told.what
    assert "{" not in told.what


def every_action() -> Iterator[str]:
    """What the code writes into the trail, as far as it stands there word by word."""
    for file in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in WRITERS:
                yield from (
                    one.value
                    for one in node.args
                    if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value
                )
    yield from (f"decision {one}" for one in set(DecisionState) - {DecisionState.PENDING})
    yield from (f"step {one}" for one in End)
    yield from (f"settlement {one}" for one in Move)
    yield from (f"app {one}" for one in InstallState)


@pytest.mark.parametrize("action", sorted({*every_action()} - {"countersign"}))
def test_whatever_is_audited_has_a_sentence_of_its_own(action: str) -> None:
    assert action in SENTENCES


def test_what_there_is_no_sentence_for_is_told_by_its_own_name() -> None:
    told = TELLER.tell(row(1, action="something {new", who="aad-ann", ok=True, none=None))

    assert (told.what, told.tone) == ("something {new", "plain")
    assert told.facts == (("who", "Ann Approver"), ("ok", "yes"))


@pytest.mark.parametrize(
    ("action", "detail", "facts"),
    [
        ("step answered", {"step": "release", "detail": "204"},
         ("HTTP status of the answer", "204")),
        ("post delivered", {"attempt": 1, "reason": "1795"}, ("message in Teams", "1795")),
        ("post delivered", {"attempt": 3, "reason": "1795"}, ("attempt", "3")),
        ("update delivered", {"reason": "it stands so"}, ("note", "it stands so")),
        ("post delivered", {"shown": "a" * 64}, ("version of the card", "aaaaaaaaaaaa…")),
        ("step checked", {"step": "release", "shown": "doable"}, ("Acumatica showed", "doable")),
        ("settlement recorded", {"on": "admin page"}, ("pressed on", "admin page")),
        ("told", {"counts": {"new": 2, "old": [1, 2.5]}}, ("counts", "new 2; old 1, 2.5")),
    ],
)  # fmt: skip
def test_details_are_told_in_an_auditors_words(
    action: str, detail: dict[str, object], facts: tuple[str, str]
) -> None:
    assert facts in TELLER.tell(row(1, action=action, **detail)).facts


def test_an_attempt_that_was_the_first_is_not_worth_a_word() -> None:
    told = TELLER.tell(row(1, action="post delivered", attempt=1))

    assert "attempt" not in dict(told.facts)


@pytest.mark.parametrize(
    ("action", "what"),
    [
        ("say dead", "An answer in chat could not be delivered"),
        ("tell retrying", "A message to one person was not taken yet and is tried again"),
        ("shout delivered", "shout delivered"),
        ("say sung", "say sung"),
    ],
)
def test_what_became_of_a_message_is_told_by_its_kind(action: str, what: str) -> None:
    assert TELLER.tell(row(1, action=action)).what.lower() == what.lower()


def test_braces_of_others_fill_in_nothing() -> None:
    told = TELLER.tell(row(1, action="press refused", reason="{verb} {0.__class__}", verb="x"))

    assert told.what == "A press was refused: {verb} {0.__class__}"


@pytest.mark.parametrize("detail", ["no json", "[1]", "3"])
def test_a_detail_that_cannot_be_read_is_shown_as_it_is(detail: str) -> None:
    told = TELLER.tell(replace(row(1), detail=detail))

    assert told.facts == (("unreadable", detail),)


# --- page and table ---


def cover() -> Cover:
    return Cover(
        HOSTILE, HOSTILE, HOSTILE, HOSTILE, Seal("broken", HOSTILE, HOSTILE), HOSTILE,
        [(HOSTILE, HOSTILE)],
        {"Vendor": HOSTILE}, [{HOSTILE: HOSTILE}],
    )  # fmt: skip


def test_nothing_of_others_becomes_markup_on_the_page() -> None:
    facts = {"fields": {HOSTILE: HOSTILE}, "lines": [{HOSTILE: HOSTILE}]}
    told = TELLER.tell(row(1, action=HOSTILE, facts=facts, **{HOSTILE: HOSTILE}))

    text = "".join(
        [
            *page.head(cover()),
            *page.entries([told], day="", named=True),
            *page.foot(cover(), empty=False),
        ]
    )

    assert "<img" not in text
    assert not re.search(r"<[^>]*onerror", text)
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "default-src 'none'" in text
    assert 'class="seal broken"' in text


@pytest.mark.parametrize("columns", [1, 6, 7, 40])
def test_every_column_of_a_documents_lines_is_told(columns: int) -> None:
    lines = [{f"Name {n}": f"value {n} of {line}" for n in range(columns)} for line in (1, 2)]
    text = "".join(page.head(replace(cover(), lines=lines)))

    for line in (1, 2):
        assert all(f"value {n} of {line}" in text for n in range(columns))
    assert ("<table>" in text) == (columns <= page.MOST_COLUMNS)


def test_what_was_cut_says_so_and_what_was_not_does_not() -> None:
    told = TELLER.tell(row(1, action="a", long="x" * 3000, short="y" * 2000))

    (long, short) = (value for _, value in told.facts)
    assert long == "x" * 2000 + "… (shortened; in full in proof.json)"
    assert short == "y" * 2000
    text = "".join(page.entries([told], day="", named=True))
    assert long in text
    assert short in text


def test_a_documents_lines_are_counted_where_they_were_read() -> None:
    told = TELLER.tell(row(1, action="document seen", facts={"lines": [{"Qty": "1"}] * 2}))

    assert "2 lines; in full in proof.json" in "".join(page.entries([told], day="", named=False))


# --- the seal claims no more than was checked ---

WHOLE = Finding(rows=9, mac="m", met=1, erased=0, held=9)


@pytest.mark.parametrize(
    ("found", "beside", "weak", "tone", "says"),
    [
        (WHOLE, False, False, "whole", "agrees with the last of them, row 9"),
        (replace(WHOLE, held=7), False, False, "whole", "after row 9 were cut off"),
        (
            replace(WHOLE, held=0, met=0),
            False,
            False,
            "partly",
            "cut off the end would not be seen",
        ),
        (WHOLE, True, False, "partly", "can cut the end off both"),
        (WHOLE, False, True, "partly", "can write all of it anew"),
        (replace(WHOLE, erased=2), False, False, "whole", "is not proved any more"),
        (replace(WHOLE, former=3), False, False, "partly", "3 rows are older than the chain"),
        (replace(WHOLE, flaw=Flaw(10, "is missing")), False, False, "broken", "row 10 is missing"),
        (Finding(0, "", 0, 0), False, False, "partly", "No anchor"),
    ],
)
def test_a_seal_says_no_more_than_was_checked(
    found: Finding, beside: bool, weak: bool, tone: str, says: str
) -> None:
    seal = seal_of(found, beside=beside, weak=weak)

    assert (seal.tone, says in seal.told) == (tone, True), seal
    assert ("whole" in seal.title) == (tone == "whole")


STARTS = ["=", "+", "-", "@", "\t=", "\r\n=", " =", "\u00a0=", "|", "%", "＝", "＋", "－", "＠"]


@pytest.mark.parametrize("start", STARTS)
def test_no_cell_is_a_formula(start: str) -> None:
    assert cell(f"{start}1+1").startswith("'")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("between", ["", " ", '"', '" "', "'"])
def test_no_cell_is_a_formula_whatever_separates_a_readers_lists(
    separator: str, between: str
) -> None:
    """A spreadsheet cuts lines at its own country's separator, not at ours."""
    file = io.StringIO(newline="")
    table = Table(file)
    for start in STARTS:
        table.add(TELLER.tell(row(1, action=f"a{separator}{between}{start}1+1")))

    for cells in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=separator):
        for one in cells:
            assert not one.strip(' "\t\u00a0').startswith(tuple("=+-@%＝＋－＠")), one


def test_every_cell_is_quoted() -> None:
    file = io.StringIO(newline="")
    Table(file).add(TELLER.tell(row(1)))

    assert all(
        re.fullmatch(r'"([^"]|"")*"(,"([^"]|"")*"){12}', line)
        for line in file.getvalue().splitlines()
    )


def test_a_cell_is_never_longer_than_a_spreadsheet_takes_and_says_so() -> None:
    told = cell(";=" * 30_000)

    assert len(told) < 32_767
    assert told.endswith("… (shortened; in full in proof.json)")


def test_a_table_holds_the_row_and_its_proof() -> None:
    file = io.StringIO()
    Table(file).add(TELLER.tell(row(7, action="=1+1")))

    assert "'=1+1" in file.getvalue()
    assert row(7, action="=1+1").mac in file.getvalue()


# --- proof ---


def packed(folder: Path, made: list[Row]) -> Path:
    folder.mkdir()
    (folder / "story.html").write_text("a page")
    with (folder / NAME).open("w", newline="") as file:
        proof = Proof(file, {"about": "a bill"})
        for one in made:
            proof.add(one)
        proof.close([folder / "story.html"], Chain((KEY,), str))
    return folder


def test_a_proof_is_json_and_checks(tmp_path: Path) -> None:
    folder = packed(tmp_path / "pack", rows(5))

    assert len(json.loads((folder / NAME).read_text())["rows"]) == 5
    found = check_pack(folder, [KEY])
    assert (found.rows, found.about, found.problem) == (5, "a bill", "")
    assert check_pack(folder / NAME, [KEY]).problem == ""
    assert "none of those given" in check_pack(folder, [derive("another")]).problem


def test_rows_that_do_not_follow_each_other_check_by_themselves(tmp_path: Path) -> None:
    first, _, third, *_ = rows(5)

    assert check_pack(packed(tmp_path / "pack", [first, third]), [KEY]).problem == ""


def test_rows_out_of_order_are_told(tmp_path: Path) -> None:
    first, second, third = rows(3)
    forked = row(2, third.mac, n=2)

    swapped = check_pack(packed(tmp_path / "a", [second, first]), [KEY]).problem
    unlinked = check_pack(packed(tmp_path / "b", [first, forked]), [KEY]).problem
    twice = check_pack(packed(tmp_path / "c", [first, first]), [KEY]).problem

    assert swapped == "row 1 was put in"
    assert twice == "row 1 was put in"
    assert unlinked == "row 2 does not follow the row before it"


@pytest.mark.parametrize("place", range(0, 3000, 37))
def test_no_byte_of_a_proof_can_change(tmp_path: Path, place: int) -> None:
    folder = packed(tmp_path / "pack", rows(5))
    text = bytearray((folder / NAME).read_bytes())
    place %= len(text) - 1  # the last is a line end
    text[place] = text[place] % 90 + 33 if text[place] != text[place] % 90 + 33 else 35
    (folder / NAME).write_bytes(text)

    try:
        problem = check_pack(folder, [KEY]).problem
    except StoreError as error:
        problem = str(error)
    assert problem


@pytest.mark.parametrize("keep", [0, 1, 2, 4, 7, 8])
def test_a_proof_that_was_cut_is_told(tmp_path: Path, keep: int) -> None:
    folder = packed(tmp_path / "pack", rows(5))
    lines = (folder / NAME).read_text().splitlines(keepends=True)
    (folder / NAME).write_text("".join(lines[:keep]))

    with pytest.raises(StoreError, match="proof"):
        check_pack(folder, [KEY])


@pytest.mark.parametrize("line", ["3,", "[1],", "{},", "", "no json"])
def test_a_line_of_a_proof_that_is_no_row_is_told(tmp_path: Path, line: str) -> None:
    folder = packed(tmp_path / "pack", rows(5))
    lines = (folder / NAME).read_text().splitlines()
    (folder / NAME).write_text("\n".join([*lines[:3], line, *lines[4:], ""]))

    with pytest.raises(StoreError, match="proof"):
        check_pack(folder, [KEY])


def test_another_file_of_the_pack_cannot_change_or_go(tmp_path: Path) -> None:
    folder = packed(tmp_path / "pack", rows(2))

    (folder / "story.html").write_text("another page")
    assert check_pack(folder, [KEY]).problem == "story.html is not as it was exported"
    (folder / "story.html").unlink()
    assert check_pack(folder, [KEY]).problem == "story.html is missing"


# --- what is asked for ---


def test_a_document_or_a_time_is_asked_for() -> None:
    day = datetime(2026, 11, 1, tzinfo=UTC)

    assert read_wanted("Bill/INV/004512", "", "", "acme") == Wanted("acme", "Bill/INV/004512")
    assert read_wanted("", "2026-11-01", "2026-11-01", "") == Wanted(
        "", "", day, datetime(2026, 11, 2, tzinfo=UTC)
    )
    moments = read_wanted("", "2026-11-01T01:00+01:00", "2026-11-01T08:30", "")
    assert (moments.since, moments.until) == (day, day.replace(hour=8, minute=30))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("", "", ""), "--document"),
        (("Bill/Bill/1", "2026-11-01", "2026-11-02"), "--document"),
        (("", "2026-11-01", ""), "--from"),
        (("", "2026-11-02", "2026-11-01"), "must come before"),
        (("", "2026-13-02", "2026-13-01"), "write a day"),
        (("", "9999-12-31", "9999-12-31"), "write a day"),
        (("Bill 4512", "", ""), "write it like"),
    ],
)
def test_what_cannot_be_exported_is_told_with_what_to_write(
    words: tuple[str, str, str], told: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        read_wanted(*words, "")
    assert told in raised.value.problems[0]


# --- keys ---


def settings(folder: Path, audit: str = "", encryption: str = "") -> Settings:
    return Settings.model_construct(
        storage=Settings.model_fields["storage"]
        .default_factory()
        .model_copy(  # type: ignore[misc,call-arg]
            update={"url": f"sqlite:///{folder / 'store.db'}"}
        ),
        audit=AuditSettings(keys=audit),
        encryption=EncryptionSettings(keys=encryption),
    )


def test_the_newest_key_signs_and_each_proves_once(tmp_path: Path) -> None:
    told = settings(tmp_path, "new, old", "old,vault")

    assert known_keys(told) == (derive("new"), derive("old"), derive("vault"))
    assert open_chain(told, str).keys[0] == derive("new")
    assert weaknesses(told) == []
    assert not list(tmp_path.iterdir())  # none is made


def test_a_key_is_made_once_where_there_is_none(tmp_path: Path) -> None:
    told = settings(tmp_path / "deep")
    assert known_keys(told) == ()

    made = open_chain(told, lambda: "a token of enough length").keys
    again = open_chain(told, lambda: "another token of that length").keys

    assert made == again == known_keys(told)
    assert weaknesses(told) == [WEAK]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["store.db.audit-key"]


def test_a_damaged_key_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "store.db.audit-key").write_text("short\n")

    with pytest.raises(StoreError, match="holds no key"):
        open_chain(settings(tmp_path), str)


def test_a_key_that_is_none_forbids_a_start() -> None:
    (told,) = AuditSettings(keys="short").problems()

    assert told.startswith("AUDIT__KEYS: key 1")
    assert "short" not in told


# --- settings that changed ---


def test_each_changed_setting_is_told_with_its_place() -> None:
    was = {"company": [{"name": "acme", "poll": "5s", "to": ["a"]}], "gone": 1, "empty": []}
    is_ = {"company": [{"name": "acme", "poll": "9s", "to": ["a", "b"]}], "new": 2, "empty": []}

    assert differences(dict(flat(was)), dict(flat(is_))) == [
        {"where": "company[acme].poll", "was": "5s", "is": "9s"},
        {"where": "company[acme].to", "was": ["a"], "is": ["a", "b"]},
        {"where": "gone", "was": 1, "is": None},
        {"where": "new", "was": None, "is": 2},
    ]


# --- what a check of a pack tells ---


def test_what_is_wrong_is_told_with_what_was_whole_until_there(tmp_path: Path) -> None:
    made = rows(4)
    folder = packed(tmp_path / "pack", [*made[:2], replace(made[2], actor="somebody"), made[3]])

    found = check_pack(folder, [KEY])

    assert (found.rows, found.about) == (2, "a bill")
    assert found.problem.startswith("row 3")


def test_a_proof_that_was_written_anew_tells_its_rows_and_what_it_is_about(tmp_path: Path) -> None:
    folder = packed(tmp_path / "pack", rows(3))
    text = (folder / NAME).read_text("utf-8")
    (folder / NAME).write_text(text.replace("a bill", "a hill"), "utf-8", newline="")

    found = check_pack(folder, [KEY])

    assert (found.rows, found.about) == (3, "a hill")
    assert found.problem == f"{NAME} is not as it was exported: its seal does not fit it"


def test_a_proof_that_says_not_what_it_is_about_checks_all_the_same(tmp_path: Path) -> None:
    with (tmp_path / NAME).open("w", newline="") as file:
        proof = Proof(file, {})
        proof.add(row(1))
        proof.close([], Chain((KEY,), str))

    found = check_pack(tmp_path, [KEY])

    assert (found.rows, found.about, found.problem) == (1, "", "")


@pytest.mark.parametrize("smuggled", [b"\xff\xfe", b"\xc3("])
def test_bytes_that_are_no_text_are_a_proof_that_was_changed(
    tmp_path: Path, smuggled: bytes
) -> None:
    folder = packed(tmp_path / "pack", rows(1))
    whole = (folder / NAME).read_bytes()
    (folder / NAME).write_bytes(whole.replace(b"a bill", smuggled))

    assert "its seal does not fit it" in check_pack(folder, [KEY]).problem


def test_other_ends_of_lines_are_a_proof_that_was_changed(tmp_path: Path) -> None:
    folder = packed(tmp_path / "pack", rows(2))
    whole = (folder / NAME).read_bytes()
    (folder / NAME).write_bytes(whole.replace(b"\n", b"\r\n"))

    with pytest.raises(StoreError, match="is no proof of Countersign, or was written anew"):
        check_pack(folder, [KEY])


@pytest.mark.parametrize(
    ("cut", "told"),
    [('"rows": [', "is no proof of Countersign"), ('"countersign audit proof 1"', "is no proof")],
)
def test_what_is_no_proof_is_refused_by_either_mark(tmp_path: Path, cut: str, told: str) -> None:
    folder = packed(tmp_path / "pack", rows(1))
    text = (folder / NAME).read_text("utf-8")
    other = '"other"' if cut.endswith('1"') else '"lines": ['
    (folder / NAME).write_text(text.replace(cut, other), "utf-8", newline="")

    with pytest.raises(StoreError, match=told):
        check_pack(folder, [KEY])


def test_a_proof_cut_off_in_its_rows_ends_too_early(tmp_path: Path) -> None:
    folder = packed(tmp_path / "pack", rows(3))
    lines = (folder / NAME).read_text("utf-8").splitlines(keepends=True)
    (folder / NAME).write_text("".join(lines[:4]), "utf-8", newline="")

    with pytest.raises(StoreError):
        check_pack(folder, [KEY])


# --- the key beside the store ---


def test_a_key_made_beside_the_store_is_whole_private_and_kept(tmp_path: Path) -> None:
    store = tmp_path / "deep" / "down" / "store.db"
    own = Settings.model_construct(
        storage=StorageSettings(url=f"sqlite:///{store}"),
        audit=AuditSettings(), encryption=EncryptionSettings(keys=""),
    )  # fmt: skip

    chain = open_chain(own, lambda: "0123456789abcdef")

    kept = store.with_name("store.db.audit-key")
    assert kept.read_text("ascii") == "0123456789abcdef" * 2 + "\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in kept.parent.iterdir()] == [kept.name]
    assert chain.keys == known_keys(own) == open_chain(own, str).keys


def test_a_key_is_made_beside_a_store_whose_folder_is_there(tmp_path: Path) -> None:
    own = Settings.model_construct(
        storage=StorageSettings(url=f"sqlite:///{tmp_path / 'store.db'}"),
        audit=AuditSettings(), encryption=EncryptionSettings(keys=""),
    )  # fmt: skip

    open_chain(own, lambda: "0123456789abcdef")

    assert [one.name for one in tmp_path.iterdir()] == ["store.db.audit-key"]


def test_a_key_beside_the_store_that_was_spoiled_is_named(tmp_path: Path) -> None:
    own = Settings.model_construct(
        storage=StorageSettings(url=f"sqlite:///{tmp_path / 'store.db'}"),
        audit=AuditSettings(), encryption=EncryptionSettings(keys=""),
    )  # fmt: skip
    beside = tmp_path / "store.db.audit-key"
    for spoiled in (b"x" * (MIN_SECRET - 1), b"\xff" * 8, b""):
        beside.write_bytes(spoiled)
        with pytest.raises(StoreError, match="holds no key; put back the one"):
            known_keys(own)
    beside.write_bytes(b"x" * MIN_SECRET + b"\n")
    assert len(known_keys(own)) == 1


# --- what an export is asked for ---


@pytest.mark.parametrize(
    ("since", "until", "option"), [("x", "2026-11-01", "--from x"), ("2026-11-01", "y", "--to y")]
)
def test_a_moment_that_is_none_is_named_with_its_option(
    since: str, until: str, option: str
) -> None:
    with pytest.raises(SettingsError, match=option):
        read_wanted("", since, until, "")


@pytest.mark.parametrize(
    ("document", "since", "until"),
    [("", "", ""), ("Bill/Bill/1", "2026-11-01", ""), ("Bill/Bill/1", "", "2026-11-01"),
     ("", "2026-11-01", ""), ("", "", "2026-11-01")],
)  # fmt: skip
def test_a_document_or_both_ends_of_a_time_are_wanted(
    document: str, since: str, until: str
) -> None:
    with pytest.raises(SettingsError, match="say --document"):
        read_wanted(document, since, until, "")


@pytest.mark.parametrize(
    "told", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31"]
)
def test_a_moment_beyond_the_calendar_is_refused_in_words(told: str) -> None:
    with pytest.raises(SettingsError, match="write a day like"):
        read_wanted("", "2026-11-01" if told[0] == "9" else told, told, "")
