"""The Bot Connector: post, edit, delete and reply in Teams, and read who and what is there.

Every call is one request on one transport, let go by the pace of its conversation. A call answers
with what it brought, or with the outcome that the posting table gives it; a post without an answer
is *unknown*, not failed. Reads raise instead. Redirects are never followed.
Follows the vendor's Bot Connector REST reference ("Conversations").
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from acumatica_client.transport import NotSent, Reply, Request, Transport, TransportError
from bot.core.posting import Answer, Gone, Indecipherable, SignInRefused, Throttled, refused
from bot.core.presses import thread_base
from bot.core.schedule import Errand
from bot.sending.pace import Pace
from bot.tokens import Resource, TokenRefused, Tokens
from storage.records import Done, Json, Outcome, Retry, TeamsPerson, Unknown

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
MAX_PAGES = 200
TIMEOUT = 20.0
"""Seconds for one call; a post that took longer is unknown."""
_SANE_ID = re.compile(r"[\x21-\x7e]{1,512}")


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message went: the conversation to reply and edit in, and its id (may be unknown)."""

    conversation: str
    activity: str


@dataclass(frozen=True, slots=True)
class Team:
    """A team as the connector tells it."""

    id: str
    name: str
    group: str
    """Its id in Entra and Graph."""


@dataclass(frozen=True, slots=True)
class TeamChannel:
    """A channel of a team; the first one of a team has no name of its own."""

    id: str
    name: str


class ConnectorRefused(Exception):
    """A read the connector did not answer; `outcome` says what kind of refusal it was."""

    def __init__(self, reason: str, outcome: Outcome | None = None) -> None:
        super().__init__(reason)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the connector."""

    method: str
    path: str
    errand: Errand
    body: Json | None = None
    repeatable: bool = False
    """Whether doing it twice does no more than doing it once."""


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
        self,
        transport: Transport,
        tokens: Tokens,
        *,
        bot_id: str,
        tenant_id: str,
        pace: Pace,
        signed_in: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._bot_id = bot_id
        self._tenant_id = tenant_id
        self._pace = pace
        self._signed_in = signed_in
        """Is told after each call whether we were let in: nothing, or why not."""

    # --- messages ---

    async def new_thread(self, service_url: str, channel: str, activity: Json) -> Posted | Outcome:
        """Start a new thread in a channel."""
        body = {
            "isGroup": True,
            "bot": {"id": self._bot_id},
            "tenantId": self._tenant_id,
            "channelData": {"channel": {"id": channel}, "tenant": {"id": self._tenant_id}},
            "activity": activity,
        }
        call = Call("POST", "v3/conversations", Errand(thread_base(channel)), body)
        reply = await self._call(service_url, call)
        if not isinstance(reply, Reply):
            return reply
        told = _object(reply)
        return Posted(_id(told, "id") or channel, _id(told, "activityId"))

    async def open_chat(self, service_url: str, teams_id: str) -> str | Outcome:
        """Open the personal chat with somebody; the same chat each time, so it may be repeated."""
        body = {
            "isGroup": False,
            "bot": {"id": self._bot_id},
            "members": [{"id": teams_id}],
            "tenantId": self._tenant_id,
            "channelData": {"tenant": {"id": self._tenant_id}},
        }
        call = Call("POST", "v3/conversations", Errand(teams_id), body, repeatable=True)
        reply = await self._call(service_url, call)
        if not isinstance(reply, Reply):
            return reply
        return _id(_object(reply), "id") or Retry("the connector named no chat")

    async def send(self, service_url: str, conversation: str, activity: Json) -> Posted | Outcome:
        """Post into a chat, or reply in a thread when the id carries `;messageid=`."""
        path = f"v3/conversations/{_part(conversation)}/activities"
        call = Call("POST", path, Errand(thread_base(conversation)), activity)
        reply = await self._call(service_url, call)
        if not isinstance(reply, Reply):
            return reply
        return Posted(conversation, _id(_object(reply), "id"))

    async def edit(self, service_url: str, posted: Posted, activity: Json) -> Posted | Outcome:
        """Replace a message of ours; may be repeated."""
        reply = await self._call(service_url, _on_message("PUT", posted, activity))
        return posted if isinstance(reply, Reply) else reply

    async def delete(self, service_url: str, posted: Posted) -> Outcome:
        """Take a message of ours away; one that is gone already is as good as deleted."""
        reply = await self._call(service_url, _on_message("DELETE", posted, None))
        if isinstance(reply, Gone):
            return Done("was gone already")
        return Done("deleted") if isinstance(reply, Reply) else reply

    # --- reads ---

    async def member(self, service_url: str, conversation: str, person: str) -> TeamsPerson | None:
        """Look one person up by `29:` id, Entra id or UPN; None when they are not there.

        Raises ConnectorRefused.
        """
        path = f"v3/conversations/{_part(conversation)}/members/{_part(person)}"
        reply = await self._call(service_url, _read(path, conversation))
        if isinstance(reply, Gone):
            return None
        return _person(_answered(reply), self._tenant_id)

    async def roster(self, service_url: str, conversation: str) -> list[TeamsPerson]:
        """Read who is in a conversation, page by page. Raises ConnectorRefused."""
        path = f"v3/conversations/{_part(conversation)}/pagedmembers?pageSize=200"
        found: list[TeamsPerson] = []
        token = ""
        for _ in range(MAX_PAGES):
            tail = f"&continuationToken={_part(token)}" if token else ""
            page = _answered(await self._call(service_url, _read(path + tail, conversation)))
            found += [_person(member, self._tenant_id) for member in _rows(page, "members")]
            token = _text(page, "continuationToken")
            if not token:
                return found
        raise ConnectorRefused("the roster has no end")

    async def look_in(self, service_url: str, conversation: str) -> None:
        """See whether the bot is let into a conversation. Raises ConnectorRefused."""
        path = f"v3/conversations/{_part(conversation)}/pagedmembers?pageSize=50"
        _answered(await self._call(service_url, _read(path, conversation)))

    async def team(self, service_url: str, team: str) -> Team:
        """Read what a team is called. Raises ConnectorRefused."""
        told = _answered(await self._call(service_url, _read(f"v3/teams/{_part(team)}", team)))
        return Team(team, _text(told, "name"), _text(told, "aadGroupId"))

    async def channels(self, service_url: str, team: str) -> list[TeamChannel]:
        """Read which channels a team has. Raises ConnectorRefused."""
        call = _read(f"v3/teams/{_part(team)}/conversations", team)
        rows = _rows(_answered(await self._call(service_url, call)), "conversations")
        return [TeamChannel(_id(row, "id"), _text(row, "name")) for row in rows if _id(row, "id")]

    # --- one call ---

    async def _call(self, service_url: str, call: Call) -> Reply | Outcome:
        """Send one call with the bot's token, and say what came of it."""
        url = f"{service_url.rstrip('/')}/{call.path}"
        try:
            reply = await self._with_token(url, call)
        except TokenRefused as error:
            self._signed_in(f"no token for Teams: {error}")
            return Retry(f"no token for the connector: {error}")
        except NotSent as error:
            return Retry(f"not sent: {error}")
        except TransportError as error:
            return Retry(str(error)) if call.repeatable else Unknown(str(error))
        return self._judged(reply, call)

    async def _with_token(self, url: str, call: Call) -> Reply:
        """Send a call; a refused token is renewed once."""
        reply, token = await self._once(url, call)
        if reply.status == 401:
            await self._tokens.forget(Resource.BOT, token)
            reply, _ = await self._once(url, call)
        return reply

    async def _once(self, url: str, call: Call) -> tuple[Reply, str]:
        token = await self._tokens.get(Resource.BOT)
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        data = None
        if call.body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
            data = json.dumps(call.body, ensure_ascii=False).encode()
        request = Request(call.method, url, headers, data, timeout=TIMEOUT)
        async with self._pace.turn(call.errand):
            return await self._transport.send(request), token

    def _judged(self, reply: Reply, call: Call) -> Reply | Outcome:
        if 200 <= reply.status < 300 and reply.content_type == "text/html":
            # Something between us and the connector answered; the connector speaks JSON.
            reason = f"{reply.status} with a web page"
            return Retry(reason) if call.repeatable else Unknown(reason)
        if 200 <= reply.status < 300:
            self._signed_in("")
            return reply
        outcome = refused(_answer(reply), repeatable=call.repeatable)
        if isinstance(outcome, SignInRefused):
            self._signed_in(f"Teams refuses the bot's token: {outcome.reason}")
        elif isinstance(outcome, Retry | Unknown) and not isinstance(outcome, Indecipherable):
            return self._held(outcome, call.errand.conversation)
        return outcome

    def _held(self, outcome: Retry | Unknown, conversation: str) -> Outcome:
        """Leave a conversation alone for as long as Teams asked."""
        if outcome.after is not None:
            self._pace.hold(conversation, outcome.after)
        if isinstance(outcome, Throttled):
            return replace(outcome, conversation=conversation)
        return outcome


