"""The runner of doctor goes on after any failure, and says what it cannot know."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from acumatica_client.errors import ErpUnavailable
from bot.examining import catalogue
from bot.examining.findings import Check, Finding, Report, State
from bot.examining.runner import STUMBLED, Examination, Probe, chosen

FIRST, SECOND, THIRD = catalogue.TO_ERP, catalogue.SITE, catalogue.SIGN_IN


def saying(*findings: Finding, then: Exception | None = None) -> Probe:
    """A probe that tells these of what they are about, and may end in an error."""
    checks = {one.check: catalogue.CHECKS[one.check] for one in findings}
    return Probe(tuple(checks.values()), look(findings, then))


def look(findings: Sequence[Finding], then: Exception | None = None):  # type: ignore[no-untyped-def]  # a probe's own
    async def told() -> AsyncIterator[Finding]:
        for one in findings:
            yield one
        if then:
            raise then

    return told


async def run(*probes: Probe) -> Report:
    return await Examination().run(probes, lambda *_: None)


def states(found: Report) -> list[tuple[str, str, State]]:
    return [(one.check, one.company, one.state) for one in found.findings]


def of(check: Check, company: str, findings: Sequence[Finding]) -> Probe:
    return Probe((check,), look(findings), company)


async def test_what_needs_something_that_failed_is_not_looked_at() -> None:
    looked = []

    async def never() -> AsyncIterator[Finding]:
        looked.append(1)
        yield SECOND.ok("there")

    found = await run(saying(FIRST.failed("no", "mend it")), Probe((SECOND,), never))

    assert looked == []
    assert found.findings[-1].state is State.UNKNOWN
    assert found.findings[-1].cause == f"because of {FIRST.id}"


async def test_what_is_not_known_keeps_what_needs_it_from_being_known() -> None:
    third = replace(THIRD, needs=(SECOND.id,))

    found = await run(
        saying(FIRST.failed("no", "mend it")),
        of(SECOND, "", [SECOND.ok("there")]),
        of(third, "", [THIRD.ok("in")]),
    )

    assert [state for _, _, state in states(found)] == [State.FAILED, *[State.UNKNOWN] * 2]
    assert found.findings[-1].cause == f"because of {SECOND.id}"


async def test_one_companys_failure_is_no_other_companys() -> None:
    found = await run(
        of(FIRST, "acme", [FIRST.failed("no", "mend it")]),
        of(FIRST, "west", [FIRST.ok("there")]),
        of(SECOND, "acme", [SECOND.ok("there")]),
        of(SECOND, "west", [SECOND.ok("there")]),
    )

    assert states(found)[2:] == [
        (SECOND.id, "acme", State.UNKNOWN),
        (SECOND.id, "west", State.OK),
    ]


async def test_a_crash_is_told_and_the_walk_goes_on(caplog: object) -> None:
    found = await run(
        Probe((FIRST,), look([], ValueError("secret details"))), saying(SECOND.ok("there"))
    )

    assert found.findings[0].cause == STUMBLED
    assert "secret" not in found.findings[0].cause


async def test_an_error_with_words_is_told_by_its_words() -> None:
    found = await run(Probe((FIRST,), look([], ErpUnavailable("nobody answered"))))

    assert [(one.state, one.cause) for one in found.findings] == [
        (State.UNKNOWN, "nobody answered")
    ]


async def test_what_a_probe_told_before_it_broke_stands() -> None:
    probe = Probe((FIRST, SECOND), look([FIRST.ok("there")], ErpUnavailable("gone")))

    found = await run(probe)

    assert states(found) == [(FIRST.id, "", State.OK), (SECOND.id, "", State.UNKNOWN)]


async def test_what_was_found_first_about_one_thing_stands() -> None:
    found = await run(saying(FIRST.failed("no", "mend it")), saying(FIRST.ok("there")))

    assert states(found) == [(FIRST.id, "", State.FAILED)]


def test_what_is_chosen_brings_what_it_needs() -> None:
    probes = [of(one, "", []) for one in (FIRST, SECOND, THIRD, catalogue.SPACE)]

    assert chosen(probes, THIRD.id) == probes[:3]
    assert chosen(probes, "store") == probes[3:]


def test_nothing_needs_what_is_not_there_or_itself() -> None:
    for check in catalogue.CHECKS.values():
        assert set(check.needs) <= set(catalogue.CHECKS) - {check.id}
