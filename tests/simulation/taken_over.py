"""What the libraries take from the machine by themselves, taken over for the length of a story.

The product takes time, chance and waiting from its ports. Its libraries do not: aiohttp stamps
answers and cookies with `time.time`, ages its idle connections by `time.monotonic` and shuffles who
waits for one; the SDK's second look at a token goes by the machine's date. The collector of garbage
runs when it likes, so it does not run at all.
"""

from __future__ import annotations

import gc
import random
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Any

import aiohttp.connector
import aiohttp.helpers
import jwt.api_jwt

from bot.reading import reconcile

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
    often, reconcile.ASKED_EVERY = reconcile.ASKED_EVERY, RARELY
    time.time = wall
    aiohttp.connector.monotonic = loop_time
    jwt.api_jwt.datetime = Told
    aiohttp.helpers._cached_current_datetime = None
    random.seed(seed)
    gc.freeze()
    gc.disable()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            time.time, aiohttp.connector.monotonic = kept[0], kept[1]
            random.setstate(kept[2])
            reconcile.ASKED_EVERY = often
            jwt.api_jwt.datetime = kept[3]
            aiohttp.helpers._cached_current_datetime = None
            gc.enable()
            gc.collect()
            gc.unfreeze()
