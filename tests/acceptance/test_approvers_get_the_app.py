"""An approver who lacks the app gets it before the first card, and nobody is held up where not."""

from __future__ import annotations

from typing import Any

import pytest
from world import BEN, World, eventually

APP = "/teamwork/installedApps"
INSTALL = "TeamsAppInstallation.ReadWriteSelfForUser.All"


async def lever(world: World, name: str, body: Any) -> Any:
    return await world.witness.post(f"{world.witness.teams}/_sandbox/{name}", body)


async def history(world: World) -> list[dict[str, Any]]:
    return (await world.witness.get(f"{world.witness.teams}/_sandbox/history"))["events"]


async def own_chat(world: World, number: str) -> list[dict[str, Any]]:
    cards = await world.witness.cards(number, BEN)
    return [
        card for card in cards if card["conversation"] not in ("Purchasing East", "AP Approvals")
    ]


@pytest.fixture
def to_the_approver(world: World) -> World:
    """Bills of the east branch go to their owner's own chat."""
    world.edits.append(('to = ["channel:purchasing-east"]', 'to = ["approver"]'))
    return world


async def test_the_app_comes_before_the_first_card(to_the_approver: World) -> None:
    world = to_the_approver
    await lever(world, "reach", {"person": "ben", "how": "removed"})
    async with world.bot(speed=5):
        number = await world.witness.bill_on_hold()

        async def there() -> list[dict[str, Any]]:
            return await own_chat(world, number)

        await eventually(there, "the card in the approver's own chat")

    events = await history(world)
    asked = [event for event in events if event["kind"] == "request" and event["method"] == "POST"]
    installed = next(i for i, one in enumerate(asked) if APP in one["path"])
    posted = next(i for i, one in enumerate(asked) if "a:1ben" in one["path"])
    assert installed < posted
    assert all(one["status"] < 400 for one in asked)


async def test_without_the_permission_a_card_is_not_held_up(to_the_approver: World) -> None:
    world = to_the_approver
    await lever(world, "graph", {"roles": ["User.Read.All"]})
    async with world.bot():
        number = await world.witness.bill_on_hold()

        async def there() -> list[dict[str, Any]]:
            return await own_chat(world, number)

        await eventually(there, "the card in the approver's own chat")
