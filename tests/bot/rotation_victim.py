"""Rotates the encryption key in a process of its own and dies at the step it is told to die at.

`rotation_victim.py FOLDER KEY STEP`: a step is a statement SQLite begins, or a file that is opened,
made durable or renamed in FOLDER. Prints how many there were when it came to its end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiosqlite

from bot.clock import system_ports
from bot.secrets.rotating import rotate
from bot.secrets.sources import with_keys
from bot.settings import read_settings

STEPS = ("BEGIN", "COMMIT", "INSERT", "UPDATE")


class Counting:
    """Counts steps and ends the process at one of them, as a power cut would."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.count = 0

    def step(self) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, sql: str) -> None:
        if sql.lstrip().upper().startswith(STEPS):
            self.step()

    def event(self, name: str, args: tuple[Any, ...]) -> None:
        if name == "os.rename" or (name == "open" and "keys" in Path(str(args[0])).name):
            self.step()


async def main(key: str, counting: Counting) -> None:
    def connect(*args: Any, **options: Any) -> aiosqlite.Connection:
        opened = aiosqlite.connect(*args, **options)
        begin = opened._connector

        def connector() -> Any:
            made = begin()
            made.set_trace_callback(counting.statement)
            return made

        opened._connector = connector
        return opened

    settings = with_keys(read_settings(_env_file=None))
    sys.addaudithook(counting.event)
    await rotate(settings, replace(system_ports(), connect=connect), key, None)


def fork(folder: Path, key: str, step: int) -> int:
    """Rotate in a child process that dies at *step*; returns its steps when it did not."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.chdir(folder)
        counting = Counting(step)
        asyncio.run(main(key, counting))
        os.write(writer, str(counting.count).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        return int(told.read() or 0)


def serve() -> None:
    """Do what is told on standard input, a line each: this process imports everything once."""
    for line in sys.stdin:
        folder, key, step = line.split()
        os.environ["ENCRYPTION__KEYS_FILE"] = f"{folder}/keys"
        os.environ["STORAGE__URL"] = f"sqlite:///{folder}/store.db"
        sys.stdout.write(f"{fork(Path(folder), key, int(step))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
