"""Rows of the audit trail in the words of an auditor: who did what, how it ended, what was known.

What there is no sentence for is told by its own name: nothing is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cards.text import clean
from storage.chain import OURS, Row

LONGEST = 2000
SHORTENED = "… (shortened; in full in proof.json)"
SERVICE = "Countersign"

SENTENCES: Mapping[str, tuple[str, str]] = {
    "chain begun": ("The audit chain began", "plain"),
    "names proved": ("Whose each pseudonym is was proved from here on", "plain"),
    "service connected": ("The service was connected to Acumatica as {login}", "plain"),
    "service started": ("The service started", "plain"),
    "configuration changed": ("Settings were changed", "doubt"),
    "rights changed": ("Who may decide was changed", "doubt"),
    "employees changed": ("Employees changed in Acumatica", "doubt"),
    "pushes read": ("Acumatica told of changes", "erp"),
    "push parked": ("A push from Acumatica could not be read", "doubt"),
    "document seen": ("Acumatica showed a change: {status}", "erp"),
    "document gone": ("The document is gone from Acumatica", "erp"),
    "decision asked": ("The question was put: {verbs}", "asked"),
    "approvers named": ("Who may answer was changed", "asked"),
    "decision agreed": ("Pressed {verb}; a second person must agree", "pressed"),
    "decision claimed": ("Pressed {verb}", "pressed"),
    "press refused": ("A press was refused: {reason}", "refused"),
    "step checked": ("{step}: checked again in Acumatica, unchanged", "erp"),
    "step sent": ("{step}: request sent to Acumatica", "sent"),
    "step answered": ("{step}: Acumatica answered: {outcome}", "erp"),
    "step put off": ("{step}: certainly not carried out, tried again", "doubt"),
    "step in doubt": ("{step}: outcome unknown, reading back", "doubt"),
    "step go on": ("{step}: read back, it took effect", "done"),
    "step confirmed": ("{step}: read back, it took effect", "done"),
    "step lapsed": ("{step}: certainly not carried out, and given up", "doubt"),
    "step stopped": ("{step}: stopped, the document needs approval in Acumatica", "doubt"),
    "step superseded": ("{step}: the document had changed, so nothing was sent", "doubt"),
    "step needs_person": ("{step}: nobody can say whether it took effect", "refused"),
    "step by_other": ("{step}: somebody else had done it in Acumatica", "erp"),
    "step confirmed_mismatch": ("{step}: took effect on another version than approved", "refused"),
    "step refused": ("{step}: Acumatica refused", "refused"),
    "step not_applied": ("{step}: read back, it had no effect", "doubt"),
    "mismatch found": ("What was approved and what was done: {differences}", "refused"),
    "decision confirmed": ("Confirmed: it took effect in Acumatica", "done"),
    "decision by_other": ("Closed: done by somebody else in Acumatica", "erp"),
    "decision confirmed_mismatch": ("Alarm: what took effect is not what was approved", "refused"),
    "decision mismatch_seen": (
        "It took effect on another version than approved; two administrators have seen it",
        "doubt",
    ),
    "settlement recorded": ("An administrator recorded: {verdict}", "pressed"),
    "settlement confirmed": ("A second administrator confirmed: {verdict}", "pressed"),
    "settlement objected": ("An administrator objected, so it began anew", "doubt"),
    "settlement look wanted": ("An administrator had it read again in Acumatica", "erp"),
    "question withdrawn": ("The question was withdrawn: {reason}", "doubt"),
    "fallback": ("The question was brought to another place, too", "doubt"),
    "replay": ("An operator had it tried again", "plain"),
    "reconciled": ("Everything that waits was compared with Acumatica", "erp"),
    "difference found": ("A comparison with Acumatica found a difference", "doubt"),
    "erp note wanted": ("A note in Acumatica was asked for", "plain"),
    "erp note sent": ("The note was sent to Acumatica", "sent"),
    "erp note answered": ("Acumatica answered to the note", "erp"),
    "erp note written": ("The note stands in Acumatica", "erp"),
    "erp note put off": ("The note could not be written yet and is tried again", "plain"),
    "erp note dropped": ("The note was left out", "plain"),
    "erp note parked": ("The note could not be written", "doubt"),
    "app wanted": ("The app was wanted for somebody who has to approve", "plain"),
    "app sent": ("Teams was asked to install the app for somebody", "plain"),
    "app there": ("The app is installed for somebody", "plain"),
    "app refused": ("Teams did not install the app for somebody", "doubt"),
    "channel bound": ("A channel was bound: {name}", "plain"),
    "channel unbound": ("A channel was unbound: {name}", "plain"),
    "link to connect sent": ("Somebody was sent a link to connect to Acumatica", "plain"),
    "wrong number to connect": ("A wrong number was typed while connecting", "refused"),
    "grant lost": ("Acumatica no longer takes somebody's sign-in", "doubt"),
    "grant dropped: settings changed": ("A sign-in was dropped, as the settings changed", "doubt"),
    "connected": ("Somebody connected to Acumatica", "plain"),
    "disconnected": ("Somebody disconnected from Acumatica", "plain"),
    "searched": ("Somebody searched for documents", "plain"),
    "link shown": ("A link to a document was shown as a card", "plain"),
    "secret set": ("A secret was set", "doubt"),
    "secret removed": ("A secret was removed", "doubt"),
    "store restored": ("The store was restored from a backup", "refused"),
    "parked pushes dropped": ("Pushes nobody looked at for long were dropped", "doubt"),
    "subscription created": ("Graph tells of replies in a channel from now on", "plain"),
    "subscription ended": ("Graph no longer tells of replies in a channel", "plain"),
    "subscription lost": ("Graph ended a subscription, which is made anew", "doubt"),
    "Graph told of a subscription": ("Graph told of the state of a subscription", "plain"),
    "encryption key changed": ("Another encryption key seals from now on", "doubt"),
    "reply reads like a decision": ("A reply read like a decision; it decides nothing", "refused"),
    "push refused": ("A push was refused", "refused"),
    "endpoint missing": ("Acumatica lacks the endpoint that is set", "refused"),
    "decision refused": ("Refused", "refused"),
    "decision stopped": ("Stopped: it needs approval in Acumatica", "doubt"),
    "decision not_applied": ("It had no effect; the question is open again", "doubt"),
    "decision needs_person": ("Unclear: two administrators must settle it", "doubt"),
    "decision lapsed": ("The question lapsed", "plain"),
    "decision superseded": ("The question was replaced by a newer one", "plain"),
    "post delivered": ("A card was posted to Teams", "card"),
    "update delivered": ("The card was brought up to date", "card"),
    "nudge delivered": ("Somebody was asked to look again", "card"),
    "post maybe_delivered": ("A card was posted; Teams gave no answer", "doubt"),
    "post dead": ("A card could not be posted", "refused"),
    "update dead": ("The card could not be brought up to date", "refused"),
    "administrators asked": ("Administrators were asked to settle it", "asked"),
    "question asked": ("A question was asked about it", "asked"),
    "question answered": ("The question was answered", "pressed"),
    "comment kept": ("A remark was made", "pressed"),
    "comment edited": ("A remark was changed; what was said first is kept", "pressed"),
    "comment deleted": ("A remark was taken back; what was said is kept", "pressed"),
    "asked in chat": ("Somebody asked the bot", "plain"),
    "admin link made": ("A link that signs in once was made", "plain"),
    "admin signed in": ("Signed in to the admin page as {role}", "plain"),
    "admin press refused": ("A press on the admin page was refused: {reason}", "refused"),
    "admin signed out": ("Signed out of the admin page", "plain"),
    "match settled": ("Said who employee {employee} is", "doubt"),
    "match reopened": ("Took back who employee {employee} is", "doubt"),
    "trail checked": ("The audit trail was checked", "plain"),
    "evidence taken": ("Evidence was taken from the audit trail", "plain"),
    "person erased": ("A person was erased from the trail", "doubt"),
    "details erased": ("Details were erased, as their time was over", "doubt"),
}
"""Action -> its sentence and the tone of it."""
MESSAGES = {
    "post": "a card",
    "update": "an edit of the card",
    "nudge": "a reminder",
    "say": "an answer in chat",
    "tell": "a message to one person",
    "connect": "a link to sign in",
}
"""What goes to Teams, by its kind."""
COURSES = {
    "delivered": ("{what} was delivered", "card"),
    "maybe_delivered": ("{what} was sent; Teams gave no answer", "doubt"),
    "retrying": ("{what} was not taken yet and is tried again", "plain"),
    "waiting": ("{what} waits until its place is known", "plain"),
    "dead": ("{what} could not be delivered", "refused"),
}
"""What became of it, where there is no sentence of its own."""
OUTCOMES = {
    "A1": "certainly not sent",
    "A2": "turned away before it ran",
    "A3": "refused",
    "A3?": "refused, to be doubted",
    "A5": "says it is done",
    "A6": "no usable answer",
}
"""The classes of a call's outcome (docs/acumatica.md) in words."""
_HIDDEN = frozenset({"fingerprint", "facts", "decision", "revision", "occurrence"})
_NAMES = {
    "hint": "because of",
    "rule": "rule that matched",
    "shown": "version of the card",
    "target": "where",
    "actor": "by",
    "on": "pressed on",
}
FULL_HASH = 64
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|[._]")


