"""From a document's sheet and its situation to the view: what is the same for every type."""

from __future__ import annotations

from dataclasses import replace

from acumatica_client.models import Document
from cards import days, money, reasons, states, verbs
from cards.discreet import amount_told, discreet, may_tell, named
from cards.language import Language, phrase
from cards.privacy import Privacy
from cards.sheet import Paper, Sheet
from cards.statuses import status_words
from cards.text import joined, plain, safe_url
from cards.toasts import toast
from cards.view import Button, CardView, Fact, Part, Situation

MOST_FACTS = 6
MOST_APPROVALS = 3
MOST_LINES = 12
MOST_BUTTONS = 3
APPROVED_BY, REJECTED_BY = phrase("Approved by"), phrase("Rejected by")


def fill(sheet: Sheet, paper: Paper) -> CardView:
    """Return the view of one document, ready to be drawn."""
    told = replace(paper, situation=discreet(paper.situation))
    match paper.situation.discretion.privacy:
        case Privacy.NONE:
            return _bare(sheet, told)
        case Privacy.BAND:
            return replace(_whole(sheet, told), lines=(), more_lines=0)
        case Privacy.FULL:
            return _whole(sheet, told)


def summary(sheet: Sheet, document: Document, situation: Situation) -> str:
    """Return the one plain line of a toast: what, whose, how much, and what about it."""
    shown = discreet(situation)
    what = " · ".join(
        plain(name, 60) for name in named(sheet, document, shown.language, shown.discretion)
    )
    return f"{what} {plain(toast(shown, document.status))}"


def _whole(sheet: Sheet, paper: Paper) -> CardView:
    document, situation, language = paper.document, paper.situation, paper.language
    code, name = document.text(sheet.party_field), document.around.party_name
    return replace(
        _asked(sheet, paper),
        kind=_kind(sheet, paper),
        party=name or code or _unnamed(sheet, paper),
        party_code=code if name and name != code else "",
        amount=amount_told(sheet, document, language, situation.discretion),
        due=sheet.day(document, days.today(situation.now, situation.zone), language),
        facts=_facts(sheet, paper),
        lines=tuple(sheet.line(line, language) for line in document.lines[:MOST_LINES]),
        more_lines=max(0, len(document.lines) - MOST_LINES),
        warnings=(*_missing_money(sheet, paper), *situation.warnings),
    )


def _bare(sheet: Sheet, paper: Paper) -> CardView:
    """Return what may be known by everybody: what kind waits, for whom, and since when."""
    situation, language = paper.situation, paper.language
    since = days.clock(situation.seen_at, situation.now, situation.zone, language)
    waits = _waits_for(situation)
    return replace(
        _asked(sheet, paper),
        kind=language.say("Details are not shown here"),
        party=_noun_and_status(sheet, paper),
        due=language.say("since {time}", time=since),
        facts=tuple(Fact(title, (Part(told),)) for title, told in waits),
    )


def _asked(sheet: Sheet, paper: Paper) -> CardView:
    """Return the parts of a view that tell nothing of what is in the document."""
    document, situation = paper.document, paper.situation
    it = paper.language.within(sheet.noun_of(document, paper.language))
    told = states.told(situation, it, document.status)
    return CardView(
        kind="",
        party="",
        party_code="",
        amount="",
        due="",
        told=told,
        mentions=situation.approvers if told.ask else (),
        nobody=_nobody(situation) if told.ask else "",
        promise=_promise(situation, it, document.status) if states.is_live(situation) else "",
        buttons=_buttons(situation),
        remarks=situation.remarks,
        history=_history(paper),
        summary=summary(sheet, document, situation),
        token=situation.token,
        refresh_for=situation.refresh_for if states.refreshes(situation) else (),
        language=paper.language,
    )


def _unnamed(sheet: Sheet, paper: Paper) -> str:
    untold = paper.language.term(sheet.party_untold) if sheet.party_untold else ""
    return untold or sheet.headed(paper.document, paper.language)


