"""Kills at moments nobody chose, while everything happens at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

from crashes import Round, Say, judged
from lives import Lives, living
from nurseries import Nursery
from people import People
from stories import BOOKS, release, reply
from world import BEN

LATEST = 1.6
"""Seconds after its start at which a life is over; some do not even get up."""
SIDE_BY_SIDE = 6


async def kills(data: Path, parent: Nursery, seed: int, *, count: int, say: Say) -> Round:
    """Kill the service so many times under load, then see everything through, and judge."""
    dice, told = Random(seed), Round()
    async with living(data, parent, BOOKS["itself"].prepare) as lives:
        lives.begin()
        people = People(lives)
        await people.witness.connect_push()
        load = [asyncio.create_task(_busy(people, lives, Random(dice.random()), count))
                for _ in range(SIDE_BY_SIDE)]  # fmt: skip
        while lives.kills < count:
            await asyncio.sleep(dice.random() ** 2 * LATEST)
            if await lives.kill() and lives.kills % 20 == 0:
                say(f"{lives.kills} of {count} kills, seed {seed}")
        await asyncio.gather(*load)
        told.add(lives, await judged(lives, people, frozenset({"countersign"})))
    return told


async def _busy(people: People, lives: Lives, dice: Random, count: int) -> None:
    """Somebody's day, for as long as the service keeps dying."""
    while lives.kills < count:
        tale = dice.choice((release, release, release, _twenty, _changed, reply))
        await tale(people)


async def _twenty(people: People) -> None:
    """Many presses at one instant."""
    number = await people.bill(910.0)
    card = await people.sees(number, BEN, "this waits for you")
    await asyncio.gather(*(people.press(BEN, card, "Release", number) for _ in range(8)))
    await people.decide(BEN, number, "Release", "Released by Ben Ortiz")


async def _changed(people: People) -> None:
    """The amount changes while it waits."""
    number = await people.bill(500.0)
    await people.sees(number, BEN, "500.00 USD")
    await people.witness.change({"Amount": 555.0}, number)
    await people.sees(number, BEN, "555.00 USD")
    await people.decide(BEN, number, "Release", "Released by Ben Ortiz")
