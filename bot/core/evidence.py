"""What the audit trail keeps of a document at the moment somebody was asked about it. Pure."""

from __future__ import annotations

from acumatica_client.models import Document
from bot.core.routes import Route
from storage.records import Json

MOST_FIELDS = 40
MOST_LINES = 50
LONGEST = 200


def facts(document: Document) -> Json:
    """Return every field that says something, as text, and the lines."""
    fields = {name: str(value)[:LONGEST] for name, value in document.fields.items() if _says(value)}
    lines = [
        {name: str(value)[:LONGEST] for name, value in line.items() if _says(value)}
        for line in document.lines[:MOST_LINES]
    ]
    more = len(document.lines) - len(lines)
    told: Json = {"fields": dict(sorted(fields.items())[:MOST_FIELDS]), "lines": lines}
    return {**told, "more lines": more} if more else told


def rule(route: Route) -> Json:
    """Return the route that matched, as the file says it."""
    return route.model_dump(mode="json", exclude_defaults=True, exclude={"company"})


def _says(value: object) -> bool:
    return value not in (None, "", False)
