"""Doctor changes nothing, runs beside a service and without one, and tells no secret."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from examining_world import ALWAYS, NEW_STAND_IN, Former, blamed, named, of, visit, well
from rich.console import Console
from world import PUSH_SECRET, ROOT, World, environment, eventually, free_port, merged, open_world

from bot.checked import SettingsError
from bot.clock import SystemClock, system_ports
from bot.examining.catalogue import CHECKS
from bot.examining.drawn import drawn
from bot.examining.findings import Report, State, Who
from bot.examining.walk import Wish
from bot.operating.backup import make_backup

CANARY = "canary-of-a-password-5fK2"


@pytest.fixture
async def visited(tmp_path: Path) -> AsyncIterator[World]:
    """A world whose service ran once, and is stopped."""
    async with open_world(tmp_path, sample=True) as world:
        await Former().into(well(world))
        yield world


def told(found: Report) -> str:
    """Everything doctor writes, as text and as JSON."""
    console = Console(file=io.StringIO(), width=10_000)
    console.print(drawn(found, everything=True))
    return f"{console.file.getvalue()}\n{json.dumps(found.to_json())}"  # type: ignore[attr-defined]


async def doctor(world: World, *arguments: str, port: int = 0) -> tuple[int, str, str]:
    """Run the command as an operator would."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "app.py"), "doctor", *arguments,
        cwd=world.data,
        env={**os.environ, **environment(world.settings(port))},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


# --- nothing is changed ---------------------------------------------------------------------


async def test_nothing_is_written_anywhere(visited: World) -> None:
    before = hashlib.sha256((visited.data / "countersign.db").read_bytes()).digest()

    await visit(visited)

    assert hashlib.sha256((visited.data / "countersign.db").read_bytes()).digest() == before
    requests = await visited.witness.erp_events("request")
    writes = {event["path"] for event in requests if event["method"] != "GET"}
    assert writes == {"/entity/auth/login", "/entity/auth/logout"}
    events = (await visited.witness.get(f"{visited.witness.teams}/_sandbox/history"))["events"]
    calls = [event for event in events if event["kind"] == "request"]
    assert {call["path"].rpartition("/")[2] for call in calls if call["method"] != "GET"} == {
        "token"
    }
    assert await visited.witness.messages() == []


async def test_no_store_is_made_where_there_was_none(tmp_path: Path) -> None:
    async with open_world(tmp_path, sample=True) as world:
        found = await visit(well(world))

    assert not [name for name in os.listdir(tmp_path) if ".db" in name]  # noqa: PTH208
    assert [one.state for one in of(found, "store.file")] == [State.UNKNOWN]
    assert blamed(found) == {"erp.editors"}


async def test_every_session_is_signed_out(visited: World) -> None:
    await visit(visited)

    licence = await visited.witness.get(f"{visited.witness.erp}/_sandbox/licence")
    assert licence["sessions"] == []


async def test_a_wrong_password_is_tried_once(visited: World) -> None:
    visited.more = merged(visited.more, {"acumatica": {"acme": {"password": "wrong"}}})

    await visit(visited)

    requests = await visited.witness.erp_events("request")
    assert sum(event["path"].endswith("/auth/login") for event in requests) == 1


# --- beside a service -----------------------------------------------------------------------


async def test_it_runs_beside_a_service_and_asks_it_how_it_is(visited: World) -> None:
    async with listening(visited):

        async def well_beside() -> bool:
            found = await visit(visited)
            fine = named(found, State.OK) >= {"service.running", "service.public", "erp.seats"}
            return fine and blamed(found) <= ALWAYS

        await eventually(well_beside, "doctor finds a running service well", within=90)


async def test_the_service_tells_its_troubles(visited: World) -> None:
    visited.more = merged(visited.more, {"acumatica": {"acme": {"password": "wrong"}}})
    async with listening(visited):

        async def told_by_service() -> bool:
            running = of(await visit(visited, Wish(only="service")), "service.running")
            return "credentials" in running[0].cause

        await eventually(told_by_service, "the service tells who keeps it out", within=90)


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[None]:
    """A running service, and settings that tell its port."""
    async with world.bot():
        port = int(world.witness.bot.rpartition(":")[2])
        world.more = merged(world.more, {"server": {"port": port}})
        yield


async def test_a_full_house_beside_a_service_is_no_failure(visited: World) -> None:
    async with visited.bot():
        await visited.witness.post(f"{visited.witness.erp}/_sandbox/licence", {"seats": 0})

        found = await visit(visited, Wish(only="erp"))

    assert named(found, State.FAILED) == set()
    assert [one.state for one in of(found, "erp.seats")] == [State.WARNING]


