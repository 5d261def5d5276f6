"""What the operator reads: every line is told, and no traceback tells a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from bot.log import QUIET, set_up_logging
from bot.settings import LogSettings

CANARY = "canary-refresh-token-0123456789"
FORMATS: tuple[Literal["text", "json"], ...] = ("text", "json")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    logging.getLogger("bot.attempt").disabled = False  # import-linter's set-up silences it
    yield
    root.handlers, root.level = handlers, level
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def fails(secret: str) -> None:
    """Raise with a secret among the locals of two frames."""
    kept = {"refresh_token": secret}

    def save() -> None:
        tokens = kept
        raise OSError(f"no space for {len(tokens)} row")

    save()


@pytest.mark.parametrize("kind", FORMATS)
def test_a_traceback_tells_where_and_why_but_no_local(
    capsys: pytest.CaptureFixture[str], kind: Literal["text", "json"]
) -> None:
    set_up_logging(LogSettings(format=kind))

    try:
        fails(CANARY)
    except OSError:
        logging.getLogger("bot.attempt").exception("act failed", extra={"company": "acme"})

    seen = capsys.readouterr().err
    assert "no space for 1 row" in seen
    assert "test_log.py" in seen
    assert "acme" in seen
    assert CANARY not in seen


def test_a_line_of_json_stays_one_line_with_its_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logging(LogSettings(format="json"))

    try:
        fails(CANARY)
    except OSError:
        logging.getLogger("bot.attempt").exception("act failed")

    (line,) = capsys.readouterr().err.splitlines()
    assert "no space" in json.loads(line)["exception"]
