"""A new encryption key: every row is sealed anew, and whenever it is cut off nothing is lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.auditing.keys import known_keys, open_chain
from bot.checked import SettingsError
from bot.clock import system_ports
from bot.secrets.names import secret_names
from bot.secrets.rotating import Rotated, rotate
from bot.secrets.sources import with_keys
from bot.secrets.storing import keep
from bot.settings import Settings, read_settings
from storage import audit
from storage.database import Database
from storage.examining import chain_problem
from storage.vault import Vault, look_inside

ROOT = Path(__file__).resolve().parents[2]
NAMES = secret_names(["acme"])[:3]
MOST = 120


def environ(folder: Path) -> dict[str, str]:
    return {
        "ENCRYPTION__KEYS_FILE": str(folder / "keys"),
        "STORAGE__URL": f"sqlite:///{folder / 'store.db'}",
    }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with some secrets, and the file their key comes from."""
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    for name in os.environ:
        if name.startswith(("TEAMS__", "ACUMATICA__", "STORAGE__", "ENCRYPTION__", "AUDIT__")):
            monkeypatch.delenv(name)
    for name, value in environ(place).items():
        monkeypatch.setenv(name, value)
    (place / "keys").write_text(Fernet.generate_key().decode(), "utf-8")
    asyncio.run(_fill())
    return place


async def _fill() -> None:
    for name in NAMES:
        await keep(settings(), system_ports(), name, f"the value of {name.variable}", "dana")


def settings() -> Settings:
    return with_keys(read_settings(_env_file=None))


def turn(to: Path | None = None) -> tuple[str, Rotated]:
    key = Fernet.generate_key().decode()
    return key, asyncio.run(rotate(settings(), system_ports(), key, to))


def keys(folder: Path) -> list[str]:
    return (folder / "keys").read_text("utf-8").strip().split(",")


def opened(folder: Path, *by: str) -> set[str]:
    safe = Vault(by)
    return {safe.opened(row) for row in look_inside(folder / "store.db")}


VALUES = {f"the value of {name.variable}" for name in NAMES}


def actions(folder: Path) -> list[str]:
    async def read() -> list[str]:
        store = await Database.open(folder / "store.db")
        async with store.reading() as conn:
            rows = await audit.newest(conn)
        await store.close()
        return [row.action for row in reversed(rows)]

    return asyncio.run(read())


def test_every_row_is_sealed_with_the_new_key_which_stands_in_front(folder: Path) -> None:
    (former,) = keys(folder)

    key, done = turn()

    assert keys(folder) == [key, former]
    assert opened(folder, key) == VALUES
    assert done.rows == len(NAMES)
    assert actions(folder)[-1] == "encryption key changed"
    assert chain_problem(folder / "store.db", *known_keys(settings())) == ""
    assert (folder / "keys").stat().st_mode & 0o077 == 0
    assert not any(one in "".join(done.lines()) for one in (key, former))


def test_each_rotation_makes_another_key(folder: Path) -> None:
    first, _ = turn()
    second, done = turn()

    assert keys(folder)[:2] == [second, first]
    assert not done.went_on
    assert opened(folder, second) == VALUES


def test_a_rotation_that_was_cut_off_goes_on_with_its_key(folder: Path) -> None:
    new, (former,) = Fernet.generate_key().decode(), keys(folder)
    turn()  # so that the store has seen a key
    known = keys(folder)
    (folder / "keys").write_text(",".join([new, *known]), "utf-8")

    _, done = turn()

    assert done.went_on
    assert keys(folder) == [new, *known]
    assert former in known
    assert opened(folder, new) == VALUES


def test_while_the_service_runs_only_the_file_changes_and_its_next_start_does_the_rest(
    folder: Path,
) -> None:
    (former,) = keys(folder)

    async def work() -> tuple[str, Rotated]:
        chain = open_chain(settings(), system_ports().token)
        store = await Database.open(folder / "store.db", chain=chain)
        key = Fernet.generate_key().decode()
        done = await rotate(settings(), system_ports(), key, None)
        await store.close()
        return key, done

    key, done = asyncio.run(work())

    assert "restart the service" in done.lines()[1]
    assert keys(folder) == [key, former]
    assert opened(folder, former) == VALUES


def test_keys_of_the_environment_go_to_a_new_file_with_the_new_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (former,) = keys(folder)
    monkeypatch.setenv("ENCRYPTION__KEYS", former)

    with pytest.raises(SettingsError, match="add --to FILE"):
        turn()
    with pytest.raises(SettingsError, match="exists already"):
        turn(folder / "keys")
    key, done = turn(folder / "fresh")

    assert (folder / "fresh").read_text("utf-8").strip() == f"{key},{former}"
    assert "take ENCRYPTION__KEYS out of the environment" in done.lines()[1]
    assert opened(folder, former) == VALUES


# --- cut off at every step ---


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[str]]:
    script = Path(__file__).with_name("rotation_victim.py")
    process = subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def told(victim: subprocess.Popen[str], folder: Path, key: str, step: int) -> int:
    assert victim.stdin is not None
    assert victim.stdout is not None
    victim.stdin.write(f"{folder} {key} {step}\n")
    victim.stdin.flush()
    return int(victim.stdout.readline())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_killed_at_every_step_nothing_is_lost_and_the_next_call_finishes_it(
    folder: Path, tmp_path: Path, victim: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (former,) = keys(folder)
    key = Fernet.generate_key().decode()
    died = 0

    for step in range(1, MOST):
        place = tmp_path / f"step-{step}"
        shutil.copytree(folder, place)
        ended = told(victim, place, key, step)
        for name, value in environ(place).items():
            monkeypatch.setenv(name, value)
        known = keys(place)
        assert known in ([former], [key, former]), f"step {step}"
        assert opened(place, *known) == VALUES, f"step {step}"
        if ended:
            break
        died += 1
        new, _ = turn()
        # Either it went on with the key that was in front, or made its own, before it stood there.
        assert keys(place)[0] in (key, new), f"step {step}"
        assert opened(place, keys(place)[0]) == VALUES, f"step {step}"
        assert chain_problem(place / "store.db", *known_keys(settings())) == "", f"step {step}"
        shutil.rmtree(place)

    assert 15 < died < MOST - 1
