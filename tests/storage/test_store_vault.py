"""Secrets at rest: nobody reads them without a key, moves them, or loses them by changing keys."""

import sqlite3
import traceback
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from store_values import COMPANY, NOW

from storage import vault
from storage.database import Database, StoreError
from storage.vault import Vault, VaultError, key_problem

OLD, NEW, FOREIGN = (Fernet.generate_key().decode() for _ in range(3))
SECRET = "a refresh token nobody may read ✓"


async def put(
    store: Database, name: str = "service", secret: str = SECRET, *, key: str = OLD
) -> None:
    async with store.transaction() as conn:
        await Vault([key]).put(conn, COMPANY, name, secret, now=NOW)


async def get(store: Database, *keys: str, name: str = "service") -> str | None:
    async with store.reading() as conn:
        return await Vault(keys).get(conn, COMPANY, name)


async def raw(store: Database) -> dict[str, bytes]:
    async with store.reading() as conn:
        rows = await (await conn.execute("SELECT * FROM vault")).fetchall()
    return {row["name"]: row["sealed"] for row in rows}


async def test_secret_comes_back_and_lies_in_the_file_sealed(store: Database) -> None:
    await put(store)

    assert await get(store, OLD) == SECRET
    assert SECRET.encode() not in (await raw(store))["service"]


async def test_what_was_never_put_is_none(store: Database) -> None:
    assert await get(store, OLD, name="other") is None


async def test_newer_secret_replaces_the_older(store: Database) -> None:
    await put(store)
    await put(store, secret="newer")

    assert await get(store, OLD) == "newer"


async def test_dropped_secret_is_gone_and_only_names_are_listed(store: Database) -> None:
    await put(store, "a")
    await put(store, "b")

    async with store.transaction() as conn:
        await vault.drop(conn, COMPANY, "a")
        listed = await vault.names(conn, COMPANY)
        foreign = await vault.names(conn, "other")

    assert (listed, foreign) == (["b"], [])


async def test_what_is_kept_is_listed_with_its_place_and_time_from_inside_and_outside(
    store: Database, tmp_path: Path
) -> None:
    await put(store)
    async with store.reading() as conn:
        inside = await vault.kept(conn)

    outside = vault.look_inside(tmp_path / "store.db")

    assert [(one.company, one.name, one.since) for one in inside] == [(COMPANY, "service", NOW)]
    assert [(one.company, one.name, one.since) for one in outside] == [(COMPANY, "service", NOW)]
    assert vault.look_inside(tmp_path / "none.db") == []
    with pytest.raises(VaultError, match="none of ENCRYPTION__KEYS"):
        Vault([FOREIGN]).opened(outside[0])
    assert Vault([OLD]).opened(outside[0]) == SECRET


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    other = tmp_path / "letter.db"
    other.write_text("Dear Sir or Madam, this is a letter and no store of anything at all.\n" * 9)

    with pytest.raises(StoreError, match=r"letter\.db: file is not a database"):
        vault.look_inside(other)


@pytest.mark.parametrize(
    "move", ["UPDATE vault SET name = 'person.ann'", "UPDATE vault SET company = 'globex'"]
)
async def test_secret_moved_to_another_place_does_not_open(store: Database, move: str) -> None:
    await put(store)
    async with store.transaction() as conn:
        await conn.execute(move)
        cursor = await conn.execute("SELECT company, name FROM vault")
        company, name = tuple(await cursor.fetchone() or ())

    async with store.reading() as conn:
        with pytest.raises(VaultError, match="sealed for another place"):
            await Vault([OLD]).get(conn, company, name)


async def test_wrong_key_is_a_named_error_that_shows_no_secret(store: Database) -> None:
    await put(store)

    with pytest.raises(VaultError, match=r"acme/service opens with none of ENCRYPTION__KEYS") as e:
        await get(store, FOREIGN)

    told = "".join(traceback.format_exception(e.value))
    assert FOREIGN not in told
    assert OLD not in told
    assert e.value.__cause__ is None


async def test_damaged_row_is_a_named_error(store: Database) -> None:
    await put(store)
    async with store.transaction() as conn:
        await conn.execute("UPDATE vault SET sealed = x'00ff'")

    with pytest.raises(VaultError):
        await get(store, OLD)


