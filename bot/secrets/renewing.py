"""Takes changed secrets while the service runs, where that is safe.

Read again now and then: what the environment says cannot change under a process, but its files and
the store can. Nothing is taken unless all of it would be good for a start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.checked import SettingsError
from bot.clock import Clock
from bot.secrets.names import COMPANIES, SecretName, secret_names
from bot.secrets.sources import value_of
from bot.settings import CompanySecrets, Settings
from bot.tokens import Tokens
from storage.database import StoreError

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=20)
Reread = Callable[[], Settings]
"""Reads all settings anew, as a start does; blocks. Raises SettingsError, StoreError, OSError."""


def needs_restart(name: SecretName) -> bool:
    """Say whether a change of a secret counts from the next start only.

    Sign-ins that are on their way are bound to the secret of the connected application.
    """
    return (name.section, name.field) == (COMPANIES, "client_secret")


class InUse:
    """The secrets the service works with just now."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def password_of(self, company: str) -> Callable[[], str]:
        """Return what tells the service user's password whenever it signs in."""
        return lambda: self._of(company).password.get_secret_value()

    def push_secrets_of(self, company: str) -> Callable[[], tuple[bytes, ...]]:
        """Return what tells the header values that are valid now."""
        return lambda: self._of(company).push_secrets()

    def metrics_token(self) -> str:
        """Return what readers of the metrics must show."""
        return self.settings.server.metrics_token.get_secret_value()

    def admin_secret(self) -> str:
        """Return the secret of the registration people sign in with to the admin page."""
        return self.settings.admin.client_secret.get_secret_value()

    def _of(self, company: str) -> CompanySecrets:
        return self.settings.acumatica.get(company, CompanySecrets())


class Renewing:
    """Reads the secrets again, and takes those that changed."""

    def __init__(self, in_use: InUse, reread: Reread | None, tokens: Tokens, clock: Clock) -> None:
        self._in_use = in_use
        self._reread = reread
        self._tokens = tokens
        self._clock = clock
        self._trouble = ""
        self._waiting: tuple[str, ...] = ()

    async def step(self) -> bool:
        """Read the secrets again; always False, as nothing is due right after."""
        if self._reread is None:
            return False
        try:
            fresh = await asyncio.to_thread(self._reread)
        except (SettingsError, StoreError, OSError) as error:
            self._refuse(str(error))
            return False
        self._trouble = ""
        await self._take(fresh)
        return False

    async def next_due(self) -> datetime | None:
        """Return when to read them again."""
        return None if self._reread is None else self._clock.now() + EVERY

    async def hints(self) -> list[str]:
        """Tell an operator what is not taken, and why."""
        found = [f"{name} changed: restart the service" for name in self._waiting]
        return [*found, f"secrets are not read anew: {self._trouble}"] if self._trouble else found

    def _refuse(self, why: str) -> None:
        if why != self._trouble:
            log.warning("changed settings are not taken", extra={"reason": why})
        self._trouble = why

    async def _take(self, fresh: Settings) -> None:
        changed = self._changed(fresh)
        self._waiting = tuple(name.variable for name in changed if needs_restart(name))
        taken = [name for name in changed if not needs_restart(name)]
        if not taken:
            return
        self._in_use.settings = _with_secrets(self._in_use.settings, fresh)
        if any(name.section == "teams" for name in taken):
            await self._tokens.renew(self._in_use.settings.teams)
        for name in taken:
            log.info("changed secret is in use", extra={"secret": name.variable})

    def _changed(self, fresh: Settings) -> list[SecretName]:
        former = self._in_use.settings
        names = secret_names(former.acumatica.keys())
        return [name for name in names if value_of(former, name) != value_of(fresh, name)]


def _with_secrets(former: Settings, fresh: Settings) -> Settings:
    """Return the former settings with fresh secrets, but for those that need a restart."""
    teams = {
        name: getattr(fresh.teams, name)
        for name in ("client_secret", "client_secret_ends", "certificate", "certificate_key")
    }
    token = {"metrics_token": fresh.server.metrics_token}
    signing_in = {"client_secret": fresh.admin.client_secret}
    kept = {
        name: own.model_copy(update=_of_company(fresh.acumatica.get(name, CompanySecrets())))
        for name, own in former.acumatica.items()
    }
    update = {
        "teams": former.teams.model_copy(update=teams),
        "server": former.server.model_copy(update=token),
        "admin": former.admin.model_copy(update=signing_in),
        COMPANIES: kept,
    }
    return former.model_copy(update=update)


def _of_company(fresh: CompanySecrets) -> dict[str, object]:
    names = ("password", "push_secret", "push_secret_previous")
    return {name: getattr(fresh, name) for name in names}
