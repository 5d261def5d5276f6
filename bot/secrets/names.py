"""The names of secrets: those of their variables, with a row each in the vault (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from pydantic import BaseModel, SecretStr

from bot.checked import SettingsError
from bot.settings import CompanySecrets, Settings

PREFIX = "setting "
"""Begins the names of settings in the vault; what comes into being at run time has others."""
APART = ("encryption", "audit")
"""Sections whose keys never lie in the store: they open and prove what lies there."""
COMPANIES = "acumatica"


@dataclass(frozen=True, slots=True, order=True)
class SecretName:
    """One setting that is secret."""

    section: str
    field: str
    company: str = ""

    @property
    def variable(self) -> str:
        """The variable of the environment it is read from."""
        return "__".join(filter(None, (self.section, self.company, self.field))).upper()

    @property
    def row(self) -> str:
        """Its name in the vault, beside the company's."""
        return f"{PREFIX}{self.section}.{self.field}"


def of_row(company: str, row: str) -> SecretName | None:
    """Return the setting a row of the vault keeps; None for what is no setting."""
    section, _, field = row.removeprefix(PREFIX).partition(".")
    known = row.startswith(PREFIX) and (section, field) in _fields()
    return SecretName(section, field, company) if known else None


def secret_names(companies: Iterable[str]) -> list[SecretName]:
    """List every secret setting there can be, those of each company last."""
    ours = [SecretName(section, field) for section, field in _fields() if section != COMPANIES]
    names = [field for section, field in _fields() if section == COMPANIES]
    return [*ours, *(SecretName(COMPANIES, field, one) for one in companies for field in names)]


def read_name(text: str, companies: Iterable[str]) -> SecretName:
    """Read a name as its variable is written, or with dots: `acumatica.acme.password`.

    Raises SettingsError with the name that is perhaps meant.
    """
    wanted = re.sub(r"\.", "__", text.strip()).upper()
    if wanted.partition("__")[0].lower() in APART:
        raise SettingsError(
            [f"{wanted} cannot lie in the store, which it opens or proves: set it from outside"]
        )
    known = {name.variable: name for name in secret_names(companies)}
    if wanted not in known:
        close = get_close_matches(wanted, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"known are: {', '.join(known)}"
        raise SettingsError([f"{wanted[:80]} is no secret setting; {hint}"])
    return known[wanted]


@cache
def _fields() -> tuple[tuple[str, str], ...]:
    return tuple(_secret_fields())


def _secret_fields() -> Iterator[tuple[str, str]]:
    for section, field in Settings.model_fields.items():
        model = CompanySecrets if section == COMPANIES else field.annotation
        if section in APART or not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        for name, inner in model.model_fields.items():
            if inner.annotation is SecretStr:
                yield section, name
