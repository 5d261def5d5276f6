"""What `/metrics` tells, as rows: name, kind, meaning, and where its numbers come from.

Nothing is kept between two scrapes: the numbers are read where they stand (docs/metrics.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from acumatica_client.usage import Usage
from bot.board import Board
from storage.counts import Count
from storage.records import Progress


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything the numbers are read from, as of one moment."""

    now: datetime
    boards: Mapping[str, Board]
    usages: Mapping[str, Usage]
    counts: Sequence[Count]
    progress: Sequence[Progress]


Sample = tuple[tuple[str, ...], float]
Read = Callable[[Sources], Iterable[Sample]]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; every sample is labelled with its company first."""

    name: str
    told: str
    read: Read
    labels: tuple[str, ...] = ()
    counter: bool = True

    def family(self, sources: Sources) -> Family:
        """Return the metric with its samples, in the shape Prometheus wants."""
        make = CounterMetricFamily if self.counter else GaugeMetricFamily
        family = make(f"countersign_{self.name}", self.told, labels=("company", *self.labels))
        for labels, value in self.read(sources):
            family.add_metric(labels, value)
        return family


def _usage(value: Callable[[Usage], float]) -> Read:
    return lambda sources: (((name,), value(own)) for name, own in sources.usages.items())


def _requests(sources: Sources) -> Iterator[Sample]:
    for company, usage in sources.usages.items():
        yield from (((company, str(kind)), number) for kind, number in usage.requests.items())


def _board(what: str) -> Read:
    def read(sources: Sources) -> Iterator[Sample]:
        for company, board in sources.boards.items():
            for (counted, kind), number in board.counts.items():
                if counted == what:
                    yield (company, kind), number

    return read


def _rows(what: str) -> Read:
    return lambda sources: (
        ((row.company, row.state), row.number) for row in sources.counts if row.what == what
    )


def _poll_age(sources: Sources) -> Iterator[Sample]:
    for company, board in sources.boards.items():
        if board.polled_at is not None:
            yield (company,), (sources.now - board.polled_at).total_seconds()


def _poll_every(sources: Sources) -> Iterator[Sample]:
    for company, board in sources.boards.items():
        yield (company,), board.poll_every.total_seconds()


def _troubles(sources: Sources) -> Iterator[Sample]:
    return (((company,), len(board.troubles)) for company, board in sources.boards.items())


def _progress(value: Callable[[Progress], float]) -> Read:
    return lambda sources: (
        ((row.company, row.what, row.entity), value(row)) for row in sources.progress
    )


METRICS = (
    Metric("erp_requests", "Requests to Acumatica.", _requests, ("kind",)),
    Metric("erp_sessions_opened", "Sign-ins.", _usage(lambda usage: usage.sessions_opened)),
    Metric(
        "erp_sessions_open", "Sessions open now: seats of the licence in use.",
        _usage(lambda usage: usage.sessions_open), counter=False,
    ),
    Metric(
        "erp_budget_waits", "Requests that waited for their share of the minute.",
        _usage(lambda usage: usage.waits),
    ),
    Metric(
        "erp_budget_wait_seconds", "How long those waited, together.",
        _usage(lambda usage: usage.waited),
    ),
    Metric(
        "erp_limit_refusals", "Answers that were the login limit or a 429, in whatever face.",
        _usage(lambda usage: usage.refused_by_limit),
    ),
    Metric("polls", "Polls of all entities, by how they ended.", _board("polls"), ("outcome",)),
    Metric("poll_age_seconds", "Since the last poll that went well.", _poll_age, counter=False),
    Metric("poll_interval_seconds", "How often is polled now.", _poll_every, counter=False),
    Metric("pushes", "Pushes accepted; a repeated one changed nothing.", _board("push"), ("kind",)),
    Metric("pushes_refused", "Pushes refused at the door.", _board("push refused"), ("reason",)),
    Metric("inbox", "Pushes not read yet, or parked.", _rows("inbox"), ("state",), counter=False),
    Metric("hints", "Documents to look at, or parked.", _rows("hints"), ("state",), counter=False),
    Metric("looks", "Looks at documents, by how they ended.", _board("looks"), ("outcome",)),
    Metric(
        "reconciliations", "Comparisons with Acumatica: sweep, night, request.",
        _board("reconciliations"), ("occasion",),
    ),
    Metric("differences", "Differences they found.", _board("differences"), ("kind",)),
    Metric(
        "sync_rows", "Rows read by a long read so far.", _progress(lambda row: row.rows),
        ("what", "entity"), counter=False,
    ),
    Metric(
        "sync_running", "Whether a long read is running: 1 or 0.",
        _progress(lambda row: row.finished_at is None), ("what", "entity"), counter=False,
    ),
    Metric("outbox", "Messages to Teams.", _rows("outbox"), ("state",), counter=False),
    Metric("feed", "Lines for activity feeds, by how it went.", _board("feed"), ("outcome",)),
    Metric("erp_notes", "Notes on documents.", _rows("erp_notes"), ("state",), counter=False),
    Metric("decisions", "Questions put to people.", _rows("decisions"), ("state",), counter=False),
    Metric(
        "troubles", "What is wrong now and shown by /health/ready.", _troubles, counter=False,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Scrape(Collector):
    """One scrape: every metric from the same moment."""

    sources: Sources

    def collect(self) -> Iterator[Family]:
        return (metric.family(self.sources) for metric in METRICS)


def exposition(sources: Sources) -> bytes:
    """Return every metric in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Scrape(sources))
    return generate_latest(registry)
