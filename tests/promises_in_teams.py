"""The promises about what people see in Teams, and about the store it comes from."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from case import RELEASED, Case
from evidence import Json, Key, key_of_card, moment
from world import buttons, texts

from storage.examining import chain_problem

LIVE = ("Review", "Release", "Approve", "Reject…")


def i10_cards_say_what_the_erp_says(case: Case) -> Iterator[str]:
    for message in case.evidence.messages:
        key = key_of_card(message["card"]) if message["card"] else None
        if key is None or message["fromId"] != "bot" or message["deleted"] or key not in case.rows:
            continue  # of what is gone nobody hears before the night, unless a push tells
        # A copy nobody knows the id of cannot be edited; a press on it is refused.
        if _is_the_card(case, message) and not _is_parked(case, key):
            yield from _untrue(case.rows[key], key, message)


def _untrue(row: Json, key: Key, message: Json) -> Iterator[str]:
    """What one card says of a document that is not so."""
    status, card, place = row["fields"]["Status"], message["card"], message["conversation"]
    head = texts(card["body"][0])
    if "For administrators" in head:
        return  # it asks about a decision; what it says of the bill is what was read then
    is_whole = "·" in head and " USD" not in head  # the plain card that 413 leads to has no status
    if is_whole and status.lower() not in head.lower():
        yield f"{key} is {status}, its card in {place} says {head!r}"
    live = [title for title in buttons(card) if title in LIVE]
    if live and status in (*RELEASED, "Rejected", "Voided", "Canceled"):
        yield f"{key} is {status}, its card offers {live}"
    if f"{_amount(row):,.2f}" not in texts(card):
        yield f"{key} is over {_amount(row)}, its card does not say so"


def _amount(row: Json) -> Decimal:
    fields = row["fields"]
    names = ("Amount", "OrderTotal", "PaymentAmount")
    return Decimal(str(next(fields[name] for name in names if name in fields)))


def _is_the_card(case: Case, message: Json) -> bool:
    rows = case.asked("SELECT 1 FROM cards WHERE activity = ? AND replaced = 0", message["id"])
    return bool(rows)


def i10_who_must_decide_can(case: Case) -> Iterator[str]:
    """A bill that waits on hold stands where its route says, with a live button."""
    if not case.evidence.bill_cards:
        return
    for key, row in case.rows.items():
        if key[0] != "Bill" or row["fields"]["Status"] != "On Hold" or _is_parked(case, key):
            continue
        place = place_of(row)
        here = [
            m for m in case.evidence.messages
            if m["conversation"] == place and m["card"] and key_of_card(m["card"]) == key
            and not m["deleted"]
        ]  # fmt: skip
        if not here:
            yield f"{key} is on hold and stands nowhere in {place}"
        elif not any(title in LIVE for m in here for title in buttons(m["card"])):
            yield f"{key} is on hold, and nobody can press for it"


def place_of(row: Json) -> str:
    """Where the demo's routes put a bill on hold."""
    fields = row["fields"]
    if Decimal(str(fields["Amount"])) >= 10_000:
        return "19:ap-approvals@thread.tacv2"
    side = "west" if fields["BranchID"] == "WEST" else "east"
    return f"19:purchasing-{side}@thread.tacv2"


def _is_parked(case: Case, key: Key) -> bool:
    """Somebody can see that it waits: parked, waiting for a place, or for an administrator."""
    about = f"{key[0]}/%/{key[1]}"
    return bool(
        case.asked("SELECT 1 FROM hints WHERE document LIKE ? AND state = 'parked'", about)
        or case.asked(
            "SELECT 1 FROM outbox WHERE document LIKE ? AND state IN ('pending', 'retrying')"
            " AND target IN (SELECT target FROM unreachable)",
            about,
        )
        or case.asked(
            "SELECT 1 FROM outbox WHERE document LIKE ? AND state IN"
            " ('dead', 'waiting', 'maybe_delivered')",
            about,
        )
        or case.asked(
            "SELECT 1 FROM decisions WHERE document LIKE ? AND state IN"
            " ('needs_person', 'confirmed_mismatch')",
            about,
        )
    )


def i12_one_card_for_a_document_in_a_place(case: Case) -> Iterator[str]:
    places: dict[tuple[Key, str], list[Json]] = defaultdict(list)
    for event in case.evidence.teams:
        if event["kind"] == "post" and event.get("card") and event["by"] == "bot":
            key = key_of_card(event["card"])
            if key and event["conversation"].endswith("@thread.tacv2"):
                places[key, event["conversation"]].append(event)
    for (key, place), posts in places.items():
        unknown = _unanswered(case, place)
        breaks = sum(
            any(abs(at - moment(post["at"])) < timedelta(minutes=2) for post in posts)
            for at in case.evidence.breaks
        )
        if len(posts) > 1 + unknown + breaks:
            yield f"{key} stands {len(posts)} times in {place}; {unknown + breaks} posts unknown"


