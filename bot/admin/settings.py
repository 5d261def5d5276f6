"""The settings as they are in force; of secrets only whether there is one."""

from __future__ import annotations

import re

from aiohttp import web

from bot.admin.drawing import draw
from bot.admin.visit import Visit
from bot.auditing.changes import flat, without_secrets
from bot.configuring.version import short, version_of
from bot.secrets.names import secret_names
from bot.secrets.sources import value_of

PAGE = 200
OUTSIDE = "environment."
SPAN = re.compile(r"P(\d+D)?(?:T(\d+H)?(\d+M)?(\d+S)?)?")
"""How a span of time is kept; people write `30s` or `5m`."""


async def show_settings(visit: Visit) -> web.StreamResponse:
    """List every setting; of a secret only whether there is one, and how long it lasts."""
    desk = visit.desk
    rows = [
        (_named(name), told)
        for name, value in flat(without_secrets(desk.settings, desk.file))
        if not name.startswith("route") and (told := _shown(value))
    ]
    ends = {one.name: one for one in desk.expiries()}
    secrets = [
        (name.variable, bool(value_of(desk.in_use.settings, name)), ends.get(name.variable))
        for name in secret_names(desk.tenants)
    ]
    first = visit.form.number("first", 0)
    return draw(
        visit, "settings", rows=rows[first : first + PAGE], secrets=secrets,
        more=first + PAGE if len(rows) > first + PAGE else 0,
        version=short(version_of(desk.file)),
    )  # fmt: skip


def _named(name: str) -> str:
    """Return a setting's name as it is written where it stands."""
    if name.startswith(OUTSIDE):
        return name.removeprefix(OUTSIDE).replace(".", "__").upper()
    return name


def _shown(value: object) -> str:
    """Return a value as one reads it; empty for what is not set."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else str(value)
    span = SPAN.fullmatch(text)
    parts = [part.lower() for part in span.groups() if part] if span else []
    return " ".join(parts) or text
