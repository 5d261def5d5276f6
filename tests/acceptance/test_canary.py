"""The test message: round through Teams, alarm after two failures, all-clear, behind all else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from world import BEN, World, eventually

ADMINISTRATORS = 'administrators = ["ann@acme.example", "ben@acme.example"]\n'
CANARY = '[canary]\nchannel = "payments"\nevery = "1m"\n'
PLACE = "19:payments"


@pytest.fixture(autouse=True)
def _sends_test_messages(world: World) -> None:
    world.edits = [("[[company]]", ADMINISTRATORS + CANARY + "\n[[company]]")]


async def calls(world: World, method: str) -> list[dict[str, Any]]:
    """The bot's calls about the channel of the test messages."""
    events = (await world.witness.get(f"{world.witness.teams}/_sandbox/history"))["events"]
    return [
        event for event in events
        if event["kind"] == "request" and event["method"] == method
        and PLACE in json.dumps(event) and "pagedmembers" not in event["path"]
    ]  # fmt: skip


async def numbers(world: World, name: str) -> dict[str, float]:
    async with world.witness.session.get(f"{world.witness.bot}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    found = (line.rpartition(" ") for line in lines if line.startswith(f"countersign_{name}{{"))
    return {label.rpartition('="')[2].rstrip('"}'): float(value) for label, _, value in found}


async def told(world: World, person: str, words: str) -> list[str]:
    """What the administrator was told in their own chat about test messages."""
    found = await world.witness.messages(f"{person}@acme.example")
    return [one["text"] for one in found if one["text"] and words in one["text"]]


async def hints(world: World) -> str:
    ready = await world.witness.get(f"{world.witness.bot}/health/ready")
    return "\n".join(ready["hints"])


async def test_a_round_is_posted_edited_deleted_and_measured(world: World) -> None:
    async with world.bot(speed=20):

        async def done() -> bool:
            return (await numbers(world, "canary_rounds_total")).get("done", 0) >= 2

        await eventually(done, "two rounds")
        seconds = await numbers(world, "canary_seconds")

    assert set(seconds) == {"post", "edit", "delete"}
    assert [bool(await calls(world, method)) for method in ("PUT", "DELETE")] == [True, True]
    left = await world.witness.messages(conversation="Payments")
    assert [one for one in left if one["card"]] == []


@pytest.mark.parametrize(
    "fault", ["status:409", "reset_after_apply", "html"], ids=["conflict", "no answer", "web page"]
)
async def test_two_failures_in_a_row_are_told_once_and_so_is_the_all_clear(
    world: World, fault: str
) -> None:
    async def alarmed() -> bool:
        return all([await told(world, person, "fail (") for person in ("ann", "ben")])

    async def clear() -> bool:
        return all([await told(world, person, "arrive again") for person in ("ann", "ben")])

    async with world.bot(speed=20):
        # Everybody's chat is open before anything goes wrong.
        await world.witness.card(await world.witness.bill_on_hold(), BEN)
        await world.witness.teams_fault(fault, times=10_000, method="PUT", path=PLACE)
        await eventually(alarmed, "both administrators are told that it fails", within=120)
        await world.witness.mended()
        await eventually(clear, "both are told that it works again", within=120)

    for person in ("ann", "ben"):
        assert len(await told(world, person, "fail (")) == 1
        assert len(await told(world, person, "arrive again")) == 1
    assert await told(world, "dev", "test messages") == []


async def test_one_failure_alarms_nobody(world: World) -> None:
    async with world.bot(speed=20):
        await world.witness.card(await world.witness.bill_on_hold(), BEN)
        await world.witness.teams_fault("status:409", times=1, method="PUT", path=PLACE)

        async def went_on() -> bool:
            rounds = await numbers(world, "canary_rounds_total")
            return rounds.get("failed", 0) == 1 and rounds.get("done", 0) >= 2

        await eventually(went_on, "one round failed and the next did not", within=120)

    assert await told(world, "ann", "test messages") == []


async def test_an_alarm_is_not_repeated_after_a_restart(world: World) -> None:
    async def alarmed() -> bool:
        return bool(await told(world, "ann", "fail ("))

    async def failing() -> bool:
        return "failed 2 times" in await hints(world) or "failed 3 times" in await hints(world)

    await world.witness.teams_fault("status:409", times=10_000, method="PUT", path=PLACE)
    for _ in range(2):
        async with world.bot(speed=20):
            await world.witness.card(await world.witness.bill_on_hold(), BEN)
            await eventually(failing, "readiness tells of it", within=120)
            await eventually(alarmed, "it was told", within=120)

    assert len(await told(world, "ann", "fail (")) == 1


async def test_a_team_that_lets_the_bot_in_no_more_is_an_alarm(world: World) -> None:
    async def alarmed() -> bool:
        return bool(await told(world, "ann", "fail (post: "))

    async def let_in() -> bool:
        return (await numbers(world, "canary_rounds_total")).get("done", 0) >= 1

    async with world.bot(speed=20):
        await world.witness.card(await world.witness.bill_on_hold(), BEN)
        await eventually(let_in, "one round")
        lever = {"how": "removed", "conversation": "Payments"}
        await world.witness.post(f"{world.witness.teams}/_sandbox/reach", lever)

        await eventually(alarmed, "an administrator is told", within=120)
