"""What signed a trail years ago must prove it then, too: derivation and proofs are written down."""

from __future__ import annotations

import hashlib
import hmac

from storage.chain import LABEL, derive

MATERIAL = "a secret of at least sixteen characters"


def test_a_key_is_derived_by_hkdf_sha_256_as_evidence_says() -> None:
    extracted = hmac.new(bytes(32), MATERIAL.encode(), hashlib.sha256).digest()
    expanded = hmac.new(extracted, LABEL + b"\x01", hashlib.sha256).digest()

    assert derive(MATERIAL).secret == expanded


def test_a_key_and_its_name_stay_what_they_were() -> None:
    key = derive(MATERIAL)

    told = "9abd549d26a369cefc569628ad1eeb6cac6026dea34a791cd90f128736f9ca23"
    assert (key.name, key.secret.hex()) == ("197ba12cbf97", told)
