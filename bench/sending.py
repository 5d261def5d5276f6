"""How close sending comes to the least time Teams' windows allow: `uv run python -m bench.sending`.

The real outbox on a real disk, the real worker and connector client; at the other end the Teams
stand-in in a process of its own, with its own limiter. Real time on both sides.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from bench.least import earliest, least_time
from bot.attempt import keep_going
from bot.clock import Bell, Ports, system_ports
from bot.core.schedule import Quotas
from bot.sending.backlog import Backlog
from bot.sending.dispatcher import Dispatcher
from bot.sending.effects import Effects
from bot.sending.pace import Pace
from bot.sending.reach import Reach
from bot.sending.showing import Showing
from bot.sending.standing_in import StandingIn
from bot.sending.teams import Connector, card_activity
from bot.sending.worker import Worker
from bot.settings import TeamsSettings
from bot.signing_in.consents import Consents
from bot.tokens import EntraTokens
from deployment.sandbox.teams import SandboxOptions
from storage import outbox
from storage.database import Database
from storage.records import OutboxItem

ROOT = Path(__file__).resolve().parent.parent
SECRET = "a-client-secret-for-the-benchmark"
QUOTAS = Quotas()
Loads = Mapping[str, int]
LOADS: Mapping[str, tuple[Loads, float]] = {
    "even": ({f"even {n}": 60 for n in range(20)}, 1.05),
    "skewed": ({"busy": 200, **{f"quiet {n}": 20 for n in range(19)}}, 1.10),
}
"""Name -> messages a conversation, and how much longer than the least time it may take."""
LINE = "A note about bill 004512 of Acme Supply East, 1,234.50 USD, due Fri 5 Dec 2026."
CARD = {
    "type": "AdaptiveCard",
    "version": "1.5",
    "body": [{"type": "TextBlock", "text": LINE, "wrap": True} for _ in range(12)],
}


@asynccontextmanager
async def stand_in() -> AsyncIterator[str]:
    """Run the Teams stand-in as a process; yields its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "app.py"), "sandbox", "teams",
        "--port", "0", "--bot", "http://127.0.0.1:1",
        env={**os.environ, "SANDBOX_APP_SECRET": SECRET},
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        told = (await process.stderr.readline()).decode()
        yield told.split()[-1]
    finally:
        process.terminate()
        await process.wait()


