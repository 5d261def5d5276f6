"""`countersign.toml`: companies, routes, people, channels; all that is no secret, checked whole."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from acumatica_client.allowance import Limits
from acumatica_client.extras import Extras, read_extras
from acumatica_client.models import REASON, ErpCall
from acumatica_client.notifications import Query, default_queries, read_queries
from bot.checked import (
    CHANNEL_ID,
    COMPANY_NAME,
    LOCALE,
    SettingsError,
    Span,
    Strict,
    TimeOfDay,
    Url,
    Zone,
    in_file,
    mistakes,
    placed,
    together,
)
from bot.core.fallback import check_fallback
from bot.core.people import Override
from bot.core.plans import DEFAULT_CALLS
from bot.core.routes import Route, Routes
from bot.core.schedule import Quotas, Window
from bot.core.visibility import VisibleTo
from bot.files import read_text
from bot.fitting import misfits
from bot.toml_lines import lines_of
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
    """`Bill`, `PurchaseOrder`, `Check` or `Payment`."""
    number: str
    """The column that holds the document's number."""
    type: str = ""
    """The column that holds its type, as a label or a code."""
    status: str = ""
    """The column that holds the status, if there is one; never believed."""
    fixed_type: str = ""
    """Instead of `type`: the one type all its rows have."""


