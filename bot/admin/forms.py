"""Reads what a form of ours sends, within bounds of size and time."""

from __future__ import annotations

from urllib.parse import parse_qs

from aiohttp import web

from bot.bodies import read_body

LIMIT = 64 * 1024
MOST_FIELDS = 500
FORM = "application/x-www-form-urlencoded"


class Form:
    """The fields of a form, or of an address."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self._fields = fields

    def one(self, name: str, most: int = 200) -> str:
        """Return the field with that name, empty when it is not there."""
        return self._fields.get(name, [""])[0].strip()[:most]

    def number(self, name: str, otherwise: int) -> int:
        """Return the field with that name as a number, *otherwise* when it is none."""
        text = self.one(name, 18)
        return int(text) if text.isascii() and text.isdigit() else otherwise

    def all(self, name: str, most: int = 200) -> tuple[str, ...]:
        """Return every field with that name, at most so many."""
        return tuple(dict.fromkeys(self._fields.get(name, ())[:most]))


async def read_form(request: web.Request) -> Form:
    """Return the form of a request. Raises HTTPException 400, 408, 413 or 415."""
    body = await read_body(request, LIMIT, kind=FORM)
    return parsed(body.decode("utf-8", "replace"))


def parsed(text: str) -> Form:
    """Read fields as a browser writes them. Raises HTTPException 400."""
    try:
        return Form(parse_qs(text, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise web.HTTPBadRequest(text="too many fields") from error
