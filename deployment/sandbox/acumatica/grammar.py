"""What differs in `$filter` between contract versions: literals, functions, screen fields. Pure.

`CONTRACT4` is OData v3 with contract version 4's literals; version 5 has its own in `contract5`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Function = Callable[[str, str], bool]
_LITERALS = r"""\s*(?:
      (?P<moment>{moment}) | (?P<text>'(?:[^']|'')*') | (?P<custom>{custom})
    | (?P<number>-?\d+(?:\.\d+)?{suffix}(?![\w.])) | (?P<name>[A-Za-z_][\w/]*)
    | (?P<mark>[(),])
    )"""


@dataclass(frozen=True, slots=True)
class Grammar:
    """The literals and functions of one contract version."""

    token: re.Pattern[str]
    custom: re.Pattern[str]  # a field of the screen: its type and its name
    functions: Mapping[str, Function]

    @staticmethod
    def of(
        *, moment: str, custom: str, suffix: str, functions: Mapping[str, Function]
    ) -> "Grammar":
        """A grammar from the patterns in which the versions differ."""
        nameless = custom.replace("(?P<type>", "(?:").replace("(?P<field>", "(?:")
        text = _LITERALS.format(moment=moment, custom=nameless, suffix=suffix)
        return Grammar(re.compile(text, re.VERBOSE), re.compile(custom, re.VERBOSE), functions)


CONTRACT4 = Grammar.of(
    moment=r"datetimeoffset'[^']*'",
    custom=r"cf\.(?P<type>\w+)\(\s*f\s*=\s*'(?P<field>[^']*)'\s*\)",
    suffix="[MmLlDdFf]?",
    functions={
        "substringof": lambda part, whole: part in whole,
        "startswith": lambda whole, part: whole.startswith(part),
        "endswith": lambda whole, part: whole.endswith(part),
    },
)
