"""Looks at one thing after the other, goes on after any failure, and says what it cannot know.

What needs something that failed is not looked at: it would be blamed for what is not its fault.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from acumatica_client.errors import ErpError
from acumatica_client.transport import TransportError
from bot.attempt import attempt
from bot.core.graph import GraphError
from bot.examining.catalogue import CHECKS
from bot.examining.findings import Check, Finding, Report, State
from bot.sending.teams import ConnectorRefused
from bot.tokens import TokenRefused
from storage.database import StoreError
from storage.records import Done, Outcome

TOLD = (ErpError, TransportError, GraphError, ConnectorRefused, TokenRefused, StoreError, OSError)
"""What a look may end in: its sentence says why nothing is known."""
STUMBLED = "doctor itself stumbled over this; its log has the trace, please report it"

Show = Callable[[int, int, str], None]
"""Is told how many looks are done, how many there are, and what comes next."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One look: what it can tell about, in which company, and how."""

    checks: tuple[Check, ...]
    look: Callable[[], AsyncIterator[Finding]]
    company: str = ""

    @property
    def needs(self) -> frozenset[str]:
        """What must be known to be well before it can tell anything."""
        own = {check.id for check in self.checks}
        return frozenset(need for check in self.checks for need in check.needs) - own


@dataclass(slots=True)
class Examination:
    """Runs probes in their order and keeps what they found."""

    findings: list[Finding] = field(default_factory=list)

    async def run(self, probes: Sequence[Probe], show: Show) -> Report:
        """Look at everything, and report."""
        for done, probe in enumerate(probes):
            show(done, len(probes), _told(probe))
            await self._look(probe)
        show(len(probes), len(probes), "")
        return Report(tuple(self.findings))

    async def _look(self, probe: Probe) -> None:
        blocked, before = self._blocked(probe), len(self.findings)
        reason = f"because of {blocked}" if blocked else await self._look_at(probe)
        reason = reason or self._because(self.findings[before:])
        for check in probe.checks:
            if not self._is_told(check.id, probe.company):
                self.findings.append(check.unknown(reason, company=probe.company))

    async def _look_at(self, probe: Probe) -> str:
        """Look; return why nothing more could be seen, empty when the look came to its end."""
        reason = STUMBLED

        async def look() -> Outcome:
            nonlocal reason
            try:
                async for finding in probe.look():
                    self._add(finding, probe.company)
            except TOLD as error:
                reason = str(error)
            else:
                reason = ""
            return Done()

        await attempt(look, what=_told(probe))
        return reason

    def _add(self, finding: Finding, company: str) -> None:
        """Keep a finding; what was found out first about one thing stands."""
        same = (finding.check, finding.company or company, finding.subject)
        if same not in {(one.check, one.company, one.subject) for one in self.findings}:
            self.findings.append(_of(finding, company))

    def _blocked(self, probe: Probe) -> str:
        """Name the first finding that keeps a probe from knowing anything."""
        for one in self.findings:
            here = not probe.company or one.company in ("", probe.company)
            stuck = one.state in (State.FAILED, State.UNKNOWN)
            if stuck and here and one.check in probe.needs:
                return one.check
        return ""

    def _because(self, found: Sequence[Finding]) -> str:
        """Say which finding of its own kept a look from telling the rest."""
        wrong = [one.check for one in found if one.state is not State.OK]
        return f"because of {wrong[-1]}" if wrong else "nothing was told of it"

    def _is_told(self, check: str, company: str) -> bool:
        return any(one.check == check and one.company == company for one in self.findings)


def chosen(probes: Sequence[Probe], only: str) -> list[Probe]:
    """Return the probes that tell of *only*, a check or a subject, and those they need."""
    wanted = {name for name in CHECKS if matches(name, only)}
    while True:
        found = [one for one in probes if any(check.id in wanted for check in one.checks)]
        more = {need for one in found for need in one.needs} - wanted
        if not more:
            return found
        wanted |= more


def matches(check: str, only: str) -> bool:
    """Say whether *check* is what was asked for, itself or by its subject."""
    return check == only or check.startswith(f"{only}.")


def _told(probe: Probe) -> str:
    return f"{probe.company} {probe.checks[0].id}".strip()


def _of(finding: Finding, company: str) -> Finding:
    return finding if finding.company or not company else replace(finding, company=company)
