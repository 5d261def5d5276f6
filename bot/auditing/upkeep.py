"""What goes on for the audit trail while the service runs: anchors, and what is kept how long."""

from __future__ import annotations

from collections.abc import Sequence

from bot.attempt import Runner
from bot.auditing.anchors import Anchoring, anchor_file
from bot.auditing.erasing import Retention
from bot.auditing.keys import weaknesses
from bot.clock import Bell, Ports
from bot.company_file import File
from bot.settings import Settings
from storage.chain import Chain
from storage.database import Database


class Upkeep:
    """Puts it together from the settings."""

    def __init__(
        self, settings: Settings, file: File, store: Database, ports: Ports, chain: Chain
    ) -> None:
        self._weak = weaknesses(settings)
        self._clock = ports.clock
        self._retention = Retention(store, chain, ports, days=settings.audit.keep_details)
        channel = (file.audit_channel, file.company[0].language)
        self._anchoring = Anchoring(
            store, anchor_file(settings), ports,
            channel=channel, reachable=settings.teams.reachable,
        )  # fmt: skip

    def runners(self, outbox: Bell) -> Sequence[tuple[str, Runner, Bell]]:
        """List what has to be kept going: its name, the runner, and the bell that wakes it."""
        self._anchoring.outbox = outbox
        return (
            ("audit anchors", self._anchoring, Bell(self._clock)),
            ("audit retention", self._retention, Bell(self._clock)),
        )

    async def hints(self) -> list[str]:
        """Tell an operator what is weak about the trail."""
        return [*self._weak, *self._anchoring.troubles()]
