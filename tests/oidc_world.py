"""An OpenID provider on loopback that plays Entra, truthfully or not; all else goes to Teams."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from bot.admin.oidc import challenge_of

Json = dict[str, Any]
TENANT = "11111111-2222-4333-8444-555555555555"
CLIENT, SECRET = "cccccccc-0000-4000-8000-000000000003", "a-secret-of-the-admin-registration"
KEY, OTHER_KEY = (generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def public(key: RSAPrivateKey, kid: str) -> Json:
    return {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "use": "sig", "kid": kid}


@dataclass
class Provider:
    """Signs in whoever it is told; `claims`, `token` and `code` say how it lies."""

    behind: str
    """Where everything else is answered: the Teams stand-in."""
    url: str = ""
    person: str = "aaaaaaaa-0000-4000-8000-000000000005"
    name: str = "Erin Walsh"
    roles: list[str] = field(default_factory=lambda: ["Admin"])
    claims: Json = field(default_factory=dict)
    token: Callable[[Json], str] | None = None
    codes: dict[str, Json] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/{tenant}/oauth2/v2.0/authorize", self.authorize),
            web.post("/{tenant}/oauth2/v2.0/token", self.grant),
            web.get("/{tenant}/discovery/v2.0/keys", self.keys),
            web.route("*", "/{rest:.*}", self.pass_on),
        ]

    async def authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "session_state": "x"})
        return web.Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{back}"})

    async def grant(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if form["grant_type"] != "authorization_code":
            return await self._passed(request, urlencode(form).encode())
        asked = self.codes.pop(form["code"], None)
        fine = (
            asked is not None
            and form["client_id"] == CLIENT
            and form["client_secret"] == SECRET
            and form["redirect_uri"] == asked["redirect_uri"]
            and challenge_of(form["code_verifier"]) == asked["code_challenge"]
        )
        if not fine or asked is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        claims = self.told(asked["nonce"])
        sign = self.token or self.signed
        return web.json_response({"token_type": "Bearer", "id_token": sign(claims)})

    def told(self, nonce: str) -> Json:
        start = int(time.time())
        whole = {
            "iss": f"{self.url}/{TENANT}/v2.0", "aud": CLIENT, "tid": TENANT, "nonce": nonce,
            "iat": start, "nbf": start, "exp": start + 3600, "oid": self.person,
            "name": self.name, "roles": self.roles, "ver": "2.0",
        }  # fmt: skip
        return {name: one for name, one in (whole | self.claims).items() if one is not None}

    def signed(self, claims: Json, *, key: Any = KEY, kid: str = "ours") -> str:
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid})

    async def keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [public(KEY, "ours")]})

    async def pass_on(self, request: web.Request) -> web.Response:
        return await self._passed(request, await request.read())

    async def _passed(self, request: web.Request, body: bytes) -> web.Response:
        headers = {"Content-Type": request.headers.get("Content-Type", "")}
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                request.method, self.behind + request.path_qs, data=body, headers=headers
            ) as answer,
        ):
            return web.Response(
                status=answer.status, body=await answer.read(), content_type=answer.content_type
            )


@asynccontextmanager
async def provider(behind: str) -> AsyncIterator[Provider]:
    """Run it on loopback."""
    playing = Provider(behind)
    app = web.Application()
    app.router.add_routes(playing.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    playing.url = f"http://{host}:{port}"
    yield playing
    await runner.cleanup()
