"""What must survive a restart and a kill."""

import asyncio
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import aiohttp
from sandbox_teams_world import (
    ANN,
    SECRET,
    Clock,
    TinyBot,
    World,
    card,
    card_answer,
    line_answer,
    refreshing,
    standing,
    text_of,
)

from deployment.sandbox.teams import Served

ROOT = Path(__file__).parents[3]
PROGRAM = """
import asyncio, sys
from pathlib import Path
from deployment.sandbox.teams import SandboxOptions, serve
async def main():
    options = SandboxOptions(bot=sys.argv[1], app_secret=sys.argv[2], data=Path(sys.argv[3]))
    stand = await serve(options)
    print(stand.url, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_messages_views_notices_and_history_outlive_a_restart(
    bot: TinyBot, clock: Clock, data: Path
):
    async with standing(bot, clock, data=data) as world:
        bot.answer = lambda _: card_answer(card("Release", text="yours"))
        _, root = await world.thread(refreshing(ANN))
        await world.screen("ann")
        bot.answer = lambda _: line_answer("Not yours.")
        await world.press("ben", root, "Review")
        before = [await world.screen(who) for who in ("ann", "ben", "")]
        history = await world.door("GET", "history")

    bot.answer = lambda _: line_answer("no refresh")
    async with standing(bot, clock, data=data) as world:
        after = [await world.screen(who) for who in ("ann", "ben", "")]
        _, kept = await world.door("GET", "history")
        await world.press("dev", root, "Release")

    assert after == before
    assert kept["events"][: len(history[1]["events"])] == history[1]["events"]


async def test_ids_go_on_after_a_restart(bot: TinyBot, clock: Clock, data: Path):
    async with standing(bot, clock, data=data) as world:
        _, first = await world.thread()

    async with standing(bot, clock, data=data) as world:
        _, second = await world.thread()

    assert int(second) > int(first)


async def test_without_a_folder_nothing_is_kept(bot: TinyBot, clock: Clock):
    async with standing(bot, clock) as world:
        await world.thread()

    async with standing(bot, clock) as world:
        assert await world.screen() == {}


async def test_what_was_answered_survives_a_kill(bot: TinyBot, clock: Clock, data: Path):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, bot.url, SECRET, str(data),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    url = (await process.stdout.readline()).decode().strip()
    async with aiohttp.ClientSession() as http:
        far = World(bot, cast(Served, SimpleNamespace(url=url)), clock, http)
        await far.sign_in()
        _, root = await far.thread(card(text="kept"))
    process.send_signal(signal.SIGKILL)
    await process.wait()

    async with standing(bot, clock, data=data) as world:
        seen = await world.screen("ann")

    assert text_of(seen[root]["card"]) == "kept"