def _part(text: str) -> str:
    return quote(text, safe="")


def _on_message(method: str, posted: Posted, body: Json | None) -> Call:
    path = f"v3/conversations/{_part(posted.conversation)}/activities/{_part(posted.activity)}"
    return Call(method, path, Errand(thread_base(posted.conversation)), body, repeatable=True)


def _read(path: str, conversation: str) -> Call:
    return Call("GET", path, Errand(thread_base(conversation), reads=True), repeatable=True)


def _answered(reply: Reply | Outcome) -> dict[str, Any]:
    """Return what a read brought. Raises ConnectorRefused."""
    if isinstance(reply, Reply):
        return _object(reply)
    raise ConnectorRefused(reply.receipt if isinstance(reply, Done) else reply.reason, reply)


def _object(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _rows(data: Json, name: str) -> list[dict[str, Any]]:
    value = data.get(name)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _text(data: Json, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _id(data: Json, name: str) -> str:
    """Return an id that can be used again, else nothing: no id is better than an odd one."""
    value = _text(data, name)
    return value if _SANE_ID.fullmatch(value) else ""


def _answer(reply: Reply) -> Answer:
    """Read both shapes of a refusal: `error.code`, and `errorCode` with JSON inside a text."""
    body = _object(reply)
    error = body.get("error")
    inner = error if isinstance(error, dict) else {}
    message = _text(inner, "message") or _text(body, "message")
    code = _text(inner, "code")
    if not code and ("MessageWritesBlocked" in message or body.get("errorCode") == 209):
        code = "MessageWritesBlocked"
    return Answer(reply.status, code, reply.headers.get("retry-after", ""), message)


def _person(member: Json, tenant_id: str) -> TeamsPerson:
    foreign = _text(member, "tenantId") not in ("", tenant_id)
    return TeamsPerson(
        aad_object_id=_text(member, "aadObjectId") or _text(member, "objectId"),
        teams_id=_text(member, "id"),
        name=_text(member, "name"),
        email=_text(member, "email") or _text(member, "userPrincipalName"),
        guest=foreign or _text(member, "userRole").lower() == "guest",
        role=_text(member, "userRole").lower(),
    )
