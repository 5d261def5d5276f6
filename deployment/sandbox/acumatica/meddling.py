"""What is odd about the one call that is being carried out: a wrong clock, an edit not kept.

A context variable, so that calls at the same time do not share it while a long operation that a
call started inherits it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Meddling:
    """The oddities of one call."""

    skew: timedelta = timedelta(0)  # how far the server's clock is off
    keeps: bool = True  # off: what is typed is answered with 200, and lost


_NOTHING = Meddling()
_current: ContextVar[Meddling | None] = ContextVar("meddling", default=None)


def meddling() -> Meddling:
    """What is odd now; outside of an API call nothing is."""
    return _current.get() or _NOTHING


@contextmanager
def meddled(oddity: Meddling) -> Iterator[None]:
    """Let it be so for what happens inside."""
    token = _current.set(oddity)
    try:
        yield
    finally:
        _current.reset(token)
