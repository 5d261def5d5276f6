"""Doctor's visits to the small world: what it finds there, and what it must not find."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from watchdog import excused
from world import World, eventually, open_world

from bot.checked import SettingsError
from bot.clock import Ports, system_ports
from bot.company_file import read_file
from bot.examining.findings import Finding, Report, State
from bot.examining.walk import Wish, examine
from bot.safety import unsafe
from bot.settings import read_settings

KEY = "eW91LXNoYWxsLW5vdC11c2UtdGhpcy1rZXktZXZlciE="
ADMINISTRATORS = 'administrators = ["ann@acme.example", "erin@acme.example"]\n\n[[company]]'
ALWAYS = {"erp.editors", "store.backup"}
"""What the demo's settings are rightly warned of; the copied store was never backed up."""
NEW_STAND_IN = {"graph.subscriptions"}
"""A stand-in that was just started knows none of the subscriptions in the store."""
Breaking = Callable[[World], Awaitable[None]]


@dataclass(frozen=True)
class Broken:
    """One thing that is broken, and the checks that must name it, and no other."""

    how: Breaking
    blamed: set[str]
    erp_by: dict[str, Any] = field(default_factory=dict)


async def visit(world: World, wish: Wish | None = None, *, ports: Ports | None = None) -> Report:
    """What doctor finds."""

    def read() -> Any:
        with excused():
            settings = read_settings(_env_file=None, **world.settings())
            file = read_file(settings.config)
            problems = unsafe(settings, file)
        if problems:
            raise SettingsError(problems)
        return settings, file

    return await examine(read, ports or system_ports(), wish or Wish(), lambda *_: None)


def named(found: Report, *states: State) -> set[str]:
    """The checks in one of these states."""
    return {one.check for one in found.findings if one.state in states}


def blamed(found: Report) -> set[str]:
    """The checks somebody has to do something about."""
    return named(found, State.FAILED, State.WARNING)


def of(found: Report, check: str, *states: State) -> list[Finding]:
    wanted = states or tuple(State)
    return [one for one in found.findings if one.check == check and one.state in wanted]


def well(world: World) -> World:
    """Settings nobody has anything to say about, but for what `Default` does not tell."""
    world.edits.append(("[[company]]", ADMINISTRATORS))
    world.more = {
        "audit": {"keys": KEY},
        "encryption": {"keys": KEY},
        "server": {"public_url": world.witness.bot},
    }
    return world


class Former:
    """The store of a service that ran for a while, made once and copied for each test."""

    _folder: Path | None = None

    async def into(self, world: World) -> None:
        """Give *world* the store, as if the service had been stopped a moment ago."""
        if Former._folder is None:
            Former._folder = await self._made()
        for file in Former._folder.iterdir():
            shutil.copy(file, world.data / file.name)

    async def _made(self) -> Path:
        kept, folder = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
        async with open_world(folder, sample=True) as world:
            well(world)
            await _lived(world)
        for name in ("countersign.db",):
            shutil.copy(folder / name, kept / name)
        shutil.rmtree(folder)
        return kept


async def _lived(world: World) -> None:
    """Let the service run until everything doctor looks at was there once."""
    witness = world.witness
    async with world.bot():
        await witness.connect_push()
        number = await witness.bill_on_hold()
        await witness.card(number)

        async def complete() -> bool:
            found = await visit(world)
            return not blamed(found) - {"erp.editors", "store.backup", "service.running"} and not (
                named(found, State.UNKNOWN) & {"graph.subscriptions", "approvers.known"}
            )

        await eventually(complete, "a service that has seen everything", within=90)


def wrong(found: Report, checks: Sequence[str]) -> str:
    """What a failing test tells."""
    lines = [f"{one.check} {one.subject}: {one.state}: {one.cause}" for one in found.findings]
    return "\n".join(line for line in lines if line.partition(" ")[0] in checks)
