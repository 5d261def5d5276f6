"""Answers what people type to the bot: `help`, `pending bills`, `bill 004512`, `why 004512`.

Everybody is told only what they may see, and in a channel only what belongs there; the rest goes to
their own chat. Who asked for what is kept in the audit trail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acumatica_client.entities import ENTITIES
from acumatica_client.models import DocumentKey
from bot.clock import Bell, Ports
from bot.core.activity import Said
from bot.core.commands import (
    CONNECT_EXAMPLES,
    EXAMPLES,
    Command,
    Connect,
    Disconnect,
    Greeting,
    HalfTyped,
    Help,
    More,
    NextCards,
    Pending,
    ShowDocument,
    ShowSettings,
    ShowVendor,
    StopUsing,
    Unknown,
    UseChannel,
    WhoCovers,
    read_command,
)
from bot.core.rates import Rates
from bot.core.visibility import Asker
from bot.sending.backlog import Backlog
from bot.sending.teams import card_activity
from bot.signing_in.consents import Consents
from bot.talking.answers import Answer, Answers, Question, numbers
from bot.talking.askers import Askers
from bot.talking.binding import Binding
from bot.talking.profiles import Profiles
from cards.chat import help_card
from cards.connect import LINK_COMES, NOT_HERE, NOTHING_TO_CONNECT, ONLY_PEOPLE
from cards.help import help_rows
from cards.language import Language, language_of
from cards.spoken import (
    Spoken,
    ask_a_colleague,
    greeting,
    half_typed,
    no_company,
    not_understood,
    told_alone,
    too_fast,
)
from cards.text import clean
from storage import audit, findable, inbox, ledger, outbox
from storage.database import Connection, Database
from storage.records import AuditEntry, OutboxItem

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,19}")
"""What is looked up in the ERP; nothing else a person types becomes part of an address."""
LOOK_UP_WAITS = (0.1, 0.2, 0.4, 0.8, 1.0, 1.0)
"""Seconds between looks whether a document asked for has arrived; Teams waits 15 in all."""
ABOUT_DOCUMENTS = Pending | More | ShowDocument | ShowVendor | WhoCovers
"""Nothing of this is told to somebody who belongs to no company."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Who answers which kind of question."""

    askers: Askers
    answers: Answers
    profiles: Profiles
    binding: Binding
    consents: Consents
    backlog: Backlog


