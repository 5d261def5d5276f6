"""Messages that come enclosed in a notice, sealed to a certificate of ours: opened. Pure.

Graph seals a message with a fresh key, and that key with our certificate. The seal is checked
before anything is opened, and whatever is wrong has one name: what cannot be opened is read from
Graph instead.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from bot.core.notices import Enclosed

KEY_SIZES = (16, 24, 32)


class NotOpened(ValueError):
    """What was enclosed is not believed; says at which step, never what it was."""


def open_enclosed(enclosed: Enclosed, key: RSAPrivateKey) -> dict[str, Any]:
    """Return the message in *enclosed*. Raises NotOpened."""
    data = _bytes(enclosed.data)
    secret = _secret(enclosed, key)
    seal = hmac.new(secret, data, hashlib.sha256).digest()
    if not hmac.compare_digest(seal, _bytes(enclosed.signature)):
        raise NotOpened("its seal is broken")
    try:
        message = json.loads(_opened(data, secret))
    except ValueError as error:
        raise NotOpened("there is no message in it") from error
    if not isinstance(message, dict):
        raise NotOpened("there is no message in it")
    return message


def _secret(enclosed: Enclosed, key: RSAPrivateKey) -> bytes:
    # SHA-1 is what Graph pads with; in OAEP nothing hangs on its collisions.
    padding = OAEP(MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303
    try:
        secret = key.decrypt(_bytes(enclosed.key), padding)
    except ValueError as error:
        raise NotOpened("its key was not sealed to our certificate") from error
    if len(secret) not in KEY_SIZES:
        raise NotOpened("its key has no size of a key")
    return secret


def _opened(data: bytes, secret: bytes) -> bytes:
    reader = Cipher(AES(secret), CBC(secret[:16])).decryptor()
    filled = reader.update(data) + reader.finalize()
    strip = PKCS7(128).unpadder()
    return strip.update(filled) + strip.finalize()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotOpened("a part of it is no base64") from error
