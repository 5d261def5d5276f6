"""OAuth 2.0 as the ERP's identity server keeps it: codes, grants, tokens. No HTTP, no clock.

Access tokens live an hour; a refresh token serves once and gives its successor; a grant ends 30
days after the consent. There is no client-credentials flow. Only digests of tokens are kept.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from .options import SandboxOptions

API, CONCURRENT, OFFLINE, OPENID = "api", "api:concurrent_access", "offline_access", "openid"
SCOPES = (API, CONCURRENT, OFFLINE, OPENID, "profile", "email")
ACCESS_LIVES = timedelta(seconds=3600)
CODE_LIVES = timedelta(seconds=60)
GRANT_LIVES = timedelta(days=30)
WRONG_USER = ("invalid_grant", "invalid_username_or_password")
_VERIFIER = range(43, 129)  # characters, RFC 7636 section 4.1


class OAuthError(Exception):
    """A refusal in the words of RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description


@dataclass(slots=True)
class Application:
    """The connected application (SM303010)."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    refresh_tokens: bool
    pkce_required: bool = False  # off: a request may leave the challenge out


@dataclass(frozen=True, slots=True)
class Code:
    """A consent on its way back to the application."""

    user: str
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str
    nonce: str
    until: datetime


@dataclass(slots=True)
class Grant:
    """What one user allowed once; its tokens come and go."""

    id: str
    user: str
    scopes: tuple[str, ...]
    until: datetime
    refresh: str = ""
    access: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint hands out."""

    grant: Grant
    access: str
    refresh: str = ""
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who shows an access token, and how long it is good."""

    grant: Grant
    digest: str
    until: datetime

    @property
    def holder(self) -> str:
        """What the session belongs to: the grant where it can be renewed, else this token."""
        scopes = self.grant.scopes
        return self.grant.id if OFFLINE in scopes or CONCURRENT in scopes else self.digest

    @property
    def concurrent(self) -> bool:
        """Whether its sessions are told apart by cookies."""
        return CONCURRENT in self.grant.scopes


class Authority:
    """Gives, renews and revokes; tells *save* whenever what must survive a restart changed."""

    def __init__(self, options: SandboxOptions, save: Callable[[list[object]], None]) -> None:
        self._options = options
        self._save = save
        self._codes: dict[str, Code] = {}
        self._grants: dict[str, Grant] = {}
        self.application = Application(
            options.client_id,
            options.client_secret or options.password,
            options.redirect_uris,
            options.refresh_tokens,
            options.pkce_required,
        )

    def load(self, rows: object) -> None:
        """Go on with the grants an earlier process saved."""
        for row in rows if isinstance(rows, list) else ():
            grant = _read_grant(row)
            self._grants[grant.id] = grant

    def grants(self) -> list[Grant]:
        """Every grant that still lives, the newest last."""
        now = self._options.now()
        return [grant for grant in self._grants.values() if grant.until > now]

    def scopes(self, asked: str) -> tuple[str, ...]:
        """The scopes asked for, or OAuthError."""
        scopes = tuple(dict.fromkeys(asked.split()))
        if not scopes or set(scopes) - set(SCOPES):
            raise OAuthError("invalid_scope")
        if OFFLINE in scopes and not self.application.refresh_tokens:
            raise OAuthError("invalid_scope", "Refresh tokens are switched off.")
        return scopes

    def check_client(self, client_id: str, secret: str) -> None:
        """Raise OAuthError unless it is our application with its secret, in our tenant."""
        guid, _, tenant = client_id.partition("@")
        ours = guid == self.application.client_id.partition("@")[0]
        if not ours or not _same(secret, self.application.client_secret):
            raise OAuthError("invalid_client")
        if not self.knows(client_id):
            raise OAuthError(*(WRONG_USER if tenant else ("invalid_client",)))

    def knows(self, client_id: str) -> bool:
        """Whether it is our application; on a site with one tenant its name may be left off."""
        names = {self.application.client_id}
        if not self._options.tenants:
            names.add(self.application.client_id.partition("@")[0])
        return client_id in names

    def consent(
        self, user: str, scopes: tuple[str, ...], redirect_uri: str, challenge: str, nonce: str
    ) -> str:
        """A code for what *user* allowed, good once and for a minute."""
        code = self._token()
        until = self._options.now() + CODE_LIVES
        self._codes[_digest(code)] = Code(user, scopes, redirect_uri, challenge, nonce, until)
        return code

    def redeem(self, code: str, redirect_uri: str, verifier: str) -> Tokens:
        """Turn a code into a grant; whatever comes of it, the code is spent."""
        known = self._codes.pop(_digest(code), None)
        if known is None or known.until <= self._options.now():
            raise OAuthError("invalid_grant")
        if redirect_uri != known.redirect_uri or not _proves(verifier, known.challenge):
            raise OAuthError("invalid_grant")
        return self.allow(known.user, known.scopes, known.nonce)

    def allow(self, user: str, scopes: tuple[str, ...], nonce: str = "") -> Tokens:
        """A new grant with its first tokens."""
        grant = Grant(self._token(), user, scopes, self._options.now() + GRANT_LIVES)
        self._grants[grant.id] = grant
        return self._issue(grant, nonce)

    def renew(self, refresh: str) -> Tokens:
        """New tokens for a refresh token, which is dead from now on."""
        grant = next((g for g in self.grants() if _same(g.refresh, _digest(refresh))), None)
        if grant is None or not self.application.refresh_tokens:
            raise OAuthError("invalid_grant")
        return self._issue(grant, "")

    def bearer(self, access: str) -> Bearer | None:
        """Who shows this access token, if it is good."""
        digest, now = _digest(access), self._options.now()
        for grant in self._grants.values():
            until = grant.access.get(digest)
            if until and until > now:
                return Bearer(grant, digest, until)
        return None

    def revoke(self, token: str) -> None:
        """Make a token worthless; an unknown one is worthless already. No session ends by it."""
        digest = _digest(token)
        for grant in self._grants.values():
            grant.access.pop(digest, None)
            grant.refresh = "" if grant.refresh == digest else grant.refresh
        self._store()

    def revoke_all(self) -> None:
        """Forget every grant, as an administrator can."""
        self._grants.clear()
        self._store()

    def _issue(self, grant: Grant, nonce: str) -> Tokens:
        now, access = self._options.now(), self._token()
        refresh = self._token() if OFFLINE in grant.scopes else ""
        grant.access = {d: until for d, until in grant.access.items() if until > now}
        grant.access[_digest(access)] = now + ACCESS_LIVES
        grant.refresh = _digest(refresh) if refresh else ""
        self._store()
        return Tokens(grant, access, refresh, nonce)

    def _store(self) -> None:
        self._grants = {grant.id: grant for grant in self.grants()}
        self._save([_grant_row(grant) for grant in self._grants.values()])

    def _token(self) -> str:
        return self._options.random.randbytes(32).hex()


def _digest(token: str) -> str:
    return hashlib.sha256(_bytes(token)).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(text: str) -> bytes:
    """Bytes of a header that are no UTF-8 come as surrogates: wrong here, but no crash."""
    return text.encode(errors="surrogatepass")


def _proves(verifier: str, challenge: str) -> bool:
    """PKCE by S256, the only method there is here; without a challenge no verifier fits."""
    if not challenge:
        return not verifier
    digest = hashlib.sha256(_bytes(verifier)).digest()
    shown = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return len(verifier) in _VERIFIER and _same(shown, challenge)


def _grant_row(grant: Grant) -> dict[str, object]:
    access = {digest: until.isoformat() for digest, until in grant.access.items()}
    return {**asdict(grant), "until": grant.until.isoformat(), "access": access}


def _read_grant(row: Mapping[str, object]) -> Grant:
    access, scopes = row["access"], row["scopes"]
    return Grant(
        str(row["id"]),
        str(row["user"]),
        tuple(map(str, scopes if isinstance(scopes, Iterable) else ())),
        datetime.fromisoformat(str(row["until"])),
        str(row["refresh"]),
        {
            str(digest): datetime.fromisoformat(str(until))
            for digest, until in (access.items() if isinstance(access, Mapping) else ())
        },
    )
