"""Grants: what a person or the service user allowed once, kept alive by a rotating refresh token.

Each refresh kills the token it showed and hands out the next. So there is one place that
refreshes, and the new refresh token is stored before the new access token is used.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from acumatica_client import oauth
from acumatica_client.errors import ErpError
from acumatica_client.faces import error_of
from acumatica_client.oauth import Application, Consent, Endpoints, GrantLost, Tokens
from acumatica_client.protocol import Address, build_sign_out
from acumatica_client.sign_in import Refusals, asked, bounded
from acumatica_client.transport import Reply, Request, Transport
from acumatica_client.waiting import Errand, Waiting

EARLY = 60.0
"""Seconds before its end that an access token is renewed."""


class Identity:
    """Talks to one instance's identity server for one connected application."""

    def __init__(self, instance: str, app: Application, transport: Transport) -> None:
        self._instance = instance
        self._app = app
        self._transport = transport
        self._endpoints: Endpoints | None = None

    async def begin_consent(self, *, verifier: str, state: str) -> Consent:
        """Build the address that asks a person for consent. Raises ErpError."""
        return oauth.begin_consent(self._app, await self._at(), verifier=verifier, state=state)

    async def finish_consent(self, code: str, verifier: str) -> Tokens:
        """Turn the code that came back into tokens. Raises ErpError, GrantLost for a dead code."""
        request = oauth.build_code(self._app, await self._at(), code, verifier)
        return oauth.read_tokens(await self._ask(request), refused=GrantLost)

    async def whoami(self, tokens: Tokens, claim: str = "") -> str:
        """Return the login name of who gave *tokens*. Raises ErpError."""
        request = oauth.build_userinfo(await self._at(), tokens)
        return oauth.read_login(await self._ask(request), claim)

    async def by_password(self, user: str, password: str) -> Tokens:
        """Sign in by the password flow. Raises ErpError."""
        request = oauth.build_password(self._app, await self._at(), user, password)
        return oauth.read_tokens(await self._ask(request))

    async def renew(self, refresh: str) -> Tokens:
        """Spend a refresh token for new tokens. Raises ErpError, GrantLost when it is dead."""
        request = oauth.build_refresh(self._app, await self._at(), refresh)
        return oauth.read_tokens(await self._ask(request), refused=GrantLost)

    async def revoke(self, refresh: str) -> None:
        """Make a refresh token worthless. Raises ErpError."""
        request = oauth.build_revocation(self._app, await self._at(), refresh)
        reply = await self._ask(request)
        if reply.status != 200:
            raise error_of(reply)

    async def _at(self) -> Endpoints:
        if self._endpoints is None:
            reply = await self._ask(oauth.build_discovery(self._instance))
            self._endpoints = oauth.read_discovery(self._instance, reply)
        return self._endpoints

    async def _ask(self, request: Request) -> Reply:
        return await asked(self._transport, request)

    async def close(self) -> None:
        """Give the connections back."""
        await self._transport.close()


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where a refresh token is kept; both raise what the store raises."""

    load: Callable[[], Awaitable[str]]
    """Return the token kept last, empty when there is none."""
    save: Callable[[str], Awaitable[None]]
    """Keep a token so that it outlasts the process; when this returns, it does."""


@dataclass(frozen=True, slots=True)
class UserPassword:
    """Who signs in by the password flow. The password never shows in a repr."""

    user: str
    password: Callable[[], str]


class Grant:
    """One grant: its access token in memory, its refresh token kept."""

    def __init__(
        self,
        identity: Identity,
        keeping: Keeping,
        waiting: Waiting,
        *,
        who: UserPassword | None = None,
    ) -> None:
        self._identity = identity
        self._keeping = keeping
        self._waiting = waiting
        self._who = who
        self._refusals = Refusals(waiting)
        self._tokens: Tokens | None = None
        self._until = 0.0
        self._refresh = ""
        self._unsaved = ""
        self.spend: Callable[[], Awaitable[None]] = _nothing_to_spend
        """Takes the request for a token out of a company's minute; raises ErpBusy."""
        self._renewing = Errand(self._renew)

    async def access(self) -> str:
        """Return an access token that is good for another minute. Raises ErpError."""
        if self._tokens is None or self._waiting.seconds() >= self._until - EARLY:
            # One at a time for all who ask, and to its end: see Errand.
            await self._renewing.done()
        return self._tokens.access if self._tokens else ""

    def check(self) -> None:
        """Raise what an earlier refusal left, unless the password is a new one."""
        if self._who:
            self._refusals.check(self._who.password())

    def spoil(self, access: str) -> None:
        """Use *access* no more: the ERP did not know it."""
        if self._tokens is not None and self._tokens.access == access:
            self._tokens = None

    def seatless(self, error: ErpError) -> ErpError:
        """Remember that a fresh token gave no session."""
        return self._refusals.note(error, "")

    async def _renew(self) -> None:
        await self._save()
        # Where the answer to a refresh is lost, the old token is tried again: the server may not
        # have read it. Where the process dies between that answer and `save`, the new token died
        # with it, and the next start says so: connect again (or sign in by password).
        refresh = self._refresh or await self._keeping.load()
        secret = self._who.password() if self._who else refresh
        self._refusals.check(secret)
        try:
            tokens = await self._new_tokens(refresh)
        except ErpError as error:
            raise self._refusals.note(error, secret) from error.__cause__
        await self._keep(tokens)
        self._refusals.forget()

    async def _new_tokens(self, refresh: str) -> Tokens:
        if refresh:
            await self.spend()
            try:
                return await self._identity.renew(refresh)
            except GrantLost:
                if self._who is None:
                    raise
                self._refresh = ""
        if self._who is None:
            raise GrantLost("nobody has connected Countersign to Acumatica yet")
        await self.spend()
        return await self._identity.by_password(self._who.user, self._who.password())

    async def _keep(self, tokens: Tokens) -> None:
        """Store the next refresh token first; only then may the access token be used."""
        if tokens.refresh:
            self._refresh = self._unsaved = tokens.refresh
            await self._save()
        self._tokens = tokens
        self._until = self._waiting.seconds() + tokens.lives

    async def _save(self) -> None:
        if self._unsaved:
            await self._keeping.save(self._unsaved)
            self._unsaved = ""

    async def disconnect(self) -> None:
        """End the grant: its refresh token is worthless afterwards. Raises ErpError.

        Sessions end by signing out, and only by that: close the client that uses it first.
        """
        await self._renewing.settled()
        refresh = self._refresh or await self._keeping.load()
        if refresh:
            await self._identity.revoke(refresh)
        self._refresh, self._tokens = "", None
        await self._keeping.save("")

    async def settled(self) -> None:
        """Let a running refresh end: its answer holds the only token that is still good."""
        await self._renewing.settled()

    async def close(self) -> None:
        """Let a running refresh end and give its connections back; the grant lives on."""
        try:
            await self.settled()
        finally:
            await self._identity.close()


