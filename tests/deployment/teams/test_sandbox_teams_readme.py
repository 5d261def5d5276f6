"""The README of the stand-in names every door and lever there is."""

import re
from pathlib import Path

import pytest

from deployment.sandbox.teams import levers, query_doors, reach, traffic
from deployment.sandbox.teams.doors import routes as door_routes
from deployment.sandbox.teams.faults import NAMES
from deployment.sandbox.teams.graph.calls import ROWS
from deployment.sandbox.teams.mischief import CONTENTS, TOKENS

README = Path(traffic.__file__).with_name("README.md").read_text("utf-8")
LEVERS = sorted(
    {
        route.path.removeprefix("/_sandbox/")
        for part in (door_routes(), levers.routes(), query_doors.routes())
        for route in part
    }
)


@pytest.mark.parametrize("name", LEVERS)
def test_every_lever_stands_in_the_readme(name: str):
    assert re.search(rf"`(GET|POST|DELETE)(, \w+)* {name}\b", README)


@pytest.mark.parametrize("word", [*reach.HOWS, *TOKENS, *CONTENTS])
def test_every_word_of_a_lever_stands_in_the_readme(word: str):
    assert word in README


@pytest.mark.parametrize("role", sorted({role for row in ROWS for role in row.roles[:1]}))
def test_every_least_permission_stands_in_the_readme(role: str):
    assert f"`{role}`" in README


def test_every_fault_stands_in_the_readme():
    for name in NAMES.split(", "):
        assert name.partition(":")[0] in README
