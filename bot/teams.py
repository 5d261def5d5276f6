"""The Bot Connector: post, edit and reply in Teams, and read who is in a conversation.

Six REST calls on one transport. A call answers with what it brought, or with the outcome that the
posting table gives it; a post without an answer is *unknown*, not failed.
Follows the vendor's Bot Connector REST reference ("Conversations").
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from acumatica_client.transport import NotSent, Reply, Request, Transport, TransportError
from bot.core.posting import Answer, refused
from bot.tokens import BotTokens, TokenRefused
from storage.records import Json, Outcome, Retry, TeamsPerson, Unknown

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
MAX_PAGES = 200


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message went: the conversation to reply and edit in, and its id (may be unknown)."""

    conversation: str
    activity: str


class ConnectorRefused(Exception):
    """A read the connector did not answer."""


def card_activity(card: Json, summary: str) -> dict[str, Any]:
    """Return a message that carries *card*; *summary* is what the notification shows."""
    return {
        "type": "message",
        "summary": summary,
        "attachments": [{"contentType": CARD_TYPE, "content": card}],
    }


class Connector:
    """Speaks to the Bot Connector as the bot."""

    def __init__(
        self, transport: Transport, tokens: BotTokens, *, bot_id: str, tenant_id: str
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._bot_id = bot_id
        self._tenant_id = tenant_id

    async def new_thread(self, service_url: str, channel: str, activity: Json) -> Posted | Outcome:
        """Start a new thread in a channel."""
        body = {
            "isGroup": True,
            "bot": {"id": self._bot_id},
            "tenantId": self._tenant_id,
            "channelData": {"channel": {"id": channel}, "tenant": {"id": self._tenant_id}},
            "activity": activity,
        }
        reply = await self._call("POST", service_url, "v3/conversations", body)
        if not isinstance(reply, Reply):
            return reply
        told = _object(reply)
        return Posted(_text(told, "id") or channel, _text(told, "activityId"))

    async def open_chat(self, service_url: str, teams_id: str) -> str | Outcome:
        """Open the personal chat with somebody; the same chat each time, so it may be repeated."""
        body = {
            "isGroup": False,
            "bot": {"id": self._bot_id},
            "members": [{"id": teams_id}],
            "tenantId": self._tenant_id,
            "channelData": {"tenant": {"id": self._tenant_id}},
        }
        reply = await self._call("POST", service_url, "v3/conversations", body, repeatable=True)
        if not isinstance(reply, Reply):
            return reply
        return _text(_object(reply), "id") or Retry("the connector named no chat")

    async def send(self, service_url: str, conversation: str, activity: Json) -> Posted | Outcome:
        """Post into a chat, or reply in a thread when the id carries `;messageid=`."""
        path = f"v3/conversations/{quote(conversation, safe='')}/activities"
        reply = await self._call("POST", service_url, path, activity)
        if not isinstance(reply, Reply):
            return reply
        return Posted(conversation, _text(_object(reply), "id"))

    async def edit(self, service_url: str, posted: Posted, activity: Json) -> Posted | Outcome:
        """Replace a message of ours; may be repeated."""
        place = quote(posted.conversation, safe="")
        path = f"v3/conversations/{place}/activities/{quote(posted.activity, safe='')}"
        reply = await self._call("PUT", service_url, path, activity, repeatable=True)
        return posted if isinstance(reply, Reply) else reply

    async def roster(self, service_url: str, conversation: str) -> list[TeamsPerson]:
        """Read who is in a conversation, page by page. Raises ConnectorRefused."""
        path = f"v3/conversations/{quote(conversation, safe='')}/pagedmembers?pageSize=200"
        found: list[TeamsPerson] = []
        token = ""
        for _ in range(MAX_PAGES):
            tail = f"&continuationToken={quote(token, safe='')}" if token else ""
            reply = await self._call("GET", service_url, path + tail, None, repeatable=True)
            if not isinstance(reply, Reply):
                raise ConnectorRefused(str(reply))
            page = _object(reply)
            found += [_person(member, self._tenant_id) for member in page.get("members") or []]
            token = _text(page, "continuationToken")
            if not token:
                return found
        raise ConnectorRefused("the roster has no end")

    async def _call(
        self,
        method: str,
        service_url: str,
        path: str,
        body: Json | None,
        *,
        repeatable: bool = False,
    ) -> Reply | Outcome:
        """Send one call with the bot's token; a refused token is renewed once."""
        url = f"{service_url.rstrip('/')}/{path}"
        try:
            reply, token = await self._once(method, url, body)
            if reply.status == 401:
                await self._tokens.forget(token)
                reply, _ = await self._once(method, url, body)
        except TokenRefused as error:
            return Retry(f"no token for the connector: {error}")
        except NotSent as error:
            return Retry(f"not sent: {error}")
        except TransportError as error:
            return Retry(str(error)) if repeatable else Unknown(str(error))
        if 200 <= reply.status < 300 and reply.content_type == "text/html":
            # Something between us and the connector answered; the connector speaks JSON.
            reason = f"{reply.status} with a web page"
            return Retry(reason) if repeatable else Unknown(reason)
        if 200 <= reply.status < 300:
            return reply
        return refused(_answer(reply), repeatable=repeatable)

    async def _once(self, method: str, url: str, body: Json | None) -> tuple[Reply, str]:
        token = await self._tokens.get()
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
            data = json.dumps(body, ensure_ascii=False).encode()
        return await self._transport.send(Request(method, url, headers, data)), token


def _object(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(data: Json, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _answer(reply: Reply) -> Answer:
    """Read both shapes of a refusal: `error.code`, and `errorCode` with JSON inside a text."""
    body = _object(reply)
    error = body.get("error")
    code = _text(error, "code") if isinstance(error, dict) else ""
    if not code and "MessageWritesBlocked" in _text(body, "message"):
        code = "MessageWritesBlocked"
    return Answer(reply.status, code, reply.headers.get("retry-after", ""))


def _person(member: Json, tenant_id: str) -> TeamsPerson:
    foreign = _text(member, "tenantId") not in ("", tenant_id)
    return TeamsPerson(
        aad_object_id=_text(member, "aadObjectId") or _text(member, "objectId"),
        teams_id=_text(member, "id"),
        name=_text(member, "name"),
        email=_text(member, "email") or _text(member, "userPrincipalName"),
        guest=foreign or _text(member, "userRole").lower() == "guest",
    )
