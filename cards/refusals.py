"""Why a press is not carried out, in words for the person who pressed."""

from __future__ import annotations

from enum import StrEnum

from cards.language import Language, phrase


class Refusal(StrEnum):
    """Every reason a press can be refused for; the audit keeps the word."""

    UNKNOWN_CARD = "unknown card"
    WRONG_PLACE = "wrong conversation"
    OLD_COPY = "old copy"
    UNKNOWN_VERB = "unknown verb"
    ALREADY_DECIDED = "already decided"
    TOO_OLD = "card too old"
    NOT_A_PERSON = "not a person"
    GUEST = "guest"
    UNKNOWN_PERSON = "unknown person"
    NOT_APPROVER = "not an approver"
    NOT_YOURS = "not yours to decide"
    OVER_LIMIT = "over the limit"
    LIMIT_UNCLEAR = "limit cannot be compared"
    EDITOR_UNKNOWN = "creator and editor unknown"
    CREATOR = "created or edited it"
    NOT_CONNECTED = "no Acumatica user connected"
    OTHER_USER = "the connected user is somebody else's"
    UNKNOWN_LOGIN = "nobody tells whose user is connected"
    TAKEN_LOGIN = "somebody else has connected that user"
    NOT_LASTING = "no lasting permission"
    CHANGED = "document changed"
    NOT_DOABLE = "not doable now"
    AUTOMATIC = "automatic refresh"
    NEEDS_REASON = "no reason given"
    UNKNOWN_FORM = "unknown form"
    OLD_FORM = "form too old"
    NOT_YOUR_FORM = "somebody else's form"
    NOT_ASKED = "not the person asked"
    TOO_MANY = "too many questions"
    NOBODY_TO_ASK = "nobody to ask"
    UNKNOWN_REQUEST = "unknown kind of request"
    NOT_ADMINISTRATOR = "not an administrator"
    OWN_PRESS = "settles their own press"
    SAME_ADMINISTRATOR = "the same administrator twice"
    ALREADY_SETTLED = "already settled"
    NOTHING_RECORDED = "nothing recorded"
    OTHER_VERDICT = "something else is recorded"
    MAY_STILL_RUN = "the call may still run"
    NO_SECOND = "nobody else could agree"
    ONLY_ONE = "only one person agreed"
    SAME_PERSON = "the same person twice"
    OTHER_VERB = "something else was agreed to"
    FIRST_GONE = "who agreed first may no longer decide"
    RESTORED = "restored from a backup"
    TOO_FAST = "too many presses in a minute"


