"""The token service and the key document (facts §3.5, §5.4)."""

import asyncio
import os
import re
import stat
from pathlib import Path
from typing import Any

import jwt
import msal
import pytest
import requests
from sandbox_teams_world import (
    APP_ID,
    SECRET,
    TENANT,
    Clock,
    TinyBot,
    World,
    card,
    card_answer,
    refreshing,
    standing,
)

AUTHORITY = f"https://login.microsoftonline.com/{TENANT}"


class Rewritten(requests.Session):
    """MSAL's HTTP client with the login host rewritten to the stand-in."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        near = re.sub(r"^https://login\.microsoftonline\.com", self.address, url)
        kwargs["timeout"] = 5
        return super().request(method, near, *args, **kwargs)


def ask_msal(address: str, secret: str) -> dict:
    with Rewritten(address) as http:
        client = msal.ConfidentialClientApplication(
            APP_ID, client_credential=secret, authority=AUTHORITY, http_client=http
        )
        return client.acquire_token_for_client(["https://api.botframework.com/.default"])


async def test_msal_gets_a_token_that_the_connector_takes(world: World):
    answer = await asyncio.to_thread(ask_msal, world.stand.url, SECRET)
    world.token = answer["access_token"]

    status, _ = await world.call("GET", "teams/19:acme-general@thread.tacv2")

    assert (answer["token_type"], answer["expires_in"], status) == ("Bearer", 3600, 200)


async def test_msal_reads_the_reason_of_a_wrong_secret(world: World):
    answer = await asyncio.to_thread(ask_msal, world.stand.url, "wrong")

    assert answer["error"] == "invalid_client"
    assert "AADSTS7000215" in answer["error_description"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_id": "somebody"}, 400, 700016),
        ({"tenant": "elsewhere"}, 400, 90002),
        ({"grant_type": "password"}, 400, 70003),
        ({"scope": "https://vault.azure.net/.default"}, 400, 70011),
        ({"scope": "https://graph.microsoft.com"}, 400, 70011),
        ({"client_secret": ""}, 401, 7000218),
    ],
)
async def test_a_refusal_names_its_aadsts_code(world: World, change: dict, status: int, code: int):
    answered, body = await world.sign_in(**change)

    assert (answered, body["error_codes"]) == (status, [code])
    assert f"AADSTS{code}" in body["error_description"]


async def test_a_token_of_somebody_else_is_denied(world: World):
    world.token = jwt.encode({"aud": "x", "exp": 2_000_000_000}, "k" * 32, algorithm="HS256")

    status, _ = await world.call("GET", "teams/19:acme-general@thread.tacv2")

    assert status == 401


async def fetched(world: World, address: str) -> Any:
    async with world.http.get(address) as response:
        return await response.json()


async def proven(world: World, headers: dict[str, str]) -> dict:
    """Check the bot's bearer token the way a bot must."""
    document = await fetched(world, f"{world.stand.url}/v1/.well-known/openidconfiguration")
    keys = jwt.PyJWKSet.from_dict(await fetched(world, document["jwks_uri"]))
    token = headers["Authorization"].removeprefix("Bearer ")
    key = keys[jwt.get_unverified_header(token)["kid"]]
    options: Any = {"verify_exp": False, "verify_nbf": False}
    return jwt.decode(token, key, algorithms=["RS256"], audience=APP_ID, options=options)


async def test_a_call_to_the_bot_is_signed_with_the_published_key(world: World):
    await world.door("POST", "say", {"person": "ann", "conversation": "bot", "text": "help"})

    claims = await proven(world, world.bot.headers[-1])

    start = int(world.clock.now().timestamp())
    assert claims["iss"] == "https://api.botframework.com"
    assert claims["serviceurl"] == world.bot.heard[-1]["serviceUrl"] == f"{world.stand.url}/teams/"
    assert (claims["nbf"], claims["exp"]) == (start, start + 3600)


async def test_the_key_is_endorsed_for_teams(world: World):
    keys = await fetched(world, f"{world.stand.url}/v1/.well-known/keys")

    assert [one["endorsements"] for one in keys["keys"]] == [["msteams"]]


async def test_after_a_rotation_the_old_key_is_gone(world: World):
    say = {"person": "ann", "conversation": "bot", "text": "help"}
    await world.door("POST", "say", say)
    _, body = await world.door("POST", "keys")
    await world.door("POST", "say", say)

    claims = await proven(world, world.bot.headers[-1])

    assert claims["aud"] == APP_ID
    with pytest.raises(KeyError):
        await proven(world, world.bot.headers[0])
    assert (
        jwt.get_unverified_header(world.bot.headers[1]["Authorization"][7:])["kid"] == body["kid"]
    )


async def test_a_restart_keeps_the_key_and_the_file_is_private(
    bot: TinyBot, clock: Clock, tmp_path: Path
):
    async with standing(bot, clock, data=tmp_path) as world:
        before = await fetched(world, f"{world.stand.url}/v1/.well-known/keys")

    async with standing(bot, clock, data=tmp_path) as world:
        after = await fetched(world, f"{world.stand.url}/v1/.well-known/keys")

    assert before == after
    assert stat.S_IMODE(os.stat(tmp_path / "bot_service_key.pem").st_mode) == 0o600  # noqa: PTH116


async def test_the_authority_answers_with_https_addresses(world: World):
    path = f"{world.stand.url}/{TENANT}/v2.0/.well-known/openid-configuration"

    body = await fetched(world, path)

    assert body["token_endpoint"] == f"{AUTHORITY}/oauth2/v2.0/token"
    assert body["issuer"] == f"{AUTHORITY}/v2.0"


async def test_an_invoke_is_signed_too(world: World):
    world.bot.answer = lambda _: card_answer(card(text="yours"))

    await world.thread(refreshing("29:1ann-whitfield-acme"))
    await world.bot.hears(1)

    assert (await proven(world, world.bot.headers[-1]))["aud"] == APP_ID
