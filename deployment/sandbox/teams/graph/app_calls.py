"""The catalogue, and installing the app for a user before the first message (facts §3.3)."""

import base64

from deployment.sandbox.teams.directory import Conversation, Person
from deployment.sandbox.teams.graph.asked import Asked, GraphRefusal, Reply
from deployment.sandbox.teams.graph.filters import read_filter
from deployment.sandbox.teams.graph.user_calls import wanted_user
from deployment.sandbox.teams.greeting import tell_added, tell_removed
from deployment.sandbox.teams.registration import APP_NAME, CATALOG_ID
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.wire import Json

BIND = "teamsApp@odata.bind"


async def list_apps(state: State, asked: Asked) -> Reply:
    """`GET /appCatalogs/teamsApps`: the catalog id differs from the manifest's id."""
    return Reply(body={"value": _filtered([_app(state)] if state.app.published else [], asked)})


async def show_application(state: State, asked: Asked) -> Reply:
    """`GET /applications(appId='…')`: of a client secret its end and how it begins, no more."""
    app = state.app
    if asked.parts[0] != f"applications(appId='{app.app_id}')":
        raise GraphRefusal(404, "Request_ResourceNotFound", "There is no such application.")
    secret = {"hint": app.app_secret[:3], "endDateTime": app.secret_ends, "displayName": "bot"}
    return Reply(body={"appId": app.app_id, "passwordCredentials": [secret]})


async def list_installed(state: State, asked: Asked) -> Reply:
    """`GET …/installedApps`: filtering on the app needs it expanded."""
    _, chat = _owner(state, asked)
    rows = [_installation(state, chat, asked)] if state.has_app(chat) else []
    if "teamsApp/" in asked.query.get("$filter", "") and not _is_expanded(asked):
        raise GraphRefusal(400, "BadRequest", "Filtering on teamsApp needs $expand=teamsApp.")
    return Reply(body={"value": _filtered(rows, asked)})


async def install(state: State, asked: Asked) -> Reply:
    """`POST …/installedApps`: 201 without a body; the bot hears of it afterwards."""
    _, chat = _owner(state, asked)
    bound = str(asked.document().get(BIND, ""))
    if bound.rpartition("/appCatalogs/teamsApps/")[2] != CATALOG_ID or not state.app.published:
        raise GraphRefusal(404, "NotFound", "The app was not found in the catalogue.")
    if state.has_app(chat):
        raise GraphRefusal(409, "Conflict", "The app is already installed for the user.")
    state.set_reach(chat, "ok")
    state.set_installed(chat, "wanted")
    state.history.add("install", person=chat.members[0].login, conversation=chat.id)
    state.background.start(tell_added(state, chat))
    return Reply(201, headers={"Location": f"{asked.path}/{_installation_id(chat)}"})


async def show_installed(state: State, asked: Asked) -> Reply:
    """`GET …/installedApps/{installation}`."""
    return Reply(body=_installation(state, _installed_chat(state, asked), asked))


async def uninstall(state: State, asked: Asked) -> Reply:
    """`DELETE …/installedApps/{installation}`."""
    chat = _installed_chat(state, asked)
    state.set_installed(chat, "removed")
    state.background.start(tell_removed(state, chat))
    return Reply(204)


async def show_chat(state: State, asked: Asked) -> Reply:
    """`GET …/installedApps/{installation}/chat`: an id of Graph's own, which the bot may use."""
    chat = _installed_chat(state, asked)
    return Reply(body={"id": state.graph_chat_id(chat.members[0]), "chatType": "oneOnOne"})


def _owner(state: State, asked: Asked) -> tuple[Person, Conversation]:
    user = wanted_user(state, asked.parts[1])
    person = state.directory.person(user["id"])
    chat = state.directory.chat_with(person) if person else None
    if person is None or chat is None:
        raise GraphRefusal(404, "NotFound", "The user has no Teams in this tenant.")
    return person, chat


def _installed_chat(state: State, asked: Asked) -> Conversation:
    _, chat = _owner(state, asked)
    if asked.parts[4] != _installation_id(chat) or not state.has_app(chat):
        raise GraphRefusal(404, "NotFound", "The app is not installed for the user.")
    return chat


def _installation_id(chat: Conversation) -> str:
    name = f"{chat.members[0].aad_id}##{CATALOG_ID}"
    return base64.urlsafe_b64encode(name.encode()).decode()


def _installation(state: State, chat: Conversation, asked: Asked) -> Json:
    app = {"teamsApp": _app(state)} if _is_expanded(asked) else {}
    return {"id": _installation_id(chat), **app}


def _is_expanded(asked: Asked) -> bool:
    return "teamsApp" in asked.query.get("$expand", "").replace("(", ",").split(",")


def _app(state: State) -> Json:
    return {
        "id": CATALOG_ID,
        "externalId": state.app.external_id,
        "displayName": APP_NAME,
        "distributionMethod": "organization",
    }


def _filtered(rows: list[Json], asked: Asked) -> list[Json]:
    text = asked.query.get("$filter")
    wanted = read_filter(text) if text else None
    return [row for row in rows if wanted is None or wanted.test(row)]
