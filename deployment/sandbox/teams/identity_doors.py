"""Managed identity: how an app on Azure gets tokens with no secret at all (facts §3.5, §5.4)."""

from aiohttp import web

from deployment.sandbox.teams.registration import IDENTITY_HEADER
from deployment.sandbox.teams.state import STATE, State
from deployment.sandbox.teams.tokens import RESOURCES
from deployment.sandbox.teams.wire import Json

MACHINE_VERSIONS = {"2018-02-01", "2019-08-01", "2021-02-01"}
SERVICE_VERSIONS = {"2019-08-01"}


def routes() -> list[web.RouteDef]:
    """The endpoint of a virtual machine and the one of App Service."""
    return [
        web.get("/metadata/identity/oauth2/token", machine_token),
        web.get("/msi/token", service_token),
    ]


async def machine_token(request: web.Request) -> web.Response:
    """IMDS: the header proves that nobody was tricked into forwarding the call."""
    if request.headers.get("Metadata", "").casefold() != "true":
        return _refusal("invalid_request", "Required metadata header not specified")
    return _granted(request, MACHINE_VERSIONS)


async def service_token(request: web.Request) -> web.Response:
    """App Service: the header carries the secret of this one process."""
    if request.headers.get("X-IDENTITY-HEADER") != IDENTITY_HEADER:
        return _refusal("Unauthorized", "X-IDENTITY-HEADER is missing or wrong.", status=401)
    return _granted(request, SERVICE_VERSIONS)


def _granted(request: web.Request, versions: set[str]) -> web.Response:
    state, asked = request.app[STATE], request.query
    if asked.get("api-version") not in versions:
        return _refusal("bad_request_102", f"api-version must be one of {sorted(versions)}.")
    resource = asked.get("resource", "").rstrip("/")
    if resource not in RESOURCES:
        return _refusal("invalid_resource", f"AADSTS500011: The resource {resource} was not found.")
    if asked.get("client_id", "").casefold() != state.app.app_id.casefold():
        return _refusal("invalid_request", "Identity not found")
    return web.json_response(_token(state, resource), headers={"Cache-Control": "no-store"})


def _token(state: State, resource: str) -> Json:
    start, seconds = int(state.options.now().timestamp()), state.app.token_seconds
    # Numbers are written as texts here, unlike at the token endpoint.
    return {
        "access_token": state.tokens.issue(resource),
        "client_id": state.app.app_id,
        "expires_in": str(seconds),
        "expires_on": str(start + seconds),
        "ext_expires_in": str(seconds),
        "not_before": str(start),
        "resource": resource,
        "token_type": "Bearer",
    }


def _refusal(error: str, text: str, *, status: int = 400) -> web.Response:
    return web.json_response({"error": error, "error_description": text}, status=status)
