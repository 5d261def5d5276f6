"""The chain of the audit trail: how a row is proved, and how a walk finds the first bad one.

A row's proof is an HMAC-SHA-256 over all of it and the proof before. Its detail goes in by a salted
commitment only, so that what is personal in it can be erased while the proof stays: whoever erases
shows with the key that it was allowed, and the salt goes, so that nobody can try out what stood
there. Everything here is pure.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BEGINNING = ""
"""What stands as the proof before the first row."""
OURS = frozenset({"countersign", "graph", "unknown"})
"""Actors that are no persons, and keep their names."""
PERSON = "person-"
"""How every pseudonym begins."""
LABEL = b"countersign audit chain 1"


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the chain; its name may be told, and a repr shows no more."""

    name: str
    secret: bytes = field(repr=False)


def derive(material: str) -> Key:
    """Return the chain's own key from an encryption key, or from any long secret."""
    secret = HKDF(algorithm=SHA256(), length=32, salt=None, info=LABEL).derive(material.encode())
    return Key(_mac(secret, "name")[:12], secret)


UNSIGNED = Key("unsigned", b"")
"""For a store nobody gave a key to. Its rows prove nothing, and no check accepts them."""


class Event(NamedTuple):
    """What a row tells, before it has its place in the chain."""

    at: str
    correlation: str
    actor: str
    action: str
    company: str
    document: str
    fingerprint: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the chain, just as it is stored."""

    seq: int
    at: str
    correlation: str
    actor: str
    action: str
    company: str
    document: str
    fingerprint: str
    outcome: str
    detail: str
    salt: str
    erased: str
    commitment: str
    previous: str
    key: str
    mac: str

    @property
    def proved(self) -> tuple[Any, ...]:
        """Everything the proof is over."""
        return (
            self.seq, self.at, self.correlation, self.actor, self.action, self.company,
            self.document, self.fingerprint, self.outcome, self.commitment, self.previous, self.key,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON, for a proof that leaves the store."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


COLUMNS = tuple(one.name for one in fields(Row))


class Seal(NamedTuple):
    """What makes an event a row of the chain."""

    salt: str
    commitment: str
    key: str
    mac: str


class Chain:
    """Makes rows: the first key signs, all of them prove."""

    def __init__(self, keys: Sequence[Key], token: Callable[[], str]) -> None:
        self.keys = tuple(keys) or (UNSIGNED,)
        self.token = token
        """An unguessable text: salts and pseudonyms."""

    def seal(self, seq: int, previous: str, event: Event, detail: str) -> Seal:
        """Prove *event* as row number *seq*, behind the row with the proof *previous*."""
        key, salt = self.keys[0], self.token()
        commitment = commit(key, seq, salt, detail)
        proved = (seq, *event, commitment, previous, key.name)
        return Seal(salt, commitment, key.name, _mac(key.secret, "row", *proved))

    def functions(self) -> tuple[tuple[str, int, Callable[..., str]], ...]:
        """Return what a connection needs to sign: SQL functions by name, arguments, and deed."""

        def seal(*values: Any) -> str:
            seq, previous, *event, detail = values
            return _TEXT(self.seal(seq, previous, Event(*event), detail))

        return (
            ("audit_seal", 11, seal),
            ("audit_alias", 0, lambda: f"{PERSON}{self.token()}"),
            ("audit_name", 2, lambda alias, person: name(self.keys[0], alias, person)),
        )

    def erase(self, seq: int, commitment: str, left: str) -> str:
        """Prove that of a row's detail only *left* is left because whoever erased had the key."""
        return f"{self.keys[0].name}:{erasure(self.keys[0], seq, commitment, left)}"


def commit(key: Key, seq: int, salt: str, detail: str) -> str:
    """Return what binds a row to its detail without telling it."""
    return _mac(key.secret, "detail", seq, salt, detail)


def name(key: Key, alias: str, person: str) -> str:
    """Return the proof that a pseudonym is this person's."""
    return f"{key.name}:{_mac(key.secret, 'name', alias, person)}"


def is_named(keys: Iterable[Key], alias: str, person: str, proof: str) -> bool:
    """Say whether *proof* is of one of *keys*, for just this pseudonym and person."""
    return any(_same(proof, name(key, alias, person)) for key in keys)


def erasure(key: Key, seq: int, commitment: str, left: str) -> str:
    """Return the proof that what is missing in a detail was erased by who had the key."""
    return _mac(key.secret, "erased", seq, commitment, left)


def sealed(key: Key, digest: str) -> str:
    """Return a seal on what has this digest, for a proof that leaves the store."""
    return f"{key.name}:{_mac(key.secret, 'pack', digest)}"


