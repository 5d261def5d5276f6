"""`[limits]` and `fallback` of countersign.toml: what they mean, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bot.company_file import Company, File, Paces
from bot.core.schedule import Quotas, Window

COMPANY: dict[str, Any] = {"name": "acme", "url": "https://erp.example", "tenant": "Company"}
ROUTE = {"company": "acme", "to": []}


def test_limits_are_what_teams_publishes_unless_the_file_says_otherwise() -> None:
    plain = File.model_validate({"company": [COMPANY], "route": [ROUTE]})
    told = File.model_validate(
        {"company": [COMPANY], "route": [ROUTE], "limits": {"messages": ["5/1s", "100/1h"]}}
    )

    assert plain.limits.quotas() == Quotas()
    assert told.limits.quotas() == Quotas(messages=(Window(5, 1), Window(100, 3600)))


@pytest.mark.parametrize(
    "wrong", [[], "7/1s", ["7"], ["0/1s"], ["7/0s"], ["7/s"], ["-7/1s"], ["7/1s", 8], ["7/1y"]]
)
def test_limits_of_another_form_are_refused_with_the_right_one(wrong: object) -> None:
    with pytest.raises(ValidationError, match=r"7/1s|span of time"):
        Paces.model_validate({"messages": wrong})


@pytest.mark.parametrize("word", ["approver", "channel:", "erin@acme.example"])
def test_a_fallback_that_is_no_place_is_refused(word: str) -> None:
    with pytest.raises(ValidationError, match="fallback"):
        Company.model_validate({**COMPANY, "fallback": [word]})
