"""The command `audit export`: evidence about a document or a time, for somebody who trusts nobody.

The whole chain is examined first, then what was asked for is written into a new folder: a page to
read, a table to sort, the proof, and how to check it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TextIO

from bot.auditing import page
from bot.auditing.decisions import PRESSED, Decisions
from bot.auditing.keys import to_disk
from bot.auditing.page import Cover
from bot.auditing.proof import NAME, Proof
from bot.auditing.story import Teller, Told
from bot.auditing.tables import Table
from bot.auditing.verify import Verified
from storage import audit, people
from storage.audit import Wanted
from storage.chain import Chain
from storage.database import Connection, StoreError, visiting
from storage.examining import Finding

PAGE, TABLE, README = "story.html", "rows.csv", "README.txt"
MOST_ANCHORS = 100
_STILL_OPEN = frozenset({"decision asked", "decision agreed"})


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported, by whom, and what was found of the chain."""

    wanted: Wanted
    out: Path
    made: datetime
    by: str
    checked: Verified

    @property
    def found(self) -> Finding:
        """What was found of the chain."""
        return self.checked.found


@dataclass
class _Counted:
    """What the rows hold, before they are written."""

    rows: int = 0
    first: str = ""
    last: str = ""
    actions: Counter[str] = field(default_factory=Counter)
    documents: set[str] = field(default_factory=set)
    actors: set[str] = field(default_factory=set)
    ended: str = ""
    decided: list[str] = field(default_factory=list)
    """Who pressed what counted, of the newest question; above a threshold they are two."""
    sent: Counter[str] = field(default_factory=Counter)
    """Requests to Acumatica by their step."""
    shown: Told | None = None
    decisions: Decisions = field(default_factory=Decisions)

    def add(self, told: Told) -> None:
        row = told.row
        self.decisions.add(told)
        self.rows, self.last, self.first = self.rows + 1, row.at, self.first or row.at
        self.actions[row.action] += 1
        self.documents.add(f"{row.company} {row.document}")
        self.actors.add(row.actor)
        if row.action.startswith("decision ") and row.action not in _STILL_OPEN:
            self.ended = told.what
        if row.action == "decision asked":
            self.decided = []
        if row.action in PRESSED:
            self.decided.append(f"{told.who}, {row.at[:16].replace('T', ' ')} UTC")
        if row.action == "step sent":
            self.sent[told.what.partition(":")[0]] += 1
        if told.document:
            self.shown = told


async def export(store: Path, order: Order, chain: Chain) -> int:
    """Write the pack; return how many rows it holds. Raises StoreError."""
    if order.out.exists():
        raise StoreError(f"{order.out} exists already; an export never overwrites")
    partial = order.out.with_name(order.out.name + ".partial")
    if partial.exists():
        raise StoreError(f"{partial} is left of an export that was stopped; remove it")
    async with visiting(store) as conn:
        order = replace(order, wanted=await _settled(conn, order.wanted))
        teller = await _teller(conn)
        counted = await _count(conn, order, teller)
        if not counted.rows:
            raise StoreError(f"the audit trail tells nothing of {_about(order.wanted)}")
        partial.mkdir(parents=True)
        await _write(conn, order, teller, counted=counted, chain=chain, folder=partial)
    partial.rename(order.out)
    to_disk(order.out.parent)
    return counted.rows


async def _settled(conn: Connection, wanted: Wanted) -> Wanted:
    """Return what is wanted with its company: one number may stand in several."""
    if not wanted.document or wanted.company:
        return wanted
    found = await audit.companies_of(conn, wanted.document)
    if len(found) > 1:
        raise StoreError(f"{wanted.document} is known in {', '.join(found)}: add --company")
    return replace(wanted, company=found[0] if found else "")


async def _teller(conn: Connection) -> Teller:
    aliases = await audit.people(conn)
    known = {one.aad_object_id: one.name for one in await people.people(conn) if one.name}
    return Teller(aliases, known)


async def _told(conn: Connection, order: Order, teller: Teller) -> AsyncIterator[list[Told]]:
    async for rows in audit.pages(conn, order.wanted):
        # What came since the chain was examined belongs to the next export.
        kept = [teller.tell(row) for row in rows if row.seq <= order.found.rows or order.found.flaw]
        if kept:
            yield kept


async def _count(conn: Connection, order: Order, teller: Teller) -> _Counted:
    counted = _Counted()
    async for rows in _told(conn, order, teller):
        for told in rows:
            counted.add(told)
    return counted


