"""The query of a GET: `$filter`, `$select`, `$expand`, `$custom`, `$skip`, `$top`. Pure but for
raising the ERP's refusals; there is no order and no count in contract version 4.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial

from . import refusals
from .book import Record
from .fields import Entity, Kind
from .filters import BadFilter, Read, parse_filter
from .refusals import px_error
from .values import Value
from .wire import UnknownName, View, check_view


@dataclass(frozen=True, slots=True)
class Query:
    """What one request asks of one entity."""

    entity: Entity
    params: Mapping[str, str]
    base: str
    zone: tzinfo

    def view(self) -> View:
        """What to show of a record; a name the endpoint lacks is a 500."""
        view = View(
            base=self.base,
            zone=self.zone,
            select=frozenset(self._names("$select")),
            expand=frozenset(self._names("$expand")),
            custom=tuple(self._names("$custom")),
        )
        try:
            check_view(self.entity, view)
        except UnknownName as unknown:
            raise refusals.unknown_name(str(unknown)) from None
        return view

    def condition(self) -> Callable[[Record], bool]:
        """The `$filter`; one that cannot be read is a 500, not a 400."""
        text = self.params.get("$filter", "").strip()
        if not text:
            return lambda _: True
        try:
            condition = parse_filter(text, partial(_kind_of, self.entity), self.zone)
        except BadFilter as bad:
            raise px_error(str(bad), "Microsoft.Data.OData.ODataException") from None
        except KeyError as unknown:
            raise refusals.unknown_name(str(unknown.args[0])) from None
        return lambda record: condition(_reader(record))

    def page(self, records: Sequence[Record]) -> Sequence[Record]:
        """`$skip` first, then `$top`; without `$top` everything."""
        skip, top = self._whole("$skip") or 0, self._whole("$top")
        return records[skip:] if top is None else records[skip : skip + top]

    def refuse_delegates(self, view: View) -> None:
        """A list is an optimised export, which a view with a delegate breaks; by key it works."""
        for name in view.expand:
            if name in self.entity.list_errors:
                raise px_error(
                    "Optimization cannot be performed. The following fields cause the error: "
                    f"{name}: View {self.entity.list_errors[name]} has BQL delegate",
                    "PX.Api.ContractBased.OptimizedExport.CannotOptimizeException",
                )

    def _names(self, parameter: str) -> list[str]:
        names = self.params.get(parameter, "").split(",")
        return [name.strip() for name in names if name.strip()]

    def _whole(self, name: str) -> int | None:
        text = self.params.get(name)
        if text is None:
            return None
        if not text.isdecimal():
            raise refusals.bad_request(name, f"The value '{text}' is not valid for {name}.")
        return int(text)


def _kind_of(entity: Entity, name: str) -> Kind:
    part, _, column = name.partition("/")
    return entity.linked[part][column] if column else entity.fields[name]


def _reader(record: Record) -> Read:
    def read(name: str) -> Value:
        part, _, column = name.partition("/")
        return record.linked.get(part, {}).get(column) if column else record.fields.get(name)

    return read
