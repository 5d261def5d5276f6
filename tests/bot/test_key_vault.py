"""Keys from Azure Key Vault, by managed identity: a small Key Vault and its machine over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.fernet import Fernet

from bot.checked import SettingsError
from bot.clock import system_ports
from bot.secrets.key_vault import KeyVaultError, keys_of_vault, resource_of
from bot.secrets.names import SecretName
from bot.secrets.rotating import rotate
from bot.secrets.sources import read_complete, with_keys
from bot.secrets.storing import keep
from bot.settings import EncryptionSettings, read_settings

TOKEN, HEADER, NAME = "a-token-of-the-machine", "the-header-of-the-machine", "our-keys"
APP = SecretName("teams", "client_secret")


@dataclass
class Azure:
    """What the stand-in holds, and what it was asked."""

    secrets: dict[str, list[str]] = field(default_factory=dict)
    refuses: set[str] = field(default_factory=set)
    failing: bool = False
    body: bytes | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        self.asked.append((method, parts.path))
        if parts.path == "/msi/token":
            good = headers.get("X-IDENTITY-HEADER") == HEADER
            good = good and query["resource"] == ["https://vault.azure.net"]
            told = {"access_token": TOKEN, "expires_on": "4102444800", "token_type": "Bearer"}
            return (200, told) if good else (400, {"error": "bad"})
        if headers.get("Authorization") != f"Bearer {TOKEN}" or query.get("api-version") != ["7.4"]:
            return 401, {}
        if method in self.refuses:
            return 403, {"error": {"code": "Forbidden"}}
        if self.failing:
            return 503, {}
        versions = self.secrets.setdefault(parts.path.rpartition("/")[2], [])
        if method == "PUT":
            versions.append(json.loads(body)["value"])
        return (200, {"value": versions[-1]}) if versions else (404, {})


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    told = Azure()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, found = told.answer(self.command, self.path, self.headers, body)
            shown = told.body if told.body and "/secrets/" in self.path else None
            raw = shown or json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_PUT = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.chdir(tmp_path)
        for name, value in {
            "IDENTITY_ENDPOINT": f"{told.url}/msi/token",
            "IDENTITY_HEADER": HEADER,
            "ENCRYPTION__KEY_VAULT": told.url,
            "ENCRYPTION__KEY_VAULT_SECRET": NAME,
            "STORAGE__URL": f"sqlite:///{tmp_path / 'store.db'}",
        }.items():
            monkeypatch.setenv(name, value)
        for name in ("ENCRYPTION__KEYS", "ENCRYPTION__KEYS_FILE", "TEAMS__CLIENT_SECRET"):
            monkeypatch.delenv(name, raising=False)
        yield told
        server.shutdown()
        thread.join()


def asked(azure: Azure) -> EncryptionSettings:
    return EncryptionSettings(key_vault=azure.url, key_vault_secret=NAME)


async def test_keys_of_the_key_vault_open_what_the_store_keeps(azure: Azure) -> None:
    azure.secrets[NAME] = [Fernet.generate_key().decode()]
    await keep(with_keys(read_settings()), system_ports(), APP, "kept-in-the-store", "dana")

    settings = read_complete()

    assert settings.teams.client_secret.get_secret_value() == "kept-in-the-store"
    assert azure.asked[-2:] == [("GET", "/msi/token"), ("GET", f"/secrets/{NAME}")]


def test_nearer_keys_count_and_the_key_vault_is_not_asked(
    azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("ENCRYPTION__KEYS", key)

    assert with_keys(read_settings()).encryption.listed == (key,)
    assert azure.asked == []


async def test_rotation_keeps_the_new_key_as_a_new_version(azure: Azure) -> None:
    former, new = (Fernet.generate_key().decode() for _ in range(2))
    azure.secrets[NAME] = [former]
    await keep(with_keys(read_settings()), system_ports(), APP, "kept-in-the-store", "dana")

    done = await rotate(with_keys(read_settings()), system_ports(), new, None)

    assert azure.secrets[NAME] == [former, f"{new},{former}"]
    assert done.rows == 1
    assert read_complete().teams.client_secret.get_secret_value() == "kept-in-the-store"


async def test_rotation_the_key_vault_refuses_changes_nothing_and_names_the_role(
    azure: Azure,
) -> None:
    former, new = (Fernet.generate_key().decode() for _ in range(2))
    azure.secrets[NAME] = [former]
    azure.refuses = {"PUT"}
    await keep(with_keys(read_settings()), system_ports(), APP, "kept-in-the-store", "dana")

    with pytest.raises(KeyVaultError, match="Key Vault Secrets Officer"):
        await rotate(with_keys(read_settings()), system_ports(), new, None)

    assert read_complete().teams.client_secret.get_secret_value() == "kept-in-the-store"


def test_each_refusal_says_what_to_do_and_never_a_token(
    azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    for prepare in (
        lambda: None,
        lambda: azure.refuses.add("GET"),
        lambda: monkeypatch.setenv("IDENTITY_HEADER", "wrong"),
        lambda: monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:9/none"),
    ):
        prepare()
        with pytest.raises(SettingsError) as error:
            keys_of_vault(asked(azure))
        said.append(str(error.value))

    assert f"has no secret {NAME}; make it there" in said[0]
    assert "'Key Vault Secrets User'" in said[1]
    assert "managed identity gives no token" in said[2]
    assert "managed identity gives no token" in said[3]
    assert TOKEN not in "".join(said)


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"value": 7}', b'{"value": " "}'])
def test_an_answer_that_holds_no_keys_is_refused(azure: Azure, body: bytes) -> None:
    azure.secrets[NAME], azure.body = ["something"], body

    with pytest.raises(KeyVaultError):
        keys_of_vault(asked(azure))


@pytest.mark.parametrize(
    ("url", "resource"),
    [
        ("https://ours.vault.azure.net", "https://vault.azure.net"),
        ("https://ours.vault.usgovcloudapi.net/", "https://vault.usgovcloudapi.net"),
        ("http://127.0.0.1:80", "https://vault.azure.net"),
    ],
)
def test_a_token_is_asked_for_the_cloud_of_the_key_vault(url: str, resource: str) -> None:
    assert resource_of(url) == resource


def test_a_key_vault_that_fails_or_is_away_is_told_and_tried_again(azure: Azure) -> None:
    azure.secrets[NAME], azure.failing = ["something"], True
    with pytest.raises(KeyVaultError, match="answers 503; try again"):
        keys_of_vault(asked(azure))

    away = asked(azure).model_copy(update={"key_vault": "http://127.0.0.1:9"})
    with pytest.raises(KeyVaultError, match="gives no answer: ConnectionError"):
        keys_of_vault(away)


async def test_without_a_key_there_is_nothing_to_rotate() -> None:
    none = read_settings(_env_file=None, encryption={"keys": ""})

    with pytest.raises(SettingsError, match="ENCRYPTION__KEYS is empty"):
        await rotate(none, system_ports(), Fernet.generate_key().decode(), None)
