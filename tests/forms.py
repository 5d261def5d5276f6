"""Opens dialogs and sends forms as a person's client does, and reads what came back."""

from __future__ import annotations

from typing import Any

from world import Witness, eventually, texts

Json = dict[str, Any]


async def fetch(
    witness: Witness, person: str, number: str, title: str, *, client: str = "new"
) -> Json:
    """Press a button that opens a dialog; returns what the client shows."""
    message = (await witness.card(number))["id"]
    return await press(witness, person, message, title, client=client)


async def press(
    witness: Witness, person: str, message: str, title: str, *, client: str = "new"
) -> Json:
    """Press a button of any message; returns what the client shows, and of which message."""
    body = {"person": person, "message": message, "button": title, "client": client}
    answer = await witness.post(f"{witness.teams}/_sandbox/press", body)
    return shown(answer) | {"message": message}


async def submit(witness: Witness, person: str, number: str, dialog: Json, **inputs: str) -> Json:
    """Send a form with its first button."""
    data = button(dialog["card"])
    return await answer_to(witness, person, dialog["message"], data, **inputs)


async def answer_to(witness: Witness, person: str, message: str, data: Json, **inputs: str) -> Json:
    """Send the data of a form's button; *message* is an id, or the number of a card's document."""
    if len(message) < 10:
        message = (await witness.card(message))["id"]
    body = {"person": person, "message": message, "data": data, "inputs": inputs}
    answer = await witness.post(f"{witness.teams}/_sandbox/dialog", body)
    return shown(answer) | {"message": message}


def shown(answer: Json) -> Json:
    """The dialog's card, or the text in its place."""
    assert answer["status"] in (200, 201, 202), answer
    task = (answer["body"] or {}).get("task", {})
    value = task.get("value")
    if task.get("type") == "continue":
        return {"card": value["card"]["content"], "title": value["title"], "text": ""}
    return {"card": None, "title": "", "text": value or ""}


def said(dialog: Json) -> str:
    """What a dialog ended with."""
    assert dialog["card"] is None, texts(dialog["card"])
    assert dialog["text"]
    return str(dialog["text"])


def button(card: Json, title: str = "") -> Json:
    """The data of a form's button, the first one unless *title* names another."""
    actions = [action for part in card["body"] for action in part.get("actions", ())]
    return next(dict(a["data"]) for a in actions if title in ("", a["title"]))


async def form_in_chat(witness: Witness, person: str, title: str) -> Json:
    """The newest form in somebody's own chat."""

    async def there() -> Json | None:
        found = [
            message
            for message in await witness.messages(person, "Countersign")
            if message["card"] and title in message["card"].get("fallbackText", "")
        ]
        return found[-1] if found else None

    found: Json = await eventually(there, f"a form {title!r} for {person}")
    return found
