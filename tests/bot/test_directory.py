"""The directory of a running service: Graph beside rosters, without it, and when it changes."""

from __future__ import annotations

from typing import Any

from world import ANN, BEN, World, buttons, eventually

from bot.company_file import read_file
from bot.people.report import Row, read_reports


async def rows(world: World) -> dict[str, Row]:
    """Who is who now, by mail, as the command `people` would tell it."""
    path = world.data / "countersign.db"
    (found,) = await read_reports(path, read_file(world.file()), ["acme"], installing=True)
    return {row.match.mail: row for row in found.rows}


async def asked_of_graph(world: World) -> dict[str, Row]:
    async def read() -> dict[str, Row] | None:
        found = await rows(world)
        return found if ANN in found and found[ANN].match.how not in ("", "roster") else None

    return await eventually(read, "Graph was asked who Ann is")


async def hints(world: World) -> list[str]:
    return (await world.witness.get(f"{world.witness.bot}/health/ready"))["hints"]


async def released_by_ben(world: World) -> None:
    number = await world.witness.bill_on_hold()

    async def asks_ben() -> bool:
        return "Release" in buttons((await world.witness.card(number, BEN))["card"])

    await eventually(asks_ben, "Ben is asked")
    await world.witness.press(BEN, number, "Release")
    await world.witness.released(number)


async def lever(world: World, name: str, body: Any) -> None:
    await world.witness.post(f"{world.witness.teams}/_sandbox/{name}", body)


async def test_a_disabled_account_is_not_asked_though_it_owns_the_bill(world: World) -> None:
    await lever(world, "users", {"user": "ben", "set": {"accountEnabled": False}})
    async with world.bot():
        await asked_of_graph(world)
        number = await world.witness.bill_on_hold()
        card = await world.witness.card(number, BEN)

        assert (await rows(world))[BEN].match.refused == "the account is disabled in Entra"
        assert "Release" not in buttons(card["card"])
        await world.witness.press(BEN, number, "Review")
        assert "Release" not in buttons((await world.witness.card(number, BEN))["card"])


async def test_without_graph_the_rosters_tell_and_it_is_said_what_is_lost(world: World) -> None:
    world.more = {"teams": {"graph": "off"}}
    async with world.bot():
        await released_by_ben(world)

        assert (await rows(world))[ANN].match.how == "roster"
        assert any("Graph is not asked" in hint for hint in await hints(world))
    events = (await world.witness.get(f"{world.witness.teams}/_sandbox/history"))["events"]
    assert not [one for one in events if "/v1.0/" in str(one.get("path"))]


async def test_without_permissions_the_rosters_tell_and_what_is_missing_is_named(
    world: World,
) -> None:
    await lever(world, "graph", {"roles": []})
    async with world.bot():
        await released_by_ben(world)

        told = " ".join(await hints(world))
        assert "User.Read.All is not granted" in told
        assert "TeamsAppInstallation.ReadWriteSelfForUser.All is not granted" in told


async def test_what_graph_once_said_is_forgotten_when_it_is_switched_off(world: World) -> None:
    await lever(world, "users", {"user": "ann", "set": {"accountEnabled": False}})
    async with world.bot():
        assert (await asked_of_graph(world))[ANN].match.refused
    world.more = {"teams": {"graph": "off"}}
    async with world.bot():

        async def forgotten() -> bool:
            return (await rows(world))[ANN].match.how == "roster"

        await eventually(forgotten, "rosters alone tell who Ann is")
        assert not (await rows(world))[ANN].match.refused
