"""`check`: every mistake at once with its line; examples that go another way; what is odd."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.checked import SettingsError
from bot.company_file import read_file
from bot.configuring.examples import examples_beside, failures
from bot.configuring.version import version_of
from bot.safety import oddities
from bot.settings import read_settings

ROOT = Path(__file__).resolve().parents[2]
SAFE = {
    "TEAMS__APP_ID": "app",
    "TEAMS__TENANT_ID": "tenant",
    "TEAMS__CLIENT_SECRET": "a-client-secret-of-nobody",
    "ACUMATICA__ACME__USER": "countersign",
    "ACUMATICA__ACME__PASSWORD": "a-password-of-nobody",
}
FILE = """\
administrators = ["ann@acme.example", "erin@acme.example"]

[[company]]
name = "acme"
url = "https://erp.example"
tenant = "Company"

[[route]]
company = "acme"
entity = "Bill"
when = "on hold"
where = [{ field = "Amount", at_least = 10000 }]
to = ["channel:ap-approvals"]
approver = ["person:erin@acme.example"]
second_above = { USD = 50000 }
second = ["person:farid@acme.example"]
actions = ["release"]

[[route]]
company = "acme"
entity = "Bill"
when = "on hold"
to = ["approver"]
approver = ["owner", "person:ann@acme.example"]
actions = ["release"]

[[route]]
company = "acme"
to = []
"""
LAST = '[[route]]\ncompany = "acme"\nto = []\n'
EXAMPLES = """\
[[employee]]
code = "EP1"
name = "Ben Ortiz"
email = "ben@acme.example"

[[example]]
name = "a large bill goes to the controller"
document = { entity = "Bill", status = "On Hold", fields = { Amount = 60000, CurrencyID = "USD" } }
route = 1
to = ["channel:ap-approvals"]
approvers = ["erin@acme.example"]
seconds = ["farid@acme.example"]
actions = ["release"]
privacy = "full"

