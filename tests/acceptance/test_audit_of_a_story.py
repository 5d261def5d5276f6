"""The trail of a bill is complete and in order, and one walks it from the call back to the push.

What truly happened is asked of the stand-ins; the trail must tell the same, under one correlation.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from world import BEN, DEV, World, eventually

from storage.chain import derive
from storage.examining import chain_problem

STORY = [
    "pushes read", "document seen", "decision asked", "post delivered",
    "press refused", "decision claimed",
    "step checked", "step sent", "step answered", "step go on",
    "step checked", "step sent", "step answered", "step go on",
    "decision confirmed", "update delivered",
]  # fmt: skip
"""What one correlation id tells of a bill on hold, somebody's refused press, and its release."""

ENDLESS = 1 << 62
MOMENT = timedelta(seconds=2)


@dataclass(frozen=True)
class Entry:
    """A row of the trail."""

    seq: int
    at: str
    correlation: str
    actor: str
    action: str
    document: str
    detail: dict[str, Any] = field(hash=False)


def entries(store: Path) -> list[Entry]:
    sql = "SELECT seq, at, correlation, actor, action, document, detail FROM audit ORDER BY seq"
    with closing(sqlite3.connect(store)) as conn:
        return [Entry(*row[:-1], json.loads(row[-1])) for row in conn.execute(sql)]


def told(rows: list[Entry]) -> list[str]:
    """What happened, without what may come at any time: looks between steps, and edits for them."""
    seqs = {row.action: row.seq for row in reversed(rows)}  # of each, the first
    ended = seqs.get("decision confirmed", ENDLESS)
    edits = [row.seq for row in rows if row.action == "update delivered" and row.seq > ended]
    came = {"document seen": seqs.get("document seen"), "update delivered": min(edits, default=0)}
    return [row.action for row in rows if row.seq == came.get(row.action, row.seq)]


def about(rows: list[Entry], document: str) -> list[Entry]:
    """What stands under the correlation id of a document's question."""
    asked = only([row for row in rows if row.document == document], "decision asked")
    return [row for row in rows if row.correlation == asked.correlation]


def only(rows: list[Entry], action: str, **detail: object) -> Entry:
    found = [
        row
        for row in rows
        if row.action == action and all(row.detail[name] == one for name, one in detail.items())
    ]
    assert len(found) == 1, (action, detail, found)
    return found[0]


async def test_one_walks_from_each_call_back_to_press_card_and_push(world: World) -> None:
    world.poll = "14d"  # nothing but pushes, so that there is one way only
    store, witness = world.data / "countersign.db", world.witness
    async with world.bot():
        await witness.connect_push()
        number = await witness.bill_on_hold()
        document = f"Bill/Bill/{number}"
        card = await witness.card(number, BEN, says="this waits for you")
        await witness.press(DEV, number, "release")
        await witness.press(BEN, number, "Release")
        await witness.card(number, BEN, says="Released by Ben Ortiz")

        async def closed() -> bool:
            return told(about(entries(store), document))[-1:] == ["update delivered"]

        await eventually(closed, "the card that was closed is in the trail")
    everything = entries(store)
    people = (await witness.get(f"{witness.teams}/_sandbox/people"))["people"]
    ids = {person["email"]: person["aadObjectId"] for person in people}
    one = about(everything, document)

    # Complete, and in the order in which it happened.
    assert told(one) == STORY
    # A row's time is when it happened; the store takes one after the other, in a moment.
    times = [datetime.fromisoformat(row.at) for row in one]
    assert all(later > earlier - MOMENT for earlier, later in pairwise(times))
    assert {row.document for row in one if row.action != "pushes read"} == {document}
    # What Acumatica was really asked is what the trail says was sent, no more and no less.
    sent = [row for row in everything if row.action == "step sent"]
    assert [row.detail["call"] for row in sent] == await witness.writes(number)
    for call in sent:
        # From the call to the press: the same person, and the fingerprint that was approved.
        pressed = only(one, "decision claimed", fingerprint=call.detail["fingerprint"])
        assert pressed.actor == ids[BEN] == call.detail["person"]
        assert call.detail["step"] in pressed.detail["plan"]
        # Its answer, and what Acumatica showed afterwards.
        step = {"step": call.detail["step"]}
        answered = only(one, "step answered", **step)
        assert call.seq < answered.seq < only(one, "step go on", **step).seq
        # From the press to the question, to the card people saw, and to what brought it up.
        question = only(one, "decision asked", decision=pressed.detail["decision"])
        assert ids[BEN] in question.detail["approvers"]
        assert only(one, "post delivered").detail["reason"] == card["id"]
        assert question.correlation in only(one, "pushes read").detail["pushes"]
        seen = next(row for row in one if row.action == "document seen")
        assert seen.detail["facts"]["fields"]["Amount"].startswith("1234.5")
        assert "rule" in seen.detail, "the rule that sent it there"
    # Who was turned away, and why.
    refused = only(one, "press refused")
    assert (refused.actor, refused.detail["reason"]) == (ids[DEV], "not an approver")
    # And all of it is proved.
    key = derive(store.with_name(f"{store.name}.audit-key").read_text("ascii").strip())
    assert chain_problem(store, key) == ""
