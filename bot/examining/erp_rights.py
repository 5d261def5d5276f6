"""What the API user may see and do: screens, documents, fields, verbs; and who edited what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial

from acumatica_client.client import ErpClient
from acumatica_client.entities import CREATOR, EDITOR, ENTITIES
from acumatica_client.errors import (
    ErpBusy,
    ErpError,
    ErpForbidden,
    ErpMisconfigured,
    ErpRejected,
    ErpUnavailable,
)
from acumatica_client.models import Glimpse
from bot.company_file import Company
from bot.core.plans import PLANS
from bot.examining import catalogue
from bot.examining.findings import Finding, Who
from bot.examining.instruments import Instruments
from bot.examining.runner import Probe

SCREENS = {
    **{entity.name: entity.screen for entity in ENTITIES.values()},
    "Vendor": "AP303000", "Employee": "EP203000", "Contact": "CR302000",
    "PurchaseReceipt": "PO302000",
}  # fmt: skip
LOST = {
    "Vendor": "cards name vendors by their code, and do not warn of a vendor on hold",
    "Employee": "owners and approvers are not found in Teams",
    "Contact": "owners who are contacts are not found in Teams",
    "PurchaseReceipt": "bills are not compared with what was received",
}
"""What goes without a record around documents."""
NEEDED = "Employee"
"""Without these nobody is asked anything; without the others cards say less."""


def probes(see: Instruments, company: Company) -> list[Probe]:
    """List the looks at what one company's API user may see and do."""
    found = [Probe((catalogue.EDITORS,), partial(_editors, see, company), company.name)]
    erp = see.erps[company.name]
    if erp is None:
        return found
    papers = (catalogue.RIGHTS, catalogue.VISIBLE, catalogue.FIELDS)
    return [
        Probe(papers, partial(_documents, see, company, erp), company.name),
        Probe((catalogue.RIGHTS,), partial(_around, company, erp), company.name),
        Probe((catalogue.VERBS,), partial(_verbs, see, company, erp), company.name),
        *found,
    ]


def used(see: Instruments, company: Company) -> frozenset[str]:
    """Name the kinds of document the routes bring to anybody."""
    routes = [route for route in see.file.routes(company.name).listed if route.to]
    if any(route.entity is None for route in routes):
        return frozenset(ENTITIES)
    return frozenset(route.entity for route in routes if route.entity)


# --- documents ------------------------------------------------------------------------------


async def _documents(see: Instruments, company: Company, erp: ErpClient) -> AsyncIterator[Finding]:
    wanted = used(see, company)
    for entity in ENTITIES:
        async for finding in _document(see, erp, company, entity, wanted=entity in wanted):
            yield finding


async def _document(
    see: Instruments, erp: ErpClient, company: Company, entity: str, *, wanted: bool
) -> AsyncIterator[Finding]:
    """Look at the list of one kind of document, then at one of it with every field we use."""
    try:
        glimpse = await erp.glances.document(entity)
    except ErpError as error:
        yield _shut(entity, error, wanted=wanted)
        why = f"{entity} could not be opened"
        yield catalogue.VISIBLE.unknown(why, subject=entity)
        yield catalogue.FIELDS.unknown(why, subject=entity)
        return
    yield catalogue.RIGHTS.ok(SCREENS[entity], subject=entity)
    if glimpse is None:
        yield _unseen(entity, wanted=wanted)
        why, step = f"no {entity} is there to look at", "enter one, and run doctor again"
        yield catalogue.FIELDS.unknown(why, step, subject=entity)
        return
    yield catalogue.VISIBLE.ok(f"{glimpse.key}, for one", subject=entity)
    yield await _fields(see, erp, company, glimpse)


def _shut(entity: str, error: ErpError, *, wanted: bool) -> Finding:
    """Say why a screen cannot be opened; one that no route needs is no reason to stop."""
    if isinstance(error, ErpBusy | ErpUnavailable):
        return catalogue.RIGHTS.unknown(str(error), "run doctor again later", subject=entity)
    named = error.screen if isinstance(error, ErpForbidden) else ""
    screen = named or SCREENS[entity]
    right = "View Only, or Edit where people act from cards"
    essential = wanted or entity == NEEDED
    tell = catalogue.RIGHTS.failed if essential else catalogue.RIGHTS.warning
    lost = LOST.get(entity, catalogue.RIGHTS.lost if wanted else "polling reports an error")
    if isinstance(error, ErpForbidden):
        return tell(
            f"the API user's role may not open {entity}: {error.detail}",
            f"set screen {screen} to {right} for the role of the API user",
            subject=entity, lost=lost,
            place=f"Access Rights by Role (SM201025): {screen}; Enable/Disable Features (CS100000)",
        )  # fmt: skip
    return tell(
        f"{entity} cannot be listed: {error.detail}",
        "pin an endpoint that has it, or ask whoever made this one",
        subject=entity, lost=lost, who=Who.OPERATOR, place="countersign.toml: endpoint, version",
    )  # fmt: skip


