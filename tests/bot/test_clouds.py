"""Where a bot of each cloud goes, and what its registration must have to start."""

from __future__ import annotations

from typing import Any

import pytest
from certificates import new_pair
from pydantic import ValidationError

from bot.core.clouds import CLOUDS
from bot.settings import TeamsSettings, read_settings

PAIR, OTHER = new_pair(), new_pair()
REAL = {"app_id": "app", "tenant_id": "tenant", "client_secret": "secret"}


def problems(**values: Any) -> list[str]:
    return TeamsSettings(**{**REAL, **values}).problems()


# --- clouds ---


@pytest.mark.parametrize(
    ("cloud", "login", "issuer", "graph", "service"),
    [
        ("public", "login.microsoftonline.com", "api.botframework.com", "graph.microsoft.com",
         "smba.trafficmanager.net/teams/"),
        ("gcc", "login.microsoftonline.com", "api.botframework.com", "graph.microsoft.com",
         "smba.infra.gcc.teams.microsoft.com/teams"),
        ("gcc_high", "login.microsoftonline.us", "api.botframework.us", "graph.microsoft.us",
         "smba.infra.gov.teams.microsoft.us/teams"),
        ("dod", "login.microsoftonline.us", "api.botframework.us", "dod-graph.microsoft.us",
         "smba.infra.dod.teams.microsoft.us/teams"),
    ],
)  # fmt: skip
def test_each_cloud_has_its_own_addresses(
    cloud: Any, login: str, issuer: str, graph: str, service: str
) -> None:
    found = TeamsSettings(cloud=cloud)

    assert found.login_url == f"https://{login}"
    assert found.rows.issuer == found.rows.bot_resource == f"https://{issuer}"
    assert found.graph_url == found.rows.graph == f"https://{graph}"
    assert found.service_url == f"https://{service}"
    assert found.may_call(found.openid_metadata_url)


def test_government_keys_are_at_the_governments_own_host() -> None:
    assert {CLOUDS[name].keys for name in ("gcc_high", "dod")} == {
        "https://login.botframework.azure.us/v1/.well-known/openidconfiguration"
    }
    assert CLOUDS["gcc"].keys == CLOUDS["public"].keys


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_cloud_sends_tokens_to_the_hosts_of_another(cloud: Any) -> None:
    settings = TeamsSettings(cloud=cloud)
    own = set(settings.rows.service_hosts)
    hosts = {host for one in CLOUDS.values() for host in one.service_hosts}

    assert {host for host in hosts if settings.may_serve(f"https://{host}/x/")} == own
    assert settings.may_serve(settings.service_url)


def test_a_single_address_counts_more_than_the_cloud() -> None:
    found = TeamsSettings(cloud="gcc_high", service_url="https://smba.trafficmanager.net/gcch")

    assert found.service_url == "https://smba.trafficmanager.net/gcch"
    assert found.may_serve("https://smba.trafficmanager.net/gcch/")
    assert found.login_url == "https://login.microsoftonline.us"


@pytest.mark.parametrize("cloud", ["china", "", "Public", None, 7])
def test_an_unknown_cloud_is_refused(cloud: Any) -> None:
    with pytest.raises(ValidationError):
        TeamsSettings(cloud=cloud)


# --- how the app proves itself ---


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"client_secret": "", "certificate": PAIR.certificate + PAIR.key},
        {"client_secret": "", "certificate": PAIR.key + PAIR.certificate},
        {"client_secret": "", "certificate": PAIR.certificate, "certificate_key": PAIR.key},
        {"client_secret": "", "app_type": "UserAssignedMSI"},
    ],
    ids=["secret", "certificate", "key first", "key beside", "managed identity"],
)
def test_one_way_to_prove_the_app_is_enough(values: Any) -> None:
    assert problems(**values) == []


LOCKED = new_pair(password=b"a password")
WEAK = new_pair(bits=1024)
CURVE = new_pair(elliptic=True)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"client_secret": ""}, "TEAMS__CLIENT_SECRET"),
        ({"certificate": PAIR.certificate + PAIR.key}, "both given"),
        ({"certificate_key": PAIR.key}, "both given"),
        ({"client_secret": "", "certificate": "nonsense"}, "holds no certificate"),
        ({"client_secret": "", "certificate_key": PAIR.key}, "holds no certificate"),
        ({"client_secret": "", "certificate": PAIR.certificate}, "without its private key"),
        ({"client_secret": "", "certificate": PAIR.certificate + OTHER.key}, "different pairs"),
        ({"client_secret": "", "certificate": LOCKED.certificate + LOCKED.key}, "password"),
        ({"client_secret": "", "certificate": WEAK.certificate + WEAK.key}, "2048 bits"),
        ({"client_secret": "", "certificate": CURVE.certificate + CURVE.key}, "RSA"),
        ({"app_type": "UserAssignedMSI"}, "must be empty"),
        ({"app_type": "UserAssignedMSI", "client_secret": "", "certificate": PAIR.certificate},
         "TEAMS__CERTIFICATE must be empty"),
    ],
)  # fmt: skip
def test_two_ways_or_half_of_one_refuse_to_start(values: Any, said: str) -> None:
    (found,) = problems(**values)

    assert said in found
    assert "PRIVATE KEY" not in found.replace("-----BEGIN PRIVATE KEY-----", "")
    assert PAIR.key[40:80] not in found


def test_a_certificate_comes_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "bot.pem").write_text(PAIR.certificate)
    (folder / "bot.key").write_text(PAIR.key)
    monkeypatch.setenv("TEAMS__APP_ID", "app")
    monkeypatch.setenv("TEAMS__TENANT_ID", "tenant")
    monkeypatch.setenv("TEAMS__CERTIFICATE_FILE", str(folder / "bot.pem"))
    monkeypatch.setenv("TEAMS__CERTIFICATE_KEY_FILE", str(folder / "bot.key"))

    teams = read_settings(_env_file=None).teams

    assert teams.problems() == []
    assert PAIR.key[40:80] not in repr(teams)


# --- the playground ---

LOCAL = {
    "app_id": "app",
    "tenant_id": "tenant",
    "playground": True,
    "service_url": "http://localhost:56150/_connector",
}


def exposed(teams: dict[str, Any], **server: Any) -> list[str]:
    settings = read_settings(_env_file=None, teams=teams, server=server)
    return [*settings.teams.problems(), *settings.exposed()]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_the_playground_may_be_used_on_this_machine(host: str) -> None:
    assert exposed(LOCAL, host=host) == []


@pytest.mark.parametrize(
    ("teams", "server"),
    [
        (LOCAL, {"host": "0.0.0.0"}),
        (LOCAL, {"host": "::"}),
        (LOCAL, {"host": "10.0.0.4"}),
        (LOCAL, {"host": "bot.example.com"}),
        (LOCAL, {"host": ""}),
        (LOCAL, {"host": "127.0.0.1", "public_url": "https://bot.example.com"}),
        ({**LOCAL, "service_url": "https://smba.trafficmanager.net/teams/"}, {}),
        ({name: value for name, value in LOCAL.items() if name != "service_url"}, {}),
        ({**LOCAL, "client_secret": "secret"}, {}),
        ({**LOCAL, "certificate": PAIR.certificate + PAIR.key}, {}),
        ({**LOCAL, "app_id": ""}, {}),
    ],
)
def test_the_playground_cannot_be_switched_on_where_others_could_reach_us(
    teams: dict[str, Any], server: dict[str, Any]
) -> None:
    assert exposed(teams, **server) != []


def test_playground_is_off_unless_it_is_asked_for() -> None:
    assert TeamsSettings(**REAL).playground is False
