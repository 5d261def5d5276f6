"""Secrets are found nowhere, and would be: wherever one is put, the search at the end names it."""

from __future__ import annotations

import asyncio
import base64
import logging
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from canaries import forms_of
from cryptography.fernet import Fernet
from world import AP, BOT_SECRET, PASSWORD, PUSH_SECRET, World

from storage.database import Database
from storage.vault import Vault

log = logging.getLogger("somebody.careless")
Leak = Callable[[World], Awaitable[None]]


async def to_the_log(world: World) -> None:
    log.warning("signing in", extra={"form": {"password": PASSWORD}})


async def to_a_traceback(world: World) -> None:
    try:
        int(PASSWORD)  # its error quotes what it was given
    except ValueError:
        log.warning("it failed", exc_info=True)


async def to_a_file(world: World) -> None:
    (world.data / "export").mkdir()
    (world.data / "export" / "story.html").write_text(f"<p>{PASSWORD}</p>", "utf-8")


async def to_the_erp(world: World) -> None:
    await world.witness.bill_on_hold(Description=PASSWORD)


async def to_a_request(world: World) -> None:
    async with world.witness.session.get(f"{world.witness.erp}/entity/{PASSWORD}"):
        pass


async def to_teams(world: World) -> None:
    await world.witness.say("ann", AP, f"the password is {PASSWORD}")


async def to_a_door(world: World) -> None:
    world.canaries.hear("/health/ready of the service", f'{{"hints": "{PASSWORD}"}}'.encode())


@pytest.mark.parametrize(
    ("leak", "where"),
    [
        (to_the_log, "the log"),
        (to_a_traceback, "the log"),
        (to_a_file, "export/story.html"),
        (to_the_erp, "the documents of Acumatica"),
        (to_a_request, "the history of Acumatica"),
        (to_teams, "the screen of Teams"),
        (to_a_door, "/health/ready of the service"),
    ],
)
async def test_a_leak_is_named_with_its_place(world: World, leak: Leak, where: str) -> None:
    world.settings()
    assert await world.leaks() == []

    await leak(world)

    found = await world.leaks()
    assert f"ACUMATICA__ACME__PASSWORD stands in {where}" in found
    world.canaries.planted.clear()  # else this very test would fail at its end


async def test_a_secret_on_a_command_line_is_named(world: World) -> None:
    world.settings()
    reading = "import sys; sys.stdin.read()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", reading, BOT_SECRET[::-1], stdin=asyncio.subprocess.PIPE
    )
    world.canaries.plant("a canary", BOT_SECRET[::-1])

    assert await world.leaks() == ["a canary stands in a command line"]
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()


def test_a_secret_is_known_however_it_is_written() -> None:
    secret = 'a "secret"/with + signs'
    written = [
        secret,
        quote(secret, safe=""),
        'a \\"secret\\"/with + signs',
        base64.b64encode(secret.encode()).decode(),
    ]

    for text in written:
        assert any(form in text.encode() for form in forms_of(secret)), text


async def test_every_secret_of_a_run_is_a_canary_and_none_is_like_another(world: World) -> None:
    world.more = {"encryption": {"keys": "k" * 43 + "=,another"}}
    world.settings()

    planted = world.canaries.planted
    assert {PASSWORD, PUSH_SECRET, BOT_SECRET, "k" * 43 + "="} <= planted.keys()
    assert not any(one in other for one in planted for other in planted if one != other)


async def test_what_the_store_keeps_sealed_is_a_canary_too(world: World) -> None:
    key = Fernet.generate_key().decode()
    world.more = {"encryption": {"keys": key}}
    world.settings()
    store = await Database.open(world.data / "countersign.db")
    async with store.transaction() as conn:
        await Vault([key]).put(conn, "acme", "grant", "a-refresh-token", now=datetime.now(UTC))
    await store.close()
    assert await world.leaks() == []

    log.warning("renewed", extra={"answer": "a-refresh-token"})

    assert await world.leaks() == ["grant of acme stands in the log"]
    world.canaries.planted.clear()
    world.more.clear()