def _unseen(entity: str, *, wanted: bool) -> Finding:
    if not wanted:
        return catalogue.VISIBLE.ok("none is shown, and no route needs one", subject=entity)
    return catalogue.VISIBLE.warning(
        f"no {entity} is shown to the API user: there is none, or restriction groups or branch"
        " access hide them, without any error",
        "sign in as the API user and open the screen; take it out of restriction groups, and give"
        " its role the branches",
        subject=entity,
        lost=catalogue.VISIBLE.lost,
    )


async def _fields(see: Instruments, erp: ErpClient, company: Company, glimpse: Glimpse) -> Finding:
    entity = glimpse.key.entity
    try:
        document = await erp.read(glimpse.key)
    except ErpMisconfigured as error:
        place = see.place(company, f"extra.{entity}")
        step = "correct the name there, or set it to an empty text to do without it"
        return catalogue.FIELDS.failed(error.detail, step, subject=entity, place=place)
    except ErpRejected as error:
        return _unreadable(company, entity, glimpse, error)
    if document is None:
        return catalogue.FIELDS.unknown(f"{glimpse.key} is gone meanwhile", subject=entity)
    return catalogue.FIELDS.ok(f"{len(document.fields)} of {glimpse.key}", subject=entity)


def _unreadable(company: Company, entity: str, glimpse: Glimpse, error: ErpRejected) -> Finding:
    return catalogue.FIELDS.failed(
        f"{glimpse.key} cannot be read with every field we use: {error.detail}",
        "have the endpoint tell the field it names, or pin a system endpoint of this instance",
        subject=entity, who=Who.ACUMATICA,
        place=f"Web Service Endpoints (SM207060): {company.endpoint}/{company.version}, {entity}",
    )  # fmt: skip


# --- around documents -----------------------------------------------------------------------


async def _around(company: Company, erp: ErpClient) -> AsyncIterator[Finding]:
    wanted = ["Vendor", "Employee"]
    wanted += ["PurchaseReceipt"] if company.match else []
    wanted += ["Contact"] if company.contacts else []
    for entity in wanted:
        try:
            await erp.glances.record(entity)
        except ErpError as error:
            yield _shut(entity, error, wanted=False)
        else:
            yield catalogue.RIGHTS.ok(SCREENS[entity], subject=entity)


# --- verbs ----------------------------------------------------------------------------------


def steps_used(see: Instruments, company: Company) -> Iterator[tuple[str, str]]:
    """Yield entity and step of every plan that a route lets somebody begin."""
    seen = set()
    for route in see.file.routes(company.name).listed:
        for verb in route.actions:
            for step in PLANS.get((route.entity or "", verb), ()):
                if (route.entity, step) not in seen:
                    seen.add((route.entity, step))
                    yield route.entity or "", step


async def _verbs(see: Instruments, company: Company, erp: ErpClient) -> AsyncIterator[Finding]:
    wanted = list(steps_used(see, company))
    if not wanted:
        yield catalogue.VERBS.ok("no route lets anybody act")
    for entity, step in wanted:
        yield await _verb(see, company, erp, entity, step)


async def _verb(
    see: Instruments, company: Company, erp: ErpClient, entity: str, step: str
) -> Finding:
    """Look whether the endpoint or the screen has the action of a step; nothing is called."""
    call, named = company.call(entity, step), f"{entity}.{step}"
    if not call.action:
        fields = ", ".join(name for name, _ in call.put)
        return catalogue.VERBS.ok(f"PUT of {fields}", subject=named)
    offered = await erp.glances.actions(entity, tenant=company.tenant)
    if call.action in offered.names:
        return catalogue.VERBS.ok(call.action, subject=named)
    if not offered.whole:
        return catalogue.VERBS.unknown(
            f"the screen's actions cannot be read here; {call.action} may be among them",
            "Acumatica, the screen's button: Customization > Inspect Element shows Action Name",
            subject=named,
        )
    return catalogue.VERBS.failed(
        f"{entity} has no action {call.action}; it has: {', '.join(sorted(offered.names)[:20])}",
        f'write {step} = "POST NAME" with one of these, as the screen calls it',
        subject=named, place=see.place(company, f"calls.{entity}.{step}"),
    )  # fmt: skip


async def _editors(see: Instruments, company: Company) -> AsyncIterator[Finding]:
    """Judge whether presses can be told from their author's own."""
    acted_on = sorted({entity for entity, _ in steps_used(see, company)})
    for entity in acted_on:
        yield _editor(company, entity)
    if not acted_on:
        yield catalogue.EDITORS.ok("no route lets anybody act")


def _editor(company: Company, entity: str) -> Finding:
    extras = company.extras()[entity]
    lacking = [word for word in (CREATOR, EDITOR) if not extras.name(word)]
    if not lacking:
        return catalogue.EDITORS.ok(", ".join(map(extras.name, (CREATOR, EDITOR))), subject=entity)
    cause = f"the endpoint {company.endpoint} tells no {' and no '.join(lacking)} of a {entity}"
    step = (
        "extend the endpoint (deployment/acumatica, part 4) and name its fields under"
        f" [company.extra.{entity}]"
    )
    if company.allow_unknown_editor:
        lost = "who entered a document may decide it (allow_unknown_editor = true)"
        return catalogue.EDITORS.warning(cause, step, subject=entity, lost=lost)
    return catalogue.EDITORS.failed(
        cause, f"{step}; or accept it by allow_unknown_editor = true", subject=entity
    )
