"""The commands `secrets …` as an operator runs them: a process of their own, nothing in argv."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-secret-that-came-through-a-pipe"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys").write_text(Fernet.generate_key().decode(), "utf-8")
    return tmp_path


def run(folder: Path, *words: str, told: str = "") -> subprocess.CompletedProcess[str]:
    apart = ("TEAMS__", "ACUMATICA__", "STORAGE__", "SERVER__", "ENCRYPTION__", "AUDIT__")
    env = {name: value for name, value in os.environ.items() if not name.startswith(apart)}
    command = [sys.executable, str(ROOT / "app.py"), "secrets", *words]
    return subprocess.run(
        command, cwd=folder, input=told, capture_output=True, text=True, timeout=60, check=False,
        env={**env, "ENCRYPTION__KEYS_FILE": str(folder / "keys")},
    )  # fmt: skip


def test_a_secret_is_set_from_a_pipe_listed_rotated_and_removed(folder: Path) -> None:
    done = run(folder, "set", "teams.client_secret", told=SECRET + "\n")
    assert done.returncode == 0, done.stderr
    assert "TEAMS__CLIENT_SECRET is kept" in done.stderr

    rotated = run(folder, "rotate")
    assert rotated.returncode == 0, rotated.stderr
    assert "1 rows sealed anew" in rotated.stderr
    assert "Next:" in rotated.stderr

    found = run(folder, "list", "--json")
    rows = {row["name"]: row["source"] for row in json.loads(found.stdout)["secrets"]}
    assert rows["TEAMS__CLIENT_SECRET"] == "store"

    gone = run(folder, "remove", "TEAMS__CLIENT_SECRET")
    assert gone.returncode == 0, gone.stderr
    said = "".join(one.stdout + one.stderr for one in (done, rotated, found, gone))
    keys = (folder / "keys").read_text("utf-8").strip().split(",")
    assert len(keys) == 2
    assert [one for one in (SECRET, *keys) if one in said] == []


def test_a_secret_is_read_from_a_file_and_never_from_an_argument(folder: Path) -> None:
    (folder / "value").write_text(SECRET + "\n", "utf-8")

    refused = run(folder, "set", "TEAMS__CLIENT_SECRET", SECRET)
    done = run(folder, "set", "TEAMS__CLIENT_SECRET", "--file", "value")

    assert refused.returncode == 2
    assert done.returncode == 0, done.stderr


def test_a_mistake_is_one_sentence_without_a_trace(folder: Path) -> None:
    done = run(folder, "set", "TEAMS__CLIENT_SECERT", told=SECRET)

    assert done.returncode == 1
    assert "did you mean TEAMS__CLIENT_SECRET?" in done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr
