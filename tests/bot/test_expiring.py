"""What ends when: gathered from settings, file and store; sign-ins among what is listed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from rich.console import Console

from bot.clock import Bell, system_ports
from bot.company_file import File, read_file
from bot.core.expiries import Expiry, Kind
from bot.secrets.countdown import Countdown
from bot.secrets.expiring import everything
from bot.secrets.listing import Listed, drawn, row_of_sign_in, sign_ins
from bot.secrets.names import SecretName
from bot.secrets.renewing import InUse
from bot.secrets.sources import Source, Told, secrets_of
from bot.settings import EncryptionSettings, Settings, read_settings
from bot.signing_in.sign_ins import SERVICE_GRANT
from bot.tokens import TokenRefused
from storage import consents, vault
from storage.database import Database
from storage.records import PersonGrant
from storage.vault import Vault

AT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
KEY = Fernet.generate_key().decode()
TOLD = """\
[[company]]
name = "acme"
url = "https://erp.example"
tenant = "Company"
grant_life = "90d"
push_secret_age = "180d"
[[company]]
name = "west"
url = "https://west.example"
tenant = "West"
[[route]]
company = "acme"
to = []
[[route]]
company = "west"
to = []
"""


@pytest.fixture
async def place(tmp_path: Path) -> SimpleNamespace:
    """A store with the sign-ins of a service and a person, and something that is none."""
    (tmp_path / "countersign.toml").write_text(TOLD, "utf-8")
    path = tmp_path / "store.db"
    store = await Database.open(path)
    safe = Vault([KEY])
    async with store.transaction() as conn:
        await safe.put(conn, "acme", SERVICE_GRANT, "refresh", now=AT)
        await safe.put(conn, "acme", "grant:erin", "refresh", now=AT)
        await safe.put(conn, "acme", "something else", "secret", now=AT)
        await safe.put(conn, "west", "grant:erin", "of nobody here", now=AT)
        await consents.connect(
            conn, PersonGrant("acme", "erin", "erin.login", "issuer", "grant:erin", AT)
        )
    await store.close()
    settings = read_settings(
        _env_file=None,
        storage={"url": f"sqlite:///{path}"},
        teams={"client_secret": "x", "client_secret_ends": "2027-03-31"},
    )
    return SimpleNamespace(
        settings=settings, file=read_file(tmp_path / "countersign.toml"), path=path
    )


async def test_a_sign_in_ends_when_nobody_used_it_for_so_long(place: Any) -> None:
    found = await sign_ins(place.settings, place.file)

    ends = AT + timedelta(days=90)
    assert [(one.kind, one.company, one.name, one.ends) for one in found] == [
        (Kind.SERVICE_GRANT, "acme", "the service's sign-in", ends),
        (Kind.PERSON_GRANT, "acme", "erin.login", ends),
    ]
    assert row_of_sign_in(found[1], AT + timedelta(days=60)) == {
        "company": "acme", "login": "erin.login", "days_left": 30, "ends": ends.isoformat(),
    }  # fmt: skip


async def test_sign_ins_are_listed_below_the_secrets_with_the_day_they_were_used_last(
    place: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    found = await sign_ins(place.settings, place.file)

    Console(width=120).print(drawn([], found, AT + timedelta(days=60)))

    told = capsys.readouterr().out
    assert "acme: erin.login" in told
    assert "2026-11-01 09:30 UTC" in told


async def test_without_a_store_there_are_no_sign_ins(place: Any, tmp_path: Path) -> None:
    elsewhere = read_settings(_env_file=None, storage={"url": f"sqlite:///{tmp_path / 'no.db'}"})

    assert await sign_ins(elsewhere, place.file) == []
    assert not (tmp_path / "no.db").exists()


async def test_everything_that_ends_is_gathered_and_nothing_is_guessed(place: Any) -> None:
    settings: Settings = place.settings
    file: File = place.file
    told = [
        Told(SecretName("acumatica", "push_secret", "acme"), Source.STORE, since=AT),
        Told(SecretName("acumatica", "push_secret", "west"), Source.ENVIRONMENT),
        Told(SecretName("acumatica", "password", "acme"), Source.STORE, since=AT),
    ]
    store = await Database.open(place.path)
    async with store.reading() as conn:
        kept = await vault.kept(conn)
        grants = {one.name: await consents.grants(conn, one.name) for one in file.company}
    await store.close()

    found = everything(settings, file, told, kept=kept, grants=grants)

    assert {(one.name, one.company, one.ends.date()) for one in found} == {
        ("TEAMS__CLIENT_SECRET", "", date(2027, 3, 31)),
        ("ACUMATICA__ACME__PUSH_SECRET", "acme", (AT + timedelta(days=180)).date()),
        ("the service's sign-in", "acme", (AT + timedelta(days=90)).date()),
        ("erin.login", "acme", (AT + timedelta(days=90)).date()),
    }


async def test_what_graph_says_counts_only_where_the_settings_do_not(place: Any) -> None:
    teams = place.settings.teams
    silent = place.settings.model_copy(
        update={"teams": teams.model_copy(update={"client_secret_ends": ""})}
    )
    graph = datetime(2027, 1, 1, tzinfo=UTC)

    def ends(settings: Settings) -> list[datetime]:
        found = everything(settings, place.file, [], kept=[], grants={}, graph_says=graph)
        return [one.ends for one in found]

    assert ends(place.settings) == [datetime(2027, 3, 31, tzinfo=UTC)]
    assert ends(silent) == [graph]


def test_each_secret_is_a_line_with_its_place_its_age_and_where_else_it_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = Told(
        SecretName("teams", "client_secret"), Source.FILE, "/run/secret", AT, (Source.STORE,)
    )
    end = Expiry(Kind.SECRET, "TEAMS__CLIENT_SECRET", AT + timedelta(days=40))

    Console(width=200).print(drawn([Listed(told, end)], [], AT + timedelta(days=33)))
    Console(width=200).print(drawn([Listed(replace(told, since=None, besides=()))], [], AT))

    first, second = [line for line in capsys.readouterr().out.splitlines() if "TEAMS" in line]
    for part in ("TEAMS__CLIENT_SECRET", "/run/secret", "2026-11-01 09:30 UTC", " 7 ", "also in"):
        assert part in first
    assert "also in" not in second


def test_every_secret_of_the_settings_is_known_to_the_log(place: Any) -> None:
    settings = place.settings.model_copy(
        update={"encryption": EncryptionSettings(keys=f"{KEY},another")}
    )

    assert {"x", KEY, "another"} <= {*secrets_of(settings)}


# --- what cannot be learned is said, and the rest counted down all the same ---


class Refusing:
    """A Graph, and tokens for it, that know nothing."""

    async def roles(self) -> frozenset[str]:
        raise TokenRefused("invalid_client")


async def test_what_cannot_be_learned_is_said_and_the_rest_is_known(
    place: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    teams = place.settings.teams.model_copy(update={"client_secret_ends": ""})
    settings = place.settings.model_copy(update={"teams": teams})
    (tmp_path / "no store").write_text("but words")
    other = read_settings(_env_file=None, storage={"url": f"sqlite:///{tmp_path / 'no store'}"})
    elsewhere = settings.model_copy(update={"storage": other.storage})
    store = await Database.open(place.path)
    countdown = Countdown(
        InUse(elsewhere), place.file, store, {one.name: None for one in place.file.company},  # type: ignore[misc]
        system_ports(), graph=Refusing(), tokens=Refusing(), outbox_bell=Bell(system_ports().clock),  # type: ignore[arg-type]
    )  # fmt: skip

    found = await countdown.expiries()
    await store.close()

    assert {one.name for one in found} == {"the service's sign-in", "erin.login"}
    assert {record.message for record in caplog.records} == {
        "ages of secrets not known", "end of the client secret not known",
    }  # fmt: skip
