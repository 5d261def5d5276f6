"""The promises about money: each a rule that says in sentences where the case breaks it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from case import MEANS, RELEASED, STARTS, Case, Effect, Write
from evidence import Json, Key, moment

ONCE = ("ReleaseBill", "ReleaseCheck", "ReleasePayment")
MATERIAL = frozenset(
    {
        "Vendor", "LocationID", "VendorRef", "CurrencyID", "Amount", "TaxTotal", "Date", "DueDate",
        "Terms", "PostPeriod", "CashAccount", "Details", "CustomerID", "PaymentAmount",
    }
)  # fmt: skip
"""What is approved with a press: the fields of the fingerprint."""
CLEANLY_REFUSED = frozenset({400, 401, 403, 404, 405, 409, 411, 412, 415, 422, 429})
QUIET_WINDOW = timedelta(minutes=15)
READ_TWICE = timedelta(seconds=55)
DECISION_AGE = timedelta(minutes=15)
SLACK = timedelta(seconds=10)
CHECK_AGE = timedelta(seconds=5)
IN_TIME = 3.0


def i1_at_most_one_release_takes_effect(case: Case) -> Iterator[str]:
    counts: dict[tuple[Key, str], int] = defaultdict(int)
    for effect in case.effects:
        if effect.new in RELEASED and effect.old not in RELEASED:
            counts[effect.key, "released"] += 1
    yield from (f"{key} took effect {n} times" for (key, _), n in counts.items() if n > 1)
    first: dict[tuple[Key, str], Write] = {}
    for write in case.writes:
        before = first.get((write.key, write.action))
        if before is not None:
            yield from _second(case, before, write)
        first[write.key, write.action] = write


def _second(case: Case, before: Write, write: Write) -> Iterator[str]:
    """A second request needs proof that the first had, and can have, no effect."""
    told = f"{write.action} of {write.key} at {write.at:%H:%M:%S}"
    effects = case.effects_of(before)
    if write.action in ONCE and any(one.seq < write.seq for one in effects):
        yield f"{told}: asked again after it had taken effect"
    elif any(before.at <= one.at + SLACK and one.seq < write.seq for one in effects):
        return  # it had its effect, and somebody put the document back since
    else:
        gap, least = write.at - before.at, _least_gap(before)
        if gap < least:
            yield f"{told}: asked again {gap} after one that got {before.status}"


def _least_gap(before: Write) -> timedelta:
    if before.status in CLEANLY_REFUSED:
        return timedelta(0)
    if before.status in (200, 202, 204):
        # The ERP took it: it may have failed later, or its answer may never have reached us.
        return READ_TWICE if before.action in ONCE else timedelta(0)
    return READ_TWICE if before.status == 500 else QUIET_WINDOW - SLACK


def _changed_for_good(changes: Sequence[Json], since: datetime) -> str:
    """Name a field that ended as another than it was; what was changed back is as approved."""
    late = [e for e in changes if moment(e["at"]) > since]
    first = {e["field"]: e["old"] for e in reversed(late)}
    last = {e["field"]: e["new"] for e in late}
    return next((field for field in first if first[field] != last[field]), "")


def i2_what_was_released_is_what_was_approved(case: Case) -> Iterator[str]:
    for effect in case.effects:
        if effect.new not in RELEASED or effect.key not in case.rows:
            continue
        pressed = [at for at, _, key, _ in case.presses if key == effect.key and at <= effect.at]
        if not pressed:
            continue
        theirs = [
            e for e in case.changes(effect.key)
            if e["field"] in MATERIAL and e["by"] not in case.evidence.us
            and e["seq"] < effect.seq
        ]  # fmt: skip
        # Which press it was released for, the store knows; to be fine it must be as at one of them.
        changed = [_changed_for_good(theirs, at) for at in pressed]
        plain = case.asked(
            "SELECT id FROM decisions WHERE document LIKE ? AND state = 'confirmed'"
            " AND verb LIKE 'release%'",
            f"{effect.key[0]}/%/{effect.key[1]}",
        )
        if all(changed) and plain:
            yield f"{effect.key}: {changed[-1]} changed after the press, and it is called fine"
        yield from _as_seen(case, effect)


def _as_seen(case: Case, effect: Effect) -> Iterator[str]:
    seen = [  # a press whose answer was lost on the way may be the one that counted
        one for one in case.evidence.presses
        if one.number == effect.key[1] and one.at <= effect.at
        and (one.status == 200 or one.status >= 500) and one.verb.casefold() == "release"
    ]  # fmt: skip
    alarm = case.asked(
        "SELECT id FROM decisions WHERE document LIKE ?"
        " AND state IN ('confirmed_mismatch', 'mismatch_seen')",
        f"{effect.key[0]}/%/{effect.key[1]}",
    )
    if not seen or alarm:
        return
    states = case.states(effect.key, effect.at, effect.at)
    amounts = {f"{Decimal(str(state['fields']['Amount'])):,.2f}" for state in states}
    if not amounts & {one.shown for one in seen}:
        yield f"{effect.key}: released at {amounts}, shown to pressers: {[p.shown for p in seen]}"


def i3_i5_every_write_was_asked_for_by_somebody_who_may(case: Case) -> Iterator[str]:
    for write in case.writes:
        if write.key not in case.rows:
            continue  # deleted since: nothing could be done to it, and nobody knows its owner
        asked = {
            who for at, who, key, verb in case.presses
            if key == write.key and write.action in MEANS[verb]
            and at - SLACK <= write.at <= at + DECISION_AGE + SLACK
        }  # fmt: skip
        states = case.states(write.key, write.at - CHECK_AGE, write.at)
        if not asked:
            yield f"{write.action} of {write.key} at {write.at:%H:%M:%S}: nobody pressed for it"
        elif write.key[0] == "Bill" and not any(
            case.evidence.may(who, state) for who in asked for state in states
        ):
            yield f"{write.action} of {write.key}: pressed by {sorted(asked)}, who may not"


def i4_above_the_threshold_two_different_people_pressed(case: Case) -> Iterator[str]:
    for write in case.writes:
        if write.action not in MEANS["release"]:
            continue
        states = case.states(write.key, write.at - CHECK_AGE, write.at)
        amounts = [Decimal(str(state["fields"].get("Amount", 0))) for state in states]
        if min(amounts, default=Decimal(0)) <= case.evidence.two_above:
            continue
        agreed = {
            who for at, who, key, verb in case.presses
            if key == write.key and write.action in MEANS[verb] and at - SLACK <= write.at
        }  # fmt: skip
        if len(agreed) < 2:
            yield f"{write.action} of {write.key} at {amounts[0]}: only {sorted(agreed)} pressed"


def i5_effects_are_not_more_than_presses(case: Case) -> Iterator[str]:
    for key in {effect.key for effect in case.effects}:
        for action, starts in STARTS.items():
            done = [one for one in case.effects if one.key == key and one.old in starts]
            asked = {(at, who) for at, who, k, verb in case.presses
                     if k == key and action in MEANS[verb]}  # fmt: skip
            if action in {w.action for w in case.writes if w.key == key} and len(done) > len(asked):
                yield f"{action} of {key} took effect {len(done)} times for {len(asked)} presses"


def i6_presses_are_answered_in_time(case: Case) -> Iterator[str]:
    for one in case.evidence.presses:
        late = one.status != 200 or one.took > IN_TIME
        if late and not one.excused:
            yield f"{one.person} on {one.number}: {one.status} after {one.took:.1f} s"


def i8_what_was_acknowledged_came_to_an_end(case: Case) -> Iterator[str]:
    kept = case.kept()
    for name in case.acknowledged():
        states = kept.get(name, ["nowhere"])
        if not set(states) <= {"done", "parked"}:
            yield f"push {name} was acknowledged and is {', '.join(states)}"
    for table, where, what in _UNENDED:
        for row in case.asked(f"SELECT {what} AS told FROM {table} WHERE {where}"):
            yield f"{table}: {row['told']}"


_UNENDED = (
    ("hints", "state = 'pending'", "document || ' is looked at for ever: ' || note"),
    ("hints", "state = 'parked' AND note = ''", "document || ' is parked without a reason'"),
    ("inbox", "state = 'parked' AND reason = ''", "identity || ' is parked without a reason'"),
    (
        "outbox",
        "state IN ('pending', 'retrying', 'in_flight')"
        " AND target NOT IN (SELECT target FROM unreachable)",
        "key || ' is ' || state || ': ' || reason",
    ),
    (
        "outbox",
        "state IN ('dead', 'waiting', 'maybe_delivered') AND reason = ''",
        "key || ' is ' || state || ' without a reason'",
    ),
    ("decisions", "state = 'claimed'", "document || ' is still claimed'"),
    (
        "steps AS s",
        "state IN ('checked', 'sent', 'in_doubt')"
        " AND NOT EXISTS (SELECT 1 FROM decisions AS d WHERE d.id = s.decision"
        " AND d.state = 'claimed')",
        "name || ' of ' || decision || ' is ' || state || ' though the decision is over'",
    ),
)
"""What must not be left when everything has come to rest."""
