"""A file somebody names is read within bounds, and what is wrong with it is said."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.checked import SettingsError
from bot.commands.console import operator
from bot.company_file import read_file
from bot.configuring.examples import read_examples
from bot.configuring.sketch import read_document
from bot.files import MOST, read_text
from bot.operating.backup import make_backup
from bot.settings import read_settings
from storage.database import StoreError

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ENDLESS = Path("/dev/zero")


def test_a_file_as_large_as_may_be_is_read_and_a_larger_one_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("ä" * MOST, "utf-8")
    assert read_text(file) == "ä" * MOST

    file.write_text("ä" * (MOST + 1), "utf-8")
    with pytest.raises(OSError, match="larger than 4 MiB"):
        read_text(file)


@pytest.mark.parametrize(
    "read", [read_file, read_examples, lambda path: read_document(path, now=NOW)]
)
def test_a_file_without_an_end_is_refused_in_words(read: Any) -> None:
    with pytest.raises(SettingsError, match="/dev/zero: it is larger than 4 MiB"):
        read(ENDLESS)


def test_a_secret_without_an_end_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMS__CLIENT_SECRET_FILE", str(ENDLESS))

    with pytest.raises(SettingsError, match=r"TEAMS__CLIENT_SECRET_FILE: .*larger than 4 MiB"):
        read_settings(_env_file=None)


@pytest.mark.parametrize(
    "told", ["a = " + "[" * 5000, "a" + ".a" * 5000 + " = 1", "a = " + "9" * 6000, "a = '\udcff'"]
)
def test_a_file_that_breaks_its_reader_is_refused_in_words(tmp_path: Path, told: str) -> None:
    file = tmp_path / "countersign.toml"
    file.write_bytes(told.encode("utf-8", "surrogateescape"))

    with pytest.raises(SettingsError, match=r"countersign\.toml"):
        read_file(file)


def test_a_document_that_is_nested_without_an_end_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "document.json"
    file.write_text("[" * 100_000)

    with pytest.raises(SettingsError, match="nested too deeply"):
        read_document(file, now=NOW)


def test_a_backup_without_a_name_is_refused(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    store.touch()

    with pytest.raises(StoreError, match="name the file"):
        make_backup(store, Path(), lambda *_: None, now=NOW)


def test_who_types_without_a_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 987_654)

    assert operator() == "uid 987654"
