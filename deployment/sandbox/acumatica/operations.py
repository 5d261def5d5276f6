"""Long operations: work the ERP answers with 202 and a status address, done while nobody waits."""

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from .options import SandboxOptions
from .refusals import Refusal, broken

log = logging.getLogger(__name__)
_REMEMBERED = 1000


@dataclass(slots=True)
class Operation:
    """One long operation and, once it ended badly, its error."""

    id: str
    session: str
    entity: str
    running: bool = True
    error: Refusal | None = None


class Operations:
    """All operations since the start; a restart forgets them, as a recycle does."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._known: dict[str, Operation] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, session: str, entity: str, work: Callable[[], object]) -> Operation:
        """Begin; *work* runs when the operation's time is over, polled or not."""
        operation_id = uuid.UUID(int=self._options.random.getrandbits(128), version=4)
        operation = Operation(str(operation_id), session, entity)
        self._known[operation.id] = operation
        for old in list(self._known)[:-_REMEMBERED]:
            del self._known[old]
        task = asyncio.get_running_loop().create_task(self._run(operation, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return operation

    def find(self, operation_id: str, session: str) -> Operation | None:
        """The operation, for the session that started it and nobody else."""
        operation = self._known.get(operation_id.lower())
        return operation if operation and operation.session == session else None

    def busy(self, session: str, entity: str) -> bool:
        """Whether this session's form is taken: only the status poll passes meanwhile."""
        wanted = (session, entity, True)
        return any((o.session, o.entity, o.running) == wanted for o in self._known.values())

    async def stop(self) -> None:
        """Drop what still runs."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, operation: Operation, work: Callable[[], object]) -> None:
        await self._options.sleep(self._options.operation_seconds)
        operation.error = _failure(work)
        operation.running = False


def _failure(work: Callable[[], object]) -> Refusal | None:
    """However the work ends, the operation does: a form that stays taken helps nobody."""
    try:
        work()
    except Refusal as refusal:
        return refusal
    except Exception as error:
        log.exception("a long operation broke")
        return broken(error)
    return None
