"""When the secrets of this service end, as far as it is known; nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from bot.company_file import Company, File
from bot.core.expiries import Expiry, Kind, at_begin
from bot.core.graph import APPLICATION, read_secret_end, secret_path
from bot.credentials import certificate_ends
from bot.people.graph import Graph
from bot.secrets.sources import Told
from bot.settings import Settings, TeamsSettings
from bot.signing_in.sign_ins import SERVICE_GRANT
from bot.tokens import Tokens
from storage.records import PersonGrant
from storage.vault import Kept

PUSH = "push_secret"


def ends_of_app(teams: TeamsSettings, graph_says: datetime | None = None) -> list[Expiry]:
    """Say when what the app proves itself with ends; what the setting says counts before Graph."""
    if teams.has_certificate:
        ends = certificate_ends(teams.certificate.get_secret_value())
        return [Expiry(Kind.CERTIFICATE, "TEAMS__CERTIFICATE", ends)] if ends else []
    if not teams.client_secret:
        return []
    named = teams.client_secret_ends
    known = at_begin(named) if isinstance(named, date) else graph_says
    return [Expiry(Kind.SECRET, "TEAMS__CLIENT_SECRET", known)] if known else []


async def told_by_graph(teams: TeamsSettings, graph: Graph, tokens: Tokens) -> datetime | None:
    """Ask Graph when the client secret ends; None where it may not be asked or is not sure.

    Raises GraphError and TokenRefused.
    """
    if not APPLICATION.granted(await tokens.roles()):
        return None
    found = await graph.get(secret_path(teams.app_id))
    return read_secret_end(found, teams.client_secret.get_secret_value())


def ends_of_grants(
    company: Company, kept: Iterable[Kept], grants: Sequence[PersonGrant]
) -> list[Expiry]:
    """Say when sign-ins to a company's ERP end if nobody uses them until then."""
    life, found = company.grant_life, []
    logins: Mapping[str, str] = {one.secret: one.login for one in grants}
    for row in kept:
        if row.company != company.name:
            continue
        if row.name == SERVICE_GRANT:
            kind, name = Kind.SERVICE_GRANT, "the service's sign-in"
        elif row.name in logins:
            kind, name = Kind.PERSON_GRANT, logins[row.name]
        else:
            continue
        found.append(Expiry(kind, name, row.since + life, company.name, life))
    return found


def ends_of_push_secrets(file: File, told: Iterable[Told]) -> list[Expiry]:
    """Say when push secrets are too old; only the store knows since when they are what they are."""
    ages = {company.name: company.push_secret_age for company in file.company}
    return [
        Expiry(Kind.PUSH_SECRET, one.name.variable, one.since + age, one.name.company, age)
        for one in told
        if one.since and one.name.field == PUSH and (age := ages.get(one.name.company))
    ]


def everything(
    settings: Settings,
    file: File,
    told: Iterable[Told],
    *,
    kept: Sequence[Kept],
    grants: Mapping[str, Sequence[PersonGrant]],
    graph_says: datetime | None = None,
) -> list[Expiry]:
    """List everything whose end is known."""
    found = ends_of_app(settings.teams, graph_says) + ends_of_push_secrets(file, told)
    for company in file.company:
        found += ends_of_grants(company, kept, grants.get(company.name, ()))
    return found
