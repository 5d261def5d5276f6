"""Whose page it is: which addresses are ours, and whether a form was sent from one of them.

Another page can have a browser send a form here, but cannot say that it was ours: the browser says
where a form comes from. A name that somebody else points at this machine is no name of ours.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from aiohttp import web

from bot.checked import is_loopback

PORTS = {"http": ":80", "https": ":443"}
_HOST = re.compile(r"([\w.-]+|\[[0-9a-f:.]+\])(:\d+)?", re.IGNORECASE | re.ASCII)
"""A host and perhaps a port; whatever else stands in that header names nobody."""


def own_origin(request: web.Request, public_url: str) -> str:
    """Return the origin a request came to, empty when it is none of ours."""
    if not _HOST.fullmatch(request.host):
        return ""
    public = origin_of(public_url) if public_url else ""
    if public and request.host.lower() == public.partition("://")[2]:
        return public
    if not is_loopback(f"http://{request.host}"):
        return ""
    # A proxy may call us by our address on this machine; the browser is elsewhere.
    return public if "X-Forwarded-For" in request.headers else f"http://{request.host.lower()}"


def origin_of(url: str) -> str:
    """Return scheme and host of an address, as a browser writes them."""
    parts = urlsplit(url.lower())
    return f"{parts.scheme}://{parts.netloc.removesuffix(PORTS.get(parts.scheme, ' '))}"


def came_from(request: web.Request, origin: str) -> bool:
    """Say whether the browser says that a form was sent from a page of *origin*."""
    shown = request.headers.getall("Origin", [])
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    return [one.lower() for one in shown] == [origin] and site == "same-origin"
