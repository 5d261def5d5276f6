"""Ways into Acumatica: by user and password with cookies, here; by OAuth, in `grants`.

A sign-in that was refused is remembered and not tried again for minutes: repeated wrong passwords
lock the account, and a full house does not empty faster for being asked.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol
from urllib.parse import unquote_plus

from acumatica_client.errors import (
    ErpBusy,
    ErpError,
    ErpNotFound,
    ErpRejected,
    ErpSignInFailed,
    ErpUnavailable,
)
from acumatica_client.faces import error_of, exception_type
from acumatica_client.protocol import Address, build_sign_in, build_sign_out
from acumatica_client.transport import Reply, Request, Transport, TransportError
from acumatica_client.waiting import Waiting

FIRST_PAUSE = 5 * 60.0
LONGEST_PAUSE = 60 * 60.0
SIGN_OUT = 5.0
"""Seconds a sign-out may take."""


class WrongTenant(ErpSignInFailed):
    """The company's tenant is not there, or the sign-in landed in another one."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who the service is in Acumatica. The password never shows in a repr."""

    user: str
    password: Callable[[], str]
    tenant: str
    branch: str = ""
    locale: str = "en-US"
    check_tenant: bool = True


class SignIn(Protocol):
    """One way into the ERP, for one session."""

    def check(self) -> None:
        """Raise the ErpError of an earlier refusal that forbids to try now."""

    async def open(self, transport: Transport) -> None:
        """Sign in, once. Raises ErpError."""

    async def headers(self) -> Mapping[str, str]:
        """Return what every request carries besides the transport's cookies. Raises ErpError."""

    def lost(self) -> None:
        """Learn that the ERP no longer knows this session."""

    def seatless(self, error: ErpError) -> ErpError:
        """Remember that a fresh sign-in gave no session, and return the error to raise."""

    async def close(self, transport: Transport) -> Reply:
        """Sign out. Raises ErpError or TransportError."""


class Refusals:
    """Remembers a refused sign-in, so that nobody tries again too soon."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self._until = 0.0
        self._told = ""
        self._kind: type[ErpSignInFailed] | None = None
        """What to raise again; None for a login limit."""
        self._secret = b""
        self._times = 0
        self.one_at_a_time = asyncio.Lock()
        """Held while signing in: whoever comes second sees how the first one ended."""

    def check(self, secret: str) -> None:
        """Raise the error remembered, unless its time is over or *secret* is a new one."""
        left = self._until - self._waiting.seconds()
        if left <= 0:
            return
        if self._kind is None:
            raise ErpBusy(self._told, after=left)
        if self._secret == _digest(secret):
            raise self._kind(self._told)

    def note(self, error: ErpError, secret: str) -> ErpError:
        """Remember *error* where trying again soon would do harm; returns the error to raise."""
        if isinstance(error, ErpBusy):
            self._kind, pause = None, error.after
        elif isinstance(error, ErpSignInFailed):
            self._times = self._times + 1 if self._secret == _digest(secret) else 1
            self._kind, self._secret = type(error), _digest(secret)
            pause = min(FIRST_PAUSE * 2 ** (self._times - 1), LONGEST_PAUSE)
        else:
            return error
        self._until = self._waiting.seconds() + pause
        when = self._waiting.now() + timedelta(seconds=pause)
        unless = ", unless the password changes" if self._kind else ""
        self._told = f"{error.detail}; not tried again before {when:%H:%M} UTC{unless}"
        return error

    def forget(self) -> None:
        """Begin anew: a sign-in succeeded."""
        self._times, self._secret, self._until = 0, b"", 0.0


class PasswordSignIn:
    """User and password for a session kept by cookies."""

    def __init__(self, address: Address, credentials: Credentials, refusals: Refusals) -> None:
        self._address = address
        self._who = credentials
        self._refusals = refusals
        """Shared by every session of the company: it is one account that would be locked."""

    def check(self) -> None:
        """Raise what an earlier refusal left, unless the password is a new one."""
        self._refusals.check(self._who.password())

    async def open(self, transport: Transport) -> None:
        """Sign in, once. Raises ErpError."""
        async with self._refusals.one_at_a_time:
            await self._open(transport)

    async def _open(self, transport: Transport) -> None:
        password = self._who.password()
        self._refusals.check(password)
        try:
            await self._sign_in(transport, password)
        except ErpError as error:
            raise self._refusals.note(error, password) from error.__cause__
        self._refusals.forget()

    async def _sign_in(self, transport: Transport, password: str) -> None:
        who = self._who
        reply = await asked(
            transport,
            build_sign_in(
                self._address, user=who.user, password=password, tenant=who.tenant,
                branch=who.branch, locale=who.locale,
            ),
        )  # fmt: skip
        if reply.status != 204:
            raise _sign_in_error(reply)
        landed = reply.cookies.get("companyid", "")
        if who.check_tenant and not _same_tenant(landed, who.tenant):
            with suppress(TransportError):
                await self.close(transport)
            raise WrongTenant(
                f"signed in to tenant {landed!r} instead of {who.tenant!r}: correct `tenant` in"
                " countersign.toml, or refresh the tenant list of the site"
            )

    async def headers(self) -> Mapping[str, str]:
        """Return nothing: the transport's cookies are enough."""
        return {}

    def lost(self) -> None:
        """Do nothing: the next sign-in is as good as the first."""

    def seatless(self, error: ErpError) -> ErpError:
        """Remember that a fresh sign-in gave no session."""
        return self._refusals.note(error, "")

    async def close(self, transport: Transport) -> Reply:
        """Sign out. Raises TransportError."""
        return await transport.send(bounded(build_sign_out(self._address)))


def bounded(sign_out: Request) -> Request:
    """Bound a sign-out: a stopping process does not wait long for an ERP that hangs."""
    return replace(sign_out, timeout=SIGN_OUT, connect=SIGN_OUT)


async def asked(transport: Transport, request: Request) -> Reply:
    """Send *request*; whoever does not answer cannot be asked. Raises ErpUnavailable."""
    try:
        return await transport.send(request)
    except TransportError as error:
        raise ErpUnavailable(str(error)) from error


def _sign_in_error(reply: Reply) -> ErpError:
    """Name a failed sign-in; a wrong password is a 500 here and must not be tried again at once."""
    error = error_of(reply)
    if exception_type(reply).endswith("UndefinedCompanyException"):
        return WrongTenant(error.detail)
    refused = isinstance(error, ErpRejected) and not isinstance(error, ErpNotFound)
    return ErpSignInFailed(error.detail) if refused else error


def _same_tenant(landed: str, wanted: str) -> bool:
    """Say whether a sign-in landed where it should, as far as its cookie tells."""
    name = unquote_plus(landed).strip().casefold()
    # Some sites put a number there, which says nothing of the name.
    return not name or name.isdigit() or name == wanted.strip().casefold()


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