async def _write(
    conn: Connection, order: Order, teller: Teller, *, counted: _Counted, chain: Chain, folder: Path
) -> None:
    cover, day = _cover(order, counted), ""
    with ExitStack() as files:
        html, table, proved = (
            files.enter_context(_made(folder / name)) for name in (PAGE, TABLE, NAME)
        )
        rows, proof = Table(table), Proof(proved, _proof_head(order, teller.people(counted.actors)))
        html.writelines(page.head(cover))
        async for told in _told(conn, order, teller):
            html.writelines(page.entries(told, day=day, named=not order.wanted.document))
            day = told[-1].row.at[:10]
            for one in told:
                rows.add(one)
                proof.add(one.row)
        html.writelines(page.foot(cover, empty=not day))
        with _made(folder / README) as readme:
            readme.write(_readme(order, counted))
        _flush((html, table))
        proof.close([folder / name for name in (PAGE, TABLE, README)], chain)
        _flush((proved,))


def _made(path: Path) -> TextIO:
    opened = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    # A spreadsheet knows UTF-8 by its mark; the others need none.
    return os.fdopen(
        opened, "w", encoding="utf-8-sig" if path.name == TABLE else "utf-8", newline=""
    )


def _flush(files: Iterable[TextIO]) -> None:
    for file in files:
        file.flush()
        os.fsync(file.fileno())


def _proof_head(order: Order, people: Mapping[str, str]) -> Mapping[str, object]:
    found, relevant = order.found, order.checked.anchors.told[-MOST_ANCHORS:]
    return {
        "about": _about(order.wanted),
        "made": order.made.isoformat(),
        "by": order.by,
        "chain": {
            "rows": found.rows,
            "head": found.mac,
            "flaw": str(found.flaw) if found.flaw else None,
            "anchors met": found.met,
            "anchored up to row": found.held,
        },
        "anchors": [[one.at, one.seq, one.mac] for one in relevant],
        "people": people,
    }


def _about(wanted: Wanted) -> str:
    company = f" of {wanted.company}" if wanted.company else ""
    if wanted.document:
        return f"{wanted.document}{company}"
    return f"{wanted.since:%Y-%m-%d %H:%M} to {wanted.until:%Y-%m-%d %H:%M} UTC{company}"


def _title(wanted: Wanted) -> str:
    if not wanted.document:
        return _about(wanted)
    entity, kind, number = wanted.document.split("/", 2)
    named = dict.fromkeys((_apart(entity), kind, number))  # a Bill of the type Bill is a bill
    return f"{' '.join(named)} · {wanted.company}"


def _apart(entity: str) -> str:
    """Return an entity's name as words: *Purchase Order*."""
    return "".join(f" {char}" if char.isupper() else char for char in entity).strip()


def _cover(order: Order, counted: _Counted) -> Cover:
    found, shown = order.found, counted.shown
    first, last = (at[:16].replace("T", " ") for at in (counted.first, counted.last))
    return Cover(
        title=_title(order.wanted),
        about=f"{counted.rows:,} entries from {first} to {last} UTC",
        made=f"{order.made:%Y-%m-%d %H:%M} UTC",
        by=order.by,
        seal=order.checked.seal,
        proof=f"row {found.rows} · {found.mac}",
        counted=_figures(order, counted),
        document=shown.document if shown and order.wanted.document else {},
        lines=shown.lines if shown and order.wanted.document else (),
        decisions=None if order.wanted.document else counted.decisions,
    )


def _figures(order: Order, counted: _Counted) -> list[tuple[str, str]]:
    told = counted.actions
    pairs = [
        ("Ended", counted.ended if order.wanted.document else ""),
        ("Decided by", " and ".join(counted.decided) if order.wanted.document else ""),
        ("Documents", "" if order.wanted.document else str(len(counted.documents))),
        ("Presses", str(sum(told[action] for action in PRESSED))),
        ("Presses refused", str(told["press refused"])),
        ("Requests to Acumatica", _requests(counted.sent)),
        ("Confirmed by reading back", str(told["decision confirmed"])),
    ]
    return [(name, value) for name, value in pairs if value]


def _requests(sent: Counter[str]) -> str:
    """Say how often each step was sent: that one is a one is what has to be seen."""
    return ", ".join(f"{step}: {times}" for step, times in sent.items()) or "0"


def _readme(order: Order, counted: _Counted) -> str:
    return f"""Evidence about {_about(order.wanted)}
Made {order.made:%Y-%m-%d %H:%M} UTC by {order.by}; {counted.rows} entries.

  story.html   to read and print
  rows.csv     the same rows for a spreadsheet
  proof.json   every row in full, with its proof; it also holds the SHA-256 of the other files

To check it, with the key of the trail (AUDIT__KEYS or ENCRYPTION__KEYS) in the environment:

  uv run app.py audit verify --pack {order.out.name}

It tells whether a row, or one of these files, is not as it was exported. A row's proof is the
HMAC-SHA-256, with a key derived by HKDF-SHA-256, of the JSON list
  ["row", seq, at, correlation, actor, action, company, document, fingerprint, outcome,
   commitment, previous, key]
and `commitment` is that of ["detail", seq, salt, detail]; `previous` is the proof of row seq - 1.
Where `salt` is empty, personal details were erased; `erased` proves that this was allowed.
"""
