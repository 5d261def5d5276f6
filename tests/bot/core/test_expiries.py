"""Which mark has been reached, and what Graph tells of a client secret's end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.expiries import Expiry, Kind, at_begin, soon
from bot.core.graph import read_secret_end, secret_path

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET = "Ab~8Q-the-rest-of-it"
END = "2026-12-03T00:00:00Z"


def ending(days: float, *, life: float | None = None) -> Expiry:
    lasts = None if life is None else timedelta(days=life)
    return Expiry(
        Kind.SECRET, "TEAMS__CLIENT_SECRET", NOW + timedelta(days=days), "acme", life=lasts
    )


@pytest.mark.parametrize(
    ("days", "mark"),
    [(31, None), (30, 30), (29.5, 30), (14, 14), (13, 14), (7, 7), (2, 7), (1, 1), (0.1, 1), (0, 1),
     (-0.1, None), (-40, None)],
)  # fmt: skip
def test_the_last_mark_that_was_reached_counts(days: float, mark: int | None) -> None:
    assert ending(days).mark(NOW) == mark


@pytest.mark.parametrize(("days", "mark"), [(30, None), (20, None), (14, 14), (1, 1)])
def test_what_lasts_a_month_since_its_last_use_is_not_told_as_soon_as_it_was_used(
    days: float, mark: int | None
) -> None:
    assert ending(days, life=30).mark(NOW) == mark


def test_an_operator_reads_what_is_left_and_what_has_ended() -> None:
    assert ending(10).told(NOW) == "TEAMS__CLIENT_SECRET of acme ends on 2026-12-03, in 10 days"
    assert ending(1).told(NOW).endswith("in 1 day")
    assert ending(-2).told(NOW).endswith("ended on 2026-11-21")
    assert [one.days_left(NOW) for one in soon([ending(40), ending(6), ending(-3)], NOW)] == [-3, 6]
    assert at_begin(date(2026, 12, 3)) == datetime(2026, 12, 3, tzinfo=UTC)


def told(*rows: object) -> dict[str, object]:
    return {"passwordCredentials": list(rows)}


def test_graph_tells_the_end_of_the_secret_that_begins_like_ours() -> None:
    other = {"hint": "xyz", "endDateTime": "2030-01-01T00:00:00Z"}
    ours = {"hint": "Ab~", "endDateTime": END}

    assert read_secret_end(told(other, ours), SECRET) == datetime(2026, 12, 3, tzinfo=UTC)
    assert secret_path("a'b").startswith("/applications(appId='a%27b')?$select=")


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"passwordCredentials": "none"},
        told(),
        told({"hint": "xyz", "endDateTime": END}),
        told({"hint": "Ab~", "endDateTime": END}, {"hint": "Ab~", "endDateTime": "2031-01-01Z"}),
        told({"hint": "Ab~", "endDateTime": "soon"}),
        told({"hint": "Ab~", "endDateTime": "2026-12-03T00:00:00"}),
        told({"hint": "Ab~"}, "what is this"),
    ],
)
def test_an_end_that_is_not_certain_is_not_guessed(found: dict[str, object]) -> None:
    assert read_secret_end(found, SECRET) is None