def unsealed(keys: Iterable[Key], seal: str, digest: str) -> bool:
    """Say whether *seal* is one of *keys* on what has this digest."""
    return any(_same(seal, sealed(key, digest)) for key in keys)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of the chain as it was once, told elsewhere."""

    at: str
    seq: int
    mac: str


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first row that is not as it was written, and how that is known."""

    row: int
    told: str

    def __str__(self) -> str:
        return f"row {self.row} {self.told}"


class Walk:
    """Goes along the chain row by row, from its beginning, and stops at the first flaw."""

    def __init__(self, keys: Iterable[Key], anchors: Iterable[Anchor] = ()) -> None:
        self.keys = tuple(keys)
        self._rank = {key.name: rank for rank, key in enumerate(self.keys)}
        self._keys = {key.name: key for key in self.keys}
        self._oldest = len(self._rank)
        self._anchors = sorted(anchors, key=lambda one: one.seq, reverse=True)
        self.held = 0
        """Row up to which an anchor agrees."""
        self.rows = 0
        self.mac = BEGINNING
        self.erased = 0
        self.met = 0
        """Anchors the chain agrees with."""

    def check(self, row: Row) -> Flaw | None:
        """Return what is wrong with the next row; None when it is as it was written."""
        flaw = self._place(row) or self.check_alone(row) or self._check_anchors(row)
        if flaw is None:
            self.rows, self.mac = row.seq, row.mac
        return flaw

    def end(self) -> Flaw | None:
        """Return what is wrong with where the chain ends."""
        if not self._anchors:
            return None
        last = self._anchors[0]
        told = f"is missing: the anchor of {last.at} saw {last.seq} rows, now there are {self.rows}"
        return Flaw(self.rows + 1, told)

    def check_alone(self, row: Row) -> Flaw | None:
        """Return what is wrong with a row wherever it stands: also for a part of the chain."""
        key = self._keys.get(row.key) if isinstance(row.key, str) else None
        if key is None:
            return Flaw(row.seq, f"is signed with key {row.key!r}, which is none of those given")
        if not _same(row.mac, _mac(key.secret, "row", *row.proved)):
            return Flaw(row.seq, "is not as it was written: its proof does not fit it")
        if self._rank[key.name] > self._oldest:
            return Flaw(row.seq, f"is signed with key {key.name}, which had been replaced before")
        self._oldest = self._rank[key.name]
        return self._check_detail(row, key)

    def _place(self, row: Row) -> Flaw | None:
        if not isinstance(row.seq, int) or row.seq <= self.rows:
            return Flaw(row.seq, "was put in")
        if row.seq > self.rows + 1:
            return Flaw(self.rows + 1, "is missing")
        if not _same(row.previous, self.mac):
            return Flaw(row.seq, "does not follow the row before it")
        return None

    def _check_detail(self, row: Row, key: Key) -> Flaw | None:
        if row.salt and row.erased == "":
            fits = _same(row.commitment, commit(key, row.seq, row.salt, row.detail))
            return None if fits else Flaw(row.seq, "has a detail that was changed")
        name, _, proof = str(row.erased).partition(":")
        by = self._keys.get(name)
        if row.salt != "" or by is None:
            return Flaw(row.seq, "has a detail that was changed")
        if not _same(proof, erasure(by, row.seq, row.commitment, row.detail)):
            return Flaw(row.seq, "has a detail that was erased by somebody without the key")
        self.erased += 1
        return None

    def _check_anchors(self, row: Row) -> Flaw | None:
        while self._anchors and self._anchors[-1].seq <= row.seq:
            anchor = self._anchors.pop()
            if anchor.seq < row.seq or not _same(anchor.mac, row.mac):
                return self._rewritten(anchor)
            self.met, self.held = self.met + 1, anchor.seq
        return None

    def _rewritten(self, anchor: Anchor) -> Flaw:
        first = self.held + 1
        since = f"everything up to row {self.held} is" if self.held else "no earlier anchor is"
        told = f"to row {anchor.seq} were written anew: the anchor of {anchor.at} saw another row"
        return Flaw(first, f"{told} {anchor.seq} ({since} as an anchor saw it)")


def read_row(stored: Mapping[str, Any]) -> Row:
    """Return a stored row, or one out of a proof. Raises ValueError when it is none."""
    try:
        return Row(**{name: stored[name] for name in COLUMNS})
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError("is no row of the chain") from error


def _mac(secret: bytes, *values: object) -> str:
    return hmac.digest(secret, _TEXT(values).encode(), "sha256").hex()


# As JSON no two lists of values are one text. Bytes somebody smuggled in are only not equal.
_TEXT = json.JSONEncoder(separators=(",", ":"), default=repr).encode


def _same(one: object, other: object) -> bool:
    return hmac.compare_digest(*(str(it).encode("utf-8", "surrogatepass") for it in (one, other)))
