"""One clock for the stand-ins and every life of the service; a test can let time go by at once.

To the service it looks as if the machine had been suspended: its clock counts such time, and
whatever sleeps wakes up and looks at it anew.
"""

from __future__ import annotations

import asyncio
import mmap
import signal
import struct
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from storage.records import Reading


class SharedClock:
    """Runs as time does, plus what was skipped, which stands in a file all processes map."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(struct.pack("dd", 0.0, time.time() - time.monotonic()))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 16)
        self._woken = asyncio.Event()

    def listen(self) -> None:
        """Wake who sleeps when somebody else lets time go by and says so with SIGUSR1."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._wake)

    def skip(self, seconds: float) -> None:
        """Let time go by for everybody."""
        skipped, epoch = struct.unpack("dd", self._map)
        self._map[:] = struct.pack("dd", skipped + seconds, epoch)
        self._wake()

    def _wake(self) -> None:
        woken, self._woken = self._woken, asyncio.Event()
        woken.set()

    def monotonic(self) -> float:
        return time.monotonic() + float(struct.unpack("dd", self._map)[0])

    def wall(self) -> float:
        return self.monotonic() + float(struct.unpack("dd", self._map)[1])

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.wall(), UTC)

    def reading(self) -> Reading:
        return Reading("test", self.monotonic())

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), left)
        await asyncio.sleep(0)
