"""Administrators' presses on a real store: each is judged, told, and does exactly its own thing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from carrying_world import ANN, KEY, LOST, NAME, Carrying, bill, carrying

from bot.core.activity import Received
from bot.core.plans import QUIET_WINDOW
from bot.core.presses import Press
from bot.core.rates import Rates
from bot.core.settlements import ALL_DONE, NOTHING_DONE, PARTLY_DONE, Move, target_of
from bot.deciding.administrators import Administrators
from bot.deciding.settlements import Settlements
from bot.sending.showing import Showing
from cards.language import language_of
from cards.refusals import Refusal, refusal_text
from storage import audit, inbox, ledger, outbox, people, posted_cards, settlements
from storage.records import (
    AuditEntry,
    DecisionState,
    OutboxItem,
    OutboxState,
    Settlement,
    StepState,
    TeamsPerson,
)

ERIN = TeamsPerson("aad-erin", "29:erin", "Erin Walsh", "erin@acme.example")
DEV = TeamsPerson("aad-dev", "29:dev", "Dev Patel", "dev@acme.example")
GUEST = TeamsPerson("aad-guest", "29:guest", "Gus Guest", "gus@acme.example", guest=True)
TOOK, NOT, SEEN, OBJECT, LOOK = "took_effect", "no_effect", "seen", "object", "look_again"
CHAT = {person.aad_object_id: f"a:{person.aad_object_id}" for person in (ERIN, DEV)}


class Office:
    """A decision that two administrators must settle, and their presses."""

    def __init__(self, world: Carrying) -> None:
        self.world = world
        showing = Showing(world.tenants, world.clocks)
        self.settlements = Settlements(world.claims, showing, world.ports)

    async def press(
        self, person: TeamsPerson | str, verb: str, *, locale: str = "en-US", **other: str
    ) -> Any:
        """Press on somebody's own card; answers what is shown."""
        who = person if isinstance(person, str) else person.aad_object_id
        told = {"token": await self.token(), "conversation": CHAT.get(who, "a:x"),
                "reply_to": f"card of {who}"} | other  # fmt: skip
        made = Press(told["token"], verb, who, told["conversation"], told["reply_to"])
        async with self.world.store.transaction() as conn:
            answer = await self.settlements.answer(conn, Received(made, "f:1", locale=locale))
        return answer["value"]

    async def on_the_page(self, person: str, verb: str, decision: str = "d1") -> Move | Refusal:
        async with self.world.store.transaction() as conn:
            return await self.settlements.settle(conn, decision, verb, person)

    async def token(self) -> str:
        return (await self.settlement()).token

    async def settlement(self) -> Settlement:
        async with self.world.store.reading() as conn:
            found = await settlements.get(conn, "d1")
        assert found is not None
        return found

    async def trail(self) -> list[AuditEntry]:
        """What the audit says since the administrators were asked."""
        async with self.world.store.reading() as conn:
            rows = await audit.newest(conn)
        asked = next(at for at, row in enumerate(rows) if row.action == "administrators asked")
        return rows[:asked][::-1]

    async def queued(self) -> list[tuple[str, str]]:
        async with self.world.store.reading() as conn:
            return [(one.kind, one.target) for one in await outbox.unfinished(conn)]

    async def hints(self) -> list[str]:
        async with self.world.store.reading() as conn:
            rows = await conn.execute("SELECT document, reason FROM hints")
            return [f"{row[0]} {row[1]}" for row in await rows.fetchall()]


@asynccontextmanager
async def office(path: Path, **told: Any) -> AsyncIterator[Office]:
    """A release of which nobody can say what became of it; Erin and Dev were asked."""
    told = {"becomes": ["Frobnicated"], "administrators": (ERIN, DEV)} | told
    async with carrying(path, **told) as world:
        await world.until_settled()
        opened = Office(world)
        async with world.store.transaction() as conn:
            await conn.execute("DELETE FROM hints")
            await conn.execute("DELETE FROM outbox")
            for card in await posted_cards.summons(conn, NAME, str(KEY), "d1"):
                who = card.target.removeprefix("administrator:").partition(":")[0]
                stands = replace(card, conversation=CHAT[who], activity=f"card of {who}")
                await posted_cards.posted(conn, stands, now=world.clocks.now())
        yield opened


def words(card: Any) -> str:
    return str(card)


# --- what is refused ---


