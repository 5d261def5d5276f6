"""What happens while the service dies: the reference story in chapters, each with new documents.

A chapter can be told again and again in one world, and ends only when what it promises has come
true, however often the service died meanwhile.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from html import unescape
from typing import Any

from cryptography.fernet import Fernet
from forms import button as button_of
from people import UNCLEAR, People
from world import ANN, BEN, DEV, EAST, ERIN, FARID, PASSWORD, World, buttons, texts

from deployment.sandbox import acumatica

Json = dict[str, Any]
Chapter = Callable[[People], Awaitable[None]]


# --- the company acts as itself ---


async def release(people: People) -> None:
    """A bill on hold is released: remove hold, release, a card that says so."""
    number = await people.bill()
    await people.decide(BEN, number, "Release", "Released by Ben Ortiz")


async def push_and_poll(people: People) -> None:
    """One change comes by push, one by polling alone, one twice."""
    witness = people.witness
    await witness.push(duplicate=1)
    number = await people.bill(880.0)
    await people.sees(number, BEN, "this waits for you")
    await witness.push(on=False)
    await witness.change({"Amount": 99.0}, number)
    await people.sees(number, BEN, "99.00 USD")
    await witness.push(on=True)
    await witness.change({"Status": "Open"}, number, by="erin")
    await people.sees(number, BEN, "Bill open")


async def order(people: People) -> None:
    """A purchase order became open in the ERP: a card tells it."""
    # What was open before anybody followed orders is no news.
    await people.lives.until(lambda: _follows_orders(people), "purchase orders are followed")
    fields = {"VendorID": "V000000021", "OrderTotal": 500.0, "Branch": "EAST"}
    number = await people.witness.change(fields, entity="PurchaseOrder")
    await people.witness.change({"Status": "Open"}, number, entity="PurchaseOrder", by="erin")
    await people.sees(number, BEN, "500.00")


async def _follows_orders(people: People) -> bool:
    def read() -> bool:
        asked = "SELECT 1 FROM watermarks WHERE entity = 'PurchaseOrder'"
        with (
            suppress(sqlite3.OperationalError),  # before the first life there is none
            closing(sqlite3.connect(f"{people.lives.store.as_uri()}?mode=ro", uri=True)) as store,
        ):
            return store.execute(asked).fetchone() is not None
        return False

    return await asyncio.to_thread(read)


async def reply(people: People) -> None:
    """A reply under a card becomes part of its story; Graph tells of it."""
    await people.lives.until(lambda: _subscribed(people), "the channel is subscribed")
    number = await people.bill(640.0)
    card = await people.sees(number, BEN, "this waits for you")
    words = f"freight is missing on {number}"
    await people.send("subscriptions", {"event": "missed"})  # so that whole threads are read, too

    async def told() -> bool:
        if words in await people.told(number, BEN):
            return True
        body = {
            "person": DEV, "conversation": EAST, "text": words, "thread": card["id"],
            "mention": False,
        }  # fmt: skip
        if not said:
            said.append(await people.send("say", body))
        return False

    said: list[Json] = []
    await people.lives.until(told, f"the card of {number} shows what Dev wrote")
    await people.decide(BEN, number, "Release", "Released by Ben Ortiz")


async def _subscribed(people: People) -> bool:
    told = await people.witness.get(f"{people.witness.teams}/_sandbox/subscriptions")
    return any("purchasing-east" in one["resource"] for one in told["subscriptions"])


async def settle(people: People) -> None:
    """What nobody can tell is settled by two administrators, and pressed again."""
    number = await people.bill(720.0)
    await people.sees(number, BEN, "this waits for you")
    await people.witness.erp_fault("status:204", path="ReleaseBill")

    await people.decide(BEN, number, "Release", UNCLEAR, "Released by Ben Ortiz")
    await people.decide(BEN, number, "Release", "Released by Ben Ortiz")


# --- the company acts as the person ---


async def connect(people: People, person: str = ERIN) -> None:
    """Somebody's own Acumatica user is disconnected and connected anew."""
    chat = await _chat(people, person)

    await _say_until(people, person, chat, "disconnect", ("disconnected", "not connected"))
    await connected(people, person)


