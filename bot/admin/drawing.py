"""Draws pages: Jinja with everything escaped, one stylesheet, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from bot.admin.visit import Visit
from bot.people.report import age
from cards.text import clean

HERE = Path(__file__).parent
STYLE = (HERE / "templates" / "style.css").read_text("utf-8")
ICON = (HERE / "templates" / "icon.svg").read_text("utf-8")
LONGEST = 4000
"""Characters of one text of others; more would be no page any more."""
MENU = (
    ("/admin", "Overview"),
    ("/admin/documents", "Documents"),
    ("/admin/deliveries", "Deliveries"),
    ("/admin/people", "People"),
    ("/admin/settling", "Needs a person"),
    ("/admin/audit", "Audit"),
    ("/admin/routes", "Routes"),
    ("/admin/settings", "Settings"),
)


def _finalized(value: Any) -> Any:
    """Show text of others as one that does nothing to the eye either: no odd characters."""
    return clean(value, LONGEST) if type(value) is str else value


@pass_context
def ago(context: Context, at: datetime | None) -> str:
    """Say how long ago something was."""
    return age(at, context["now"]) if at else "never"


def utc(at: datetime | None) -> str:
    """Write a moment as one reads it."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def link(path: str, **query: object) -> str:
    """Return an address of ours with what is asked behind it."""
    asked = {name: str(value) for name, value in query.items() if value not in ("", None)}
    return f"{path}?{urlencode(asked)}" if asked else path


PAGES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_finalized,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.filters |= {"ago": ago, "utc": utc}
PAGES.globals |= {"link": link, "menu": MENU}


def draw(visit: Visit, template: str, /, status: int = 200, **told: Any) -> web.Response:
    """Return a page."""
    values: Mapping[str, Any] = {
        "visit": visit,
        "here": visit.request.path.rstrip("/"),
        "now": visit.desk.now,
        **told,
    }
    html = PAGES.get_template(f"{template}.html").render(values)
    return web.Response(text=html, status=status, content_type="text/html")


def go(path: str, **query: object) -> web.Response:
    """Send a browser to another page of ours, by GET."""
    return web.Response(status=303, headers={"Location": link(path, **query)})