@pytest.mark.parametrize(
    ("who", "verb", "other", "refusal"),
    [
        (ERIN, TOOK, {"token": "of nobody"}, Refusal.UNKNOWN_CARD),
        (ERIN, TOOK, {"token": ""}, Refusal.UNKNOWN_CARD),
        (ERIN, TOOK, {"conversation": "a:elsewhere"}, Refusal.WRONG_PLACE),
        (ERIN, TOOK, {"reply_to": "card of somebody else"}, Refusal.OLD_COPY),
        (ANN, TOOK, {}, Refusal.OWN_PRESS),
        ("", TOOK, {}, Refusal.NOT_A_PERSON),
        ("aad-stranger", TOOK, {}, Refusal.NOT_ADMINISTRATOR),
        (GUEST, TOOK, {}, Refusal.NOT_ADMINISTRATOR),
        (ERIN, SEEN, {}, Refusal.UNKNOWN_VERB),
        (ERIN, OBJECT, {}, Refusal.NOTHING_RECORDED),
        (ERIN, NOT, {}, Refusal.MAY_STILL_RUN),
    ],
)  # fmt: skip
async def test_what_may_not_be_pressed_does_nothing_and_stands_in_the_trail(
    tmp_path: Path, who: TeamsPerson | str, verb: str, other: dict[str, str], refusal: Refusal
) -> None:
    async with office(tmp_path, administrators=(ERIN, DEV, GUEST)) as opened:
        before = await opened.settlement()

        told = await opened.press(who, verb, locale="de-DE", **other)

        assert told == refusal_text(refusal, language_of("de-DE"))
        assert await opened.settlement() == before
        [row] = await opened.trail()
        person = who if isinstance(who, str) else who.aad_object_id
        assert (row.action, row.actor) == ("press refused", person or "unknown")
        unknown = "token" in other
        told_of = {} if unknown else {"configuration": "version-1"}
        assert row.detail == {"verb": verb, "reason": str(refusal)} | told_of
        about = ("", "") if unknown else (NAME, str(KEY))
        assert (row.company, row.document) == about
        assert (await opened.world.decision()).state is DecisionState.NEEDS_PERSON
        assert await opened.queued() == []


async def test_a_card_of_a_company_that_is_served_no_more_settles_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        async with opened.world.store.transaction() as conn:
            await conn.execute("UPDATE decisions SET company = 'gone'")

        told = await opened.press(ERIN, TOOK)

        assert told == refusal_text(Refusal.UNKNOWN_CARD, language_of("en"))
        assert not (await opened.settlement()).first


# --- one records, another confirms ---


