"""The identity server's key: made when first needed, kept for as long as the book is."""

import base64
import hashlib
from collections.abc import Callable

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from .wire import Json

_BITS = 2048


class SigningKey:
    """Signs identity tokens with RS256, and shows the public half."""

    def __init__(self, read: Callable[[], object], save: Callable[[str], None]) -> None:
        self._read = read
        self._save = save
        self._key: RSAPrivateKey | None = None

    def sign(self, claims: Json) -> str:
        """An identity token."""
        headers = {"kid": self._kid()}
        return jwt.encode(claims, self._loaded(), algorithm="RS256", headers=headers)

    def document(self) -> Json:
        """The key document (JWKS)."""
        numbers = self._loaded().public_key().public_numbers()
        key: Json = {"n": _number(numbers.n), "e": _number(numbers.e), "kid": self._kid()}
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", **key}]}

    def _kid(self) -> str:
        modulus = _number(self._loaded().public_key().public_numbers().n)
        return hashlib.sha256(modulus.encode()).hexdigest()[:32].upper()

    def _loaded(self) -> RSAPrivateKey:
        """Made late: most stand-ins never sign anything, and making one takes a moment."""
        if self._key is None:
            self._key = _stored(self._read()) or self._made()
        return self._key

    def _made(self) -> RSAPrivateKey:
        key = generate_private_key(public_exponent=65537, key_size=_BITS)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self._save(private.decode())
        return key


def _stored(pem: object) -> RSAPrivateKey | None:
    if not isinstance(pem, str):
        return None
    key = serialization.load_pem_private_key(pem.encode(), None)
    return key if isinstance(key, RSAPrivateKey) else None


def _number(value: int) -> str:
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
