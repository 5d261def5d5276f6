"""What an export is asked for: a document, or a time in days or moments. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from acumatica_client.models import DocumentKey
from bot.checked import SettingsError
from storage.audit import Wanted

_ONE = "say --document Bill/Bill/004512, or --from 2026-11-01 and --to 2026-11-30"


def read_wanted(document: str, since: str, until: str, company: str) -> Wanted:
    """Read what was asked for; raises SettingsError with what to write instead."""
    if bool(document) == bool(since or until):
        raise SettingsError([_ONE])
    if document:
        return Wanted(company, _key(document))
    if not (since and until):
        raise SettingsError([_ONE])
    first, last = _moment(since, "--from"), _moment(until, "--to", end=True)
    if first >= last:
        raise SettingsError([f"--from {since} must come before --to {until}"])
    return Wanted(company, "", first, last)


def _key(document: str) -> str:
    try:
        return str(DocumentKey.parse(document))
    except ValueError as error:
        raise SettingsError([f"--document {document}: write it like Bill/Bill/004512"]) from error


def _moment(text: str, option: str, *, end: bool = False) -> datetime:
    """Read a day, of which *end* means all of it, or a moment; both are UTC unless they say."""
    try:
        if len(text) == len("2026-11-01"):
            day = date.fromisoformat(text) + timedelta(days=end)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise SettingsError([f"{option} {text}: write a day like 2026-11-01"]) from error