async def test_the_first_press_is_kept_and_both_cards_show_it(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        shown = await opened.press(ERIN, TOOK)

        found = await opened.settlement()
        assert (found.verdict, found.first, found.first_name) == (
            TOOK,
            ERIN.aad_object_id,
            ERIN.name,
        )
        assert found.first_at == opened.world.clocks.now()
        assert not found.second
        assert "A second administrator must confirm it" in words(shown)
        [row] = await opened.trail()
        assert (row.action, row.actor) == ("settlement recorded", ERIN.aad_object_id)
        assert row.detail == {"decision": "d1", "verdict": TOOK, "on": "card"}
        assert row.correlation == (await opened.world.decision()).correlation
        assert sorted(await opened.queued()) == sorted(
            ("update", target_of(one.aad_object_id, "d1")) for one in (ERIN, DEV)
        )
        assert (await opened.world.decision()).state is DecisionState.NEEDS_PERSON
        assert await opened.hints() == []


async def test_the_same_person_a_second_time_confirms_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        await opened.press(ERIN, TOOK)

        told = await opened.press(ERIN, TOOK)

        assert told == refusal_text(Refusal.SAME_ADMINISTRATOR, language_of("en"))
        assert not (await opened.settlement()).second


class Logins:
    """Everybody let us act as their own Acumatica user, two of them as the same one."""

    async def logins(self, _conn: Any) -> dict[str, str]:
        return {ERIN.aad_object_id: "admin", DEV.aad_object_id: "Admin"}


async def test_two_accounts_of_one_acumatica_login_are_not_two_people(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        logins: Any = Logins()
        opened.world.tenants[NAME] = replace(opened.world.tenant, grants=logins)
        await opened.press(ERIN, TOOK)

        told = await opened.press(DEV, TOOK)

        assert told == refusal_text(Refusal.SAME_ADMINISTRATOR, language_of("en"))
        assert not (await opened.settlement()).second


async def test_a_second_person_who_presses_the_same_settles_it(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        await opened.press(ERIN, TOOK)
        opened.world.clocks.advance(60)

        shown = await opened.press(DEV, TOOK)

        decision, found = await opened.world.decision(), await opened.settlement()
        assert (decision.state, decision.reason) == (DecisionState.CONFIRMED, ALL_DONE)
        assert (found.second, found.second_name) == (DEV.aad_object_id, DEV.name)
        assert found.second_at == opened.world.clocks.now()
        assert [step.state for step in await opened.world.steps()] == [StepState.CONFIRMED]
        assert await opened.hints() == [f"{KEY} administrator"]
        assert "Settled" in words(shown)
        *_, settled, pressed = await opened.trail()
        assert (settled.action, settled.actor) == ("decision confirmed", DEV.aad_object_id)
        assert settled.detail == {
            "decision": "d1", "reason": ALL_DONE, "recorded_by": ERIN.aad_object_id,
            "configuration": "version-1",
        }  # fmt: skip
        assert (pressed.action, pressed.detail["verdict"]) == ("settlement confirmed", TOOK)

        late = await opened.press(DEV, TOOK)
        assert late == refusal_text(Refusal.ALREADY_SETTLED, language_of("en"))
        assert opened.world.erp.writes == ["ReleaseBill"]


async def test_the_documents_own_card_shows_how_it_was_settled(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        async with opened.world.store.transaction() as conn:
            await posted_cards.add(conn, NAME, str(KEY), "channel:ap")
        await opened.press(ERIN, TOOK)
        assert ("update", "channel:ap") not in await opened.queued()

        await opened.press(DEV, TOOK)

        assert ("update", "channel:ap") in await opened.queued()


@pytest.mark.parametrize(("early", "allowed"), [(1.0, False), (0.0, True)])
async def test_that_nothing_was_done_is_taken_once_the_call_can_have_no_effect_any_more(
    tmp_path: Path, early: float, *, allowed: bool
) -> None:
    async with office(tmp_path, becomes=[], by_id=lambda _shown: None, answers=[LOST]) as opened:
        [step] = await opened.world.steps()
        waited = opened.world.clocks.seconds - step.sent.seconds
        opened.world.clocks.advance(QUIET_WINDOW - waited - early)

        await opened.press(ERIN, NOT)
        await opened.press(DEV, NOT)

        decision = await opened.world.decision()
        ended = (DecisionState.NOT_APPLIED, NOTHING_DONE)
        assert ((decision.state, decision.reason) == ended) is allowed
        assert bool((await opened.settlement()).first) is allowed


async def test_after_a_restart_of_the_machine_the_quarter_of_an_hour_begins_anew(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as opened:
        opened.world.clocks.advance(2 * QUIET_WINDOW)
        opened.world.clocks.reboot()

        told = await opened.press(ERIN, NOT)
        assert told == refusal_text(Refusal.MAY_STILL_RUN, language_of("en"))

        opened.world.clocks.advance(QUIET_WINDOW)
        await opened.press(ERIN, NOT)
        assert (await opened.settlement()).verdict == NOT


async def test_a_plan_that_was_done_in_part_is_said_to_be_done_in_part(tmp_path: Path) -> None:
    plan = ("remove_hold", "release")
    async with office(tmp_path, status="On Hold", plan=plan) as opened:
        await opened.press(ERIN, TOOK)
        await opened.press(DEV, TOOK)

        decision = await opened.world.decision()
        assert (decision.state, decision.reason) == (DecisionState.NOT_APPLIED, PARTLY_DONE)


# --- doubt between the two ---


async def test_two_who_differ_settle_nothing_and_both_cards_are_drawn_anew(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        await opened.press(ERIN, TOOK)
        opened.world.clocks.advance(QUIET_WINDOW)
        before = len(await opened.queued())

        told = await opened.press(DEV, NOT)

        assert told == refusal_text(Refusal.OTHER_VERDICT, language_of("en"))
        assert not (await opened.settlement()).second
        assert len(await opened.queued()) == before + 2
        assert (await opened.trail())[-1].detail["reason"] == str(Refusal.OTHER_VERDICT)


async def test_an_objection_begins_anew_and_says_whose_it_was(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        await opened.press(ERIN, TOOK)

        shown = await opened.press(DEV, OBJECT)

        found = await opened.settlement()
        assert (found.verdict, found.first, found.first_at) == ("", "", None)
        assert found.objected_by == DEV.name
        assert "objected, so it began anew" in words(shown)
        assert (await opened.trail())[-1].action == "settlement objected"


async def test_what_is_recorded_again_after_an_objection_is_shown_again(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        told = []
        for who, verb in ((ERIN, TOOK), (DEV, OBJECT), (ERIN, TOOK), (DEV, OBJECT)):
            before = len(await opened.queued())
            await opened.press(who, verb)
            told.append(len(await opened.queued()) - before)

        assert told == [2, 2, 2, 2]


async def test_the_card_after_a_press_speaks_the_language_of_who_pressed(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        shown = await opened.press(ERIN, TOOK, locale="de-DE")

        assert shown["lang"] == "de"


async def test_a_look_has_the_document_read_and_nothing_recorded(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        await opened.press(ERIN, LOOK)

        assert await opened.hints() == [f"{KEY} administrator"]
        assert not (await opened.settlement()).first
        [row] = await opened.trail()
        assert (row.action, row.actor) == ("settlement look wanted", ERIN.aad_object_id)


async def test_what_somebody_recorded_who_is_no_administrator_any_more_is_void(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as opened:
        async with opened.world.store.transaction() as conn:
            await conn.execute(
                "UPDATE settlements SET verdict = ?, first = 'aad-left', first_name = 'Lea Left',"
                " first_at = opened_at", (TOOK,),
            )  # fmt: skip

        await opened.press(DEV, TOOK)

        found = await opened.settlement()
        assert (found.first, found.second) == (DEV.aad_object_id, "")
        assert (await opened.world.decision()).state is DecisionState.NEEDS_PERSON


async def test_what_was_settled_by_two_stays_settled_when_one_of_them_leaves(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as opened:
        await opened.press(ERIN, TOOK)
        await opened.press(DEV, TOOK)
        async with opened.world.store.transaction() as conn:
            await conn.execute("UPDATE settlements SET first = 'aad-left'")

        told = await opened.press(DEV, TOOK)

        assert told == refusal_text(Refusal.ALREADY_SETTLED, language_of("en"))
        assert (await opened.settlement()).first == "aad-left"


async def test_a_card_whose_post_got_no_answer_tells_where_it_stands_by_its_first_press(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as opened:
        async with opened.world.store.transaction() as conn:
            await conn.execute("UPDATE cards SET activity = ''")

        await opened.press(ERIN, TOOK)

        own = target_of(ERIN.aad_object_id, "d1")
        async with opened.world.store.reading() as conn:
            card = await posted_cards.get(conn, NAME, str(KEY), own)
        assert card is not None
        assert card.activity == f"card of {ERIN.aad_object_id}"


# --- on the admin page ---


async def test_on_the_page_it_is_judged_as_on_the_card(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        erin, dev = ERIN.aad_object_id, DEV.aad_object_id

        moves = [
            await opened.on_the_page(who, verb)
            for who, verb in ((ANN.aad_object_id, TOOK), ("", TOOK), (erin, TOOK), (erin, TOOK),
                              (dev, OBJECT), (dev, TOOK), (erin, TOOK), (erin, TOOK))
        ]  # fmt: skip

        assert moves == [
            Refusal.OWN_PRESS, Refusal.NOT_A_PERSON, Move.RECORD, Refusal.SAME_ADMINISTRATOR,
            Move.OBJECT, Move.RECORD, Move.CONFIRM, Refusal.ALREADY_SETTLED,
        ]  # fmt: skip
        refused = [row for row in await opened.trail() if row.action == "press refused"]
        assert [row.detail["reason"] for row in refused] == [
            str(move) for move in moves if isinstance(move, Refusal)
        ]
        assert {row.document for row in refused} == {str(KEY)}
        assert (await opened.world.decision()).state is DecisionState.CONFIRMED


async def test_on_the_page_an_unknown_decision_is_refused(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        found = await opened.on_the_page(ERIN.aad_object_id, TOOK, "of nobody")

        assert found is Refusal.UNKNOWN_CARD
        [row] = await opened.trail()
        assert (row.actor, row.detail["verb"], row.document) == (ERIN.aad_object_id, TOOK, "")


async def test_on_the_page_a_machine_that_presses_is_asked_to_wait(tmp_path: Path) -> None:
    async with office(tmp_path, rates=Rates(1)) as opened:
        first = await opened.on_the_page(ERIN.aad_object_id, LOOK)
        second = await opened.on_the_page(ERIN.aad_object_id, LOOK)

        nobody_else = await opened.on_the_page(DEV.aad_object_id, LOOK)

        assert (first, second, nobody_else) == (Move.LOOK, Refusal.TOO_FAST, Move.LOOK)


async def test_on_the_page_what_a_former_administrator_recorded_is_void(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        async with opened.world.store.transaction() as conn:
            await conn.execute(
                "UPDATE settlements SET verdict = ?, first = 'aad-left', first_name = 'Lea Left',"
                " first_at = opened_at", (TOOK,),
            )  # fmt: skip

        assert await opened.on_the_page(DEV.aad_object_id, TOOK) is Move.RECORD


async def test_the_trail_says_where_it_was_pressed(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        await opened.press(ERIN, LOOK)
        await opened.on_the_page(DEV.aad_object_id, LOOK)

        places = [(row.actor, row.detail["on"]) for row in await opened.trail()]
        assert places == [(ERIN.aad_object_id, "card"), (DEV.aad_object_id, "admin page")]


# --- the second lock ---


async def test_a_decision_that_was_settled_meanwhile_is_not_settled_again(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        await opened.press(ERIN, TOOK)
        async with opened.world.store.transaction() as conn:
            assert await settlements.confirm(
                conn, "d1", TOOK, DEV, now=opened.world.clocks.now()  # type: ignore[arg-type]
            )  # fmt: skip
            done = await ledger.settle(
                conn, "d1", was=DecisionState.NEEDS_PERSON, state=DecisionState.CONFIRMED,
                reason=ALL_DONE, now=opened.world.clocks.now(),
            )  # fmt: skip
        assert done

        told = await opened.press(DEV, TOOK)

        assert told == refusal_text(Refusal.ALREADY_SETTLED, language_of("en"))


async def test_a_mismatch_is_seen_by_two_and_nothing_else_is_offered(tmp_path: Path) -> None:
    async with carrying(tmp_path, administrators=(ERIN, DEV)) as world:
        await world.doer.step()
        world.erp.shows = bill("Open", Description="another")
        world.erp.shows = replace(world.erp.shows, fields={**world.erp.shows.fields, "Amount": 9})
        assert await world.until_settled() is DecisionState.MISMATCH
        opened = Office(world)

        moves = [
            await opened.on_the_page(who.aad_object_id, verb)
            for who, verb in ((ERIN, TOOK), (ERIN, SEEN), (DEV, SEEN))
        ]

        assert moves == [Refusal.UNKNOWN_VERB, Move.RECORD, Move.CONFIRM]
        assert (await world.decision()).state is DecisionState.MISMATCH_SEEN


async def test_hints_of_administrators_are_due_at_once(tmp_path: Path) -> None:
    async with office(tmp_path) as opened:
        await opened.press(ERIN, LOOK)

        async with opened.world.store.reading() as conn:
            due = await inbox.due_hints(conn, NAME, opened.world.clocks.now(), limit=9)
        assert [hint.document for hint in due] == [str(KEY)]


# --- who becomes an administrator later is asked later ---


async def test_who_becomes_an_administrator_is_asked_and_what_waited_for_a_chat_goes(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as opened:
        world, bell = opened.world, Rung()
        cat = TeamsPerson("aad-cat", "29:cat", "Cat Cole", "cat@acme.example")
        async with world.store.transaction() as conn:
            await people.put_person(conn, cat, now=world.clocks.now())
            await conn.execute("UPDATE cards SET activity = '' WHERE target LIKE '%erin%'")
            erins = OutboxItem("k", "post", NAME, str(KEY), target_of(ERIN.aad_object_id, "d1"),
                               {}, "c")  # fmt: skip
            await outbox.add(conn, erins, now=world.clocks.now())
            await conn.execute("UPDATE outbox SET state = 'waiting'")
        mails = [one.email for one in (ERIN, DEV, cat)]
        tenant = replace(world.tenant, administrators=mails)

        worked = await Administrators(
            tenant, world.store, world.ports, outbox_bell=bell  # type: ignore[arg-type]
        ).step()  # fmt: skip

        assert worked is False
        assert bell.rung == 1
        cats = target_of("aad-cat", "d1")
        assert sorted(await opened.queued()) == sorted([("post", cats), ("post", erins.target)])
        async with world.store.reading() as conn:
            waiting = {one.target: one.state for one in await outbox.unfinished(conn)}
        assert waiting == {cats: OutboxState.PENDING, erins.target: OutboxState.PENDING}
        [row] = [row for row in await newest(world) if row.detail == {"targets": [cats]}]
        assert (row.action, row.document) == ("administrators asked", str(KEY))
        assert row.correlation == (await world.decision()).correlation


async def test_where_nothing_waits_for_administrators_nobody_is_woken(tmp_path: Path) -> None:
    async with carrying(tmp_path, administrators=(ERIN, DEV)) as world:
        bell = Rung()
        keeper = Administrators(
            world.tenant, world.store, world.ports, outbox_bell=bell  # type: ignore[arg-type]
        )  # fmt: skip

        assert await keeper.step() is False
        assert await keeper.next_due() is None
        assert bell.rung == 0


class Rung:
    """A bell that counts."""

    def __init__(self) -> None:
        self.rung = 0

    def ring(self) -> None:
        self.rung += 1


async def newest(world: Carrying) -> list[AuditEntry]:
    async with world.store.reading() as conn:
        return await audit.newest(conn)
