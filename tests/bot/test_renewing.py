"""Secrets that change while the service runs: what is taken at once, what waits, what is not."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from graph_world import PatientClock

from bot.checked import SettingsError
from bot.secrets.renewing import InUse, Renewing
from bot.settings import Settings, TeamsSettings, read_settings


class Tokens:
    """Keeps what the tokens of the bot are to be asked with."""

    def __init__(self) -> None:
        self.renewed: list[TeamsSettings] = []

    async def renew(self, settings: TeamsSettings) -> None:
        self.renewed.append(settings)


def settings(**told: Any) -> Settings:
    company = {"password": "p-one", "push_secret": "push-one", "client_secret": "c-one"}
    whole = {
        "teams": {"client_secret": "t-one"},
        "acumatica": {"acme": {**company, **told.pop("acme", {})}},
    }
    return read_settings(_env_file=None, **{**whole, **told})


class Place:
    """A service's secrets, and what they are when they are read again."""

    def __init__(self) -> None:
        self.in_use, self.tokens = InUse(settings()), Tokens()
        self.fresh: Settings | Exception = settings()
        self.renewing = Renewing(self.in_use, self.read, self.tokens, PatientClock())  # type: ignore[arg-type]

    def read(self) -> Settings:
        if isinstance(self.fresh, Exception):
            raise self.fresh
        return self.fresh


async def test_what_did_not_change_changes_nothing() -> None:
    place = Place()
    before = place.in_use.settings

    await place.renewing.step()

    assert place.in_use.settings is before
    assert place.tokens.renewed == []


async def test_a_companys_secrets_are_taken_and_the_bots_own_left_alone() -> None:
    place = Place()
    place.fresh = settings(acme={"password": "p-two", "push_secret": "push-two"})

    await place.renewing.step()

    assert place.in_use.password_of("acme")() == "p-two"
    assert place.in_use.push_secrets_of("acme")()[0] == b"push-two"
    assert place.tokens.renewed == []
    assert await place.renewing.hints() == []


async def test_another_secret_of_the_bot_asks_for_its_next_token() -> None:
    place = Place()
    place.fresh = settings(teams={"client_secret": "t-two"})

    await place.renewing.step()

    (renewed,) = place.tokens.renewed
    assert renewed.client_secret.get_secret_value() == "t-two"


async def test_the_secret_sign_ins_hang_on_waits_for_a_start_and_is_said() -> None:
    place = Place()
    place.fresh = settings(acme={"client_secret": "c-two"})

    await place.renewing.step()

    assert place.in_use.settings.acumatica["acme"].client_secret.get_secret_value() == "c-one"
    (hint,) = await place.renewing.hints()
    assert hint == "ACUMATICA__ACME__CLIENT_SECRET changed: restart the service"


async def test_what_cannot_be_read_is_told_once_and_the_former_ones_serve(
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = Place()
    place.fresh = SettingsError(["TEAMS__CLIENT_SECRET is empty"])

    with caplog.at_level(logging.WARNING):
        await place.renewing.step()
        await place.renewing.step()

    assert [one.getMessage() for one in caplog.records] == ["changed settings are not taken"]
    assert place.in_use.password_of("acme")() == "p-one"
    assert "TEAMS__CLIENT_SECRET is empty" in (await place.renewing.hints())[0]
    place.fresh = settings()
    await place.renewing.step()
    assert await place.renewing.hints() == []


async def test_settings_given_by_hand_are_never_read_again() -> None:
    place = Place()
    alone = Renewing(place.in_use, None, place.tokens, PatientClock())  # type: ignore[arg-type]

    assert await alone.step() is False
    assert await alone.next_due() is None
