"""The bot's own tokens from Entra, through msal: off the loop, cached for each resource.

One long-lived msal application, which keeps what it discovered. Tokens are cached here, as msal's
own cache goes by the machine's clock alone, and its HTTP knows no timeout. A token is renewed while
the old one still serves, and concurrent callers share one request.
Follows the vendor's "Client credentials flow" and "Managed identities" pages.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urlsplit

import jwt
import msal
import requests

from bot.credentials import read_certificate
from bot.settings import TeamsSettings

log = logging.getLogger(__name__)

RENEW_BEFORE = timedelta(minutes=5)
LAST_USE = timedelta(seconds=30)
"""A token that ends sooner is not handed out: it might end on its way."""
TRY_AGAIN = timedelta(seconds=30)
"""Between two attempts to renew a token that still serves."""
TIMEOUT = 15
PLAIN_LIFE = timedelta(hours=1)
_STUMBLES = (
    requests.RequestException,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
)
"""What comes out of msal when an answer is not Entra's."""


class Resource(StrEnum):
    """What a token is for; one token is for one of them."""

    BOT = "bot"
    GRAPH = "graph"


class TokenRefused(Exception):
    """Entra gave no token; the message carries its AADSTS code for the operator."""


class Tokens(Protocol):
    """Hands out tokens, and forgets one that was refused."""

    async def get(self, resource: Resource) -> str:
        """Return a token that is good for a while. Raises TokenRefused."""

    async def forget(self, resource: Resource, token: str) -> None:
        """Drop *token*; a newer one stays."""

    async def roles(self) -> frozenset[str]:
        """Return the application permissions Graph grants us. Raises TokenRefused."""

    async def renew(self, settings: TeamsSettings) -> None:
        """Prove ourselves with what *settings* say now; tokens in use stay good."""

    async def close(self) -> None:
        """Stop what is under way."""


class Application(Protocol):
    """A way to ask for a new token; it blocks."""

    def ask(self, resource: str) -> Mapping[str, Any]:
        """Return Entra's answer, good or bad."""


@dataclass(frozen=True, slots=True)
class Held:
    """A token in use."""

    token: str = field(repr=False)
    due: datetime
    """When to ask for the next one."""
    ends: datetime
    """When it is no longer handed out."""


