"""Everything is set up wrong; four administrators mend it by what doctor tells, and nothing else.

Each knows their own system and values (what is on the sign-in page, what the portal shows), and of
everybody else's nothing. What they do is found by who, place, step and cause of a finding alone.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pytest
from watchdog import excused
from world import BEN, BOT_SECRET, PASSWORD, ROOT, World, merged, open_world

from bot.clock import system_ports
from bot.examining.findings import Finding, Report, State, Who
from bot.examining.walk import Wish, examine
from bot.safety import read_everything

PAGE = ROOT / "docs" / "newcomer.md"
LINE = r"line \d+"
SITE = "/AcumaticaERP"
Act = Callable[["Desk", re.Match[str], Finding], Awaitable[str]]


@dataclass
class Desk:
    """The administrators, and the log of what each did."""

    world: World
    environment: dict[str, Any]
    log: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """The operator's countersign.toml."""
        return self.world.data / "countersign.toml"

    def edit(self, old: str, new: str) -> None:
        """Write *new* in place of *old*, which must stand there."""
        text = self.file.read_text("utf-8")
        assert old in text, f"countersign.toml has no {old!r}"
        self.file.write_text(text.replace(old, new, 1), "utf-8")

    def set(self, **values: Any) -> None:
        """Change what stands in the environment."""
        self.environment = merged(self.environment, values)

    async def erp(self, door: str, **body: Any) -> None:
        """Do something at a screen of Acumatica."""
        await self.world.witness.post(f"{self.world.witness.erp}/_sandbox/{door}", body)

    async def teams(self, door: str, **body: Any) -> None:
        """Do something in a portal of Microsoft's."""
        await self.world.witness.post(f"{self.world.witness.teams}/_sandbox/{door}", body)

    async def doctor(self) -> Report:
        """Run doctor with the settings as they are now."""

        def read() -> Any:
            with excused():
                return read_everything(_env_file=None, **self.environment)

        return await examine(read, system_ports(), Wish(), lambda *_: None)

    async def mend(self, finding: Finding) -> None:
        """Have who is named do what is told; nobody knows anything else."""
        assert finding.who is not None
        told = f"{finding.place} | {finding.step} | {finding.cause}"
        for pattern, act in KNOWS[finding.who].items():
            if found := re.search(pattern, told):
                done = await act(self, found, finding)
                self.log += [
                    f"doctor  ✗ {f'{finding.check} {finding.subject}'.strip()}: {finding.cause}",
                    f"        where: {finding.place}",
                    f"        next:  {finding.step}",
                    f"{finding.who}: {done}",
                    "",
                ]
                return
        raise AssertionError(f"the {finding.who} does not know what to do: {finding}")


# --- what each can do -----------------------------------------------------------------------


async def fill_in_secret(desk: Desk, _: re.Match[str], __: Finding) -> str:
    desk.set(teams={"client_secret": BOT_SECRET})
    return "put TEAMS__CLIENT_SECRET into .env"


async def rename_key(desk: Desk, found: re.Match[str], _: Finding) -> str:
    desk.edit(f"\n{found[1]} = ", f"\n{found[2]} = ")
    return f"wrote {found[2]} instead of {found[1]} in countersign.toml"


async def write_address(desk: Desk, _: re.Match[str], __: Finding) -> str:
    address = desk.world.witness.erp
    desk.edit(f'url = "{address}"', f'url = "{address}{SITE}"')
    return f"copied url from the browser: …{SITE}"


async def write_tenant(desk: Desk, _: re.Match[str], __: Finding) -> str:
    desk.edit('tenant = "Compagny"', 'tenant = "Company"')
    return "wrote tenant as on the sign-in page: Company"


async def write_version(desk: Desk, found: re.Match[str], _: Finding) -> str:
    desk.edit('version = "24.300.001"', f'version = "{found[1]}"')
    return f"set version = {found[1]}, as told"


async def write_action(desk: Desk, found: re.Match[str], _: Finding) -> str:
    (close,) = get_close_matches(found[1], found[2].split(", "), 1)
    desk.edit(f"POST {found[1]}", f"POST {close}")
    return f"took {close} from the list that was told"


async def bind_to_channel(desk: Desk, found: re.Match[str], _: Finding) -> str:
    desk.edit(f"19:{found[1]}@thread.v2", f"19:{found[1]}@thread.tacv2")
    return f"copied the id of the channel for {found[1]} instead of the chat's"


async def reset_password(desk: Desk, found: re.Match[str], _: Finding) -> str:
    desk.set(acumatica={"acme": {"password": PASSWORD}})
    return f"set a new password on SM201010 and gave it to the operator for {found[0]}"


