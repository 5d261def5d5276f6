"""How an entity of an endpoint is written down: keys, fields, lists and screen fields, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a field holds, and so how it is written on the wire."""

    TEXT = "S"
    DECIMAL = "D"
    FLAG = "B"
    DAY = "T"
    MOMENT = "M"
    COUNT = "I"
    GUID = "G"


Table = Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class ScreenField:
    """Where a field of the screen that the endpoint lacks (`$custom`) takes its value from."""

    hidden: str = ""
    field: str = ""
    type: str = "CustomStringField"

    @property
    def kind(self) -> Kind:
        """What the field holds, as its custom type says."""
        return CUSTOM_KINDS[self.type]


CUSTOM_KINDS: Mapping[str, Kind] = {
    "CustomStringField": Kind.TEXT,
    "CustomDecimalField": Kind.DECIMAL,
    "CustomBooleanField": Kind.FLAG,
    "CustomDateTimeField": Kind.MOMENT,
    "CustomIntField": Kind.COUNT,
    "CustomGuidField": Kind.GUID,
}


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity of the endpoint and the screen behind it.

    A list or linked part inside another has a `/` in its name: `MainContact/Address`.
    """

    name: str
    screen: str
    form: str
    graph: str
    view: str
    keys: tuple[str, ...]
    fields: Table
    lists: Mapping[str, Table] = field(default_factory=dict)
    linked: Mapping[str, Table] = field(default_factory=dict)
    custom: Mapping[str, ScreenField] = field(default_factory=dict)
    line_custom: Mapping[str, ScreenField] = field(default_factory=dict)  # of Details
    types: Mapping[str, str] = field(default_factory=dict)  # label → code of a deep link
    number: str = ""  # how a new number is written
    party: str = ""  # the field that names vendor or customer
    amount: str = ""
    list_errors: Mapping[str, str] = field(default_factory=dict)  # views a list cannot read
    unreadable: frozenset[str] = frozenset()  # kept by the ERP, yet empty on every GET
    views: Mapping[str, str] = field(default_factory=dict)  # fields of another view than `view`
    from_hidden: Mapping[str, str] = field(default_factory=dict)  # fields an extension maps
    schemas: Mapping[str, str] = field(default_factory=dict)  # OpenAPI names of lists and parts

    def part(self, name: str) -> Table:
        """The table of a list or linked part; empty when there is none."""
        return self.lists.get(name) or self.linked.get(name) or {}


def columns(text: str = "", **others: str) -> Table:
    """A field table: names of texts, then of other kinds under the letter of their kind."""
    kinds = dict.fromkeys(text.split(), Kind.TEXT)
    for letter, names in others.items():
        kinds |= {name: Kind(letter) for name in names.split()}
    return dict(sorted(kinds.items()))


ADDRESS = columns("AddressLine1 AddressLine2 City Country PostalCode State", B="Validated")
CONTACT = columns(
    "Attention Email Fax FirstName FullName DisplayName LastName MiddleName Phone1 Phone1Type"
    " Phone2 Phone2Type Phone3 Title WebSite",
    T="DateOfBirth",
)