class Company(Strict):
    """One `[[company]]`: an Acumatica tenant, how to speak to it, and its rules."""

    # It stands between double underscores in names of variables, so it may not hold any itself.
    name: str = Field(max_length=32, pattern=COMPANY_NAME)
    """Short name: on every row, and in the push address `/api/acumatica/push/NAME`."""
    url: Url
    """Acumatica instance, site folder included."""
    tenant: str
    """Tenant to sign in to."""
    endpoint: str = "Default"
    """Endpoint name; an extension of Default works too."""
    version: str = "24.200.001"
    """Endpoint version, of contract version 4."""
    sign_in: Literal["session", "oauth"] = "session"
    """`session`: user and password; `oauth`: a connected application."""
    concurrent_access: bool = False
    """OAuth: ask that one grant may have two sessions."""
    check_tenant: bool = True
    """Refuse a sign-in whose cookie names another tenant."""
    branch: str = ""
    """Branch to sign in to; empty: the user's own."""
    locale: str = Field("en-US", pattern=LOCALE)
    """Locale to sign in with; rules compare English status words."""
    seats: int = Field(2, ge=1, le=2)
    """Sessions the licence leaves us."""
    actions_at_once: int = Field(1, ge=1, le=4)
    """Decisions carried out side by side; more than 1 needs `seats = 2`."""
    parallel: int = Field(4, ge=1, le=20)
    """Calls at one time over all sessions."""
    requests_per_minute: int = Field(60, ge=0)
    """Calls a minute we keep to by ourselves; 0: no budget."""
    time_zone: Zone = "UTC"
    """Zone people read times in, like `America/Chicago`."""
    poll: Span = timedelta(seconds=60)
    """How often to ask for changes, at the fastest."""
    poll_with_push: Span = timedelta(minutes=5)
    """How far that stretches while pushes tell every change first."""
    sweep: Span = timedelta(minutes=10)
    """How often to list what waits and compare it with what is known."""
    nightly: TimeOfDay = time(2, 30)
    """When, in `time_zone`, to read every open card by its key as well."""
    look_back: Span = timedelta(minutes=5)
    """How far polling windows overlap."""
    page: int = Field(200, ge=1, le=1000)
    """Rows of one list read."""
    act_as: Literal["service", "person"] = "service"
    """Whose Acumatica user carries a decision out: ours, or the presser's own."""
    allow_unknown_editor: bool = False
    """Whether people may decide where the ERP tells no creator or editor."""
    allow_unknown_login: bool = False
    """Whether people may connect a user whose employee nobody can tell."""
    card_age: Span = timedelta(days=30)
    """A card older than this decides nothing."""
    reject_reasons: tuple[str, ...] = REJECT_REASONS
    """What the form behind *Reject…* offers to choose from."""
    reject_needs_reason: bool = True
    """Whether nobody may reject without saying why."""
    notes: bool = False
    """Whether what was said and decided is noted on the document in Acumatica."""
    language: Literal["en", "de"] = "en"
    """What cards in channels are written in."""
    visible_to: VisibleTo = VisibleTo.EMPLOYEES
    """Who may ask for its documents in chat and search."""
    amount_bands: tuple[Decimal, ...] = Field(BANDS, min_length=1, max_length=10)
    """Where bands of amounts end, for routes with `privacy = "band"`."""
    branches: dict[str, str] = Field(default_factory=dict)
    """Branch code to the name cards show."""
    calls: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Other ERP calls for a step: `calls.Bill.remove_hold = "PUT Hold=false"`."""
    extra: dict[str, dict[str, str]] = Field(default_factory=dict)
    """What this company's endpoint tells beyond `Default`, by entity."""
    machine_users: tuple[str, ...] = ()
    """Logins that are no person's, such as an import's."""
    contacts: bool = False
    """Also read contacts, for owners that are told by contact id."""
    delegation: str = "Approvals"
    """What a delegate's row must say in *Delegation Of* to approve."""
    match: bool = True
    """Compare bills with the purchase orders and receipts their lines name."""
    match_tolerance: Decimal = Field(Decimal(0), ge=0, le=100)
    """Percent a quantity or unit cost may be over before it is a warning."""
    ask_reference: bool = False
    """Ask Acumatica whether another bill has the same vendor reference."""
    instructions_alert: Span = timedelta(days=30)
    """How long a change of payment instructions is a warning."""
    grant_life: Span = timedelta(days=30)
    """How long an unused sign-in by OAuth lasts, for the countdown only."""
    push_secret_age: Span = timedelta(days=365)
    """How old the push secret may become before administrators are told."""
    inquiry: dict[str, Inquiry] = Field(default_factory=dict)
    """How pushes of your own generic inquiries are read, by their names."""
    fallback: tuple[str, ...] = ()
    """Where a question goes when the place it belongs to cannot be written to."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Company:
        together(
            self._falls_back_on_places, self._speaks_contract_4, self._calls_are_known,
            self._bands_ascend, self._reasons_fit_a_list, self._has_seats_to_act_in,
            self.queries, self.extras,
        )  # fmt: skip
        return self

    def _falls_back_on_places(self) -> None:
        for word in self.fallback:
            check_fallback(word)

    def _speaks_contract_4(self) -> None:
        if self.endpoint == "Default" and self.version >= "26.":
            raise ValueError(
                f"version: Default/{self.version} speaks contract version 5, which Countersign"
                " does not speak yet; pin 25.200.001 or older, it stays on newer instances"
            )

    def _calls_are_known(self) -> None:
        together(
            *(
                partial(read_call, entity, step, text)
                for entity, steps in self.calls.items()
                for step, text in steps.items()
            )
        )

    def _bands_ascend(self) -> None:
        rising = all(low < high for low, high in pairwise((Decimal(0), *self.amount_bands)))
        if not rising:
            raise ValueError("amount_bands: must be above zero, each larger than the one before")

    def _reasons_fit_a_list(self) -> None:
        if len(self.reject_reasons) > MOST_REASONS:
            raise ValueError(f"reject_reasons: at most {MOST_REASONS}")
        for reason in self.reject_reasons:
            if not reason.strip() or len(reason) > LONGEST_REASON:
                raise ValueError(f"reject_reasons: {reason!r}: 1 to {LONGEST_REASON} characters")
        _check_unique("reject_reasons", self.reject_reasons)

    @property
    def limits(self) -> Limits:
        """What of the licence this company leaves us; a grant without cookies has one session."""
        seats = 1 if self._has_one_session else self.seats
        return Limits(seats, self.parallel, self.requests_per_minute, self.actions_at_once)

    @property
    def _has_one_session(self) -> bool:
        return self.sign_in == "oauth" and not self.concurrent_access

    def _has_seats_to_act_in(self) -> None:
        if self.actions_at_once > 1 and (self.seats == 1 or self._has_one_session):
            raise ValueError(
                "actions_at_once: more than 1 needs more sessions than this company has; with"
                " seats = 1, or a grant of one session, leave it at 1"
            )

    def queries(self) -> dict[str, Query]:
        """Return how pushes are read: this company's own inquiries, then those we ship."""
        own = {name: row.model_dump() for name, row in self.inquiry.items()}
        return default_queries() | read_queries(own)

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
    """Who, by e-mail address or the sign-in name of Entra."""
    company: str = ""
    """The company this holds for; without it, all of them."""
    employee: str = ""
    """Their Acumatica employee code, where the address does not tell."""
    limit: Decimal | None = Field(None, ge=0)
    """The largest amount they may decide on."""
    currency: str = ""
    """The limit's currency; documents in another are refused."""
    may_decide: bool = True
    """`false` takes the right away."""

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
    """The channel name routes use."""
    conversation: str = Field(pattern=CHANNEL_ID)
    """The channel's id in Teams, `19:…@thread.tacv2`."""


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