class Bench:
    """The sending half of the product in front of a stand-in."""

    def __init__(self, store: Database, url: str, http: aiohttp.ClientSession) -> None:
        self._store = store
        self._url = url
        self._http = http
        self._ports: Ports = system_ports()

    async def run(self, name: str) -> bool:
        """Send one load and print what came of it; False when it took too long or was refused."""
        loads, allowed = LOADS[name]
        before = len(await self._events())
        await self._fill({await self._channel(one): count for one, count in loads.items()})
        await self._send()
        events = (await self._events())[before:]
        arrived = [e for e in events if e["kind"] == "post" and e.get("summary") == "bench"]
        refused = sum(e["kind"] == "request" and e["status"] == 429 for e in events)
        took, least = _span(arrived), least_time(loads, QUOTAS)
        print(
            f"{name:8} {len(loads)} conversations, {sum(loads.values())} messages:"
            f" least {least:.1f} s, took {took:.1f} s, ratio {took / least:.3f}"
            f" (at most {allowed}), 429: {refused}"
        )
        whole = len(arrived) == sum(loads.values())
        return whole and refused == 0 and took <= allowed * least

    async def _channel(self, name: str) -> str:
        wish = {"event": "channelCreated", "name": name, "by": "erin"}
        async with self._http.post(f"{self._url}/_sandbox/team", json=wish) as answer:
            found = await answer.json()
            assert answer.status == 200, found
            return str(found["id"])

    async def _events(self) -> list[dict[str, Any]]:
        async with self._http.get(f"{self._url}/_sandbox/history") as answer:
            return list((await answer.json())["events"])

    async def _fill(self, loads: Loads) -> None:
        async with self._store.transaction() as conn:
            for conversation, count in loads.items():
                for number in range(count):
                    await outbox.add(
                        conn, self._message(conversation, number), now=self._ports.clock.now()
                    )

    def _message(self, conversation: str, number: int) -> OutboxItem:
        payload = {
            "service_url": f"{self._url}/teams/",
            "conversation": conversation,
            "activity": card_activity(CARD, "bench"),
        }
        key = f"{conversation} {number}"
        return OutboxItem(key, "say", "", key, conversation, payload, "bench")

    async def _send(self) -> None:
        async with AsyncExitStack() as stack:
            settings = _settings(self._url)
            transport = self._ports.open_transport(settings.may_call)
            stack.push_async_callback(transport.close)
            dispatcher, bell = self._dispatcher(settings, transport)
            stack.push_async_callback(dispatcher.close)
            loop = asyncio.create_task(
                keep_going(dispatcher, bell, self._ports.clock, name="outbox")
            )
            stack.callback(loop.cancel)
            while await self._open():  # noqa: ASYNC110  # a benchmark may ask twice a second
                await asyncio.sleep(0.5)

    def _dispatcher(self, settings: TeamsSettings, transport: Any) -> tuple[Dispatcher, Bell]:
        clock = self._ports.clock
        bell, reach = Bell(clock), Reach(self._store)
        pace = Pace(QUOTAS, clock, freed=bell)
        connector = Connector(
            transport, EntraTokens(settings, clock.now),
            bot_id=f"28:{settings.app_id}", tenant_id=settings.tenant_id, pace=pace,
        )  # fmt: skip
        showing = Showing({}, clock)
        backlog = Backlog({}, self._store, showing, clock, most=10_000)
        effects = Effects(
            self._store, showing, connector, Consents({}, self._store, self._ports),
            clock, reachable=settings.reachable, reach=reach, backlog=backlog,
        )  # fmt: skip
        standing_in = StandingIn({}, reach)
        worker = Worker(
            self._store, effects, self._ports,
            pace=pace, reach=reach, standing_in=standing_in, backlog=backlog,
        )  # fmt: skip
        return Dispatcher(worker, bell), bell

    async def _open(self) -> int:
        async with self._store.reading() as conn:
            found = await outbox.counts(conn)
        return sum(found.get(state, 0) for state in ("pending", "retrying", "in_flight"))


def _settings(url: str) -> TeamsSettings:
    own = SandboxOptions(bot="", app_secret="")
    return TeamsSettings.model_validate({
        "app_id": own.app_id, "tenant_id": own.tenant_id, "client_secret": SECRET,
        "service_url": f"{url}/teams/", "login_url": url,
    })  # fmt: skip


def _span(arrived: list[dict[str, Any]]) -> float:
    """Return the seconds between the first and the last arrival, as the stand-in saw them."""
    times = [datetime.fromisoformat(event["at"]) for event in arrived]
    return (max(times) - min(times)).total_seconds() if times else 0.0


async def main(names: list[str]) -> int:
    """Run the loads; 1 when one of them took too long or was refused anything."""
    print("least time: t(k) = max over windows (m messages in s seconds) of t(k - m) + s;")
    print("of a load, the longest of its conversations and of the tenant as a whole")
    print(f"the tenant alone lets 1,200 go in {earliest(1200, QUOTAS.tenant):.0f} s\n")
    fine = True
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            async with stand_in() as url, aiohttp.ClientSession() as http:
                store = await Database.open(Path(folder) / "bench.db")
                fine = await Bench(store, url, http).run(name) and fine
                await store.close()
    return 0 if fine else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("loads", nargs="*", default=[*LOADS], help="which: even, skewed")
    sys.exit(asyncio.run(main(parser.parse_args().loads)))
