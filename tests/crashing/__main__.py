"""Repeat what a test told, or write the golden list anew.

`uv run python -m tests.crashing at "POINT" …`: die at these points, each once, and judge.
`uv run python -m tests.crashing kills SEED [COUNT]`: one world with so many blind kills.
`uv run python -m tests.crashing record`: write `points.txt` from a run in peace.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent), str(_HERE.parent.parent)]

import blind  # noqa: E402
import crashes  # noqa: E402
from nurseries import nursery  # noqa: E402
from stories import BOOKS  # noqa: E402

HEAD = """\
# Where the service can die, by the chapter of tests/crashing/stories.py that passes it first.
# Written by `uv run python -m tests.crashing record`; what it brings anew must be looked at.
"""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


async def record(data: Path) -> None:
    lines, known = [HEAD], set[str]()
    async with nursery(data) as parent:
        for book in BOOKS:
            for chapter, points in (await crashes.record(data, parent, book)).items():
                lines += [f"\n[{book}: {chapter}]", *(p for p in points if p not in known)]
                known |= set(points)
    after = [name for name in crashes.golden().get(crashes.AFTERWARDS, ()) if name not in known]
    named = crashes.commits_of([*known, *after])
    lines += [f"\n[{crashes.ELSEWHERE}]", *sorted(crashes.commits_in_the_code() - named)]
    lines += [f"\n[{crashes.AFTERWARDS}]", *after]
    crashes.GOLDEN.write_text("\n".join(lines) + "\n", "utf-8")


async def at(data: Path, wanted: list[str]) -> bool:
    found = True
    async with nursery(data) as parent:
        for book in BOOKS:
            points = crashes.points_of(book, wanted)
            if any(points.values()):
                told = await crashes.crash_everywhere(data, parent, book, points, say=say)
                say("\n".join([str(told), *told.problems, *(f"missed {m}" for m in told.missed)]))
                found = found and not told.problems and not told.missed
    return found


async def main(words: list[str]) -> bool:
    data = Path(tempfile.mkdtemp(prefix="crashing-"))
    match words:
        case ["record"]:
            await record(data)
            return True
        case ["at", *points] if points:
            return await at(data, points)
        case ["kills", seed, *most] if len(most) <= 1:
            count, world = int(most[0]) if most else 20, data / "world"
            async with nursery(data) as parent:
                told = await blind.kills(world, parent, int(seed), count=count, say=say)
            say("\n".join([str(told), *told.problems]))
            return not told.problems
    say(__doc__ or "")
    return False


if __name__ == "__main__":
    sys.exit(not asyncio.run(main(sys.argv[1:])))
