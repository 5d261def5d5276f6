"""The card elements we draw with, on top of the classes of `adaptivecards`.

That package knows schema 1.2 and drops a misspelt keyword without a word. Here every keyword is
checked, and what 1.4 and 1.5 added (universal actions, headings, refresh) has a class.
"""
# The package ships no types, so its classes are Any to mypy.
# mypy: allow-subclassing-any

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from adaptivecards import containers, elements
from adaptivecards.adaptivecard import AdaptiveCard
from adaptivecards.baseobject import BareObject, Element, PropertyType


class Strict:
    """Refuses a keyword the element does not have."""

    def __init__(self, **properties: Any) -> None:
        self.check(properties)
        super().__init__(**properties)

    def check(self, names: Iterable[str]) -> None:
        """Raise TypeError for a name that is no property of this element."""
        kinds = type(self).__mro__
        for name in names:
            if not any(isinstance(vars(kind).get(name), PropertyType) for kind in kinds):
                raise TypeError(f"{type(self).__name__} has no property {name!r}")


class TextBlock(Strict, elements.TextBlock):
    """Text that always wraps; 1.5 adds `style` for headings."""

    style = PropertyType(type=str)

    def __init__(self, text: str, **look: Any) -> None:
        super().__init__(text=text, wrap=True, **look)


class Container(Strict, containers.Container):
    """Elements that belong together."""


class ColumnSet(Strict, containers.ColumnSet):
    """Columns side by side."""


class Column(Strict, containers.Column):
    """One column."""

    def __init__(self, items: list[Any], **look: Any) -> None:
        super().__init__(items=items, **look)


class FactSet(Strict, containers.FactSet):
    """Labels and values."""


class Fact(Strict, containers.Fact):
    """One label and its value."""


class ActionSet(Strict, containers.ActionSet):
    """Buttons inside the body: older clients honour an action's fallback only there."""


class Action(Strict, Element):
    """What all actions share."""

    title = PropertyType(type=str)
    style = PropertyType(type=str)
    fallback = PropertyType(type=BareObject)


class Execute(Action):
    """Asks the bot, and may get a card back."""

    element_type = "Action.Execute"
    verb = PropertyType(type=str)
    data = PropertyType(type=dict)


class Submit(Action):
    """Asks the bot in clients that do not know `Action.Execute`."""

    element_type = "Action.Submit"
    data = PropertyType(type=dict)


class OpenUrl(Action):
    """Opens a page."""

    element_type = "Action.OpenUrl"
    url = PropertyType(type=str)


class ToggleVisibility(Action):
    """Folds elements in and out."""

    element_type = "Action.ToggleVisibility"
    target_elements = PropertyType(type=list, key_name="targetElements")


class Refresh(Strict, BareObject):
    """How clients ask for their own view."""

    action = PropertyType(type=Execute)
    user_ids = PropertyType(type=list, key_name="userIds")


class Card(Strict, AdaptiveCard):
    """A whole card of version 1.5, full width in Teams."""

    refresh = PropertyType(type=Refresh)
    msteams = PropertyType(type=dict)

    def __init__(self, **parts: Any) -> None:
        self.check(parts)
        super().__init__()
        self.set_data("version", "1.5")
        for name, part in parts.items():
            setattr(self, name, part)

    def json(self) -> dict[str, Any]:
        """Return the card as plain JSON; `render()` would leave live objects inside."""
        plain: dict[str, Any] = json.loads(str(self))
        return plain
