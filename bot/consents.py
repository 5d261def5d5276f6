"""Connects people's own Acumatica users: a link to them alone, a sign-in, a number typed in chat.

The link is worth nothing to anybody else: whoever signs in by it sees a number, and only the person
it was made for can type it. So nobody is tricked into lending their Acumatica user to somebody.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acumatica_client.errors import ErpError
from acumatica_client.grants import Identity
from acumatica_client.oauth import Tokens
from bot.clock import Ports
from bot.companies import Tenant
from bot.core.consents import (
    LINK_LASTS,
    NUMBER_LASTS,
    Judged,
    code_of,
    hashed,
    judge_number,
    number_from,
)
from bot.grants import Grants
from bot.questions import Cause, note
from bot.teams import card_activity
from cards.connect import connect_card, failed_page, signed_in_page
from cards.text import plain
from storage import consents, outbox, vault
from storage.database import Connection, Database
from storage.records import Consent, OutboxItem, Outcome, Reject, Retry
from storage.vault import Vault

log = logging.getLogger(__name__)

NOTHING_TO_CONNECT = "Nothing needs connecting here: Countersign acts by its own Acumatica user."
ONE_LINK = 600
"""Seconds in which asking again brings no second link."""
OLD_LINK = "This link was used already or is too old. Type “connect” in Teams for a new one."
OTHER_USER = "You signed in as {login}, which is not your Acumatica user. Nothing was connected."


@dataclass(frozen=True, slots=True)
class Page:
    """What a browser is shown after a sign-in."""

    status: int
    html: str


class Consents:
    """Runs the way from a link to a grant, for every company that acts as the person."""

    def __init__(
        self, tenants: Mapping[str, Tenant], store: Database, safe: Vault | None, ports: Ports
    ) -> None:
        self._tenants = tenants
        self._store = store
        self._safe = safe
        self._ports = ports

    @property
    def offered(self) -> bool:
        """Say whether anybody can connect anything."""
        return bool(self._safe) and any(tenant.grants for tenant in self._tenants.values())

    # --- the link ---

    async def offer(self, conn: Connection, person: str, company: str = "") -> bool:
        """Have *person* sent a link for *company*, or for each; False when there is none to send.

        The link is made when it leaves, so nothing here waits for the ERP.
        """
        names = [company] if company else list(self._tenants)
        wanted = [name for name in names if self._tenants[name].grants] if self._safe else []
        for name in wanted:
            await self._ask_for_link(conn, name, person)
        return bool(wanted)

    async def _ask_for_link(self, conn: Connection, company: str, person: str) -> None:
        now = self._ports.clock.now()
        item = OutboxItem(
            # Several presses in a row bring one link.
            key=f"connect|{company}|{person}|{int(now.timestamp() // ONE_LINK)}",
            kind="connect",
            company=company,
            document="",
            target=f"person:{person}",
            payload={},
            correlation=self._ports.token(),
        )
        await outbox.add(conn, item, now=now)

    async def link(self, company: str, person: str) -> dict[str, Any] | Outcome:
        """Make a link for *person* and return the message with it, or why there is none now."""
        tenant = self._tenants.get(company)
        if tenant is None or tenant.grants is None or self._safe is None:
            return Reject(f"{company} does not act as the person who decides")
        state, verifier = self._ports.token(), self._ports.token() + self._ports.token()
        try:
            asked = await tenant.grants.identity.begin_consent(verifier=verifier, state=state)
        except ErpError as error:
            return Retry(str(error))
        consent = Consent(hashed(state), company, person, self._ports.clock.now() + LINK_LASTS)
        await self._begin(consent, verifier)
        until = f"{consent.expires_at.astimezone(tenant.company.zone):%H:%M}"
        return card_activity(connect_card(company, asked.url, until), "Connect your Acumatica user")

    async def _begin(self, consent: Consent, verifier: str) -> None:
        """Keep a new link; the person's older ones lead nowhere from here on."""
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            for older in await consents.of_person(conn, consent.company, consent.person):
                await self._drop(conn, older)
            await consents.begin(conn, consent, now=now)
            await self._keep(conn, consent, verifier)
            await self._note(conn, consent, "link to connect sent")

    async def _keep(self, conn: Connection, consent: Consent, secret: str) -> None:
        if self._safe is not None:
            now = self._ports.clock.now()
            await self._safe.put(conn, consent.company, _secret(consent), secret, now=now)

    # --- the sign-in ---

    async def came_back(self, state: str, code: str) -> Page:
        """Take the browser back from the ERP's sign-in; answer with the number, or with why not."""
        consent = await self._open(state)
        if consent is None or not code:
            return Page(400, failed_page(OLD_LINK))
        tenant = self._tenants[consent.company]
        grants, safe = _connectable(tenant, self._safe)
        try:
            async with self._store.reading() as conn:
                verifier = await safe.get(conn, consent.company, _secret(consent)) or ""
            tokens = await grants.identity.finish_consent(code, verifier)
            login = await grants.identity.whoami(tokens)
        except ErpError as error:
            log.warning("a sign-in led nowhere", extra={"reason": str(error)})
            return Page(502, failed_page(error.plain))
        return await self._signed_in(tenant, consent, tokens, login)

    async def _open(self, state: str) -> Consent | None:
        async with self._store.reading() as conn:
            consent = await consents.by_state(conn, hashed(state)) if state else None
        usable = (
            consent is not None
            and not consent.code
            and consent.expires_at > self._ports.clock.now()
            and consent.company in self._tenants
            and self._tenants[consent.company].grants is not None
        )
        return consent if usable else None

    async def _signed_in(
        self, tenant: Tenant, consent: Consent, tokens: Tokens, login: str
    ) -> Page:
        grants, _ = _connectable(tenant, self._safe)
        number, now = number_from(self._ports.token()), self._ports.clock.now()
        wrong = await self._wrong_user(tenant, consent.person, login)
        async with self._store.transaction() as conn:
            fresh = not wrong and await consents.signed_in(
                conn, consent.state, login=login, code=code_of(consent.state, number),
                expires_at=now + NUMBER_LASTS,
            )  # fmt: skip
            if fresh:
                await self._keep(conn, consent, tokens.refresh)
            await self._note(conn, consent, wrong or "signed in to connect", login=login)
        if not fresh:
            await _revoke(grants.identity, tokens.refresh)
            text = OTHER_USER.format(login=login) if wrong else OLD_LINK
            return Page(403 if wrong else 400, failed_page(text))
        return Page(200, signed_in_page(login, number))

    async def _wrong_user(self, tenant: Tenant, person: str, login: str) -> str:
        """Say that somebody else signed in, as far as the ERP tells whose user is whose."""
        async with self._store.reading() as conn:
            people = await tenant.people(conn, now=self._ports.clock.now())
        known = people.by_id.get(person)
        other = known is not None and people.is_author(known, login) is False
        return "another user signed in to connect" if other else ""

    # --- the number ---

    async def confirm(self, person: str, number: str) -> str:
        """Settle the sign-in whose *number* the person typed; return what to tell them."""
        now, said = self._ports.clock.now(), ""
        spoiled: list[tuple[Identity, str]] = []
        async with self._store.transaction() as conn:
            for tenant in self._tenants.values():
                if tenant.grants is None or self._safe is None:
                    continue
                open_ones = await consents.of_person(conn, tenant.name, person)
                judged = judge_number(open_ones, number, now)
                if judged.consent is None:
                    said = said or str(judged.wrong)
                    continue
                refresh = await self._safe.get(conn, tenant.name, _secret(judged.consent)) or ""
                said = await self._settle(conn, tenant, judged, refresh)
                if judged.spoiled:
                    spoiled.append((tenant.grants.identity, refresh))
        for identity, refresh in spoiled:
            await _revoke(identity, refresh)
        return said or NOTHING_TO_CONNECT

    async def _settle(self, conn: Connection, tenant: Tenant, judged: Judged, refresh: str) -> str:
        grants, _ = _connectable(tenant, self._safe)
        consent = judged.consent
        if consent is None:
            return str(judged.wrong)
        if judged.wrong is None:
            await grants.connect(conn, consent.person, login=consent.login, refresh=refresh)
            await self._note(conn, consent, "connected", login=consent.login)
            await self._drop(conn, consent)
            name = plain(consent.login, 60)
            return f"Connected. In {tenant.name}, you now decide as Acumatica user {name}."
        await consents.tried(conn, consent.state)
        await self._note(conn, consent, "wrong number to connect")
        if judged.spoiled:
            await self._drop(conn, consent)
        return str(judged.wrong)

    # --- taking it back ---

    async def disconnect(self, person: str) -> str:
        """Forget the person's grants, here and in the ERP; return what to tell them."""
        forgotten, told = False, True
        for tenant in self._tenants.values():
            if tenant.grants is None:
                continue
            told = await tenant.grants.revoke(person) and told
            forgotten = await self.lost(tenant, person, "disconnected") or forgotten
        if not forgotten:
            return "You had not connected an Acumatica user."
        rest = "" if told else " Acumatica could not be told; its administrator can end it there."
        return f"Disconnected. Countersign no longer acts as your Acumatica user.{rest}"

    async def lost(self, tenant: Tenant, person: str, why: str = "grant lost") -> bool:
        """Forget a grant that is no longer good; False when there was none."""
        if tenant.grants is None:
            return False
        consent = Consent("", tenant.name, person, self._ports.clock.now())
        async with self._store.transaction() as conn:
            forgotten = await tenant.grants.forget(conn, person)
            if forgotten:
                await self._note(conn, consent, why)
        return forgotten

    async def tidy(self) -> None:
        """Drop links and sign-ins nobody finished in time."""
        async with self._store.transaction() as conn:
            for old in await consents.expired(conn, now=self._ports.clock.now()):
                await self._drop(conn, old)

    async def _drop(self, conn: Connection, consent: Consent) -> None:
        await vault.drop(conn, consent.company, _secret(consent))
        await consents.drop(conn, consent.state)

    async def _note(
        self, conn: Connection, consent: Consent, action: str, **detail: object
    ) -> None:
        now = self._ports.clock.now()
        correlation = consent.state[:32] or self._ports.token()
        cause = Cause(consent.company, "", f"consent.{correlation}", correlation, now)
        await note(conn, cause, action, actor=consent.person, **detail)


def _connectable(tenant: Tenant, safe: Vault | None) -> tuple[Grants, Vault]:
    if tenant.grants is None or safe is None:
        raise ValueError(f"{tenant.name} does not act as the person who decides")
    return tenant.grants, safe


def _secret(consent: Consent) -> str:
    """Name what the vault keeps of a consent: its verifier, then the refresh token it brought."""
    return f"consent/{consent.state}"


async def _revoke(identity: Identity, refresh: str) -> None:
    """Make a token nobody will use worthless; when that fails it ends by itself."""
    try:
        if refresh:
            await identity.revoke(refresh)
    except ErpError as error:
        log.warning("a refused sign-in was not taken back", extra={"reason": str(error)})
