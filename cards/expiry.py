"""What administrators are told when a secret, a certificate or a sign-in is about to end."""

from __future__ import annotations

from datetime import date
from typing import Any

from cards.days import far
from cards.language import Language, phrase

_SENTENCES = {
    "client secret": phrase(
        "The client secret Countersign proves itself to Teams with ({name}) ends: {when}. Make a"
        " new one in Entra, then run: uv run app.py secrets set {name}"
    ),
    "certificate": phrase(
        "The certificate Countersign proves itself to Teams with ({name}) ends: {when}. Add a new"
        " one in Entra, then run: uv run app.py secrets set {name}"
    ),
    "grant of the service": phrase(
        "Countersign's sign-in to Acumatica for {company} ends unless it is used before: {when}."
        " Should it end, run: uv run app.py connect {company}"
    ),
    "grant of a person": phrase(
        "The sign-in of {name} to Acumatica for {company} ends unless it is used before: {when}."
        " Should it end, they connect again with their next decision."
    ),
    "push secret": phrase(
        "The push secret of {company} ({name}) should be changed: {when}. Set a new one in"
        " Acumatica, and run: uv run app.py secrets set {name}"
    ),
}


def expiry_message(
    kind: str, name: str, company: str, *, ends: date, on: date, language: Language
) -> dict[str, Any]:
    """Return a message that something ends, when, and what to do."""
    when = far(ends, on, language)
    text = language.say(_SENTENCES[kind], name=name, company=company, when=when)
    return {"type": "message", "text": text, "textFormat": "plain"}
