"""Companies that carry a decision out by the Acumatica user of who decided."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any

import pytest
from cryptography.fernet import Fernet
from forms import fetch, submit
from world import ANN, BEN, ERIN, FARID, PASSWORD, Witness, World, buttons, eventually, texts

from deployment.sandbox import acumatica

APPROVALS = """[[route]]
company = "acme"
entity = "Bill"
when = "pending approval"
to = ["channel:ap-approvals"]
approver = ["approval map"]
actions = ["approve", "reject"]

# Large bills"""
EXTENSION = """extra = { Bill = { approvals = "Approvals" }, Employee = { login = "Login" } }
calls = { Bill = { reject = 'POST Reject ReasonApproveRejectParams.Reason="by {person}"' } }"""
AUTHORS = (
    'approvals = "Approvals"',
    'approvals = "Approvals", created_by = "CreatedBy", modified_by = "LastModifiedBy"',
)
STRICT = ("allow_unknown_editor = true", "allow_unknown_editor = false")
OWN = "You entered or last changed this document"
RELEASED = ["POST Bill/ReleaseFromHold", "POST Bill/ReleaseBill"]


@pytest.fixture
async def person_world(world: World) -> AsyncIterator[World]:
    """A world whose company acts as the person, with the bot running."""
    async with acting_as_the_person(world):
        yield world


@asynccontextmanager
async def acting_as_the_person(world: World, *edits: tuple[str, str]) -> AsyncIterator[None]:
    """Run a bot whose company acts as the person, with further edits of its file."""
    world.edits = [
        ('act_as = "service"', 'act_as = "person"'),
        ('endpoint = "Default"', f'endpoint = "Countersign"\n{EXTENSION}'),
        ("# Large bills", APPROVALS),
        *edits,
    ]
    options = acumatica.SandboxOptions(password=PASSWORD)
    world.more = {
        "encryption": {"keys": Fernet.generate_key().decode()},
        "server": {"public_url": world.witness.bot},
        "acumatica": {"acme": {"client_id": options.client_id, "client_secret": PASSWORD}},
    }
    callback = f"{world.witness.bot}/auth/acumatica/callback"
    await world.witness.post(f"{world.witness.erp}/_sandbox/oauth", {"redirect_uris": [callback]})
    async with world.bot():
        await world.witness.connect_push()
        yield


async def link_for(witness: Witness, person: str, button: str = "Sign in to Acumatica") -> str:
    """The address on the newest card that asks *person*, and nobody else, to sign in."""

    async def there() -> str:
        found = [
            message
            for message in await witness.messages(person)
            if message["card"] and button in buttons(message["card"])
        ]
        return _address(found[-1]["card"], button) if found else ""

    return await eventually(there, f"a link for {person}")


def _address(card: Any, button: str) -> str:
    return next(
        action["url"]
        for element in card["body"]
        for action in element.get("actions", ())
        if action["title"] == button
    )


async def sign_in(witness: Witness, link: str, login: str) -> tuple[int, str]:
    """Play the browser: sign in at the ERP as *login*, allow it, and come back."""
    async with witness.session.get(link) as answer:
        page = await answer.text()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    form = {name: unescape(value) for name, value in hidden.items()}
    form |= {"name": login, "password": PASSWORD, "decision": "allow"}
    url = link.partition("?")[0]
    async with witness.session.post(url, data=form) as answer:
        return answer.status, unescape(re.sub(r"<[^>]+>", " ", await answer.text()))


def number_on(page: str) -> str:
    found = re.search(r"connect (\d{6})", page)
    assert found, page
    return found[1]


async def said_to(witness: Witness, person: str, words: str) -> None:
    seen: list[str] = []

    async def there() -> bool:
        seen[:] = [m["text"] or texts(m["card"]) for m in await witness.messages(person)]
        return any(words in text for text in seen)

    try:
        await eventually(there, f"{person} is told {words!r}", within=10)
    except AssertionError as error:
        raise AssertionError(f"{error}; they see {seen[-3:]}") from None


