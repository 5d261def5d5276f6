"""The three roles of the admin page, and what each may do. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """An app role of the Entra registration; each may do all that the ones before it may."""

    VIEWER = "viewer"
    """Sees everything, checks the audit trail and takes evidence from it."""
    OPERATOR = "operator"
    """Also tries deliveries again, and settles who is who."""
    ADMIN = "admin"
    """Also settles, as one of two, what became of a decision."""

    def may(self, wanted: Role) -> bool:
        """Say whether this role may do what *wanted* may."""
        order = list(Role)
        return order.index(self) >= order.index(wanted)


def role_of(names: Iterable[object]) -> Role | None:
    """Return the highest role among the *names* of a token; None when none is ours."""
    held = [role for role in Role if role.value.capitalize() in set(map(str, names))]
    return held[-1] if held else None
