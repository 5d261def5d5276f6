"""May this press decide? Judged on our own data; only the card token is believed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from acumatica_client.entities import CREATOR, EDITOR, entity_of
from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Document
from bot.core.decide import Two
from bot.core.deciders import same_person
from bot.core.people import People
from bot.core.plans import plan_for
from bot.core.routes import ALONE
from cards.refusals import Refusal
from storage.records import Decision, DecisionState, PostedCard, TeamsPerson


@dataclass(frozen=True, slots=True)
class Press:
    """One explicit press, as the gate let it in. Nothing else of the activity is trusted."""

    token: str
    verb: str
    person: str
    """aadObjectId of the sender; empty when the activity names no person."""
    conversation: str
    reply_to: str
    """Activity id of the message that carried the card."""
    reason: str = ""
    """Why, in the presser's words; only a form brings one."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a company's file says about who may decide."""

    card_age: timedelta = timedelta(days=30)
    allow_unknown_editor: bool = False
    """Go on although the ERP does not tell who entered or changed the document (I3)."""
    allow_unknown_login: bool = False
    """Let people connect a login although the ERP does not tell whose it is."""
    machine_users: frozenset[str] = frozenset()
    """Logins, in lower case, that are no person's: the service user's own edits above all."""
    want_reason: frozenset[str] = frozenset()
    """Verbs nobody may do without saying why."""


@dataclass(frozen=True, slots=True)
class OwnEdit:
    """The newest step that was done of a plan, as an edit of the document."""

    before: str
    """Who had last changed the document before it, as the ERP told it."""
    login: str = ""
    """The person's login it ran as; empty where the service's own user acts."""
    until: datetime | None = None
    """The document's stamp right after it; a later one is an edit of somebody's own."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What we know about the question a press answers."""

    company: str
    decision: Decision
    document: Document
    cards: tuple[PostedCard, ...]
    people: People
    rights: Rights
    now: datetime
    connected: Mapping[str, str] | None = None
    """Who let us act as which login; None where the service's own user acts."""
    resting: bool = False
    """Whether a backup was restored so lately that the ERP may still run an older call."""
    two: Two | None = None
    """Who must agree, where one person is not enough (I4)."""
    own_edit: OwnEdit | None = None
    """What the steps done so far of this plan, or of the one it resumes, did to the last edit."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The press may decide: these are the steps of its plan."""

    plan: tuple[str, ...]
    card: PostedCard


@dataclass(frozen=True, slots=True)
class Agree:
    """The press is the first of two: the question is handed on to *others*."""

    others: tuple[str, ...]
    card: PostedCard


def decide_press(press: Press, asked: Asked | None) -> Claim | Agree | Refusal:
    """Judge a press: the question it answers, the place it came from, the person, the document."""
    if not press.person:
        return Refusal.NOT_A_PERSON
    if asked is None:
        return Refusal.UNKNOWN_CARD
    card = find_card(asked.cards, press)
    if isinstance(card, Refusal):
        return card
    decision = asked.decision
    refusal = _of_question(press, asked) or may_decide(press.person, asked)
    if refusal is not None:
        return refusal
    if fingerprint(asked.company, asked.document) != decision.fingerprint:
        return Refusal.CHANGED
    steps = plan_for(asked.document, press.verb)
    if not steps:
        return Refusal.NOT_DOABLE
    # Judged last: whoever is told to give a reason may decide once they gave it.
    if press.verb in asked.rights.want_reason and not press.reason:
        return Refusal.NEEDS_REASON
    return _first_of_two(press, asked, card) or (
        second_refusal(press.person, press.verb, asked) or Claim(steps, card)
    )


def _first_of_two(press: Press, asked: Asked, card: PostedCard) -> Agree | Refusal | None:
    """Take a press as the first of two; None where one is enough, or it is the second."""
    if asked.two is None or press.verb in ALONE or asked.decision.agreed is not None:
        return None
    others = tuple(
        one
        for one in asked.two.seconds
        if not same_person(asked.people, one, press.person, asked.connected)
    )
    return Agree(others, card) if others else Refusal.NO_SECOND


def second_refusal(person_id: str, verb: str, asked: Asked) -> Refusal | None:
    """Say why a press may not be the second of two, None when it may, or one is enough (I4)."""
    if asked.two is None or verb in ALONE:
        return None
    agreed = asked.decision.agreed
    if agreed is None:
        return Refusal.ONLY_ONE
    if agreed.verb != verb:
        return Refusal.OTHER_VERB
    if same_person(asked.people, person_id, agreed.person, asked.connected):
        return Refusal.SAME_PERSON
    first = replace(asked, decision=replace(asked.decision, approvers=asked.two.firsts))
    return Refusal.FIRST_GONE if may_decide(agreed.person, first) else None