async def connect(witness: Witness, person: str, login: str) -> None:
    _, page = await sign_in(witness, await link_for(witness, person), login)
    await witness.say(person, await chat_of(witness, person), f"connect {number_on(page)}")
    await said_to(witness, person, "Connected.")


async def chat_of(witness: Witness, person: str) -> str:
    screen = await witness.get(f"{witness.teams}/_sandbox/screen?person={person}")
    chats = [place for place in screen["conversations"] if place["kind"] == "chat"]
    return next(chat["id"] for chat in chats if chat["name"] == "Countersign")


async def users_of_writes(witness: Witness) -> set[str | None]:
    return {
        event["user"]
        for event in await witness.erp_events("request")
        if "/entity/Countersign/" in event["path"] and event["method"] in ("POST", "PUT")
    }


async def test_a_press_before_connecting_changes_nothing_and_brings_a_link(
    person_world: World,
) -> None:
    witness = person_world.witness
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")

    answer = await witness.press(BEN, number, "Release")

    assert "your own Acumatica user" in str(answer["body"])
    assert await witness.writes(number) == []
    assert (await link_for(witness, BEN)).startswith(witness.erp)
    # The link is for Ben alone: nobody else sees it, in no channel.
    assert "Sign in to Acumatica" not in str(await witness.messages(ANN))


async def test_the_link_opens_a_chat_that_is_gone_anew(person_world: World) -> None:
    witness = person_world.witness
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")
    await said_to(witness, BEN, "I am Countersign")
    await witness.teams_fault("status:404", method="POST", path="a:1ben")

    await witness.press(BEN, number, "Release")

    assert (await link_for(witness, BEN)).startswith(witness.erp)
    history = await witness.get(f"{witness.teams}/_sandbox/history")
    posts = [one for one in history["events"] if one.get("method") == "POST" and "status" in one]
    refused = next(n for n, one in enumerate(posts) if one["status"] == 404)
    assert "a:1ben" in posts[refused]["path"]
    # Opened at once, and not only when something was heard from there.
    assert posts[refused + 1]["path"].endswith("/v3/conversations")


async def test_what_a_person_decides_is_done_by_their_own_acumatica_user(
    person_world: World,
) -> None:
    witness = person_world.witness
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")
    await witness.press(BEN, number, "Release")
    await connect(witness, BEN, "ben")

    await witness.press(BEN, number, "Release")

    await witness.card(number, BEN, says="Released by Ben Ortiz")
    assert await witness.writes(number) == RELEASED
    assert await users_of_writes(witness) == {"ben"}


async def test_a_sign_in_counts_only_when_its_number_is_typed_by_who_the_link_was_for(
    person_world: World,
) -> None:
    witness = person_world.witness
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")
    await witness.press(BEN, number, "Release")
    _, page = await sign_in(witness, await link_for(witness, BEN), "ben")

    await witness.say(ANN, await chat_of(witness, ANN), f"connect {number_on(page)}")
    await said_to(witness, ANN, "There is no sign-in to finish")
    await witness.say(BEN, await chat_of(witness, BEN), "connect 000000")
    await said_to(witness, BEN, "That is not the number on the page")
    await witness.press(BEN, number, "Release")

    assert await witness.writes(number) == []


async def test_a_link_works_once(person_world: World) -> None:
    witness = person_world.witness
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")
    await witness.press(BEN, number, "Release")
    link = await link_for(witness, BEN)
    await sign_in(witness, link, "ben")

    status, page = await sign_in(witness, link, "ben")

    assert status == 400
    assert "used already" in page


async def test_who_disconnects_is_asked_to_sign_in_again(person_world: World) -> None:
    witness = person_world.witness
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")
    await witness.press(BEN, number, "Release")
    await connect(witness, BEN, "ben")

    await witness.say(BEN, await chat_of(witness, BEN), "disconnect")
    await said_to(witness, BEN, "Disconnected.")
    answer = await witness.press(BEN, number, "Release")

    assert "your own Acumatica user" in str(answer["body"])
    assert await witness.writes(number) == []


