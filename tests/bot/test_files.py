"""A file somebody names is read within bounds, and what is wrong with it is said."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.checked import SettingsError
from bot.company_file import read_file
from bot.configuring.examples import read_examples
from bot.configuring.sketch import read_document
from bot.files import MOST, read_text
from bot.settings import read_settings

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
