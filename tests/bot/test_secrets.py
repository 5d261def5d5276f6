"""Secrets: which there are, where each comes from, and setting them without leaving a trace."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.auditing.keys import known_keys, open_chain
from bot.checked import SettingsError
from bot.clock import system_ports
from bot.safety import read_everything, warnings
from bot.secrets.listing import listed, row_of
from bot.secrets.names import SecretName, of_row, read_name, secret_names
from bot.secrets.sources import Source, read_complete, sources
from bot.secrets.storing import keep, remove
from bot.settings import Settings, read_settings
from storage import audit
from storage.database import Database, StoreError
from storage.examining import chain_problem

KEY, OTHER = (Fernet.generate_key().decode() for _ in range(2))
APP = SecretName("teams", "client_secret")
PASSWORD = SecretName("acumatica", "password", "acme")
PUSH = SecretName("acumatica", "push_secret", "acme")
STORED, OF_FILE, OF_ENVIRONMENT = "stored-in-the-store", "standing-in-a-file", "told-by-environment"
FILE = """\
administrators = ["ann@acme.example", "ben@acme.example", "erin@acme.example"]
[[company]]
name = "acme"
url = "https://erp.example"
tenant = "Company"
[[route]]
company = "acme"
to = []
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a safe file and an environment that lacks the secrets."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("TEAMS__", "ACUMATICA__", "STORAGE__", "SERVER__", "ENCRYPTION__")):
            monkeypatch.delenv(name)
    for name, value in {
        "TEAMS__APP_ID": "app",
        "TEAMS__TENANT_ID": "tenant",
        "ACUMATICA__ACME__USER": "countersign",
        "ENCRYPTION__KEYS": KEY,
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "countersign.toml").write_text(FILE, "utf-8")
    return tmp_path


async def put(name: SecretName = APP, secret: str = STORED, by: str = "dana") -> bool:
    return await keep(read_settings(), system_ports(), name, secret, by)


async def trail() -> list[Any]:
    settings = read_settings()
    store = await Database.open(settings.storage.path)
    async with store.reading() as conn:
        rows = await audit.newest(conn)
    await store.close()
    return rows


def problems() -> str:
    try:
        read_everything()
    except SettingsError as error:
        return "\n".join(error.problems)
    return ""


# --- names ---


def test_every_secret_setting_has_a_name_but_the_keys_that_open_the_store() -> None:
    names = [name.variable for name in secret_names(["acme"])]

    assert "TEAMS__CLIENT_SECRET" in names
    assert "ACUMATICA__ACME__PUSH_SECRET_PREVIOUS" in names
    assert "SERVER__METRICS_TOKEN" in names
    assert [name for name in names if name.startswith(("ENCRYPTION", "AUDIT"))] == []


@pytest.mark.parametrize(
    "text", ["ACUMATICA__ACME__PASSWORD", "acumatica.acme.password", " acumatica__acme__password "]
)
def test_a_name_is_read_as_a_variable_or_with_dots(text: str) -> None:
    assert read_name(text, ["acme"]) == PASSWORD


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("TEAMS__CLIENT_SECERT", "did you mean TEAMS__CLIENT_SECRET?"),
        ("ACUMATICA__ACNE__PASSWORD", "did you mean ACUMATICA__ACME__PASSWORD?"),
        ("TEAMS__APP_ID", "is no secret setting"),
        ("ENCRYPTION__KEYS", "cannot lie in the store"),
        ("AUDIT__KEYS", "cannot lie in the store"),
    ],
)
def test_a_name_nobody_knows_is_refused_with_the_one_that_is_meant(text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told.replace("?", r"\?")):
        read_name(text, ["acme"])


def test_a_name_finds_its_row_again_and_other_rows_of_the_vault_are_no_settings() -> None:
    assert of_row(PUSH.company, PUSH.row) == PUSH
    assert of_row("acme", "grant of the service") is None
    assert of_row("", "setting encryption.keys") is None


# --- where they come from ---


