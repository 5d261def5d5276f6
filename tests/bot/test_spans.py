"""Spans for OpenTelemetry: one trace for one correlation id, no words of errors, off by default."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.checked import SettingsError
from bot.spans import spans_to
from bot.tracing import about

memory = pytest.importorskip(
    "opentelemetry.sdk.trace.export.in_memory_span_exporter",
    reason="OpenTelemetry's SDK is not installed: uv sync --extra otel",
)
URL = "http://127.0.0.1:4318/v1/traces"


def trace_of(correlation: str) -> int:
    return int(hashlib.sha256(correlation.encode()).hexdigest()[:32], 16)


async def test_spans_of_one_id_are_one_trace_whenever_they_come() -> None:
    taken = memory.InMemorySpanExporter()

    async with spans_to(URL, taken):
        with about("push", "one", company="acme"):
            await asyncio.sleep(0)
        with about("look", "two"):
            pass
    async with spans_to(URL, later := memory.InMemorySpanExporter()):  # after a restart
        with about("send", "one"):
            pass

    found = {span.name: span for span in (*taken.get_finished_spans(), *later.get_finished_spans())}
    assert found["push"].context.trace_id == found["send"].context.trace_id == trace_of("one")
    assert found["look"].context.trace_id == trace_of("two")
    assert found["push"].attributes["countersign.correlation"] == "one"
    assert found["push"].attributes["countersign.company"] == "acme"


async def test_a_span_within_another_is_its_child() -> None:
    taken = memory.InMemorySpanExporter()

    async with spans_to(URL, taken):
        with about("act", "one"), about("call", "one"):
            pass

    call, act = taken.get_finished_spans()
    assert (call.name, act.name) == ("call", "act")
    assert call.parent.span_id == act.context.span_id


async def test_two_at_once_do_not_mix() -> None:
    taken, met = memory.InMemorySpanExporter(), asyncio.Barrier(2)

    async def work(one: str) -> None:
        with about("look", one):
            await met.wait()
            with about("call", one):
                await met.wait()

    async with spans_to(URL, taken):
        await asyncio.gather(work("one"), work("two"))

    spans = taken.get_finished_spans()
    assert len(spans) == 4
    for span in spans:
        assert span.context.trace_id == trace_of(span.attributes["countersign.correlation"])


async def test_a_failed_span_tells_that_it_failed_and_not_why() -> None:
    taken = memory.InMemorySpanExporter()

    async def work() -> None:
        with about("act", "one"):
            raise ValueError("the password is swordfish")

    async with spans_to(URL, taken):
        with pytest.raises(ValueError, match="swordfish"):
            await work()

    (span,) = taken.get_finished_spans()
    assert span.status.status_code.name == "ERROR"
    assert "swordfish" not in span.to_json()
    assert span.events == ()


async def test_without_an_address_nothing_is_opened() -> None:
    taken = memory.InMemorySpanExporter()

    async with spans_to("", taken):
        with about("act", "one"):
            pass

    assert taken.get_finished_spans() == ()


async def test_after_the_end_nothing_more_is_sent() -> None:
    taken = memory.InMemorySpanExporter()
    async with spans_to(URL, taken):
        pass

    with about("act", "one"):
        pass

    assert taken.get_finished_spans() == ()


async def test_an_address_without_the_extra_is_refused_with_the_fix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    with pytest.raises(SettingsError, match="--extra otel"):
        async with spans_to(URL):
            pass


async def test_spans_leave_over_http(aiohttp_server: Any) -> None:
    pytest.importorskip(
        "opentelemetry.exporter.otlp.proto.http",
        reason="the extra is not installed: uv sync --extra otel",
    )
    came: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        came.append(await request.read())
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    server: TestServer = await aiohttp_server(app)

    async with spans_to(str(server.make_url("/v1/traces"))):
        with about("look", "one", document="Bill/Bill/000001"):
            pass

    assert any(b"Bill/Bill/000001" in body for body in came)
