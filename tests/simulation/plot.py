"""What happens in a story, drawn from its seed alone. Pure: the telling of it comes after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import inline_store
import wires

PEOPLE = ("ann", "ben", "carla", "dev", "erin", "farid", "grace", "hugo", "guest")
AMOUNTS = (120.0, 999.99, 1234.5, 4800.0, 9999.99, 10000.0, 12500.0, 24999.0, 26000.0)
OWNERS = ("EP00000002", "EP00000003", "EP00000001", "EP00000004")
REST = 30 * 60.0
"""Seconds everything works again before the checker comes: a quiet window, and some patience."""
SHORT_REST = 11 * 60.0
"""The same where nothing is open any more: every document is polled once again."""

ERP_FAULTS = (
    *(f"status:{code}" for code in (400, 401, 403, 404, 409, 412, 422, 429, 500, 502, 503, 504)),
    "px_error", "delay", "trickle", "clock_skew", "login_limit:429", "login_limit:500",
    "login_limit:html", "login_limit:redirect", "redirect", "redirect:login",
    "redirect:ui_error", "refuse", "reset_before", "reset_after_apply",
    "half_answer", "html", "not_json", "empty", "wrong_record", "not_kept", "edit",
)  # fmt: skip
TEAMS_FAULTS = (
    *(f"status:{code}" for code in (400, 401, 403, 404, 412, 413, 500, 502, 503, 504)),
    "status:429", "status_after_apply:500", "status_after_apply:502", "reset_before",
    "reset_after_apply", "delay", "html", "half_answer", "repeat_invoke",
)  # fmt: skip
WISHES = ("maintenance", "recycle", "failing_operations", "action_location", "seats", "jump", "two")
KINDS = (
    *(f"erp {name}" for name in ERP_FAULTS),
    *(f"teams {name}" for name in TEAMS_FAULTS),
    *(f"network {name}" for name in wires.FAULTS),
    *inline_store.FAULTS,
    *WISHES,
    *("kill", "rotate", "reinstall", "replay", "settle", "dead session"),
)
"""Everything that can go wrong; over many seeds each must have happened."""


@dataclass(frozen=True)
class Event:
    """Something that happens so many seconds after the one before."""

    wait: float
    name: str
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.name, *(f"{one}" for one in self.arguments)])


class Dice(Random):
    """The dice of one seed; what it deals, seeds that follow each other deal evenly."""

    def __new__(cls, seed: int) -> Dice:
        return super().__new__(cls, f"{seed} story")

    def __init__(self, seed: int) -> None:
        super().__init__(f"{seed} story")
        self._next = seed * 3

    def deal(self, names: tuple[str, ...]) -> str:
        """One of the names, the next one each time."""
        self._next += 1
        return names[self._next % len(names)]


def story(seed: int) -> list[Event]:
    """The events of a seed; every twentieth goes on for hours."""
    dice = Dice(seed)
    is_long = seed % 20 == 19
    most = 60 if is_long else 30
    names = [name for name, weight in _WEIGHTS.items() for _ in range(weight)]
    events = [Event(1.0, "bill", _bill(dice))]
    for _ in range(dice.randint(most // 2, most)):
        name = dice.choice(names)
        longer = dice.choice((0.0, 0.0, 0.0, 900.0)) if is_long else 0.0
        events.append(Event(_wait(dice) + longer, name, _DRAWS[name](dice)))
    for event in _met_for_certain(seed, dice):
        events.insert(dice.randrange(1, len(events) // 2), event)
    return events


def _met_for_certain(seed: int, dice: Dice) -> tuple[Event, ...]:
    """Faults for whatever call comes next: so that over the seeds each kind does strike."""
    erp, teams = (names[seed % len(names)] for names in (ERP_FAULTS, TEAMS_FAULTS))
    if erp in ("edit", "not_kept"):
        erp_on = {"action": "ReleaseFromHold"}
    elif erp == "wrong_record":
        erp_on = {"method": "GET"}
    else:
        erp_on = {"path": "auth/login"} if erp.startswith("login_limit") else {}
    teams_on = {"path": "activities"} if teams.startswith("status_after") else {}
    return (
        Event(1.0, "erp fault", (erp, _erp_argument(erp, dice), erp_on, 1)),
        Event(1.0, "teams fault", (teams, _teams_argument(teams, dice), teams_on, 1)),
    )


def _wait(dice: Dice) -> float:
    """Often at once, often while the one before is at work, sometimes long after."""
    kind = dice.random()
    if kind < 0.3:
        return 0.0
    if kind < 0.6:
        return dice.random() * 0.4
    if kind < 0.85:
        return dice.uniform(1, 20)
    return dice.uniform(20, 240)


def _bill(dice: Dice) -> tuple[Any, ...]:
    return dice.choice(AMOUNTS), dice.choice(("EAST", "EAST", "WEST")), dice.choice(OWNERS)


def _which(dice: Dice) -> int:
    return dice.randrange(100)


def _presses(dice: Dice) -> tuple[Any, ...]:
    """Who press at the same instant: the right ones, the wrong ones, or a crowd."""
    crowd = dice.random()
    count = 1 if crowd < 0.5 else dice.randint(2, 4) if crowd < 0.85 else dice.randint(5, 20)
    who = tuple(dice.choice((*PEOPLE, *["right"] * 5)) for _ in range(count))
    title = dice.choice(("Release",) * 5 + ("Approve",))
    return _which(dice), title, who, dice.random() < 0.15


def _trap(dice: Dice) -> tuple[Any, ...]:
    """Something goes wrong with just the call a press leads to."""
    kind = dice.random()
    if kind < 0.25:
        return _which(dice), "network", (dice.deal(wires.FAULTS), "erp", dice.choice((1, 2)))
    if kind < 0.35:
        name, argument = dice.choice(_AFTER_A_PRESS)
        on = dice.choice(({"method": "PUT"}, {"path": "activities"}))
        return _which(dice), "teams fault", (name, argument, on, dice.choice((1, 3)))
    name, argument, _, times = _erp_fault(dice)
    on = {"action": dice.choice(("ReleaseBill", "ReleaseBill", "ReleaseFromHold"))}
    return _which(dice), "erp fault", (name, argument, on, times)


_AFTER_A_PRESS = (
    ("status:429", "10"), ("status:429", "60"),
    ("status_after_apply:500", ""), ("status_after_apply:502", ""),
)  # fmt: skip
"""What goes wrong with the edits that show what became of a press."""


def _erp_fault(dice: Dice) -> tuple[Any, ...]:
    name = dice.deal(ERP_FAULTS)
    on = dice.choice(
        (
            {"action": "ReleaseBill"}, {"action": "ReleaseBill"}, {"action": "ReleaseFromHold"},
            {"method": "GET"}, {"path": "auth/login"}, {"path": "Bill"}, {},
        )
    )  # fmt: skip
    if name in ("edit", "not_kept"):
        on = {"action": dice.choice(("ReleaseBill", "ReleaseFromHold"))}
    elif name == "wrong_record":
        on = {"method": "GET"}
    elif name.startswith("login_limit") and dice.random() < 0.7:
        on = {"path": "auth/login"}
    return name, _erp_argument(name, dice), on, dice.choice((1, 1, 2, 5))


def _erp_argument(name: str, dice: Dice) -> str:
    match name:
        case "delay":
            return dice.choice(("2", "20", "45", "700"))
        case "clock_skew":
            return dice.choice(("-90", "3600"))
    return "1" if name == "trickle" else ""


def _teams_fault(dice: Dice) -> tuple[Any, ...]:
    name = dice.deal(TEAMS_FAULTS)
    on = dice.choice(({}, {"method": "POST"}, {"method": "PUT"}, {"path": "activities"}))
    on = on if name != "repeat_invoke" else {}
    return name, _teams_argument(name, dice), on, dice.choice((1, 1, 3))


def _teams_argument(name: str, dice: Dice) -> str:
    match name:
        case "status:429":
            return dice.choice(("2", "10", "60"))
        case "delay":
            return dice.choice(("2", "20", "120"))
    return ""


def _network_fault(dice: Dice) -> tuple[Any, ...]:
    return (
        dice.deal(wires.FAULTS),
        dice.choice(("erp", "erp", "teams", "bot")),
        dice.choice((1, 1, 2, 6)),
    )


def _jump(dice: Dice) -> tuple[Any, ...]:
    return (dice.choice((3.0, 70.0, 200.0, 600.0, 3600.0, 86400.0, -3.0, -70.0, -200.0, -600.0)),)


_DRAWS: dict[str, Callable[[Dice], tuple[Any, ...]]] = {
    "bill": _bill,
    "order": lambda dice: (dice.choice((800.0, 45000.0)),),
    "payment": lambda dice: (dice.choice((500.0, 60.0)),),
    "change": lambda dice: (
        _which(dice), dice.choice(("Amount", "Description")), dice.choice(AMOUNTS),
    ),
    "erp user": lambda dice: (
        _which(dice), dice.choice(("remove hold", "hold", "release", "delete", "approve")),
    ),
    "press": _presses,
    "trap": _trap,
    "reject": lambda dice: (_which(dice), dice.choice(("erin", "ann")), dice.randint(1, 2)),
    "ask": lambda dice: (_which(dice), dice.choice(PEOPLE)),
    "look": lambda dice: (dice.choice(PEOPLE),),
    "say": lambda dice: (
        dice.choice(PEOPLE[:8]),
        dice.choice(("help", "open", "release 000001", "why 000001", "status 000001", "yes")),
    ),
    "push": lambda dice: (
        dice.choice(("off", "on", "duplicate", "reorder", "resend", "plain", "split")),
    ),
    "erp fault": _erp_fault,
    "teams fault": _teams_fault,
    "network": _network_fault,
    "disk": lambda dice: (
        dice.choice(tuple(inline_store.FAULTS)), dice.choice((1, 2, 5, 20)),
    ),
    "kill": lambda dice: (
        dice.choice((1, dice.randint(1, 60), dice.randint(1, 600))),
        dice.choice((0.0, 2.0, 30.0, 120.0)), dice.random() < 0.3,
    ),
    "restart": lambda dice: (dice.choice((0.0, 5.0)),),
    "jump": _jump,
    "two": lambda _: (),
    "rotate": lambda _: (),
    "reinstall": lambda dice: (
        dice.choice(("19:ap-approvals@thread.tacv2", "19:purchasing-east@thread.tacv2")),
        dice.choice((5.0, 90.0)),
    ),
    "replay": lambda dice: (dice.random() < 0.3,),
    "settle": lambda dice: (dice.choice((("grace", "hugo"), ("hugo", "hugo", "grace"), ("ann",))),),
    "maintenance": lambda dice: (
        dice.choice(("html503", "redirect", "reset")), dice.choice((5.0, 60.0)),
    ),
    "recycle": lambda _: (),
    "dead sessions": lambda dice: (dice.choice((10.0, 40.0)),),
    "failing_operations": lambda dice: (dice.choice((1, 2)),),
    "action_location": lambda dice: (dice.choice(("none", "nonsense", "record")),),
    "seats": lambda dice: (dice.choice((1, 2)),),
}  # fmt: skip
_WEIGHTS = {
    "bill": 12, "order": 2, "payment": 2, "change": 7, "erp user": 4, "press": 18, "trap": 26,
    "reject": 1, "ask": 1, "look": 4, "say": 2, "push": 4, "erp fault": 8, "teams fault": 8,
    "network": 11, "disk": 3, "kill": 6, "restart": 1, "jump": 2, "two": 1,
    "maintenance": 1, "recycle": 1, "dead sessions": 3, "failing_operations": 1,
    "action_location": 1, "seats": 1, "rotate": 1, "reinstall": 1, "replay": 2, "settle": 1,
}  # fmt: skip
