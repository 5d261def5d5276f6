"""The Bot Service's signing key and the document that publishes it (facts §3.5)."""

import hashlib
import json
from pathlib import Path
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from deployment.sandbox.teams.store import write_private
from deployment.sandbox.teams.wire import Json

ISSUER = "https://api.botframework.com"
KEY_FILE = "bot_service_key.pem"
ENTRA_KEY_FILE = "entra_key.pem"


class SigningKey:
    """A real RSA key, kept in the data folder so that a restart does not change it."""

    def __init__(self, folder: Path | None, name: str = KEY_FILE) -> None:
        """Remember the file; the key is loaded or made when it is first needed."""
        self._path = folder / name if folder else None
        self._current: RSAPrivateKey | None = None

    def rotate(self) -> str:
        """Make a new key, forget the old one, answer the new key id."""
        self._current = generate_private_key(public_exponent=65537, key_size=2048)
        if self._path:
            write_private(self._path, _pem(self._current))
        return self.kid

    @property
    def kid(self) -> str:
        """The key's id, made from its modulus."""
        return hashlib.sha256(self._public()["n"].encode()).hexdigest()[:27]

    def sign(self, claims: Json) -> str:
        """An RS256 token with these claims."""
        headers = {"kid": self.kid, "x5t": self.kid}
        return jwt.encode(claims, self._key(), algorithm="RS256", headers=headers)

    def document(self, **more: Any) -> Json:
        """The JWKS: one key; the Bot Service's says besides for which channels it is good."""
        own = {"use": "sig", "kid": self.kid, "x5t": self.kid}
        return {"keys": [{**self._public(), **own, **more}]}

    def _key(self) -> RSAPrivateKey:
        if self._current is None and self._path and self._path.exists():
            self._current = _load(self._path.read_bytes())
        if self._current is None:
            self.rotate()
        return cast("RSAPrivateKey", self._current)

    def _public(self) -> Json:
        known: Json = json.loads(RSAAlgorithm.to_jwk(self._key().public_key()))
        return {name: known[name] for name in ("kty", "n", "e")}


def metadata(address: str) -> Json:
    """The OpenID document that leads to the keys."""
    return {
        "issuer": ISSUER,
        "authorization_endpoint": "https://invalid.botframework.com",
        "jwks_uri": f"{address}/v1/.well-known/keys",
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    }


def _load(pem: bytes) -> RSAPrivateKey:
    # Our own private file: checking the primes again would cost every start 50 ms.
    key = serialization.load_pem_private_key(
        pem, password=None, unsafe_skip_rsa_key_validation=True
    )
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(f"{KEY_FILE} holds no RSA key. Delete it to get a new one.")
    return key


def _pem(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
