"""Habits of an instance that cannot be seen from outside, changed by a tester while it runs.

`GET /_sandbox/habits` shows them, `POST` changes any of them.
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from aiohttp import web

from .door_input import DoorError, door_body, refuse_unknown
from .erp import ERP
from .options import ACTION_LOCATIONS, SandboxOptions
from .refusals import json_response


@dataclass(frozen=True, slots=True)
class Habits:
    """How this instance behaves where the documentation leaves it open."""

    bare_endpoints: bool = False  # GET /entity as the bare array of old builds
    unstable_order: bool = False  # rows in the order of their last change, so pages shift
    action_location: str = "record"  # what the Location of a 204 leads to
    reason_required: bool = False  # Approve and Reject ask for a reason
    hidden_branches: tuple[str, ...] = ()  # branches the API user lacks: hidden without a word
    closed_screens: tuple[str, ...] = ()  # screens the API user's role may not open
    failing_operations: int = 0  # so many long operations end badly

    @staticmethod
    def of(options: SandboxOptions) -> "Habits":
        """The habits the stand-in was started."""
        names = ("bare_endpoints", "unstable_order", "action_location", "reason_required")
        return Habits(**{name: getattr(options, name) for name in names})


class Board:
    """Holds the habits where the API reads them."""

    def __init__(self, options: SandboxOptions) -> None:
        self.habits = Habits.of(options)

    def operation_fails(self) -> bool:
        """Whether the long operation that ends now is one of those that end badly."""
        left = self.habits.failing_operations
        self.habits = replace(self.habits, failing_operations=max(left - 1, 0))
        return left > 0


BOARD = web.AppKey("BOARD", Board)


def add_routes(app: web.Application) -> None:
    """Hang the board and its door into the application."""
    app[BOARD] = Board(app[ERP].options)
    app.router.add_get("/_sandbox/habits", read_habits)
    app.router.add_post("/_sandbox/habits", set_habits)


async def read_habits(request: web.Request) -> web.Response:
    """How the instance behaves now."""
    return json_response(asdict(request.app[BOARD].habits))


async def set_habits(request: web.Request) -> web.Response:
    """Change any of the habits."""
    board, wish = request.app[BOARD], await door_body(request)
    now: dict[str, Any] = asdict(board.habits)
    refuse_unknown(wish, tuple(now))
    read = {name: _setting(name, now[name], value) for name, value in wish.items()}
    board.habits = replace(board.habits, **read)
    return await read_habits(request)


def _setting(name: str, now: object, value: object) -> Any:
    if name == "action_location" and value not in ACTION_LOCATIONS:
        raise DoorError(f"'{name}' must be one of: {', '.join(ACTION_LOCATIONS)}.")
    if isinstance(now, tuple):
        if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
            raise DoorError(f"'{name}' must be a list of {name.partition('_')[2]}.")
        return tuple(value)
    if type(value) is not type(now):
        raise DoorError(f"'{name}' must be like {json.dumps(now)}.")
    if isinstance(value, int) and value < 0:
        raise DoorError(f"'{name}' must be a whole number from 0.")
    return value
