"""The demo for Microsoft's Agents Playground: its file, its places, and a bot that stays here."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from world import free_port

from bot.checked import SettingsError
from bot.company_file import read_file
from bot.safety import unsafe
from bot.settings import read_settings
from deployment.sandbox.playground import (
    EAST,
    FILE,
    GENERAL,
    PlaygroundDemo,
    playground_file,
    start_line,
)

PERSON = {"id", "name", "userPrincipleName", "aadObjectId", "givenName", "surname", "email"}


def demo(folder: Path) -> PlaygroundDemo:
    return PlaygroundDemo(free_port(), free_port(), 56150, folder)


def test_the_playground_gets_the_file_it_wants(tmp_path: Path) -> None:
    demo(tmp_path).prepare()

    written = json.loads((tmp_path / FILE).read_text("utf-8"))

    # Any other number of people or channels, and any other key, is refused over there.
    assert written == playground_file()
    assert set(written) == {
        "version", "tenantId", "bot", "currentUser", "users", "personalChat", "groupChat", "team",
    }  # fmt: skip
    assert len(written["users"]) == 5
    assert all(set(one) == PERSON for one in (written["currentUser"], *written["users"]))
    assert [one["id"] for one in written["team"]["channels"]] == [EAST]
    assert written["team"]["id"] == GENERAL


def test_every_channel_of_the_demo_is_a_place_of_the_playground(tmp_path: Path) -> None:
    started = demo(tmp_path)
    started.prepare()

    bound = {one.name: one.conversation for one in read_file(started.file).channel}

    assert set(bound.values()) == {GENERAL, EAST}
    assert bound["purchasing-east"] == EAST


def test_the_bot_of_the_playground_may_start_and_calls_nobody_else(tmp_path: Path) -> None:
    started = demo(tmp_path)
    settings = read_settings(_env_file=None, **started.settings(started.prepare()))

    assert unsafe(settings, read_file(started.file)) == []
    assert settings.teams.playground
    assert settings.teams.service_url == "http://localhost:56150/_connector"
    assert not settings.teams.asks_graph


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("server", "host"), "0.0.0.0"),
        (("server", "public_url"), "https://bot.example.com"),
        (("teams", "service_url"), "https://smba.trafficmanager.net/teams/"),
        (("teams", "client_secret"), "a-secret"),
    ],
    ids=str,
)
def test_the_bot_of_the_playground_starts_nowhere_else(
    tmp_path: Path, where: tuple[str, str], value: str
) -> None:
    from bot.clock import system_ports
    from bot.service import build

    started = demo(tmp_path)
    values: dict[str, Any] = started.settings(started.prepare())
    room, name = where
    values[room] = {**values[room], name: value}
    settings = read_settings(_env_file=None, **values)

    with pytest.raises(SettingsError, match="TEAMS__PLAYGROUND"):
        build(settings, read_file(started.file), system_ports())


def test_the_playground_never_goes_with_a_real_erp(tmp_path: Path) -> None:
    started = demo(tmp_path)
    settings = read_settings(_env_file=None, **started.settings(started.prepare()))
    text = started.file.read_text("utf-8").replace(started.erp, "https://erp.acme.example")
    started.file.write_text(text, "utf-8")

    (problem,) = unsafe(settings, read_file(started.file))

    assert "TEAMS__PLAYGROUND" in problem


def test_the_line_can_be_typed_whatever_the_folder_is_called(tmp_path: Path) -> None:
    line = start_line(tmp_path / "a folder", "http://127.0.0.1:3978", 56150)

    words = shlex.split(line)
    assert words[:3] == ["cd", str(tmp_path / "a folder"), "&&"]
    assert words[words.index("-e") + 1] == "http://127.0.0.1:3978/api/messages"
