"""Many stories at once, each told by a program of its own: one for each processor, at most four."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from scene import Told
from telling import tell

MOST = 4
AGAIN = "tell it again: uv run python -m tests.simulation {seed}"


class Tellers:
    """Tell stories ahead of whoever asks for them, in the order they were wished for."""

    def __init__(self, pool: ProcessPoolExecutor, seeds: Iterable[int]) -> None:
        self._told: dict[int, Future[Told]] = {seed: pool.submit(briefly, seed) for seed in seeds}

    def told(self, seed: int) -> Told:
        """Wait for the story of a seed; one that broke off in its program breaks off here."""
        try:
            return self._told.pop(seed).result()
        except Exception as error:
            error.add_note(AGAIN.format(seed=seed))
            raise


@contextmanager
def tellers(seeds: Iterable[int]) -> Iterator[Tellers]:
    """Open the programs. They begin from nothing: a fork would take threads and locks along."""
    many = min(MOST, os.cpu_count() or 1)
    pool = ProcessPoolExecutor(many, mp_context=get_context("spawn"), initializer=_stand_back)
    try:
        yield Tellers(pool, seeds)
    finally:
        pool.shutdown(cancel_futures=True)


def _stand_back() -> None:
    """Leave the processors to tests that live by real time: a story's own is made up."""
    os.nice(15)


def briefly(seed: int) -> Told:
    """Tell a story without its chronicle, which is long; the command for one seed shows it."""
    told = tell(seed)
    told.chronicle.clear()
    return told
