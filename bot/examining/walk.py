"""The whole examination: settings first, then every look in its order, without a secret in it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pydantic import BaseModel, SecretStr

from bot.checked import SettingsError
from bot.clock import Ports
from bot.company_file import Company, File
from bot.examining import (
    approvers,
    bot_registration,
    catalogue,
    channels,
    erp,
    erp_rights,
    graph,
    peers,
    push,
    secrets,
    store,
    trial,
)
from bot.examining.findings import Finding, Report, concealed
from bot.examining.instruments import Instruments, laid_out
from bot.examining.runner import Examination, Probe, Show, chosen, matches
from bot.safety import warnings
from bot.settings import Settings

_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:__[A-Z0-9_<>]+)+")
SHORTEST = 6
"""Characters of a secret that are worth hiding; shorter ones stand in half of all words."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What of all this somebody wants."""

    company: str = ""
    only: str = ""
    """A check, or the subject of several."""
    push: bool = False
    post: str = ""
    """The channel a test card is posted to."""


async def examine(
    read: Callable[[], tuple[Settings, File]], ports: Ports, wish: Wish, show: Show
) -> Report:
    """Look at everything, whatever fails; *read* brings the settings, or every mistake in them.

    Raises SettingsError for a company nobody knows.
    """
    try:
        settings, file = read()
    except SettingsError as error:
        return _narrowed(_unread(error), wish)
    companies = file.companies(wish.company)
    async with laid_out(settings, file, ports) as see:
        probes = _probes(see, wish, companies)
        wanted = chosen(probes, wish.only) if wish.only else probes
        report = await Examination().run(wanted, show)
    hidden = Report(concealed(report.findings, list(_secrets(settings))))
    return _narrowed(hidden, wish)


def _narrowed(report: Report, wish: Wish) -> Report:
    if not wish.only:
        return report
    return Report(tuple(one for one in report.findings if matches(one.check, wish.only)))


# --- without settings -----------------------------------------------------------------------


def _unread(error: SettingsError) -> Report:
    """Report every mistake in the settings; nothing else can be looked at."""
    mistakes = [_mistake(problem) for problem in error.problems]
    others = [
        check.unknown(f"because of {catalogue.SETTINGS.id}")
        for check in catalogue.CHECKS.values()
        if check is not catalogue.SETTINGS and not check.asked_only
    ]
    return Report((*mistakes, *others))


def _mistake(problem: str) -> Finding:
    """Say where a mistake stands: its variable, else the file and the key in it."""
    variable, parts = _VARIABLE.search(problem), problem.split(": ", 2)
    place = variable[0] if variable else ": ".join(parts[:2] if len(parts) > 2 else parts[:1])
    step = f"correct {place}, then `uv run app.py check`"
    return catalogue.SETTINGS.failed(problem, step, place=place)


# --- with them ------------------------------------------------------------------------------


def _probes(see: Instruments, wish: Wish, companies: Sequence[Company]) -> list[Probe]:
    """List every look, those others need first."""
    found = [
        Probe((catalogue.SETTINGS, catalogue.ADVICE), partial(_settings, see)),
        *store.probes(see),
        *secrets.probes(see),
        *peers.probes(see),
    ]
    for company in companies:
        found += erp.probes(see, company)
    found.append(peers.clock_probe(see))
    for company in companies:
        found += erp_rights.probes(see, company)
        found += erp.last_probes(see, company)
        found += push.probes(see, company, wait=wish.push)
    found += [*bot_registration.probes(see), *channels.probes(see)]
    found += trial.probes(see, wish.post)
    found += graph.probes(see)
    for company in companies:
        found += approvers.probes(see, company)
    return found


async def _settings(see: Instruments) -> AsyncIterator[Finding]:
    config = str(see.settings.config)
    yield catalogue.SETTINGS.ok(f"the environment and {config}")
    told = warnings(see.settings, see.file)
    for number, advice in enumerate(told, 1):
        yield catalogue.ADVICE.warning(advice, "as it says", place=config, subject=str(number))
    if not told:
        yield catalogue.ADVICE.ok("nothing to say")


def _secrets(settings: Settings) -> Iterator[str]:
    """Yield every secret of the settings, each key of a list by itself."""
    for value in _texts(settings):
        for part in {value, *value.split(",")}:
            if len(part.strip()) >= SHORTEST:
                yield part.strip()


def _texts(model: BaseModel) -> Iterator[str]:
    for _, value in model:
        inner = value.values() if isinstance(value, dict) else (value,)
        for one in inner:
            if isinstance(one, SecretStr):
                yield one.get_secret_value()
            elif isinstance(one, BaseModel):
                yield from _texts(one)
