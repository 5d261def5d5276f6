"""One round: a story is told until the service has died at every point it was to die at.

The golden list `points.txt` holds the points by chapter. What the story never passes stands there
too, function by function, so that no commit comes into being unseen.
"""

from __future__ import annotations

import ast
import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from judging import Tally, Verdict, gather_evidence, judge
from lives import Lives, NeverCameTrue, living
from nurseries import Nursery
from people import People
from stories import BOOKS, Book, Chapter

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = Path(__file__).with_name("points.txt")
ELSEWHERE = "not in the story"
AFTERWARDS = "only after a death, or by chance"
"""Died at by whichever life passes there; no telling has to."""
IN_PEACE = 24
"""So many lives may die in one telling of a chapter; then one lives to its end."""
WORLDS = 8
"""What is passed once in a world's life, or by chance, gets so many worlds."""

Points = dict[str, list[str]]
Say = Callable[[str], None]


@dataclass
class Round:
    """What came of telling a book with deaths in it."""

    died: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)
    kills: int = 0
    events: Tally = field(default_factory=Tally)
    releases: Tally = field(default_factory=Tally)
    problems: list[str] = field(default_factory=list)

    def add(self, lives: Lives, verdict: Verdict) -> None:
        self.died += lives.died
        self.kills += lives.kills
        self.passed |= set(lives.passed())
        self.events.add(verdict.events)
        self.releases.add(verdict.releases)
        self.problems += [*lives.flaws, *verdict.problems]

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {len(self.died)} at points\n"
            f"events: {self.events}\nreleases: {self.releases}"
        )


def golden() -> Points:
    """Read the list: a chapter in brackets, its points below."""
    found: Points = {}
    for line in GOLDEN.read_text("utf-8").splitlines():
        if line.startswith("["):
            found[line.strip("[]")] = []
        elif line and not line.startswith("#"):
            found[list(found)[-1]].append(line)
    return found


def points_of(book: str, wanted: Iterable[str] = ()) -> Points:
    """The golden points of a book by chapter; all of them, unless some are wanted."""
    only = set(wanted)
    return {
        chapter.removeprefix(f"{book}: "): [name for name in names if not only or name in only]
        for chapter, names in golden().items()
        if chapter.startswith(f"{book}: ")
    }


async def crash_everywhere(
    data: Path, parent: Nursery, book: str, points: Points, *, passing: int = 1, say: Say
) -> Round:
    """Tell a book until the service has died once at each of *points*."""
    told, left = Round(), {chapter: set(names) for chapter, names in points.items()}
    for world in range(WORLDS):
        # What is passed only once in a life cannot be passed a second time: then the first is it.
        nth = passing if world == 0 else 1
        await _tell(data / f"{book} {world}", parent, BOOKS[book], told, left, nth=nth, say=say)
        if told.problems or not any(left.values()):
            break
    told.missed = sorted(set[str]().union(*left.values()))
    return told


async def _tell(
    data: Path,
    parent: Nursery,
    book: Book,
    told: Round,
    left: dict[str, set[str]],
    *,
    nth: int,
    say: Say,
) -> None:
    async with living(data, parent, book.prepare) as lives:
        people, began = People(lives), time.monotonic()
        lives.armed = {name: nth for names in left.values() for name in names}
        lives.armed |= dict.fromkeys(golden()[AFTERWARDS], 1)
        lives.begin()
        try:
            for chapter, tale in (("begin", book.begin), *book.chapters.items()):
                if chapter == "begin" or left[chapter] & set(lives.armed):
                    times = await _again_and_again(lives, people, tale, left[chapter])
                    seconds = time.monotonic() - began
                    say(f"{seconds:4.0f} s  {chapter}: told {times} times, {lives.kills} kills")
            lives.deaths = IN_PEACE
            await people.rest()  # some things are done only when enough time has gone by
        except NeverCameTrue as error:
            told.problems.append(str(error))
        for names in left.values():
            names -= set(lives.died)
        told.add(lives, await judged(lives, people, book.us))


async def _again_and_again(lives: Lives, people: People, tale: Chapter, names: set[str]) -> int:
    """Tell a chapter for as long as lives die in it; returns how often it was told."""
    times, before = 0, -1
    while times == 0 or (names & set(lives.armed) and before != len(lives.died)):
        before, lives.deaths = len(lives.died), IN_PEACE
        if lives.starts:
            await lives.kill()  # it may have been born to live in peace; the next one is armed
        await tale(people)
        times += 1
    return times


async def judged(lives: Lives, people: People, us: frozenset[str]) -> Verdict:
    """Let everything come to rest, and ask what all of it came to."""
    lives.armed = {}
    await lives.kill()
    await people.rest()
    await lives.end()
    evidence = await gather_evidence(
        people.witness, lives.store,
        breaks=lives.breaks, presses=people.presses, us=us, signed_with=lives.keys(),
    )  # fmt: skip
    return await asyncio.to_thread(judge, evidence)


# --- the golden list ---


async def record(data: Path, parent: Nursery, book: str) -> Points:
    """Tell a book in peace and list what each chapter passes first."""
    found: Points = {}
    async with living(data / book, parent, BOOKS[book].prepare) as lives:
        people, seen = People(lives), set[str]()
        lives.begin()
        for chapter, tale in (("begin", BOOKS[book].begin), *BOOKS[book].chapters.items()):
            await tale(people)
            await tale(people)
            found[chapter] = [name for name in lives.passed() if name not in seen]
            seen |= set(found[chapter])
    return found


def commits_in_the_code() -> set[str]:
    """Every function that opens a transaction on the store, or writes to it at once."""
    return {
        f"{file.relative_to(ROOT)} {name}"
        for room in ("bot", "storage")
        for file in (ROOT / room).rglob("*.py")
        if file.name not in ("database.py", "writer.py")
        for name in _openers(ast.parse(file.read_text("utf-8")))
    }


def _openers(tree: ast.AST, inside: str = "") -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from _openers(node, f"{inside}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if _opens(node):
                yield inside + node.name
            yield from _openers(node, f"{inside}{node.name}.<locals>.")
        else:
            yield from _openers(node, inside)


def _opens(function: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (
            node.func.attr == "transaction"
            or (node.func.attr == "write" and "store" in ast.unparse(node.func.value))
        )
        for node in _own_nodes(function)
    )


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            yield from _own_nodes(node)


def commits_of(points: Iterable[str]) -> set[str]:
    """The functions behind the names of commits."""
    return {
        name.removeprefix("commit ").rpartition(" ")[0]
        for name in points
        if name.startswith("commit ")
    }
