"""What Graph tells its doors: a handshake, messages that changed, how a subscription is. Pure.

Everything here comes from a stranger until its secret is proved; members of an unexpected form are
read as absent, and an item without what it needs is no notice.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

LIVE = timedelta(days=30)
"""How long after it was posted people are expected to talk under a card."""
LONGEST_TOKEN = 2048
"""Characters of a handshake we are willing to say back."""
MOST_ITEMS = 5000
"""Items of one body; a body of the largest size we take holds hardly more."""
MOST_PROOFS = 8
"""Tokens of one body we check: Graph sends one for each application and tenant in it."""
_PLACE = re.compile(
    r"/?teams[(/]'?(?P<team>[^'/()]{1,64})'?\)?"
    r"/channels[(/]'?(?P<channel>[^'/()]{1,200})'?\)?"
    r"/messages[(/]'?(?P<root>\d{1,32})'?\)?"
    r"(?:/replies[(/]'?(?P<reply>\d{1,32})'?\)?)?"
)


class NotNotices(ValueError):
    """A body that is none of Graph's; says what is missing."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """The message itself, sealed to a certificate of ours; each member in base64."""

    data: str
    key: str
    signature: str
    certificate: str
    """Which of our certificates it was sealed to."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One item of a body, not yet proved."""

    subscription: str
    secret: str = field(repr=False)
    """What only Graph and we know: the `clientState` it was given."""
    channel: str = ""
    root: str = ""
    """Id of the thread's first message."""
    reply: str = ""
    """Id of the reply; empty where the notice is about the first message itself."""
    event: str = ""
    """A word about the subscription itself: `missed`, `subscriptionRemoved` and the like."""
    enclosed: Enclosed | None = None


def read_handshake(shown: Sequence[str]) -> str | None:
    """Return the text a handshake wants back; None when it must not be said back."""
    if len(shown) != 1 or not 0 < len(shown[0]) <= LONGEST_TOKEN:
        return None
    return shown[0] if shown[0].isprintable() else None


def read_notices(body: Mapping[str, Any]) -> list[Notice]:
    """Read the items of one body. Raises NotNotices when it has no list of them, or too many."""
    items = body.get("value")
    if not isinstance(items, list):
        raise NotNotices("a list named value was expected")
    if len(items) > MOST_ITEMS:
        raise NotNotices(f"more than {MOST_ITEMS} items")
    return [_notice(item) for item in items if isinstance(item, dict)]


def read_proofs(body: Mapping[str, Any]) -> list[str]:
    """Read the tokens that came with enclosed messages; none where there are too many."""
    shown = body.get("validationTokens")
    found = [one for one in shown if isinstance(one, str)] if isinstance(shown, list) else []
    return found if len(found) <= MOST_PROOFS else []


def secret_hash(secret: str) -> str:
    """Return what is stored of a subscription's secret: it has more than 128 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def is_secret(shown: str, kept: str) -> bool:
    """Say whether *shown* is the secret *kept* as a hash; takes as long for a wrong one."""
    return hmac.compare_digest(secret_hash(shown).encode(), kept.encode())


def replies(notices: Iterable[Notice]) -> dict[tuple[str, str, str], Notice]:
    """Return the last notice of each reply: several about one message are one."""
    return {(one.channel, one.root, one.reply): one for one in notices if one.reply}


def _notice(item: Mapping[str, Any]) -> Notice:
    place = _PLACE.fullmatch(_text(item, "resource"))
    return Notice(
        subscription=_text(item, "subscriptionId"),
        secret=_text(item, "clientState"),
        channel=place["channel"] if place else "",
        root=place["root"] if place else "",
        reply=(place["reply"] or "") if place else "",
        event=_text(item, "lifecycleEvent"),
        enclosed=_enclosed(item.get("encryptedContent")),
    )


def _enclosed(shown: Any) -> Enclosed | None:
    if not isinstance(shown, dict):
        return None
    names = ("data", "dataKey", "dataSignature", "encryptionCertificateId")
    data, key, signature, certificate = (_text(shown, name) for name in names)
    if not (data and key and signature and certificate):
        return None
    return Enclosed(data, key, signature, certificate)


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
