"""Runs dialogs: gives out a form, takes it back once, and answers every repeat the same.

A form's token is all that is believed of it: who sent it is who the activity names, and whether
they may is judged anew when it comes back. What a form is for is a `Subject` of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from bot.clock import Ports
from bot.core.activity import Received, Wire, read_task
from bot.core.dialogs import (
    OPEN_FOR,
    Draft,
    Kind,
    Notice,
    Shown,
    Wrong,
    filled,
    judge_form,
    task_answer,
)
from bot.deciding.answering import Answering
from bot.deciding.asking import Asking
from bot.deciding.claims import Claims
from bot.deciding.rejecting import Rejecting
from bot.sending.letters import Letters
from bot.sending.teams import card_activity
from cards.dialogs import CANCEL, LONGEST_SAID, Form
from cards.language import language_of, phrase
from cards.refusals import Refusal, refusal_text
from storage import dialogs, ledger
from storage.database import Connection, Database
from storage.records import Dialog, Json

SENT = phrase("I have sent you a form in our own chat. Nothing was changed yet.")
LEFT = phrase("Nothing was changed.")


class Subject(Protocol):
    """What a form is for."""

    async def show(self, conn: Connection, dialog: Dialog, draft: Draft) -> Shown:
        """Judge whether the person may have the form, and draw it."""

    async def take(self, conn: Connection, dialog: Dialog, received: Received) -> Notice | Wrong:
        """Judge what was filled in, carry it out, and say so."""


class Dialogs:
    """Gives out forms and takes them back."""

    def __init__(self, store: Database, claims: Claims, ports: Ports) -> None:
        letters = Letters(ports)
        self._store = store
        self._claims = claims
        self._ports = ports
        self._letters = letters
        self._subjects: Mapping[str, Subject] = {
            Kind.REJECT: Rejecting(claims),
            Kind.ASK: Asking(claims, letters, ports),
            Kind.ANSWER: Answering(claims, letters, ports),
        }

    async def fetched(self, wire: Wire) -> Json:
        """Answer `task/fetch`: the form, or why there is none."""
        received = read_task(wire)
        return await self._once(received, lambda conn: self._open(conn, received))

    async def submitted(self, wire: Wire) -> Json:
        """Answer `task/submit`: what became of the form."""
        received = read_task(wire)
        return await self._once(received, lambda conn: self._take(conn, received))

    # --- clients that open no dialogs ---

    def concerns(self, received: Received) -> bool:
        """Say whether a message is a form that was sent, or asks for one."""
        return bool(received.form) or (
            received.wants_form and received.press.verb in self._subjects
        )

    async def message(self, received: Received) -> str:
        """Return what to tell who sent a form as a message, or pressed what should open one."""
        answer = self._take_in_chat if received.form else self.send_form
        body = await self._once(received, lambda conn: answer(conn, received))
        return str(body["task"]["value"])

    async def _take_in_chat(self, conn: Connection, received: Received) -> Notice:
        """Take a form that stays where it is: what is wrong with it is told beside it."""
        shown = await self._take(conn, received)
        return shown if isinstance(shown, Notice) else Notice(shown.problem)

    async def send_form(self, conn: Connection, received: Received) -> Notice:
        """Send the form as a card to the presser's own chat, never to a channel."""
        shown = await self._open(conn, received)
        if isinstance(shown, Notice):
            return shown
        # A dialog shows its title itself; a message does not.
        message = {**card_activity(shown.card, shown.title), "text": shown.title}
        await self._letters.tell(conn, received.press.person, message)
        return Notice(language_of(received.locale).say(SENT))

    # --- one form ---

    async def _once(
        self, received: Received, answer: Callable[[Connection], Awaitable[Shown]]
    ) -> Json:
        """Answer an activity; a repeat of it hears the stored answer."""
        async with self._store.transaction() as conn:
            kept = await ledger.answer(conn, received.activity) if received.activity else None
            if kept is not None:
                return kept
            body = task_answer(await self._paced(conn, received, answer))
            if received.activity:
                now = self._ports.clock.now()
                await ledger.keep_answer(conn, received.activity, body, now=now)
        self._claims.ring()
        return body

    async def _paced(
        self,
        conn: Connection,
        received: Received,
        answer: Callable[[Connection], Awaitable[Shown]],
    ) -> Shown:
        if self._claims.is_too_fast(received.press.person):
            return await self._refused(conn, received, Refusal.TOO_FAST)
        return await answer(conn)

    async def _open(self, conn: Connection, received: Received) -> Shown:
        subject, dialog = self._subjects.get(received.press.verb), self._dialog(received)
        if subject is None:
            return await self._refused(conn, received, Refusal.UNKNOWN_VERB)
        shown = await subject.show(conn, dialog, Draft(language_of(received.locale)))
        if isinstance(shown, Form):
            await dialogs.drop_old(conn, before=dialog.opened_at - OPEN_FOR)
            await dialogs.begin(conn, dialog)
        return shown

    async def _take(self, conn: Connection, received: Received) -> Shown:
        dialog = await dialogs.get(conn, received.form) if received.form else None
        refusal = judge_form(dialog, received.press.person, self._ports.clock.now())
        if dialog is None or refusal is not None:
            return await self._refused(conn, received, refusal or Refusal.UNKNOWN_FORM)
        if dialog.answer:
            return Notice(dialog.answer)
        taken = await self._judge(conn, dialog, received)
        if isinstance(taken, Wrong):
            return await self._again(conn, dialog, received, taken)
        await dialogs.spend(conn, dialog.token, answer=taken.text)
        return taken

    async def _judge(self, conn: Connection, dialog: Dialog, received: Received) -> Notice | Wrong:
        if received.press.verb == CANCEL:
            return Notice(language_of(received.locale).say(LEFT))
        return await self._subjects[dialog.kind].take(conn, dialog, received)

    async def _again(
        self, conn: Connection, dialog: Dialog, received: Received, wrong: Wrong
    ) -> Shown:
        """Show the form once more, as it was filled in, with what is wrong with it."""
        language = language_of(received.locale)
        problem = language.say(wrong.problem, longest=LONGEST_SAID)
        draft = Draft(language, problem, filled(received.inputs))
        return await self._subjects[dialog.kind].show(conn, dialog, draft)

    async def _refused(self, conn: Connection, received: Received, refusal: Refusal) -> Notice:
        await self._claims.refused(conn, received.press, None, refusal)
        return Notice(refusal_text(refusal, language_of(received.locale)))

    def _dialog(self, received: Received) -> Dialog:
        press, now = received.press, self._ports.clock.now()
        return Dialog(
            self._ports.token(),
            press.verb,
            press.token,
            press.person,
            press.conversation,
            press.reply_to,
            opened_at=now,
            expires_at=now + OPEN_FOR,
        )
