"""The HTTP side of the token service, and of the key documents of the Bot Service and of Entra."""

from aiohttp import web

from deployment.sandbox.teams.keys import metadata
from deployment.sandbox.teams.state import STATE
from deployment.sandbox.teams.tokens import TokenRefusedError, authority, instances


def routes() -> list[web.RouteDef]:
    """What MSAL and the bot's token check ask for."""
    return [
        web.get("/common/discovery/instance", show_instances),
        web.post("/{tenant}/oauth2/v2.0/token", grant_token),
        web.get("/{tenant}/v2.0/.well-known/openid-configuration", show_authority),
        web.get("/v1/.well-known/openidconfiguration", show_metadata),
        web.get("/v1/.well-known/keys", show_keys),
        web.get("/{tenant}/discovery/v2.0/keys", show_entra_keys),
    ]


async def grant_token(request: web.Request) -> web.Response:
    """Client credentials in, token out."""
    form = {name: str(value) for name, value in (await request.post()).items()}
    try:
        grant = request.app[STATE].tokens.grant(request.match_info["tenant"], form)
    except TokenRefusedError as error:
        return web.json_response(error.body, status=error.status)
    return web.json_response(grant, headers={"Cache-Control": "no-store"})


async def show_authority(request: web.Request) -> web.Response:
    """The tenant's OpenID document."""
    return web.json_response(authority(request.match_info["tenant"]))


async def show_instances(_request: web.Request) -> web.Response:
    """Instance discovery, which MSAL may ask first."""
    return web.json_response(instances())


async def show_metadata(request: web.Request) -> web.Response:
    """The Bot Service's OpenID document, leading to our own keys."""
    return web.json_response(metadata(request.app[STATE].address.url))


async def show_keys(request: web.Request) -> web.Response:
    """The Bot Service's keys."""
    return web.json_response(request.app[STATE].key.document(endorsements=["msteams"]))


async def show_entra_keys(request: web.Request) -> web.Response:
    """Entra's keys, which sign the `validationTokens` of notices (facts §5.3)."""
    return web.json_response(request.app[STATE].entra_key.document())