async def connected(people: People, person: str) -> None:
    """Have somebody connect, by a link they are sent when they press."""
    chat = await _chat(people, person)
    login = person.partition("@")[0]

    async def done() -> bool:
        if "Connected." in await _last_words(people, person):
            return True
        link = await _link(people, person)
        if not link:
            await people.send("say", {"person": person, "conversation": chat, "text": "connect"})
            return False
        number = await _sign_in(people, link, login)
        if number:
            words = f"connect {number}"
            await people.send("say", {"person": person, "conversation": chat, "text": words})
        else:
            await people.send("say", {"person": person, "conversation": chat, "text": "connect"})
        await asyncio.sleep(0.3)
        return False

    await people.lives.until(done, f"{person} is connected")


async def _say_until(
    people: People, person: str, chat: str, text: str, answers: tuple[str, ...]
) -> None:
    async def told() -> bool:
        said = (await _last_words(people, person)).lower()
        if any(words in said for words in answers):
            return True
        await people.send("say", {"person": person, "conversation": chat, "text": text})
        await asyncio.sleep(0.3)
        return False

    await people.lives.until(told, f"{person} is told {answers}")


async def _chat(people: People, person: str) -> str:
    screen = await people.witness.get(f"{people.witness.teams}/_sandbox/screen?person={person}")
    chats = [place for place in screen["conversations"] if place["kind"] == "chat"]
    return str(next(chat["id"] for chat in chats if chat["name"] == "Countersign"))


async def _last_words(people: People, person: str) -> str:
    """What the bot wrote last in somebody's own chat."""
    found = [
        one["text"] or texts(one["card"])
        for one in await people.witness.messages(person, "Countersign")
        if one["fromId"] == "bot" and not one["deleted"]
    ]
    return found[-1] if found else ""


async def _link(people: People, person: str) -> str:
    """The newest link to sign in by that somebody was sent."""
    for message in reversed(await people.witness.messages(person, "Countersign")):
        for element in (message["card"] or {}).get("body", ()):
            for action in element.get("actions", ()):
                if action.get("title") == "Sign in to Acumatica":
                    return str(action["url"])
    return ""


async def _sign_in(people: People, link: str, login: str) -> str:
    """Play the browser; returns the number that the page shows, or nothing."""
    session = people.witness.session
    try:
        async with session.get(link) as answer:
            page = await answer.text()
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        form = {name: unescape(value) for name, value in hidden.items()}
        form |= {"name": login, "password": PASSWORD, "decision": "allow"}
        async with session.post(link.partition("?")[0], data=form) as answer:
            page = unescape(re.sub(r"<[^>]+>", " ", await answer.text()))
    except OSError:  # the service was not there: no page
        return ""
    except Exception as error:
        if "Server" in type(error).__name__:
            return ""
        raise
    found = re.search(r"connect (\d{6})", page)
    return found[1] if found else ""


async def _pending(people: People, amount: float) -> str:
    number = await people.bill(amount)
    await people.witness.change({"Hold": False}, number)
    await people.sees(number, ERIN, "this waits for you")
    return number


async def approve(people: People) -> None:
    """Who the approval map names approves as themselves."""
    number = await _pending(people, 30_000)
    await people.decide(ERIN, number, "Approve", "Approved by Erin Walsh", unless=connected)


async def approve_order(people: People) -> None:
    """A purchase order is approved by who the approval map names."""
    fields = {"VendorID": "V000000021", "OrderTotal": 25_000.0, "Branch": "EAST"}
    number = await people.witness.change(fields, entity="PurchaseOrder")
    await people.witness.change({"Hold": False}, number, entity="PurchaseOrder")
    await people.decide(FARID, number, "Approve", "Approved by Farid Haddad", unless=connected)


