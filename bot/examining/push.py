"""Push notifications: set up on our side, and arriving; while somebody waits, what came."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

from prometheus_client.parser import text_string_to_metric_families

from bot.company_file import Company
from bot.examining import catalogue
from bot.examining.erp_rights import used
from bot.examining.findings import Finding, Who
from bot.examining.instruments import Instruments
from bot.examining.runner import Probe
from bot.people.report import age
from storage import vitals
from storage.database import visiting
from storage.vitals import LastPush

PATIENCE = timedelta(minutes=5)
LOOK_EVERY = 0.5


def probes(see: Instruments, company: Company, *, wait: bool) -> list[Probe]:
    """List the looks at one company's pushes; *wait*: also for one to come."""
    if not see.secrets_of(company).push_secrets():
        return [Probe((catalogue.PUSH_SECRET,), partial(_no_secret, company), company.name)]
    found = [
        Probe((catalogue.PUSH_SECRET,), partial(_secret, see, company), company.name),
        Probe((catalogue.PUSH_CAME,), partial(_came, see, company), company.name),
    ]
    turned_away = partial(_turned_away, see, company)
    found.append(Probe((catalogue.PUSH_REFUSED,), turned_away, company.name))
    if wait:
        found.append(Probe((catalogue.PUSH_WAIT,), partial(_wait, see, company), company.name))
    return found


def _variable(company: Company) -> str:
    return f"ACUMATICA__{company.name.upper()}__PUSH_SECRET"


async def _no_secret(company: Company) -> AsyncIterator[Finding]:
    yield catalogue.PUSH_SECRET.warning(
        "push is not set up: Countersign only polls",
        "make a secret and set up SM302000 (deployment/acumatica, part 3)",
        lost="changes are found minutes later", place=_variable(company),
    )  # fmt: skip


async def _secret(see: Instruments, company: Company) -> AsyncIterator[Finding]:
    if len(see.secrets_of(company).push_secrets()) > 1:
        yield catalogue.PUSH_SECRET.warning(
            "two secrets are valid: a rotation is not finished",
            "once SM302000 sends the new one, take the former out",
            place=f"{_variable(company)}_PREVIOUS", lost="the former secret still opens the door",
        )  # fmt: skip
    else:
        yield catalogue.PUSH_SECRET.ok("one secret is valid")


async def _came(see: Instruments, company: Company) -> AsyncIterator[Finding]:
    """Compare the inquiries that pushed lately with those the routes need."""
    async with visiting(see.store) as conn:
        last = await vitals.last_pushes(conn, company.name)
    queries = company.queries()
    wanted = used(see, company)
    now = see.ports.clock.now()
    for push in last:
        yield _push(see, company, push, known=push.query in queries, told=age(push.at, now))
    came = {queries[one.query].entity.name for one in last if one.query in queries}
    if wanted and not came:
        yield _never(see, company)
    for entity in sorted(wanted - came) if came else ():
        yield catalogue.PUSH_CAME.unknown(
            f"none for a {entity} in the last days; perhaps none changed",
            "change the description of one, and look whether it comes",
            subject=entity,
        )
    if not wanted and not last:
        yield catalogue.PUSH_CAME.ok("no route needs any")


def _push(see: Instruments, company: Company, push: LastPush, *, known: bool, told: str) -> Finding:
    if not known:
        return catalogue.PUSH_CAME.warning(
            f"{push.query or 'something'} pushed {told}, and nobody told which documents it names",
            f"describe it: [company.inquiry.{push.query or 'NAME'}], or take it out of SM302000",
            subject=push.query, who=Who.OPERATOR, lost="its pushes are parked, and polling helps",
            place=see.place(company, "inquiry"),
        )  # fmt: skip
    if push.state == "parked":
        return catalogue.PUSH_CAME.warning(
            f"its push of {told} could not be read: {push.reason}",
            "give the inquiry's columns the captions that are told (deployment/acumatica, part 2)",
            subject=push.query, place=f"Generic Inquiry (SM208000): {push.query}",
            lost="its pushes are parked, and polling helps",
        )  # fmt: skip
    return catalogue.PUSH_CAME.ok(f"the last one came {told}", subject=push.query)


def _never(see: Instruments, company: Company) -> Finding:
    host = see.settings.server.public_url.rstrip("/") or "https://YOUR-HOST"
    return catalogue.PUSH_CAME.warning(
        "no push that names documents is known of the last days",
        "change the description of a bill, and look at SM502000 for errors: 401 is header name"
        f" (X-Countersign-Secret) or value. Address: {host}/api/acumatica/push/{company.name}."
        " `doctor --push` waits for one",
        lost=catalogue.PUSH_CAME.lost,
    )


async def _turned_away(see: Instruments, company: Company) -> AsyncIterator[Finding]:
    """Read from the service's own numbers which pushes its door refused."""
    text = (await see.ask_service(f"{see.own_address}/metrics")).body.decode()
    reasons = [
        str(sample.labels["reason"])
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.endswith("pushes_refused_total")
        and sample.labels.get("company") == company.name
        and sample.value
    ]
    for reason in reasons:
        yield _refused(see, company, reason)
    if not reasons:
        yield catalogue.PUSH_REFUSED.ok("none")


def _refused(see: Instruments, company: Company, reason: str) -> Finding:
    told, lost = f"pushes were refused: {reason}", catalogue.PUSH_REFUSED.lost
    if reason == "wrong tenant":
        return catalogue.PUSH_REFUSED.warning(
            told, "have each tenant push to the address of its own company", subject=reason,
            lost=lost, place=f"Push Notifications (SM302000); {see.place(company, 'tenant')}",
        )  # fmt: skip
    step = "look at SM502000 for what was sent"
    if reason == "wrong secret":
        step = (
            f"make Header Name X-Countersign-Secret and Header Value that of {_variable(company)}"
        )
    return catalogue.PUSH_REFUSED.warning(told, step, subject=reason, lost=lost)


async def _wait(see: Instruments, company: Company) -> AsyncIterator[Finding]:
    """Wait for the running service to store one more push."""
    async with visiting(see.store) as conn:
        before = await vitals.newest_push(conn, company.name)
        ends = see.ports.clock.reading().seconds + PATIENCE.total_seconds()
        while await vitals.newest_push(conn, company.name) <= before:
            if see.ports.clock.reading().seconds > ends:
                yield catalogue.PUSH_WAIT.failed(
                    f"none came within {PATIENCE // timedelta(minutes=1)} minutes",
                    "look at SM502000 for the error, at SM302000 for address, header and Active",
                )
                return
            await see.ports.clock.sleep(LOOK_EVERY)
        newest = (await vitals.last_pushes(conn, company.name))[-1]
    yield catalogue.PUSH_WAIT.ok(f"{newest.query or 'an unknown inquiry'}: {newest.state}")
