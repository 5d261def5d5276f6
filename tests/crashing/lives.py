"""The lives of one service: it is started, dies where it was told to, and is started again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from points import DIED
from shared_clock import SharedClock
from world import World, open_world

VICTIM = Path(__file__).with_name("victim.py")
SKIPS = (5.0, 15.0, 31.0, 61.0, 200.0, 400.0, 901.0)
"""Seconds that go by when nothing happens, longer each time nothing does."""
STILL = 0.3
"""Seconds in which nothing happens before time goes by."""
PATIENCE = 60.0


class NeverCameTrue(AssertionError):
    """The story does not go on."""


@dataclass
class Life:
    """One process of the service."""

    pid: int
    up: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    status: int | None = None
    by_us: bool = False
    """Killed from outside, at no point of its own."""


class Nursery:
    """A process that imported the service once, and forks its lives."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._lives: dict[int, Life] = {}
        self._born: asyncio.Queue[Life] = asyncio.Queue()
        self._process: Any = None
        self._listening: asyncio.Task[None] | None = None

    async def open(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, str(VICTIM), stderr=log,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
        self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        self._process.stdin.close()
        await self._process.wait()
        assert self._listening is not None
        await self._listening

    async def life(self, order: dict[str, Any]) -> Life:
        """Begin a life."""
        self._process.stdin.write(json.dumps(order, default=str).encode() + b"\n")
        return await self._born.get()

    async def _listen(self) -> None:
        while line := await self._process.stdout.readline():
            match line.decode().split():
                case ["born", pid]:
                    self._lives[int(pid)] = Life(int(pid))
                    self._born.put_nowait(self._lives[int(pid)])
                case ["up", pid]:
                    self._lives[int(pid)].up.set()
                case ["ended", pid, status]:
                    life = self._lives.pop(int(pid))
                    life.status = int(status)
                    life.up.set()
                    life.ended.set()


class Lives:
    """Starts the service again whenever it died, armed with the points it shall die at."""

    def __init__(self, world: World, clock: SharedClock, nursery: Nursery) -> None:
        self.world, self.clock = world, clock
        self.breaks: list[datetime] = []
        self.armed: dict[str, int] = {}
        """Where lives shall die, and at which passing."""
        self.deaths = 0
        """How many more lives may die of their own; with none left one lives in peace."""
        self.died: list[str] = []
        """Where they died."""
        self.kills = 0
        self.starts: list[float] = []
        self._nursery = nursery
        self._now: Life | None = None
        self._going: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._going = asyncio.create_task(self._go_on())

    async def end(self) -> None:
        assert self._going is not None
        self._going.cancel()
        with suppress(asyncio.CancelledError):
            await self._going
        if self._now is not None and not self._now.ended.is_set():
            os.kill(self._now.pid, signal.SIGKILL)
            await self._now.ended.wait()

    # --- one life after the other ---

    async def _go_on(self) -> None:
        while True:
            began = time.monotonic()
            life = self._now = await self._nursery.life(self._order())
            await life.up.wait()
            self.starts.append(time.monotonic() - began)
            await life.ended.wait()
            self.breaks.append(self.clock.now())
            assert life.status == -signal.SIGKILL, f"ended {life.status}: {self.said()}"
            self.kills += 1
            if not life.by_us:
                self._bury()

    def _bury(self) -> None:
        point = self._trace()[-1].removeprefix(DIED)
        self.armed.pop(point, None)
        self.died.append(point)
        self.deaths -= 1

    def _order(self) -> dict[str, Any]:
        data = self.world.data
        return {
            "settings": self.world.settings(int(self.world.witness.bot.rpartition(":")[2])),
            "clock": str(data / "clock"),
            "trace": str(data / "trace"),
            "log": str(data / "bot.log"),
            "armed": self.armed if self.deaths > 0 else {},
        }

    def said(self) -> str:
        """The last words of the service to its operator."""
        return self.world.said()[-4000:]

    def is_up(self) -> bool:
        life = self._now
        return life is not None and life.up.is_set() and not life.ended.is_set()

    async def up(self) -> None:
        """Wait until a life listens."""
        while not self.is_up():
            if self._going is not None and self._going.done():
                self._going.result()
            await asyncio.sleep(0.01)

    async def kill(self) -> bool:
        """Kill the life that is running, wherever it is; False when none is."""
        life = self._now
        if life is None or life.ended.is_set():
            return False
        life.by_us = True
        os.kill(life.pid, signal.SIGKILL)
        await life.ended.wait()
        await asyncio.sleep(0)
        return True

    # --- time ---

    def skip(self, seconds: float) -> None:
        """Let time go by for the stand-ins and the service."""
        self.clock.skip(seconds)
        if self.is_up() and self._now is not None:
            os.kill(self._now.pid, signal.SIGUSR1)

    async def until(self, found: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Ask until the answer is truthy; let time go by while nothing happens."""
        ends, skips, quiet = time.monotonic() + PATIENCE, iter(SKIPS), time.monotonic() + STILL
        before = self._marks()
        while not (answer := await found()):
            await self.up()
            if time.monotonic() > ends:
                raise NeverCameTrue(f"never came true: {what}\n{self.said()}")
            if before != self._marks():
                before, quiet = self._marks(), time.monotonic() + STILL
            elif time.monotonic() > quiet:
                self.skip(next(skips, SKIPS[-1]))
                quiet = time.monotonic() + STILL
            await asyncio.sleep(0.03)
        return answer

    def _marks(self) -> tuple[int, int]:
        """What changes when something happens."""
        return len(self.breaks), self.size()

    def size(self) -> int:
        return (self.world.data / "trace").stat().st_size

    def _trace(self) -> list[str]:
        return (self.world.data / "trace").read_text("utf-8").splitlines()

    def passed(self) -> list[str]:
        """The points that were passed, in order, each once."""
        return list(dict.fromkeys(line for line in self._trace() if not line.startswith(DIED)))


@asynccontextmanager
async def nursery(data: Path) -> AsyncIterator[Nursery]:
    """Have a process import the service, for as many worlds as need one."""
    opened = Nursery(data / "nursery.log")
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def living(
    data: Path, parent: Nursery, prepare: Callable[[World], Awaitable[None]]
) -> AsyncIterator[Lives]:
    """Run both stand-ins and a service that lives as often as it has to; yields before it lives."""
    data.mkdir()  # noqa: ASYNC240  a test's folder
    clock = SharedClock(data / "clock")
    # A dead service signs nothing out: its seats stay taken for a while, which is not the subject.
    erp_by = {"now": clock.now, "seats": 5000, "operation_seconds": 0.4}
    teams_by = {"now": clock.now, "monotonic": clock.monotonic}
    async with open_world(data, erp_by=erp_by, teams_by=teams_by) as world:
        world.poll = "20s"
        await prepare(world)
        (data / "trace").touch()
        (data / "bot.log").touch()
        lives = Lives(world, clock, parent)
        try:
            yield lives
        finally:
            await lives.end()
