"""Is this a card Teams takes? The official 1.5 schema, and what Teams adds to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema


@cache
def _validator() -> jsonschema.Draft6Validator:
    text = files("adaptive_cards").joinpath("schemas", "schema-1.5.json").read_text("utf-8")
    return jsonschema.Draft6Validator(json.loads(text))


def schema_errors(card: dict[str, Any]) -> list[str]:
    """What the official schema and the rules for `msteams` have against *card*."""
    bare = {name: part for name, part in card.items() if name != "msteams"}
    found = [error.message[:300] for error in _validator().iter_errors(bare)]
    return found + list(_teams_errors(card))


def texts(node: Any) -> Iterator[str]:
    """Every text of a card that is read as Markdown."""
    if isinstance(node, list):
        for item in node:
            yield from texts(item)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name in {"text", "value", "fallbackText"} and isinstance(value, str):
                yield value
            elif name not in {"msteams", "data", "url"}:
                yield from texts(value)


def elements(node: Any, kind: str) -> Iterator[dict[str, Any]]:
    """Every element or action of type *kind*, at any depth, fallbacks not counted."""
    if isinstance(node, list):
        for item in node:
            yield from elements(item, kind)
    elif isinstance(node, dict):
        if node.get("type") == kind:
            yield node
        for name, value in node.items():
            if name not in {"fallback", "refresh"}:
                yield from elements(value, kind)


def _teams_errors(card: dict[str, Any]) -> Iterator[str]:
    teams = card.get("msteams", {})
    if set(teams) - {"width", "entities"} or teams.get("width") != "Full":
        yield f"msteams is {teams}"
    entities = teams.get("entities", [])
    if len({entity["text"] for entity in entities}) != len(entities):
        yield "two mentions share a text"
    for entity in entities:
        if not any(entity["text"] in text for text in texts(card)):
            yield f"{entity['text']} stands in no text"
        if set(entity) != {"type", "text", "mentioned"} or entity["type"] != "mention":
            yield f"odd mention {entity}"
        if not entity["mentioned"]["id"] or not entity["mentioned"]["name"]:
            yield f"mention of nobody {entity}"
