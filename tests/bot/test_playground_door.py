"""The messages door of a bot for the playground: unsigned, but still only about itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from door_world import ABSENT, APP_ID, FOREIGN, TENANT
from world import merged, open_world

from bot.clock import system_ports
from bot.company_file import read_file
from bot.service import build
from bot.settings import read_settings

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Unsigned]:
    async with open_world(tmp_path_factory.mktemp("playground")) as world:
        values = merged(
            world.settings(), {"teams": {"client_secret": "", "playground": True, "graph": "off"}}
        )
        settings = read_settings(_env_file=None, **values)
        app = build(settings, read_file(settings.config), system_ports())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.SockSite(runner, world.witness_socket()).start()
        yield Unsigned(world.witness.session, world.witness.bot, settings.teams.service_url)
        await runner.cleanup()


class Unsigned:
    """Calls as the playground does: without any proof."""

    def __init__(self, session: aiohttp.ClientSession, bot: str, service_url: str) -> None:
        self._session, self._bot, self._service_url = session, bot, service_url

    async def call(self, **changes: Any) -> int:
        whole = {
            "type": "typing",
            "channelId": "msteams",
            "serviceUrl": self._service_url,
            "from": {"id": "29:1ben-ortiz-acme"},
            "recipient": {"id": f"28:{APP_ID}"},
            "conversation": {"id": "a:1ben", "conversationType": "personal"},
            "channelData": {"tenant": {"id": TENANT}},
        } | changes
        body = {name: value for name, value in whole.items() if value != ABSENT}
        async with self._session.post(f"{self._bot}/api/messages", json=body) as answer:
            return answer.status


async def test_an_unsigned_call_is_taken(door: Unsigned) -> None:
    assert await door.call() == 202


@pytest.mark.parametrize(
    "changes",
    [
        {"channelId": "emulator"},
        {"recipient": {"id": "28:another-bot"}},
        {"channelData": {"tenant": {"id": FOREIGN}}},
        {"channelData": ABSENT},
        {"serviceUrl": "https://smba.trafficmanager.net/teams/"},
        {"serviceUrl": "https://evil.example/"},
        {"serviceUrl": "http://localhost:1/_connector"},
        {"serviceUrl": ABSENT},
        {"serviceUrl": 7},
        {"serviceUrl": "http://[::1"},
    ],
    ids=str,
)
async def test_an_unsigned_call_about_others_is_refused(
    door: Unsigned, changes: dict[str, Any]
) -> None:
    assert await door.call(**changes) == 403
