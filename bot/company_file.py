"""`countersign.toml`: companies, routes, people, channels; all that is no secret, checked whole."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, model_validator

from acumatica_client.allowance import Limits
from acumatica_client.extras import Extras, read_extras
from acumatica_client.models import ErpCall
from acumatica_client.notifications import Query, default_queries, read_queries
from bot.checked import SettingsError, Span, Strict, TimeOfDay, Url, Zone, mistakes
from bot.core.people import Override
from bot.core.plans import DEFAULT_CALLS
from bot.core.routes import Route, Routes

PERSON = "{person}"
"""Stands for the name of who pressed, in what an action's dialog is told."""


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

    @property
    def limits(self) -> Limits:
        """What of the licence this company leaves us; a grant without cookies has one session."""
        one = self.sign_in == "oauth" and not self.concurrent_access
        return Limits(1 if one else self.seats, self.parallel, self.requests_per_minute)

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

    def call(self, entity: str, step: str, *, person: str = "") -> ErpCall:
        """Return the write that does *step*, by this company's table or the default one.

        *person* is who pressed, for dialogs that are told.
        """
        own = self.calls.get(entity, {}).get(step)
        call = read_call(entity, step, own) if own else DEFAULT_CALLS[entity, step]
        told = tuple((field, text.replace(PERSON, person)) for field, text in call.dialog)
        return replace(call, dialog=told)

    @property
    def zone(self) -> ZoneInfo:
        """The zone people of this company read times in."""
        return ZoneInfo(self.time_zone)


_ANSWER = re.compile(r' (\w+\.\w+)="([^"]*)"')
"""One answer for an action's dialog: `ReasonApproveRejectParams.Reason="…"`."""


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
            if re.search(r"[{}]", answer.replace(PERSON, "")):
                raise ValueError(f"calls: {field}: the only word in braces is {PERSON}")
        return ErpCall(entity, action[1], dialog=tuple(answers))
    change = re.fullmatch(r"PUT (\w+)=(true|false)", text)
    if change:
        return ErpCall(entity, put=((change[1], change[2] == "true"),))
    raise ValueError(f"calls: {text!r} must be like 'POST ReleaseBill' or 'PUT Hold=false'")


class PersonEntry(Strict):
    """One `[[person]]`: what neither Acumatica nor Teams tells of somebody."""

    email: str
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


class File(Strict):
    """`countersign.toml`: everything that is no secret."""

    company: tuple[Company, ...]
    route: tuple[Route, ...]
    person: tuple[PersonEntry, ...] = ()
    channel: tuple[ChannelEntry, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> File:
        names = [company.name for company in self.company]
        _check_unique("company", names)
        _check_unique("channel", [channel.name for channel in self.channel])
        _check_unique("person", [person.email.lower() for person in self.person])
        for route in self.route:
            if route.company not in names:
                raise ValueError(f"route: there is no company {route.company!r}")
        for name in names:
            try:
                self._check_channels(self.routes(name))
            except ValueError as error:
                raise ValueError(f"route: company {name!r}: {error}") from error
        return self

    def _check_channels(self, routes: Routes) -> None:
        missing = routes.channels() - {channel.name for channel in self.channel}
        if missing:
            named = ", ".join(sorted(missing))
            raise ValueError(f"no [[channel]] tells where {named} is in Teams")

    def routes(self, company: str) -> Routes:
        """Return the routes of one company in file order."""
        return Routes(route for route in self.route if route.company == company)

    def overrides(self) -> tuple[Override, ...]:
        """Return what the file says of people."""
        return tuple(person.override() for person in self.person)


def _check_unique(what: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what}: {', '.join(twice)} is there twice")


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
        raise SettingsError([f"{path}: {line}" for line in mistakes(error)]) from error
