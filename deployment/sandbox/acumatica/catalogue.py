"""What an instance says about itself: its endpoints, and their OpenAPI descriptions."""

from aiohttp import web

from .call import endpoint_of, served
from .erp import ERP
from .habits import BOARD
from .refusals import Refusal, json_response
from .signin import require_session
from .swagger import instance_description, openapi3
from .swagger2 import swagger2
from .versions import build_of

_SWAGGER_2 = ("20.200.001", "22.200.001", "23.200.001")


def add_routes(app: web.Application) -> None:
    """Hang the catalogue into the application; before the API, whose route takes everything."""
    app.router.add_get("/entity", list_endpoints)
    app.router.add_get("/entity/", list_endpoints)
    app.router.add_get("/entity/swagger.json", describe_instance)
    app.router.add_get("/entity/{endpoint}/{version}/swagger.json", describe)


async def list_endpoints(request: web.Request) -> web.Response:
    """The endpoints of the instance, open to everybody, so it is a probe; the tenant's own show
    after sign-in only.
    """
    inside = _signed_in(request)
    rows = [
        {"name": e.name, "version": e.version, "href": f"{e.path}/"}
        for e in served(request)
        if inside or not e.own
    ]
    if request.app[BOARD].habits.bare_endpoints:
        return json_response(rows)
    build = build_of(e.version for e in served(request))
    version = {"acumaticaBuildVersion": build, "databaseVersion": build}
    return json_response({"version": version, "endpoints": rows})


async def describe_instance(request: web.Request) -> web.Response:
    """The description of what stands beside the endpoints: sign-in and the list itself."""
    return json_response(instance_description(request.app[ERP].options.site))


async def describe(request: web.Request) -> web.Response:
    """The description of one endpoint. Whether it needs a sign-in is unconfirmed: the `company`
    in its address says for which tenant, so here it needs none.
    """
    endpoint = endpoint_of(request)
    old = endpoint.version in _SWAGGER_2
    return json_response(swagger2(endpoint) if old else openapi3(endpoint))


def _signed_in(request: web.Request) -> bool:
    try:
        require_session(request)
    except Refusal:
        return False
    return True
