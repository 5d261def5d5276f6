"""When the site is not itself: maintenance, publishing, an application pool that is recycled.

What a site under maintenance answers is not documented; these are the shapes seen in the wild.
"""

import socket
import struct
from collections.abc import Callable, Mapping

from aiohttp import web

from .refusals import Refusal

OFF, RESET = "off", "reset"
_AT_ONCE = struct.pack("ii", 1, 0)
_PAGE = (
    "<!DOCTYPE html><html><head><title>Site maintenance</title></head>"
    "<body><h1>The site is under maintenance.</h1></body></html>"
)
_ERROR_PAGE = "/ui/error?message=The+site+is+in+the+maintenance+mode."


def page() -> str:
    """What a browser would show."""
    return _PAGE


def _busy(_: web.Request) -> web.Response:
    return Refusal(503, _PAGE).response()


def _sent_away(_: web.Request) -> web.Response:
    return Refusal(302, "", {"Location": _ERROR_PAGE}).response()


def hang_up(request: web.Request) -> web.Response:
    """Cut the connection with a reset; what is answered is written into a dead line."""
    if request.transport is not None:
        line = request.transport.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        request.transport.abort()
    return web.Response(status=503)


ANSWERS: Mapping[str, Callable[[web.Request], web.Response]] = {
    "html503": _busy,
    "redirect": _sent_away,
    RESET: hang_up,
}
KINDS = (*ANSWERS, OFF)