WINDOWS = {
    "type": "array", "minItems": 1,
    "items": {"type": "string", "pattern": r"^[1-9]\d{0,5}/0*[1-9]\d{0,6}\s*[smhd]$"},
}  # fmt: skip
"""How windows are written, for editors."""
Windows = Annotated[tuple[Window, ...], BeforeValidator(_windows), WithJsonSchema(WINDOWS)]


class Paces(Strict):
    """`[limits]`: how much Teams lets one bot send, and how often one person may ask.

    The vendor's own numbers may change without notice.
    """

    messages: Windows = Quotas().messages
    """Posts, edits, deletions and opened chats in one conversation."""
    reads: Windows = Quotas().reads
    """Rosters and the like of one conversation."""
    tenant: Windows = Quotas().tenant
    """Everything together."""
    presses_a_minute: int = Field(10, ge=1, le=600)
    """Presses and forms of one person."""
    commands_a_minute: int = Field(20, ge=1, le=600)
    """Commands one person types."""
    new_cards_an_hour: int = Field(20, ge=1, le=600)
    """New cards for one person's own chat; the rest is listed in one message and follows."""

    def quotas(self) -> Quotas:
        """Return the limits as the schedule keeps them."""
        return Quotas(self.messages, self.reads, self.tenant)


class CanaryRules(Strict):
    """`[canary]`: a test message that is posted, edited and deleted now and then."""

    channel: str = ""
    """Name of the channel it goes to; empty: none is sent."""
    every: Span = timedelta(minutes=15)
    """Time from one round to the next, 1m or more."""

    @model_validator(mode="after")
    def _not_too_often(self) -> CanaryRules:
        if self.every < timedelta(minutes=1):
            raise ValueError("every: at least 1m, as each round is three requests to Teams")
        return self


class File(Strict):
    """`countersign.toml`: everything that is no secret."""

    limits: Paces = Field(default_factory=Paces)
    """How much Teams lets one bot send, and how often one person may ask."""
    canary: CanaryRules = Field(default_factory=CanaryRules)
    """A test message that proves, round by round, that Teams takes what we send."""
    administrators: tuple[str, ...] = ()
    """Mails of who may bind channels and settles what nobody else can; name three."""
    audit_channel: str = ""
    """Where the end of the audit trail is told every day."""
    company: tuple[Company, ...]
    """Acumatica tenants."""
    route: tuple[Route, ...]
    """Per company the first match wins; the last one must match everything."""
    person: tuple[PersonEntry, ...] = ()
    """What neither Acumatica nor Teams tells of somebody."""
    channel: tuple[ChannelEntry, ...] = ()
    """Channels bound here instead of inside Teams."""

    def one(self, name: str) -> Company:
        """Return the company of that name. Raises SettingsError when there is none."""
        known = {one.name: one for one in self.company}
        if name not in known:
            raise SettingsError([f"there is no company {name!r}; there are: {', '.join(known)}"])
        return known[name]

    def companies(self, wanted: str) -> list[Company]:
        """Return one company, or all where no name is *wanted*. Raises SettingsError."""
        return [self.one(wanted)] if wanted else list(self.company)

    def routes(self, company: str) -> Routes:
        """Return the routes of one company in file order."""
        return Routes(route for route in self.route if route.company == company)

    def overrides(self, company: str) -> tuple[Override, ...]:
        """Return what the file says of people in one company."""
        return tuple(one.override() for one in self.person if one.company in ("", company))


def _check_unique(what: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what}: {', '.join(twice)} is there twice")


def read_file(path: Path) -> File:
    """Read `countersign.toml`, or raise SettingsError with every mistake found."""
    try:
        text = read_text(path)
        data = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}; copy countersign.example.toml"]) from error
    except RecursionError as error:
        raise SettingsError([f"{path}: tables or lists are nested too deeply"]) from error
    except ValueError as error:  # no TOML, no UTF-8, or a number without an end
        raise SettingsError([f"{path}: {error}"]) from error
    lines = lines_of(text)
    found = [
        placed(place, f"{in_file(place)}: {told}", path, lines) for place, told in misfits(data)
    ]
    try:
        file = File.model_validate(data)
    except ValidationError as error:
        found = [*mistakes(error, File, path=path, lines=lines), *found]
        raise SettingsError(found) from error
    if found:
        raise SettingsError(found)
    return file