# --- what is asked for ----------------------------------------------------------------------


async def test_only_looks_at_what_is_asked_for_and_needed(visited: World) -> None:
    found = await visit(visited, Wish(only="erp.endpoint"))

    assert {one.check for one in found.findings} == {"erp.endpoint"}
    events = (await visited.witness.get(f"{visited.witness.teams}/_sandbox/history"))["events"]
    assert [event for event in events if event["kind"] == "request"] == []


async def test_a_test_card_is_posted_edited_and_taken_away(visited: World) -> None:
    found = await visit(visited, Wish(post="payments", only="channels.test-card"))

    assert [one.state for one in found.findings] == [State.OK]
    events = (await visited.witness.get(f"{visited.witness.teams}/_sandbox/history"))["events"]
    methods = [event["method"] for event in events if event["kind"] == "request"]
    assert [method for method in methods if method in ("PUT", "DELETE")] == ["PUT", "DELETE"]
    assert await visited.witness.messages() == []


async def test_a_test_card_that_is_refused_says_why(visited: World) -> None:
    body = {"conversation": "19:payments@thread.tacv2", "how": "blocked"}
    await visited.witness.post(f"{visited.witness.teams}/_sandbox/reach", body)

    found = await visit(visited, Wish(post="payments", only="channels.test-card"))

    assert [(one.state, one.who) for one in found.findings] == [(State.FAILED, Who.TEAMS)]
    assert "not posted" in found.findings[0].cause


async def test_a_channel_nobody_bound_takes_no_test_card(visited: World) -> None:
    found = await visit(visited, Wish(post="nowhere", only="channels.test-card"))

    (told,) = found.findings
    assert "bound are: ap-approvals, payments" in told.cause
    assert told.step.startswith("name one of these, or bind it")
    assert (told.who, told.place) == (Who.OPERATOR, "--post")


async def test_push_waits_for_one_and_says_what_came(visited: World) -> None:
    async with visited.bot():
        await visited.witness.connect_push()
        waiting = asyncio.create_task(visit(visited, Wish(push=True, only="push.waited")))
        while not waiting.done():
            await visited.witness.bill_on_hold()
            await asyncio.wait({waiting}, timeout=0.2)

        found = waiting.result()

    assert [one.state for one in found.findings] == [State.OK]
    assert "CountersignBills" in found.findings[0].seen


async def test_no_push_within_five_minutes_fails(visited: World) -> None:
    ports = replace(system_ports(), clock=Hasty())
    async with visited.bot():
        found = await visit(visited, Wish(push=True, only="push.waited"), ports=ports)

    assert [one.state for one in found.findings] == [State.FAILED]
    assert "SM502000" in found.findings[0].step


class Hasty(SystemClock):
    """A clock on which every wait is over at once."""

    def __init__(self) -> None:
        super().__init__()
        self.slept = 0.0

    def reading(self) -> Any:
        return replace(super().reading(), seconds=super().reading().seconds + self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds * 20
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("header", "tenant", "reason", "place"),
    [
        ("another-secret-of-32-characters!", "", "wrong secret", "SM302000"),
        (PUSH_SECRET, "Elsewhere", "wrong tenant", "company acme: tenant"),
    ],
)
async def test_pushes_the_door_refused_are_told_by_their_reason(
    visited: World, header: str, tenant: str, reason: str, place: str
) -> None:
    port = int(visited.witness.bot.rpartition(":")[2])
    async with visited.bot():
        visited.more = merged(visited.more, {"server": {"port": port}})
        url = f"{visited.witness.bot}/api/acumatica/push/acme"
        to = {"url": url, "header": "X-Countersign-Secret", "value": header}
        await visited.witness.push(on=True, destination=to, company_id=tenant)
        await visited.witness.bill_on_hold()

        async def refused() -> bool:
            found = await visit(visited, Wish(only="push.refused"))
            return [one.state for one in found.findings] == [State.WARNING]

        await eventually(refused, "doctor tells that pushes are refused")
        (told_of,) = (await visit(visited, Wish(only="push.refused"))).findings

    assert told_of.subject == reason
    assert place in told_of.place


async def test_a_company_nobody_knows_is_refused_before_anything_is_asked(visited: World) -> None:
    with pytest.raises(SettingsError, match="no company 'nobody'; there are: acme"):
        await visit(visited, Wish(company="nobody"))


# --- clocks and time ------------------------------------------------------------------------


class Fast(SystemClock):
    """A clock that is wrong."""

    def now(self) -> datetime:
        return super().now() + timedelta(minutes=20)