async def open_screen(desk: Desk, found: re.Match[str], _: Finding) -> str:
    habits = await desk.world.witness.get(f"{desk.world.witness.erp}/_sandbox/habits")
    left = [screen for screen in habits["closed_screens"] if screen != found[1]]
    await desk.erp("habits", closed_screens=left)
    return f"gave the role {found[1]} on SM201025"


async def give_seats(desk: Desk, _: re.Match[str], __: Finding) -> str:
    await desk.erp("licence", seats=4)
    return "ended sessions nobody needs, looking at SM604000"


async def renew_secret(desk: Desk, _: re.Match[str], __: Finding) -> str:
    await desk.teams("app", secret="good")
    return "made a new client secret under Certificates & secrets"


async def add_to_team(desk: Desk, _: re.Match[str], finding: Finding) -> str:
    place = f"19:{finding.subject}@thread.tacv2"
    await desk.teams("reach", conversation=place, how="ok")
    return f"added the app to the team of {finding.subject}"


KNOWS: Mapping[Who, Mapping[str, Act]] = {
    Who.OPERATOR: {
        r"^TEAMS__CLIENT_SECRET": fill_in_secret,
        r"company 1\.(\w+): nobody knows this key.*Did you mean (\w+)\?": rename_key,
        r"countersign\.toml, line \d+: company acme: url \|": write_address,
        r"countersign\.toml, line \d+: company acme: tenant \|": write_tenant,
        r'Set version = "([\d.]+)" in countersign\.toml': write_version,
        r"calls\.Bill\.release.*no action (\w+); it has: ([\w, ]+)": write_action,
        r"\[\[channel\]\] ([\w-]+) \|.*is a group chat": bind_to_channel,
    },
    Who.ACUMATICA: {
        r"ACUMATICA__ACME__PASSWORD": reset_password,
        r"SM201025\): ([A-Z]{2}\d{6})": open_screen,
        r"SM604000": give_seats,
    },
    Who.ENTRA: {r"Certificates & secrets \| make a new client secret": renew_secret},
    Who.TEAMS: {r"add it to the team": add_to_team},
}
"""Who can do what, found by the words of a finding."""


# --- everything is wrong --------------------------------------------------------------------

WRONG = {
    'poll = "2s"': 'pol = "2s"',
    'tenant = "Company"': 'tenant = "Compagny"',
    'version = "24.200.001"': 'version = "24.300.001"',
    "# Large bills": '[company.calls.Bill]\nrelease = "POST ReleazeBill"\n\n# Large bills',
    "19:payments@thread.tacv2": "19:payments@thread.v2",
}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Twelve things are wrong, in all four quarters."""
    erp_by = {"site": SITE, "tenants": ("Other",)}
    async with open_world(tmp_path, sample=True, erp_by=erp_by) as world:
        environment = merged(world.settings(), {"teams": {"client_secret": ""}})
        environment = merged(environment, {"acumatica": {"acme": {"password": "mistyped"}}})
        made = Desk(world, environment)
        for right, wrong in WRONG.items():
            made.edit(right, wrong)
        await made.erp("habits", closed_screens=["AP301000", "EP203000"])
        await made.erp("licence", seats=1)
        await made.teams("app", secret="expired")
        await made.teams("reach", conversation="19:ap-approvals@thread.tacv2", how="no app")
        yield made


async def test_a_newcomer_mends_everything_by_what_doctor_says(desk: Desk) -> None:
    visits = 0
    while (report := await desk.doctor()).blocked:
        visits += 1
        assert visits < 20, desk.log
        await desk.mend(report.of(State.FAILED)[0])

    assert len([line for line in desk.log if line.startswith("doctor")]) >= 10
    await the_reference_story_works(desk)
    # What somebody reads there is what happened here.
    told, shown = as_told(desk), PAGE.read_text("utf-8")
    same = re.sub(LINE, "line", told) in re.sub(LINE, "line", shown)
    assert same, f"docs/newcomer.md must show:\n{told}\n(end)"


def as_told(desk: Desk) -> str:
    """Return the log without what is another in each run: a folder, a port, a line's number."""
    text = "\n".join(desk.log).replace(f"{desk.world.data}/", "")
    return text.replace(desk.world.witness.erp, "https://erp.example").rstrip()


async def the_reference_story_works(desk: Desk) -> None:
    """The loop that doctor found well brings a bill to its approver, and their press back."""
    world = desk.world
    world.file = lambda: desk.file  # type: ignore[method-assign]  # as the operator left it
    async with world.bot():
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")
        await world.witness.press(BEN, number, "Release")
        await world.witness.released(number)
