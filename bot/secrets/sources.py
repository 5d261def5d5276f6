"""Where secrets come from: the environment, files it names, then the encrypted store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from bot.checked import SettingsError
from bot.secrets.names import COMPANIES, SecretName, of_row, secret_names
from bot.settings import CompanySecrets, Settings, place_of, read_settings
from storage.database import StoreError
from storage.vault import Sealed, Vault, VaultError, look_inside


class Source(StrEnum):
    """Where a secret comes from; the first one that has it counts."""

    ENVIRONMENT = "environment"
    FILE = "file"
    STORE = "store"
    NOWHERE = "not set"


@dataclass(frozen=True, slots=True)
class Told:
    """Where one secret comes from."""

    name: SecretName
    source: Source
    file: str = ""
    since: datetime | None = None
    """When it was set; known of the store only."""
    besides: tuple[Source, ...] = ()
    """Where it is set as well, which counts for nothing."""


def read_complete(**values: Any) -> Settings:
    """Read the environment, its files and the store, or raise SettingsError with every mistake."""
    return complete(read_settings(**values))


def complete(settings: Settings) -> Settings:
    """Fill in what the store keeps and nothing else tells. Raises SettingsError."""
    settings = with_keys(settings)
    missing = {name: row for name, row in stored(settings).items() if not value_of(settings, name)}
    if not missing:
        return settings
    for name, secret in _opened(settings, missing).items():
        settings = _with(settings, name, secret)
    return settings


def with_keys(settings: Settings) -> Settings:
    """Fetch the keys of the vault from Azure, where nothing nearer tells them."""
    asked = settings.encryption
    if asked.listed or not asked.key_vault:
        return settings
    from bot.secrets.key_vault import keys_of_vault  # msal takes long to import

    keys = SecretStr(keys_of_vault(asked))
    return settings.model_copy(update={"encryption": asked.model_copy(update={"keys": keys})})


def stored(settings: Settings) -> dict[SecretName, Sealed]:
    """Return the settings that lie in the store, sealed. Raises SettingsError."""
    if settings.storage.problems():
        return {}  # said elsewhere
    try:
        rows = look_inside(settings.storage.path)
    except StoreError as error:
        raise SettingsError([str(error)]) from error
    named = ((of_row(row.company, row.name), row) for row in rows)
    return {name: row for name, row in named if name is not None}


def value_of(settings: Settings, name: SecretName) -> str:
    """Return what a setting is; empty where it is not set."""
    section = getattr(settings, name.section)
    if name.section == COMPANIES:
        section = section.get(name.company, CompanySecrets())
    secret: SecretStr = getattr(section, name.field)
    return secret.get_secret_value()


def secrets_of(settings: Settings) -> list[str]:
    """Return every secret that is set, so that no log line tells one."""
    names = secret_names(settings.acumatica)
    keys = (settings.encryption.listed, settings.audit.listed)
    return [*filter(None, (value_of(settings, name) for name in names)), *keys[0], *keys[1]]


def doubles(settings: Settings) -> list[str]:
    """List secrets that are set twice, and which one counts."""
    return [
        f"{one.name.variable} is set in more than one place: the {one.source} counts,"
        f" not the {' or the '.join(one.besides)}; take it out there"
        for one in sources(settings, settings.acumatica)
        if one.besides
    ]


def sources(settings: Settings, companies: Iterable[str]) -> list[Told]:
    """Say of every secret where it comes from. Raises SettingsError."""
    inside, outside = stored(settings), _variables()
    known = {*companies, *(name.company for name in inside if name.company)}
    return [_told(settings, name, inside, outside) for name in secret_names(sorted(known))]


def _told(
    settings: Settings,
    name: SecretName,
    inside: Mapping[SecretName, Sealed],
    outside: Mapping[str, str],
) -> Told:
    variable = name.variable.lower()
    found = []
    if outside.get(variable):
        found.append(Source.ENVIRONMENT)
    if outside.get(f"{variable}_file"):
        found.append(Source.FILE)
    if not found and name not in inside and value_of(settings, name):
        found.append(Source.ENVIRONMENT)  # as a part of a longer variable, in JSON
    if name in inside:
        found.append(Source.STORE)
    first, *others = found or [Source.NOWHERE]
    since = inside[name].since if first is Source.STORE else None
    file = outside.get(f"{variable}_file", "") if first is Source.FILE else ""
    return Told(name, first, file, since, tuple(others))


def _variables() -> dict[str, str]:
    """Return every variable, in small letters; `.env` tells what the environment does not."""
    own, beside = EnvSettingsSource(Settings).env_vars, DotEnvSettingsSource(Settings).env_vars
    told = {**beside, **{name: value for name, value in own.items() if value}}
    return {name: value for name, value in told.items() if value}


def keys_source() -> Source:
    """Say where the encryption keys come from; nowhere near means Azure Key Vault, if it is set."""
    told = _variables()
    if told.get("encryption__keys"):
        return Source.ENVIRONMENT
    return Source.FILE if keys_file() else Source.NOWHERE


def keys_file() -> str:
    """Return the file that ENCRYPTION__KEYS_FILE names."""
    named = _variables().get("encryption__keys_file", "")
    return str(place_of(named)) if named else ""


def _opened(settings: Settings, rows: Mapping[SecretName, Sealed]) -> dict[SecretName, str]:
    keys, found = settings.encryption.listed, {}
    if not keys or settings.encryption.problems():
        listed = ", ".join(sorted(name.variable for name in rows))
        raise SettingsError(
            [f"ENCRYPTION__KEYS is empty or no key, and the store keeps {listed}; put it back"]
        )
    safe, problems = Vault(keys), []
    for name, row in rows.items():
        try:
            found[name] = safe.opened(row)
        except VaultError as error:
            problems.append(f"{name.variable}: {error}")
    if problems:
        raise SettingsError(problems)
    return found


def _with(settings: Settings, name: SecretName, secret: str) -> Settings:
    new = {name.field: SecretStr(secret)}
    if name.section == COMPANIES:
        former = settings.acumatica.get(name.company, CompanySecrets())
        inner = {**settings.acumatica, name.company: former.model_copy(update=new)}
        return settings.model_copy(update={COMPANIES: inner})
    section = getattr(settings, name.section).model_copy(update=new)
    return settings.model_copy(update={name.section: section})
