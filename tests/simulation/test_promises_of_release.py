"""The rule of one release by itself: it goes by what was asked, never by what the ERP refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from case import Case
from evidence import Evidence
from promises import i1_at_most_one_release_takes_effect

BEGIN = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
MINUTE = 60


def _told(*events: dict[str, Any]) -> list[str]:
    history = [{"seq": seq, **event} for seq, event in enumerate(events, start=1)]
    case = Case(Evidence(history, [], [], [], Path("none.db")))
    return list(i1_at_most_one_release_takes_effect(case))


def _asked(after: float, status: int | None) -> dict[str, Any]:
    body = {"entity": {"ReferenceNbr": {"value": "000001"}}}
    path = "/entity/Default/24.200.001/Bill/ReleaseBill"
    return {"kind": "request", "action": "ReleaseBill", "path": path, "body": body,
            "status": status, "at": _at(after)}  # fmt: skip


def _effect(after: float, old: str = "Balanced") -> dict[str, Any]:
    keys = {"Type": "Bill", "ReferenceNbr": "000001"}
    return {"kind": "change", "entity": "Bill", "keys": keys, "field": "Status", "old": old,
            "new": "Open", "by": "countersign", "at": _at(after)}  # fmt: skip


def _at(after: float) -> str:
    return (BEGIN + timedelta(seconds=after)).isoformat()


def test_a_bill_that_was_released_twice_is_told() -> None:
    assert _told(_asked(0, 202), _effect(1), _effect(2)) == [
        "('Bill', '000001') took effect 2 times"
    ]


def test_a_release_asked_for_after_it_took_effect_is_told_whatever_the_erp_answered() -> None:
    (said,) = _told(_asked(0, 202), _effect(1), _asked(3600, 422))

    assert said.endswith("asked again after it had taken effect")


@pytest.mark.parametrize("status", [None, 502, 503, 302])
def test_a_call_without_a_clear_answer_is_not_asked_again_within_the_quiet_window(
    status: int | None,
) -> None:
    assert _told(_asked(0, status), _asked(14 * MINUTE, 202))
    assert not _told(_asked(0, status), _asked(15 * MINUTE, 202))


@pytest.mark.parametrize("status", [202, 500])
def test_what_the_erp_took_or_failed_at_is_read_twice_before_it_is_asked_again(status: int) -> None:
    assert _told(_asked(0, status), _asked(30, 202))
    assert not _told(_asked(0, status), _asked(60, 202))


def test_a_clean_refusal_may_be_followed_at_once() -> None:
    assert not _told(_asked(0, 429), _asked(1, 202), _effect(2))