async def _nothing_to_spend() -> None:
    """Ask freely: no company's minute is known."""


class TokenSignIn:
    """Bearer tokens for a session; its cookies go along, where there are several of one grant."""

    def __init__(self, address: Address, grant: Grant) -> None:
        self._address = address
        self._grant = grant
        self._used = ""

    def check(self) -> None:
        """Raise what an earlier refusal left."""
        self._grant.check()

    async def open(self, transport: Transport) -> None:  # noqa: ARG002  # the ERP opens it itself
        """Have a good token: the first request with it opens the session. Raises ErpError."""
        await self.headers()

    async def headers(self) -> Mapping[str, str]:
        """Return the bearer token. Raises ErpError."""
        self._used = await self._grant.access()
        return {"Authorization": f"Bearer {self._used}"}

    def lost(self) -> None:
        """Use the token no more that the ERP did not know."""
        self._grant.spoil(self._used)

    def seatless(self, error: ErpError) -> ErpError:
        """Remember that a fresh token gave no session."""
        return self._grant.seatless(error)

    async def close(self, transport: Transport) -> Reply:
        """Sign out with the token last used; an ended one is not renewed for that."""
        request = bounded(build_sign_out(self._address))
        headers = {**request.headers, "Authorization": f"Bearer {self._used}"}
        return await transport.send(replace(request, headers=headers))