def may_ask(press: Press, asked: Asked | None) -> PostedCard | Refusal:
    """Say whether the presser may put a question about the document: whoever may see its card."""
    if not press.person:
        return Refusal.NOT_A_PERSON
    if asked is None:
        return Refusal.UNKNOWN_CARD
    card = find_card(asked.cards, press)
    if isinstance(card, Refusal):
        return card
    person = asked.people.by_id.get(press.person)
    if person is None:
        return Refusal.UNKNOWN_PERSON
    if person.guest:
        return Refusal.GUEST
    if asked.decision.state is not DecisionState.PENDING:
        return Refusal.ALREADY_DECIDED
    return card


def find_card(cards: Iterable[PostedCard], press: Press) -> PostedCard | Refusal:
    """Return the card that was pressed: it must stand where the press came from."""
    place = thread_base(press.conversation)
    here = [card for card in cards if thread_base(card.conversation) == place]
    if not here:
        return Refusal.WRONG_PLACE
    # A post that got no answer left no id: the first press tells it.
    for activity in (press.reply_to, ""):
        for card in here:
            if card.activity == activity:
                return card
    return Refusal.OLD_COPY


def thread_base(conversation: str) -> str:
    """Return the channel or chat a conversation id stands in, without its thread."""
    return conversation.partition(";messageid=")[0]


def _of_question(press: Press, asked: Asked) -> Refusal | None:
    decision = asked.decision
    if press.verb not in decision.verbs:
        return Refusal.UNKNOWN_VERB
    if decision.state is not DecisionState.PENDING:
        return Refusal.ALREADY_DECIDED
    agreed = decision.agreed.person if decision.agreed else ""
    if agreed and press.person == agreed and press.verb not in ALONE:
        return Refusal.SAME_PERSON
    if asked.now - decision.asked_at > asked.rights.card_age:
        return Refusal.TOO_OLD
    if asked.resting:
        return Refusal.RESTORED
    return None


def may_decide(person_id: str, asked: Asked) -> Refusal | None:
    """Say why *person_id* may not decide, None when they may (invariant I3)."""
    person = asked.people.by_id.get(person_id)
    if person is None:
        return Refusal.UNKNOWN_PERSON
    if person.guest:
        return Refusal.GUEST
    if not person.enabled:
        return Refusal.UNKNOWN_PERSON
    told = asked.people.override(person)
    if person_id not in asked.decision.approvers or not told.may_decide:
        return Refusal.NOT_APPROVER
    if told.limit is not None:
        amount = asked.document.money(entity_of(asked.document).amount_field)
        if amount is None or asked.document.text("CurrencyID") != told.currency:
            return Refusal.LIMIT_UNCLEAR
        if abs(amount) > told.limit:  # a credit of a million is no smaller a thing than a bill
            return Refusal.OVER_LIMIT
    refusal = _as_author(person, asked)
    return refusal or _as_connected(person_id, asked)


def _as_connected(person_id: str, asked: Asked) -> Refusal | None:
    """Say why we may not act as the presser's own Acumatica user."""
    if asked.connected is None:
        return None
    login = asked.connected.get(person_id)
    if login is None:
        return Refusal.NOT_CONNECTED
    return login_refusal(asked.people, person_id, login, asked.rights)


def login_refusal(people: People, person_id: str, login: str, rights: Rights) -> Refusal | None:
    """Say why *login* may not be taken for the Acumatica user of a person, None when it may."""
    person = people.by_id.get(person_id)
    if person is None:
        return Refusal.UNKNOWN_PERSON
    if login.lower() in rights.machine_users:
        return Refusal.OTHER_USER
    match people.is_author(person, login):
        case True:
            return None
        case False:
            return Refusal.OTHER_USER
    return None if rights.allow_unknown_login else Refusal.UNKNOWN_LOGIN


def _as_author(person: TeamsPerson, asked: Asked) -> Refusal | None:
    """Refuse who entered the document or last changed it, and whom that is not certain of.

    The system endpoint `Default` tells neither; `[company.extra]` names where one's own does.
    """
    names = {asked.document.text(CREATOR), last_editor(asked)}
    if asked.own_edit is not None:
        names.add(asked.own_edit.before)
    machines = asked.rights.machine_users
    answers = [
        False if name.lower() in machines else asked.people.is_author(person, name)
        for name in names
    ]
    # Two words for one person: as the employee list names them, and as they connected themselves.
    connected = (asked.connected or {}).get(person.aad_object_id, "").lower()
    if any(answers) or connected in {name.lower() for name in names if name}:
        return Refusal.CREATOR
    certain = None not in answers or asked.rights.allow_unknown_editor
    return None if certain else Refusal.EDITOR_UNKNOWN


def last_editor(asked: Asked) -> str:
    """Return who last changed the document, looking through what our own step did to it."""
    own, editor = asked.own_edit, asked.document.text(EDITOR)
    if own is None or own.until is None or asked.document.last_modified > own.until:
        return editor
    machine = editor.lower() in asked.rights.machine_users
    ours = asked.people.same_author(own.login, editor) if own.login else machine
    return own.before if ours else editor
