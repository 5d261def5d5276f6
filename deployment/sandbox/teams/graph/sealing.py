"""What makes a rich notice believable: sealed content and signed tokens (facts §5.3)."""

import base64
import hmac
import json
from random import Random

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from deployment.sandbox.teams.graph.subscriptions import Subscription, certificate_of
from deployment.sandbox.teams.keys import SigningKey
from deployment.sandbox.teams.registration import Registration
from deployment.sandbox.teams.wire import Json

PUBLISHER = "0bf30f3b-4a52-48df-9a82-234910c4a086"
_LIFETIME = 3600
_ELSEWHERE = "99999999-0000-4000-8000-000000000009"


def sealed(content: Json, one: Subscription, *, random: Random, how: str) -> Json:
    """The content for who holds the certificate's key; *how* may spoil it for a test."""
    key = random.randbytes(32)
    data = _encrypted(json.dumps(content, ensure_ascii=False).encode(), key)
    certificate = certificate_of(one.certificate or "")
    public = certificate.public_key()
    if not isinstance(public, RSAPublicKey):
        raise TypeError("Only RSA certificates are let in.")
    oaep = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303 - Graph's choice
    sealed_key = random.randbytes(256) if how == "bad key" else public.encrypt(key, oaep)
    signing = b"?" * 32 if how == "bad signature" else key
    return {
        "data": _text(data),
        "dataKey": _text(sealed_key),
        "dataSignature": _text(hmac.digest(signing, data, "sha256")),
        "encryptionCertificateId": one.certificate_id,
        "encryptionCertificateThumbprint": certificate.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 - Graph's choice
    }


def validation_token(app: Registration, key: SigningKey, *, now: float, how: str) -> str:
    """A token that says Graph sent this, to us; *how* may spoil it for a test."""
    start = int(now) - (3 * _LIFETIME if how == "expired" else 0)
    tenant = _ELSEWHERE if how == "other tenant" else app.tenant_id
    publisher = _ELSEWHERE if how == "foreign app" else PUBLISHER
    second = how == "v2"
    issuer = (
        f"https://login.microsoftonline.com/{tenant}/v2.0"
        if second
        else f"https://sts.windows.net/{tenant}/"
    )
    claims: Json = {
        "aud": app.app_id,
        "iss": issuer,
        "tid": tenant,
        "iat": start,
        "nbf": start,
        "exp": start + _LIFETIME,
        "ver": "2.0" if second else "1.0",
        "azp" if second else "appid": publisher,
    }
    return key.sign(claims)


def _encrypted(content: bytes, key: bytes) -> bytes:
    padder = padding.PKCS7(128).padder()
    padded = padder.update(content) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