async def test_who_speaks_german_connects_and_disconnects_in_german(
    person_world: World,
) -> None:
    witness = person_world.witness
    await witness.card(await witness.bill_on_hold(), BEN, says="this waits for you")
    chat = await chat_of(witness, BEN)

    async def types(text: str) -> None:
        body = {"person": BEN, "conversation": chat, "text": text, "locale": "de-DE"}
        await witness.post(f"{witness.teams}/_sandbox/say", body)

    await types("trennen")
    await said_to(witness, BEN, "Sie hatten keinen Acumatica-Benutzer verbunden.")
    await types("verbinden 123456")
    await said_to(witness, BEN, "Es gibt keine Anmeldung abzuschließen.")
    await types("verbinden")
    await said_to(witness, BEN, "Ich schicke Ihnen einen Link")
    link = await link_for(witness, BEN, "Bei Acumatica anmelden")
    _, wrong = await sign_in(witness, link, "ann")
    assert "Sie haben sich bei Acumatica als ann angemeldet." in wrong
    assert "Dieser" in wrong or "nicht" in wrong
    _, page = await sign_in(witness, link, "ben")
    assert "Fast fertig" in page
    await types(f"verbinden {number_on(page)}")
    await said_to(witness, BEN, "Verbunden. In acme entscheiden Sie jetzt")
    _, old = await sign_in(witness, link, "ben")
    assert "That did not work" in old  # whose link it was is forgotten; the browser tells nothing
    await types("trennen")
    await said_to(witness, BEN, "Getrennt. Countersign handelt nicht mehr")


async def test_a_grant_that_ended_in_the_erp_changes_nothing_and_says_so(
    person_world: World,
) -> None:
    witness = person_world.witness
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")
    await witness.press(BEN, number, "Release")
    await connect(witness, BEN, "ben")
    async with witness.session.delete(f"{witness.erp}/_sandbox/oauth") as answer:
        assert answer.status == 200

    await witness.press(BEN, number, "Release")

    card = await witness.card(number, BEN, says="refused")
    assert "connect" in texts(card["card"]).lower()
    assert await witness.writes(number) == []


@pytest.mark.parametrize(
    "query", ["", "?state=unknown&code=x", "?code=x", "?state=", "?error=access_denied"]
)
async def test_a_callback_nobody_asked_for_is_answered_with_a_sentence(
    person_world: World, query: str
) -> None:
    witness = person_world.witness

    async with witness.session.get(f"{witness.bot}/auth/acumatica/callback{query}") as answer:
        page = await answer.text()

    assert answer.status == 400
    assert "new one" in page
    assert "Traceback" not in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_who_the_approval_map_names_approves_as_themselves(person_world: World) -> None:
    witness = person_world.witness
    number = await witness.bill_on_hold(30_000)
    await witness.change({"Hold": False}, number)
    await witness.card(number, ERIN, says="this waits for you")
    answer = await witness.press(ANN, number, "Approve")
    assert "does not wait for you" in str(answer["body"])
    await witness.press(ERIN, number, "Approve")
    await connect(witness, ERIN, "erin")

    await witness.press(ERIN, number, "Approve")

    await witness.card(number, ERIN, says="Approved by Erin Walsh")
    assert await witness.status(number) == "Balanced"
    assert await users_of_writes(witness) == {"erin"}


