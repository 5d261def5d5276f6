"""Environment and file together: everything in them that must keep the service from starting."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from bot.checked import SettingsError, is_loopback
from bot.company_file import Company, File, read_file
from bot.core.routes import CHANNEL
from bot.settings import CALLBACK, MAKE_KEY, CompanySecrets, Settings, read_settings

FEWEST_ADMINISTRATORS = 2


def read_everything(**values: Any) -> tuple[Settings, File]:
    """Read and check the environment and the file, or raise SettingsError with every mistake."""
    settings = read_settings(**values)
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


def warnings(file: File) -> list[str]:
    """List what is safe but will be missed one day."""
    return [*_few_administrators(file), *_odd_channels(file)]


def _few_administrators(file: File) -> list[str]:
    named = {mail.strip().lower() for mail in file.administrators}
    if len(named) >= FEWEST_ADMINISTRATORS:
        return []
    return [
        f"administrators names {len(named)} of at least {FEWEST_ADMINISTRATORS} people: when nobody"
        " can tell what became of a release, two of them, neither of them who pressed, must settle"
        ' it; until then its document is blocked. Add administrators = ["MAIL", "MAIL", "MAIL"]'
        " before the first table"
    ]


def _odd_channels(file: File) -> list[str]:
    """List names that look misspelt; one that nothing binds is fine, people bind it in Teams."""
    bound = {channel.name for channel in file.channel}
    used = _channels_used(file)
    found = []
    for name in sorted(used - bound):
        if close := get_close_matches(name, bound):
            told = f"channel:{name} is bound by no [[channel]]"
            found.append(f"{told}; is {close[0]!r} meant? Else bind it in Teams")
    for name in sorted(bound - used):
        found.append(f"[[channel]] {name!r} is used by no route")
    return found


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