async def test_our_own_clock_is_blamed_where_the_others_agree(visited: World) -> None:
    found = await visit(visited, ports=replace(system_ports(), clock=Fast()))

    (own,) = of(found, "clock.own")
    assert own.state is State.FAILED
    assert "20 min ahead of" in own.cause
    assert named(found, State.WARNING, State.FAILED) & {"clock.peer"} == set()


async def test_a_backup_is_remembered_for_a_week(visited: World) -> None:
    now = datetime.now(UTC)
    make_backup(visited.data / "countersign.db", visited.data / "copy.db", lambda *_: None, now=now)
    assert [one.state for one in of(await visit(visited), "store.backup")] == [State.OK]

    later = replace(system_ports(), clock=NextMonth())
    found = await visit(visited, Wish(only="store"), ports=later)
    assert [one.state for one in of(found, "store.backup")] == [State.WARNING]


class NextMonth(SystemClock):
    """A clock a month from now."""

    def now(self) -> datetime:
        return super().now() + timedelta(days=30)


# --- what it tells --------------------------------------------------------------------------


async def test_no_secret_is_told_whoever_quotes_it(visited: World) -> None:
    fault = f"px_error:Cannot sign in with {CANARY}"
    await visited.witness.erp_fault(fault, 50, path="/PurchaseOrder")
    await visited.witness.erp_fault(fault, 50, path="/Vendor")
    secrets = {"teams": {"client_secret": f"{CANARY}-bot"}}
    visited.more = merged(visited.more, secrets)
    await visited.witness.post(
        f"{visited.witness.erp}/_sandbox/faults",
        {"on": {"path": "/Bill"}, "fault": f"px_error:{CANARY}-bot", "times": 50},
    )
    visited.more = merged(visited.more, {"acumatica": {"acme": {"push_secret": CANARY}}})
    visited.canaries.armed.add("the history of Acumatica")  # which quotes what was armed above

    found = await visit(visited)

    everything = told(found)
    assert "•••" in everything
    assert CANARY not in everything


async def test_mistakes_in_the_settings_are_all_told_and_nothing_else_is_guessed(
    world: World,
) -> None:
    world.more = {"teams": {"client_secret": "", "app_id": ""}}

    found = await visit(world)

    safe = of(found, "settings.safe")
    assert [one.place for one in safe] == ["TEAMS__APP_ID", "TEAMS__CLIENT_SECRET"]
    assert {one.who for one in safe} == {Who.OPERATOR}
    assert named(found, State.OK) == set()


def test_every_check_is_looked_at_somewhere() -> None:
    source = "\n".join(
        path.read_text("utf-8") for path in (ROOT / "bot" / "examining").glob("*.py")
    )
    from bot.examining import catalogue

    names = {name for name, value in vars(catalogue).items() if value in CHECKS.values()}
    unused = [name for name in names if f"catalogue.{name}" not in source]
    assert unused == []


# --- the command ----------------------------------------------------------------------------


async def test_the_command_tells_json_and_exits_by_what_blocks(visited: World) -> None:
    code, out, err = await doctor(visited, "--json")
    report = json.loads(out)
    assert (code, report["blocked"], report["shape"]) == (0, False, 1)
    assert report["counts"]["failed"] == 0
    assert err == ""

    await visited.witness.post(
        f"{visited.witness.erp}/_sandbox/habits", {"closed_screens": ["AP301000"]}
    )
    code, out, _ = await doctor(visited, "--json")
    (failed,) = [one for one in json.loads(out)["findings"] if one["state"] == "failed"]
    assert code == 1
    assert (failed["check"], failed["who"]) == ("erp.rights", "Acumatica administrator")
    assert "AP301000" in failed["place"]


async def test_the_command_groups_by_who_mends_it_without_colour_in_a_pipe(
    visited: World,
) -> None:
    visited.more = merged(
        visited.more,
        {"teams": {"login_url": f"http://127.0.0.1:{free_port()}"}},
    )
    code, out, _ = await doctor(visited)

    assert code == 1
    assert "\x1b" not in out
    assert out.index("Operator") < out.index("✗ network.entra")
    assert "1 failed" in out
    assert "Traceback" not in out


async def test_a_check_nobody_knows_is_refused(visited: World) -> None:
    code, _, err = await doctor(visited, "--only", "nonsense")

    assert code == 2
    assert "erp.sign-in" in err


async def test_new_stand_ins_lack_what_the_store_subscribed(visited: World) -> None:
    assert blamed(await visit(visited)) >= NEW_STAND_IN