def _unanswered(case: Case, place: str) -> int:
    """Posts to a place whose answer said nothing: each may be a copy. So is a card posted anew
    because Teams said that the old one is gone."""
    asked = [
        event for event in case.evidence.teams if event["kind"] == "request"
        and (place in event["path"] or event["path"].endswith("/conversations"))
    ]  # fmt: skip
    unclear = (None, 200, *range(500, 600))
    late = [
        event for event in case.evidence.teams
        if event["kind"] == "fault" and event["fault"].startswith("delay")
    ]  # fmt: skip
    return len(late) + sum(
        event["status"] in (unclear if event["method"] == "POST" else (404,)) for event in asked
    )


def i13_nobody_asks_before_retry_after(case: Case) -> Iterator[str]:
    held: dict[str, datetime] = {}
    told: tuple[str, float] | None = None
    for event in case.evidence.teams:
        if event["kind"] == "fault" and event["fault"].startswith("status:429:"):
            place = _place(event["path"])
            told = (place, float(event["fault"].rpartition(":")[2])) if place else None
        elif event["kind"] == "request":
            place, at = _place(event["path"]), moment(event["at"])
            if told and place == told[0] and event["status"] == 429:
                held[place] = at + timedelta(seconds=told[1])
                told = None
            elif place in held and event["method"] in ("POST", "PUT", "DELETE"):
                early = held[place] - at
                if early > timedelta(seconds=0.5) and not _died_since(case, held[place], at):
                    yield f"{place} was asked at {at:%H:%M:%S}, {early} before Retry-After was over"


def _place(path: str) -> str:
    found = re.search(r"/conversations/([^/;]+)", path)
    return found[1] if found else ""


def _died_since(case: Case, until: datetime, at: datetime) -> bool:
    """A service that died meanwhile may not know what it was told."""
    return any(until - timedelta(minutes=16) <= one <= at for one in case.evidence.breaks)


def i8_what_is_called_delivered_was_sent(case: Case) -> Iterator[str]:
    sent = {event["message"] for event in case.evidence.teams if event["kind"] == "post"}
    nameless = any(event.get("fault") == "html" for event in case.evidence.teams)
    for row in case.asked("SELECT key, reason FROM outbox WHERE state = 'delivered'"):
        told = row["reason"]
        if told not in sent and not told.startswith(_WITHOUT_A_NAME) and not nameless:
            yield f"{row['key']} is called delivered ({told!r}), and Teams never had it"


_WITHOUT_A_NAME = (
    "stands there already", "nobody is asked any more", "nothing posted to", "shows this already",
    "nothing is held back any more", "posted anew: ", "had been posted before the restart",
    "learnt from a press or refresh",
)  # fmt: skip
"""Why there was nothing to send, or how else it was learnt that it had been."""


DECIDED = (
    "SELECT json_extract(detail, '$.decision') AS decision, action FROM audit_rows"
    " WHERE action LIKE 'decision %' ORDER BY seq"
)
UNSETTLED_ENDS = ("needs_person", "confirmed_mismatch")
"""Ends that two administrators lead to another one."""
SENT = (
    "SELECT correlation, json_extract(detail, '$.step') AS step, count(*) AS times"
    " FROM audit_rows WHERE action = 'step sent' GROUP BY 1, 2"
)


def i18_the_store_is_sound(case: Case) -> Iterator[str]:
    for (said,) in case.asked("PRAGMA integrity_check"):
        if said != "ok":
            yield said
    yield from (f"{row[0]} points nowhere" for row in case.asked("PRAGMA foreign_key_check"))


def i18_every_change_of_a_decision_has_its_row(case: Case) -> Iterator[str]:
    told: dict[str, list[str]] = defaultdict(list)
    for row in case.asked(DECIDED):
        told[row["decision"]].append(row["action"].removeprefix("decision "))
    for one in case.asked("SELECT * FROM decisions"):
        rows = told.pop(one["id"], [])
        if rows != _course(one, rows):
            yield f"{one['document']} is {one['state']}, the audit tells {', '.join(rows)}"
    yield from (f"the audit tells of {one}, which is no decision" for one in told)


def _course(decision: sqlite3.Row, rows: list[str]) -> list[str]:
    """What the rows must be of a decision in this state; what it passed may stand between."""
    state = decision["state"]
    passed = [one for one in rows[1:-1] if one in UNSETTLED_ENDS]
    return [
        "asked",
        *(["agreed"] if decision["agreed"] else []),
        *(["claimed"] if decision["verb"] else []),
        *passed,
        *([] if state in ("pending", "claimed") else [state]),
    ]


def i18_every_request_of_a_step_has_its_row(case: Case) -> Iterator[str]:
    told = {(row["correlation"], row["step"]): row["times"] for row in case.asked(SENT)}
    for row in case.asked(
        "SELECT correlation, name, sum(attempts) AS times FROM steps JOIN decisions"
        " ON decisions.id = steps.decision GROUP BY 1, 2 HAVING sum(attempts) > 0"
    ):
        rows = told.pop((row["correlation"], row["name"]), 0)
        if rows != row["times"]:
            yield f"{row['name']} left {row['times']} times, the audit tells {rows}"
    yield from (f"the audit tells of {name}, which never left" for _, name in told)


def i18_the_chain_holds(case: Case) -> Iterator[str]:
    problem = chain_problem(case.evidence.store, *case.evidence.chain_keys())
    if problem:
        yield problem
