"""What a company's file says of names, matching and machine users: checked whole."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from acumatica_client.client import ErpClient
from acumatica_client.extras import DEFAULTS
from bot.checked import SettingsError
from bot.companies import Tenant
from bot.company_file import Company, read_file
from bot.core.routes import Route, Routes

FILE = """
[[company]]
name = "acme"
url = "https://erp.acme.example"
tenant = "Company"
{more}

[[route]]
company = "acme"
to = []
"""


def company_with(tmp_path: Path, more: str = "") -> Company:
    path = tmp_path / "countersign.toml"
    path.write_text(FILE.format(more=more), "utf-8")
    return read_file(path).company[0]


def test_a_company_that_says_nothing_gets_what_default_is_known_to_have(tmp_path: Path) -> None:
    company = company_with(tmp_path)

    assert company.extras()["Bill"].names == DEFAULTS["Bill"]
    assert (company.match, company.match_tolerance, company.ask_reference) == (True, 0, False)
    assert company.instructions_alert == timedelta(days=30)


def test_a_table_of_the_file_overrides_word_by_word(tmp_path: Path) -> None:
    more = 'match_tolerance = 2.5\n[company.extra.Bill]\nworkgroup = ""\ncreated_by = "CreatedBy"'

    company = company_with(tmp_path, more)

    extras = company.extras()["Bill"]
    assert company.match_tolerance == Decimal("2.5")
    assert (extras.name("owner"), extras.name("workgroup")) == ("CurrentDocument.EmployeeID", "")
    assert extras.plain == ("CreatedBy",)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[company.extra.Bills]\nowner = "x"', "extra: 'Bills' is none of Bill"),
        ('[company.extra.Bill]\nonwer = "x"', "extra.Bill: 'onwer' is none of owner"),
        ('[company.extra.Bill]\nowner = "a b"', "extra.Bill.owner: write a Field"),
        ('[company.extra.Bill]\napprovals = "A.B"', "extra.Bill.approvals: write the name"),
        ("match_tolerance = -1", "match_tolerance"),
        ('instructions_alert = "often"', "instructions_alert"),
    ],
)
def test_a_mistake_names_its_key(tmp_path: Path, more: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        company_with(tmp_path, more)


def test_edits_of_machine_users_are_nobodys_whatever_their_case(tmp_path: Path) -> None:
    company = company_with(tmp_path, 'machine_users = ["ApImport"]')
    routes = Routes([Route(company="acme", to=())])

    named = Tenant(company, routes, cast("ErpClient", None), (), "Countersign")
    unnamed = Tenant(company, routes, cast("ErpClient", None), ())

    assert named.rights.machine_users == {"apimport", "countersign"}
    assert unnamed.rights.machine_users == {"apimport"}