class EntraTokens:
    """Hands out tokens, renewed before they end."""

    def __init__(self, settings: TeamsSettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._application: Application | None = None
        self._held: dict[Resource, Held] = {}
        self._renewing: dict[Resource, asyncio.Task[Held]] = {}

    async def get(self, resource: Resource) -> str:
        """Return a token that is good for a while. Raises TokenRefused."""
        held, now = self._held.get(resource), self._now()
        if held is None or now >= held.ends:
            return (await asyncio.shield(self._renewal(resource))).token
        if now >= held.due:
            self._renewal(resource)  # the old one serves meanwhile
        return held.token

    async def forget(self, resource: Resource, token: str) -> None:
        """Drop *token* because it was refused; a newer one stays."""
        held = self._held.get(resource)
        if held is not None and held.token == token:
            del self._held[resource]

    async def roles(self) -> frozenset[str]:
        """Return the application permissions Graph grants us, as our token tells them.

        Raises TokenRefused.
        """
        token = await self.get(Resource.GRAPH)
        try:
            # Read for ourselves, not as a proof of anything: it came from Entra over TLS.
            listed = jwt.decode(token, options={"verify_signature": False}).get("roles")
        except jwt.PyJWTError:
            return frozenset()
        return frozenset(map(str, listed)) if isinstance(listed, list) else frozenset()

    async def renew(self, settings: TeamsSettings) -> None:
        """Prove ourselves with what *settings* say from the next token on."""
        self._settings, self._application = settings, None

    async def close(self) -> None:
        """Stop what is under way."""
        tasks = list(self._renewing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _renewal(self, resource: Resource) -> asyncio.Task[Held]:
        task = self._renewing.get(resource)
        if task is None or task.done():
            task = asyncio.create_task(self._renew(resource))
            task.add_done_callback(_tell)
            self._renewing[resource] = task
        return task

    async def _renew(self, resource: Resource) -> Held:
        try:
            held = self._read(await asyncio.to_thread(self._ask, resource))
        except TokenRefused:
            self._put_off(resource)
            raise
        self._held[resource] = held
        return held

    def _put_off(self, resource: Resource) -> None:
        held = self._held.get(resource)
        if held is not None:
            self._held[resource] = Held(held.token, self._now() + TRY_AGAIN, held.ends)

    def _read(self, found: Mapping[str, Any]) -> Held:
        token, now = found.get("access_token"), self._now()
        if not isinstance(token, str) or not token:
            raise TokenRefused(f"{found.get('error')}: {found.get('error_description')}")
        try:
            life = timedelta(seconds=int(found["expires_in"]))
        except (LookupError, TypeError, ValueError, OverflowError):
            life = PLAIN_LIFE
        # A token with a short life is renewed at half of it, not all the time.
        due = now + max(life - RENEW_BEFORE, life / 2)
        return Held(token, due, now + max(life - LAST_USE, life / 2))

    def _ask(self, resource: Resource) -> Mapping[str, Any]:
        rows = self._settings.rows
        try:
            if self._application is None:
                self._application = open_application(self._settings)
            wanted = rows.graph if resource is Resource.GRAPH else rows.bot_resource
            return self._application.ask(wanted)
        except _STUMBLES as error:
            # msal stumbles over answers that are not Entra's, and then over every later one.
            self._application = None
            raise TokenRefused(f"the sign-in service gave no answer: {error}") from error


class NoTokens:
    """Stands where tokens would be when nobody asks for them: the playground."""

    async def get(self, resource: Resource) -> str:
        """Return something that proves nothing."""
        return f"no-token-for-{resource}"

    async def forget(self, resource: Resource, token: str) -> None:
        """There is nothing to drop."""

    async def roles(self) -> frozenset[str]:
        """Nothing is granted."""
        return frozenset()

    async def renew(self, settings: TeamsSettings) -> None:
        """There is nothing to prove."""

    async def close(self) -> None:
        """There is nothing to stop."""


def _tell(task: asyncio.Task[Held]) -> None:
    """Log a failed renewal: who waits for it hears of it, but perhaps nobody does."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.warning("no new token", extra={"reason": str(error)})


OpenTokens = Callable[[TeamsSettings, Callable[[], datetime]], Tokens]


def open_tokens(settings: TeamsSettings, now: Callable[[], datetime]) -> Tokens:
    """Return where tokens come from with these settings."""
    return NoTokens() if settings.playground else EntraTokens(settings, now)


# --- the kinds of registration ---


def open_application(settings: TeamsSettings) -> Application:
    """Return the application of these settings."""
    if settings.app_type == "UserAssignedMSI":
        return MachineApplication(settings.app_id)
    return ClientApplication(settings)


class ClientApplication:
    """An app registration that proves itself with a secret or a certificate."""

    def __init__(self, settings: TeamsSettings) -> None:
        login, there = settings.login_url.rstrip("/"), settings.rows.login
        # msal wants an https authority; a stand-in on loopback is reached in its place.
        authority = login if urlsplit(login).scheme == "https" else there
        self._application: Any = msal.ConfidentialClientApplication(
            settings.app_id,
            client_credential=_credential(settings),
            authority=f"{authority}/{settings.tenant_id}",
            instance_discovery=False,
            http_client=LoginHttp(authority, login),
        )

    def ask(self, resource: str) -> Mapping[str, Any]:
        """Return Entra's answer to client credentials."""
        self._application.remove_tokens_for_client()  # it would hand the same one out again
        return dict(self._application.acquire_token_for_client(scopes=[f"{resource}/.default"]))


class MachineApplication:
    """A managed identity: the machine we run on proves who we are."""

    def __init__(self, app_id: str) -> None:
        self._identity = msal.UserAssignedManagedIdentity(client_id=app_id)
        self._http = TimedHttp()

    def ask(self, resource: str) -> Mapping[str, Any]:
        """Return the machine's answer; a new client each time, as each keeps a cache."""
        client = msal.ManagedIdentityClient(self._identity, http_client=self._http)
        return dict(client.acquire_token_for_client(resource=resource))


def _credential(settings: TeamsSettings) -> Any:
    if settings.has_certificate:
        pem, key = settings.certificate, settings.certificate_key
        return read_certificate(pem.get_secret_value(), key.get_secret_value())
    return settings.client_secret.get_secret_value()


class TimedHttp:
    """msal's HTTP: with a timeout, without redirects, to wherever msal wants."""

    def __init__(self) -> None:
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
        return self._session.request(method, url, timeout=TIMEOUT, allow_redirects=False, **options)


class LoginHttp(TimedHttp):
    """The same, to the sign-in service only, which may stand at another address."""

    def __init__(self, authority: str, login: str) -> None:
        super().__init__()
        self._authority, self._login = urlsplit(authority), urlsplit(login)

    def _send(self, method: str, url: str, options: dict[str, Any]) -> requests.Response:
        there = urlsplit(url)
        if there.netloc != self._authority.netloc:
            raise requests.RequestException(f"{there.netloc} is not the sign-in service")
        here = there._replace(scheme=self._login.scheme, netloc=self._login.netloc)
        return super()._send(method, here.geturl(), options)
