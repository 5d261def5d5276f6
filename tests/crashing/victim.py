"""The service as a process that can be told where to die; forked from one that imported it all.

Reads a line of JSON per life from its standard input; says on its output which process lives it,
that it listens, and how it ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import selectors
import signal
import sys
import time
import traceback
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent.parent)]

import jwt.api_jwt  # noqa: E402
from aiohttp import web  # noqa: E402
from points import Points, watched_store, watched_transport  # noqa: E402
from shared_clock import SharedClock  # noqa: E402

import bot.service  # noqa: E402
from bot.clock import system_ports  # noqa: E402
from bot.company_file import read_file  # noqa: E402
from bot.connections import GuardedRunner  # noqa: E402
from bot.log import set_up_logging  # noqa: E402
from bot.settings import read_settings  # noqa: E402

Json = dict[str, Any]


async def live(order: Json) -> None:
    """Serve until killed."""
    settings = read_settings(_env_file=None, **order["settings"])
    set_up_logging(settings.log)
    clock = SharedClock(Path(order["clock"]))
    clock.listen()
    _take_over_clocks(clock)
    points = Points(Path(order["trace"]), order["armed"])
    ports = replace(system_ports(), clock=clock, open_transport=watched_transport(points))
    bot.service.Database = watched_store(points)  # type: ignore[misc]
    app = bot.service.build(settings, read_file(settings.config), ports)
    app.on_response_prepare.append(points.answering)
    runner = GuardedRunner(app, settings.server.bounds(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", settings.server.port).start()
    os.write(order["tell"], b"up\n")
    await asyncio.Event().wait()


def _take_over_clocks(clock: SharedClock) -> None:
    """Libraries look at the machine's clock by themselves, which knows nothing of skipped time."""

    class Told(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromtimestamp(clock.wall(), tz)

    time.time = clock.wall
    jwt.api_jwt.datetime = Told  # type: ignore[attr-defined]


def _be_born(order: Json, pipe: int) -> None:
    """Run one life in this process, which was just forked."""
    status = 1
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(log, 2)
        os.dup2(log, 1)
        asyncio.run(live({**order, "tell": pipe}))
    except BaseException:  # noqa: BLE001  whatever it is, it is this life's end, told in its log
        traceback.print_exc()
    finally:
        os._exit(status)


def attend() -> None:
    """Fork a life per line, and tell what becomes of each, until the input ends."""
    watch = selectors.DefaultSelector()
    watch.register(sys.stdin.fileno(), selectors.EVENT_READ)
    lives: dict[int, int] = {}
    waiting = b""
    while True:
        for key, _ in watch.select():
            if key.fd == sys.stdin.fileno():
                came = os.read(key.fd, 65536)
                if not came:
                    return _end(lives)
                *lines, waiting = (waiting + came).split(b"\n")
                for line in lines:
                    _fork(json.loads(line), watch, lives)
            elif os.read(key.fd, 16):
                _tell("up", lives[key.fd])
            else:
                watch.unregister(key.fd)
                os.close(key.fd)
                _, status = os.waitpid(pid := lives.pop(key.fd), 0)
                _tell("ended", pid, os.waitstatus_to_exitcode(status))


def _fork(order: Json, watch: selectors.BaseSelector, lives: dict[int, int]) -> None:
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        for other in lives:
            os.close(other)
        _be_born(order, theirs)
    os.close(theirs)
    lives[ours] = pid
    watch.register(ours, selectors.EVENT_READ)
    _tell("born", pid)


def _end(lives: dict[int, int]) -> None:
    for pid in lives.values():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _tell(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


if __name__ == "__main__":
    attend()