_WORDS = {
    Refusal.NO_SECOND: phrase(
        "At this amount a second person must agree, and nobody else is known who may. Nothing was"
        " changed."
    ),
    Refusal.ONLY_ONE: phrase(
        "By now a second person must agree at this amount, so nothing was done."
    ),
    Refusal.SAME_PERSON: phrase("You agreed to this already; a second person must agree, too."),
    Refusal.OTHER_VERB: phrase(
        "Somebody has agreed to something else here. Nothing was changed; the card shows it anew."
    ),
    Refusal.FIRST_GONE: phrase(
        "Who agreed to this first may no longer decide on it, so it is asked anew. Nothing was"
        " changed."
    ),
    Refusal.RESTORED: phrase(
        "Countersign was restored from a backup a moment ago and first reads what has happened in"
        " Acumatica since. Please press again in a quarter of an hour. Nothing was changed."
    ),
    Refusal.NOT_ADMINISTRATOR: phrase(
        "Only the administrators named in Countersign's settings can settle this. Nothing was"
        " recorded."
    ),
    Refusal.OWN_PRESS: phrase(
        "You pressed this yourself, so two other people must settle it. Nothing was recorded."
    ),
    Refusal.SAME_ADMINISTRATOR: phrase(
        "You recorded this yourself; a second administrator must confirm it."
    ),
    Refusal.ALREADY_SETTLED: phrase("This is settled already. Nothing more was recorded."),
    Refusal.NOTHING_RECORDED: phrase("Nobody has recorded anything yet."),
    Refusal.OTHER_VERDICT: phrase(
        "Somebody has just recorded something else. Nothing was changed; the card shows it anew."
    ),
    Refusal.MAY_STILL_RUN: phrase(
        "Acumatica may still carry it out for some minutes, so nothing was recorded. Please look"
        " again a quarter of an hour after it was sent."
    ),
    Refusal.TOO_FAST: phrase(
        "That was a lot of presses in one minute. Please wait a moment and press again. Nothing was"
        " changed."
    ),
    Refusal.UNKNOWN_CARD: phrase(
        "This card no longer leads to a document. Please use the newest card."
    ),
    Refusal.WRONG_PLACE: phrase(
        "This copy of the card was not posted here. Please use the original card."
    ),
    Refusal.OLD_COPY: phrase("This is an older copy of the card. Please use the newest one."),
    Refusal.UNKNOWN_VERB: phrase("This card does not offer that. Nothing was changed."),
    Refusal.ALREADY_DECIDED: phrase("This has been decided already. Nothing more was done."),
    Refusal.TOO_OLD: phrase("This card is too old to decide from. Nothing was changed."),
    Refusal.NOT_A_PERSON: phrase("Only a signed-in person can decide. Nothing was changed."),
    Refusal.GUEST: phrase("Guests of the organisation cannot decide. Nothing was changed."),
    Refusal.UNKNOWN_PERSON: phrase("Countersign does not know you yet, so nothing was changed."),
    Refusal.NOT_APPROVER: phrase("This does not wait for you, so nothing was changed."),
    Refusal.NOT_YOURS: phrase("This does not wait for you."),
    Refusal.OVER_LIMIT: phrase("The amount is over your limit, so nothing was changed."),
    Refusal.LIMIT_UNCLEAR: phrase(
        "Your limit is in another currency, or Acumatica told no amount. Nothing was changed."
    ),
    Refusal.EDITOR_UNKNOWN: phrase(
        "Acumatica does not tell who entered this document, and your company does not allow"
        " deciding without that. Nothing was changed."
    ),
    Refusal.CREATOR: phrase(
        "You entered or last changed this document, so somebody else must decide."
    ),
    Refusal.NOT_CONNECTED: phrase(
        "Here the decision is carried out by your own Acumatica user, which is not connected yet."
        " I have sent you a link in our own chat. Nothing was changed."
    ),
    Refusal.OTHER_USER: phrase("That Acumatica user is not yours. Nothing was changed."),
    Refusal.UNKNOWN_LOGIN: phrase(
        "Acumatica does not tell whose user that is, and your company does not allow deciding"
        " without that. Nothing was changed."
    ),
    Refusal.TAKEN_LOGIN: phrase("Somebody else has connected that user."),
    Refusal.NOT_LASTING: phrase(
        "Acumatica gave no lasting permission. Its administrator must allow refresh tokens for the"
        " connected application (SM303010)."
    ),
    Refusal.CHANGED: phrase(
        "The document has just changed. Nothing was done; the card shows it anew."
    ),
    Refusal.NOT_DOABLE: phrase("The document no longer allows this. Nothing was done."),
    Refusal.AUTOMATIC: phrase("Nothing was pressed."),
    Refusal.NEEDS_REASON: phrase(
        "Please say why first: I have sent you a form in our own chat. Nothing was changed."
    ),
    Refusal.UNKNOWN_FORM: phrase(
        "This form is no longer known. Please press the button on the card again."
    ),
    Refusal.OLD_FORM: phrase(
        "This form was open for too long. Nothing was changed; please press the button on the card"
        " again."
    ),
    Refusal.NOT_YOUR_FORM: phrase("This form was opened by somebody else. Nothing was changed."),
    Refusal.NOT_ASKED: phrase("This question was put to somebody else."),
    Refusal.TOO_MANY: phrase(
        "You have just asked several times here. Please wait for an answer first."
    ),
    Refusal.NOBODY_TO_ASK: phrase("Nobody is known in Teams whom you could ask about this."),
    Refusal.UNKNOWN_REQUEST: phrase("Countersign does not know this kind of request."),
}

_NAMING = frozenset({Refusal.NOT_APPROVER, Refusal.NOT_YOURS, Refusal.SAME_PERSON})
"""Refusals after which it helps to know for whom it waits."""
SENTENCES = frozenset(_WORDS.values())
"""In English, as a decision keeps the one it ended with."""


def refusal_text(refusal: Refusal, language: Language, waits_for: str = "") -> str:
    """Return the sentence for a refusal; *waits_for* names who may decide, where that helps."""
    text = language.say(_WORDS[refusal])
    if waits_for and refusal in _NAMING:
        return f"{text} {language.say('It waits for {who}.', who=waits_for)}"
    return text
