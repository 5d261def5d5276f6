"""What an operator is told: every number documented and true, and told to nobody else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families
from sync_world import NAME, SyncWorld, sync_world

from bot.health import Health
from bot.metrics import METRICS
from bot.watch import Watch
from storage import documents, inbox

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-for-whoever-scrapes"
Numbers = dict[tuple[str, ...], float]


@dataclass
class Operator:
    """Reads the doors of an operator over HTTP."""

    erp: SyncWorld
    http: TestClient[Any, Any]

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        shown = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.get(path, headers=shown) as answer:
            return answer.status, await answer.text()

    async def numbers(self, name: str) -> Numbers:
        """The samples of one metric, by their labels but the company."""
        status, text = await self.get("/metrics")
        assert status == 200
        return {
            tuple(value for label, value in sample.labels.items() if label != "company"):
            sample.value
            for family in text_string_to_metric_families(text)
            if family.name == f"countersign_{name}"
            for sample in family.samples
            if sample.labels["company"] == NAME
        }  # fmt: skip

    async def health(self) -> Any:
        async with self.http.get("/health/ready") as answer:
            return (await answer.json())["companies"][NAME]


def app_of(erp: SyncWorld, token: str) -> web.Application:
    boards, usages = {NAME: erp.board}, {NAME: erp.tenant.erp.usage}
    health = Health(erp.store, erp.path, erp.clock, boards)
    watch = Watch(erp.store, erp.clock, boards, usages, health=health, token=lambda: token)
    app = web.Application()
    app.router.add_get("/metrics", watch.metrics)
    app.router.add_get("/health/ready", watch.ready)
    return app


@pytest.fixture
async def operator(tmp_path: Path) -> AsyncIterator[Operator]:
    async with (
        sync_world(tmp_path, requests_per_minute=0) as erp,
        TestClient(TestServer(app_of(erp, ""))) as http,
    ):
        yield Operator(erp, http)


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Operator]:
    async with sync_world(tmp_path) as erp, TestClient(TestServer(app_of(erp, TOKEN))) as http:
        yield Operator(erp, http)


# --- who may read ---


async def test_a_caller_on_this_machine_may_read(operator: Operator) -> None:
    status, text = await operator.get("/metrics")

    assert status == 200
    assert "# HELP countersign_polls_total" in text


@pytest.mark.parametrize("name", ["Forwarded", "X_Forwarded_For", "X_Real_IP", "Via"])
async def test_a_caller_behind_a_proxy_is_told_nothing(operator: Operator, name: str) -> None:
    metrics = await operator.get("/metrics", **{name: "192.0.2.1"})
    ready = await operator.get("/health/ready", **{name: "192.0.2.1"})

    assert metrics[0] == 404
    assert ready == (200, '{"ready": true}')


async def test_with_a_token_set_everybody_must_show_it(guarded: Operator) -> None:
    shown = ("", TOKEN, f"bearer {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ü")
    heard = [(await guarded.get("/metrics", Authorization=one))[0] for one in shown]

    assert heard == [404] * 6
    assert (await guarded.get("/metrics"))[0] == 404
    right = await guarded.get("/metrics", Authorization=f"Bearer {TOKEN}", X_Forwarded_For="x")
    assert right[0] == 200


# --- what is told ---


def test_every_metric_is_in_the_docs_and_nothing_else() -> None:
    told = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge) \| ([^|]*)\|", told, re.MULTILINE)

    assert [(name, kind, re.findall(r"`(\w+)`", labels)) for name, kind, labels in rows] == [
        (metric.name, "counter" if metric.counter else "gauge", [*metric.labels])
        for metric in METRICS
    ]


async def test_every_metric_is_told_even_when_there_is_nothing_to_count(
    operator: Operator,
) -> None:
    _, text = await operator.get("/metrics")

    families = {family.name for family in text_string_to_metric_families(text)}
    assert families == {f"countersign_{metric.name}" for metric in METRICS}


async def test_the_numbers_are_those_of_what_happened(operator: Operator) -> None:
    erp = operator.erp
    for _ in range(3):
        await erp.bill()
    await erp.settle()
    await erp.push(b"not even JSON")
    await erp.look_at_all()
    await erp.bill()
    await erp.reconciler.everything("request")
    erp.clock.advance(seconds=30)

    assert await operator.numbers("polls") == {("done",): 1}
    assert await operator.numbers("poll_age_seconds") == {(): 31}
    assert await operator.numbers("poll_interval_seconds") == {(): 60}
    assert await operator.numbers("looks") == {("done",): 3}
    assert await operator.numbers("inbox") == {("parked",): 1}
    assert await operator.numbers("hints") == {("pending",): 1}
    assert await operator.numbers("differences") == {("unknown here",): 1}
    assert await operator.numbers("reconciliations") == {("request",): 1}
    assert await operator.numbers("decisions") == {("pending",): 3}
    assert (await operator.numbers("outbox"))["pending",] == 3
    assert (await operator.numbers("sync_rows"))["Bill", "first synchronisation"] == 3
    assert (await operator.numbers("sync_running"))["Bill", "reconciliation"] == 0


async def test_requests_are_counted_as_the_erp_counted_them(operator: Operator) -> None:
    erp = operator.erp
    await erp.bill()
    await erp.settle()

    counted = await operator.numbers("erp_requests")
    seen = [e for e in (await erp.door("GET", "history"))["events"] if e["kind"] == "request"]
    gets = [event for event in seen if event["method"] == "GET"]
    assert counted["sign-in",] == sum("auth/login" in event["path"] for event in seen) == 1
    assert counted["list",] + counted["read",] == len(gets)
    assert await operator.numbers("erp_sessions_open") == {(): 1}


# --- health ---


async def test_a_company_that_is_well_is_ready_without_a_word(operator: Operator) -> None:
    await operator.erp.settle()

    told = await operator.health()
    assert told.pop("last_poll") == operator.erp.clock.now().isoformat()
    assert told == {"ready": True, "reasons": [], "warnings": []}


async def test_a_company_in_trouble_says_why_and_the_service_stays_ready(
    tmp_path: Path,
) -> None:
    async with (
        sync_world(tmp_path, version="21.200.001") as erp,
        TestClient(TestServer(app_of(erp, ""))) as http,
    ):
        operator = Operator(erp, http)
        await erp.poll(after=0)

        told = await operator.health()
        status, text = await operator.get("/health/ready")

    assert told["ready"] is False
    assert "Default/21.200.001" in told["reasons"][0]
    assert "24.200.001" in told["reasons"][0]
    assert status == 200
    assert '"ready": true' in text


async def test_what_is_parked_is_a_warning_with_its_number(operator: Operator) -> None:
    erp = operator.erp
    for identity in "ab":
        await erp.push(b"{}", identity=identity)
    await erp.look_at_all()
    await erp.bill()
    await erp.poll()
    async with erp.store.transaction() as conn:
        (hint,) = await inbox.due_hints(conn, NAME, erp.clock.now(), limit=9)
        await inbox.postpone_hint(conn, hint, due=erp.clock.now(), note="odd", park=True)

    assert sorted((await operator.health())["warnings"]) == [
        "1 documents could not be looked at", "2 pushes are parked",
    ]  # fmt: skip
    async with erp.store.reading() as conn:
        assert await documents.seen(conn, NAME, []) == {}


async def test_the_age_of_the_oldest_is_told_by_where_it_stands(operator: Operator) -> None:
    erp = operator.erp
    await erp.push(b"not even JSON")
    await erp.look_at_all()
    erp.clock.advance(seconds=90)

    assert (await operator.numbers("oldest_seconds"))["parked",] == 90


async def test_a_part_that_is_not_well_is_told_as_a_number(operator: Operator) -> None:
    assert (await operator.numbers("part_well"))["acumatica",] == 1

    operator.erp.board.trouble("Acumatica", "it does not answer")

    assert (await operator.numbers("part_well"))["acumatica",] == 0
