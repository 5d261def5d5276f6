"""Spans for OpenTelemetry, where the extra `otel` is installed and somebody takes them.

All spans of one correlation id are one trace, although hours and restarts may lie between them: the
trace's id is made from it. They tell what log lines tell, and no exception's words.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from bot.checked import SettingsError
from bot.tracing import set_spans

LACKING = (
    "TRACES__URL: spans need the extra otel; install it (uv sync --extra otel), or leave it empty"
)


@asynccontextmanager
async def spans_to(url: str, exporter: Any = None) -> AsyncIterator[None]:
    """Send spans to *url* until the block ends; nothing is sent where it is empty.

    *exporter* takes them instead, in tests. Raises SettingsError when the extra is not installed.
    """
    if not url:
        yield
        return
    provider = _provider(url, exporter)
    set_spans(_Opened(provider.get_tracer("countersign")).span)
    try:
        yield
    finally:
        set_spans(None)
        await asyncio.to_thread(provider.shutdown)  # sends what is left


def _provider(url: str, exporter: Any) -> Any:
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        if exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter(endpoint=url)
    except ImportError as error:
        raise SettingsError([LACKING]) from error
    provider = TracerProvider(
        resource=Resource({"service.name": "countersign"}), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


class _Opened:
    """Opens spans with one tracer."""

    def __init__(self, tracer: Any) -> None:
        self._tracer = tracer

    @contextmanager
    def span(self, name: str, told: Mapping[str, str]) -> Iterator[None]:
        """Open a span, in the trace of its correlation id where it has one."""
        from opentelemetry.trace import StatusCode

        with self._tracer.start_as_current_span(
            name,
            context=_context(told.get("correlation", "")),
            attributes={f"countersign.{field}": value for field, value in told.items()},
            record_exception=False,  # its words may tell what no line may
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except BaseException:
                span.set_status(StatusCode.ERROR)
                raise


def _context(correlation: str) -> Any:
    """Return the context a span begins in: None for the one that is open now."""
    from opentelemetry import trace

    if not correlation:
        return None
    digest = hashlib.sha256(correlation.encode()).digest()
    own = int.from_bytes(digest[:16], "big")
    if trace.get_current_span().get_span_context().trace_id == own:
        return None
    parent = trace.SpanContext(
        own, int.from_bytes(digest[16:24], "big"), is_remote=True,
        trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
    )  # fmt: skip
    return trace.set_span_in_context(trace.NonRecordingSpan(parent))
