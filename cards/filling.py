"""From a document's sheet and its situation to the view: what is the same for every type."""

from __future__ import annotations

from acumatica_client.models import Document
from cards import days, money, states, verbs
from cards.sheet import Paper, Sheet
from cards.text import joined, plain, safe_url
from cards.view import Button, CardView, Fact, Part, Situation

MOST_FACTS = 6
MOST_APPROVALS = 3
MOST_LINES = 12
MOST_BUTTONS = 3
OPEN_TITLE = "Open in Acumatica"


def fill(sheet: Sheet, paper: Paper) -> CardView:
    """Return the view of one document, ready to be drawn."""
    document, situation = paper.document, paper.situation
    it = _in_sentence(sheet.noun_of(document))
    told = states.told(situation, it, document.status)
    live = states.is_live(situation)
    code = document.text(sheet.party_field)
    name = document.around.party_name
    return CardView(
        kind=_kind(sheet, paper),
        party=name or code or _unnamed(sheet, document),
        party_code=code if name and name != code else "",
        amount=sheet.amount_of(document),
        due=sheet.day(document, days.today(situation.now, situation.zone)),
        facts=_facts(sheet, paper),
        lines=tuple(sheet.line(line) for line in document.lines[:MOST_LINES]),
        more_lines=max(0, len(document.lines) - MOST_LINES),
        warnings=(*_missing_money(sheet, paper), *situation.warnings),
        told=told,
        mentions=situation.approvers if told.ask else (),
        nobody=_nobody(situation) if told.ask else "",
        promise=_promise(situation, it, document.status) if live else "",
        buttons=_buttons(situation),
        history=_history(paper),
        summary=summary(sheet, document, situation),
        token=situation.token,
        refresh_for=situation.refresh_for if states.refreshes(situation) else (),
    )


def summary(sheet: Sheet, document: Document, situation: Situation) -> str:
    """Return the one plain line of a toast: what, whose, how much, and what about it."""
    names = (sheet.headed(document), sheet.party_of(document), sheet.amount_of(document))
    what = " · ".join(plain(name, 60) for name in names if name)
    return f"{what} {plain(states.toast(situation, document.status))}"


def _unnamed(sheet: Sheet, document: Document) -> str:
    party = sheet.party_word
    return f"{party} not told by Acumatica" if party else sheet.headed(document)


def _kind(sheet: Sheet, paper: Paper) -> str:
    status = paper.document.status
    words = sheet.statuses.get(status, status.lower())
    branch = paper.branch(sheet.branch_field)
    kind = f"{sheet.noun_of(paper.document)} {words}".strip()
    return f"{kind} · {branch}" if branch else kind


def _in_sentence(noun: str) -> str:
    return noun if noun.isupper() else noun[:1].lower() + noun[1:]


def _missing_money(sheet: Sheet, paper: Paper) -> tuple[str, ...]:
    wanted = sheet.money_expected or bool(paper.situation.verbs)
    if not wanted or sheet.amount_of(paper.document):
        return ()
    value = paper.document.money(sheet.amount_field)
    if value is None:
        return ("amount not told by Acumatica.",)
    return (f"amount not told by Acumatica: it says {money.amount(value)} without a currency.",)


def _facts(sheet: Sheet, paper: Paper) -> tuple[Fact, ...]:
    rows = ((title, read(paper)) for title, read in sheet.facts)
    facts = [Fact(title, parts) for title, parts in rows if parts]
    approvals = _approvals(paper.situation)[:MOST_APPROVALS]
    return (*facts[: MOST_FACTS - len(approvals)], *approvals)


def _approvals(situation: Situation) -> list[Fact]:
    """Return who must still approve, and who did; only an extended endpoint tells them."""
    waits = f"{joined(situation.waits_for)} (approval map)" if situation.waits_for else ""
    rows = [("Waits for", waits), *situation.decided]
    return [Fact(title, (Part(told),)) for title, told in rows if told]


def _nobody(situation: Situation) -> str:
    if situation.approvers:
        return ""
    unknown = "Nobody is known who may decide this." if states.is_live(situation) else ""
    return situation.approver_missing or unknown


def _promise(situation: Situation, it: str, status: str) -> str:
    return " ".join(verbs.promise(verb, it, status) for verb in situation.verbs)


def _buttons(situation: Situation) -> tuple[Button, ...]:
    opens = Button(OPEN_TITLE, url=situation.link) if safe_url(situation.link) else None
    return (*_asking(situation), *([opens] if opens else []))[:MOST_BUTTONS]


def _asking(situation: Situation) -> tuple[Button, ...]:
    if not states.is_live(situation):
        return ()
    if not situation.for_approver:
        return (Button("Review", verb=verbs.REVIEW),)
    return tuple(Button(verbs.label(verb), verb=verb) for verb in situation.verbs)


def _history(paper: Paper) -> str:
    situation, changed = paper.situation, paper.document.last_modified
    now, zone = situation.now, situation.zone
    return " · ".join(
        (
            f"Changed in Acumatica {days.clock(changed, now, zone)}",
            f"seen by Countersign {days.clock(situation.seen_at, now, zone)}",
            f"as of {days.anchored(situation.as_of, zone)}",
        )
    )
