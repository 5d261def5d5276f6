"""Stand-ins as processes of their own, beside the bot, and gone when it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

READY_WITHIN = 30.0


class StandInFailed(Exception):
    """A stand-in did not come up; says which, and its last words."""


class StandIn:
    """One running stand-in process."""

    def __init__(self, name: str, url: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.url = url
        self._process = process

    @classmethod
    async def start(
        cls,
        name: str,
        arguments: Sequence[str],
        *,
        url: str,
        log: Path,
        environment: Mapping[str, str],
    ) -> StandIn:
        """Start `app.py sandbox …`; secrets go through the environment, never the command line."""
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C is for the demo, which then stops us in order
                env={**os.environ, **environment},
            )
        return cls(name, url, process)

    @staticmethod
    def check_port(port: int, option: str, host: str = "127.0.0.1") -> None:
        """Raise StandInFailed when nobody can listen there: we would talk to a stranger."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            socket.create_server((host, port), family=family).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise StandInFailed(f"cannot listen on {host}, port {port}: {error}") from error
            raise StandInFailed(
                f"port {port} is taken; stop what listens there, or choose another with {option}"
            ) from error

    async def ready(self, session: aiohttp.ClientSession, log: Path) -> None:
        """Wait until it answers. Raises StandInFailed."""
        ends = asyncio.get_running_loop().time() + READY_WITHIN
        while asyncio.get_running_loop().time() < ends and self._process.returncode is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{self.url}/_sandbox/health") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)
        raise StandInFailed(f"{self.name}: {_last_words(log)} (log: {log})")

    async def stop(self) -> None:
        """End the process: its standard input closes, which it waits for."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


def _last_words(log: Path) -> str:
    said = log.read_text("utf-8", "replace").strip().splitlines()
    return said[-1] if said else "no answer"


def stop_with_parent() -> None:
    """End this process when its parent is gone, however that ended: standard input closes then."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
