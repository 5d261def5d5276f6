"""The query of a GET: `$filter`, `$select`, `$expand`, `$custom`, `$skip`, `$top`. Pure but for
raising the ERP's refusals; there is no order and no count in the contract API.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from . import contract5, refusals
from .book import Record
from .fields import Entity, Kind
from .filters import BadFilter, Read, parse_filter
from .grammar import CONTRACT4
from .refusals import px_error
from .values import Value
from .wire import UnknownName, View, check_view, custom_value, plain_writer, readable

_DIGITS = 10  # of a 32-bit number
_ODATA = "Microsoft.Data.OData.ODataException"


@dataclass(frozen=True, slots=True)
class Query:
    """What one request asks of one entity."""

    entity: Entity
    params: Mapping[str, str]
    base: str
    zone: tzinfo
    contract: int = 4

    def view(self) -> View:
        """What to show of a record; a name the endpoint lacks is a 500."""
        try:
            view = self._view5() if self.contract == 5 else self._view4()
            check_view(view)
        except UnknownName as unknown:
            raise refusals.unknown_name(str(unknown)) from None
        except BadFilter as bad:
            raise px_error(str(bad), _ODATA) from None
        return view

    def _view4(self) -> View:
        expand = {head for name in self._names("$expand") for head in _heads(name)}
        return View(
            entity=self.entity,
            base=self.base,
            write=plain_writer(self.zone),
            select=frozenset(self._names("$select")),
            expand=frozenset(expand),
            custom=tuple(self._names("$custom")),
        )

    def _view5(self) -> View:
        if "$custom" in self.params:
            raise refusals.bad_request("$custom", "The $custom parameter is not supported.")
        asked = contract5.read_shape(
            self.entity, self.params.get("$select", ""), self.params.get("$expand", "")
        )
        return View(
            entity=self.entity,
            base=self.base,
            write=contract5.writer(self.entity, self.zone),
            select=asked.select,
            expand=asked.expand,
            custom=asked.custom,
        )

    def condition(self) -> Callable[[Record], bool]:
        """The `$filter`; one that cannot be read is a 500, not a 400."""
        text = self.params.get("$filter", "").strip()
        if not text:
            return lambda _: True
        used: set[str] = set()
        try:
            condition = self._parsed(text, used)
        except BadFilter as bad:
            raise px_error(str(bad), _ODATA) from None
        except KeyError as unknown:
            raise refusals.unknown_name(str(unknown.args[0])) from None
        if len({self.entity.views.get(name, self.entity.view) for name in used}) > 1:
            # Fields of two data views in one filter: nothing is found, though each half works.
            return lambda _: False
        return lambda record: condition(_reader(self.entity, record))

    def _parsed(self, text: str, used: set[str]) -> Callable[[Read], bool]:
        def kind_of(name: str) -> Kind:
            used.update({name} & set(self.entity.fields))
            return _kind_of(self.entity, name)

        if self.contract == 4:
            return parse_filter(text, kind_of, self.zone, CONTRACT4)
        condition = parse_filter(text, kind_of, self.zone, contract5.GRAMMAR)
        return lambda read: condition(contract5.reader(self.entity, read))

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
        if not text.isdecimal() or len(text) > _DIGITS:
            raise refusals.bad_request(name, f"The value '{text}' is not valid for {name}.")
        return int(text)


def _heads(name: str) -> list[str]:
    """A nested name asks for what it lies in too: `Details/Allocations`, so `Details`."""
    parts = name.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]


def _kind_of(entity: Entity, name: str) -> Kind:
    if "." in name:
        return entity.custom[name].kind
    part, _, column = name.rpartition("/")
    return entity.linked[part][column] if part else entity.fields[name]


def _reader(entity: Entity, record: Record) -> Read:
    fields = readable(entity, record)

    def read(name: str) -> Value:
        if "." in name:
            return custom_value(entity.custom[name], record.fields, record.hidden)
        part, _, column = name.rpartition("/")
        return record.linked.get(part, {}).get(column) if part else fields.get(name)

    return read
