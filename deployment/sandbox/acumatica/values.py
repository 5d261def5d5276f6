"""Single values: what an ERP user or a client wrote, read into the field's own type, and back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation

from .fields import Kind, Table

Value = str | Decimal | bool | int | date | datetime | None
Fields = Mapping[str, Value]
Lines = tuple[Fields, ...]
TOO_LARGE = Decimal("1e15")  # the first amount no field can hold
_DECIMALS = Decimal("0.0001")

_TELLING = {
    Kind.TEXT: "a text",
    Kind.GUID: "a GUID",
    Kind.DECIMAL: "a number",
    Kind.COUNT: "a whole number",
    Kind.FLAG: "true or false",
    Kind.DAY: "a date such as 2026-11-02",
    Kind.MOMENT: "a date and time such as 2026-11-02T14:31:28Z",
}


class WrongValue(ValueError):
    """A value that its field cannot hold; the text says what it can."""


def read_value(kind: Kind, raw: object) -> Value:
    """Turn a JSON value into the field's type; numbers may come as strings, as the ERP allows."""
    if raw is None:
        return None
    try:
        return _READERS[kind](raw)
    except (TypeError, ValueError, OverflowError, InvalidOperation):
        raise WrongValue(f"must be {_TELLING[kind]}, not {raw!r}") from None


def plain(value: Value) -> object:
    """The value as JSON without wrapper or zone arithmetic, for the doors and the store."""
    if isinstance(value, datetime):
        return moment_text(value.astimezone(UTC))
    if isinstance(value, date):
        return value.isoformat()
    return value


def plain_fields(fields: Fields) -> dict[str, object]:
    """All values of a record or line, plain."""
    return {name: plain(value) for name, value in fields.items()}


def read_stored(table: Table, row: Mapping[str, object]) -> dict[str, Value]:
    """The reverse of `plain_fields`, for what the store gives back."""
    return {name: read_value(table[name], raw) for name, raw in row.items()}


def moment_text(moment: datetime) -> str:
    """An instant as the ERP writes it: 0–3 digits of a second, trailing zeros trimmed."""
    # Not strftime: its years below 1000 lack their zeros on some systems.
    whole, offset = moment.isoformat()[:19], moment.strftime("%z")
    fraction = f".{moment.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return f"{whole}{fraction}{offset[:3]}:{offset[3:]}"


def midnight(day: date, zone: tzinfo) -> datetime:
    """A date-only field as the ERP sees it: midnight with the server's offset."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def sql_moment(moment: datetime) -> datetime:
    """SQL Server's datetime keeps steps of 1/300 s; whole milliseconds end in 0, 3 or 7."""
    steps = moment.microsecond * 300 // 1_000_000
    return moment.astimezone(UTC).replace(microsecond=round(steps * 1000 / 300) * 1000)


def _text(raw: object) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        raise TypeError
    return str(raw)


def _decimal(raw: object) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise TypeError
    number = Decimal(str(raw))
    if not number.is_finite() or abs(number) >= TOO_LARGE:
        raise ValueError
    return number.quantize(_DECIMALS)


def _count(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise TypeError
    number = int(raw)
    if abs(number) >= 2**31:
        raise ValueError
    return number


def _flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if raw not in ("true", "false"):
        raise ValueError
    return raw == "true"


def _day(raw: object) -> date:
    return date.fromisoformat(_text(raw)[:10])


def _moment(raw: object) -> datetime:
    moment = datetime.fromisoformat(_text(raw))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not date.min.year < moment.year < date.max.year:
        raise ValueError  # another zone would put it outside the calendar
    return moment


_READERS: Mapping[Kind, Callable[[object], Value]] = {
    Kind.TEXT: _text,
    Kind.GUID: _text,
    Kind.DECIMAL: _decimal,
    Kind.COUNT: _count,
    Kind.FLAG: _flag,
    Kind.DAY: _day,
    Kind.MOMENT: _moment,
}


def dotnet_ticks(moment: datetime) -> int:
    """100 ns since the year 1, as .NET counts: the ordering key of push notifications."""
    delta = moment.astimezone(UTC) - datetime(1, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 10_000_000 + delta.microseconds * 10


def product(quantity: Value, price: Value) -> Decimal | None:
    """Quantity times price as a field keeps it; None when one is empty or no field can hold it."""
    if not isinstance(quantity, Decimal) or not isinstance(price, Decimal):
        return None
    worth = quantity * price
    return worth.quantize(_DECIMALS) if abs(worth) < TOO_LARGE else None


def line_sum(lines: Sequence[Fields], field: str) -> Decimal:
    """What the lines add up to in one column."""
    return sum((x for line in lines if isinstance(x := line.get(field), Decimal)), Decimal(0))
