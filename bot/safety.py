"""Environment and file together: everything in them that must keep the service from starting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, NamedTuple

from bot.checked import SettingsError, is_loopback
from bot.company_file import Company, File, read_file
from bot.core.routes import CHANNEL
from bot.core.shadows import flaws
from bot.secrets.sources import doubles, read_complete
from bot.settings import CALLBACK, MAKE_KEY, CompanySecrets, Settings
from bot.toml_lines import Place

FEWEST_ADMINISTRATORS = 2
NEARLY = 0.9
"""How alike two names of channels are, of which one is a slip; east and west are not."""


def read_everything(**values: Any) -> tuple[Settings, File]:
    """Read and check the environment and the file, or raise SettingsError with every mistake."""
    settings = read_complete(**values)
    try:
        file = read_file(settings.config)
    except SettingsError as error:
        known = _of_environment(settings)
        for name, secrets in settings.acumatica.items():
            # The way of signing in stands in the file; the secrets tell which one was meant.
            known += secrets.missing(name, oauth=bool(secrets.client_secret.get_secret_value()))
            known += secrets.weak(name)
        raise SettingsError([*known, *error.problems]) from error
    problems = unsafe(settings, file)
    if problems:
        raise SettingsError(problems)
    return settings, file


class Oddity(NamedTuple):
    """Something that is safe but surely not meant, or will be missed one day."""

    place: Place
    """Where in the file; empty where nothing stands."""
    told: str


def warnings(settings: Settings, file: File) -> list[str]:
    """List what is safe but will be missed one day."""
    return [one.told for one in oddities(settings, file)]


def oddities(settings: Settings, file: File) -> list[Oddity]:
    """List the same with the places in the file."""
    everywhere = [*_few_administrators(file), *doubles(settings)]
    return [
        *(Oddity((), told) for told in everywhere),
        *_odd_channels(file),
        *_odd_routes(file),
    ]


def _odd_routes(file: File) -> Iterator[Oddity]:
    """Tell of routes nothing reaches, and of people who could never decide."""
    for company in file.company:
        rows = [n for n, route in enumerate(file.route) if route.company == company.name]
        routes = [file.route[row] for row in rows]
        for flaw in flaws(routes, file.overrides(company.name)):
            where = f"{company.name}: route {flaw.route + 1}"
            key = f".{flaw.key}" if flaw.key else ""
            yield Oddity(("route", rows[flaw.route], flaw.key), f"{where}{key} {flaw.told}")


def _few_administrators(file: File) -> list[str]:
    # Two accounts the file itself calls one employee are one human.
    employee = {one.email.strip().lower(): one.employee for one in file.person if one.employee}
    mails = (mail.strip().lower() for mail in file.administrators)
    named = {employee.get(mail, mail) for mail in mails}
    if len(named) >= FEWEST_ADMINISTRATORS:
        return []
    return [
        f"administrators names {len(named)} of at least {FEWEST_ADMINISTRATORS} people: when nobody"
        " can tell what became of a release, two of them, neither of them who pressed, must settle"
        ' it; until then its document is blocked. Add administrators = ["MAIL", "MAIL", "MAIL"]'
        " before the first table"
    ]


def _odd_channels(file: File) -> list[Oddity]:
    """List names that look misspelt; one that nothing binds is fine, people bind it in Teams."""
    bound = {channel.name for channel in file.channel}
    used = _channels_used(file)
    found = []
    for name in sorted(used - bound):
        if close := get_close_matches(name, bound):
            told = f"channel:{name} is bound by no [[channel]]"
            told += f"; is {close[0]!r} meant? Else bind it in Teams"
            found.append(Oddity(_first_use(file, name), told))
    for number, channel in enumerate(file.channel):
        if channel.name not in used:
            told = f"[[channel]] {channel.name!r} is used by no route"
            found.append(Oddity(("channel", number, "name"), told))
    return [*found, *_alike(file, used - bound)]


def _alike(file: File, names: set[str]) -> Iterator[Oddity]:
    """Tell of a name that one place uses, and that is almost one that others use."""
    often = Counter(word.removeprefix(CHANNEL) for route in file.route for word in route.to)
    for name in sorted(names):
        others = [other for other in often if often[other] > often[name]]
        if often[name] == 1 and (close := get_close_matches(name, others, 1, NEARLY)):
            told = f"channel:{name} is used once; is {close[0]!r} meant, which others use?"
            yield Oddity(_first_use(file, name), told)


def _first_use(file: File, name: str) -> Place:
    rows = (n for n, route in enumerate(file.route) if f"{CHANNEL}{name}" in route.to)
    row = next(rows, None)
    return () if row is None else ("route", row, "to")


def _channels_used(file: File) -> set[str]:
    """Return every channel name that routes and fallbacks send to, and the audit trail's."""
    words = [word for route in file.route for word in route.to]
    words += [word for company in file.company for word in company.fallback]
    words += [f"{CHANNEL}{file.audit_channel}"] if file.audit_channel else []
    return {word.removeprefix(CHANNEL).strip() for word in words if word.startswith(CHANNEL)}


