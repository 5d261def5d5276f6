"""One `grep` tells a document's whole way: push, look, card, press, act, read-back, in lines."""

from __future__ import annotations

import json
from typing import Any

from world import BEN, World, eventually

PRESS = "Release"


def lines_of(world: World) -> list[dict[str, Any]]:
    return [json.loads(line) for line in world.said().splitlines() if line.startswith("{")]


def sentences(world: World, correlation: str) -> list[str]:
    """What one `grep` for an id finds."""
    return [json.loads(line)["event"] for line in world.said().splitlines() if correlation in line]


async def test_one_id_is_in_the_lines_of_doors_ledger_erp_and_teams(world: World) -> None:
    world.more = {"log": {"level": "debug"}}
    await world.process()
    await world.witness.connect_push()
    number = await world.witness.bill_on_hold()
    await world.witness.card(number, BEN)

    await world.witness.press(BEN, number, PRESS)
    await world.witness.released(number)

    async def settled() -> bool:
        return any(line["event"] == "decision confirmed" for line in lines_of(world))

    await eventually(settled, "the decision is settled in the log")
    claimed = next(line for line in lines_of(world) if line["event"] == "decision claimed")
    told = sentences(world, claimed["correlation"])
    whole = ["document seen", "decision asked", "post delivered", "decision claimed"]
    whole += ["step sent", "step answered", "decision confirmed", "update delivered"]
    assert [one for one in whole if one not in told] == []
    assert claimed["document"].endswith(number)
    calls = [
        line for line in lines_of(world)
        if line["event"] == "call" and line.get("correlation") == claimed["correlation"]
    ]  # fmt: skip
    erp, teams = (url.partition("//")[2] for url in (world.witness.erp, world.witness.teams))
    assert {line["peer"] for line in calls} == {erp, teams}
    assert {line["outcome"] for line in calls} <= {"200", "201", "202", "204"}


async def test_no_line_of_a_whole_story_tells_a_person_or_an_amount(world: World) -> None:
    world.more = {"log": {"level": "debug"}}
    await world.process()
    number = await world.witness.bill_on_hold(amount=98765.43)
    await world.witness.card(number, BEN)
    await world.witness.say(BEN, "Countersign", f"why {number}")

    async def answered() -> bool:
        return any(line["event"] == "say delivered" for line in lines_of(world))

    await eventually(answered, "the answer is in the log")
    said = world.said()
    assert BEN not in said
    assert "Ben " not in said
    assert "98765" not in said
