"""May this press decide? Every reason to refuse, and what is left when none applies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from core_values import (
    ANN,
    BEN,
    COMPANY,
    GUS,
    NOW,
    PEOPLE,
    bill,
    card_at,
    decision_on,
    document_of,
    people_of,
)
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.entities import ENTITIES
from acumatica_client.extras import CREATOR, EDITOR
from bot.core.people import Override, match_people
from bot.core.plans import PLANS, STEPS
from bot.core.presses import (
    Asked,
    Claim,
    OwnEdit,
    Press,
    Rights,
    decide_press,
    find_card,
    last_editor,
    login_refusal,
    may_decide,
    thread_base,
)
from cards.language import ENGLISH
from cards.refusals import Refusal, refusal_text
from storage.records import DecisionState, StoredEmployee

PRESS = Press("token-1", "release", ANN.aad_object_id, "19:ap;messageid=a-1", "a-1")
ASKED = Asked(
    company=COMPANY,
    decision=decision_on(bill()),
    document=bill(),
    cards=(card_at(),),
    people=PEOPLE,
    rights=Rights(allow_unknown_editor=True),
    now=NOW,
)


def limited(limit: str, currency: str = "USD") -> Asked:
    told = Override("ann@acme.example", limit=Decimal(limit), currency=currency)
    return replace(ASKED, people=people_of(overrides=(told,)))


def held_by(asked: Asked, document: object) -> Asked:
    return replace(asked, document=document)


def test_the_right_person_on_the_right_card_gets_the_plan() -> None:
    assert decide_press(PRESS, ASKED) == Claim(("remove_hold", "release"), card_at())


def test_a_bill_that_is_balanced_meanwhile_needs_no_hold_removed() -> None:
    asked = replace(ASKED, document=bill("Balanced"))

    assert decide_press(PRESS, asked) == Claim(("release",), card_at())


OF_FORMS = {
    Refusal.UNKNOWN_FORM, Refusal.OLD_FORM, Refusal.NOT_YOUR_FORM, Refusal.NOT_ASKED,
    Refusal.TOO_MANY, Refusal.NOBODY_TO_ASK,
}  # fmt: skip
"""What only a form is refused for: `test_core_dialogs.py`, `test_dialogs.py`."""
OF_ADMINISTRATORS = {
    Refusal.NOT_ADMINISTRATOR, Refusal.OWN_PRESS, Refusal.SAME_ADMINISTRATOR,
    Refusal.ALREADY_SETTLED, Refusal.NOTHING_RECORDED, Refusal.OTHER_VERDICT,
    Refusal.MAY_STILL_RUN,
}  # fmt: skip
"""What only an administrator's card is refused for: `test_core_settlements.py`."""
OF_TWO = {
    Refusal.NO_SECOND, Refusal.ONLY_ONE, Refusal.SAME_PERSON, Refusal.OTHER_VERB,
    Refusal.FIRST_GONE,
}  # fmt: skip
"""What is refused only where two must agree: `test_core_two_people.py`."""
REASON_WANTED = Rights(allow_unknown_editor=True, want_reason=frozenset({"release"}))

