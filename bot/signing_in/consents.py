"""Connects people's own Acumatica users: a link to them alone, a sign-in, a number typed in chat.

The link is worth nothing to anybody else: whoever signs in by it sees a number, and only the person
it was made for can type it. So nobody is tricked into lending their Acumatica user to somebody.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from acumatica_client.errors import ErpError
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
from bot.core.presses import login_refusal
from bot.deciding.questions import Cause, note
from bot.languages import language_with
from bot.sending.teams import card_activity
from bot.signing_in.grants import Grants
from cards.connect import (
    CONNECT_TITLE,
    NOTHING_CONNECTED,
    NOTHING_TO_CONNECT,
    OLD_LINK,
    connect_card,
    connected_text,
    disconnected_text,
    failed_page,
    signed_in_page,
    wrong_login,
)
from cards.language import Language, language_of
from cards.refusals import Refusal, refusal_text
from storage import consents, outbox, vault
from storage.database import Connection, Database
from storage.records import Consent, OutboxItem, Outcome, Reject, Retry

log = logging.getLogger(__name__)

TIDY = timedelta(minutes=10)
"""How often what nobody finished is dropped."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a browser is shown after a sign-in."""

    status: int
    html: str


@dataclass(frozen=True, slots=True)
class Worthless:
    """A refresh token nobody uses any more, to be revoked once that is committed."""

    grants: Grants
    refresh: str


