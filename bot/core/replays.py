"""What trying one delivery again would mean, and for which kinds it means nothing. Pure.

A replay repeats a delivery, never a decision (invariant I24): it is a new attempt of the same
message, with its key and its place in the order, and the card is drawn when it leaves.
"""

from __future__ import annotations

from storage.records import Delivery

ON_ITS_WAY = "is on its way; nothing to do"
NEVER = {
    "say": "answered what somebody typed then; they can ask again",
    "connect": "was a link to sign in with; the next press sends a new one",
}
"""Messages that say what was true once; sent later they would mislead."""
WILL = {
    "post": "posts the card as it is now, where it was to go",
    "update": "brings the card up to date",
    "nudge": "reminds those the card waits for, if it still does",
    "tell": "sends the message to the person's own chat",
    "push": "reads the push again",
    "look": "looks at the document in Acumatica again",
}


def refusal(delivery: Delivery) -> str:
    """Say why a delivery is not tried again; empty when it is."""
    if delivery.id.startswith("d"):
        return _of_decision(delivery)
    if delivery.state == "waiting":
        return ON_ITS_WAY
    return NEVER.get(delivery.what, "")


def promise(delivery: Delivery) -> str:
    """Say what trying a delivery again does."""
    told = WILL.get(delivery.what, f"sends the {delivery.what} again")
    if delivery.state == "maybe":
        return f"{told}; if it did arrive, it stands there twice and the older one is inert"
    return told


def _of_decision(delivery: Delivery) -> str:
    if delivery.state == "waiting":
        return "is being carried out; a decision is never replayed"
    return "waits for two administrators, in Teams; a decision is never replayed"
