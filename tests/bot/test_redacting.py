"""What no log line tells: secrets in any form, tokens, people's addresses, odd characters."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from bot.log import QUIET, set_up_logging
from bot.redacting import HIDDEN, Redactor
from bot.settings import LogSettings

SECRET = 'an "odd" secret/with+signs & ümlauts'
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLW9mLWl0"
PERSON = "aaaaaaaa-0000-0000-0000-000000000001"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    yield
    root.handlers, root.level = handlers, level
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def listening(kind: str = "json") -> Redactor:
    redactor = Redactor()
    redactor.learn([SECRET])
    set_up_logging(LogSettings.model_validate({"format": kind, "level": "debug"}), redactor)
    return redactor


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        json.dumps(SECRET)[1:-1],
        base64.b64encode(SECRET.encode()).decode(),
    ],
    ids=["raw", "URL", "JSON", "base64"],
)
@pytest.mark.parametrize("kind", ["json", "text"])
def test_a_secret_is_hidden_in_every_form(
    capsys: pytest.CaptureFixture[str], form: str, kind: str
) -> None:
    listening(kind)

    logging.getLogger("bot.x").warning("it said %s", form, extra={"reason": f"and {form}!"})

    told = capsys.readouterr().err
    assert "it said" in told
    assert form.rstrip("=") not in told
    assert "odd" not in told
    assert HIDDEN in told


def test_a_secret_is_hidden_in_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    listening()

    try:
        int(f"bad password: {SECRET}")
    except ValueError:
        logging.getLogger("bot.x").exception("failed")

    (line,) = capsys.readouterr().err.splitlines()
    assert "bad password" in json.loads(line)["exception"]
    assert "odd" not in line


def test_a_secret_taken_while_running_is_hidden_and_so_is_the_former() -> None:
    redactor = Redactor()

    redactor.learn(["the-former-secret"])
    redactor.learn(["the-present-secret"])

    told = redactor.cleaned("the-former-secret the-present-secret")
    assert told == f"{HIDDEN} {HIDDEN}"


@pytest.mark.parametrize(
    "told",
    [f"got {TOKEN}", "Authorization: Bearer abcdefgh12345678", "https://x/?sig=abc%2Bdef",
     "ann.approver@acme.example is not there"],
)  # fmt: skip
def test_what_looks_like_a_token_or_an_address_is_hidden(told: str) -> None:
    cleaned = Redactor().cleaned(told)

    assert HIDDEN in cleaned
    for part in (TOKEN, "abcdefgh12345678", "abc%2Bdef", "ann.approver"):
        assert part not in cleaned


def test_a_person_is_told_by_the_beginning_of_their_id_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listening()

    told = {"target": f"person:{PERSON}", "person": PERSON}
    logging.getLogger("bot.x").warning("message not delivered", extra=told)

    line = capsys.readouterr().err
    assert PERSON not in line
    assert json.loads(line)["target"] == "person:aaaaaaaa…"


def test_a_field_nobody_thought_about_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    listening()

    logging.getLogger("bot.x").warning("odd", extra={"company": "acme", "vendor": "Acme Ltd"})

    told = json.loads(capsys.readouterr().err)
    assert (told["company"], told["vendor"]) == ("acme", HIDDEN)


@pytest.mark.parametrize("kind", ["json", "text"])
def test_a_value_cannot_begin_a_line_or_speak_to_the_terminal(
    capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    listening(kind)

    odd = "one\n2026-11-23 [error] forged \x1b[2J\u202e\u2028x"
    logging.getLogger("bot.x").warning("it said", extra={"reason": odd})

    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "\x1b[2J" not in told
    assert "\u202e" not in told


def test_every_field_of_the_code_is_on_the_list() -> None:
    import ast
    from pathlib import Path

    from bot.redacting import FIELDS

    root = Path(__file__).resolve().parents[2]
    given = {
        key.value
        for room in ("bot", "acumatica_client", "storage")
        for file in (root / room).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("log.")
        for node in call.keywords
        if node.arg == "extra" and isinstance(node.value, ast.Dict)
        for key in node.value.keys
        if isinstance(key, ast.Constant)
    }
    assert given
    assert given <= FIELDS
