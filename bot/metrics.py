"""What `/metrics` tells, as rows: name, kind, meaning, and where its numbers come from.

Nothing is kept between two scrapes: the numbers are read where they stand (docs/metrics.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from acumatica_client.usage import Usage
from bot.board import Board
from bot.core.expiries import Expiry
from bot.health import Part
from bot.sending.canary import Rounds
from storage.counts import Count, Oldest
from storage.records import Progress


@dataclass(frozen=True, slots=True)
class Licence:
    """What a company's settings let us use of its Acumatica licence."""

    seats: int
    requests_per_minute: int


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything the numbers are read from, as of one moment."""

    now: datetime
    boards: Mapping[str, Board]
    usages: Mapping[str, Usage]
    counts: Sequence[Count]
    progress: Sequence[Progress]
    oldest: Sequence[Oldest] = ()
    parts: Sequence[Part] = ()
    licences: Mapping[str, Licence] = field(default_factory=dict)
    expiries: Sequence[Expiry] = ()
    rounds: Rounds = field(default_factory=Rounds)


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


def _licence(value: Callable[[Licence], float]) -> Read:
    return lambda sources: (((name,), value(own)) for name, own in sources.licences.items())


def _oldest(sources: Sources) -> Iterator[Sample]:
    for row in sources.oldest:
        # What is due later is not old yet.
        yield (row.company, row.state), max(0.0, (sources.now - row.since).total_seconds())


def _parts(sources: Sources) -> Iterator[Sample]:
    wells: dict[tuple[str, str], bool] = {}
    for part in sources.parts:
        key = part.company, part.kind
        wells[key] = wells.get(key, True) and not part.reason
    return (((*key,), float(well)) for key, well in wells.items())


def _expiries(sources: Sources) -> Iterator[Sample]:
    """Tell what ends first of each kind: a label for each person would never end."""
    first: dict[tuple[str, str], float] = {}
    for one in sources.expiries:
        key, left = (one.company, str(one.kind)), one.days_left(sources.now)
        first[key] = min(first.get(key, left), left)
    return (((*key,), left) for key, left in first.items())


def _rounds(sources: Sources) -> Iterator[Sample]:
    return ((("", outcome), number) for outcome, number in sources.rounds.outcomes.items())


def _round_seconds(sources: Sources) -> Iterator[Sample]:
    return ((("", step), seconds) for step, seconds in sources.rounds.seconds.items())


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
    Metric(
        "erp_seats", "Seats of the licence that the settings leave us.",
        _licence(lambda one: one.seats), counter=False,
    ),
    Metric(
        "erp_requests_per_minute", "Requests a minute that the settings leave us; 0 is any number.",
        _licence(lambda one: one.requests_per_minute), counter=False,
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
    Metric("canary_rounds", "Test messages, by how they ended.", _rounds, ("outcome",)),
    Metric(
        "canary_failures", "Test messages that failed one after the other until now.",
        lambda sources: [(("",), sources.rounds.failures)], counter=False,
    ),
    Metric(
        "canary_seconds", "How long each step of the last test message took.",
        _round_seconds, ("step",), counter=False,
    ),
    Metric("feed", "Lines for activity feeds, by how it went.", _board("feed"), ("outcome",)),
    Metric("erp_notes", "Notes on documents.", _rows("erp_notes"), ("state",), counter=False),
    Metric("notices", "Replies to be read.", _rows("notices"), ("state",), counter=False),
    Metric(
        "oldest_seconds", "How long the oldest of what is not at its end has been there.",
        _oldest, ("state",), counter=False,
    ),
    Metric("decisions", "Questions put to people.", _rows("decisions"), ("state",), counter=False),
    Metric(
        "troubles", "What is wrong now and shown by /health/ready.", _troubles, counter=False,
    ),
    Metric("part_well", "Whether a part is well: 1 or 0.", _parts, ("part",), counter=False),
    Metric(
        "expiry_days", "Days until the first secret or sign-in of a kind ends.", _expiries,
        ("kind",), counter=False,
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
