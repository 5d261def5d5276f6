"""What the bot proves itself with to Entra: a secret, or a certificate with its private key."""

from __future__ import annotations

import re
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

MIN_BITS = 2048
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?P<kind>[A-Z ]*PRIVATE KEY)-----.+?-----END (?P=kind)-----", re.DOTALL
)


def read_certificate(pem: str, key: str = "") -> dict[str, str]:
    """Return private key and certificate as msal takes them; the key is in *pem* or beside it.

    Raises ValueError with what is wrong; never with what is in it.
    """
    certificate = _CERTIFICATE.search(pem)
    if certificate is None:
        raise ValueError("holds no certificate in PEM (-----BEGIN CERTIFICATE-----)")
    private = _PRIVATE_KEY.search(key or pem)
    if private is None:
        raise ValueError(
            "comes without its private key in PEM: put both into it, or the key beside"
        )
    _check_pair(_loaded(private.group()), certificate.group())
    # Without a thumbprint beside it msal names the certificate by its SHA-256.
    return {"private_key": private.group(), "public_certificate": certificate.group()}


def certificate_problem(pem: str, key: str = "") -> str:
    """Say what is wrong with a certificate; nothing when it can be used."""
    try:
        read_certificate(pem, key)
    except ValueError as error:
        return str(error)
    return ""


def certificate_ends(pem: str) -> datetime | None:
    """Return when a certificate ends; None where there is none that can be read."""
    certificate = _CERTIFICATE.search(pem)
    if certificate is None:
        return None
    try:
        return x509.load_pem_x509_certificate(certificate.group().encode()).not_valid_after_utc
    except ValueError:
        return None


def _loaded(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except TypeError as error:  # it is locked with a password
        raise ValueError("has a private key with a password; take the password off") from error
    except ValueError as error:
        raise ValueError("has a private key that cannot be read") from error
    if not isinstance(key, RSAPrivateKey) or key.key_size < MIN_BITS:
        raise ValueError(f"needs an RSA key of at least {MIN_BITS} bits")
    return key


def _check_pair(key: RSAPrivateKey, certificate: str) -> None:
    try:
        public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except ValueError as error:
        raise ValueError("holds a certificate that cannot be read") from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if public.public_bytes(*form) != key.public_key().public_bytes(*form):
        raise ValueError("and the private key belong to different pairs")
