"""What the file says of people holds in one company or in all; it never crosses over."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.checked import SettingsError
from bot.company_file import File, read_file

BOTH = "".join(
    f'[[company]]\nname = "{name}"\nurl = "https://{name}.example"\ntenant = "T"\n'
    f'[[route]]\ncompany = "{name}"\nto = []\n'
    for name in ("acme", "beta")
)
ANN = '[[person]]\nemail = "ann@acme.example"\n'


def file_of(folder: Path, text: str) -> File:
    path = folder / "countersign.toml"
    path.write_text(BOTH + text, "utf-8")
    return read_file(path)


def test_an_employee_of_one_company_is_nobody_in_another(tmp_path: Path) -> None:
    file = file_of(tmp_path, f'{ANN}company = "acme"\nemployee = "EP1"\n')

    assert [one.employee for one in file.overrides("acme")] == ["EP1"]
    assert file.overrides("beta") == ()


def test_a_limit_without_a_company_holds_in_all(tmp_path: Path) -> None:
    file = file_of(tmp_path, f'{ANN}limit = 5\ncurrency = "USD"\n')

    assert len(file.overrides("acme")) == len(file.overrides("beta")) == 1


def test_one_person_may_be_two_employees_in_two_companies(tmp_path: Path) -> None:
    text = "".join(f'{ANN}company = "{name}"\nemployee = "EP1"\n' for name in ("acme", "beta"))

    assert len(file_of(tmp_path, text).overrides("beta")) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f'{ANN}employee = "EP1"\n', "say the company of employee EP1"),
        (f'{ANN}company = "zeta"\n', "there is no company 'zeta'"),
        (ANN + ANN, "ann@acme.example is there twice"),
    ],
)
def test_an_entry_that_leaves_open_whom_it_means_is_refused(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem):
        file_of(tmp_path, text)
