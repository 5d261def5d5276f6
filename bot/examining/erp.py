"""Acumatica: there, let in, in the right tenant, the endpoint there, sessions and requests left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

from acumatica_client.client import ErpClient
from acumatica_client.errors import (
    ErpBusy,
    ErpError,
    ErpForbidden,
    ErpMisconfigured,
    ErpSignInFailed,
    ErpUnavailable,
)
from acumatica_client.sign_in import WrongTenant
from acumatica_client.transport import Reply
from acumatica_client.versions import read_versions
from bot.company_file import Company
from bot.examining import catalogue
from bot.examining.findings import Finding, Who
from bot.examining.instruments import Instruments
from bot.examining.peers import reached
from bot.examining.runner import Probe
from bot.signing_in.sign_ins import SERVICE_GRANT
from storage import vault
from storage.database import visiting


def probes(see: Instruments, company: Company) -> list[Probe]:
    """List the looks at one company's Acumatica, up to its endpoint."""
    erp = see.erps[company.name]
    inside = (catalogue.SIGN_IN, catalogue.TENANT, catalogue.ENDPOINT)
    sign_in = (
        partial(_consent, see, company) if erp is None else partial(_inside, see, company, erp)
    )
    return [
        Probe((catalogue.TO_ERP, catalogue.SITE), partial(_site, see, company), company.name),
        Probe(inside, sign_in, company.name),
    ]


# --- there ----------------------------------------------------------------------------------


async def _site(see: Instruments, company: Company) -> AsyncIterator[Finding]:
    """Ask without signing in which endpoints there are: every instance tells that."""
    url = f"{company.url.rstrip('/')}/entity"
    reply = await reached(see, catalogue.TO_ERP, url, see.place(company, "url"))
    if isinstance(reply, Finding):
        yield reply
        return
    yield catalogue.TO_ERP.ok(f"{company.url} answers")
    yield _answered(see, company, reply)


def _answered(see: Instruments, company: Company, reply: Reply) -> Finding:
    try:
        found = read_versions(reply)
    except ErpBusy as error:
        return catalogue.SITE.ok(f"it is there, and busy: {error}")
    except ErpUnavailable as error:
        return catalogue.SITE.failed(
            f"what answers at {company.url} is no Acumatica, or it is down for maintenance:"
            f" {error}",
            "open the address in a browser; wait for maintenance to end, or correct url",
            who=Who.ACUMATICA, place=f"the site {company.url}; {see.place(company, 'url')}",
        )  # fmt: skip
    except ErpError as error:
        return catalogue.SITE.failed(
            f"{company.url}/entity is not there: {error}",
            "write url as in a browser, with the site folder (such as /AcumaticaERP), without"
            " /Main or /Frames",
            place=see.place(company, "url"),
        )
    return catalogue.SITE.ok(f"{len(found)} endpoints are told to everybody")


# --- let in ---------------------------------------------------------------------------------


async def _inside(see: Instruments, company: Company, erp: ErpClient) -> AsyncIterator[Finding]:
    """Sign in and look for the endpoint; each error names the step it belongs to."""
    try:
        await erp.check_version()
    except WrongTenant as error:
        yield _wrong_tenant(see, company, error)
        return
    except ErpSignInFailed as error:
        yield _not_let_in(company, error)
        return
    except ErpBusy as error:
        yield _full(error, running=see.running)
        return
    except (ErpMisconfigured, ErpForbidden) as error:
        yield _signed_in(company)
        yield _tenant(see, company)
        yield _no_endpoint(see, company, error)
        return
    yield _signed_in(company)
    yield _tenant(see, company)
    yield catalogue.ENDPOINT.ok(f"{company.endpoint}/{company.version}")


def _signed_in(company: Company) -> Finding:
    return catalogue.SIGN_IN.ok(f"by {company.sign_in}")


def _tenant(see: Instruments, company: Company) -> Finding:
    if company.check_tenant:
        return catalogue.TENANT.ok(f"{company.tenant}, as far as the sign-in tells")
    return catalogue.TENANT.warning(
        "check_tenant = false: nobody looks in which tenant the sign-in lands",
        "set check_tenant = true, unless this site tells a wrong name there",
        place=see.place(company, "check_tenant"),
    )


