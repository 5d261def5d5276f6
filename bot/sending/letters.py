"""Messages from people to people about a document: under its card, or in somebody's own chat."""

from __future__ import annotations

from bot.clock import Ports
from bot.languages import language_with
from cards.language import Language, language_of
from storage import outbox
from storage.database import Connection
from storage.records import Json, OutboxItem, Question


class Letters:
    """Puts such messages into the outbox."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def tell(
        self, conn: Connection, person: str, activity: Json, *, company: str = "", about: str = ""
    ) -> None:
        """Send *activity* to a person's own chat, never to where others read it."""
        await self._add(conn, "tell", f"person:{person}", {"activity": activity}, (company, about))

    async def put(self, conn: Connection, question: Question, person: str, activity: Json) -> None:
        """Send *activity* where *question* was put: its thread, or the chat of *person*."""
        company, about = question.company, question.document
        if not question.thread:
            await self.tell(conn, person, activity, company=company, about=about)
            return
        payload = {
            "service_url": question.service_url,
            "conversation": question.thread,
            "activity": activity,
        }
        await self._add(conn, "say", question.thread, payload, (company, about))

    async def language(
        self, conn: Connection, question: Question, person: str, own: str
    ) -> Language:
        """Return what to write in: a thread, read by many, is in the company's *own* language."""
        if question.thread:
            return language_of(own)
        return await language_with(conn, person, own)

    async def _add(
        self, conn: Connection, kind: str, target: str, payload: Json, about: tuple[str, str]
    ) -> None:
        token = self._ports.token()
        item = OutboxItem(f"{kind}|{token}", kind, *about, target, payload, token)
        await outbox.add(conn, item, now=self._ports.clock.now())
