"""Our queue beside BullMQ and huey, on this machine, now: `uv run python -m bench.queues`.

Everybody answers a call when what it stored is on the disk. Each measurement is a process of its
own; rounds are interleaved, so that a busy minute hits all alike. See bench/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
NODE = ROOT / "bench" / "node"
SECRET = "a-push-secret-for-the-benchmark"
COUNTS = {1: 1500, 32: 12_000}
"""Callers -> calls of one measurement."""
OURS, THEIRS = "countersign", "bullmq"
TARGETS = {
    ("enqueue", 32): 1.5, ("enqueue", 1): 2.0, ("drain", 32): 3.0, ("ingest", 32): 1.0,
}  # fmt: skip

Key = tuple[str, int]
Found = dict[str, dict[Key, list[float]]]
"""Who -> (what, callers) -> one figure a round."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody who queues: a command that takes callers and count."""

    name: str
    command: Sequence[str]


def contestants(redis: int) -> list[Contestant]:
    """List who takes part; huey needs the dependency group `bench`."""
    here = (sys.executable, "-m")
    return [
        Contestant(OURS, (*here, "bench.ours", "intake")),
        Contestant(THEIRS, ("node", str(NODE / "queue.js"), "queue", str(redis))),
        Contestant("countersign outbox", (*here, "bench.ours", "outbox")),
        Contestant("huey sqlite", (*here, "bench.huey_side", "sqlite", "0")),
        Contestant("huey redis", (*here, "bench.huey_side", "redis", str(redis))),
    ]


@contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    """Run a Redis of our own that has every write on the disk before it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [
        "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder),
        "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no",
    ]  # fmt: skip
    with running(command, folder):
        for _ in range(100):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port


@contextmanager
def running(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process for as long as the block lasts."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def environment() -> dict[str, str]:
    """Let the processes find the project from the folder they work in."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def figures(command: Sequence[str], folder: Path) -> dict[str, float]:
    """Run one measurement; return calls a second by name."""
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    lines = map(json.loads, done.stdout.splitlines())
    return {line["name"]: float(line["per_second"]) for line in lines}


def ingest(door: Sequence[str], callers: int, folder: Path) -> dict[str, float]:
    """Start a door, push through it, end it."""
    with running([*door], folder) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        caller = [sys.executable, "-m", "bench.caller", port, SECRET, str(callers)]
        return figures([*caller, str(COUNTS[callers] // 2)], folder)


def play(rounds: int, folder: Path) -> Found:
    """Measure everybody in turn, round by round, each round starting with somebody else."""
    found: Found = defaultdict(lambda: defaultdict(list))
    with redis_server(folder) as redis:
        doors = {
            OURS: (sys.executable, "-m", "bench.door", SECRET),
            THEIRS: ("node", str(NODE / "queue.js"), "serve", str(redis), SECRET),
        }
        everybody = contestants(redis)
        for number in range(rounds):
            for callers, count in COUNTS.items():
                first = number % len(everybody)
                for one in [*everybody[first:], *everybody[:first]]:
                    told = figures([*one.command, str(callers), str(count)], folder)
                    note(found, one.name, callers, told)
                for name in sorted(doors, reverse=number % 2 == 1):
                    note(found, name, callers, ingest(doors[name], callers, folder))
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return found


def note(found: Found, name: str, callers: int, told: dict[str, float]) -> None:
    """Keep what one measurement told."""
    for what, per_second in told.items():
        found[name][what, callers].append(per_second)


def report(found: Found) -> bool:
    """Print medians, ratios to BullMQ and the targets; False when one is missed."""
    fine = True
    print("| what | callers | who | median a second | lowest to highest | to BullMQ | target |")
    print("|---|---|---|---|---|---|---|")
    for key in sorted({key for one in found.values() for key in one}):
        for name in found:
            if key not in found[name]:
                continue
            values, wanted = found[name][key], TARGETS.get(key) if name == OURS else None
            ratio = median(a / b for a, b in zip(values, found[THEIRS][key], strict=True))
            fine = fine and (wanted is None or ratio >= wanted)
            cells = [
                *key, name, f"{median(values):,.0f}", f"{min(values):,.0f} to {max(values):,.0f}",
                f"{ratio:.2f}", told_target(wanted, ratio),
            ]  # fmt: skip
            print("|", " | ".join(map(str, cells)), "|")
    return fine


def told_target(wanted: float | None, ratio: float) -> str:
    """Say what was wanted and whether it came."""
    return "" if wanted is None else f"≥ {wanted}: {'met' if ratio >= wanted else 'MISSED'}"


def main(rounds: int) -> int:
    """Play all rounds; 1 when a target was missed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that its folder goes with it
    if shutil.which("redis-server") is None or not (NODE / "node_modules").is_dir():
        raise SystemExit("needed: apt-get install redis-server; cd bench/node && npm ci")
    print(f"load average before: {os.getloadavg()[0]:.1f}, cores: {os.cpu_count()}")
    with ExitStack() as stack:
        # Beside the project, not in /tmp: on a RAM disk nothing here would mean anything.
        (ROOT / ".demo").mkdir(exist_ok=True)
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=ROOT / ".demo"))
        found = play(rounds, Path(folder))
    fine = report(found)
    print(f"load average after: {os.getloadavg()[0]:.1f}")
    return 0 if fine else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    sys.exit(main(parser.parse_args().rounds))
