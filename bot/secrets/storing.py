"""Setting and removing secrets in the store, whether the service runs or not."""

from __future__ import annotations

from typing import Any

from bot.auditing.writing import writing
from bot.checked import SettingsError
from bot.clock import Ports
from bot.secrets.names import SecretName
from bot.settings import MAKE_KEY, MIN_SECRET, Settings
from storage import audit, vault
from storage.database import Connection, StoreError
from storage.records import AuditEntry
from storage.vault import Vault

LONGEST = 64 * 1024
"""Characters of a secret; a certificate with its chain has some thousand."""
GUESSABLE = ("push_secret", "push_secret_previous", "metrics_token")
"""Secrets that strangers show us, and could try to guess."""


async def keep(settings: Settings, ports: Ports, name: SecretName, secret: str, by: str) -> bool:
    """Keep a secret, encrypted; returns whether a service runs. Raises SettingsError, StoreError.

    The former one is gone; the audit trail tells its name only.
    """
    problem = secret_problem(name, secret)
    if problem:
        raise SettingsError([f"{name.variable} {problem}"])
    safe = _vault(settings)
    async with writing(settings, ports) as (conn, runs):
        now = ports.clock.now()
        await safe.put(conn, name.company, name.row, secret, now=now)
        await _note(conn, ports, name, "secret set", by)
    return runs


async def remove(settings: Settings, ports: Ports, name: SecretName, by: str) -> bool:
    """Forget a secret; returns whether a service runs. Raises StoreError where there is none."""
    async with writing(settings, ports) as (conn, runs):
        if name.row not in await vault.names(conn, name.company):
            raise StoreError(f"the store keeps no {name.variable}; see: uv run app.py secrets list")
        await vault.drop(conn, name.company, name.row)
        await _note(conn, ports, name, "secret removed", by)
    return runs


def secret_problem(name: SecretName, secret: str) -> str:
    """Say what is wrong with the value of a secret, never what it is; empty when it is fine."""
    if not secret:
        return "is empty; to take it out: uv run app.py secrets remove"
    if len(secret) > LONGEST or "\0" in secret:
        return f"must be a text of at most {LONGEST} characters"
    if name.field in GUESSABLE and len(secret) < MIN_SECRET:
        return f"must have at least {MIN_SECRET} characters"
    return ""


def _vault(settings: Settings) -> Vault:
    problems = settings.encryption.problems()
    if not settings.encryption.listed:
        problems = [f"ENCRYPTION__KEYS is empty: nothing can be encrypted; {MAKE_KEY}"]
    if problems:
        raise SettingsError(problems)
    return Vault(settings.encryption.listed)


async def _note(conn: Connection, ports: Ports, name: SecretName, action: str, by: str) -> None:
    detail: dict[str, Any] = {"name": name.variable}
    token, now = ports.token(), ports.clock.now()
    entry = AuditEntry(now, token, f"operator {by}", action, name.company, detail=detail)
    await audit.add(conn, entry)
