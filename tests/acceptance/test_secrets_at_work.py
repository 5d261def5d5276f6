"""The running service: changed secrets are taken, ends are told to administrators, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from world import PUSH_SECRET, World, eventually

from bot.clock import system_ports
from bot.secrets.names import SecretName
from bot.secrets.sources import complete
from bot.secrets.storing import keep, remove
from bot.settings import Settings, read_settings

KEY = Fernet.generate_key().decode()
PUSH = SecretName("acumatica", "push_secret", "acme")
FRESH = "another-push-secret-of-32-signs!"
ADMINISTRATORS = 'administrators = ["ann@acme.example", "ben@acme.example"]\n'


def told(world: World) -> Settings:
    return read_settings(_env_file=None, **world.settings())


async def pushed(world: World, secret: str) -> int:
    url = f"{world.witness.bot}/api/acumatica/push/acme"
    headers = {"X-Countersign-Secret": secret}
    async with world.witness.session.post(url, json={}, headers=headers) as answer:
        return answer.status


async def hints(world: World) -> list[str]:
    async with world.witness.session.get(f"{world.witness.bot}/health/ready") as answer:
        return list((await answer.json())["hints"])


async def said(world: World, person: str) -> list[str]:
    messages = await world.witness.messages(person)
    return [one["text"] for one in messages if "ends:" in (one["text"] or "")]


@pytest.fixture
def stored(world: World) -> World:
    """A world whose push secret lies in the store."""
    world.more = {"encryption": {"keys": KEY}, "acumatica": {"acme": {"push_secret": ""}}}
    for secret in (PUSH_SECRET, FRESH):
        world.canaries.plant("the push secret", secret)
    world.reread = lambda: complete(told(world))
    return world


async def test_a_changed_push_secret_is_taken_without_a_restart(stored: World) -> None:
    ports = system_ports()
    await keep(told(stored), ports, PUSH, PUSH_SECRET, "dana")

    async with stored.bot(speed=30):
        assert [await pushed(stored, one) for one in (PUSH_SECRET, FRESH)] == [422, 401]

        runs = await keep(told(stored), ports, PUSH, FRESH, "dana")

        async def taken() -> bool:
            return await pushed(stored, FRESH) == 422

        await eventually(taken, "the new push secret is taken")
        former = await pushed(stored, PUSH_SECRET)

        await remove(told(stored), ports, PUSH, "dana")

        async def refused() -> bool:
            return await pushed(stored, FRESH) == 401

        await eventually(refused, "a removed push secret opens nothing")

    assert runs
    assert former == 401


async def test_settings_that_would_forbid_a_start_are_not_taken_and_said(stored: World) -> None:
    await keep(told(stored), system_ports(), PUSH, PUSH_SECRET, "dana")
    settings = stored.reread
    assert settings is not None

    async with stored.bot(speed=30):

        def broken() -> Settings:
            stored.more["encryption"]["keys"] = Fernet.generate_key().decode()
            return complete(told(stored))

        stored.reread = broken

        async def is_said() -> bool:
            return any("secrets are not read anew" in one for one in await hints(stored))

        await eventually(is_said, "readiness says that secrets are not read anew")
        assert await pushed(stored, PUSH_SECRET) == 422


async def test_graph_says_when_the_client_secret_ends_where_it_may_be_asked(world: World) -> None:
    ends = datetime.now(UTC) + timedelta(days=5, hours=1)
    teams = f"{world.witness.teams}/_sandbox"
    await world.witness.post(f"{teams}/app", {"secretEnds": ends.isoformat()})
    await world.witness.post(f"{teams}/graph", {"roles": ["User.Read.All", "Application.Read.All"]})

    async def is_hinted() -> bool:
        day = ends.date().isoformat()
        return f"TEAMS__CLIENT_SECRET ends on {day}, in 5 days" in await hints(world)

    async with world.bot(speed=30):
        await eventually(is_hinted, "readiness tells the end Graph told")


async def test_administrators_are_told_at_a_mark_once_and_not_again_after_a_restart(
    world: World,
) -> None:
    ends = (datetime.now(UTC) + timedelta(days=10)).date()
    world.more = {"teams": {"client_secret_ends": ends.isoformat()}}
    world.edits = [("[[company]]", f"{ADMINISTRATORS}\n[[company]]")]

    async def both() -> bool:
        return all([await said(world, person) for person in ("ann", "ben")])

    for _ in range(2):
        async with world.bot(speed=30):
            await world.witness.bill_on_hold()
            await eventually(both, "both administrators are told")

            async def is_hinted() -> bool:
                return any("TEAMS__CLIENT_SECRET ends on" in one for one in await hints(world))

            await eventually(is_hinted, "readiness tells it, too")

    assert [len(await said(world, person)) for person in ("ann", "ben", "dev")] == [1, 1, 0]
    (text,) = await said(world, "ann")
    assert "TEAMS__CLIENT_SECRET" in text
    assert "uv run app.py secrets set" in text
