"""Which function answers which call, and which application permission it takes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from deployment.sandbox.teams.graph import (
    app_calls,
    feed_calls,
    message_calls,
    subscription_calls,
    team_calls,
    user_calls,
)
from deployment.sandbox.teams.graph.asked import BASE, Asked, GraphRefusal, Reply, refused
from deployment.sandbox.teams.limits import Window
from deployment.sandbox.teams.state import State

Call = Callable[[State, Asked], Awaitable[Reply]]

USERS = ("User.Read.All", "Directory.Read.All", "User.ReadWrite.All")
INSTALL = (
    "TeamsAppInstallation.ReadWriteSelfForUser.All",
    "TeamsAppInstallation.ReadWriteForUser.All",
)
INSTALLED = (*INSTALL, "TeamsAppInstallation.ReadForUser.All")
CATALOG = ("AppCatalog.Read.All", "AppCatalog.ReadWrite.All", *INSTALLED)
APPLICATION = ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All")
FEED = ("TeamsActivity.Send", "TeamsActivity.Send.User")
TEAMS = ("Team.ReadBasic.All",)
CHANNELS = ("Channel.ReadBasic.All",)
MESSAGES = ("ChannelMessage.Read.All", "ChannelMessage.Read.Group")
OF_ONE_TEAM = (Window(1, 4),)  # never more than 4 rps per app on one team or channel (§5.2)
OF_FEED = (Window(1, 5),)


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of call: its method, its path with `*` for names, who may, who answers."""

    method: str
    path: str
    roles: tuple[str, ...]
    answer: Call

    def fits(self, parts: list[str]) -> bool:
        """Whether the path is of this kind."""
        steps = self.path.split("/")
        return len(steps) == len(parts) and all(
            fnmatchcase(part, step) for step, part in zip(steps, parts, strict=True)
        )


_INSTALLED_APPS = "users/*/teamwork/installedApps"
_MESSAGES = "teams/*/channels/*/messages"
ROWS = (
    Row("GET", "users", USERS, user_calls.list_users),
    Row("GET", "users/delta", USERS, user_calls.changed_users),
    Row("GET", "users/*", USERS, user_calls.show_user),
    Row("GET", "applications(appId='*')", APPLICATION, app_calls.show_application),
    Row("GET", "appCatalogs/teamsApps", CATALOG, app_calls.list_apps),
    Row("GET", _INSTALLED_APPS, INSTALLED, app_calls.list_installed),
    Row("POST", _INSTALLED_APPS, INSTALL, app_calls.install),
    Row("GET", f"{_INSTALLED_APPS}/*", INSTALLED, app_calls.show_installed),
    Row("DELETE", f"{_INSTALLED_APPS}/*", INSTALL, app_calls.uninstall),
    Row("GET", f"{_INSTALLED_APPS}/*/chat", INSTALLED, app_calls.show_chat),
    Row("POST", "users/*/teamwork/sendActivityNotification", FEED, feed_calls.notify),
    Row("GET", "teams/*", TEAMS, team_calls.show_team),
    Row("GET", "teams/*/channels", CHANNELS, team_calls.list_channels),
    Row("GET", "teams/*/channels/*", CHANNELS, team_calls.show_channel),
    Row("GET", _MESSAGES, MESSAGES, message_calls.list_messages),
    Row("GET", f"{_MESSAGES}/*", MESSAGES, message_calls.show_message),
    Row("GET", f"{_MESSAGES}/*/replies", MESSAGES, message_calls.list_replies),
    Row("GET", f"{_MESSAGES}/*/replies/*", MESSAGES, message_calls.show_message),
    Row("POST", _MESSAGES, (), message_calls.refuse_post),
    Row("POST", f"{_MESSAGES}/*/replies", (), message_calls.refuse_post),
    Row("GET", "subscriptions", (), subscription_calls.list_subscriptions),
    Row("POST", "subscriptions", MESSAGES, subscription_calls.create),
    Row("GET", "subscriptions/*", (), subscription_calls.show),
    Row("PATCH", "subscriptions/*", MESSAGES, subscription_calls.renew),
    Row("DELETE", "subscriptions/*", (), subscription_calls.delete),
    Row("POST", "subscriptions/*/reauthorize", MESSAGES, subscription_calls.reauthorize),
)


async def answer(state: State, asked: Asked) -> Reply:
    """Answer one call, whether it came alone or in a batch."""
    try:
        return await _answer(state, asked)
    except GraphRefusal as error:
        return refused(error, request_id=state.new_id(), at=state.stamp())


async def _answer(state: State, asked: Asked) -> Reply:
    parts = asked.parts
    rows = [row for row in ROWS if row.fits(parts)]
    found = [row for row in rows if row.method == asked.method]
    if not found:
        raise _unknown(asked, is_path_known=bool(rows))
    # The first fits best: `users/delta` stands before `users/*`.
    row = found[0]
    _check_roles(asked, row)
    _check_rate(state, row, parts)
    return await row.answer(state, asked)


def _unknown(asked: Asked, *, is_path_known: bool) -> GraphRefusal:
    if is_path_known:
        return GraphRefusal(405, "Request_BadRequest", f"{asked.method} is not allowed here.")
    text = f"Resource not found for the segment '{asked.parts[-1]}': the stand-in does not play it."
    return GraphRefusal(400, "BadRequest", text)


def _check_roles(asked: Asked, row: Row) -> None:
    held = asked.claims.get("roles", [])
    if row.roles and not set(row.roles) & set(held):
        needed, shown = ", ".join(row.roles), ", ".join(held)
        text = (
            "Missing role permissions on the request. "
            f"API requires one of '{needed}'. Roles on the request '{shown}'."
        )
        code = "Authorization_RequestDenied" if row.path.startswith("users") else "Forbidden"
        raise GraphRefusal(403, code, text)


def _check_rate(state: State, row: Row, parts: list[str]) -> None:
    if row.path.startswith(_MESSAGES):
        _take(state, f"graph {parts[3]}", OF_ONE_TEAM)
    elif row.roles is FEED:
        _take(state, "graph feed", OF_FEED)


def _take(state: State, key: str, windows: tuple[Window, ...]) -> None:
    wait = state.take({key: windows})
    if wait:
        text = "Too many requests."
        raise GraphRefusal(429, "TooManyRequests", text, retry_after=wait)


__all__ = ["BASE", "ROWS", "answer"]
