"""The page that looks like Teams, and its live line."""

from pathlib import Path

from aiohttp import web

from deployment.sandbox.teams.state import STATE

FOLDER = Path(__file__).parent / "page"
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def routes() -> list[web.RouteDef]:
    """The page, its files, and the line that tells it of changes."""
    return [
        web.get("/", show_page),
        web.get("/page/{name}", show_file),
        web.get("/_sandbox/live", follow),
    ]


async def show_page(_request: web.Request) -> web.StreamResponse:
    """The page itself."""
    return web.FileResponse(FOLDER / "index.html", headers=HEADERS)


async def show_file(request: web.Request) -> web.StreamResponse:
    """A script, a style or a picture of the page."""
    name = request.match_info["name"]
    if name not in {path.name for path in FOLDER.iterdir()}:
        raise web.HTTPNotFound(text=f"The page has no file {name}.")
    return web.FileResponse(FOLDER / name, headers=HEADERS)


async def follow(request: web.Request) -> web.StreamResponse:
    """Server-sent events: a number that grows whenever a screen may look different."""
    pulse, seen = request.app[STATE].pulse, -1
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    stream = web.StreamResponse(headers=headers)
    await stream.prepare(request)
    try:
        while not pulse.closed:
            seen = await pulse.later_than(seen)
            await stream.write(f"data: {seen}\n\n".encode())
    except ConnectionError:
        pass  # the page was closed
    return stream
