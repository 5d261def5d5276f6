"""The admin page as a browser meets it: a session with cookies, forms with what they carry."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import aiohttp
from world import World

from bot.admin.links import make_link
from bot.admin.roles import Role
from bot.clock import system_ports
from bot.settings import Settings, read_settings

ON = {"admin": {"enabled": True, "sign_ins_a_minute": 1000}}


@dataclass
class Shown:
    """A page as it came."""

    status: int
    html: str
    headers: Any
    url: str

    @property
    def text(self) -> str:
        """What a person reads."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        assert found, f"the page has no field {name}: {self.text}"
        return unescape(found[1])


@dataclass
class Browser:
    """One browser, with its own cookies."""

    session: aiohttp.ClientSession
    base: str

    async def get(self, path: str, **more: Any) -> Shown:
        url = path if path.startswith("http") else self.base + path
        async with self.session.get(url, **more) as answer:
            return Shown(answer.status, await answer.text(), answer.headers, str(answer.url))

    async def post(self, path: str, form: Any, *, origin: str | None = "", **more: Any) -> Shown:
        headers = {} if origin is None else {"Origin": origin or self.base}
        async with self.session.post(
            self.base + path, data=form, headers=headers, **more
        ) as answer:
            return Shown(answer.status, await answer.text(), answer.headers, str(answer.url))

    async def press(self, page: str, path: str, **form: Any) -> Shown:
        """Load a page and send a form of it."""
        token = (await self.get(page)).hidden("form_token")
        return await self.post(path, {"form_token": token, **form})


@asynccontextmanager
async def browser(base: str) -> AsyncIterator[Browser]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Browser(session, base)


def settings_of(world: World) -> Settings:
    """The settings of the running bot of a world."""
    port = int(world.witness.bot.rpartition(":")[2])
    return read_settings(_env_file=None, **world.settings(port))


async def link(world: World, role: Role = Role.VIEWER) -> str:
    return await make_link(settings_of(world), system_ports(), name="tester", role=role)


@asynccontextmanager
async def signed_in(world: World, role: Role = Role.VIEWER) -> AsyncIterator[Browser]:
    """A browser that came by a link."""
    async with browser(world.witness.bot) as opened:
        page = await opened.get(await link(world, role))
        shown = await opened.post("/admin/link", {"token": page.hidden("token")})
        assert shown.status == 200, shown.text
        assert shown.url.endswith("/admin")
        yield opened


@asynccontextmanager
async def admin_page(world: World, **more: Any) -> AsyncIterator[World]:
    """A running bot with an admin page."""
    world.more = {**ON, **more}
    async with world.bot():
        await world.witness.connect_push()
        yield world
