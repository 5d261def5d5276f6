"""Nobody without the key changes the audit trail unseen; the first bad row is named exactly."""

import asyncio
import hmac
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from chained import BILL, COLUMNS, KEY, OTHER, anchor, audit, burgled, chained, tokens, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_values import COMPANY, NOW

from storage.chain import (
    Anchor,
    Chain,
    Key,
    Row,
    Walk,
    commit,
    derive,
    erasure,
    is_named,
    name,
    read_row,
    sealed,
    unsealed,
)
from storage.database import MIGRATIONS, Database, StoreError
from storage.examining import chain_problem, examine
from storage.records import AuditEntry, moment, stamp

ROWS = 7


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with some rows, made once."""
    path = tmp_path_factory.mktemp("chain") / "store.db"
    asyncio.run(write(path, ROWS))
    return path


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path / "store.db"))


def rows_of(path: Path) -> list[Row]:
    with closing(sqlite3.connect(path)) as store:
        store.row_factory = sqlite3.Row
        found = store.execute("SELECT * FROM audit_rows ORDER BY seq").fetchall()
    return [read_row(dict(row)) for row in found]


def flaw_row(path: Path, *anchors: Anchor) -> int | None:
    flaw = examine(path, [KEY], anchors).flaw
    return flaw.row if flaw else None


# --- what is fine ---


def test_an_untouched_chain_is_found_whole(path: Path) -> None:
    found = examine(path, [KEY], [anchor(path, 3), anchor(path, ROWS)])

    assert (found.flaw, found.rows, found.met, found.erased) == (None, ROWS, 2, 0)
    assert found.mac == rows_of(path)[-1].mac
    assert chain_problem(path, KEY) == ""
    other = Anchor("", 3, "0" * 64)
    assert "were written anew" in chain_problem(path, KEY, anchors=[other])


async def test_a_transaction_that_is_rolled_back_leaves_no_gap(path: Path) -> None:
    async with chained(path) as store:
        with suppress(RuntimeError):
            async with store.transaction() as conn:
                await audit.add(conn, AuditEntry(NOW, "c", "aad-ann", "never happened"))
                raise RuntimeError
        async with store.transaction() as conn:
            await audit.add(conn, AuditEntry(NOW, "c", "aad-ann", "happened"))

        assert examine(path, [KEY]).rows == ROWS + 1  # while it is in use
    assert chain_problem(path, KEY) == ""


def test_two_processes_never_write_one_row(path: Path) -> None:
    """The row before is read in the statement that writes the next."""
    with closing(sqlite3.connect(path, isolation_level=None)) as one:
        for function in Chain((KEY,), tokens()).functions():
            one.create_function(*function)
        values = dict.fromkeys(
            ("at", "correlation", "actor", "action", "company", "document", "fingerprint",
             "outcome", "detail"), "x",
        )  # fmt: skip
        one.execute("BEGIN IMMEDIATE")
        one.execute(audit.SQL.add.sql, values)
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other:
            for function in Chain((KEY,), tokens()).functions():
                other.create_function(*function)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute(audit.SQL.add.sql, values)
            one.execute("COMMIT")
            other.execute(audit.SQL.add.sql, values)

    assert examine(path, [KEY]).rows == ROWS + 2
    assert chain_problem(path, KEY) == ""


def test_a_connection_that_was_told_no_key_adds_nothing(path: Path) -> None:
    with (
        closing(sqlite3.connect(path)) as store,
        pytest.raises(sqlite3.OperationalError, match="no such function"),
    ):
        store.execute("INSERT INTO audit_people VALUES (audit_alias(), 'x')")


async def test_rows_carry_a_pseudonym_and_the_view_tells_whose_it_is(path: Path) -> None:
    assert {row.actor for row in rows_of(path) if "aad" in row.actor} == set()
    async with chained(path) as store, store.reading() as conn:
        told = {entry.actor for entry in await audit.newest(conn)}
        aliases = await audit.people(conn)

    assert told == {"countersign", "aad-ann", "aad-ben"}
    assert {row.actor for row in rows_of(path)} == {"countersign", *aliases}


# --- tampering, exhaustively and at random ---


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", [1, 4, ROWS])
def test_any_change_of_any_column_of_any_row_is_named(path: Path, column: str, row: int) -> None:
    value = -5 if column == "seq" else "forged"
    with burgled(path) as store:
        store.execute(f"UPDATE audit_rows SET {column} = ? WHERE seq = ?", [value, row])

    assert flaw_row(path) == (-5 if column == "seq" else row)


@st.composite
def tamperings(draw: st.DrawFn) -> tuple[str, list[object], int | None]:
    """A statement of an attacker, its values, and the first row that is not as it was written."""
    row = draw(st.integers(1, ROWS))
    other = draw(st.integers(1, ROWS).filter(lambda one: one != row))
    column = draw(st.sampled_from([one for one in COLUMNS if one != "seq"]))
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
    return draw(
        st.sampled_from(
            [
                (f"UPDATE audit_rows SET {column} = ? WHERE seq = ?", [f"{text}¹", row], row),
                (f"UPDATE audit_rows SET {column} = {column} || '0' WHERE seq = ?", [row], row),
                ("UPDATE audit_rows SET seq = seq + ? WHERE seq = ?", [ROWS, row], row),
                # Everything behind it moves up.
                (
                    "DELETE FROM audit_rows WHERE seq = ?;"
                    "UPDATE audit_rows SET seq = seq - 1 WHERE seq > ?",
                    [row, row],
                    row if row < ROWS else None,
                ),
                ("DELETE FROM audit_rows WHERE seq = ?", [row], row if row < ROWS else None),
                (f"{_copy('seq * 100')} WHERE seq = ?", [row], ROWS + 1),
                (f"{_copy('1 - seq')} WHERE seq = ?", [row], 1 - row),
                # Two change places.
                (
                    "UPDATE audit_rows SET seq = -1 WHERE seq = ?;"
                    "UPDATE audit_rows SET seq = ? WHERE seq = ?;"
                    "UPDATE audit_rows SET seq = ? WHERE seq = -1",
                    [row, row, other, other],
                    min(row, other),
                ),
                (
                    f"UPDATE audit_rows SET {column} ="
                    f" (SELECT {column} || '' FROM audit_rows WHERE seq = ?) WHERE seq = ?",
                    [other, row],
                    row,
                ),
                ("UPDATE audit_rows SET detail = '{}', salt = '' WHERE seq = ?", [row], row),
                (
                    "UPDATE audit_rows SET detail = '{}', salt = '',"
                    " erased = key || ':' || mac WHERE seq = ?",
                    [row],
                    row,
                ),
            ]
        )
    )


def _copy(seq: str) -> str:
    """A row once more, under another number, the rest just as it is."""
    columns = ", ".join(COLUMNS[1:])
    return f"INSERT INTO audit_rows (seq, {columns}) SELECT {seq}, {columns} FROM audit_rows"


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tamperings())
def test_any_one_tampering_is_found_and_its_first_row_named(
    original: Path, tampering: tuple[str, list[object], int | None]
) -> None:
    statements, values, first = tampering
    with TemporaryDirectory() as folder:
        path = Path(shutil.copy(original, Path(folder) / "store.db"))
        before, told = rows_of(path), anchor(path, ROWS)
        left = list(values)
        with burgled(path) as store:
            for statement in statements.split(";"):
                count = statement.count("?")
                store.execute(statement, left[:count])
                del left[:count]

        if rows_of(path) == before:  # two rows had the same there
            assert flaw_row(path) is None
        elif first is None:  # the last row is gone: only the anchor knows
            assert flaw_row(path) is None
            assert flaw_row(path, told) == ROWS
        else:
            assert flaw_row(path) == first


def test_bytes_that_are_no_text_are_named_too(path: Path) -> None:
    with burgled(path) as store:
        store.execute("UPDATE audit_rows SET action = CAST(x'ff00fe' AS TEXT) WHERE seq = 3")

    assert flaw_row(path) == 3


@pytest.mark.parametrize("cut", [1, 2, ROWS])
def test_a_tail_that_was_cut_off_is_told_by_the_anchor(path: Path, cut: int) -> None:
    told = anchor(path, ROWS)
    with burgled(path) as store:
        store.execute("DELETE FROM audit_rows WHERE seq > ?", [ROWS - cut])

    assert flaw_row(path) is None
    assert flaw_row(path, told) == ROWS - cut + 1


def test_what_who_has_the_key_wrote_anew_is_told_by_the_anchor(path: Path, tmp_path: Path) -> None:
    anchors = [anchor(path, seq) for seq in (2, 5, ROWS)]
    forged = tmp_path / "forged.db"
    asyncio.run(write(forged, ROWS))
    with burgled(path) as store:
        store.execute("DELETE FROM audit_rows WHERE seq > 2")
    asyncio.run(write(path, ROWS - 2))

    assert flaw_row(path) is None
    assert flaw_row(path, *anchors) == 3
    assert flaw_row(forged, *anchors) is None  # written the same, to the letter
    assert "row 3 to row 5 were written anew" in str(examine(path, [KEY], anchors).flaw)


# --- keys ---


def test_a_chain_signed_with_a_key_we_do_not_have_is_not_believed(path: Path) -> None:
    assert chain_problem(path, OTHER) == (
        f"row 1 is signed with key {KEY.name!r}, which is none of those given"
    )
    assert chain_problem(path).startswith("row 1 is signed")


def test_a_key_tells_nothing_in_its_repr() -> None:
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(KEY.secret) not in repr(KEY)
    assert len(KEY.secret) == 32


def test_keys_change_and_all_of_it_is_still_proved(path: Path) -> None:
    asyncio.run(write(path, 3, OTHER, KEY))

    assert examine(path, [OTHER, KEY]).rows == ROWS + 3
    assert chain_problem(path, OTHER, KEY) == ""


def test_a_key_that_was_replaced_signs_nothing_any_more(path: Path) -> None:
    asyncio.run(write(path, 1, OTHER, KEY))
    asyncio.run(write(path, 1, KEY))  # somebody found the old one

    found = examine(path, [OTHER, KEY]).flaw
    assert found is not None
    assert (found.row, "had been replaced" in found.told) == (ROWS + 2, True)


async def test_a_start_without_the_key_of_the_last_row_is_refused(path: Path) -> None:
    async with chained(path, OTHER) as store:
        with pytest.raises(StoreError, match=f"signed with the key {KEY.name}"):
            await audit.begin(store, Chain((OTHER,), tokens()), now=NOW)


async def test_a_start_with_a_key_that_had_been_replaced_is_refused(path: Path) -> None:
    await write(path, 1, OTHER, KEY)
    async with chained(path, KEY, OTHER) as store:
        with pytest.raises(StoreError, match="must not sign again"):
            await audit.begin(store, Chain((KEY, OTHER), tokens()), now=NOW)


async def test_a_store_nobody_gave_a_key_to_proves_nothing(tmp_path: Path) -> None:
    store = await Database.open(tmp_path / "store.db")
    async with store.transaction() as conn:
        await audit.add(conn, AuditEntry(NOW, "c", "aad-ann", "did"))
    await store.close()

    assert "unsigned" in chain_problem(tmp_path / "store.db", KEY)


# --- what was there before the chain ---


def old_store(path: Path, rows: int) -> None:
    """A store as it was before there was a chain."""
    with closing(sqlite3.connect(path)) as store:
        for file in sorted(MIGRATIONS.glob("*.sql")):
            if file.name < "0017":
                store.executescript(file.read_text("utf-8"))
        for number in range(rows):
            store.execute(
                "INSERT INTO audit (at, correlation, actor, action, company, document, detail)"
                " VALUES (?, 'c', 'aad-ann', ?, ?, ?, '{\"n\":1}')",
                [stamp(NOW), f"did {number}", COMPANY, BILL],
            )
        store.execute("PRAGMA user_version = 16")
        store.commit()


async def test_rows_from_before_the_chain_are_chained_at_the_first_start(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    old_store(path, 1203)
    async with chained(path) as store:
        await audit.begin(store, Chain((KEY,), tokens()), now=NOW)
        await audit.begin(store, Chain((KEY,), tokens()), now=NOW)  # a second start adds nothing
        async with store.reading() as conn:
            told = await audit.of_document(conn, COMPANY, BILL, limit=2000)

    assert [entry.action for entry in told] == [f"did {number}" for number in range(1203)]
    assert {(entry.actor, entry.at) for entry in told} == {("aad-ann", moment(stamp(NOW)))}
    found = examine(path, [KEY])
    assert (found.flaw, found.rows, found.former) == (None, 1204, 0)
    first = rows_of(path)[0]
    assert (first.actor, first.correlation) == ("countersign", "")
    assert (first.action, first.detail) == (
        "chain begun",
        f'{{"key":"{KEY.name}","outcome":"names proved","rows before the chain":1203}}',
    )


async def test_chaining_what_was_before_goes_on_after_a_stop(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    old_store(path, 1203)
    async with chained(path) as store:
        async with store.transaction() as conn:
            await audit.add(conn, AuditEntry(NOW, "", "countersign", audit.BEGUN))
        assert await audit._chain_former(store)  # and here it was stopped
    assert examine(path, [KEY]).former == 703

    async with chained(path) as store:
        await audit.begin(store, Chain((KEY,), tokens()), now=NOW)

    found = examine(path, [KEY])  # and a row that names are proved from here on
    assert (found.flaw, found.rows, found.former) == (None, 1205, 0)


# --- erasing ---


async def erased(path: Path, seq: int, left: object) -> None:
    async with chained(path) as store, store.transaction() as conn:
        (row,) = await audit.some(conn, after=seq - 1, limit=1)
        assert await audit.erase(conn, Chain((KEY,), tokens()), row, left)


async def test_what_was_erased_with_the_key_leaves_the_chain_whole(path: Path) -> None:
    await erased(path, 4, {"n": 4})

    found = examine(path, [KEY], [anchor(path, ROWS)])
    assert (found.flaw, found.rows, found.erased) == (None, ROWS, 1)
    assert rows_of(path)[3].detail == '{"n":4}'
    assert rows_of(path)[3].salt == ""


async def test_an_erased_detail_can_be_erased_further(path: Path) -> None:
    await erased(path, 4, {"n": 4})
    await erased(path, 4, {})

    assert chain_problem(path, KEY) == ""


@pytest.mark.parametrize("column", ["detail", "salt", "erased", "commitment"])
async def test_what_is_left_of_an_erased_detail_cannot_be_changed(path: Path, column: str) -> None:
    await erased(path, 4, {"n": 4})
    with burgled(path) as store:
        store.execute(f"UPDATE audit_rows SET {column} = 'forged' WHERE seq = 4")

    assert flaw_row(path) == 4


async def test_erasing_of_one_row_does_not_fit_another(path: Path) -> None:
    await erased(path, 4, {})
    with burgled(path) as store:
        store.execute(
            "UPDATE audit_rows SET detail = '{}', salt = '',"
            " erased = (SELECT erased FROM audit_rows WHERE seq = 4) WHERE seq = 6"
        )

    assert flaw_row(path) == 6


async def test_erasing_needs_what_was_read_to_be_there_still(path: Path) -> None:
    async with chained(path) as store, store.transaction() as conn:
        (row,) = await audit.some(conn, after=3, limit=1)
        assert await audit.erase(conn, Chain((KEY,), tokens()), row, {"n": 1})
        assert not await audit.erase(conn, Chain((KEY,), tokens()), row, {"n": 2})


# --- what cannot be examined ---


def test_a_store_that_is_none_is_told_in_words(tmp_path: Path) -> None:
    assert "there is no store yet" in chain_problem(tmp_path / "none.db", KEY)
    (tmp_path / "text.db").write_text("no database at all, only a few words")
    assert "cannot be read" in chain_problem(tmp_path / "text.db", KEY)


def test_a_row_with_columns_missing_is_none() -> None:
    with pytest.raises(ValueError, match="no row of the chain"):
        read_row({"seq": 1})


def test_examining_tells_how_far_it_is(path: Path) -> None:
    told: list[tuple[int, int]] = []

    examine(path, [KEY], show=lambda done, total: told.append((done, total)))

    assert told == [(ROWS, ROWS)]


def test_a_walk_stops_at_a_row_that_was_put_in_again(path: Path) -> None:
    walk, (first, *_) = Walk([KEY]), rows_of(path)

    assert walk.check(first) is None
    assert str(walk.check(first)) == "row 1 was put in"


def test_a_derived_key_depends_on_all_of_the_secret() -> None:
    assert derive("a" * 44) == derive("a" * 44)
    assert derive("a" * 44) != derive("a" * 43 + "b")
    assert isinstance(derive("x"), Key)


def test_a_seal_is_the_keyed_hash_of_what_it_seals_and_of_nothing_else() -> None:
    key = derive("a key of these tests, long enough for anybody")
    expected = hmac.digest(key.secret, b'["pack","digest"]', "sha256").hex()

    assert sealed(key, "digest") == f"{key.name}:{expected}"
    assert unsealed([key], sealed(key, "digest"), "digest")
    assert not unsealed([key], sealed(key, "digest"), "another")


def test_whose_a_pseudonym_is_has_a_proof_that_outlives_versions() -> None:
    key = derive("a key of these tests, long enough for anybody")
    expected = hmac.digest(key.secret, b'["name","person-1","aad-ben"]', "sha256").hex()

    assert name(key, "person-1", "aad-ben") == f"{key.name}:{expected}"
    assert is_named([key], "person-1", "aad-ben", f"{key.name}:{expected}")
    assert not is_named([key], "person-2", "aad-ben", f"{key.name}:{expected}")


def test_an_erasure_is_proved_for_one_row_one_former_detail_and_what_is_left() -> None:
    key = derive("a key of these tests, long enough for anybody")
    expected = hmac.digest(key.secret, b'["erased",7,"was","left"]', "sha256").hex()

    assert erasure(key, 7, "was", "left") == expected


@pytest.mark.parametrize(
    ("action", "detail", "outcome"),
    [
        ("step answered", {"outcome": "A5", "reason": "x", "status": "y"}, "A5"),
        ("press refused", {"reason": "not an approver", "status": "y"}, "not an approver"),
        ("press refused", {"reason": "r" * 60}, "r" * 40),
        ("press refused", {}, ""),
        ("document seen", {"status": "Open", "reason": "x"}, "Open"),
        ("document seen", {"status": "s" * 60}, "s" * 40),
        ("document seen", {}, ""),
    ],
)
def test_how_it_ended_is_kept_in_a_word(action: str, detail: dict[str, str], outcome: str) -> None:
    assert audit.outcome_of(action, detail) == outcome


async def test_a_row_keeps_its_fingerprint_and_outcome_when_its_detail_goes(path: Path) -> None:
    async with chained(path) as store, store.transaction() as conn:
        for detail in ({"fingerprint": "f1", "outcome": "A5"}, {}):
            await audit.add(
                conn, AuditEntry(NOW, "c", "countersign", "told", COMPANY, BILL, detail)
            )

    one, other = rows_of(path)[-2:]
    assert (one.fingerprint, one.outcome) == ("f1", "A5")
    assert (other.fingerprint, other.outcome) == ("", "")


async def test_a_key_that_is_missing_is_asked_for_with_what_to_do(path: Path) -> None:
    async with chained(path) as store:
        with pytest.raises(StoreError, match=r"ENCRYPTION__KEYS; put it back behind the new one"):
            await audit.begin(store, Chain((OTHER,), tokens()), now=NOW)


def test_a_detail_is_bound_to_its_row_without_being_told() -> None:
    key = derive("a key of these tests, long enough for anybody")
    expected = hmac.digest(key.secret, b'["detail",7,"salt","told"]', "sha256").hex()

    assert commit(key, 7, "salt", "told") == expected


ERASED = "UPDATE audit_rows SET detail = '{}', salt = ''"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE audit_rows SET action = 'x' WHERE seq = 3",
            "row 3 is not as it was written: its proof does not fit it",
        ),
        ("UPDATE audit_rows SET detail = '{}' WHERE seq = 3",
         "row 3 has a detail that was changed"),
        (f"{ERASED} WHERE seq = 3", "row 3 has a detail that was changed"),
        (
            f"{ERASED}, erased = key || ':' || mac || ':more' WHERE seq = 3",
            "row 3 has a detail that was erased by somebody without the key",
        ),
        ("DELETE FROM audit_rows WHERE seq = 3", "row 3 is missing"),
        ("DELETE FROM audit_rows WHERE seq = 1", "row 1 is missing"),
        (f"{_copy('seq - 9')} WHERE seq = 3", "row -6 was put in"),
        (
            "UPDATE audit_rows SET previous = 'x' WHERE seq = 3",
            "row 3 does not follow the row before it",
        ),
        (
            "UPDATE audit_rows SET key = 'nobody' WHERE seq = 3",
            "row 3 is signed with key 'nobody', which is none of those given",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_words(path: Path, statement: str, told: str) -> None:
    with burgled(path) as store:
        store.execute(statement)

    assert str(examine(path, [KEY], []).flaw) == told


def test_an_end_that_was_cut_off_is_told_with_what_the_anchor_saw(path: Path) -> None:
    kept = anchor(path, ROWS)
    with burgled(path) as store:
        store.execute("DELETE FROM audit_rows WHERE seq > 5")

    assert str(examine(path, [KEY], [kept]).flaw) == (
        f"row 6 is missing: the anchor of {kept.at} saw {ROWS} rows, now there are 5"
    )


# --- whose a pseudonym is ---


async def told_by_two(path: Path) -> None:
    """Two people act, in a trail that was begun."""
    async with chained(path) as store:
        await audit.begin(store, Chain((KEY,), tokens()), now=NOW)
        async with store.transaction() as conn:
            for person in ("aad-ann", "aad-ben"):
                await audit.add(conn, AuditEntry(NOW, "c", person, "decided", COMPANY, BILL, {}))


def aliases(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as store:
        return dict(store.execute("SELECT person, alias FROM audit_people").fetchall())


async def test_names_that_change_places_are_found_and_the_first_row_told(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await told_by_two(path)
    assert examine(path, [KEY]).flaw is None
    with burgled(path) as store:
        for was, is_ in (("aad-ann", "x"), ("aad-ben", "aad-ann"), ("x", "aad-ben")):
            store.execute("UPDATE audit_people SET person = ? WHERE person = ?", [is_, was])

    flaw = examine(path, [KEY]).flaw

    assert flaw is not None
    known = aliases(path)
    first = min(known.values())
    row = next(one.seq for one in rows_of(path) if one.actor == first)
    assert str(flaw) == (
        f"row {row} is by {first}, whose name was changed by somebody without the key"
    )


@pytest.mark.parametrize(
    "change",
    ["person = 'aad-cat'", "proof = ''", "proof = 'nobody:00'", "alias = alias || '0'",
     "proof = (SELECT proof FROM audit_people WHERE person = 'aad-ben')"],
)  # fmt: skip
async def test_any_change_of_a_name_is_found(tmp_path: Path, change: str) -> None:
    path = tmp_path / "store.db"
    await told_by_two(path)
    with burgled(path) as store:
        store.execute(f"UPDATE audit_people SET {change} WHERE person = 'aad-ann'")

    assert "whose name was changed by somebody without the key" in str(examine(path, [KEY]).flaw)


async def test_a_start_proves_no_name_that_lost_its_proof(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await told_by_two(path)
    with burgled(path) as store:
        store.execute("UPDATE audit_people SET proof = '', person = 'aad-cat'"
                      " WHERE person = 'aad-ann'")  # fmt: skip
    async with chained(path) as store:
        await audit.begin(store, Chain((KEY,), tokens()), now=NOW)

    assert "whose name was changed" in str(examine(path, [KEY]).flaw)


async def test_a_name_that_was_taken_away_is_missed_unless_somebody_was_erased(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.db"
    await told_by_two(path)
    ann = aliases(path)["aad-ann"]
    with burgled(path) as store:
        store.execute("DELETE FROM audit_people WHERE person = 'aad-ann'")

    assert str(examine(path, [KEY]).flaw) == (
        f"row 2 is by {ann}, whose name was taken away, though nobody was ever erased"
    )
    async with chained(path) as store, store.transaction() as conn:
        await audit.add(conn, AuditEntry(NOW, "c", "countersign", "person erased", "", "", {}))
    assert examine(path, [KEY]).flaw is None


async def test_names_of_an_older_version_are_proved_once_and_that_is_told(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await told_by_two(path)
    with burgled(path) as store:  # as it was before names were proved
        store.execute("UPDATE audit_people SET proof = ''")
    async with chained(path) as store, store.transaction() as conn:
        await conn.execute("DELETE FROM audit_rows")
        for person in ("aad-ann", "aad-ben"):
            await audit.add(conn, AuditEntry(NOW, "c", person, "decided", COMPANY, BILL, {}))
    assert examine(path, [KEY]).flaw is None  # nothing is claimed of them yet

    for _ in range(2):
        async with chained(path) as store:
            await audit.begin(store, Chain((KEY,), tokens()), now=NOW)

    assert [row.action for row in rows_of(path)] == ["decided", "decided", "names proved"]
    assert examine(path, [KEY]).flaw is None
    with burgled(path) as store:
        store.execute("UPDATE audit_people SET person = 'aad-cat' WHERE person = 'aad-ann'")
    assert "whose name was changed" in str(examine(path, [KEY]).flaw)


async def test_a_name_is_proved_by_a_key_that_was_replaced_since(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await told_by_two(path)

    assert examine(path, [OTHER, KEY]).flaw is None
