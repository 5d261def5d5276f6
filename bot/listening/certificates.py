"""The certificate messages come sealed to: made at first use, renewed in time, kept in the vault.

Nobody but Graph ever sees the certificate, and its private key never leaves this process: it lies
sealed in the vault. The former key stays until nothing is sealed to it any more.
"""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from bot.clock import Ports
from storage.database import Database
from storage.records import moment, stamp
from storage.vault import Vault

PLACE = ("", "certificates of Graph notices")
"""Where the vault keeps them: they belong to no company."""
LIFE = timedelta(days=365)
RENEW_BEFORE = timedelta(days=30)
KEPT = 2
"""Certificates whose keys are kept: the one in use, and the one before it."""
BITS = 2048


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate with its private key, as it is kept."""

    id: str
    ends: str
    public: str
    """The certificate as Graph takes it: base64 of its DER form."""
    private: str = field(repr=False)
    """PEM."""


class Certificates:
    """Hands out the certificate in use, and the keys of those still in use elsewhere."""

    def __init__(self, store: Database, vault: Vault, ports: Ports) -> None:
        self._store = store
        self._vault = vault
        self._ports = ports
        self._lock = asyncio.Lock()
        self._known: list[Certificate] | None = None
        self._keys: dict[str, rsa.RSAPrivateKey] = {}

    async def current(self) -> Certificate:
        """Return the certificate to seal to; a new one where there is none, or it ends soon."""
        async with self._lock:
            known = await self._kept()
            now = self._ports.clock.now()
            if not known or moment(known[0].ends) - now < RENEW_BEFORE:
                made = await asyncio.to_thread(_made, self._ports.token(), now)
                known = [made, *known][:KEPT]
                await self._keep(known, now)
            return known[0]

    async def key(self, identity: str) -> rsa.RSAPrivateKey | None:
        """Return the private key of a certificate of ours; None when it is none, or gone."""
        async with self._lock:
            for one in await self._kept():
                if one.id == identity:
                    return self._loaded(one)
        return None

    async def _kept(self) -> list[Certificate]:
        if self._known is None:
            async with self._store.reading() as conn:
                rows = await self._vault.get(conn, *PLACE)
            self._known = [Certificate(**row) for row in json.loads(rows or "[]")]
        return self._known

    async def _keep(self, known: list[Certificate], now: datetime) -> None:
        rows = json.dumps([asdict(one) for one in known])
        async with self._store.transaction() as conn:
            await self._vault.put(conn, *PLACE, rows, now=now)
        self._known = known

    def _loaded(self, one: Certificate) -> rsa.RSAPrivateKey:
        if one.id not in self._keys:
            key: Any = load_pem_private_key(one.private.encode(), None)
            self._keys[one.id] = key
        return self._keys[one.id]


def _made(identity: str, now: datetime) -> Certificate:
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Countersign notices")])
    ends = now + LIFE
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return Certificate(identity, stamp(ends), public, private.decode())
