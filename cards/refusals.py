"""Why a press is not carried out, in words for the person who pressed."""

from __future__ import annotations

from enum import StrEnum


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
    CHANGED = "document changed"
    NOT_DOABLE = "not doable now"
    AUTOMATIC = "automatic refresh"


_WORDS = {
    Refusal.UNKNOWN_CARD: "This card no longer leads to a document. Please use the newest card.",
    Refusal.WRONG_PLACE: "This copy of the card was not posted here. Please use the original card.",
    Refusal.OLD_COPY: "This is an older copy of the card. Please use the newest one.",
    Refusal.UNKNOWN_VERB: "This card does not offer that. Nothing was changed.",
    Refusal.ALREADY_DECIDED: "This has been decided already. Nothing more was done.",
    Refusal.TOO_OLD: "This card is too old to decide from. Nothing was changed.",
    Refusal.NOT_A_PERSON: "Only a signed-in person can decide. Nothing was changed.",
    Refusal.GUEST: "Guests of the organisation cannot decide. Nothing was changed.",
    Refusal.UNKNOWN_PERSON: "Countersign does not know you yet, so nothing was changed.",
    Refusal.NOT_APPROVER: "This does not wait for you, so nothing was changed.",
    Refusal.NOT_YOURS: "This does not wait for you.",
    Refusal.OVER_LIMIT: "The amount is over your limit, so nothing was changed.",
    Refusal.LIMIT_UNCLEAR: (
        "Your limit is in another currency, or Acumatica told no amount. Nothing was changed."
    ),
    Refusal.EDITOR_UNKNOWN: (
        "Acumatica does not tell who entered this document, and your company does not allow"
        " deciding without that. Nothing was changed."
    ),
    Refusal.CREATOR: "You entered or last changed this document, so somebody else must decide.",
    Refusal.NOT_CONNECTED: (
        "Here the decision is carried out by your own Acumatica user, which is not connected yet."
        " I have sent you a link in our own chat. Nothing was changed."
    ),
    Refusal.OTHER_USER: "That Acumatica user is not yours. Nothing was changed.",
    Refusal.UNKNOWN_LOGIN: (
        "Acumatica does not tell whose user that is, and your company does not allow deciding"
        " without that. Nothing was changed."
    ),
    Refusal.CHANGED: "The document has just changed. Nothing was done; the card shows it anew.",
    Refusal.NOT_DOABLE: "The document no longer allows this. Nothing was done.",
    Refusal.AUTOMATIC: "Nothing was pressed.",
}


def refusal_text(refusal: Refusal, waits_for: str = "") -> str:
    """Return the sentence for a refusal; *waits_for* names who may decide, where that helps."""
    text = _WORDS[refusal]
    if waits_for and refusal in (Refusal.NOT_APPROVER, Refusal.NOT_YOURS):
        return f"{text} It waits for {waits_for}."
    return text
