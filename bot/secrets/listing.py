"""Every secret as an operator sees it: its name, where it comes from, days left; never a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.table import Table
from rich.text import Text

from bot.checked import SettingsError
from bot.company_file import File
from bot.core.expiries import Expiry
from bot.secrets.expiring import ends_of_app, ends_of_grants, ends_of_push_secrets
from bot.secrets.sources import Told, complete, sources
from bot.settings import Settings
from storage import consents, vault
from storage.database import visiting
from storage.records import Json

HEADINGS = ("SECRET", "COMES FROM", "SET", "DAYS LEFT", "")


@dataclass(frozen=True, slots=True)
class Listed:
    """One secret, and when it ends, where that is known."""

    told: Told
    expiry: Expiry | None = None


def listed(settings: Settings, companies: Iterable[str], file: File | None) -> list[Listed]:
    """List every secret there can be. Raises SettingsError where the store cannot be opened."""
    told = sources(settings, companies)
    ends = ends_of_app(_known(settings).teams)
    if file is not None:
        ends += ends_of_push_secrets(file, told)
    by_name = {one.name: one for one in ends}
    return [Listed(one, by_name.get(one.name.variable)) for one in told]


def _known(settings: Settings) -> Settings:
    """Fill in what the store keeps; without its key (`check` says so) a list is still a list."""
    try:
        return complete(settings)
    except SettingsError:
        return settings


async def sign_ins(settings: Settings, file: File) -> list[Expiry]:
    """List the sign-ins to Acumatica that are kept, and when each ends if nobody uses it."""
    path, found = settings.storage.path, []
    if not path.exists():
        return []
    async with visiting(path) as conn:
        rows = await vault.kept(conn)
        for company in file.company:
            found += ends_of_grants(company, rows, await consents.grants(conn, company.name))
    return found


def row_of_sign_in(one: Expiry, now: datetime) -> Json:
    """Return one sign-in for a program."""
    days, ends = one.days_left(now), one.ends.isoformat()
    return {"company": one.company, "login": one.name, "days_left": days, "ends": ends}


def row_of(one: Listed, now: datetime) -> Json:
    """Return one secret for a program."""
    told = one.told
    return {
        "name": told.name.variable,
        "source": told.source.value,
        "file": told.file or None,
        "set": told.since.isoformat() if told.since else None,
        "days_left": one.expiry.days_left(now) if one.expiry else None,
        "ends": one.expiry.ends.isoformat() if one.expiry else None,
        "also_in": [source.value for source in told.besides],
    }


def drawn(rows: Sequence[Listed], kept: Sequence[Expiry], now: datetime) -> Table:
    """Return them as a person reads them in a terminal."""
    table = Table(*HEADINGS, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in _cells(row, now)))
    for one in kept:
        since = _at(one.ends - one.life) if one.life else ""
        name, days = f"{one.company}: {one.name}", str(one.days_left(now))
        table.add_row(*(Text(cell) for cell in (name, "sign-in", since, days, "")))
    return table


def _cells(one: Listed, now: datetime) -> tuple[str, ...]:
    told = one.told
    where = " ".join(filter(None, (told.source.value, told.file)))
    since = _at(told.since) if told.since else ""
    days = str(one.expiry.days_left(now)) if one.expiry else ""
    twice = f"also in: {', '.join(told.besides)}" if told.besides else ""
    return told.name.variable, where, since, days, twice


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
