"""`countersign.toml`: companies, routes, people, channels; all that is no secret, checked whole."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from acumatica_client.allowance import Limits
from acumatica_client.extras import Extras, read_extras
from acumatica_client.models import REASON, ErpCall
from acumatica_client.notifications import Query, default_queries, read_queries
from bot.checked import SettingsError, Span, Strict, TimeOfDay, Url, Zone, mistakes
from bot.core.fallback import check_fallback
from bot.core.people import Override
from bot.core.plans import DEFAULT_CALLS
from bot.core.routes import Route, Routes
from bot.core.schedule import Quotas, Window
from bot.core.visibility import VisibleTo
from cards.dialogs import REJECT_REASONS
from cards.privacy import BANDS

PERSON = "{person}"
"""Stands for the name of who pressed, in what an action's dialog is told."""
SAID = "{reason}"
"""Stands for the reason they gave."""
MOST_REASONS = 20
LONGEST_REASON = 100


class Inquiry(Strict):
    """One `[company.inquiry.NAME]`: how the rows of one generic inquiry name a document."""

    entity: str
    number: str
    type: str = ""
    status: str = ""
    fixed_type: str = ""


class Company(Strict):
    """One `[[company]]`: an Acumatica tenant, how to speak to it, and its rules."""

    # It stands between double underscores in names of variables, so it may not hold any itself.
    name: str = Field(max_length=32, pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
    url: Url
    tenant: str
    endpoint: str = "Default"
    version: str = "24.200.001"
    sign_in: Literal["session", "oauth"] = "session"
    concurrent_access: bool = False
    check_tenant: bool = True
    branch: str = ""
    locale: str = Field("en-US", pattern=r"^[a-z]{2}(-[A-Z]{2})?$")
    seats: int = Field(2, ge=1, le=2)
    actions_at_once: int = Field(1, ge=1, le=4)
    parallel: int = Field(4, ge=1, le=20)
    requests_per_minute: int = Field(60, ge=0)
    time_zone: Zone = "UTC"
    poll: Span = timedelta(seconds=60)
    poll_with_push: Span = timedelta(minutes=5)
    sweep: Span = timedelta(minutes=10)
    nightly: TimeOfDay = time(2, 30)
    look_back: Span = timedelta(minutes=5)
    page: int = Field(200, ge=1, le=1000)
    act_as: Literal["service", "person"] = "service"
    allow_unknown_editor: bool = False
    allow_unknown_login: bool = False
    card_age: Span = timedelta(days=30)
    reject_reasons: tuple[str, ...] = REJECT_REASONS
    reject_needs_reason: bool = True
    notes: bool = False
    language: Literal["en", "de"] = "en"
    visible_to: VisibleTo = VisibleTo.EMPLOYEES
    amount_bands: tuple[Decimal, ...] = Field(BANDS, min_length=1, max_length=10)
    branches: dict[str, str] = Field(default_factory=dict)
    calls: dict[str, dict[str, str]] = Field(default_factory=dict)
    extra: dict[str, dict[str, str]] = Field(default_factory=dict)
    machine_users: tuple[str, ...] = ()
    contacts: bool = False
    delegation: str = "Approvals"
    match: bool = True
    match_tolerance: Decimal = Field(Decimal(0), ge=0, le=100)
    ask_reference: bool = False
    instructions_alert: Span = timedelta(days=30)
    inquiry: dict[str, Inquiry] = Field(default_factory=dict)
    fallback: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _falls_back_on_places(self) -> Company:
        for word in self.fallback:
            check_fallback(word)
        return self

    @model_validator(mode="after")
    def _speaks_contract_4(self) -> Company:
        if self.endpoint == "Default" and self.version >= "26.":
            raise ValueError(
                f"version: Default/{self.version} speaks contract version 5, which Countersign"
                " does not speak yet; pin 25.200.001 or older, it stays on newer instances"
            )
        for entity, steps in self.calls.items():
            for step, text in steps.items():
                read_call(entity, step, text)
        return self

    @model_validator(mode="after")
    def _bands_ascend(self) -> Company:
        rising = all(low < high for low, high in pairwise((Decimal(0), *self.amount_bands)))
        if not rising:
            raise ValueError("amount_bands: must be above zero, each larger than the one before")
        return self

    @model_validator(mode="after")
    def _reasons_fit_a_list(self) -> Company:
        if len(self.reject_reasons) > MOST_REASONS:
            raise ValueError(f"reject_reasons: at most {MOST_REASONS}")
        for reason in self.reject_reasons:
            if not reason.strip() or len(reason) > LONGEST_REASON:
                raise ValueError(f"reject_reasons: {reason!r}: 1 to {LONGEST_REASON} characters")
        _check_unique("reject_reasons", self.reject_reasons)
        return self

    @property
    def limits(self) -> Limits:
        """What of the licence this company leaves us; a grant without cookies has one session."""
        seats = 1 if self._has_one_session else self.seats
        return Limits(seats, self.parallel, self.requests_per_minute, self.actions_at_once)

    @property
    def _has_one_session(self) -> bool:
        return self.sign_in == "oauth" and not self.concurrent_access

    @model_validator(mode="after")
    def _has_seats_to_act_in(self) -> Company:
        if self.actions_at_once > 1 and (self.seats == 1 or self._has_one_session):
            raise ValueError(
                "actions_at_once: more than 1 needs more sessions than this company has; with"
                " seats = 1, or a grant of one session, leave it at 1"
            )
        return self

    @model_validator(mode="after")
    def _inquiries_name_documents(self) -> Company:
        self.queries()
        return self

    def queries(self) -> dict[str, Query]:
        """Return how pushes are read: this company's own inquiries, then those we ship."""
        own = {name: row.model_dump() for name, row in self.inquiry.items()}
        return default_queries() | read_queries(own)

    @model_validator(mode="after")
    def _extras_make_sense(self) -> Company:
        self.extras()
        return self

    def extras(self) -> Mapping[str, Extras]:
        """Return what this company's endpoint tells beyond `Default`, by entity."""
        return read_extras(self.extra)

    def call(self, entity: str, step: str, *, person: str = "", reason: str = "") -> ErpCall:
        """Return the write that does *step*, by this company's table or the default one.

        *person* is who pressed and *reason* why, for dialogs that are told. The default call tells
        a reason that was given.
        """
        own = self.calls.get(entity, {}).get(step)
        if not own:
            call = DEFAULT_CALLS[entity, step]
            return call.saying(REASON, reason) if reason else call
        call = read_call(entity, step, own)
        told = {PERSON: person, SAID: reason}
        # Where no reason was given, nothing is told instead of an empty one.
        rows = (row for row in call.dialog if reason or row[1] != SAID)
        return replace(call, dialog=tuple((field, _filled(text, told)) for field, text in rows))

    @property
    def zone(self) -> ZoneInfo:
        """The zone people of this company read times in."""
        return ZoneInfo(self.time_zone)


_ANSWER = re.compile(r' (\w+\.\w+)="([^"]*)"')
"""One answer for an action's dialog: `ReasonApproveRejectParams.Reason="…"`."""


def _filled(text: str, told: Mapping[str, str]) -> str:
    # In one go: what stands in braces within a name or a reason is no word of ours.
    return re.sub(r"\{\w+\}", lambda word: told[word[0]], text)


def read_call(entity: str, step: str, text: str) -> ErpCall:
    """Read `POST ReleaseFromHold` or `PUT Hold=false` from a company's table of calls.

    An action may have answers for its dialog behind it: `POST Reject View.Field="by {person}"`.
    """
    if (entity, step) not in DEFAULT_CALLS:
        raise ValueError(f"calls: there is no step {entity}.{step}")
    action = re.fullmatch(rf"POST (\w+)((?:{_ANSWER.pattern})*)", text)
    if action:
        answers = _ANSWER.findall(action[2])
        for field, answer in answers:
            if re.search(r"[{}]", answer.replace(PERSON, "").replace(SAID, "")):
                raise ValueError(f"calls: {field}: the words in braces are {PERSON} and {SAID}")
        return ErpCall(entity, action[1], dialog=tuple(answers))
    change = re.fullmatch(r"PUT (\w+)=(true|false)", text)
    if change:
        return ErpCall(entity, put=((change[1], change[2] == "true"),))
    raise ValueError(f"calls: {text!r} must be like 'POST ReleaseBill' or 'PUT Hold=false'")


class PersonEntry(Strict):
    """One `[[person]]`: what neither Acumatica nor Teams tells of somebody.

    Without `company` it holds in all of them; an employee is one of one company.
    """

    email: str
    company: str = ""
    employee: str = ""
    limit: Decimal | None = Field(None, ge=0)
    currency: str = ""
    may_decide: bool = True

    @model_validator(mode="after")
    def _limit_has_currency(self) -> PersonEntry:
        if self.limit is not None and not self.currency:
            raise ValueError("limit: say its currency too")
        return self

    def override(self) -> Override:
        """Return this entry as the matching of people wants it."""
        return Override(self.email, self.employee, self.limit, self.currency, self.may_decide)


class ChannelEntry(Strict):
    """One `[[channel]]`: a channel name bound by the file instead of inside Teams."""

    name: str
    conversation: str = Field(pattern=r"^19:\S+$")


def _windows(value: Any) -> Any:
    """Read `["7/1s", "1800/1h"]`: so many requests in so much time."""
    if not isinstance(value, list) or not value:
        raise ValueError('write a list like ["7/1s", "60/30s"]')
    return tuple(_window(text) for text in value)


def _window(text: Any) -> Window:
    number, _, span = text.partition("/") if isinstance(text, str) else ("", "", "")
    if not re.fullmatch(r"[1-9]\d{0,5}", number):
        raise ValueError(f"{text!r} must be like 7/1s: so many requests in so much time")
    return Window(int(number), TypeAdapter(Span).validate_python(span).total_seconds())


Windows = Annotated[tuple[Window, ...], BeforeValidator(_windows)]


class Paces(Strict):
    """`[limits]`: how much Teams lets one bot send, and how often one person may ask.

    The vendor's own numbers may change without notice.
    """

    messages: Windows = Quotas().messages
    reads: Windows = Quotas().reads
    tenant: Windows = Quotas().tenant
    presses_a_minute: int = Field(10, ge=1, le=600)
    commands_a_minute: int = Field(20, ge=1, le=600)
    new_cards_an_hour: int = Field(20, ge=1, le=600)
    """New cards for one person's own chat; the rest is listed in one message and follows."""

    def quotas(self) -> Quotas:
        """Return the limits as the schedule keeps them."""
        return Quotas(self.messages, self.reads, self.tenant)


class File(Strict):
    """`countersign.toml`: everything that is no secret."""

    limits: Paces = Field(default_factory=Paces)

    administrators: tuple[str, ...] = ()
    audit_channel: str = ""
    """Where the end of the audit trail is told every day."""
    company: tuple[Company, ...]
    route: tuple[Route, ...]
    person: tuple[PersonEntry, ...] = ()
    channel: tuple[ChannelEntry, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> File:
        names = [company.name for company in self.company]
        _check_unique("company", names)
        _check_tenants(self.company)
        _check_unique("channel", [channel.name for channel in self.channel])
        _check_unique("person", [_who(person) for person in self.person])
        self._check_people(names)
        for route in self.route:
            if route.company not in names:
                raise ValueError(f"route: there is no company {route.company!r}")
        for name in names:
            try:
                self.routes(name)
            except ValueError as error:
                raise ValueError(f"route: company {name!r}: {error}") from error
        return self

    def _check_people(self, companies: Sequence[str]) -> None:
        for person in self.person:
            if person.company and person.company not in companies:
                raise ValueError(f"person: there is no company {person.company!r}")
            if person.employee and not person.company and len(companies) > 1:
                raise ValueError(
                    f"person: {person.email}: say the company of employee {person.employee}"
                )

    def routes(self, company: str) -> Routes:
        """Return the routes of one company in file order."""
        return Routes(route for route in self.route if route.company == company)

    def overrides(self, company: str) -> tuple[Override, ...]:
        """Return what the file says of people in one company."""
        return tuple(one.override() for one in self.person if one.company in ("", company))


def _who(person: PersonEntry) -> str:
    return f"{person.email.lower()} {person.company}".rstrip()


def _check_unique(what: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what}: {', '.join(twice)} is there twice")


def _check_tenants(companies: Sequence[Company]) -> None:
    """Refuse two names for one tenant: the same bill would be asked about, and released, twice."""
    places = [_erp_place(company.url) for company in companies]
    for number, (one, place) in enumerate(zip(companies, places, strict=True)):
        for other, elsewhere in zip(companies[:number], places[:number], strict=True):
            tenants = {one.tenant.casefold(), other.tenant.casefold()}
            # Without a name it is whichever tenant the API user signs in to.
            if place == elsewhere and (len(tenants) == 1 or "" in tenants):
                raise ValueError(
                    f"company: {other.name} and {one.name} are the same tenant of Acumatica;"
                    " tell branches apart by routes"
                )


def _erp_place(url: str) -> tuple[str, int | None, str]:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return (parts.hostname or "").lower(), port, parts.path.rstrip("/").lower()


def read_file(path: Path) -> File:
    """Read `countersign.toml`, or raise SettingsError with every mistake found."""
    try:
        data = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
        return File.model_validate(data)
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}; copy countersign.example.toml"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path}: {error}"]) from error
    except ValidationError as error:
        raise SettingsError([f"{path}: {line}" for line in mistakes(error, File)]) from error
