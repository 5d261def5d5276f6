"""A report as a person reads it in a terminal: grouped by who mends it, what blocks first."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from bot.examining.catalogue import CHECKS
from bot.examining.findings import Finding, Report, State, Who
from cards.text import clean

MARKS = {State.OK: "✓", State.WARNING: "!", State.FAILED: "✗", State.UNKNOWN: "?"}
STYLES = {State.OK: "green", State.WARNING: "yellow", State.FAILED: "bold red", State.UNKNOWN: ""}
LONGEST = 1200


def drawn(report: Report, *, everything: bool = False) -> RenderableType:
    """Return the report; *everything*: what is well line by line, not as a number."""
    return Group(*_parts(report, everything))


def _parts(report: Report, everything: bool) -> Iterator[RenderableType]:
    for who in Who:
        mine = report.to_mend(who)
        if mine:
            yield Text(f"\n{who[0].upper()}{who[1:]}", style="bold")
        for finding in mine:
            yield from _wrong(finding)
    yield from _others(report, State.UNKNOWN, "Not known")
    if everything:
        yield from _others(report, State.OK, "Well")
    yield Text(f"\n{_counted(report)}", style="bold")


def _wrong(finding: Finding) -> Iterator[RenderableType]:
    yield Text(
        f"{MARKS[finding.state]} {_named(finding)}: {_line(finding.cause)}",
        style=STYLES[finding.state],
    )
    for word, told in (
        ("where", finding.place), ("next", finding.step), ("until then", finding.lost),
    ):  # fmt: skip
        if told:
            yield Text(f"    {word}: {_line(told)}")


def _others(report: Report, state: State, title: str) -> Iterator[RenderableType]:
    found = report.of(state)
    if found:
        yield Text(f"\n{title}", style="bold")
    for finding in found:
        told = finding.cause or finding.seen or CHECKS[finding.check].asks
        step = f"; next: {finding.step}" if finding.step else ""
        line = f"{MARKS[state]} {_named(finding)}: {_line(told + step)}"
        yield Text(line, style=STYLES[state])


def _named(finding: Finding) -> str:
    told = " ".join(part for part in (finding.company, finding.subject) if part)
    return f"{finding.check} ({clean(told)})" if told else finding.check


def _line(text: str) -> str:
    """Return *text* as one line a terminal does nothing with."""
    return clean(text, LONGEST)


def _counted(report: Report) -> str:
    counted = {state: len(report.of(state)) for state in State}
    told = ", ".join(f"{number} {state}" for state, number in counted.items())
    end = "something blocks the loop" if report.blocked else "nothing blocks the loop"
    return f"{told}: {end}"