def unsafe(settings: Settings, file: File) -> list[str]:
    """List everything that must keep the service from starting."""
    found = _of_environment(settings)
    for company in file.company:
        found += _unsafe_company(settings, company)
    names = {company.name for company in file.company}
    for stranger in sorted(settings.acumatica.keys() - names):
        found.append(f"ACUMATICA__{stranger.upper()}__…: the file has no company {stranger!r}")
    return found


def _of_environment(settings: Settings) -> list[str]:
    return [
        *settings.teams.problems(),
        *settings.exposed(),
        *settings.storage.problems(),
        *settings.server.problems(),
        *settings.encryption.problems(),
        *settings.audit.problems(),
        *settings.admin.problems(settings.server.public_url),
        *_unsealed(settings),
    ]


def _unsealed(settings: Settings) -> list[str]:
    """List what is missing for messages that come sealed to a certificate of ours."""
    if settings.teams.notices != "rich" or settings.encryption.listed:
        return []
    key = "the key of the certificate must be sealed"
    return [f"ENCRYPTION__KEYS is empty: with TEAMS__NOTICES=rich {key}; {MAKE_KEY}"]


def _unsafe_company(settings: Settings, company: Company) -> list[str]:
    secrets = settings.acumatica.get(company.name, CompanySecrets())
    oauth, person = company.sign_in == "oauth", company.act_as == "person"
    found = secrets.missing(company.name, oauth=oauth, person=person)
    found += [*secrets.strays(company), *secrets.weak(company.name)]
    if person:
        found += _unsafe_person(company, secrets)
    if settings.teams.playground and not is_loopback(company.url):
        found.append(f"company {company.name!r}: TEAMS__PLAYGROUND goes with a stand-in only")
    if needs_vault(company, secrets) and not settings.encryption.listed:
        found.append(
            f"ENCRYPTION__KEYS is empty: refresh tokens of {company.name!r} must be sealed;"
            f" {MAKE_KEY}"
        )
    if needs_vault(company, secrets) and not settings.server.public_url:
        found.append(
            f"SERVER__PUBLIC_URL is empty: {company.name!r} needs an address to which Acumatica"
            f" sends a consent back ({CALLBACK})"
        )
    return found


def _unsafe_person(company: Company, secrets: CompanySecrets) -> list[str]:
    """List what forbids that decisions are carried out by the Acumatica user of who decided."""
    found = []
    if company.sign_in == "oauth" and secrets.has_password:
        found.append(
            f"company {company.name!r}: a connected application allows one flow, and people connect"
            f" by consent: leave the password out and run: uv run app.py connect {company.name}"
        )
    if company.seats < 2:
        found.append(
            f"company {company.name!r}: acting as the person needs seats = 2: one reads while the"
            " person's own acts"
        )
    return found


def needs_vault(company: Company, secrets: CompanySecrets) -> bool:
    """Say whether refresh tokens of this company have to be kept."""
    by_consent = company.sign_in == "oauth" and not secrets.has_password
    return by_consent or company.act_as == "person"
