"""Subscriptions to change notifications and the rules they live by (facts §5.3). Pure."""

import base64
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from deployment.sandbox.teams.graph.asked import GraphRefusal
from deployment.sandbox.teams.team_life import TEAM_GROUP_ID
from deployment.sandbox.teams.wire import Json, stamp

LONGEST = timedelta(minutes=4320)
LONGEST_WITHOUT_LIFECYCLE = timedelta(hours=1)
CHANGES = {"created", "updated", "deleted"}
MOST_WORDS = 128
MOST_URL = 2048
_RESOURCE = re.compile(
    r"/?teams(?:/|\(')([^/']+)(?:'\))?/channels(?:/|\(')([^/']+)(?:'\))?/messages"
)


@dataclass(slots=True)
class Subscription:
    """One subscription as Graph keeps it."""

    id: str
    resource: str
    channel: str
    changes: list[str]
    notification_url: str
    lifecycle_url: str | None
    expires: str
    client_state: str | None
    include_content: bool = False
    certificate: str | None = None
    certificate_id: str | None = None
    paused: bool = False
    notices: int = 0
    failed: int = 0

    @property
    def ends(self) -> datetime:
        """When it is over."""
        return read_time(self.expires)

    def shown(self) -> Json:
        """The subscription as its owner reads it; `clientState` is never told again."""
        return {
            "id": self.id,
            "resource": self.resource,
            "changeType": ",".join(self.changes),
            "clientState": None,
            "notificationUrl": self.notification_url,
            "lifecycleNotificationUrl": self.lifecycle_url,
            "expirationDateTime": self.expires,
            "includeResourceData": self.include_content or None,
            "encryptionCertificateId": self.certificate_id,
            "latestSupportedTlsVersion": "v1_2",
        }


@dataclass(slots=True)
class Subscriptions:
    """All of them by id. *saved* hears of every change."""

    saved: Callable[[Json], None] = lambda _state: None
    known: dict[str, Subscription] = field(default_factory=dict)

    def alive(self, now: datetime) -> list[Subscription]:
        """Those that are not over yet; the others are forgotten."""
        over = [one.id for one in self.known.values() if one.ends <= now]
        for one in over:
            del self.known[one]
        if over:
            self.keep()
        return list(self.known.values())

    def add(self, one: Subscription) -> None:
        """Add one."""
        self.known[one.id] = one
        self.keep()

    def remove(self, one: Subscription) -> None:
        """Take one away."""
        self.known.pop(one.id, None)
        self.keep()

    def keep(self) -> None:
        """Write all of them to the store."""
        self.saved({"known": [asdict(one) for one in self.known.values()]})

    def restore(self, saved: Json) -> None:
        """Take back what `saved` was given."""
        self.known = {row["id"]: Subscription(**row) for row in saved["known"]}


def read_subscription(wish: Json, subscription_id: str, now: datetime) -> Subscription:
    """Read a wish to subscribe, or refuse it as Graph does."""
    lifecycle = _url(wish, "lifecycleNotificationUrl", optional=True)
    found = Subscription(
        id=subscription_id,
        resource=str(wish.get("resource") or ""),
        channel=_channel(wish),
        changes=_changes(wish),
        notification_url=_url(wish, "notificationUrl") or "",
        lifecycle_url=lifecycle,
        expires=read_expiry(wish, now, has_lifecycle=lifecycle is not None),
        client_state=_words(wish, "clientState"),
        include_content=wish.get("includeResourceData") is True,
        certificate=_text(wish, "encryptionCertificate"),
        certificate_id=_words(wish, "encryptionCertificateId"),
    )
    if found.include_content:
        _check_certificate(found)
    return found


def read_expiry(wish: Json, now: datetime, *, has_lifecycle: bool) -> str:
    """The end a wish names: in the future, three days away at most (facts §5.3)."""
    try:
        ends = read_time(str(wish.get("expirationDateTime")))
    except ValueError as error:
        raise _invalid("expirationDateTime must be a time with its zone.") from error
    if ends <= now:
        raise _invalid("Subscription expiration must be in the future.")
    if ends - now > LONGEST:
        raise _invalid("Subscription expiration can only be 4320 minutes in the future.")
    if ends - now > LONGEST_WITHOUT_LIFECYCLE and not has_lifecycle:
        text = "lifecycleNotificationUrl is required for more than one hour."
        raise _invalid(text)
    return stamp(ends)


def read_time(text: str) -> datetime:
    """An ISO time with a zone, or ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


def certificate_of(text: str) -> x509.Certificate:
    """The certificate of a rich subscription: base64 of DER, or of PEM. Raises ValueError."""
    content = base64.b64decode(text, validate=True)
    if content.startswith(b"-----BEGIN"):
        return x509.load_pem_x509_certificate(content)
    return x509.load_der_x509_certificate(content)


def _channel(wish: Json) -> str:
    found = _RESOURCE.fullmatch(unquote(str(wish.get("resource") or "")))
    if found is None or found.group(1).casefold() != TEAM_GROUP_ID:
        text = "The stand-in plays subscriptions to /teams/{group}/channels/{channel}/messages."
        raise _invalid(f"Invalid resource. {text}")
    return found.group(2)


def _changes(wish: Json) -> list[str]:
    names = [name.strip() for name in str(wish.get("changeType") or "").split(",")]
    if not set(names) <= CHANGES:
        raise _invalid("changeType must be of created, updated, deleted.")
    return names


def _url(wish: Json, name: str, *, optional: bool = False) -> str | None:
    url = _text(wish, name)
    if url is None and optional:
        return None
    parts = urlsplit(url or "")
    near = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if url is None or len(url) > MOST_URL or not (near or parts.scheme == "https"):
        raise _invalid(f"{name} must be an https address.")
    return url


def _words(wish: Json, name: str) -> str | None:
    text = _text(wish, name)
    if text and len(text) > MOST_WORDS:
        raise _invalid(f"{name} may have {MOST_WORDS} characters.")
    return text


def _text(wish: Json, name: str) -> str | None:
    value = wish.get(name)
    if value is not None and not isinstance(value, str):
        raise _invalid(f"{name} must be a text.")
    return value or None


def _check_certificate(found: Subscription) -> None:
    if not found.certificate or not found.certificate_id:
        text = "encryptionCertificate and encryptionCertificateId are required with resource data."
        raise _invalid(text)
    try:
        key = certificate_of(found.certificate).public_key()
    except ValueError as error:
        raise _invalid("encryptionCertificate holds no X.509 certificate.") from error
    if not isinstance(key, RSAPublicKey) or not 2048 <= key.key_size <= 4096:
        raise _invalid("encryptionCertificate must hold an RSA key of 2048 to 4096 bits.")


def _invalid(text: str) -> GraphRefusal:
    return GraphRefusal(400, "InvalidRequest", text)
