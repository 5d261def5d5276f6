"""Tokens for the Bot Connector, by client credentials through msal: off the loop, cached.

One long-lived msal application, which keeps what it discovered. The token is cached here, as msal's
own cache goes by the machine's clock alone. Its HTTP knows no timeout, ours does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msal
import requests

from bot.settings import TeamsSettings

SCOPE = "https://api.botframework.com/.default"
MICROSOFT_LOGIN = "https://login.microsoftonline.com"
RENEW_BEFORE = timedelta(minutes=5)
TIMEOUT = 15


class TokenRefused(Exception):
    """Entra gave no token; the message carries its AADSTS code for the operator."""


class BotTokens:
    """Hands out the bot's token, renewed before it ends."""

    def __init__(self, settings: TeamsSettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._lock = asyncio.Lock()
        self._application: Any = None
        self._token = ""
        self._ends = now()

    async def get(self) -> str:
        """Return a token that is good for some minutes. Raises TokenRefused."""
        async with self._lock:
            if not self._token or self._now() >= self._ends - RENEW_BEFORE:
                await self._renew()
            return self._token

    async def forget(self, token: str) -> None:
        """Drop *token* because the connector refused it; a newer one stays."""
        async with self._lock:
            if self._token == token:
                self._token = ""

    async def _renew(self) -> None:
        try:
            found = await asyncio.to_thread(self._ask)
        except (
            requests.RequestException,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
        ) as error:
            # msal stumbles over answers that are not Entra's, and then over every later one.
            self._application = None
            raise TokenRefused(f"the sign-in service gave no answer: {error}") from error
        if "access_token" not in found:
            raise TokenRefused(f"{found.get('error')}: {found.get('error_description')}")
        self._token = found["access_token"]
        self._ends = self._now() + timedelta(seconds=int(found.get("expires_in", 3600)))

    def _ask(self) -> dict[str, Any]:
        if self._application is None:
            self._application = msal.ConfidentialClientApplication(
                self._settings.app_id,
                client_credential=self._settings.client_secret.get_secret_value(),
                authority=f"{MICROSOFT_LOGIN}/{self._settings.tenant_id}",
                instance_discovery=False,
                http_client=LoginHttp(self._settings.login_url),
            )
        self._application.remove_tokens_for_client()  # it would hand the same one out again
        return dict(self._application.acquire_token_for_client(scopes=[SCOPE]))


class LoginHttp:
    """msal's HTTP: with a timeout, without redirects, to the configured sign-in host.

    msal refuses an http authority, so a stand-in on loopback is reached by replacing the host here.
    """

    def __init__(self, login_url: str) -> None:
        self._login = urlsplit(login_url)
        self._session = requests.Session()

    def get(self, url: str, **options: Any) -> requests.Response:
        """Send a GET."""
        return self._send("GET", url, options)

    def post(self, url: str, **options: Any) -> requests.Response:
        """Send a POST."""
        return self._send("POST", url, options)

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def _send(self, method: str, url: str, options: dict[str, Any]) -> requests.Response:
        there = urlsplit(url)
        if there.netloc != urlsplit(MICROSOFT_LOGIN).netloc:
            raise requests.RequestException(f"{there.netloc} is not the sign-in service")
        here = there._replace(scheme=self._login.scheme, netloc=self._login.netloc)
        return self._session.request(
            method, here.geturl(), timeout=TIMEOUT, allow_redirects=False, **options
        )