def _wrong_tenant(see: Instruments, company: Company, error: ErpError) -> Finding:
    return catalogue.TENANT.failed(
        error.detail,
        "set tenant to the name on Acumatica's sign-in page; if it is right, have the Acumatica"
        " administrator restart the site, whose list of tenants is old",
        place=see.place(company, "tenant"),
    )


def _not_let_in(company: Company, error: ErpError) -> Finding:
    where = f"ACUMATICA__{company.name.upper()}__"
    told, screens = f"{where}USER, {where}PASSWORD", "Users (SM201010)"
    if company.sign_in == "oauth":
        told = f"{where}CLIENT_ID, {where}CLIENT_SECRET, {told}"
        screens = f"Connected Applications (SM303010), {screens}"
    return catalogue.SIGN_IN.failed(
        f"Acumatica refused to sign us in: {error.detail}",
        f"compare {told} with the user in Acumatica: active, no password change pending, not"
        " locked. One try was made; more wrong ones lock the account",
        place=screens,
    )


def _full(error: ErpError, *, running: bool) -> Finding:
    """Say that no session is free, or no request; a service that runs has its own."""
    if running:
        return catalogue.SEATS.warning(
            f"there was no session free for doctor beside the service's own: {error.detail}",
            "look at service.running; to look at everything, stop the service for a moment",
        )
    return catalogue.SEATS.failed(
        f"Acumatica's licence has no session free: {error.detail}",
        "end API sessions that nobody needs, or give the API user more: users signed in are listed"
        " there; or lower seats and actions_at_once in countersign.toml",
    )


def _no_endpoint(see: Instruments, company: Company, error: ErpError) -> Finding:
    return catalogue.ENDPOINT.failed(
        error.detail,
        "set endpoint and version to one that is listed",
        place=see.place(company, "version"),
    )


async def _consent(see: Instruments, company: Company) -> AsyncIterator[Finding]:
    """Look only whether there is a consent: using it would take it from the service."""
    async with visiting(see.store) as conn:
        known = await vault.names(conn, company.name)
    command = f"uv run app.py connect {company.name}"
    if SERVICE_GRANT not in known:
        yield catalogue.SIGN_IN.failed(
            "the service's own user was never connected by OAuth",
            f"stop the service, run: {command}; then start it",
            who=Who.OPERATOR, place=command,
        )  # fmt: skip
        return
    yield catalogue.SIGN_IN.unknown(
        "there is a consent, and only the service may use it: its token changes with every use",
        "look at service.running, which tells whether the service is signed in",
    )


# --- room -----------------------------------------------------------------------------------


async def _seats(see: Instruments, company: Company, erp: ErpClient) -> AsyncIterator[Finding]:
    """Open the second session, too, where no service needs it."""
    sessions = erp_sessions(company)
    if see.running:
        yield catalogue.SEATS.ok(
            f"the service holds its own of {sessions}, and there was one more for doctor"
        )
    elif sessions == 1:
        yield catalogue.SEATS.ok("one session, for reading and acting in turn")
    else:
        try:
            async with erp.acting() as actor:
                await actor.sign_in()
        except ErpBusy as error:
            yield _full(error, running=False)
        else:
            yield catalogue.SEATS.ok("one session to read, one to act")


def erp_sessions(company: Company) -> int:
    """Return how many sessions the service uses at most."""
    limits = company.limits
    return 1 if limits.seats == 1 else 1 + limits.actions


async def _budget(company: Company, erp: ErpClient) -> AsyncIterator[Finding]:
    """Tell whether all the reads before this met a limit."""
    used, kept = erp.usage, company.requests_per_minute
    if used.refused_by_limit:
        yield catalogue.BUDGET.warning(
            f"Acumatica named a limit {used.refused_by_limit} times: {used.last_error}",
            "compare the requests a minute there with requests_per_minute, and who else uses them",
            lost=catalogue.BUDGET.lost,
        )
        return
    told = f"we keep to {kept} a minute" if kept else "we keep to no number (0)"
    yield catalogue.BUDGET.ok(f"{told}; compare with the licence on SM604000")


def last_probes(see: Instruments, company: Company) -> list[Probe]:
    """List the looks at the licence: after everything was read, as a full house ends reading."""
    erp = see.erps[company.name]
    if erp is None:
        return []
    return [
        Probe((catalogue.BUDGET,), partial(_budget, company, erp), company.name),
        Probe((catalogue.SEATS,), partial(_seats, see, company, erp), company.name),
    ]
