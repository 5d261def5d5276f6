"""Certificates of Graph's notices: one in use, the one before it, and no key of strangers."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from audit_world import Trail, open_trail
from cryptography.fernet import Fernet
from cryptography.x509 import load_der_x509_certificate

from bot.listening.certificates import Certificates
from storage.vault import Vault

KEY = Fernet.generate_key().decode()
DAY = 24 * 3600.0


@pytest.fixture
async def trail(tmp_path: Path) -> AsyncIterator[Trail]:
    async with open_trail(tmp_path) as opened:
        yield opened


def opened(trail: Trail) -> Certificates:
    return Certificates(trail.store, Vault([KEY]), trail.ports)


async def test_the_one_in_use_lasts_and_its_key_is_read_once(trail: Trail) -> None:
    ours = opened(trail)
    one = await ours.current()

    assert await ours.current() == one
    key = await ours.key(one.id)
    assert key is not None
    assert await ours.key(one.id) is key
    again = await opened(trail).key(one.id)  # after a restart
    assert again is not None
    assert again.private_numbers() == key.private_numbers()


async def test_a_certificate_that_is_none_of_ours_has_no_key(trail: Trail) -> None:
    ours = opened(trail)

    assert await ours.key("anything") is None
    await ours.current()
    assert await ours.key("anything") is None


async def test_before_it_ends_another_follows_and_the_one_before_still_opens(trail: Trail) -> None:
    ours = opened(trail)
    first = await ours.current()
    trail.clock.later(336 * DAY)
    second = await ours.current()
    trail.clock.later(336 * DAY)
    third = await ours.current()

    assert len({first.id, second.id, third.id}) == 3
    assert await ours.key(second.id) is not None
    assert await ours.key(first.id) is None


async def test_graph_is_given_our_own_certificate_which_counts_since_yesterday(
    trail: Trail,
) -> None:
    ours = opened(trail)
    one = await ours.current()
    shown = load_der_x509_certificate(base64.b64decode(one.public))
    key, now = await ours.key(one.id), trail.clock.now()

    assert key is not None
    assert shown.public_key() == key.public_key()
    assert shown.subject == shown.issuer
    assert shown.subject.rfc4514_string() == "CN=Countersign notices"
    begins, ends = shown.not_valid_before_utc, shown.not_valid_after_utc
    assert timedelta(days=1) <= now - begins < timedelta(days=1, seconds=5)
    assert timedelta(days=365) >= ends - now > timedelta(days=364)
    assert await ours.current() == one
