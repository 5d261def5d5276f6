"""huey's side of `bench.queues`: `python -m bench.huey_side sqlite|redis PORT CALLERS COUNT`.

Its callers are threads, as huey's own workers are. The drain is what its worker does: dequeue, run,
acknowledge nothing: a task that was taken is lost when the process dies.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import RedisHuey, SqliteHuey

WARM = 512
PAYLOAD = {"document": "Bill/Bill/004512", "reason": "push", "correlation": "c" * 32}


def in_threads(callers: int, count: int, one: Callable[[], object]) -> float:
    """Do *one* so many times in so many threads; return how many a second."""
    share = [count // callers] * callers
    threads = [
        threading.Thread(target=lambda many=many: [one() for _ in range(many)]) for many in share
    ]
    since = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(share) / (time.perf_counter() - since)


def open_huey(kind: str, port: int, folder: str) -> Any:
    """Every call on the disk before it returns, as Redis and we do."""
    if kind == "redis":
        return RedisHuey(f"bench{time.time_ns()}", host="127.0.0.1", port=port, results=False)
    return SqliteHuey("bench", filename=str(Path(folder) / "huey.db"), fsync=True, results=False)


def main(kind: str, port: int, callers: int, count: int) -> None:
    """Measure one storage."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        huey = open_huey(kind, port, folder)
        task = huey.task()(lambda **_: None)
        in_threads(callers, WARM, lambda: task(**PAYLOAD))
        added = in_threads(callers, count, lambda: task(**PAYLOAD))
        print(json.dumps({"name": "enqueue", "per_second": added}))
        drained = in_threads(callers, count + WARM, lambda: huey.execute(huey.dequeue()))
        print(json.dumps({"name": "drain", "per_second": drained}))
        assert huey.pending_count() == 0


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
