"""A loop whose time is virtual, whose order comes from a seed, and whose processes can be killed.

Nothing here waits: when nobody can go on, time jumps to the next timer. Every task and callback
belongs to a process, told by its context, so that a process can end between any two awaits as if
the power went: none of its code runs any more, no `finally` included.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")
LIVELOCK = 200_000
"""Rounds in which time stands still: somebody turns in a circle without ever waiting."""
_OWNER: contextvars.ContextVar[Process | None] = contextvars.ContextVar("owner", default=None)


class Killed(BaseException):
    """Thrown into what a dead process left behind, so that it comes to its end."""


class Stuck(Exception):
    """Nobody can ever go on, or somebody turns in a circle."""


@dataclass(eq=False)
class Process:
    """One life of a program in the simulation."""

    name: str
    alive: bool = True
    context: contextvars.Context = field(default_factory=contextvars.copy_context, repr=False)
    tasks: dict[asyncio.Task[Any], None] = field(default_factory=dict, repr=False)
    at_death: list[Callable[[], None]] = field(default_factory=list, repr=False)
    """What the machine does when the process ends: sockets and files are closed."""
    steps: int = 0
    """Callbacks it has run."""
    dies_at: int = 0
    """The callback before which it is killed; 0: it is not."""

    def __post_init__(self) -> None:
        self.context.run(_OWNER.set, self)


def owner() -> Process | None:
    """The process whose code runs now."""
    return _OWNER.get()


class SimulatedLoop(asyncio.BaseEventLoop):
    """The loop; `network` answers what it is asked about addresses and connections."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self._chance = chance
        self._passed = 1000.0
        self._still = 0
        self.deaths = 0
        self.network: Any = None
        self.complaints: list[str] = []
        self.set_task_factory(_owned_task)
        self.set_exception_handler(self._complain)

    def time(self) -> float:
        return self._passed

    # --- running ---

    def _run_once(self) -> None:
        self._drop_cancelled()
        timers = self._scheduled
        if not self._ready and not self._stopping:
            if not timers:
                raise Stuck("nobody can ever go on")
            self._passed = max(self._passed, timers[0]._when)
            self._still = 0
        while timers and timers[0]._when <= self._passed:
            handle = heapq.heappop(timers)
            handle._scheduled = False
            self._ready.append(handle)
        self._still += 1
        if self._still > LIVELOCK:
            raise Stuck("somebody turns in a circle")
        for handle in self._next_round():
            if not handle._cancelled and self._may_run(handle):
                handle._run()

    def _drop_cancelled(self) -> None:
        while self._scheduled and self._scheduled[0]._cancelled:
            handle = heapq.heappop(self._scheduled)
            handle._scheduled = False

    def _next_round(self) -> list[asyncio.Handle]:
        """What is ready now. Tasks that are ready together may go in any order; callbacks keep
        theirs, as asyncio promises it."""
        ready = list(self._ready)
        self._ready.clear()
        if len(ready) == 1:
            return ready
        tasks = [place for place, handle in enumerate(ready) if _is_task(handle)]
        if len(tasks) > 1:
            shuffled = tasks[:]
            self._chance.shuffle(shuffled)
            found = [ready[place] for place in shuffled]
            for place, handle in zip(tasks, found, strict=True):
                ready[place] = handle
        return ready

    def _may_run(self, handle: asyncio.Handle) -> bool:
        process = handle._context.get(_OWNER)
        if process is None:
            return True
        if process.alive:
            process.steps += 1
            if process.dies_at and process.steps >= process.dies_at:
                self.kill(process)
        return process.alive

    def kill(self, process: Process) -> None:
        """End *process* as a power cut would. Never called by its own code."""
        process.alive, process.dies_at = False, 0
        self.deaths += 1
        for close in process.at_death:
            close()
        process.at_death.clear()
        process.context.run(self._bury, process)

    def _bury(self, process: Process) -> None:
        # Its coroutines must come to an end some time; now, where nothing of theirs has any effect.
        for task in list(process.tasks):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            if not task.done():
                _exhaust(task.get_coro())
        process.tasks.clear()

    def _complain(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.complaints.append(f"{context.get('message')}: {context.get('exception')!r}")

    # --- what would leave the thread, or the machine ---

    def run_in_executor(self, _executor: Any, func: Callable[..., T], *args: Any) -> Any:
        """Run *func* here, a little later: there is one thread."""
        done: asyncio.Future[T] = self.create_future()

        def work() -> None:
            try:
                result = func(*args)
            except Exception as error:  # noqa: BLE001  # whoever waits for it gets it
                if not done.done():
                    done.set_exception(error)
            else:
                if not done.done():
                    done.set_result(result)

        self.call_later(self._chance.random() * 0.002, work)
        return done

    async def getaddrinfo(self, host: Any, port: Any, **_more: Any) -> Any:
        return self.network.look_up(host, port)

    async def sock_connect(self, sock: Any, address: Any) -> None:
        await self.network.reach(sock, address)

    async def create_connection(self, protocol_factory: Any, *_args: Any, **more: Any) -> Any:
        return self.network.connect(protocol_factory, more["sock"])

    def _write_to_self(self) -> None: ...

    def _process_events(self, event_list: Any) -> None: ...

    def _asyncgen_firstiter_hook(self, agen: Any) -> None: ...

    def _asyncgen_finalizer_hook(self, agen: Any) -> None: ...


def _owned_task(
    loop: asyncio.AbstractEventLoop,
    coro: Coroutine[Any, Any, T],
    context: contextvars.Context | None = None,
) -> asyncio.Task[T]:
    task = asyncio.Task(coro, loop=loop, context=context)
    process = context.get(_OWNER) if context is not None else _OWNER.get()
    if process is not None:
        process.tasks[task] = None
        task.add_done_callback(lambda done: process.tasks.pop(done, None))
    return task


def _is_task(handle: asyncio.Handle) -> bool:
    return type(getattr(handle._callback, "__self__", None)) is asyncio.Task


def _exhaust(coro: Any) -> None:
    for _ in range(50):
        try:
            coro.throw(Killed())
        except BaseException:  # noqa: BLE001  # however it ends, it is over
            return
