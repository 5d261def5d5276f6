"""Types of settings that refuse what is unsafe, and one error that lists every mistake."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    WithJsonSchema,
)

from bot.toml_lines import Place, line_at


class SettingsError(Exception):
    """The configuration is wrong or unsafe; `problems` has one sentence for each mistake."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def is_loopback(url: str) -> bool:
    """Say whether *url* leads to this machine only."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _safe_url(url: str) -> str:
    parts = urlsplit(url)
    # Neither sentence quotes the address: a password may stand in it.
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("write an https address, without user name and password")
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError(f"{parts.hostname!r} must be https; http is for loopback only")
    return url


def _url_or_none(url: str) -> str:
    return _safe_url(url) if url else url


def _seconds(value: Any) -> Any:
    """Read `30s`, `5m`, `2h`, `14d` as a span of time."""
    match = re.fullmatch(r"0*([1-9]\d{0,6})\s*([smhd])", value) if isinstance(value, str) else None
    if not match:
        raise ValueError("write a span of time above zero as 30s, 5m, 2h or 14d")
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: int(match[1])})


def _of_day(value: Any) -> Any:
    """Read `02:30` as a time of day."""
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
    if not match:
        raise ValueError("write a time of day as 02:30")
    return time(int(match[1]), int(match[2]))


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder's name is an OSError
        raise ValueError(f"{name!r} is no time zone (write it like America/Chicago)") from error
    return name


Url = Annotated[str, AfterValidator(_safe_url)]
UrlOrNone = Annotated[str, AfterValidator(_url_or_none)]
SPAN = {"type": "string", "pattern": r"^0*[1-9]\d{0,6}\s*[smhd]$"}
"""How a span of time is written, for editors."""
TIME_OF_DAY = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}
Span = Annotated[timedelta, BeforeValidator(_seconds), WithJsonSchema(SPAN)]
Zone = Annotated[str, AfterValidator(_zone)]
TimeOfDay = Annotated[time, BeforeValidator(_of_day), WithJsonSchema(TIME_OF_DAY)]


class Strict(BaseModel):
    """Refuses keys it does not know: a misspelt setting must not become a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def together(*checks: Callable[[], object]) -> None:
    """Make every check, and raise one ValueError with a line for each that raised one."""
    told = [text for check in checks if (text := _problem(check))]
    if told:
        raise ValueError("\n".join(told))


def _problem(check: Callable[[], object]) -> str:
    try:
        check()
    except ValueError as error:
        return str(error)
    return ""


def meant(word: str, known: Iterable[str]) -> str:
    """Name the known word that is closest to one nobody knows, as the end of a sentence."""
    close = get_close_matches(word, list(known), 1)
    return f"; is {close[0]!r} meant?" if close else ""


_WORDS = {
    "extra_forbidden": "nobody knows this key; is it misspelt?",
    "missing": "is missing",
    "string_type": "write a text in quotes",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "decimal_type": "write a number",
    "decimal_parsing": "write a number",
    "float_type": "write a number",
    "float_parsing": "write a number",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "tuple_type": "write a list in [ ]",
    "model_type": "write a table with its keys",
    "dict_type": "write a table with its keys",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "write {expected}",
    "string_too_long": "has more than {max_length} characters",
}
"""What pydantic finds, in words of the file."""
COMPANY_NAME = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
LOCALE = r"^[a-z]{2}(-[A-Z]{2})?$"
CHANNEL_ID = r"^19:\S+$"
_WRITTEN = {
    COMPANY_NAME: "write small letters, digits and _ between them, like acme_east",
    LOCALE: "write it like en-US",
    CHANNEL_ID: "a channel's id begins with 19:",
}
"""How what must match a pattern is written."""


def _plain(problem: Mapping[str, Any]) -> str:
    """Say what is wrong in words of the file, where we have them; drop pydantic's preambles."""
    told = problem.get("ctx", {})
    if problem["type"] == "string_pattern_mismatch":
        return _WRITTEN.get(told["pattern"], f"must match {told['pattern']}")
    words = _WORDS.get(problem["type"])
    return words.format(**told) if words else problem["msg"].removeprefix("Value error, ")


def in_file(place: Sequence[str | int]) -> str:
    """Say where something stands in the file as people count: `route 2.to`, the first is 1."""
    told = (f" {part + 1}" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(told).removeprefix(".")


def mistakes(
    error: ValidationError,
    model: type[BaseModel],
    place: Callable[[Sequence[str | int]], str] = in_file,
    *,
    path: Path | None = None,
    lines: Mapping[Place, int] | None = None,
) -> list[str]:
    """Return one line for each mistake: where, and what; never the value, which may be secret.

    With *path* and *lines* it begins with the file and the line.
    """
    return [
        placed(
            one["loc"],
            f"{place(one['loc']) or 'file'}: {text}{_meant(model, one, place)}",
            path, lines or {}, key=text.partition(":")[0],
        )
        for one in error.errors(include_input=False, include_url=False)
        for text in _plain(one).splitlines()
    ]  # fmt: skip


def placed(
    place: Sequence[str | int], told: str, path: Path | None, lines: Mapping[Place, int],
    *, key: str = "",
) -> str:  # fmt: skip
    """Put the file and the line in front of what is wrong at *place*, or at *key* in there."""
    if path is None:
        return told
    line = line_at(lines, (*place, key))
    return f"{path}{f', line {line}' if line else ''}: {told}"


def _meant(
    model: type[BaseModel], one: Mapping[str, Any], place: Callable[[Sequence[str | int]], str]
) -> str:
    """Name the known key that is closest to one nobody knows."""
    if one["type"] != "extra_forbidden":
        return ""
    *above, key = one["loc"]
    for part in above:
        field = model.model_fields.get(str(part))
        # A number is a place in a list, and a name of a company one in a table: same model.
        model = next(_models(field.annotation), model) if field else model
    known = [field.alias or name for name, field in model.model_fields.items()]
    close = get_close_matches(str(key), known, 1)
    return f" Did you mean {place(close)}?" if close else ""


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    """Find the models in an annotation such as `tuple[Company, ...]`."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from _models(inner)
