"""What goes wrong in a story, the lives of the service among it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

from machines import URLS
from scene import Scene, keys_of
from world import PUSH_SECRET


class Troubles(Scene):
    """Has it happen."""

    # --- the service's life ---

    def _start_bot(self) -> None:
        self.machines.start()
        self._trouble(3.0)
        self._note(f"the service starts (life {self.machines.lives})")

    async def _do_kill(self, steps: int, down: float, boots: bool) -> str:
        victim = self.machines.bot
        if victim is None or not victim.alive:
            return "there was nobody to kill"
        self.machines.kill(steps)
        for _ in range(600):
            if not victim.alive:
                break
            await asyncio.sleep(0.1)
        else:
            victim.dies_at = 0
            return "it slept through it"
        self.told.kills += 1
        self._struck("kill")
        self._breaks.append(self.machines.clock.true())
        self._note(f"the service is killed at its step {victim.steps}")
        self._trouble(down + 3.0)
        await asyncio.sleep(down)
        self.machines.clock.boots += boots
        await self._revive()
        return ""

    async def _do_restart(self, down: float) -> str:
        if not self.machines.is_up():
            return "it is not up"
        old = self.machines.bot
        self._trouble(down + 5.0)
        self.machines.stop()
        for _ in range(100):
            if self.machines.bot is not old:
                break
            await asyncio.sleep(0.2)
        self._breaks.append(self.machines.clock.true())
        await asyncio.sleep(down)
        await self._revive()
        return ""

    async def _revive(self) -> None:
        """Start it again, as whatever watches over it would, until it stays."""
        for wait in (0.0, 2.0, 5.0, 10.0, 30.0):
            await asyncio.sleep(wait)
            if not self.machines.is_up():
                self._start_bot()
            await asyncio.sleep(3.0)
            if self.machines.is_up():
                return

    async def _do_two(self) -> str:
        """A second service on the same store must not start."""
        if not self.machines.is_up() or self.machines.disk.left:
            return "the first is not well itself"
        owner = self.machines.bot
        opened = await self.machines.second()
        self._struck("two")
        if opened and self.machines.bot is owner:
            self.problems.append("two services opened one store")
        return "the second one got in" if opened else "the second one was refused"

    async def _do_jump(self, seconds: float) -> None:
        self.machines.clock.jumped += timedelta(seconds=seconds)
        self._struck("jump")

    # --- what goes wrong ---

    async def _do_network(self, kind: str, server: str, times: int) -> None:
        self.machines.network.arm(kind, server, times)

    async def _do_disk(self, kind: str, times: int) -> None:
        self.machines.disk.arm(kind, times)

    async def _do_erp_fault(
        self, name: str, argument: str, on: Any, times: int, number: str = ""
    ) -> str:
        fault = f"{name}:{argument}" if argument else name
        body: dict[str, Any] = {"fault": fault, "on": on, "times": times}
        if name == "edit":
            number = number or self._bill_number(len(self._numbers))
            if not number:
                return "there is no bill to edit"
            body["edit"] = {"entity": "Bill", "keys": keys_of(number), "by": "dev",
                            "set": {"Amount": 7777.77}}  # fmt: skip
        if name.startswith("login_limit"):
            await self._post("erp", "recycle", {})  # who is signed in would not feel it
        return await self._post("erp", "faults", body)

    async def _do_teams_fault(self, name: str, argument: str, on: Any, times: int) -> str:
        fault = f"{name}:{argument}" if argument else name
        return await self._post("teams", "faults", {"fault": fault, "on": on, "times": times})

    async def _do_rotate(self) -> None:
        """Teams signs with another key; one we fetched a moment ago we do not look for again."""
        self._struck("rotate")
        self._trouble(70.0)
        self.machines.rotate()

    async def _do_reinstall(self, conversation: str, after: float) -> str:
        """Somebody takes the app out of a team, and puts it back later."""
        self._struck("reinstall")
        wish = {"person": "grace", "conversation": conversation}
        gone = await self._post("teams", "installations", {**wish, "installed": False})
        await asyncio.sleep(after)
        self._breaks.append(self.machines.clock.true())
        return gone or await self._post("teams", "installations", {**wish, "installed": True})

    async def _do_replay(self, preview: bool) -> str:
        """An operator has everything tried again that has not arrived."""
        with closing(sqlite3.connect(self.machines.store, timeout=0)) as store:
            items = [
                f"m{row[0]}"
                for row in store.execute(
                    "SELECT id FROM outbox WHERE state IN ('dead', 'waiting', 'maybe_delivered')"
                )
            ]
            items += [f"d{row[0]}" for row in store.execute("SELECT rowid FROM decisions")]
            try:
                store.execute(
                    "INSERT INTO replays (items, asked_by, preview, asked_at) VALUES (?, ?, ?, ?)",
                    (json.dumps(items), "operator", preview, self.machines.clock.now().isoformat()),
                )
                store.commit()
            except sqlite3.OperationalError as error:
                return str(error)
        self._struck("replay")
        return f"{len(items)} items"

    async def _do_maintenance(self, kind: str, seconds: float) -> None:
        self._struck("maintenance")
        await self._post("erp", "maintenance", {"kind": kind})
        await asyncio.sleep(seconds)
        await self._post("erp", "maintenance", {"kind": "off"})

    async def _do_recycle(self) -> None:
        self._struck("recycle")
        await self._post("erp", "recycle", {})

    async def _do_failing_operations(self, times: int) -> None:
        self._struck("failing_operations")
        await self._post("erp", "habits", {"failing_operations": times})

    async def _do_action_location(self, how: str) -> None:
        self._struck("action_location")
        await self._post("erp", "habits", {"action_location": how})

    async def _do_seats(self, count: int) -> None:
        self._struck("seats")
        await self._post("erp", "licence", {"seats": count})

    async def _do_dead_sessions(self, seconds: float) -> str:
        """No seat is free, and the login limit shows as a sign-in whose session nobody knows."""
        erp = self.machines.erp
        await self._post("erp", "licence", {"seats": 0, "login_limit_face": "dead_session"})
        await self._post("erp", "recycle", {})
        before = len(erp.history.since(0))
        await asyncio.sleep(seconds)
        dead = sum(
            (event.get("path"), event.get("status")) == ("/entity/auth/login", 204)
            for event in erp.history.since(before)
        )
        if erp.licence.limits.seats:
            return "somebody freed seats meanwhile"
        self._struck("dead session", dead)
        await self._post("erp", "licence", {"seats": 4, "login_limit_face": "429"})
        return f"{dead} signed in to nothing"

    async def _do_push(self, how: str) -> str:
        match how:
            case "off" | "on":
                return await self._set_push(on=how == "on")
            case "duplicate":
                return await self._set_push(duplicate=2)
            case "reorder":
                return await self._set_push(reorder=True)
            case "split":
                return await self._set_push(split=True)
            case "resend":
                return await self._post("erp", "push/resend", {})
        return await self._set_push(duplicate=0, reorder=False, split=False)

    async def _set_push(self, **change: Any) -> str:
        destination = {
            "url": f"{URLS['bot']}/api/acumatica/push/acme",
            "header": "X-Countersign-Secret",
            "value": PUSH_SECRET,
        }
        return await self._post("erp", "push", {**change, "destination": destination})