REFUSED: dict[str, tuple[Refusal, Press, Asked | None]] = {
    "nobody's press": (Refusal.NOT_A_PERSON, replace(PRESS, person=""), ASKED),
    "nobody's press of nothing": (Refusal.NOT_A_PERSON, replace(PRESS, person=""), None),
    "a token that leads nowhere": (Refusal.UNKNOWN_CARD, PRESS, None),
    "forwarded": (Refusal.WRONG_PLACE, replace(PRESS, conversation="19:other"), ASKED),
    "no card posted": (Refusal.WRONG_PLACE, PRESS, replace(ASKED, cards=())),
    "an older copy": (Refusal.OLD_COPY, replace(PRESS, reply_to="a-0"), ASKED),
    "a verb not offered": (Refusal.UNKNOWN_VERB, replace(PRESS, verb="approve"), ASKED),
    "a verb never heard of": (Refusal.UNKNOWN_VERB, replace(PRESS, verb="x"), ASKED),
    "an old question": (
        Refusal.TOO_OLD, PRESS, replace(ASKED, now=NOW + timedelta(days=30)),
    ),
    "a stranger": (Refusal.UNKNOWN_PERSON, replace(PRESS, person="aad-zoe"), ASKED),
    "a guest": (Refusal.GUEST, replace(PRESS, person=GUS.aad_object_id), ASKED),
    "somebody else": (Refusal.NOT_APPROVER, replace(PRESS, person=BEN.aad_object_id), ASKED),
    "somebody the file forbids": (
        Refusal.NOT_APPROVER, PRESS,
        replace(ASKED, people=people_of(overrides=(Override(ANN.email, may_decide=False),))),
    ),
    "over the limit": (Refusal.OVER_LIMIT, PRESS, limited("1249.99")),
    "another currency": (Refusal.LIMIT_UNCLEAR, PRESS, limited("9999", "EUR")),
    "no amount told": (
        Refusal.LIMIT_UNCLEAR, PRESS, held_by(limited("9999"), bill(Amount=None)),
    ),
    "no currency told": (
        Refusal.LIMIT_UNCLEAR, PRESS, held_by(limited("9999"), bill(CurrencyID=None)),
    ),
    "no reason, where one is wanted": (
        Refusal.NEEDS_REASON, PRESS, replace(ASKED, rights=REASON_WANTED),
    ),
    "own user not connected": (
        Refusal.NOT_CONNECTED, PRESS, replace(ASKED, connected={"somebody else": "ben"}),
    ),
    "connected as somebody else": (
        Refusal.OTHER_USER, PRESS, replace(ASKED, connected={PRESS.person: "E02"}),
    ),
    "connected as the service": (
        Refusal.OTHER_USER,
        PRESS,
        replace(
            ASKED,
            connected={PRESS.person: "Robot"},
            rights=Rights(allow_unknown_editor=True, machine_users=frozenset({"robot"})),
        ),
    ),
    "connected as nobody known": (
        Refusal.UNKNOWN_LOGIN, PRESS, replace(ASKED, connected={PRESS.person: "stranger"}),
    ),
    "editor unknown": (Refusal.EDITOR_UNKNOWN, PRESS, replace(ASKED, rights=Rights())),
    "changed since asked": (Refusal.CHANGED, PRESS, held_by(ASKED, bill(Amount=Decimal(1251)))),
    "not doable now": (Refusal.NOT_DOABLE, PRESS, held_by(ASKED, bill("Voided"))),
    "a status unheard of": (Refusal.NOT_DOABLE, PRESS, held_by(ASKED, bill("Frobnicated"))),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_each_reason_to_refuse_is_reached(case: str) -> None:
    expected, press, asked = REFUSED[case]

    assert decide_press(press, asked) is expected


@pytest.mark.parametrize("state", [s for s in DecisionState if s is not DecisionState.PENDING])
def test_a_question_that_is_not_open_is_decided_already(state: DecisionState) -> None:
    asked = replace(ASKED, decision=decision_on(bill(), state))

    assert decide_press(PRESS, asked) is Refusal.ALREADY_DECIDED


def test_every_reason_of_a_press_is_tried_here() -> None:
    reached = {case[0] for case in REFUSED.values()} | {Refusal.ALREADY_DECIDED}

    # Creator needs an ERP that tells it; a refresh or a review never comes to be judged.
    unjudged = {Refusal.CREATOR, Refusal.AUTOMATIC, Refusal.NOT_YOURS, Refusal.UNKNOWN_REQUEST}
    unjudged |= {Refusal.TAKEN_LOGIN, Refusal.NOT_LASTING, *OF_FORMS}  # of forms and sign-ins
    unjudged |= OF_ADMINISTRATORS
    unjudged |= {Refusal.TOO_FAST, Refusal.RESTORED}  # said before a press is looked at
    unjudged |= OF_TWO
    assert set(Refusal) - reached == unjudged


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_a_sentence(refusal: Refusal) -> None:
    assert refusal_text(refusal, ENGLISH).endswith(".")
    assert refusal_text(refusal, ENGLISH, "Ann")


def test_a_limit_that_is_just_enough_is_enough() -> None:
    assert isinstance(decide_press(PRESS, limited("1250")), Claim)


def test_a_question_is_as_old_as_allowed_to_the_second() -> None:
    age = NOW - ASKED.decision.asked_at
    asked = replace(ASKED, rights=Rights(card_age=age, allow_unknown_editor=True))

    assert isinstance(decide_press(PRESS, asked), Claim)
    assert decide_press(PRESS, replace(asked, now=NOW + timedelta(seconds=1))) is Refusal.TOO_OLD


# --- which card -----------------------------------------------------------------------------


def test_a_card_whose_id_nobody_told_is_found_by_its_place() -> None:
    card = card_at(activity="")

    assert find_card([card], PRESS) == card


def test_a_card_that_has_the_id_goes_before_one_that_has_none() -> None:
    unknown, exact = card_at("channel:a", activity=""), card_at("channel:b")

    assert find_card([unknown, exact], PRESS) == exact
    assert find_card([exact, unknown], PRESS) == exact


def test_a_press_that_names_no_message_finds_only_a_card_without_id() -> None:
    press = replace(PRESS, reply_to="")

    assert find_card([card_at()], press) is Refusal.OLD_COPY
    assert find_card([card_at(), card_at("x", activity="")], press) == card_at("x", activity="")


def test_a_thread_belongs_to_its_channel() -> None:
    assert thread_base("19:ap;messageid=7") == thread_base("19:ap") == "19:ap"


# --- nothing gets past ----------------------------------------------------------------------

words = st.sampled_from(["", "token-1", "release", "approve", "19:ap", "a-1", "x"])
someone = st.sampled_from(["", ANN.aad_object_id, BEN.aad_object_id, GUS.aad_object_id, "aad-zoe"])
presses = st.builds(Press, words, words, someone, words, words)


@given(
    press=presses,
    status=st.sampled_from(sorted(ENTITIES["Bill"].statuses)),
    state=st.sampled_from(list(DecisionState)),
    amount=st.sampled_from([Decimal(1250), Decimal(9999), None]),
    allow=st.booleans(),
)
def test_whatever_is_claimed_was_asked_of_that_person_on_that_document(
    press: Press, status: str, state: DecisionState, amount: Decimal | None, allow: bool
) -> None:
    asked = replace(
        ASKED,
        decision=decision_on(bill(), state),
        document=bill(status, Amount=amount),
        rights=Rights(allow_unknown_editor=allow),
    )

    judged = decide_press(press, asked)

    if isinstance(judged, Claim):
        assert press.person in asked.decision.approvers
        assert press.verb in asked.decision.verbs
        assert state is DecisionState.PENDING
        assert amount == Decimal(1250)
        assert status in STEPS["Bill", judged.plan[0]].doable
        assert allow


@pytest.mark.parametrize(("entity", "verb"), PLANS)
def test_a_press_claims_exactly_in_the_statuses_its_plan_can_start_from(
    entity: str, verb: str
) -> None:
    for status in ENTITIES[entity].statuses:
        document = document_of(entity, status)
        asked = replace(ASKED, document=document, decision=decision_on(document, verbs=(verb,)))

        judged = decide_press(replace(PRESS, verb=verb), asked)

        starts = any(status in STEPS[entity, name].doable for name in PLANS[entity, verb])
        assert isinstance(judged, Claim) is starts


@given(limit=st.decimals(0, 5000, places=2), amount=st.decimals(-5000, 5000, places=2))
def test_a_limit_is_never_overstepped(limit: Decimal, amount: Decimal) -> None:
    asked = held_by(limited(str(limit)), bill(Amount=amount))

    refused = may_decide(ANN.aad_object_id, asked)

    assert (refused is Refusal.OVER_LIMIT) is (abs(amount) > limit)


# --- who entered it, who changed it ---------------------------------------------------------

STAFF = tuple(
    StoredEmployee(f"E0{n}", one.name, one.email, active=True, login=one.name[:3].lower())
    for n, one in enumerate((ANN, BEN), 1)
)
STRICT = Rights(machine_users=frozenset({"countersign"}))
LENIENT = replace(STRICT, allow_unknown_editor=True)


def written_by(creator: str | None, editor: str | None, rights: Rights = STRICT) -> Asked:
    return replace(
        ASKED,
        document=bill(created_by=creator, modified_by=editor),
        people=match_people(STAFF, [ANN, BEN]),
        rights=rights,
    )


@pytest.mark.parametrize("editor", ["ben", "BEN", "Countersign"])
@pytest.mark.parametrize("creator", ["ben", "countersign"])
def test_somebody_elses_document_may_be_decided_without_an_explicit_setting(
    creator: str, editor: str
) -> None:
    assert may_decide(ANN.aad_object_id, written_by(creator, editor)) is None


@pytest.mark.parametrize("rights", [STRICT, LENIENT])
@pytest.mark.parametrize(("creator", "editor"), [("ann", "ben"), ("ben", "Ann"), ("ann", None)])
def test_who_entered_or_last_changed_it_must_leave_it_to_somebody_else(
    creator: str, editor: str | None, rights: Rights
) -> None:
    asked = written_by(creator, editor, rights)

    assert may_decide(ANN.aad_object_id, asked) is Refusal.CREATOR


@pytest.mark.parametrize(
    ("creator", "editor"), [("ben", None), (None, "ben"), ("ben", "somebody"), ("", "")]
)
def test_a_name_that_is_not_told_or_known_needs_the_explicit_setting(
    creator: str | None, editor: str | None
) -> None:
    refused = may_decide(ANN.aad_object_id, written_by(creator, editor))

    assert refused is Refusal.EDITOR_UNKNOWN
    assert may_decide(ANN.aad_object_id, written_by(creator, editor, LENIENT)) is None


STEPPED = OwnEdit(before="ben", login="ann", until=bill().last_modified)


def test_a_step_done_as_the_person_is_no_edit_of_theirs() -> None:
    asked = replace(written_by("ben", "ann"), own_edit=STEPPED)

    assert may_decide(ANN.aad_object_id, asked) is None
    assert may_decide(ANN.aad_object_id, replace(asked, own_edit=None)) is Refusal.CREATOR
    by_name = replace(asked, document=bill(created_by="ben", modified_by="Ann Whitfield"))
    assert may_decide(ANN.aad_object_id, by_name) is None


@pytest.mark.parametrize("rights", [STRICT, LENIENT])
@pytest.mark.parametrize(
    "step",
    [
        replace(STEPPED, until=bill().last_modified - timedelta(milliseconds=3)),
        replace(STEPPED, until=None),
        replace(STEPPED, login="ben"),
        replace(STEPPED, login=""),
        OwnEdit("ben"),
    ],
)
def test_an_edit_that_no_step_of_ours_explains_is_the_persons_own(
    step: OwnEdit, rights: Rights
) -> None:
    asked = replace(written_by("ben", "ann", rights), own_edit=step)

    assert may_decide(ANN.aad_object_id, asked) is Refusal.CREATOR


@pytest.mark.parametrize(
    ("editor", "login"), [("ben", "ben"), ("countersign", ""), ("somebody", "somebody")]
)
def test_a_step_of_ours_does_not_hide_who_had_changed_the_document_before(
    editor: str, login: str
) -> None:
    step = replace(STEPPED, before="ann", login=login)
    asked = replace(written_by("ben", editor), own_edit=step)

    assert last_editor(asked) == "ann"
    assert may_decide(ANN.aad_object_id, asked) is Refusal.CREATOR
    later = replace(asked, own_edit=replace(step, until=None))
    assert last_editor(later) == editor
    assert may_decide(ANN.aad_object_id, later) is Refusal.CREATOR


def test_a_step_of_ours_does_not_hide_who_entered_the_document() -> None:
    asked = replace(written_by("ann", "ann"), own_edit=STEPPED)

    assert may_decide(ANN.aad_object_id, asked) is Refusal.CREATOR


def test_an_editor_before_our_step_whom_nobody_knows_needs_the_explicit_setting() -> None:
    asked = replace(written_by("ben", "countersign"), own_edit=OwnEdit(""))

    assert may_decide(ANN.aad_object_id, asked) is Refusal.EDITOR_UNKNOWN


def test_who_entered_a_document_by_the_login_they_connected_cannot_decide_it() -> None:
    entered = held_by(ASKED, bill(**{CREATOR: "ann.admin", EDITOR: "somebody"}))
    rights = Rights(allow_unknown_editor=True, allow_unknown_login=True)

    own = replace(entered, rights=rights, connected={PRESS.person: "Ann.Admin"})
    others = replace(entered, rights=rights, connected={PRESS.person: "ann.other"})

    assert decide_press(PRESS, own) is Refusal.CREATOR
    assert not isinstance(decide_press(PRESS, others), Refusal)


def test_a_disabled_account_may_not_press_though_it_was_asked() -> None:
    off = replace(ANN, enabled=False)

    asked = replace(ASKED, people=people_of(off, BEN))

    assert decide_press(PRESS, asked) is Refusal.UNKNOWN_PERSON


def test_nobody_is_taken_for_the_acumatica_user_of_somebody_unknown() -> None:
    assert login_refusal(PEOPLE, "gone", "ann", Rights()) is Refusal.UNKNOWN_PERSON


def test_a_login_is_its_owners_and_nobody_elses() -> None:
    ann = ANN.aad_object_id
    known = match_people((StoredEmployee("E01", "Ann", ANN.email, True, "awhit"),), (ANN, BEN))

    assert login_refusal(known, ann, "AWHIT", Rights()) is None
    assert login_refusal(known, BEN.aad_object_id, "awhit", Rights()) is Refusal.OTHER_USER
    assert login_refusal(known, ann, "stranger", Rights()) is Refusal.UNKNOWN_LOGIN
    assert login_refusal(known, ann, "stranger", Rights(allow_unknown_login=True)) is None
