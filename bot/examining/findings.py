"""What an examination finds: how something stands, why, who can mend it, where and how. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

SHAPE = 1
"""Grows when a member of the JSON report goes or changes its meaning; new ones may come any day."""


class State(StrEnum):
    """How something stands."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "not known"


class Who(StrEnum):
    """Who can mend it."""

    ACUMATICA = "Acumatica administrator"
    ENTRA = "Entra administrator"
    TEAMS = "Teams administrator"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer of an examination. `company` is empty where it is for all of them."""

    check: str
    state: State
    seen: str = ""
    """What was looked at, or what was seen there."""
    subject: str = ""
    """Which one of several: a channel, an entity, a person."""
    company: str = ""
    cause: str = ""
    who: Who | None = None
    place: str = ""
    """Screen, blade, file and line, or variable in which it is mended."""
    step: str = ""
    """What to do next."""
    lost: str = ""
    """What does not work meanwhile."""

    def worded(self, say: Callable[[str], str]) -> Finding:
        """Return it with every text as *say* writes it."""
        return replace(
            self, seen=say(self.seen), subject=say(self.subject), cause=say(self.cause),
            place=say(self.place), step=say(self.step), lost=say(self.lost),
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Return the finding as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at: what it asks, and who mends it where, unless a finding says."""

    id: str
    asks: str
    who: Who
    place: str
    lost: str
    needs: tuple[str, ...] = ()
    """Checks without which this one cannot know anything."""
    asked_only: bool = field(default=False)
    """It does something, so it is left out unless somebody asks for it."""

    def ok(self, seen: str, *, company: str = "", subject: str = "") -> Finding:
        """Say that all is well."""
        return Finding(self.id, State.OK, seen, subject, company)

    def failed(self, cause: str, step: str, *, lost: str | None = None, **more: Any) -> Finding:
        """Say that it does not work."""
        return self._found(State.FAILED, cause, step, self.lost if lost is None else lost, more)

    def warning(self, cause: str, step: str, *, lost: str = "", **more: Any) -> Finding:
        """Say that it works, and what will be missed."""
        return self._found(State.WARNING, cause, step, lost, more)

    def unknown(self, cause: str, step: str = "", **more: Any) -> Finding:
        """Say why nobody can tell."""
        return Finding(self.id, State.UNKNOWN, cause=cause, step=step, **more)

    def _found(
        self, state: State, cause: str, step: str, lost: str, more: dict[str, Any]
    ) -> Finding:
        told = {"who": self.who, "place": self.place, **more}
        return Finding(self.id, state, cause=cause, step=step, lost=lost, **told)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found, in the order it was looked at."""

    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        """Whether something must be mended before the loop works."""
        return any(one.state is State.FAILED for one in self.findings)

    def of(self, state: State) -> tuple[Finding, ...]:
        """Return the findings in one state."""
        return tuple(one for one in self.findings if one.state is state)

    def to_mend(self, who: Who) -> tuple[Finding, ...]:
        """Return what *who* has to mend, what blocks first."""
        mine = [one for one in self.findings if one.who is who]
        return tuple(sorted(mine, key=lambda one: one.state is not State.FAILED))

    def to_json(self) -> dict[str, Any]:
        """Return the report as docs/doctor.md describes it."""
        counted = Counter(one.state for one in self.findings)
        return {
            "shape": SHAPE,
            "blocked": self.blocked,
            "counts": {state.value: counted[state] for state in State},
            "findings": [one.to_json() for one in self.findings],
        }


def concealed(findings: Iterable[Finding], secrets: Sequence[str]) -> tuple[Finding, ...]:
    """Return *findings* without any of *secrets*, whoever quoted one."""
    # The longest first: one secret may be part of another.
    listed = sorted({one for one in secrets if one}, key=len, reverse=True)

    def without(text: str) -> str:
        for secret in listed:
            text = text.replace(secret, "•••")
        return text

    return tuple(one.worded(without) for one in findings)