class Talk:
    """Answers commands."""

    def __init__(
        self,
        store: Database,
        sources: Sources,
        ports: Ports,
        *,
        outbox_bell: Bell,
        look_bells: Mapping[str, Bell],
        rates: Rates,
    ) -> None:
        self._store = store
        self._from = sources
        self._ports = ports
        self._outbox_bell = outbox_bell
        self._look_bells = look_bells
        self._rates = rates
        self._told = Rates(1)  # that it was too much is said once a minute, not each time

    async def answer(self, said: Said) -> None:
        """Put the answer to *said* into the outbox; the same activity is answered once."""
        language = language_of(said.locale)
        if not self._rates.lets(said.person, self._ports.clock.reading().seconds):
            if self._told.lets(said.person, self._ports.clock.reading().seconds):
                await self._tell(said, Answer(too_fast(language)))
            return
        command = read_command(said.text)
        asker = await self._from.askers.of(said)
        if refusal := _turned_away(asker, command, language):
            await self._tell(said, Answer(refusal))
        elif isinstance(command, Connect | Disconnect):
            if await self._is_first(said):
                await self.notice(said, await self._connect(said, command))
        elif isinstance(command, UseChannel | StopUsing | NextCards):
            await self._tell(said, Answer(await self._carry_out(said, asker, command)))
        else:
            if isinstance(command, ShowDocument):
                await self._look_up(command, asker)
            await self._tell(said, await self._answer(said, asker, command))

    async def _carry_out(
        self, said: Said, asker: Asker, command: UseChannel | StopUsing | NextCards
    ) -> Spoken:
        if isinstance(command, NextCards):
            return await self._from.backlog.next_cards(said.person, language_of(said.locale))
        return await self._from.binding.carry_out(said, asker, command)

    async def notice(self, said: Said, text: str) -> None:
        """Put a short text into the outbox as the answer to *said*."""
        async with self._store.transaction() as conn:
            await self.say(conn, said, {"type": "message", "text": text, "textFormat": "plain"})
        self._outbox_bell.ring()

    async def say(self, conn: Connection, said: Said, activity: dict[str, Any]) -> None:
        """Store one answer, to be read where it was asked for."""
        item = OutboxItem(
            key=f"say|{said.conversation}|{said.activity}",
            kind="say",
            company="",
            document=said.activity,
            target=said.conversation,
            payload={
                "service_url": said.service_url,
                "conversation": said.conversation,
                "activity": activity,
            },
            correlation=self._ports.token(),
        )
        await outbox.add(conn, item, now=self._ports.clock.now())

    # --- what to say ---

    async def _answer(self, said: Said, asker: Asker, command: Command) -> Answer:
        async with self._store.reading() as conn:
            place = await self._from.askers.place(conn, said.conversation, alone=said.alone)
            asked = Question(asker, place, said.locale)
            return await self._of(conn, command, asked)

    async def _of(self, conn: Connection, command: Command, asked: Question) -> Answer:
        match command:
            case WhoCovers():
                return await self._from.profiles.covers(conn, command, asked)
            case ShowSettings():
                here = asked.place.channels
                return await self._from.profiles.settings(conn, asked, channels=here)
            case Greeting(thanks):
                return Answer(greeting(asked.language, thanks=thanks))
            case HalfTyped(example):
                return Answer(half_typed(example, asked.language))
            case Unknown(_, guess):
                return Answer(not_understood(guess, asked.language))
            case Pending() | More() | ShowDocument() | ShowVendor():
                return await self._of_documents(conn, command, asked)
            case _:
                return Answer(self._help(asked.language))

    async def _of_documents(
        self, conn: Connection, command: Pending | More | ShowDocument | ShowVendor, asked: Question
    ) -> Answer:
        answers = self._from.answers
        match command:
            case Pending():
                return await answers.pending(conn, command, asked)
            case More():
                listed = await answers.more(conn, command, asked)
                if listed is None:
                    return answers.nothing_more(asked)
                return await answers.pending(conn, listed, asked)
            case ShowDocument():
                return await answers.document(conn, command, asked)
            case ShowVendor():
                return await answers.vendor(conn, command, asked)

    def _help(self, language: Language) -> Spoken:
        connecting = CONNECT_EXAMPLES if self._from.consents.offered else ()
        rows = help_rows((*EXAMPLES, *connecting), language)
        return Spoken(help_card(rows, language), language.say("What you can type"))

    async def _connect(self, said: Said, command: Connect | Disconnect) -> str:
        """Do what was typed about the sender's own Acumatica user; return what to tell them."""
        consents, language = self._from.consents, language_of(said.locale)
        if not said.person:
            return language.say(ONLY_PEOPLE)
        if isinstance(command, Disconnect):
            return await consents.disconnect(said.person, language)
        if not command.number:
            async with self._store.transaction() as conn:
                offered = await consents.offer(conn, said.person, anew=True)
            return language.say(LINK_COMES if offered else NOTHING_TO_CONNECT)
        if not said.alone:
            return language.say(NOT_HERE)
        return await consents.confirm(said.person, command.number, language)

    # --- where to say it ---

    async def _tell(self, said: Said, answer: Answer) -> None:
        """Send an answer where it may be read, and keep who asked for what."""
        here = answer.here or said.alone
        activity = card_activity(answer.words.card, answer.words.summary)
        async with self._store.transaction() as conn:
            if here:
                await self.say(conn, said, activity)
            else:
                short = told_alone(language_of(said.locale))
                await self.say(conn, said, {"type": "message", "text": short})
                await self._say_alone(conn, said, activity)
            await self._note(conn, said, answer, here=here)
        self._outbox_bell.ring()

    async def _say_alone(self, conn: Connection, said: Said, activity: dict[str, Any]) -> None:
        item = OutboxItem(
            key=f"say|{said.conversation}|{said.activity}|alone",
            kind="tell",
            company="",
            document=said.activity,
            target=f"person:{said.person}",
            payload={"activity": activity},
            correlation=self._ports.token(),
        )
        await outbox.add(conn, item, now=self._ports.clock.now())

    async def _note(self, conn: Connection, said: Said, answer: Answer, *, here: bool) -> None:
        now, listed = self._ports.clock.now(), answer.listed
        told = {
            "text": clean(said.text),
            "in": said.conversation,
            "told": "here" if here else "alone",
        }
        actor = said.person or "unknown"
        await audit.add(
            conn,
            AuditEntry(
                now,
                self._ports.token(),
                actor,
                "asked in chat",
                answer.company,
                answer.document,
                told,
            ),
        )
        if listed is not None and said.person:
            base, _, _ = said.conversation.partition(";")
            await findable.put_listing(
                conn, base, said.person, word=listed.word, page=listed.page, now=now
            )

    async def _is_first(self, said: Said) -> bool:
        """Say whether this message came for the first time: Teams may send it again."""
        now, identity = self._ports.clock.now(), f"{said.conversation}|{said.activity}"
        async with self._store.transaction() as conn:
            return await ledger.keep_answer(conn, identity, {}, now=now)

    # --- what was never seen ---

    async def _look_up(self, command: ShowDocument, asker: Asker) -> None:
        """Have a document looked at that was never seen; wait a little for it to be here."""
        for wait in LOOK_UP_WAITS:
            async with self._store.reading() as conn:
                if await self._from.answers.find(conn, command, asker):
                    return
            if not _NUMBER.fullmatch(command.number):
                return
            if wait == LOOK_UP_WAITS[0]:
                await self._ask_for_looks(command, asker)
            await self._ports.clock.sleep(wait)

    async def _ask_for_looks(self, command: ShowDocument, asker: Asker) -> None:
        async with self._store.transaction() as conn:
            for company in asker.companies:
                for key in _likely_keys(command):
                    await inbox.add_hint(
                        conn,
                        company,
                        str(key),
                        reason="asked in chat",
                        correlation=self._ports.token(),
                        now=self._ports.clock.now(),
                    )
        for company in asker.companies:
            self._look_bells[company].ring()


def _turned_away(asker: Asker, command: Command, language: Language) -> Spoken | None:
    """Return what somebody is told who may not ask for that; None when they may."""
    if isinstance(command, Help | Greeting):
        return None
    if asker.person is not None and asker.is_stranger:
        return ask_a_colleague(language)
    if isinstance(command, ABOUT_DOCUMENTS) and not asker.companies:
        return no_company(asker.person.email if asker.person else "", language)
    return None


def _likely_keys(command: ShowDocument) -> list[DocumentKey]:
    """Return the keys a typed number most likely means: the entity's commonest type."""
    return [
        ENTITIES[name].key(next(iter(ENTITIES[name].type_codes)), number)
        for name in command.entities
        for number in numbers(command.number)
    ]
