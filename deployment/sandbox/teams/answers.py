"""What the client makes of the bot's HTTP answer (facts §1.3, §1.4). Pure."""

import json
from dataclasses import dataclass
from typing import Any

from deployment.sandbox.teams.cards import ADAPTIVE
from deployment.sandbox.teams.wire import Json, child

MESSAGE = "application/vnd.microsoft.activity.message"
LOGIN = "application/vnd.microsoft.activity.loginRequest"
UNREACHABLE = "Unable to reach app. Please try again."
FAILED = "Something went wrong. Please try again."
SENT = "Your response was sent to the app"
SIGN_IN = "The app asks to sign in with an OAuth card, which this stand-in does not play."
NO_ANSWER = 504


@dataclass(frozen=True, slots=True)
class BotAnswer:
    """The HTTP answer as it came; 504 stands for none in time, 502 for no connection."""

    status: int
    raw: bytes = b""

    @property
    def accepted(self) -> bool:
        """Whether the bot took the activity."""
        return 200 <= self.status < 300

    @property
    def is_empty(self) -> bool:
        """Whether the bot said it was fine and then said nothing (facts §1.4)."""
        body = self.body
        if self.status != 200:
            return False
        return not self.raw or (isinstance(body, dict) and body.get("value") == "")

    @property
    def body(self) -> Any:
        """The body as JSON where it is JSON, else as text, else None."""
        if not self.raw:
            return None
        try:
            return json.loads(self.raw)
        except ValueError:
            return self.raw.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class NewCard:
    """The card is replaced, in this client only."""

    card: Json


@dataclass(frozen=True, slots=True)
class Line:
    """A short line at the card."""

    text: str
    tone: str = "info"


def read_invoke(answer: BotAnswer) -> NewCard | Line:
    """Interpret the answer to an Action.Execute."""
    body = answer.body
    if answer.status != 200 or not isinstance(body, dict):
        return Line(UNREACHABLE, "error")
    status, kind, value = body.get("statusCode", 200), body.get("type"), body.get("value")
    if kind == LOGIN:
        return Line(SIGN_IN, "error")
    if not isinstance(status, int) or not isinstance(kind, str):
        return Line(UNREACHABLE, "error")
    return Line(FAILED, "error") if status != 200 else _read_value(kind, value)


def read_submit(answer: BotAnswer, action: Json) -> Line | None:
    """Interpret the answer to an Action.Submit: it carries nothing to the user."""
    if not answer.accepted:
        return Line(UNREACHABLE, "error")
    hidden = child(action, "msTeams", "feedback", "hide") is True
    return None if hidden else Line(SENT)


def _read_value(kind: str, value: object) -> NewCard | Line:
    if kind == ADAPTIVE and isinstance(value, dict) and value.get("type") == "AdaptiveCard":
        return NewCard(value)
    if kind == MESSAGE and isinstance(value, str) and value.strip():
        return Line(value)
    return Line(UNREACHABLE, "error")  # malformed or empty, as vercel/chat#731 saw it
