"""Notifications given up on (SM502000): kept two days, for somebody to send them again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .push import Notification
from .store import Store
from .values import moment_text
from .wire import Json

KEPT = timedelta(days=2)
LONGEST = 500_000  # characters; a longer message is cut there, and cannot be sent again


@dataclass(frozen=True, slots=True)
class Failure:
    """One notification nobody took."""

    key: str
    notification: Notification
    at: datetime
    attempts: int
    whole: bool

    def shown(self) -> Json:
        """As the screen lists it."""
        return {
            "key": self.key,
            "id": self.notification.id,
            "query": self.notification.query,
            "at": moment_text(self.at),
            "attempts": self.attempts,
            "resendable": self.whole,
        }


class Undelivered:
    """The list of the screen, written through to the store."""

    def __init__(self, now: Callable[[], datetime], store: Callable[[], Store]) -> None:
        self._now = now
        self._store = store
        self._failures: dict[str, Failure] = {}

    def load(self) -> None:
        """Go on with what an earlier process left."""
        self._failures = {key: _read(key, row) for key, row in self._store().failures()}

    def all(self) -> list[Failure]:
        """What is still kept, the oldest first."""
        ended = [key for key, f in self._failures.items() if f.at <= self._now() - KEPT]
        for key in ended:
            self.drop(key)
        return list(self._failures.values())

    def resendable(self, key: str = "") -> list[Failure]:
        """All that can be sent again, or the one asked for."""
        return [f for f in self.all() if f.whole and key in ("", f.key)]

    def keep(self, notification: Notification, attempts: int) -> None:
        """Put one on the list."""
        text = notification.body.decode()
        last = max([int(key) for key in self._failures], default=0)
        key, cut = f"{last + 1:09d}", replace(notification, body=text[:LONGEST].encode())
        self._put(Failure(key, cut, self._now(), attempts, len(text) <= LONGEST))

    def count(self, key: str) -> None:
        """One more attempt came to nothing."""
        failure = self._failures[key]
        self._put(replace(failure, attempts=failure.attempts + 1))

    def drop(self, key: str) -> None:
        """Take one off the list."""
        self._store().write(delivered=[key])
        self._failures.pop(key, None)

    def _put(self, failure: Failure) -> None:
        self._store().write(failures={failure.key: _row(failure)})
        self._failures[failure.key] = failure


def _row(failure: Failure) -> Json:
    sent = failure.notification
    return {**failure.shown(), "at": failure.at.isoformat(), "body": sent.body.decode()}


def _read(key: str, row: dict[str, object]) -> Failure:
    notification = Notification(str(row["id"]), str(row["query"]), str(row["body"]).encode())
    at, attempts = datetime.fromisoformat(str(row["at"])), int(str(row["attempts"]))
    return Failure(key, notification, at, attempts, bool(row["resendable"]))
