"""What testers post to the doors: JSON objects, and a sentence where they are wrong."""

from collections.abc import Mapping

from aiohttp import web

from .bodies import BadBody, read_json, read_text


class DoorError(Exception):
    """Input a door cannot use; the text is a sentence for the tester."""

    def __init__(self, sentence: str, status: int = 422) -> None:
        super().__init__(sentence)
        self.status = status


async def door_body(request: web.Request) -> Mapping[str, object]:
    """The object a tester posted."""
    try:
        body = read_json(await read_text(request))
    except BadBody as bad:
        raise DoorError(f"The body must be JSON. {bad}", 400) from None
    if not isinstance(body, dict):
        raise DoorError("The body must be a JSON object.", 400)
    return body


def member(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    """An object inside it; absent is empty."""
    value = body.get(name) or {}
    if not isinstance(value, Mapping):
        raise DoorError(f"'{name}' must be an object.")
    return value


def refuse_unknown(body: Mapping[str, object], allowed: tuple[str, ...]) -> None:
    """A misspelt lever must not look as if it had been pulled."""
    unknown = sorted(set(body) - set(allowed))
    if unknown:
        raise DoorError(f"Unknown: {', '.join(unknown)}. Allowed: {', '.join(allowed)}.")
