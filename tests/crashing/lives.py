"""The lives of one service: it is started, dies where it was told to, and is started again."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from nurseries import Life, Nursery
from points import DIED
from shared_clock import SharedClock
from world import World, open_world

from bot.auditing.anchors import anchor_file, read_anchors
from bot.auditing.keys import known_keys
from bot.settings import Settings, read_settings
from storage.chain import Key
from storage.examining import chain_problem

SKIPS = (5.0, 15.0, 31.0, 61.0, 200.0, 400.0, 901.0)
"""Seconds that go by when nothing happens, longer each time nothing does."""
STILL = 0.3
"""Seconds in which nothing happens before time goes by."""
PATIENCE = 90.0
IN_USE = "storage.database.StoreInUse: "
CHAIN_BEGUN = "commit storage/audit.py begin after"


class NeverCameTrue(AssertionError):
    """The story does not go on."""


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
        self.store = world.data / "countersign.db"
        self.flaws: list[str] = []
        """What was wrong with the audit trail after a death."""
        self.between: Callable[[], None] | None = None
        """What is done to the store, once, before the next life begins."""
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
            self._now.signal(signal.SIGKILL)
            await self._now.ended.wait()

    # --- one life after the other ---

    async def _go_on(self) -> None:
        while True:
            if self.between is not None:
                await asyncio.to_thread(self.between)
                self.between = None
            began = time.monotonic()
            life = self._now = await self._nursery.life(self._order())
            await life.up.wait()
            self.starts.append(time.monotonic() - began)
            await life.ended.wait()
            self.breaks.append(self.clock.now())
            if self.said().rstrip().rpartition("\n")[2].startswith(IN_USE):
                await asyncio.sleep(0.1)  # the dead one's lock may outlive it by a moment
                continue
            assert life.status == -signal.SIGKILL, f"ended {life.status}: {self.said()}"
            self.kills += 1
            if not life.by_us:
                self._bury()
            await asyncio.to_thread(self._examine)

    def _bury(self) -> None:
        point = self._trace()[-1].removeprefix(DIED)
        self.armed.pop(point, None)
        self.died.append(point)
        self.deaths -= 1

    def _examine(self) -> None:
        """Verify the audit trail as the dead left it, against what was told elsewhere too."""
        if CHAIN_BEGUN not in self._trace():
            return
        settings, anchors = self.settings(), anchor_file(self.settings())
        told = read_anchors(anchors).told if anchors.exists() else ()
        problem = chain_problem(settings.storage.path, *known_keys(settings), anchors=told)
        if problem:
            self.flaws.append(f"after {self._trace()[-1]}: {problem}")

    def settings(self) -> Settings:
        """What every life is started with."""
        return read_settings(_env_file=None, **self._settings())

    def keys(self) -> tuple[Key, ...]:
        """What proves the audit trail."""
        return known_keys(self.settings())

    def _settings(self) -> dict[str, Any]:
        return self.world.settings(int(self.world.witness.bot.rpartition(":")[2]))

    def _order(self) -> dict[str, Any]:
        data = self.world.data
        return {
            "settings": self._settings(),
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
        life.signal(signal.SIGKILL)
        await life.ended.wait()
        await asyncio.sleep(0)
        return True

    # --- time ---

    def skip(self, seconds: float) -> None:
        """Let time go by for the stand-ins and the service."""
        self.clock.skip(seconds)
        if self.is_up() and self._now is not None:
            self._now.signal(signal.SIGUSR1)

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
async def living(
    data: Path, parent: Nursery, prepare: Callable[[World], Awaitable[None]]
) -> AsyncIterator[Lives]:
    """Run both stand-ins and a service that lives as often as it has to; yields before it lives."""
    data.mkdir()  # noqa: ASYNC240  a test's folder
    clock = SharedClock(data / "clock")
    # A dead service signs nothing out: its seats stay taken for a while, which is not the subject.
    erp_by = {"now": clock.now, "seats": 5000, "operation_seconds": 0.4}
    teams_by = {"now": clock.now, "monotonic": clock.monotonic, "pause": clock.sleep}
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