@dataclass(frozen=True, slots=True)
class Told:
    """One row as it is read."""

    row: Row
    who: str
    what: str
    tone: str
    facts: tuple[tuple[str, str], ...] = ()
    document: Mapping[str, str] = field(default_factory=dict)
    """What the document said then, where the row keeps it."""
    lines: tuple[Mapping[str, str], ...] = ()


class Teller:
    """Tells rows; knows whose a pseudonym is and what people are called."""

    def __init__(self, aliases: Mapping[str, str], names: Mapping[str, str]) -> None:
        self._aliases = aliases
        self._names = names

    def tell(self, row: Row) -> Told:
        """Return a row in words."""
        detail = _spoken(row.action, _read(row.detail))
        sentence, tone = SENTENCES.get(row.action) or _course(row.action)
        shown = detail.get("facts")
        kept = shown if isinstance(shown, dict) else {}
        return Told(
            row,
            self.who(row.actor),
            cut(_filled(sentence, detail) or str(row.action)),
            tone,
            tuple(self._facts(detail)),
            _texts(kept.get("fields")),
            tuple(_texts(line) for line in kept.get("lines", ()) if isinstance(line, dict)),
        )

    def people(self, actors: Iterable[str]) -> dict[str, str]:
        """Return whose these pseudonyms are, by id; nobody of whom was erased."""
        return {one: self._aliases[one] for one in sorted(actors) if one in self._aliases}

    def who(self, actor: str) -> str:
        """Return what an actor is called; who was erased keeps the pseudonym."""
        person = self._aliases.get(actor, actor)
        return SERVICE if person in OURS - {"unknown"} else self.name(person)

    def name(self, person: str) -> str:
        """Return what somebody is called."""
        return cut(self._names.get(person, person))

    def _facts(self, detail: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for name, value in detail.items():
            if name not in _HIDDEN and value not in (None, "", [], {}):
                yield cut(_NAMES.get(name, name).replace("_", " ")), self._text(value)

    def _text(self, value: Any) -> str:
        match value:
            case str():
                return cut(self._names.get(value, value))
            case bool():
                return "yes" if value else "no"
            case list():
                return cut(", ".join(map(self._text, value)))
            case dict():
                pairs = (f"{name} {self._text(one)}" for name, one in value.items())
                return cut("; ".join(pairs))
            case _:
                return cut(str(value))


def _course(action: str) -> tuple[str, str]:
    """Return the sentence of what became of a message; empty when the action is none of those."""
    kind, _, state = action.partition(" ")
    if kind not in MESSAGES or state not in COURSES:
        return "", "plain"
    sentence, tone = COURSES[state]
    return sentence.format(what=MESSAGES[kind]), tone


def cut(text: str, longest: int = LONGEST) -> str:
    """Return *text* as one readable line that says so where it was cut."""
    line = clean(text, len(text))
    return line if len(line) <= longest else line[:longest].rstrip() + SHORTENED


def _spoken(action: str, detail: dict[str, Any]) -> dict[str, Any]:
    """Return a detail without the shorthands of our own ledger."""
    told = dict(detail)
    if action == "step answered":
        told["outcome"] = OUTCOMES.get(str(told.get("outcome")), told.get("outcome"))
    if action.startswith("step ") and str(told.get("detail", "")).isdigit():
        told["HTTP status of the answer"] = told.pop("detail")
    if action.endswith(" delivered"):
        told |= _delivered(str(told.pop("reason", "")))
    if told.get("attempt") == 1:
        del told["attempt"]  # as it should be
    if "shown" in told and len(str(told["shown"])) == FULL_HASH:
        told["shown"] = short(str(told["shown"]))
    if action == "step checked":
        told["Acumatica showed"] = told.pop("shown", "")
    return told


def _delivered(receipt: str) -> dict[str, str]:
    """Say what a message to Teams came to: its id, or why none was needed."""
    if receipt and not receipt.isdigit():
        return {"note": receipt}
    return {"message in Teams": receipt} if receipt else {}


def short(proof: str) -> str:
    """Return the beginning of a hash, enough to find it in the full proof by eye."""
    return f"{proof[:12]}…"


def _read(detail: str) -> dict[str, Any]:
    try:
        found = json.loads(detail)
    except ValueError:
        found = {"unreadable": detail}
    return found if isinstance(found, dict) else {"unreadable": detail}


class _Parts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


def _filled(sentence: str, detail: Mapping[str, Any]) -> str:
    parts = _Parts()
    for name, value in detail.items():
        told = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        parts[name] = told.replace("_", " ") if name != "reason" else told
    text = sentence.format_map(parts)
    return text[:1].upper() + text[1:]


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {cut(_WORDS.sub(" ", str(name))): cut(str(one)) for name, one in value.items()}