async def reject(people: People) -> None:
    """A rejection says why, in a dialog."""
    number = await _pending(people, 31_000)

    async def rejected() -> bool:
        cards = await people.cards(number, ERIN)
        told = await people.told(number, ERIN)
        if "Rejected by Erin Walsh" in told:
            return True
        if UNCLEAR in told:
            await people.settle(number)
        for card in cards:
            if "Reject…" in buttons(card["card"]):
                await _fill_in(people, card)
        return False

    await people.lives.until(rejected, f"{number} is rejected")


async def _fill_in(people: People, card: Json) -> None:
    pressed = {"person": ERIN, "message": card["id"], "button": "Reject…"}
    answer = await people.send("press", pressed)
    if "own Acumatica user" in str(answer):
        return await connected(people, ERIN)
    body = answer.get("body")
    task = body.get("task", {}) if isinstance(body, dict) else {}
    if task.get("type") != "continue":
        return None
    data = button_of(task["value"]["card"]["content"])
    inputs = {"choice": "Entered twice"}
    form = {"person": ERIN, "message": card["id"], "data": data, "inputs": inputs}
    await people.send("dialog", form)
    return None


# --- worlds ---


@dataclass(frozen=True)
class Book:
    """Chapters that are told in one world, and how that world is set up."""

    chapters: dict[str, Chapter]
    prepare: Callable[[World], Awaitable[None]]
    begin: Chapter
    us: frozenset[str]


async def _as_itself(world: World) -> None:
    world.more = {"server": {"public_url": world.witness.bot}}
    world.edits = [_administrators(ERIN, DEV)]


def _administrators(*people: str) -> tuple[str, str]:
    names = ", ".join(f'"{one}"' for one in people)
    return "[[company]]\n", f"administrators = [{names}]\n\n[[company]]\n"


APPROVALS = """[[route]]
company = "acme"
entity = "Bill"
when = "pending approval"
to = ["channel:ap-approvals"]
approver = ["approval map"]
actions = ["approve", "reject"]

[[route]]
company = "acme"
entity = "PurchaseOrder"
when = "pending approval"
to = ["channel:ap-approvals"]
approver = ["approval map"]
actions = ["approve", "reject"]

# Large bills"""
EXTENSION = (
    'extra = { Bill = { approvals = "Approvals" },'
    ' PurchaseOrder = { approvals = "Approvals" }, Employee = { login = "Login" } }'
)


async def _as_the_person(world: World) -> None:
    world.edits = [
        ('act_as = "service"', 'act_as = "person"'),
        ('endpoint = "Default"', f'endpoint = "Countersign"\n{EXTENSION}'),
        ("# Large bills", APPROVALS),
        _administrators(ANN, DEV, FARID),
    ]
    options = acumatica.SandboxOptions(password=PASSWORD)
    world.more = {
        "encryption": {"keys": Fernet.generate_key().decode()},
        "server": {"public_url": world.witness.bot},
        "acumatica": {"acme": {"client_id": options.client_id, "client_secret": PASSWORD}},
    }
    callback = f"{world.witness.bot}/auth/acumatica/callback"
    await world.witness.post(f"{world.witness.erp}/_sandbox/oauth", {"redirect_uris": [callback]})


async def _push(people: People) -> None:
    await people.witness.connect_push()


async def _push_and_connect(people: People) -> None:
    await _push(people)
    await connected(people, ERIN)
    await connected(people, FARID)


BOOKS = {
    "itself": Book(
        {
            "release": release, "push and poll": push_and_poll, "order": order, "reply": reply,
            "settle": settle,
        },
        _as_itself, _push, frozenset({"countersign"}),
    ),
    "person": Book(
        {"connect": connect, "approve": approve, "approve order": approve_order, "reject": reject},
        _as_the_person, _push_and_connect, frozenset({"erin", "farid", "countersign"}),
    ),
}  # fmt: skip
