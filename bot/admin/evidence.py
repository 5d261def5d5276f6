"""Checks the audit trail and takes evidence from it, in the background: both may take minutes.

One at a time. The trail is read by a connection of its own, so that nobody's press waits.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.attempt import attempt
from bot.auditing.export import Order, export
from bot.auditing.keys import open_chain
from bot.auditing.verify import Verified, verify
from bot.clock import Ports
from bot.settings import Settings
from storage.audit import Wanted
from storage.database import StoreError
from storage.records import Done, Outcome, Reject

SOON = 3.0
"""Seconds to wait for it to be done before the page says that it goes on."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Evidence that can be taken away."""

    file: Path
    about: str
    rows: int
    made: datetime
    by: str


class Evidence:
    """Does one thing at a time, and keeps what came of the last of each."""

    def __init__(self, settings: Callable[[], Settings], ports: Ports) -> None:
        self._settings = settings
        self._ports = ports
        self._task: asyncio.Task[None] | None = None
        self._folder: Path | None = None
        self.done, self.total = 0, 0
        self.checked: Verified | None = None
        self.checked_at: datetime | None = None
        self.pack: Pack | None = None
        self.trouble = ""
        """Why the last one failed; empty when it did not."""

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return self._task is not None and not self._task.done()

    async def begin(self, wanted: Wanted | None, *, by: str) -> bool:
        """Begin to check the trail, and to take *wanted* from it; False when it is busy."""
        if self.busy:
            return False
        self.done, self.total, self.trouble = 0, 0, ""
        self._task = asyncio.create_task(self._run(wanted, by), name="evidence")
        await asyncio.wait({self._task}, timeout=SOON)
        return True

    async def close(self) -> None:
        """Stop, and leave no evidence behind."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._clear()

    async def _run(self, wanted: Wanted | None, by: str) -> None:
        async def work() -> Outcome:
            try:
                checked = await asyncio.to_thread(
                    verify, self._settings(), None, "", self._progress
                )
                self.checked, self.checked_at = checked, self._ports.clock.now()
                if wanted is not None:
                    await self._take(wanted, by, checked)
            except (StoreError, OSError, sqlite3.Error) as error:
                return Reject(str(error))
            return Done()

        came = await attempt(work, what="evidence")
        self.trouble = "" if isinstance(came, Done) else came.reason

    def _progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total

    async def _take(self, wanted: Wanted, by: str, checked: Verified) -> None:
        folder = Path(tempfile.mkdtemp(prefix="countersign-evidence-"))
        try:
            settings, made = self._settings(), self._ports.clock.now()
            order = Order(wanted, folder / "evidence", made, by, checked)
            chain = open_chain(settings, self._ports.token)
            rows = await export(settings.storage.path, order, chain)
            file = await asyncio.to_thread(
                shutil.make_archive, str(folder / "pack"), "zip", folder, "evidence"
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise  # what was taken before stays
        self._clear()
        self._folder = folder
        self.pack = Pack(Path(file), wanted.document or "a time", rows, made, by)

    def _clear(self) -> None:
        self.pack = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
