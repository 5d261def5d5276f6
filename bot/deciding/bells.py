"""Who is woken when a decision moved."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clock import Bell


@dataclass(frozen=True, slots=True)
class Bells:
    """The bells of one company's runners."""

    outbox: Bell
    look: Bell
    settle: Bell
    act: Bell

    def ring(self) -> None:
        """Wake all of them."""
        for bell in (self.look, self.outbox, self.settle, self.act):
            bell.ring()
