"""The published schema is what the service reads by: editors complete and mark the same words."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.configuring.schema import examples_schema, file_schema

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = {"countersign": file_schema, "countersign.examples": examples_schema}
EXAMPLE = ROOT / "countersign.example.toml"
SHIPPED = [
    EXAMPLE,
    ROOT / "deployment" / "sandbox" / "countersign.demo.toml",
]
COMPANY: dict[str, Any] = {"name": "acme", "url": "https://erp.example", "tenant": "Company"}
ROUTE: dict[str, Any] = {"company": "acme", "entity": "Bill", "to": ["channel:ap"]}


def published(name: str) -> Any:
    return json.loads((ROOT / "docs" / f"{name}.schema.json").read_text("utf-8"))


def complaints(data: Any) -> list[str]:
    """What an editor would mark."""
    found = jsonschema.Draft7Validator(file_schema()).iter_errors(data)
    return ["/".join(map(str, error.absolute_path)) for error in found]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_the_one_the_models_make(name: str) -> None:
    # uv run app.py check --schema > docs/countersign.schema.json; with --examples the other
    assert published(name) == json.loads(json.dumps(SCHEMAS[name]()))


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_is_one_of_draft_7(name: str) -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMAS[name]())


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_is_described(name: str) -> None:
    whole = SCHEMAS[name]()
    models = {"": whole, **whole["definitions"]}
    bare = [
        f"{model}.{key}"
        for model, part in models.items()
        for key, told in part.get("properties", {}).items()
        if not told.get("description")
    ]
    assert bare == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_files_we_ship_meet_the_schema(path: Path) -> None:
    assert complaints(tomllib.loads(path.read_text("utf-8"))) == []


def test_the_example_to_copy_names_the_schema() -> None:
    first = EXAMPLE.read_text("utf-8").partition("\n")[0]

    named = EXAMPLE.parent / first.removeprefix("#:schema ")
    assert named.resolve() == ROOT / "docs" / "countersign.schema.json"


@pytest.mark.parametrize(
    ("company", "route", "place"),
    [
        ({"seats": 3}, {}, "company/0/seats"),
        ({"poll": "often"}, {}, "company/0/poll"),
        ({"sweeep": "5m"}, {}, "company/0"),
        ({"nightly": "25:00"}, {}, "company/0/nightly"),
        ({}, {"entity": "Invoice"}, "route/0/entity"),
        ({}, {"when": "in limbo"}, "route/0/when"),
        ({}, {"entity": "PurchaseOrder", "when": "balanced"}, "route/0/when"),
        ({}, {"to": "ap"}, "route/0/to"),
        ({}, {"approver": ["boss"]}, "route/0/approver"),
        ({}, {"actions": ["pay"]}, "route/0/actions"),
        ({}, {"where": [{"field": "Amuont", "is": "1"}]}, "route/0/where/0/field"),
        ({}, {"where": [{"field": "Amount", "above": 1}]}, "route/0/where/0"),
        ({}, {"privacy": "some"}, "route/0/privacy"),
    ],
)
def test_an_editor_marks_what_check_would_refuse(
    company: dict[str, Any], route: dict[str, Any], place: str
) -> None:
    data = {"company": [COMPANY | company], "route": [ROUTE | route]}

    assert complaints({"company": [COMPANY], "route": [ROUTE]}) == []
    assert place in complaints(data)


def _defaults(part: Any) -> Iterator[Any]:
    if isinstance(part, dict):
        if "default" in part:
            yield part
        for inner in part.values():
            yield from _defaults(inner)


def test_every_default_is_one_its_key_takes() -> None:
    whole = file_schema()
    wrong = [
        part
        for part in _defaults(whole)
        if list(
            jsonschema.Draft7Validator({**part, "definitions": whole["definitions"]}).iter_errors(
                part["default"]
            )
        )
    ]
    assert wrong == []