[[example]]
name = "any other bill goes to its owner"
document = { entity = "Bill", status = "On Hold", owner = "EP1", fields = { Amount = 10 } }
route = 2
approvers = ["Ben@acme.example"]
seconds = []
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A file that is fine, and examples beside it that are met."""
    path = tmp_path / "countersign.toml"
    path.write_text(FILE, "utf-8")
    examples_beside(path).write_text(EXAMPLES, "utf-8")
    return path


def check(config: Path, *options: str) -> subprocess.CompletedProcess[str]:
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), "check", *options],
        cwd=config.parent,
        env={**clean, **SAFE},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def problems(config: Path, text: str) -> list[str]:
    config.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as caught:
        read_file(config)
    return [problem.removeprefix(str(config)) for problem in caught.value.problems]


# --- mistakes ---


def test_every_mistake_is_told_at_once_with_its_line(config: Path) -> None:
    text = (
        FILE.replace('tenant = "Company"', 'tenant = "Company"\nseats = 3\nsweeep = "5m"')
        .replace("at_least = 10000 }]", "above = 1 }]")
        .replace('to = ["approver"]', 'to = ["aprover"]\nactions = ["pay"]', 1)
        .replace(f'actions = ["release"]\n\n{LAST}', "\n" + LAST.replace("acme", "acem"))
    )

    found = problems(config, text)

    assert [line.partition(": ")[0] for line in found if "route 2" not in line] == [
        ", line 7", ", line 8", ", line 14", ", line 30",
    ]  # fmt: skip
    told = "\n".join(found)
    for words in (
        "line 7: company 1.seats",
        "line 8: company 1.sweeep: nobody knows this key; is it misspelt? Did you mean sweep?",
        "line 25: route 2: to: 'aprover' is neither",
        "line 26: route 2: actions: 'pay' is none of",
        "line 30: route 3.company: there is no company 'acem'; is 'acme' meant?",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"on hold"\nwhere', '"on holt"\nwhere', "line 11: route 1: when: 'on holt' is none of"),
        ('"on hold"\nwhere', '"on holt"\nwhere', "is 'on hold' meant?"),
        ("to = []\n", 'to = []\nentity = "Bill"\n', "the last route of a company must match"),
        ('entity = "Bill"\nwhen = "on hold"\nto', "to", "line 19: route 2: matches everything"),
        ('[[route]]\ncompany = "acme"\nto = []', "", "the last route of a company"),
    ],
)
def test_a_mistake_is_told_where_it_stands(config: Path, old: str, new: str, told: str) -> None:
    assert told in "\n".join(problems(config, FILE.replace(old, new)))


def test_two_broken_rules_of_one_company_are_both_told(config: Path) -> None:
    broken = 'tenant = "Company"\nseats = 1\nactions_at_once = 2\namount_bands = [5, 3]'

    told = problems(config, FILE.replace('tenant = "Company"', broken))

    assert [line.partition(": must")[0].partition(": more")[0] for line in told] == [
        ", line 9: company 1: amount_bands", ", line 8: company 1: actions_at_once",
    ]  # fmt: skip


# --- what is odd ---


def odd(config: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name, value in SAFE.items():
        monkeypatch.setenv(name, value)
    config.write_text(text, "utf-8")
    settings = read_settings(_env_file=None, config=config)
    return [one.told for one in oddities(settings, read_file(config))]


def test_a_route_nothing_reaches_is_told_with_its_line(config: Path) -> None:
    shadowed = FILE.replace('where = [{ field = "Amount", at_least = 10000 }]\n', "")
    config.write_text(shadowed, "utf-8")
    examples_beside(config).unlink()

    done = check(config)

    assert done.returncode == 0
    assert "countersign.toml, line 18: acme: route 2 is never reached: route 1" in done.stderr
    assert check(config, "--strict").returncode == 1


def test_a_channel_written_almost_like_another_is_told(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bills = '[[route]]\ncompany = "acme"\nentity = "Check"\nwhen = "{}"\nto = ["channel:{}"]\n\n'
    last = '[[route]]\ncompany = "acme"\nto = []'
    more = bills.format("open", "ap-approvals") + bills.format("closed", "ap-aprovals")

    found = odd(config, FILE.replace(last, more + last), monkeypatch)

    assert found == ["channel:ap-aprovals is used once; is 'ap-approvals' meant, which others use?"]
    assert odd(config, FILE, monkeypatch) == []


# --- examples ---


def test_examples_that_are_met_are_counted(config: Path) -> None:
    done = check(config)

    assert done.returncode == 0, done.stderr
    assert "2 examples go their way" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "route = 1\n",
            "route = 2\n",
            "line 6: 'a large bill goes to the controller': route: expected 2, is 1",
        ),
        (
            "at_least = 10000",
            "at_least = 70000",
            "route: expected 1, is 2 (Route 1 wants Amount of at least 70,000.00; it is 60,000.00",
        ),
        (
            'approvers = ["erin@acme.example"]',
            'approvers = ["ann@acme.example"]',
            "approvers: expected ann@acme.example, is erin@acme.example",
        ),
        ("seconds = []", 'seconds = ["x@y.example"]', "seconds: expected x@y.example, is nobody"),
        ('actions = ["release"]\nprivacy', 'actions = ["reject"]\nprivacy', "actions: expected"),
        ('privacy = "full"', 'privacy = "none"', "privacy: expected none, is full"),
        (
            'to = ["channel:ap-approvals"]\napprovers',
            'to = ["channel:x"]\napprovers',
            "to: expected channel:x",
        ),
        ("Amount = 10 ", "Amuont = 10 ", "a Bill has no 'Amuont'; is 'Amount' meant?"),
        ('"On Hold", owner', '"On Holt", owner', "status: 'On Holt' is none of"),
        ("route = 2\n", "rout = 2\n", "Did you mean"),
    ],
)
def test_an_example_that_goes_another_way_fails_check_and_says_how(
    config: Path, old: str, new: str, told: str
) -> None:
    for path in (config, examples_beside(config)):
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    done = check(config)

    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_the_examples_of_the_docs_hold_for_the_file_to_copy(tmp_path: Path) -> None:
    told = (ROOT / "docs" / "configuring.md").read_text("utf-8")
    (block,) = [part for part in told.split("```")[1::2] if "[[example]]" in part]
    path = tmp_path / "countersign.examples.toml"
    path.write_text(block.removeprefix("toml\n"), "utf-8")

    assert failures(path, read_file(ROOT / "countersign.example.toml")) == (2, [])


def test_an_example_of_several_companies_says_which(config: Path) -> None:
    more = FILE.replace('"acme"', '"west"').replace("Company", "West").partition("\n\n")[2]
    config.write_text(FILE + "\n" + more, "utf-8")

    _, failed = failures(examples_beside(config), read_file(config))

    assert len(failed) == 2
    assert "company: say one of acme, west" in failed[0]


# --- the version ---


def test_the_version_names_what_the_file_says_and_not_how(config: Path) -> None:
    first = version_of(read_file(config))
    config.write_text(
        "# a comment\n" + FILE.replace('tenant = "Company"\n', 'tenant  =  "Company"\n')
    )
    assert version_of(read_file(config)) == first

    config.write_text(FILE.replace("10000", "10001"))
    assert version_of(read_file(config)) != first
