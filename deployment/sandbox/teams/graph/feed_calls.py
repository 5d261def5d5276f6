"""Activity feed notifications: the bell and the toast (facts §5.2)."""

from deployment.sandbox.teams.directory import Person
from deployment.sandbox.teams.graph.asked import Asked, GraphRefusal, Reply
from deployment.sandbox.teams.graph.user_calls import wanted_user
from deployment.sandbox.teams.registration import CATALOG_ID
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.tokens import GRAPH
from deployment.sandbox.teams.wire import Json, child

PREVIEW = 150
SYSTEM = "systemDefault"
LARGEST = 2**63 - 1


async def notify(state: State, asked: Asked) -> Reply:
    """`POST …/sendActivityNotification`: 204, or a refusal that says what is missing."""
    wish = asked.document()
    topic = _topic(wish, asked.base)
    kind, parameters = _kind(state, wish), _parameters(wish)
    preview = child(wish, "previewText", "content")
    if not isinstance(preview, str) or not preview.strip():
        raise _bad("previewText.content is missing.")
    if wish.get("teamsAppId") not in {None, CATALOG_ID}:
        raise GraphRefusal(404, "NotFound", "teamsAppId is not the catalog id of the app.")
    person = _recipient(state, asked)
    entry = {"type": kind, "text": preview[:PREVIEW], "topic": topic, "parameters": parameters}
    state.feed.add(person, entry | {"chainId": _chain(wish), "at": state.stamp()})
    state.history.add("feed", person=person.login, **entry)
    state.pulse.beat()
    return Reply(204)


def _topic(wish: Json, base: str) -> Json:
    source, value = child(wish, "topic", "source"), child(wish, "topic", "value")
    link = child(wish, "topic", "webUrl")
    if not isinstance(value, str) or not value:
        raise _bad("topic.value is missing.")
    if source == "entityUrl":
        if not value.startswith((f"{GRAPH}/v1.0/", f"{base}/")):
            raise _bad("topic.value must be a URL of Microsoft Graph.")
    elif source != "text":
        raise _bad("topic.source must be text or entityUrl.")
    elif not isinstance(link, str) or not link.startswith("https://teams.microsoft.com/"):
        raise _bad("topic.webUrl must lead to https://teams.microsoft.com/ for a text topic.")
    return {"source": source, "value": value, "webUrl": link}


def _kind(state: State, wish: Json) -> str:
    kind = wish.get("activityType")
    if kind not in {*state.app.activity_types, SYSTEM}:
        known = ", ".join(state.app.activity_types)
        raise _bad(f"activityType is not declared in the manifest. Declared: {known}.")
    return str(kind)


def _parameters(wish: Json) -> dict[str, str]:
    rows = wish.get("templateParameters") or []
    shapes = isinstance(rows, list) and all(
        isinstance(row, dict)
        and isinstance(row.get("name"), str)
        and isinstance(row.get("value"), str)
        for row in rows
    )
    if not shapes:
        raise _bad("templateParameters must be a list of name and value.")
    found = {row["name"]: row["value"] for row in rows}
    if wish["activityType"] == SYSTEM and "systemDefaultText" not in found:
        raise _bad("systemDefault needs the parameter systemDefaultText.")
    return found


def _chain(wish: Json) -> int | None:
    chain = wish.get("chainId")
    if chain is None:
        return None
    if not isinstance(chain, int) or isinstance(chain, bool) or not -LARGEST <= chain <= LARGEST:
        raise _bad("chainId must be a whole number of 64 bits.")
    return chain


def _recipient(state: State, asked: Asked) -> Person:
    user = wanted_user(state, asked.parts[1])
    person = state.directory.person(user["id"])
    chat = state.directory.chat_with(person) if person else None
    if person is None or chat is None or not state.has_app(chat):
        text = "The app must be installed for the recipient."
        raise GraphRefusal(403, "Forbidden", text)
    return person


def _bad(text: str) -> GraphRefusal:
    return GraphRefusal(400, "BadRequest", text)
