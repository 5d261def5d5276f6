"""A document as somebody writes it down, to see which way it would go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from acumatica_client.entities import ENTITIES
from acumatica_client.models import Approval, Around, Document, Value
from bot.checked import SettingsError, Strict, meant, mistakes
from bot.files import read_text

NUMBER = "000000"
"""Stands for the number of a document that is only thought of."""
SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class Sketch(Strict):
    """What of a document matters for routes and cards; what is left out, the ERP left empty."""

    entity: str = Field(json_schema_extra={"enum": list(ENTITIES)})
    """`Bill`, `PurchaseOrder`, `Check` or `Payment`."""
    status: str
    """As Acumatica shows it: `On Hold`."""
    type: str = ""
    """As Acumatica shows it; without it the commonest."""
    number: str = NUMBER
    """Its number."""
    fields: dict[str, bool | int | Decimal | str] = Field(default_factory=dict)
    """What fields say, by their names in Acumatica."""
    owner: str = ""
    """Employee code, login or name of its owner."""
    buyer: str = ""
    """The same of the purchase order behind it."""
    approvals: tuple[str, ...] = ()
    """Employee codes its approval map waits for."""

    @model_validator(mode="after")
    def _is_known(self) -> Sketch:
        problems = list(self._problems())
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        row = ENTITIES.get(self.entity)
        if row is None:
            yield f"entity: {self.entity!r} is none of {', '.join(ENTITIES)}"
            return
        if self.status not in row.statuses:
            yield f"status: {self.status!r} is none of {', '.join(sorted(row.statuses))}"
        if self.type and self.type not in row.type_codes:
            yield f"type: {self.type!r} is none of {', '.join(row.type_codes)}"
        for name in self.fields:
            if name not in row.select:
                yield f"fields: a {self.entity} has no {name!r}{meant(name, row.select)}"

    def document(self, at: datetime = SOME_DAY) -> Document:
        """Return it as the ERP would show it, last changed *at*."""
        row = ENTITIES[self.entity]
        key = row.key(self.type or next(iter(row.type_codes)), self.number)
        told: dict[str, Value] = {
            row.number_field: key.number, "Type": key.type, "Status": self.status,
            **{name: _exact(value) for name, value in self.fields.items()},
        }  # fmt: skip
        rows = tuple(Approval("Pending", code) for code in self.approvals)
        around = Around(owner=self.owner, buyer=self.buyer)
        return Document(key, "", self.status, at, told, (), around, rows)


def read_document(path: Path, *, now: datetime) -> Document:
    """Read a document from a JSON file: a sketch, or one as Countersign stores it.

    Raises SettingsError.
    """
    try:
        data = json.loads(read_text(path), parse_float=Decimal)
        if isinstance(data, dict) and "key" in data:
            return Document.from_json(data)
        return Sketch.model_validate(data).document(now)
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from error
    except ValidationError as error:
        raise SettingsError([f"{path}: {line}" for line in mistakes(error, Sketch)]) from error
    except RecursionError as error:
        raise SettingsError([f"{path}: is no document: it is nested too deeply"]) from error
    except (ValueError, KeyError, TypeError) as error:
        told = f"{type(error).__name__}: {error}" if not isinstance(error, ValueError) else error
        raise SettingsError([f"{path}: is no document: {told}"]) from error


def _exact(value: Any) -> Value:
    """Numbers are exact from the file on, as they are from the ERP."""
    exact = isinstance(value, int) and not isinstance(value, bool)
    return Decimal(value) if exact else value