async def test_a_dialog_that_wants_a_reason_is_told_who_decided(person_world: World) -> None:
    witness = person_world.witness
    await witness.post(f"{witness.erp}/_sandbox/habits", {"reason_required": True})
    number = await witness.bill_on_hold(30_000)
    await witness.change({"Hold": False}, number)
    await witness.card(number, ERIN, says="this waits for you")
    await fetch(witness, ERIN, number, "Reject…")
    await connect(witness, ERIN, "erin")

    dialog = await fetch(witness, ERIN, number, "Reject…")
    await submit(witness, ERIN, number, dialog, choice="Entered twice")

    await witness.card(number, ERIN, says="Rejected by Erin Walsh")
    assert await witness.status(number) == "Rejected"
    rows = (await witness.get(f"{witness.erp}/_sandbox/documents"))["documents"]
    bill = next(row for row in rows if number in row["keys"].values())
    assert [row["Reason"] for row in bill["details"]["Approvals"]] == ["by Erin Walsh"]


async def test_one_approval_of_two_is_proved_by_the_list_and_the_next_is_asked(
    person_world: World,
) -> None:
    witness = person_world.witness
    number = await witness.bill_on_hold(60_000)
    await witness.change({"Hold": False}, number)
    await witness.card(number, ERIN, says="this waits for you")
    await witness.press(ERIN, number, "Approve")
    await connect(witness, ERIN, "erin")

    await witness.press(ERIN, number, "Approve")

    # The bill still waits in Acumatica, now for Farid: the same card asks him.
    card = await witness.card(number, FARID, says="Farid Haddad</at>, this waits for you")
    assert "Approve" in buttons(card["card"])
    assert await witness.status(number) == "Pending Approval"
    assert await users_of_writes(witness) == {"erin"}

    await witness.press(FARID, number, "Approve")
    await connect(witness, FARID, "farid")
    await witness.press(FARID, number, "Approve")

    await witness.card(number, FARID, says="Approved by Farid Haddad")
    assert await witness.status(number) == "Balanced"
    assert await witness.writes(number) == ["POST Bill/Approve", "POST Bill/Approve"]


async def test_nobody_connects_the_user_of_somebody_else(person_world: World) -> None:
    witness = person_world.witness
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")
    await witness.press(BEN, number, "Release")

    status, page = await sign_in(witness, await link_for(witness, BEN), "ann")

    assert status == 403
    assert "not yours" in page
    assert "connect " not in page
    assert await witness.writes(number) == []


async def test_nobody_connects_the_service_user(person_world: World) -> None:
    witness = person_world.witness
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")
    await witness.press(BEN, number, "Release")

    status, page = await sign_in(witness, await link_for(witness, BEN), "countersign")

    assert status == 403
    assert "not yours" in page


async def stopped_after_bens_step(witness: Witness) -> str:
    """A bill whose hold was removed as Ben, by his press, and whose release was refused then."""
    number = await witness.bill_on_hold()
    await witness.card(number, BEN, says="this waits for you")
    await witness.press(BEN, number, "Release")
    await connect(witness, BEN, "ben")
    await witness.erp_fault("status:403", 1, action="ReleaseBill")
    await witness.press(BEN, number, "Release")
    await witness.card(number, BEN, says="this still waits for you")
    return number


async def test_who_presses_again_after_a_step_as_themselves_is_not_taken_for_an_editor(
    world: World,
) -> None:
    async with acting_as_the_person(world, STRICT, AUTHORS):
        witness = world.witness
        number = await stopped_after_bens_step(witness)

        await witness.press(BEN, number, "Release")

        await witness.released(number)
        assert await witness.writes(number) == RELEASED
        assert await users_of_writes(witness) - {None} == {"ben"}  # a fault looks at no user


async def test_who_edits_after_a_step_as_themselves_must_leave_it_to_somebody_else(
    world: World,
) -> None:
    async with acting_as_the_person(world, STRICT, AUTHORS):
        witness = world.witness
        number = await stopped_after_bens_step(witness)
        await witness.change({"Description": "not what was approved"}, number, by="ben")

        answer = await witness.press(BEN, number, "Release")

        async def told() -> bool:
            card = (await witness.card(number, BEN))["card"]
            return OWN in str(answer["body"]) or OWN in texts(card)

        await eventually(told, "Ben is told why not")
        assert await witness.writes(number) == RELEASED[:1]