@pytest.mark.parametrize("keys", [[], [""], ["short"], [OLD, "x" * 44 + "!"]])
def test_vault_without_a_proper_key_is_refused(keys: list[str]) -> None:
    with pytest.raises(VaultError):
        Vault(keys)


async def test_what_opens_with_no_key_says_what_to_do_about_it(store: Database) -> None:
    async with store.transaction() as conn:
        await Vault([OLD]).put(conn, "", "certificates", SECRET, now=NOW)
        with pytest.raises(VaultError) as caught:
            await Vault([FOREIGN]).get(conn, "", "certificates")

    assert str(caught.value) == (
        "vault: everywhere/certificates opens with none of ENCRYPTION__KEYS; put the key back that"
        " sealed it, or connect (or set it) again and it is replaced"
    )
    with pytest.raises(VaultError, match=r"^the vault has no key, or one that is none$"):
        Vault([])


def test_key_is_told_from_what_is_none_without_quoting_it() -> None:
    told = "is no key: it must be 32 bytes in URL-safe base64, 44 characters"
    assert key_problem("short") == told
    assert key_problem(OLD) == ""
    assert "44 characters" in key_problem("secret-but-no-key")
    assert "secret-but-no-key" not in key_problem("secret-but-no-key")


def test_key_shows_in_no_repr() -> None:
    assert OLD not in repr(Vault([OLD]))


async def test_old_key_still_opens_while_a_new_one_seals(store: Database) -> None:
    await put(store)

    assert await get(store, NEW, OLD) == SECRET


async def test_after_resealing_the_old_key_may_go(store: Database) -> None:
    await put(store, "a")
    await put(store, "b", key=NEW)

    changed = await Vault([NEW, OLD]).reseal(store)

    assert changed == 1
    assert await get(store, NEW, name="a") == SECRET
    assert await Vault([NEW]).reseal(store) == 0


async def test_resealing_that_is_cut_off_loses_nothing_and_goes_on(store: Database) -> None:
    for name in "abc":
        await put(store, name)
    moved = (await raw(store))["a"]
    async with store.transaction() as conn:  # as a stop after the first row leaves it
        keys = Vault([NEW, OLD])
        await keys.put(conn, COMPANY, "a", SECRET, now=NOW)

    assert [await get(store, NEW, OLD, name=name) for name in "abc"] == [SECRET] * 3
    assert await Vault([NEW, OLD]).reseal(store) == 2
    assert [await get(store, NEW, name=name) for name in "abc"] == [SECRET] * 3
    assert (await raw(store))["a"] != moved


async def test_row_no_key_opens_is_told_after_the_others_were_resealed(store: Database) -> None:
    await put(store, "a", key=FOREIGN)
    await put(store, "b")

    with pytest.raises(VaultError, match="acme/a"):
        await Vault([NEW, OLD]).reseal(store)

    assert await get(store, NEW, name="b") == SECRET


async def test_resealing_does_not_overwrite_a_secret_that_changed_meanwhile(
    store: Database,
) -> None:
    await put(store)
    keys = Vault([NEW, OLD])
    older = (await raw(store))["service"]
    await put(store, secret="newer", key=NEW)

    changed = await keys._reseal(store, COMPANY, "service", older)

    assert changed == 0
    assert await get(store, NEW) == "newer"


async def test_a_row_of_an_older_version_opens_and_gets_its_envelope(store: Database) -> None:
    sealed = await in_an_envelope_less(store)

    assert await get(store, OLD) == SECRET
    assert await Vault([NEW, OLD]).reseal(store) == 1
    assert (await raw(store))["service"] != sealed
    assert await get(store, NEW) == SECRET


async def in_an_envelope_less(store: Database) -> bytes:
    """Put a secret as former versions did: sealed with the key itself, without an envelope."""
    await put(store)
    (envelope,) = (await raw(store)).values()
    own, _, inside = envelope.partition(b".")
    sealed = Fernet(OLD).encrypt(Fernet(Fernet(OLD).decrypt(own)).decrypt(inside))
    async with store.transaction() as conn:
        await conn.execute("UPDATE vault SET sealed = ?", (sealed,))
    return sealed


def test_a_store_without_a_vault_holds_no_secret(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "old.db").close()

    assert vault.look_inside(tmp_path / "old.db") == []
    assert vault.look_inside(tmp_path / "none.db") == []
