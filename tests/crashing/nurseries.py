"""Where the lives of the service come from: a process that imported it once, and forks them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VICTIM = Path(__file__).with_name("victim.py")


@dataclass
class Life:
    """One process of the service."""

    pid: int
    up: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    status: int | None = None
    by_us: bool = False
    """Killed from outside, at no point of its own."""

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has died and we have not been told yet."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


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


@asynccontextmanager
async def nursery(data: Path) -> AsyncIterator[Nursery]:
    """Have a process import the service, for as many worlds as need one."""
    opened = Nursery(data / "nursery.log")
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()
