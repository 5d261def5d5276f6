"""Signing in by OAuth: what is missing or wrong keeps the service from starting, with the fix."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from acumatica_client.allowance import Limits
from bot.company_file import Company, File
from bot.core.routes import Route
from bot.safety import needs_vault, unsafe
from bot.settings import (
    CompanySecrets,
    EncryptionSettings,
    ServerSettings,
    Settings,
)

KEY, OTHER = (Fernet.generate_key().decode() for _ in range(2))
OAUTH = {"sign_in": "oauth"}
CLIENT = {"client_id": "7E1B5F@Company", "client_secret": "y"}


def company(**values: object) -> Company:
    return Company.model_validate(
        {"name": "acme", "url": "https://erp.example", "tenant": "Company", **values}
    )


def problems(secrets: dict[str, str], values: dict[str, object], **settings: object) -> str:
    """What the settings of one company are told, Teams left aside."""
    read = Settings(_env_file=None, acumatica={"acme": secrets}, **settings)  # type: ignore[arg-type]
    route = Route.model_validate({"company": "acme", "to": []})
    found = unsafe(read, File(company=(company(**values),), route=(route,)))
    return "\n".join(line for line in found if "TEAMS" not in line)


def test_password_flow_needs_user_password_and_client_secret_and_no_vault() -> None:
    secrets = {"user": "svc", "password": "x", **CLIENT}

    assert problems(secrets, OAUTH) == ""


def test_password_flow_without_a_user_is_refused() -> None:
    assert "ACUMATICA__ACME__USER is empty" in problems({"password": "x", **CLIENT}, OAUTH)


def test_oauth_without_a_connected_application_is_refused() -> None:
    told = problems({"user": "svc", "password": "x"}, OAUTH)

    assert told.splitlines() == [
        "ACUMATICA__ACME__CLIENT_ID is empty",
        "ACUMATICA__ACME__CLIENT_SECRET is empty",
    ]


@pytest.mark.parametrize("client_id", ["7E1B5F", "7E1B5F@", "7E1B5F@Globex"])
def test_client_id_of_another_tenant_is_refused(client_id: str) -> None:
    secrets = {"user": "svc", "password": "x", **CLIENT, "client_id": client_id}

    assert "must be written GUID@Company" in problems(secrets, OAUTH)


def test_consent_without_a_key_is_refused_with_the_command_that_makes_one() -> None:
    told = problems(CLIENT, OAUTH, server={"public_url": "https://bot.example"})

    assert "ENCRYPTION__KEYS is empty" in told
    assert "Fernet.generate_key()" in told


def test_consent_without_an_address_to_come_back_to_is_refused() -> None:
    told = problems(CLIENT, OAUTH, encryption={"keys": KEY})

    assert "SERVER__PUBLIC_URL is empty" in told
    assert "/auth/acumatica/callback" in told


def test_consent_with_key_and_address_is_fine() -> None:
    told = problems(
        CLIENT,
        OAUTH,
        encryption={"keys": f"{KEY}, {OTHER}"},
        server={"public_url": "https://bot.example"},
    )

    assert told == ""


def test_key_that_is_none_is_refused_by_its_place_and_not_shown() -> None:
    told = problems(
        {"user": "svc", "password": "x"}, {}, encryption={"keys": f"{KEY},secret-but-no-key"}
    )

    assert told.startswith("ENCRYPTION__KEYS: key 2 is no key")
    assert "secret-but-no-key" not in told
    assert KEY not in told


def test_first_key_listed_is_the_one_that_seals() -> None:
    settings = EncryptionSettings.model_validate({"keys": f" {KEY} ,{OTHER},"})

    assert settings.listed == (KEY, OTHER)
    assert KEY not in repr(settings)


@pytest.mark.parametrize("url", ["http://bot.example", "bot.example"])
def test_public_address_must_be_https(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        ServerSettings(public_url=url)


@pytest.mark.parametrize(
    ("values", "seats"),
    [
        ({}, 2),
        ({"seats": 1}, 1),
        (OAUTH, 1),
        ({**OAUTH, "concurrent_access": True}, 2),
        ({**OAUTH, "concurrent_access": True, "seats": 1}, 1),
    ],
)
def test_grant_without_concurrent_access_is_one_seat(values: dict[str, object], seats: int) -> None:
    assert company(**values).limits == Limits(seats, 4, 60)


def test_vault_is_needed_for_tokens_that_outlive_the_process_only() -> None:
    secret = CompanySecrets.model_validate({"client_secret": "y"})
    password = CompanySecrets.model_validate({"client_secret": "y", "password": "x"})

    assert needs_vault(company(**OAUTH), secret)
    assert not needs_vault(company(**OAUTH), password)
    assert not needs_vault(company(), password)
