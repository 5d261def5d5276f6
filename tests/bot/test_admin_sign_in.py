"""Signing in to the admin page by Entra: what is not proved lets nobody in, and says so plainly."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import pytest_asyncio
from admin_world import Browser, Shown, admin_page, browser, link
from oidc_world import CLIENT, OTHER_KEY, SECRET, TENANT, Json, Provider, provider
from world import World, open_world

from bot.admin.oidc import challenge_of
from bot.admin.roles import Role
from storage.database import visiting


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def entra(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[World, Provider]]:
    """One service for the module, whose people sign in by a provider that may lie."""
    async with (
        open_world(tmp_path_factory.mktemp("admin")) as world,
        provider(world.witness.teams) as playing,
        by_entra(world, playing),
    ):
        yield world, playing


@asynccontextmanager
async def by_entra(world: World, playing: Provider, **more: Any) -> AsyncIterator[World]:
    settings = {
        "enabled": True, "client_id": CLIENT, "client_secret": SECRET, "sign_ins_a_minute": 1000,
        **more,
    }  # fmt: skip
    told = {
        "teams": {"login_url": playing.url},
        "server": {"public_url": world.witness.bot},
        "admin": settings,
    }
    async with admin_page(world, **told):
        yield world


@asynccontextmanager
async def fresh(entra: tuple[World, Provider], **lies: Any) -> AsyncIterator[Browser]:
    """A browser, while the provider lies like this."""
    world, playing = entra
    truth = {name: getattr(playing, name) for name in lies}
    for name, lie in lies.items():
        setattr(playing, name, lie)
    try:
        async with browser(world.witness.bot) as opened:
            yield opened
    finally:
        for name, value in truth.items():
            setattr(playing, name, value)


async def sign_in(page: Browser) -> Shown:
    return await page.get("/admin/sign-in/entra")


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("roles", "shown"),
    [(["Viewer"], "Viewer"), (["Viewer", "Operator"], "Operator"), (["Admin"], "Admin")],
)
async def test_who_has_a_role_in_entra_is_in_with_it(
    entra: tuple[World, Provider], roles: list[str], shown: str
) -> None:
    async with fresh(entra, roles=roles) as page:
        came = await sign_in(page)
        assert came.url.endswith("/admin")
        assert f"Erin Walsh · {shown}" in came.text


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ({"nonce": "another"}, "not proved to be for this sign-in"),
        ({"nonce": None}, "not proved to be for this sign-in"),
        ({"aud": "another-application"}, "not proved to be for this sign-in"),
        ({"aud": [CLIENT, "another-application"]}, "not proved to be for this sign-in"),
        ({"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0"}, "not proved"),
        ({"tid": "99999999-2222-4333-8444-555555555555"}, "of another organisation"),
        ({"exp": int(time.time()) - 600}, "not of this moment"),
        ({"iat": int(time.time()) + 6000}, "not of this moment"),
        ({"exp": "never"}, "not proved to be for this sign-in"),
        ({"exp": None}, "not proved to be for this sign-in"),
        ({"roles": None}, "nobody gave you a role here"),
        ({"roles": ["Reader"]}, "nobody gave you a role here"),
        ({"roles": "Admin"}, "nobody gave you a role here"),
        ({"oid": None}, "did not say who you are"),
    ],
)
async def test_a_claim_that_does_not_hold_lets_nobody_in(
    entra: tuple[World, Provider], lie: Json, told: str
) -> None:
    async with fresh(entra, claims=lie) as page:
        came = await sign_in(page)
        assert came.status == 403
        assert told in came.text
        assert (await page.get("/admin")).url.endswith("/admin/sign-in")


def by_secret(claims: Json) -> str:
    return jwt.encode(claims, "a secret that a stranger made up, long enough", "HS256")


def unsigned(claims: Json) -> str:
    return jwt.encode(claims, None, "none", headers={"kid": "ours"})


def by_stranger(claims: Json) -> str:
    return jwt.encode(claims, OTHER_KEY, "RS256", headers={"kid": "ours"})


def by_unknown(claims: Json) -> str:
    return jwt.encode(claims, OTHER_KEY, "RS256", headers={"kid": "theirs"})


@pytest.mark.parametrize(
    "token", [by_secret, unsigned, by_stranger, by_unknown, lambda _: "no.token"]
)
async def test_a_token_entra_did_not_sign_lets_nobody_in(
    entra: tuple[World, Provider], token: Callable[[Json], str]
) -> None:
    async with fresh(entra, token=token) as page:
        came = await sign_in(page)
        assert came.status == 403
        assert "not proved to be for this sign-in" in came.text


async def test_an_invented_state_lets_nobody_in(entra: tuple[World, Provider]) -> None:
    async with fresh(entra) as page:
        await page.get("/admin/sign-in/entra", allow_redirects=False)
        came = await page.get("/admin/sign-in/back?code=x&state=invented")
        assert came.status == 403
        assert "not begun in this browser" in came.text


async def test_an_answer_counts_once_and_only_in_the_browser_that_asked(
    entra: tuple[World, Provider],
) -> None:
    async with fresh(entra) as page, fresh(entra) as stranger:
        left = await page.get("/admin/sign-in/entra", allow_redirects=False)
        answer = await page.get(left.headers["Location"], allow_redirects=False)
        back = answer.headers["Location"]
        await stranger.get("/admin/sign-in/entra", allow_redirects=False)
        assert (await stranger.get(back)).status == 403
        assert (await page.get(back)).url.endswith("/admin")
        again = await page.get(back)
        assert again.status == 403
        assert "was used already" in again.text


async def test_the_code_is_bound_to_us_by_a_challenge(entra: tuple[World, Provider]) -> None:
    async with fresh(entra) as page:
        left = await page.get("/admin/sign-in/entra", allow_redirects=False)
        asked = parse_qs(urlsplit(left.headers["Location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert len(asked["code_challenge"][0]) == 43
        assert asked["redirect_uri"] == [f"{page.base}/admin/sign-in/back"]
        # A code that was asked for with another verifier is worth nothing.
        answer = await page.get(left.headers["Location"], allow_redirects=False)
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        entra[1].codes[code]["code_challenge"] = challenge_of("somebody else's verifier")
        came = await page.get(answer.headers["Location"])
        assert came.status == 403
        assert "Entra did not accept the sign-in" in came.text


async def test_what_entra_says_against_somebody_is_no_markup(
    entra: tuple[World, Provider],
) -> None:
    async with fresh(entra) as page:
        left = await page.get("/admin/sign-in/entra", allow_redirects=False)
        state = parse_qs(urlsplit(left.headers["Location"]).query)["state"][0]
        came = await page.get(
            "/admin/sign-in/back", params={"state": state, "error": "<b>access_denied"}
        )
        assert came.status == 403
        assert "Entra did not let you in (unknown)" in came.text


async def test_the_cookie_is_no_scripts_and_the_store_keeps_its_hash_only(
    entra: tuple[World, Provider],
) -> None:
    async with fresh(entra) as page:
        await sign_in(page)
        cookie = next(one for one in page.session.cookie_jar if one.key == "countersign-admin")
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        store = entra[0].data / "countersign.db"
        async with visiting(store) as conn:
            rows = [
                tuple(row) for row in await conn.execute_fetchall("SELECT * FROM admin_sessions")
            ]
        assert rows
        assert cookie.value not in repr(rows)


async def test_signing_out_ends_the_session_for_good(entra: tuple[World, Provider]) -> None:
    async with fresh(entra) as page:
        await sign_in(page)
        cookie = next(one for one in page.session.cookie_jar if one.key == "countersign-admin")
        await page.press("/admin", "/admin/sign-out")
        kept = {"Cookie": f"countersign-admin={cookie.value}"}
        assert (await page.get("/admin", headers=kept)).url.endswith("/admin/sign-in")


async def test_a_link_signs_in_once_and_only_when_it_is_pressed(
    entra: tuple[World, Provider],
) -> None:
    world, _ = entra
    async with browser(world.witness.bot) as page, browser(world.witness.bot) as late:
        address = await link(world, Role.OPERATOR)
        assert address.startswith(f"{world.witness.bot}/admin/link?token=")
        shown = await page.get(address)
        await late.get(address)  # a scanner of mails that looks at it uses nothing up
        token = shown.hidden("token")
        came = await page.post("/admin/link", {"token": token})
        assert "tester · Operator" in came.text
        refused = await late.post("/admin/link", {"token": token})
        assert refused.status == 403
        assert "used already" in refused.text