class Consents:
    """Runs the way from a link to a grant, for every company that acts as the person."""

    def __init__(self, tenants: Mapping[str, Tenant], store: Database, ports: Ports) -> None:
        self._tenants = {name: one for name, one in tenants.items() if one.grants}
        self._store = store
        self._ports = ports
        self._due = ports.clock.now()

    @property
    def offered(self) -> bool:
        """Say whether anybody can connect anything."""
        return bool(self._tenants)

    # --- the link ---

    async def offer(
        self, conn: Connection, person: str, company: str = "", *, anew: bool = False
    ) -> bool:
        """Have *person* sent a link for *company*, or for each; False when there is none to send.

        The link is made when it leaves, so nothing here waits for the ERP. One that is out and
        still good is enough, unless somebody asks for it *anew*.
        """
        names = [company] if company in self._tenants else list(self._tenants) * (not company)
        for name in names:
            if anew or not await self._is_out(conn, name, person):
                await self._ask_for_link(conn, name, person)
        return bool(names)

    async def _is_out(self, conn: Connection, company: str, person: str) -> bool:
        if await outbox.unsent(conn, "connect", company, f"person:{person}"):
            return True
        now = self._ports.clock.now()
        links = await consents.of_person(conn, company, person)
        return any(not link.code and link.expires_at > now for link in links)

    async def _ask_for_link(self, conn: Connection, company: str, person: str) -> None:
        token = self._ports.token()
        item = OutboxItem(
            key=f"connect|{company}|{person}|{token}",
            kind="connect",
            company=company,
            document="",
            target=f"person:{person}",
            payload={},
            correlation=token,
        )
        await outbox.add(conn, item, now=self._ports.clock.now())

    async def link(self, company: str, person: str) -> dict[str, Any] | Outcome:
        """Make a link for *person* and return the message with it, or why there is none now."""
        tenant = self._tenants.get(company)
        if tenant is None:
            return Reject(f"{company} does not act as the person who decides")
        state, verifier = self._ports.token(), self._ports.token() + self._ports.token()
        try:
            asked = await _grants(tenant).identity.begin_consent(verifier=verifier, state=state)
        except ErpError as error:
            return Retry(str(error))
        consent = Consent(hashed(state), company, person, self._ports.clock.now() + LINK_LASTS)
        await self._begin(tenant, consent, verifier)
        until = f"{consent.expires_at.astimezone(tenant.company.zone):%H:%M}"
        language = await self._language(tenant, person)
        card = connect_card(company, asked.url, until, language)
        return card_activity(card, language.say(CONNECT_TITLE))

    async def _language(self, tenant: Tenant, person: str) -> Language:
        async with self._store.reading() as conn:
            return await language_with(conn, person, tenant.company.language)

    async def _begin(self, tenant: Tenant, consent: Consent, verifier: str) -> None:
        """Keep a new link; the person's older ones lead nowhere from here on."""
        async with self._store.transaction() as conn:
            older = await consents.of_person(conn, consent.company, consent.person)
            dropped = [await self._drop(conn, tenant, one) for one in older]
            await consents.begin(conn, consent, now=self._ports.clock.now())
            await self._keep(conn, tenant, consent, verifier)
            await self._note(conn, consent, "link to connect sent")
        await _revoke(dropped)

    async def _keep(self, conn: Connection, tenant: Tenant, consent: Consent, secret: str) -> None:
        now = self._ports.clock.now()
        await _grants(tenant).safe.put(conn, tenant.name, _secret(consent), secret, now=now)

    # --- the sign-in ---

    async def came_back(self, state: str, code: str, locale: str = "") -> Page:
        """Take the browser back from the ERP's sign-in; answer with the number, or with why not.

        The browser's *locale* counts where the link does not tell whose it was.
        """
        consent = await self._open(state)
        if consent is None or not code:
            return _failed(400, OLD_LINK, language_of(locale))
        tenant = self._tenants[consent.company]
        language = await self._language(tenant, consent.person)
        identity, safe = _grants(tenant).identity, _grants(tenant).safe
        try:
            async with self._store.reading() as conn:
                verifier = await safe.get(conn, consent.company, _secret(consent)) or ""
            tokens = await identity.finish_consent(code, verifier)
            login = await identity.whoami(tokens)
        except ErpError as error:
            log.warning("a sign-in led nowhere", extra={"reason": str(error)})
            return _failed(502, error.plain, language)
        return await self._signed_in(tenant, consent, tokens, login, language)

    async def _open(self, state: str) -> Consent | None:
        async with self._store.reading() as conn:
            consent = await consents.by_state(conn, hashed(state)) if state else None
        usable = (
            consent is not None
            and not consent.code
            and consent.expires_at > self._ports.clock.now()
            and consent.company in self._tenants
        )
        return consent if usable else None

    async def _signed_in(
        self, tenant: Tenant, consent: Consent, tokens: Tokens, login: str, language: Language
    ) -> Page:
        number, now = number_from(self._ports.token()), self._ports.clock.now()
        async with self._store.transaction() as conn:
            wrong = await self._refusal(conn, tenant, consent.person, tokens, login)
            fresh = wrong is None and await consents.signed_in(
                conn, consent.state, login=login, code=code_of(consent.state, number),
                expires_at=now + NUMBER_LASTS,
            )  # fmt: skip
            if fresh:
                await self._keep(conn, tenant, consent, tokens.refresh)
            told = "signed in to connect" if fresh else "sign-in to connect refused"
            await self._note(conn, consent, told, login=login, reason=str(wrong or ""))
        if not fresh:
            await _revoke([Worthless(_grants(tenant), tokens.refresh)])
            return _refused(wrong, login, language)
        return Page(200, signed_in_page(login, number, language))

    async def _refusal(
        self, conn: Connection, tenant: Tenant, person: str, tokens: Tokens, login: str
    ) -> Refusal | None:
        """Say why *login* cannot be the Acumatica user of *person*; None when it can."""
        if not tokens.refresh:
            return Refusal.NOT_LASTING
        people = await tenant.people(conn, now=self._ports.clock.now())
        refusal = login_refusal(people, person, login, tenant.rights)
        taken = await _grants(tenant).logins(conn)
        other = any(one != person and name.lower() == login.lower() for one, name in taken.items())
        return refusal or (Refusal.TAKEN_LOGIN if other else None)

    # --- the number ---

    async def confirm(self, person: str, number: str, language: Language) -> str:
        """Settle the sign-in whose *number* the person typed; return what to tell them."""
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            tenant, judged = await self._judge(conn, person, number, now)
            if tenant is None or judged.consent is None:
                return language.say(judged.wrong or NOTHING_TO_CONNECT)
            said, dropped = await self._settle(conn, tenant, judged.consent, judged, language)
        await _revoke(dropped)
        return said

    async def _judge(
        self, conn: Connection, person: str, number: str, now: datetime
    ) -> tuple[Tenant | None, Judged]:
        """Find the sign-in a number settles; only where no company's fits, a try is counted."""
        found: list[tuple[Tenant, Judged]] = []
        for tenant in self._tenants.values():
            waiting = await consents.of_person(conn, tenant.name, person)
            judged = judge_number(waiting, number, now)
            if judged.consent is not None:
                found.append((tenant, judged))
        found.sort(key=lambda one: one[1].wrong is not None)
        return found[0] if found else (None, judge_number((), number, now))

    async def _settle(
        self,
        conn: Connection,
        tenant: Tenant,
        consent: Consent,
        judged: Judged,
        language: Language,
    ) -> tuple[str, list[Worthless | None]]:
        if judged.wrong is None:
            former = await self._connect(conn, tenant, consent)
            return connected_text(tenant.name, consent.login, language), [former]
        await consents.tried(conn, consent.state)
        await self._note(conn, consent, "wrong number to connect")
        dropped = [await self._drop(conn, tenant, consent)] if judged.spoiled else []
        return language.say(judged.wrong), dropped

    async def _connect(self, conn: Connection, tenant: Tenant, consent: Consent) -> Worthless:
        grants = _grants(tenant)
        refresh = await grants.safe.get(conn, tenant.name, _secret(consent)) or ""
        former = await grants.connect(conn, consent, refresh)
        await self._drop(conn, tenant, consent)
        await self._note(conn, consent, "connected", login=consent.login)
        return Worthless(grants, former)

    # --- taking it back ---

    async def disconnect(self, person: str, language: Language) -> str:
        """Forget the person's grants, here and in the ERP; return what to tell them."""
        forgotten, told = False, True
        for tenant in self._tenants.values():
            grants = _grants(tenant)
            await grants.settle(person)
            async with self._store.transaction() as conn:
                refresh = await grants.forget(conn, person)
                if refresh is None:
                    continue
                stub = Consent("", tenant.name, person, self._ports.clock.now())
                await self._note(conn, stub, "disconnected")
            forgotten, told = True, await grants.revoke(refresh) and told
        if not forgotten:
            return language.say(NOTHING_CONNECTED)
        return disconnected_text(language, told=told)

    # --- what nobody finished ---

    async def step(self) -> bool:
        """Drop links and sign-ins nobody finished in time; False when it is too early for that."""
        now = self._ports.clock.now()
        if now < self._due:
            return False
        self._due = now + TIDY
        async with self._store.transaction() as conn:
            old = await consents.expired(conn, now=now)
            tenants = [(self._tenants.get(one.company), one) for one in old]
            dropped = [await self._drop(conn, tenant, one) for tenant, one in tenants]
        await _revoke(dropped)
        return True

    async def next_due(self) -> datetime | None:
        """Return when there may be something to drop."""
        return self._due

    async def _drop(
        self, conn: Connection, tenant: Tenant | None, consent: Consent
    ) -> Worthless | None:
        """Forget a consent; a token it brought is returned, to be revoked."""
        told = None
        if tenant is not None and consent.code:
            grants = _grants(tenant)
            refresh = await grants.safe.get(conn, consent.company, _secret(consent))
            told = Worthless(grants, refresh or "")
        await vault.drop(conn, consent.company, _secret(consent))
        await consents.drop(conn, consent.state)
        return told

    async def _note(
        self, conn: Connection, consent: Consent, action: str, **detail: object
    ) -> None:
        now = self._ports.clock.now()
        correlation = consent.state[:32] or self._ports.token()
        cause = Cause(consent.company, "", f"consent.{correlation}", correlation, now)
        await note(conn, cause, action, actor=consent.person, **detail)


def _grants(tenant: Tenant) -> Grants:
    if tenant.grants is None:
        raise ValueError(f"{tenant.name} does not act as the person who decides")
    return tenant.grants


def _failed(status: int, sentence: str, language: Language) -> Page:
    """Return the page with one of our sentences; what the ERP itself says stays as it is."""
    return Page(status, failed_page(language.term(sentence), language))


def _refused(refusal: Refusal | None, login: str, language: Language) -> Page:
    """Return the page for a sign-in that is not taken; without a refusal, its link was used."""
    if refusal is None:
        return _failed(400, OLD_LINK, language)
    why = refusal_text(refusal, language)
    if refusal is not Refusal.NOT_LASTING:
        why = wrong_login(login, why, language)
    return Page(403, failed_page(why, language))


def _secret(consent: Consent) -> str:
    """Name what the vault keeps of a consent: its verifier, then the refresh token it brought."""
    return f"consent/{consent.state}"


async def _revoke(dropped: list[Worthless | None]) -> None:
    """Make tokens nobody will use worthless; where that fails they end by themselves."""
    for one in dropped:
        if one is not None:
            await one.grants.revoke(one.refresh)
