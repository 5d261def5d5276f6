"""What the service reads in an Adaptive Card: buttons, input values, refresh, mentions. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deployment.sandbox.teams.wire import Json, child

ADAPTIVE = "application/vnd.microsoft.card.adaptive"
REFRESH_TITLE = "Refresh card"  # the entry of the `…` menu (facts §2.2)
MOST_REFRESHED = 60


@dataclass(frozen=True, slots=True)
class Button:
    """An action a card carries, with the input values a client would send if nobody typed."""

    title: str
    verb: str
    action: Json
    defaults: Json

    @property
    def kind(self) -> str:
        """The action's type, such as `Action.Execute`."""
        return str(self.action.get("type", ""))

    def is_called(self, name: str) -> bool:
        """Whether *name* is this button's title or verb."""
        return name.strip().casefold() in {self.title.casefold(), self.verb.casefold()} - {""}


def buttons(card: Json, inherited: Json | None = None) -> Iterator[Button]:
    """Every button of *card*, those inside Action.ShowCard and the refresh action included."""
    inputs = {**(inherited or {}), **_input_values(card)}
    for action in _actions(card):
        if action["type"] == "Action.ShowCard":
            yield from buttons(action.get("card") or {}, inputs)
        else:
            yield _button(action, inputs)
    refresh = child(card, "refresh", "action")
    if isinstance(refresh, dict):
        yield Button(REFRESH_TITLE, str(refresh.get("verb", "")), refresh, {})


def refreshed_ids(card: Json | None) -> list[str] | None:
    """The `29:` ids to refresh by themselves; None means everybody, a list may be empty."""
    if card is None or not isinstance(child(card, "refresh", "action"), dict):
        return []
    ids = child(card, "refresh", "userIds")
    if ids is None:
        return None
    return [str(one) for one in ids][:MOST_REFRESHED] if isinstance(ids, list) else []


def pressed_data(button: Button, inputs: Json) -> Any:
    """The action's data merged with the inputs, as a client sends it (facts §1.3)."""
    data = button.action.get("data")
    if data is not None and not isinstance(data, dict):
        return data
    if button.action.get("associatedInputs") == "none":
        return data or {}
    return {**(data or {}), **button.defaults, **inputs}


def texts(card: Any) -> Iterator[str]:
    """Every `text`, `value` and `title` of a card: where a mention may stand (facts §2.3)."""
    if isinstance(card, list):
        for item in card:
            yield from texts(item)
    elif isinstance(card, dict):
        for name, value in card.items():
            if name in {"text", "value", "title"} and isinstance(value, str):
                yield value
            elif name != "msteams":
                yield from texts(value)


def _button(action: Json, inputs: Json) -> Button:
    return Button(str(action.get("title", "")), str(action.get("verb", "")), action, inputs)


def _actions(node: Any) -> Iterator[Json]:
    """Actions of this card, not of the cards inside its Action.ShowCard."""
    if isinstance(node, list):
        for item in node:
            yield from _actions(item)
    elif isinstance(node, dict):
        if str(node.get("type", "")).startswith("Action."):
            yield node
            return
        for name, value in node.items():
            if name not in {"fallback", "refresh", "msteams"}:
                yield from _actions(value)


def _input_values(node: Any) -> Json:
    if isinstance(node, list):
        return {name: value for item in node for name, value in _input_values(item).items()}
    if not isinstance(node, dict) or str(node.get("type", "")).startswith("Action."):
        return {}
    if str(node.get("type", "")).startswith("Input."):
        return _input_value(node)
    return _input_values([value for name, value in node.items() if name != "fallback"])


def _input_value(node: Json) -> Json:
    name, kind, value = str(node.get("id", "")), node["type"], node.get("value")
    if kind == "Input.Toggle":
        off = node.get("valueOff", "false")
        return {name: off if value is None else value}
    if kind == "Input.Text":
        return {name: "" if value is None else value}
    return {} if value in (None, "") else {name: value}