def _noun_and_status(sheet: Sheet, paper: Paper) -> str:
    status, language = paper.document.status, paper.language
    words = status_words(status, sheet.statuses.get(status, ""), language)
    noun = sheet.noun_of(paper.document, language)
    return language.say("{noun} {status}", noun=noun, status=words).strip()


def _kind(sheet: Sheet, paper: Paper) -> str:
    branch = paper.branch(sheet.branch_field)
    kind = _noun_and_status(sheet, paper)
    return f"{kind} · {branch}" if branch else kind


def _missing_money(sheet: Sheet, paper: Paper) -> tuple[str, ...]:
    document, situation, say = paper.document, paper.situation, paper.language.say
    wanted = sheet.money_expected or bool(situation.verbs)
    if not wanted or amount_told(sheet, document, paper.language, situation.discretion):
        return ()
    value = document.money(sheet.amount_field)
    if value is None or situation.discretion.privacy is not Privacy.FULL:
        return (say("amount not told by Acumatica."),)
    amount = money.amount(value, paper.language)
    return (
        say("amount not told by Acumatica: it says {amount} without a currency.", amount=amount),
    )


def _facts(sheet: Sheet, paper: Paper) -> tuple[Fact, ...]:
    rows = (row for row in sheet.facts if may_tell(row[0], paper.situation))
    read = ((paper.language.term(title), read(paper)) for title, read in rows)
    facts = [Fact(title, parts) for title, parts in read if parts]
    approvals = _approvals(paper.situation)[:MOST_APPROVALS]
    return (*facts[: MOST_FACTS - len(approvals)], *approvals)


def _approvals(situation: Situation) -> list[Fact]:
    """Return who must still approve, and who did; only an extended endpoint tells them."""
    decided = ((situation.language.term(title), told) for title, told in situation.decided)
    return [
        Fact(title, (Part(told),)) for title, told in (*_waits_for(situation), *decided) if told
    ]


def _waits_for(situation: Situation) -> tuple[tuple[str, str], ...]:
    if not situation.waits_for:
        return ()
    say = situation.language.say
    names = joined(situation.waits_for, situation.language)
    return ((say("Waits for"), say("{names} (approval map)", names=names)),)


def _nobody(situation: Situation) -> str:
    if situation.approvers:
        return ""
    unknown = reasons.UNASKED if states.is_live(situation) else ""
    return situation.language.term(situation.approver_missing or unknown)


def _promise(situation: Situation, it: str, status: str) -> str:
    told = (verbs.promise(verb, it, status, situation.language) for verb in situation.verbs)
    return " ".join(told)


def _buttons(situation: Situation) -> tuple[Button, ...]:
    title = situation.language.say("Open in Acumatica")
    opens = Button(title, url=situation.link) if safe_url(situation.link) else None
    return (*_asking(situation)[:MOST_BUTTONS], *([opens] if opens else []))


def _asking(situation: Situation) -> tuple[Button, ...]:
    if not states.is_live(situation):
        return ()
    language = situation.language
    ask = Button(language.say("Ask a question…"), verb=verbs.ASK, opens_form=True)
    asks = (ask,) if situation.may_ask else ()
    if situation.for_approver:
        return (*(_deciding(verb, language) for verb in situation.verbs), *asks)
    return asks or (Button(language.say("Review"), verb=verbs.REVIEW),)


def _deciding(verb: str, language: Language) -> Button:
    form = verbs.words(verb).form
    if form:
        return Button(language.term(form), verb=verb, opens_form=True)
    return Button(verbs.label(verb, language), verb=verb)


def _history(paper: Paper) -> str:
    situation, language = paper.situation, paper.language
    now, zone = situation.now, situation.zone
    return language.say(
        "Changed in Acumatica {changed} · seen by Countersign {seen} · as of {read}",
        changed=days.clock(paper.document.last_modified, now, zone, language),
        seen=days.clock(situation.seen_at, now, zone, language),
        read=days.anchored(situation.as_of, zone, language),
    )
