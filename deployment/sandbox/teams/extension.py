"""The message extension: searching, and links that unfold (facts §1.7)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from deployment.sandbox.teams.activities import Place
from deployment.sandbox.teams.answers import UNREACHABLE, BotAnswer
from deployment.sandbox.teams.bot_calls import send_activity, send_query
from deployment.sandbox.teams.cards import ADAPTIVE
from deployment.sandbox.teams.conversations import Message
from deployment.sandbox.teams.directory import Person
from deployment.sandbox.teams.posts import Post
from deployment.sandbox.teams.presses import post_as
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.wire import Json, child

QUERY = "composeExtension/query"
LINK = "composeExtension/queryLink"
ANONYMOUS_LINK = "composeExtension/anonymousQueryLink"
COUNT = 25
KEPT = timedelta(minutes=30)
UNPLAYED = "The app asks for something this stand-in does not play: "


@dataclass(frozen=True, slots=True)
class Search:
    """What a person asks the app for."""

    command: str
    text: str
    parameter: str = "q"
    skip: int = 0
    count: int = COUNT

    def value(self) -> Json:
        """The query as it crosses the wire; nothing typed is the first opening."""
        first = {"name": "initialRun", "value": "true"}
        typed = {"name": self.parameter, "value": self.text}
        options = {"skip": self.skip, "count": self.count}
        parameters = [typed if self.text else first]
        return {"commandId": self.command, "parameters": parameters, "queryOptions": options}


async def ask(
    state: State, person: Person, place: Place, search: Search, *, locale: str
) -> BotAnswer:
    """Search."""
    envelopes, now = replace(state.envelopes, locale=locale), state.options.now()
    activity = envelopes.invoke(person, place, QUERY, search.value(), now=now)
    return await send_query(state, activity)


async def unfold(state: State, person: Person, place: Place, url: str, *, locale: str) -> BotAnswer:
    """Ask what a link shows; a good answer is kept for half an hour."""
    now, key = state.options.now(), (person.aad_id, url)
    known = state.unfolded.get(key)
    if known and now - known[0] < KEPT:
        return known[1]
    envelopes = replace(state.envelopes, locale=locale)
    activity = envelopes.invoke(person, place, LINK, {"url": url}, now=now)
    answer = await send_query(state, activity)
    if read_results(answer).get("results"):
        state.unfolded[key] = (now, answer)
    return answer


async def unfold_anonymously(state: State, url: str) -> BotAnswer:
    """The same where the app is not installed: nobody says who asks."""
    now: datetime = state.options.now()
    return await send_query(state, state.envelopes.anonymous(ANONYMOUS_LINK, {"url": url}, now))


def read_results(answer: BotAnswer) -> Json:
    """What the client lists, or the line it shows instead."""
    body = answer.body if answer.status == 200 else None
    told = child(body, "composeExtension") if isinstance(body, dict) else None
    if not isinstance(told, dict):
        return {"results": [], "notice": UNREACHABLE}
    kind, rows = told.get("type"), told.get("attachments")
    if kind == "message" and isinstance(told.get("text"), str) and told["text"].strip():
        return {"results": [], "notice": told["text"]}
    if kind in {"auth", "config", "silentAuth"}:
        return {"results": [], "notice": f"{UNPLAYED}{kind}."}
    if kind != "result" or not isinstance(rows, list) or not all(map(_is_good, rows)):
        return {"results": [], "notice": UNREACHABLE}
    return {"results": [_result(row) for row in rows]}


async def compose(
    state: State, person: Person, place: Place, card: Json, text: str
) -> tuple[Message, BotAnswer | None]:
    """Put a card into a conversation as the person's own message; a chat's bot hears it."""
    message = post_as(state, person, place, Post(text=text, text_format="plain", card=card))
    if place.conversation.is_group:
        return message, None
    activity = state.envelopes.message(person, place, text, id=message.id, now=state.options.now())
    attached = {"contentType": ADAPTIVE, "content": card}
    return message, await send_activity(state, activity | {"attachments": [attached]})


def _is_good(row: object) -> bool:
    if not isinstance(row, dict) or row.get("contentType") != ADAPTIVE:
        return False
    return child(row, "content", "type") == "AdaptiveCard" and isinstance(row.get("preview"), dict)


def _result(row: Json) -> Json:
    return {"preview": child(row, "preview", "content"), "card": row["content"]}
