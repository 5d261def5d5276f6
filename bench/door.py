"""The push door alone, on a real socket: `python -m bench.door SECRET`; prints its port.

The handler, its checks, the middleware and the store are those of the service; nobody reads the
pushes meanwhile.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from aiohttp import web

from bot.board import Board
from bot.clock import Bell, system_ports
from bot.reading.push_door import PUSH_LIMIT, Company, PushDoor
from bot.server import hide_version, plain_errors
from storage.database import Database


async def main(secret: str) -> None:
    """Serve until the process is ended."""
    ports = system_ports()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        store = await Database.open(Path(folder) / "door.db")
        acme = Company((secret.encode(),), "ACME", Bell(ports.clock), Board(ports.clock))
        app = web.Application(client_max_size=PUSH_LIMIT, middlewares=[plain_errors])
        app.on_response_prepare.append(hide_version)
        app.router.add_post("/push/{company}", PushDoor(store, ports, {"acme": acme}).push)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        await runner.cleanup()
        await store.close()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1]))
