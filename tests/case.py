"""Evidence in order: what we sent, what took effect, who pressed, how a document once stood."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence import Evidence, Json, Key, key_of, key_of_card, moment

RELEASED = frozenset({"Open", "Closed", "Reserved"})
STARTS = {
    "ReleaseFromHold": frozenset({"On Hold"}),
    "ReleaseBill": frozenset({"Balanced"}),
    "ReleaseCheck": frozenset({"Balanced", "Printed"}),
    "ReleasePayment": frozenset({"Balanced"}),
    "Approve": frozenset({"Pending Approval"}),
    "Reject": frozenset({"Pending Approval"}),
}
"""Which status an action leads away from: how its effect is told from another's."""
MEANS = {
    "release": ("ReleaseFromHold", "ReleaseBill"),
    "release_check": ("ReleaseCheck",),
    "release_payment": ("ReleasePayment",),
    "approve": ("Approve",),
    "reject": ("Reject",),
    "remove_hold": ("ReleaseFromHold",),
}
"""What a press of a verb may make us send."""


@dataclass(frozen=True)
class Write:
    """One action we sent, as the ERP received it."""

    key: Key
    action: str
    at: datetime
    seq: int
    status: int | None


@dataclass(frozen=True)
class Effect:
    """One status we moved a document away from."""

    key: Key
    old: str
    new: str
    at: datetime
    seq: int


class Case:
    """The evidence, sorted."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.rows = {key_of(row): row for row in evidence.documents}
        self.writes = list(self._writes())
        self.effects = list(self._effects())
        self.about = self._about()
        self.presses = list(self._presses())

    def _writes(self) -> Iterator[Write]:
        for event in self.evidence.erp:
            if event["kind"] == "request" and event.get("action") in STARTS:
                keys = _body_keys(event)
                if keys:
                    entity = event["path"].split("/")[-2]
                    yield Write(
                        (entity, keys), event["action"], moment(event["at"]), event["seq"],
                        event["status"],
                    )  # fmt: skip

    def _effects(self) -> Iterator[Effect]:
        for event in self.evidence.erp:
            if (event["kind"], event.get("field")) == ("change", "Status") and (
                event.get("by") in self.evidence.us
            ):
                yield Effect(
                    key_of(event), event["old"], event["new"], moment(event["at"]), event["seq"]
                )

    def _about(self) -> dict[str, Key]:
        """Which document each message is about."""
        found: dict[str, Key] = {}
        for event in self.evidence.teams:
            if event["kind"] in ("post", "edit") and event.get("card"):
                key = key_of_card(event["card"])
                if key:
                    found[event["message"]] = key
        return found

    def _presses(self) -> Iterator[tuple[datetime, str, Key, str]]:
        """Every explicit press that reached the service: when, who, on what, which verb."""
        for event in self.evidence.teams:
            if event["kind"] != "activity" or event.get("trigger") == "automatic":
                continue
            key = self.about.get(str(event.get("message")))
            if key is None or not event.get("person"):
                continue
            verb = event.get("verb")
            if verb in MEANS:
                yield moment(event["at"]), event["person"], key, verb
            elif verb is None and not event.get("text"):
                # An old client's button, or a dialog that was sent: history tells no verb.
                for one in MEANS:
                    yield moment(event["at"]), event["person"], key, one

    def effects_of(self, write: Write) -> list[Effect]:
        starts = STARTS[write.action]
        return [one for one in self.effects if one.key == write.key and one.old in starts]

    def changes(self, key: Key) -> list[Json]:
        return [e for e in self.evidence.erp if e["kind"] == "change" and key_of(e) == key]

    def states(self, key: Key, since: datetime, until: datetime) -> list[Json]:
        """The document as it stood at any moment of a while, the newest first."""
        row = self.rows.get(key)
        if row is None:
            return []
        fields = dict(row["fields"])
        found = []
        for event in reversed(self.changes(key)):
            at = moment(event["at"])
            if at <= until:
                found.append({**row, "fields": dict(fields)})
            if at < since:
                return found
            fields[event["field"]] = event["old"]
        return [*found, {**row, "fields": fields}]

    def pushes(self) -> dict[str, list[int | None]]:
        """Each push with what its attempts were answered."""
        found: dict[str, list[int | None]] = defaultdict(list)
        for event in self.evidence.erp:
            if event["kind"] == "push":
                found[f"{event['query']}|{event['id']}"].append(event["status"])
        return found

    def acknowledged(self) -> list[str]:
        """The pushes somebody said yes to."""
        return [
            name for name, got in self.pushes().items() if any(s in range(200, 300) for s in got)
        ]

    def kept(self) -> dict[str, list[str]]:
        """What the store says of each push; its two halves may have come by themselves."""
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.asked("SELECT identity, state FROM inbox ORDER BY id"):
            found["|".join(row["identity"].split("|")[:2])].append(row["state"])
        return found

    def asked(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Read the store as a stranger would."""
        with closing(sqlite3.connect(f"file:{self.evidence.store}?mode=ro", uri=True)) as store:
            store.row_factory = sqlite3.Row
            return store.execute(sql, values).fetchall()


def _body_keys(event: Json) -> str:
    body = event.get("body")
    entity = body.get("entity") if isinstance(body, dict) else None
    for name in ("ReferenceNbr", "OrderNbr"):
        value = entity.get(name) if isinstance(entity, dict) else None
        if isinstance(value, dict) and value.get("value"):
            return str(value["value"])
    return ""
