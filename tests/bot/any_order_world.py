"""Runs the real core and the real shells on a real store against the fakes, one order at a time.

An order is a list of moves. What a check says is read from the fakes alone: from what truly
happened in the ERP and what truly stands in Teams, never from what the product stored about it.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from any_order_fakes import (
    EFFECTS,
    LATEST,
    Clock,
    FakeErp,
    FakeTeams,
    Message,
    Record,
    buttons,
    is_about,
    says,
)

from acumatica_client.client import ErpClient
from acumatica_client.entities import BILL, ENTITIES, PURCHASE_ORDER
from acumatica_client.models import DocumentKey
from bot.attempt import Runner
from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.company_file import Company
from bot.core.presses import Press
from bot.core.rates import Rates
from bot.core.routes import Route, Routes
from bot.core.schedule import Quotas
from bot.deciding.bells import Bells
from bot.deciding.claims import Claims
from bot.deciding.dialogs import Dialogs
from bot.deciding.doer import Doer
from bot.deciding.pressed import Presses, Received
from bot.deciding.settler import Settler
from bot.reading.look import Look
from bot.reading.poller import Poller
from bot.sending.backlog import Backlog
from bot.sending.effects import Effects
from bot.sending.pace import Pace
from bot.sending.reach import Reach
from bot.sending.showing import Showing
from bot.sending.standing_in import StandingIn
from bot.sending.teams import Connector
from bot.sending.worker import Worker
from bot.signing_in.consents import Consents
from storage import conversations, documents, inbox, ledger, people
from storage.database import Connection, Database
from storage.records import StoredEmployee, TeamsPerson

Move = tuple[Any, ...]
NAME = "acme"
SERVICE = "https://teams.example/"
CHANNELS = {"ap": "19:ap"}
STAFF = {"E1": "ann", "E2": "ben"}
APPROVER = {"E1": "aad-ann", "E2": "aad-ben"}

HELD, OTHER = BILL.key("Bill", "B0001"), BILL.key("Bill", "B0002")
ORDER = PURCHASE_ORDER.key("Normal", "P0001")
LATER = PURCHASE_ORDER.key("Normal", "P0009")
KEYS = {"bill": HELD, "other": OTHER, "order": ORDER, "later": LATER}
BORN = {HELD: "On Hold", OTHER: "Balanced", ORDER: "Pending Approval", LATER: "Open"}
"""The last is entered only while the others are at work."""

_BY_OWNER = {"company": NAME, "approver": ["owner"]}
ROUTES: tuple[dict[str, Any], ...] = (
    {**_BY_OWNER, "entity": "Bill", "when": ["on hold", "balanced"], "actions": ["release"],
     "to": ["channel:ap", "approver"]},
    {**_BY_OWNER, "entity": "Bill", "when": "pending approval", "to": ["channel:ap"]},
    {**_BY_OWNER, "entity": "PurchaseOrder", "when": "pending approval", "to": ["channel:ap"],
     "actions": ["approve", "reject"]},
    {"company": NAME, "entity": "PurchaseOrder", "when": "open", "to": ["channel:ap"]},
    {"company": NAME, "to": []},
)  # fmt: skip
_UNDECIDED = frozenset({"On Hold", "Balanced", "Pending Approval"})
_ANY = _UNDECIDED | {"Open", "Rejected", "Voided"}
CHANGES: dict[str, tuple[frozenset[str], Callable[[Record], dict[str, Any]]]] = {
    "amount": (_UNDECIDED, lambda record: {"amount": record.amount + 1}),
    "note": (_ANY, lambda record: {"note": f"{record.note}x"}),
    "owner": (_ANY, lambda record: {"owner": "E2" if record.owner == "E1" else "E1"}),
    "map": (_ANY, lambda record: {"needs_approval": not record.needs_approval}),
    "hold": (frozenset({"Balanced", "Pending Approval"}), lambda _: {"status": "On Hold"}),
    "by hand": (_UNDECIDED, lambda _: {"status": "Open"}),
    "reopen": (frozenset({"Open", "Rejected"}), lambda _: {"status": "Pending Approval"}),
    "reject": (_UNDECIDED, lambda _: {"status": "Rejected"}),
    "delete": (_UNDECIDED, lambda _: {"deleted": True}),
}
"""What an ERP user may do -> in which statuses, and what it changes."""
SIDE_BY_SIDE = {"look": 3, "work": 4, "settle": 2}
"""How many steps of a runner are at work at once, where it is more than one."""
PATIENCE = 120.0
"""Seconds that pass at rest between one look at what is due and the next, at least."""
QUIESCENT = 400
"""Rounds after which everything must have come to rest."""


class Crash(BaseException):
    """The process dies here."""


class Store(Database):
    """The real store; the process may also die around its transactions."""

    point: Callable[[str], Awaitable[None]]

    async def hurry(self) -> None:
        """Do not wait for the disk: here processes die, but the power stays on."""
        await self.write("PRAGMA synchronous = OFF")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        await self.point("before a transaction")
        async with super().transaction() as conn:
            yield conn
            await self.point("before a commit")
        await self.point("after a commit")


@dataclass
class Pressed:
    """One press that somebody made on a card that truly stood there."""

    key: DocumentKey
    person: str
    verb: str
    token: str
    amount: Decimal


@dataclass
class Bot:
    """Every object of one life of the process."""

    store: Store
    runners: dict[str, Runner]
    presses: Presses
    dialogs: Dialogs
    poller: Poller
    claims: Claims


@dataclass
class World:
    """Everything outside the process, and the process."""

    path: Path
    """Where the store is, or will be."""
    clock: Clock = field(default_factory=Clock)
    pressed: list[Pressed] = field(default_factory=list)
    pushed: set[DocumentKey] = field(default_factory=set)
    tells_at_rest: bool = True
    """Whether the ERP pushes in the end what a poll cannot show."""
    vanished: set[DocumentKey] = field(default_factory=set)
    mistakes: list[str] = field(default_factory=list)
    died_sending: int = 0

    def __post_init__(self) -> None:
        self.erp = FakeErp(self.clock, self.point)
        self.teams = FakeTeams(self.point)
        self._crash_in = 0
        self._boots = False
        self._meanwhile: tuple[str, list[Move]] | None = None
        self._busy: Counter[str] = Counter()
        self._number = 0
        self.routes: Sequence[dict[str, Any]] = ROUTES
        self.lost_posts: Any = None
        """What looks for a card whose post got no answer, where a test has it."""
        self.bot: Bot
        for key, owner in ((HELD, "E1"), (OTHER, "E2"), (ORDER, "E1")):
            self.erp.records[key] = Record(key, BORN[key], Decimal(100), owner)

    # --- the process ---

    async def start(self) -> None:
        """Start the process: take over the store, rescue what was in flight."""
        store = cast("Store", await Store.open(self.path))
        await store.hurry()
        store.point = self.point
        ports = Ports(self.clock, lambda: 0.5, self._token, _no_transport)
        async with store.transaction() as conn:
            await self._settle_in(conn)
        tenant = Tenant(
            Company(
                name=NAME, url="https://erp.example", tenant="Company", allow_unknown_editor=True
            ),
            Routes(Route.model_validate(route) for route in self.routes),
            cast("ErpClient", self.erp),
            (),
        )
        tenants = {NAME: tenant}
        outbox, look, settle, act = (Bell(self.clock) for _ in range(4))
        bells = Bells(outbox, look, settle, act)
        showing = Showing(tenants, self.clock)
        connector = cast("Connector", self.teams)
        consents = Consents(tenants, store, ports)
        claims = Claims(tenants, consents, ports=ports, bells={NAME: bells}, rates=Rates(1000))
        dialogs = Dialogs(store, claims, ports)
        reachable = lambda told: told or SERVICE  # noqa: E731  # as short as it is
        reach = Reach(store)
        backlog = Backlog(tenants, store, showing, self.clock, most=600)
        effects = Effects(
            store, showing, connector, consents, self.clock,
            reachable=reachable, reach=reach, backlog=backlog, lost_posts=self.lost_posts,
        )  # fmt: skip
        standing_in, pace = StandingIn(tenants, reach), Pace(Quotas(), self.clock)
        worker = Worker(
            store, effects, ports, pace=pace, reach=reach, standing_in=standing_in, backlog=backlog
        )
        poller = Poller(tenant, store, ports, look_bell=look)
        self.bot = Bot(
            store,
            {
                "look": Look(tenant, store, ports, outbox_bell=outbox),
                "work": worker,
                "act": Doer(tenant, store, ports, bells),
                "settle": Settler(tenant, store, ports, bells),
                "poll": poller,
            },
            Presses(store, showing, claims, dialogs, ports),
            dialogs,
            poller,
            claims,
        )
        await worker.rescue()

    async def _settle_in(self, conn: Connection) -> None:
        now = self.clock.now()
        await ledger.free_leases(conn)
        await documents.begin(conn, NAME, now=now)
        for name, conversation in CHANNELS.items():
            await conversations.bind(conn, name, conversation, by="file", now=now)
        for code, name in STAFF.items():
            person = TeamsPerson(f"aad-{name}", f"29:{name}", name.title(), f"{name}@x")
            await people.put_person(conn, person, now=now)
            await people.put_employee(
                conn, NAME, StoredEmployee(code, name.title(), f"{name}@x", active=True)
            )

    def _token(self) -> str:
        self._number += 1
        return f"token-{self._number}"

    async def point(self, where: str) -> None:
        """Let the process die here, or something else happen, when that was asked for."""
        if self._crash_in:
            self._crash_in -= 1
            if not self._crash_in:
                raise Crash(where)
        if where == "erp told" and self._busy["act"]:
            return  # nobody can keep the ERP from changing between the last check and the call
        if self._meanwhile and self._meanwhile[0] == where:
            moves, self._meanwhile = self._meanwhile[1], None
            for move in moves:
                await self.do(move)

    async def restart(self) -> None:
        """Throw away every object of the process and start it again on the same store."""
        self._crash_in, self._meanwhile = 0, None
        self._busy.clear()
        self.teams.fresh.clear()
        await self.bot.store.close()
        if self._boots:
            self.clock.boot()
        await self.start()

    # --- moves ---

    async def play(self, moves: list[Move]) -> None:
        """Make every move in order, then let everything come to rest; check all the way."""
        handler = _Mistakes(self.mistakes)
        logging.getLogger("bot.attempt").addHandler(handler)
        try:
            await self.start()
            await self._safely(("poll",))
            for move in moves:
                await self._safely(move)
                self.check()
            await self._come_to_rest()
            self.check()
            self.check_at_rest()
        finally:
            logging.getLogger("bot.attempt").removeHandler(handler)
            await self.bot.store.close()

    async def _safely(self, move: Move) -> None:
        try:
            await self.do(move)
        except Crash:
            await self.restart()

    async def do(self, move: Move) -> None:
        """Make one move."""
        name, *arguments = move
        await getattr(self, f"_do_{name}")(*arguments)

    async def _do_change(self, which: str, what: str) -> None:
        """Somebody works in the ERP."""
        key = KEYS[which]
        record = self.erp.records.get(key)
        if record is None:
            if what == "create":
                self.erp.records[key] = made = Record(key, BORN[key], Decimal(100), "E1")
                self.erp.touch(made)
        elif what in ("vanish", "return"):  # rights are taken from us, and given back
            record.deleted = what == "vanish"
            self.vanished.add(key)
        elif not record.deleted and what in CHANGES:
            statuses, change = CHANGES[what]
            if record.status in statuses and (what != "reopen" or key.entity == "PurchaseOrder"):
                self.erp.touch(record, **change(record))

    async def _do_push(self, which: str, number: int = 0) -> None:
        """The ERP tells of a change; a *number* told before is the same push again."""
        key = KEYS[which]
        if key not in self.erp.records:
            return
        entity = ENTITIES[key.entity]
        self._number += 1
        body = {
            "Query": f"Countersign{key.entity}s",
            "Id": f"push-{number or self._number}",
            "TimeStamp": self._number,
            "Inserted": [{"Type": key.type, entity.number_field: key.number}],
        }
        async with self.bot.store.transaction() as conn:
            new = await inbox.add_push(
                conn,
                company=NAME,
                identity=f"{body['Query']}|{body['Id']}",
                body=json.dumps(body).encode(),
                correlation="c",
                now=self.clock.now(),
            )
        if new:
            self.pushed.add(key)

    async def _do_poll(self) -> None:
        self.clock.advance(60)
        await self.run("poll")

    async def _do_wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    async def _do_run(self, name: str, times: int = 1) -> None:
        for _ in range(times):
            await self.run(name)

    async def _do_all(self) -> None:
        """Do everything that is due now."""
        for _ in range(60):
            worked = [await self.run(name) for name in ("look", "work", "act", "settle")]
            if not any(worked):
                return
        raise AssertionError("there is always more to do")

    async def run(self, name: str) -> bool:
        """Have one runner do one piece of work, as its loop would."""
        if self._busy[name] >= SIDE_BY_SIDE.get(name, 1):
            return False
        self._busy[name] += 1
        outer, self.teams.fresh = self.teams.fresh, []
        try:
            worked = await self.bot.runners[name].step()
            for message in self.teams.fresh:
                message.told = True
        except Crash:
            self.died_sending += name == "work"
            raise
        finally:
            self._busy[name] -= 1
            self.teams.fresh = outer
        return worked

    async def _do_erp(self, how: str) -> None:
        self.erp.next_acts.append(how)

    async def _do_read(self, how: str) -> None:
        self.erp.next_reads.append(how)

    async def _do_teams(self, how: str) -> None:
        self.teams.next_sends.append(how)

    async def _do_crash(self, points: int, boots: bool) -> None:
        """Die at a coming point, so many from here."""
        self._crash_in, self._boots = points, boots

    async def _do_kill(self, boots: bool) -> None:
        self._boots = boots
        raise Crash("killed")

    async def _do_meanwhile(self, where: str, moves: list[Move]) -> None:
        """Make these moves while the process waits at a point."""
        self._meanwhile = (where, moves)

    async def _do_press(
        self, which: str, who: str = "owner", copy: int = -1, again: bool = False, verb: int = 0
    ) -> None:
        """Somebody presses a verb on a copy of a card; `again`: it is delivered twice."""
        key = KEYS[which]
        copies = [m for m in self.teams.messages if is_about(m, key) and buttons(m.card)]
        if not copies:
            return
        message = copies[copy % len(copies)]
        wanted = ("release",) if key.entity == "Bill" else ("approve", "reject")
        record = self.erp.records[key]
        person = APPROVER[record.owner] if who == "owner" else f"aad-{who}"
        press = Press(
            token=buttons(message.card)[0]["data"]["token"],
            verb=wanted[verb % len(wanted)],
            person=person,
            conversation=message.conversation,
            reply_to=message.activity,
        )
        amount = _amount_on(message)
        self.pressed.append(Pressed(key, person, press.verb, press.token, amount))
        self._number += 1
        if press.verb == "reject":
            await self._reject(press, times=1 + again)
            return
        for _ in range(1 + again):
            answer = await self.bot.presses.answer(Received(press, f"f:{self._number}"))
            assert answer["statusCode"] == 200
            assert answer["value"]

    async def _reject(self, press: Press, *, times: int) -> None:
        """Open the dialog and send its form, which comes again under the same id and a new one."""
        sender = {
            "from": {"aadObjectId": press.person},
            "conversation": {"id": press.conversation},
            "replyToId": press.reply_to,
        }
        button = {"token": press.token, "verb": press.verb}
        opened = {**sender, "id": f"f:{self._number}", "value": {"data": button}}
        task = (await self.bot.dialogs.fetched(opened))["task"]
        if task["type"] == "message":
            assert task["value"]
            return
        card = task["value"]["card"]["content"]
        send = next(part for part in card["body"] if part["type"] == "ActionSet")["actions"][0]
        data = {**send["data"], "choice": "Entered twice"}
        for repeat in (0, *range(times)):
            again = {**sender, "id": f"f:{self._number}.{repeat}", "value": {"data": data}}
            assert (await self.bot.dialogs.submitted(again))["task"]["value"]

    async def _do_refresh(self, which: str, who: str = "ann") -> None:
        """Somebody's client asks for that person's view of every copy it shows."""
        for message in [m for m in self.teams.messages if is_about(m, KEYS[which])]:
            refresh = message.card.get("refresh")
            if refresh is None:
                continue
            token = refresh["action"]["data"]["token"]
            press = Press(token, "refresh", f"aad-{who}", message.conversation, message.activity)
            self._number += 1
            received = Received(press, f"f:{self._number}", automatic=True)
            assert (await self.bot.presses.answer(received))["value"]

    # --- rest ---

    async def _come_to_rest(self) -> None:
        """Let everything work again, and time pass until nothing is due any more."""
        self._crash_in, self._meanwhile = 0, None
        self.erp.next_acts.clear()
        self.erp.next_reads.clear()
        self.teams.next_sends.clear()
        self.clock.advance(LATEST)
        for which, key in KEYS.items():
            record = self.erp.records.get(key)
            unseen = record is not None and (record.deleted or key in self.vanished)
            if unseen and self.tells_at_rest:
                await self._do_push(
                    which
                )  # a poll does not show what is no more, or back unchanged
        await self._do_all()
        await self._do_poll()
        for _ in range(QUIESCENT):
            await self._do_all()
            dues = [await self.bot.runners[name].next_due() for name in ("look", "work", "act")]
            dues.append(await self.bot.runners["settle"].next_due())
            later = [due for due in dues if due is not None]
            if not later:
                return
            wait = (min(later) - self.clock.now()).total_seconds()
            self.clock.advance(max(wait, PATIENCE))
        raise AssertionError("it never comes to rest")

    # --- checks ---

    def check(self) -> None:
        """What must be true at every moment."""
        assert not self.mistakes, self.mistakes
        for (key, action), times in self.erp.effects.items():
            assert action != "ReleaseBill" or times <= 1, f"{key} was released {times} times"
        for key in self.erp.records:
            for action in EFFECTS:
                self._check_calls(key, action)
        told = [(m.conversation.partition(";")[0], self._key_of(m)) for m in self._told()]
        assert len(told) == len(set(told)), "two cards stand for one document at one target"

    def _check_calls(self, key: DocumentKey, action: str) -> None:
        ran = [c for c in self.erp.calls if (c.key, c.action) == (key, action) and c.ran]
        allowed = [p for p in self.pressed if p.key == key and action in _actions_of(p.verb)]
        asked = {APPROVER[owner] for owner in self.erp.records[key].owners}
        allowed = [p for p in allowed if p.person in asked]
        tokens = {p.token for p in allowed}
        assert len(ran) <= len(tokens), f"{action} ran more often than somebody pressed for it"
        for call in ran:
            assert call.amount in {p.amount for p in allowed}, f"{action} of what nobody approved"

    def _told(self) -> list[Message]:
        return [message for message in self.teams.messages if message.told]

    def _key_of(self, message: Message) -> DocumentKey:
        return next(key for key in KEYS.values() if is_about(message, key))

    def check_at_rest(self) -> None:
        """What must be true once everything has come to rest."""
        for key, record in self.erp.records.items():
            cards = [m for m in self.teams.messages if is_about(m, key)]
            for message in cards:
                if message.told:
                    self._check_card(message, record)
            if not record.deleted:
                self._check_posted(record, cards)

    def _check_card(self, message: Message, record: Record) -> None:
        if record.deleted:
            assert says(message.card, "no longer has this document")
            assert not buttons(message.card)
            return
        assert not says(message.card, "no longer has this document")
        words = record.status.lower()
        assert says(message.card["body"][0], words), f"the card does not say {words}"
        amount = f"{record.amount:,.2f}"
        assert says(message.card, amount), f"the card does not say {amount}"
        waits = _is_asked(record)
        assert waits or not buttons(message.card), f"a live button on what is {words}"

    def _check_posted(self, record: Record, cards: list[Message]) -> None:
        asking = _is_asked(record)
        if not asking and (record.key.entity, record.status) != ("PurchaseOrder", "Open"):
            return
        here = [m for m in cards if m.conversation.startswith("19:ap")]
        lost = self.died_sending + self.unknown_posts
        if not lost:
            assert [m for m in here if m.told], f"{record.key} is on no card"
        if asking and lost <= 2:
            assert here, f"{record.key} waits for somebody and stands nowhere"
        stuck = any(says(m.card, "A person must look") for m in cards)
        if asking and not stuck and [m for m in here if m.told]:
            assert any(buttons(m.card) for m in here), f"nobody can decide on {record.key}"

    @property
    def unknown_posts(self) -> int:
        """How many posts truly got no clear answer, at least."""
        return len([m for m in self.teams.messages if not m.told]) + self.teams.lost_posts


def _actions_of(verb: str) -> frozenset[str]:
    return {
        "release": frozenset({"ReleaseFromHold", "ReleaseBill"}),
        "approve": frozenset({"Approve"}),
        "reject": frozenset({"Reject"}),
    }[verb]


def _is_asked(record: Record) -> bool:
    if record.key.entity == "Bill":
        return record.status in ("On Hold", "Balanced")
    return record.status == "Pending Approval"


def _amount_on(message: Message) -> Decimal:
    """Read the amount off a card, as the person who presses does."""
    for part in message.card["body"]:
        if part.get("size") == "ExtraLarge":
            return Decimal(part["text"].split()[0].replace(",", ""))
    raise AssertionError("the card tells no amount")


def _no_transport(allowed: Callable[[str], bool]) -> Any:
    raise AssertionError("no network here")


class _Mistakes(logging.Handler):
    """Keeps what the one broad `except` of the product swallowed."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(self.format(record))
