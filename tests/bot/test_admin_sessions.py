"""The admin page keeps its sessions short, and takes no form from anywhere but its own pages."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from admin_world import Browser, admin_page, browser, settings_of, signed_in
from door_world import PushedClock
from world import ROOT, World, environment

from bot.admin.forms import LIMIT
from bot.admin.links import make_link
from bot.admin.roles import Role, role_of
from bot.admin.sessions import Sessions
from bot.clock import system_ports
from bot.company_file import read_file
from bot.safety import unsafe
from bot.settings import AdminSettings
from storage.database import Database


@pytest.fixture
async def page(world: World) -> AsyncIterator[Browser]:
    """An administrator's browser."""
    async with admin_page(world), signed_in(world, Role.ADMIN) as opened:
        yield opened


def test_the_highest_role_counts_and_others_are_none() -> None:
    assert role_of(["Operator", "Viewer", "Root"]) is Role.OPERATOR
    assert role_of(["admin", "viewer", {}]) is None


async def sessions(folder: Path, clock: PushedClock) -> tuple[Database, Sessions]:
    ports = replace(system_ports(), clock=clock)
    store = await Database.open(folder / "store.db")
    kept = AdminSettings(enabled=True, idle_minutes=30, session_hours=2)
    return store, Sessions(store, ports, kept)


async def begun(store: Database, own: Sessions) -> str:
    async with store.transaction() as conn:
        return await own.begin(conn, person="", name="tester", role=Role.VIEWER, how="link")


async def test_who_does_nothing_for_long_is_signed_out(tmp_path: Path) -> None:
    clock = PushedClock()
    store, own = await sessions(tmp_path, clock)
    word = await begun(store, own)
    for minutes in (29, 29 + 29, 29 + 29 + 29):  # every visit counts anew
        clock.late = timedelta(minutes=minutes)
        assert await own.find(word) is not None
    clock.late += timedelta(minutes=30)
    assert await own.find(word) is None
    await store.close()


async def test_a_session_ends_however_busy_it_is(tmp_path: Path) -> None:
    clock = PushedClock()
    store, own = await sessions(tmp_path, clock)
    word = await begun(store, own)
    for minutes in range(0, 120, 20):
        clock.late = timedelta(minutes=minutes)
        assert await own.find(word) is not None
    clock.late = timedelta(hours=2)
    assert await own.find(word) is None
    await store.close()


async def test_many_tries_to_sign_in_are_refused(world: World) -> None:
    world.more = {"admin": {"enabled": True, "sign_ins_a_minute": 3}}
    async with world.bot(), browser(world.witness.bot) as page:
        tries = [await page.post("/admin/link", {"token": "a guess"}) for _ in range(4)]
        assert [one.status for one in tries] == [403, 403, 403, 429]
        assert "Please wait a moment" in tries[-1].text
        # Who has a link is let in all the same.
        link = await make_link(
            settings_of(world), system_ports(), name="olga", role=Role.VIEWER
        )  # fmt: skip
        token = link.partition("token=")[2]
        assert (await page.post("/admin/link", {"token": token})).url.endswith("/admin")


async def test_without_its_switch_there_is_no_admin_page(world: World) -> None:
    async with world.bot(), browser(world.witness.bot) as page:
        assert (await page.get("/admin")).status == 404
        assert (await page.get("/admin/sign-in")).status == 404


PAGES = ("/admin", "/admin/documents", "/admin/sign-in", "/admin/no-such-page", "/admin/style.css")


async def test_every_answer_forbids_scripts_frames_and_copies(page: Browser) -> None:
    for path in PAGES:
        headers = (await page.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe-inline" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert path.endswith(".css") or headers["Cache-Control"] == "no-store"
        assert "Server" not in headers


async def test_a_form_without_the_sessions_token_does_nothing(page: Browser) -> None:
    for form in ({}, {"form_token": ""}, {"form_token": "0" * 64}):
        refused = await page.post("/admin/sign-out", form)
        assert refused.status == 403
        assert "nothing was done" in refused.text
    assert (await page.get("/admin")).url.endswith("/admin")


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", "https://127.0.0.1"]
)
async def test_a_form_sent_from_another_page_does_nothing(
    page: Browser, origin: str | None
) -> None:
    token = (await page.get("/admin")).hidden("form_token")
    refused = await page.post("/admin/sign-out", {"form_token": token}, origin=origin)
    assert refused.status == 403
    assert (await page.get("/admin")).url.endswith("/admin")


async def test_a_token_of_another_session_does_nothing(page: Browser, world: World) -> None:
    async with signed_in(world) as other:
        token = (await other.get("/admin")).hidden("form_token")
        assert (await page.post("/admin/sign-out", {"form_token": token})).status == 403


async def test_a_name_pointed_at_this_machine_is_none_of_ours(page: Browser) -> None:
    refused = await page.get("/admin", headers={"Host": "evil.example"})
    assert refused.status == 421
    assert "Overview" not in refused.text


async def test_a_form_that_is_too_large_or_no_form_is_refused(page: Browser) -> None:
    large = await page.post("/admin/sign-out", {"form_token": "x" * LIMIT})
    assert large.status == 413
    headers = {"Origin": page.base}
    async with page.session.post(f"{page.base}/admin/sign-out", json={}, headers=headers) as answer:
        assert answer.status == 415


async def test_nobody_sees_a_page_without_a_session(page: Browser) -> None:
    async with aiohttp.ClientSession() as nobody:
        for path in ("/admin", "/admin/documents", "/admin/document?key=x", "/admin/anything"):
            async with nobody.get(page.base + path, allow_redirects=False) as answer:
                assert answer.status == 303
                assert answer.headers["Location"] == "/admin/sign-in"
                assert await answer.text() == ""


async def test_an_entra_sign_in_wants_its_secret_and_its_address(world: World) -> None:
    world.more = {"admin": {"enabled": True, "client_id": "c"}}
    settings = settings_of(world)
    told = "\n".join(unsafe(settings, read_file(settings.config)))
    assert "ADMIN__CLIENT_SECRET" in told
    assert "SERVER__PUBLIC_URL is empty: Entra" in told


async def command(world: World, *words: str) -> tuple[int, str, str]:
    """Run `app.py admin link` beside the service."""
    port = int(world.witness.bot.rpartition(":")[2])
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "app.py"), "admin", "link", *words,
        cwd=world.data, env={**os.environ, **environment(world.settings(port))},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, told = await process.communicate()
    return process.returncode or 0, out.decode().strip(), told.decode()


async def test_the_command_prints_a_link_that_signs_in_as_who_typed_it(world: World) -> None:
    public = {"public_url": "https://countersign.example"}
    async with admin_page(world, server=public), browser(world.witness.bot) as page:
        code, address, told = await command(world, "--role", "operator")
        assert code == 0
        assert address.startswith("https://countersign.example/admin/link?token=")
        assert "once" in told
        _, address, _ = await command(world, "--local")
        assert address.startswith(f"{world.witness.bot}/admin/link?token=")
        shown = await page.get(address)
        came = await page.post("/admin/link", {"token": shown.hidden("token")})
        assert f"{getpass.getuser()} · Viewer" in came.text


async def test_without_an_admin_page_the_command_says_how_to_get_one(world: World) -> None:
    async with world.bot():
        code, address, told = await command(world)
    assert (code, address) == (1, "")
    assert "ADMIN__ENABLED=true" in told
