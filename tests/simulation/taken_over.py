"""What the libraries take from the machine by themselves, taken over for the length of a story.

The product takes time, chance and waiting from its ports. Its libraries do not: aiohttp stamps
answers and cookies with `time.time`, ages its idle connections by `time.monotonic` and shuffles who
waits for one; the SDK's second look at a token goes by the machine's date. The collector of garbage
runs when it likes, so it does not run at all.
"""

from __future__ import annotations

import contextlib
import gc
import random
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import aiohttp.connector
import aiohttp.helpers
import aiohttp.web_app
import jwt.api_jwt

from bot.operating import replayer
from bot.reading import reconcile

SHM = Path("/dev/shm")
RARELY = timedelta(minutes=1)
"""How often the service asks for an operator's wishes; each 2 s would be half of a story's work."""


@contextmanager
def taken_over(
    seed: int, wall: Callable[[], float], loop_time: Callable[[], float]
) -> Iterator[None]:
    """Let the machine's own clocks and dice be the story's."""

    class Told(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.fromtimestamp(wall(), tz)

    kept = (time.time, aiohttp.connector.monotonic, random.getstate(), jwt.api_jwt.datetime)
    often = reconcile.ASKED_EVERY, replayer.LOOK_EVERY
    reconcile.ASKED_EVERY = replayer.LOOK_EVERY = RARELY
    time.time = wall
    aiohttp.connector.monotonic = loop_time
    jwt.api_jwt.datetime = Told
    aiohttp.helpers._cached_current_datetime = None
    random.seed(seed)
    try:
        yield
    finally:
        time.time, aiohttp.connector.monotonic = kept[0], kept[1]
        random.setstate(kept[2])
        reconcile.ASKED_EVERY, replayer.LOOK_EVERY = often
        jwt.api_jwt.datetime = kept[3]
        aiohttp.helpers._cached_current_datetime = None


@contextmanager
def swept_afterwards() -> Iterator[None]:
    """Collect no garbage meanwhile, and all of it in the end.

    What the killed left open warns when it goes: it must be gone before warnings count again, so
    nothing outside may hold on to the story's machines.
    """
    gc.freeze()
    gc.disable()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            gc.enable()
            aiohttp.web_app._cached_build_middleware.cache_clear()  # it keeps applications
            gc.collect()
            gc.unfreeze()


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """Work in a new folder in memory; settings that name the store name no other than any time."""
    with (
        tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None) as folder,
        contextlib.chdir(folder),
    ):
        yield Path(folder)
