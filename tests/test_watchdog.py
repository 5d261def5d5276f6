"""The watchdog of the event loop barks at what blocks, and at nothing else."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from watchdog import MOST, excused, watched


async def _blocks() -> None:
    await asyncio.sleep(0.05)
    threading.Event().wait(2 * MOST)
    await asyncio.sleep(0.05)


async def _computes() -> None:
    await asyncio.sleep(0.05)
    ends = time.thread_time() + 2 * MOST
    while time.thread_time() < ends:
        pass
    await asyncio.sleep(0.05)


@pytest.mark.parametrize("test", [_blocks, _computes])
def test_a_loop_that_stands_still_fails_the_test(test) -> None:  # type: ignore[no-untyped-def]
    # On a busy machine a stall may be excused as the machine's; not each time.
    assert any(_barks(test) for _ in range(10))


def _barks(test) -> bool:  # type: ignore[no-untyped-def]
    try:
        asyncio.run(watched(test)())
    except AssertionError as error:
        return "stood still" in str(error)
    return False


def test_a_loop_that_waits_fails_nothing() -> None:
    async def waits() -> None:
        await asyncio.to_thread(threading.Event().wait, 2 * MOST)

    asyncio.run(watched(waits)())


def test_a_start_may_take_its_time() -> None:
    async def starts() -> None:
        await asyncio.sleep(0.05)
        with excused():
            threading.Event().wait(2 * MOST)
        await asyncio.sleep(0.05)

    asyncio.run(watched(starts)())


def test_a_test_that_fails_keeps_its_own_reason() -> None:
    async def fails() -> None:
        await _blocks()
        raise KeyError("its own")

    with pytest.raises(KeyError):
        asyncio.run(watched(fails)())
