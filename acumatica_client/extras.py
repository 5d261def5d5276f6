"""What a company's endpoint tells beyond `Default`: our word for it, and its name there. Pure.

    [company.extra.Bill]
    owner = "CurrentDocument.EmployeeID"     dotted: a field of the screen, read by `$custom`
    created_by = "CreatedBy"                 not dotted: a field of an extended endpoint
    approvals = "Approvals"                  a detail list of an extended endpoint
    workgroup = ""                           empty: not asked for

A document tells these under our words, so nobody else needs to know what they are called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from acumatica_client import answers
from acumatica_client.approvals import approvals_in
from acumatica_client.entities import CREATOR, EDITOR, ENTITIES, OWNER, WORKGROUP, Entity
from acumatica_client.errors import ErpError, ErpForbidden, ErpMisconfigured, ErpRejected
from acumatica_client.models import Document
from acumatica_client.transport import Reply

APPROVALS, LOGIN, DELEGATES, INSTRUCTIONS = "approvals", "login", "delegates", "instructions"
LISTS = frozenset({APPROVALS, DELEGATES, INSTRUCTIONS})
"""Words for detail lists; the others are single fields."""

_OF_DOCUMENTS = (OWNER, WORKGROUP, CREATOR, EDITOR, APPROVALS)
WORDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(ENTITIES, _OF_DOCUMENTS),
    "Employee": (LOGIN, DELEGATES),
    "Vendor": (INSTRUCTIONS,),
}
"""Entity -> the words a company may give a name for."""

DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "Bill": {
        OWNER: "CurrentDocument.EmployeeID",
        WORKGROUP: "CurrentDocument.EmployeeWorkgroupID",
    },
    "PurchaseOrder": {WORKGROUP: "CurrentDocument.OwnerWorkgroupID"},
    "Employee": {DELEGATES: "Delegates"},
    "Vendor": {INSTRUCTIONS: "PaymentInstructions"},
}
"""What the screens of the system endpoint are known to have; a customization may lack it."""

APPROVAL_FIELDS = (
    "Approver", "ApproverName", "ApprovedBy", "ApprovedByName", "Date", "Status", "Reason",
    "Workgroup",
)  # fmt: skip
"""What is asked of each row of approvals; nothing more of it is read."""

_NAME = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)?", re.ASCII)
_UNKNOWN_NAME = ("KeyNotFoundException", "not present in the dictionary")


@dataclass(frozen=True, slots=True)
class Extras:
    """The names one company has for our words on one entity."""

    entity: str
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def name(self, word: str) -> str:
        """Return the ERP's name for *word*; empty when it is not asked for."""
        return self.names.get(word, "")

    @property
    def dotted(self) -> tuple[str, ...]:
        """The fields read by `$custom`."""
        return tuple(name for name in self._fields() if "." in name)

    @property
    def plain(self) -> tuple[str, ...]:
        """The fields of an extended endpoint."""
        return tuple(name for name in self._fields() if "." not in name)

    def _fields(self) -> tuple[str, ...]:
        return tuple(name for word, name in self.names.items() if name and word not in LISTS)

    def widened(self, entity: Entity) -> Entity:
        """Return *entity* as this company's endpoint has it."""
        more = tuple(name for name in self.plain if name not in entity.select)
        return replace(
            entity,
            select=(*entity.select, *more),
            custom=self.dotted,
            words={word: name for word, name in self.names.items() if name and word not in LISTS},
            approvals=self.name(APPROVALS),
            approval_select=APPROVAL_FIELDS,
        )


def read_document(entity: Entity, reply: Reply) -> Document | None:
    """Read one document as a widened *entity* has it, under our words. Raises ErpError."""
    try:
        document = answers.read_document(entity, reply)
    except ErpForbidden:
        raise
    except ErpRejected as error:
        raise explained(
            entity.name, {**entity.words, APPROVALS: entity.approvals}, error
        ) from error
    if document is None:
        return None
    found = approvals_in(answers.read_json(reply), entity.approvals, document.key)
    return replace(_worded(entity, document), approvals=found)


def _worded(entity: Entity, document: Document) -> Document:
    """Tell under our words what the names of this company hold; `Default`'s own names stay."""
    base = ENTITIES[entity.name]
    own = set(entity.words.values()) - {*base.select, *base.custom}
    fields = {name: value for name, value in document.fields.items() if name not in own}
    told = {word: document.fields.get(name) for word, name in entity.words.items()}
    return replace(document, fields={**fields, **told})


def explained(entity: str, names: Mapping[str, str], error: ErpRejected) -> ErpError:
    """Return *error*, or which setting to change when it is that a name is not there."""
    asked = {word: name for word, name in names.items() if name}
    if not asked or not any(word in error.detail for word in _UNKNOWN_NAME):
        return error
    named = {w: n for w, n in asked.items() if _quoted(n, error.detail)} or asked
    settings = ", ".join(f'{word} = "{name}"' for word, name in named.items())
    return ErpMisconfigured(
        f"{entity}: Acumatica does not have a name it was asked for ({error.detail});"
        f" correct {settings} under [company.extra.{entity}] in countersign.toml,"
        f' or do without it: {next(iter(named))} = ""'
    )


def _quoted(name: str, text: str) -> bool:
    """Say whether *text* quotes the name, or the view or field of a dotted one."""
    parts = (name, *name.split("."))
    return any(f"'{part}'" in text or f"'{part}/" in text for part in parts)


def extras_of(entity: str, told: Mapping[str, str] | None = None) -> Extras:
    """Return the defaults of *entity* with what a company told instead. Raises ValueError."""
    known = WORDS.get(entity)
    if known is None:
        raise ValueError(f"extra: {entity!r} is none of {', '.join(WORDS)}")
    for word, name in (told or {}).items():
        _check(entity, word, name)
    return Extras(entity, {**DEFAULTS.get(entity, {}), **(told or {})})


def _check(entity: str, word: str, name: str) -> None:
    if word not in WORDS[entity]:
        known = ", ".join(WORDS[entity])
        raise ValueError(f"extra.{entity}: {word!r} is none of {known}")
    if name and not _NAME.fullmatch(name):
        raise ValueError(f"extra.{entity}.{word}: write a Field, or a View.Field of the screen")
    if word in LISTS and "." in name:
        raise ValueError(f"extra.{entity}.{word}: write the name of a list of the endpoint")


def widened(extras: Mapping[str, Extras]) -> Mapping[str, Entity]:
    """Return every kind of document as this company's endpoint has it."""
    return {name: extras[name].widened(entity) for name, entity in ENTITIES.items()}


def read_extras(told: Mapping[str, Mapping[str, str]]) -> Mapping[str, Extras]:
    """Return the extras of every entity, from a company's table. Raises ValueError."""
    unknown = sorted(set(told) - set(WORDS))
    if unknown:
        raise ValueError(f"extra: {unknown[0]!r} is none of {', '.join(WORDS)}")
    return {entity: extras_of(entity, told.get(entity)) for entity in WORDS}
