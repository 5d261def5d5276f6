"""The Teams app package is one Teams takes: by Microsoft's own schema, with the right icons."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from bot.core.commands import Unknown, read_command
from deployment.teams import PackageError, TeamsApp, build_package
from deployment.teams.manifest import COMMANDS, VERSION, german, manifest

APP = TeamsApp(
    "bbbbbbbb-0000-4000-8000-000000000002",
    "1.0.0",
    "https://bot.acme.example",
    ("erp.acme.example",),
    reads_replies=True,
    notifies=True,
)
PLAIN = replace(APP, reads_replies=False, notifies=False, erp_hosts=())

SCHEMAS = (
    Path(__file__).parent.parent
    / f"renderer/node_modules/@microsoft/app-manifest/build/json-schemas/teams/v{VERSION}"
)


@pytest.fixture
def app_schemas() -> Path:
    """The published schemas, out of the npm package that brings them."""
    if not SCHEMAS.is_dir():
        missing = "the manifest's schema wants: npm ci --prefix tests/renderer"
        (pytest.fail if os.environ.get("COUNTERSIGN_NOTHING_MAY_SKIP") else pytest.skip)(missing)
    return SCHEMAS


def read(package: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(package) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def mistakes(schema: dict[str, Any], content: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft4Validator(schema).iter_errors(content)]


@pytest.mark.parametrize("app", [APP, PLAIN], ids=["everything asked for", "nothing asked for"])
def test_manifest_and_german_texts_fit_microsofts_schema(app: TeamsApp, app_schemas: Path) -> None:
    whole = json.loads((app_schemas / "MicrosoftTeams.schema.json").read_text("utf-8"))
    local = json.loads((app_schemas / "MicrosoftTeams.Localization.schema.json").read_text("utf-8"))

    assert mistakes(whole, manifest(app)) == []
    assert mistakes(local, german(app)) == []
    assert mistakes(whole, {**manifest(app), "bots": "none"})  # the schema does refuse


def test_every_text_people_read_is_there_in_german() -> None:
    built, told = manifest(APP), german(APP)
    commands = built["bots"][0]["commandLists"][0]["commands"]
    searches = built["composeExtensions"][0]["commands"]

    for number, _ in enumerate(commands):
        assert told[f"bots[0].commandLists[0].commands[{number}].title"]
    for number, _ in enumerate(searches):
        assert told[f"composeExtensions[0].commands[{number}].title"]
    for number, _ in enumerate(built["activities"]["activityTypes"]):
        assert told[f"activities.activityTypes[{number}].templateText"]


@pytest.mark.parametrize("language", ["English", "German"])
def test_every_command_of_the_list_is_one_the_bot_understands(language: str) -> None:
    titles = [row[0] if language == "English" else row[2] for row in COMMANDS]
    wants_a_number = {"bill", "po", "why", "Rechnung", "Bestellung", "warum"}

    for title in titles:
        typed = f"{title} 000154" if title in wants_a_number else title
        assert not isinstance(read_command(typed), Unknown), title


def test_the_package_holds_its_files_at_the_root_and_icons_of_the_documented_size(
    tmp_path: Path,
) -> None:
    target = tmp_path / "app.zip"

    names = build_package(APP, target)

    files = read(target)
    assert (
        sorted(names) == sorted(files) == ["color.png", "de.json", "manifest.json", "outline.png"]
    )
    assert size(files["color.png"]) == (192, 192)
    assert size(files["outline.png"]) == (32, 32)


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_the_same_settings_make_the_same_bytes(tmp_path: Path) -> None:
    build_package(APP, tmp_path / "one.zip")
    build_package(APP, tmp_path / "two.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"app_id": "not-a-guid"}, "TEAMS__APP_ID"),
        ({"version": "1.0"}, "--version"),
        ({"developer": "x" * 33}, "--developer"),
        ({"public_url": ""}, "SERVER__PUBLIC_URL"),
        ({"privacy": "http://acme.example/privacy"}, "--privacy"),
    ],
)
def test_what_teams_would_refuse_is_refused_here_with_its_place(
    wrong: dict[str, Any], named: str
) -> None:
    with pytest.raises(PackageError, match=named):
        manifest(replace(APP, **wrong))


def test_an_address_that_is_missing_everywhere_is_told_once() -> None:
    local = replace(APP, public_url="http://127.0.0.1:3978", website="", privacy="", terms="")

    (told,) = local.problems()

    assert told.startswith("SERVER__PUBLIC_URL must be an https address")


def test_permissions_are_asked_for_only_where_they_are_used() -> None:
    assert "authorization" not in manifest(PLAIN)
    assert "activities" not in manifest(PLAIN)
    assert "messageHandlers" not in manifest(PLAIN)["composeExtensions"][0]
    named = manifest(APP)["authorization"]["permissions"]["resourceSpecific"]
    assert [row["name"] for row in named] == [
        "ChannelMessage.Read.Group",
        "TeamsActivity.Send.User",
    ]
    assert manifest(APP)["manifestVersion"] == VERSION