async def test_what_the_store_keeps_makes_a_safe_start(folder: Path) -> None:
    assert "TEAMS__CLIENT_SECRET" in problems()
    assert "ACUMATICA__ACME__PASSWORD" in problems()

    await put()
    await put(PASSWORD, "a-password-of-the-store")

    settings, _ = read_everything()
    assert settings.teams.client_secret.get_secret_value() == STORED
    assert settings.acumatica["acme"].password.get_secret_value() == "a-password-of-the-store"
    assert settings.acumatica["acme"].user == "countersign"


async def test_environment_counts_before_file_and_file_before_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put()
    found = [read_complete().teams.client_secret.get_secret_value()]
    (folder / "secret").write_text(OF_FILE, "utf-8")
    monkeypatch.setenv("TEAMS__CLIENT_SECRET_FILE", str(folder / "secret"))
    found.append(read_complete().teams.client_secret.get_secret_value())
    monkeypatch.setenv("TEAMS__CLIENT_SECRET", OF_ENVIRONMENT)
    found.append(read_complete().teams.client_secret.get_secret_value())

    assert found == [STORED, OF_FILE, OF_ENVIRONMENT]


async def test_a_secret_set_twice_is_said_by_check(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put()
    await put(PASSWORD, "a-password-of-the-store")
    assert warnings(*read_everything()) == []

    (folder / ".env").write_text(f"TEAMS__CLIENT_SECRET={OF_ENVIRONMENT}\n", "utf-8")

    (told,) = warnings(*read_everything())
    assert "TEAMS__CLIENT_SECRET is set in more than one place" in told
    assert "the environment counts, not the store" in told
    assert OF_ENVIRONMENT not in told


async def test_list_says_where_each_comes_from_and_since_when_but_never_a_value(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put()
    (folder / "secret").write_text(OF_FILE, "utf-8")
    monkeypatch.setenv("ACUMATICA__ACME__PASSWORD_FILE", str(folder / "secret"))
    monkeypatch.setenv("SERVER__METRICS_TOKEN", OF_ENVIRONMENT)
    monkeypatch.setenv("TEAMS__CLIENT_SECRET_ENDS", "2027-03-31")

    settings, file = read_everything()
    now = system_ports().clock.now()
    told = [row_of(one, now) for one in listed(settings, ["acme"], file)]
    rows = {row["name"]: row for row in told}

    assert {name: row["source"] for name, row in rows.items() if row["source"] != "not set"} == {
        "TEAMS__CLIENT_SECRET": "store",
        "ACUMATICA__ACME__PASSWORD": "file",
        "SERVER__METRICS_TOKEN": "environment",
    }
    assert rows["TEAMS__CLIENT_SECRET"]["set"]
    assert rows["TEAMS__CLIENT_SECRET"]["ends"] == "2027-03-31T00:00:00+00:00"
    assert not any(value in str(rows) for value in (STORED, OF_FILE, OF_ENVIRONMENT))


async def test_a_stored_secret_without_its_key_is_named_with_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put()

    monkeypatch.setenv("ENCRYPTION__KEYS", "")
    assert "the store keeps TEAMS__CLIENT_SECRET; put it back" in problems()
    monkeypatch.setenv("ENCRYPTION__KEYS", OTHER)
    assert "TEAMS__CLIENT_SECRET: vault: " in problems()
    assert "opens with none of ENCRYPTION__KEYS" in problems()


async def test_no_settings_object_shows_a_secret(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put()
    monkeypatch.setenv("ACUMATICA__ACME__PASSWORD", OF_ENVIRONMENT)
    settings, _ = read_everything()

    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"

    assert [one for one in (STORED, OF_ENVIRONMENT, KEY) if one in shown] == []


async def test_a_start_can_be_read_again_with_the_keys_it_began_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put()
    await put(PASSWORD, "a-password-of-the-store")
    began, _ = read_everything()

    monkeypatch.setenv("ENCRYPTION__KEYS", OTHER)
    again, _ = read_everything(encryption=began.encryption)

    assert again.encryption.listed == (KEY,)
    assert again.teams.client_secret.get_secret_value() == STORED


async def test_list_works_without_the_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await put()
    monkeypatch.setenv("ENCRYPTION__KEYS", "")

    rows = {one.told.name: one.told.source for one in listed(read_settings(), ["acme"], None)}

    assert rows[APP] is Source.STORE


# --- setting and removing ---


async def test_setting_and_removing_are_in_the_audit_by_name_only(folder: Path) -> None:
    await put(PUSH, "a-push-secret-of-the-store")
    await remove(read_settings(), system_ports(), PUSH, "dana")

    rows = [row for row in await trail() if row.action.startswith("secret ")]
    assert [(row.action, row.actor, row.company, row.detail) for row in rows] == [
        ("secret removed", "operator dana", "acme", {"name": PUSH.variable}),
        ("secret set", "operator dana", "acme", {"name": PUSH.variable}),
    ]
    settings = read_settings()
    assert chain_problem(settings.storage.path, *known_keys(settings)) == ""
    told = [one for one in sources(settings, ["acme"]) if one.name == PUSH]
    assert [one.source for one in told] == [Source.NOWHERE]


def test_what_is_stored_is_in_no_file_as_it_is(folder: Path) -> None:
    asyncio.run(put())

    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 2
    assert [path for path in files if STORED.encode() in path.read_bytes()] == []


async def test_a_secret_can_be_set_while_the_service_runs_and_the_trail_stays_whole(
    folder: Path,
) -> None:
    settings, ports = read_settings(), system_ports()
    chain = open_chain(settings, ports.token)
    store = await Database.open(settings.storage.path, chain=chain)
    await audit.begin(store, chain, now=ports.clock.now())

    runs = await put()
    await audit.begin(store, chain, now=ports.clock.now())
    await store.close()

    assert runs
    assert read_complete().teams.client_secret.get_secret_value() == STORED
    assert (await trail())[0].action == "secret set"
    assert chain_problem(settings.storage.path, *known_keys(settings)) == ""


async def test_nothing_is_sealed_with_a_key_the_running_service_does_not_have(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, ports = read_settings(), system_ports()
    chain = open_chain(settings, ports.token)
    store = await Database.open(settings.storage.path, chain=chain)
    await audit.begin(store, chain, now=ports.clock.now())

    monkeypatch.setenv("ENCRYPTION__KEYS", f"{OTHER},{KEY}")
    with pytest.raises(StoreError, match="restart it first"):
        await put()

    async with store.reading() as conn:
        assert [row.action for row in await audit.newest(conn)] == ["chain begun"]
    await store.close()


@pytest.mark.parametrize(
    ("name", "secret", "told"),
    [
        (PUSH, "too-short", "at least 16 characters"),
        (APP, "", "is empty"),
        (APP, "x" * 70_000, "at most"),
        (APP, "a\0b", "must be a text"),
    ],
)
async def test_a_bad_value_is_refused_and_never_quoted(
    folder: Path, name: SecretName, secret: str, told: str
) -> None:
    with pytest.raises(SettingsError, match=told) as error:
        await put(name, secret)

    assert not secret or secret not in str(error.value)
    assert not (folder / "countersign.db").exists()


async def test_without_a_key_nothing_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCRYPTION__KEYS", "")

    with pytest.raises(SettingsError, match="nothing can be encrypted; make one with"):
        await put()


async def test_removing_what_is_not_there_is_an_error(folder: Path) -> None:
    with pytest.raises(StoreError, match="keeps no TEAMS__CLIENT_SECRET"):
        await remove(read_settings(), system_ports(), APP, "dana")


def test_settings_given_by_hand_without_a_store_need_none(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, storage={"url": f"sqlite:///{tmp_path / 'none.db'}"})

    assert {one.source for one in sources(settings, [])} <= {Source.NOWHERE, Source.ENVIRONMENT}
    assert not (tmp_path / "none.db").exists()
