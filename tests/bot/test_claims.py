"""What a claim keeps, and what follows a refusal: nothing, a link to connect, or a look."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from carrying_world import ANN, KEY, NAME, Carrying, carrying

from bot.core.presses import Asked, Claim, Press
from bot.core.rates import Rates
from bot.deciding.bells import Bells
from bot.deciding.claims import Claims, waits_for
from bot.signing_in.consents import Consents
from cards.refusals import Refusal
from storage import audit, ledger, posted_cards
from storage.records import PostedCard

PRESS = Press("t-d1", "release", ANN.aad_object_id, "19:ap", "card")
CARD = PostedCard("acme", "Bill/Bill/000123", "channel:ap", conversation="19:ap")


class Offers:
    """Who was offered a link to connect, to which company."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str]] = []

    async def offer(self, conn: object, person: str, company: str) -> None:
        assert conn is not None
        self.made.append((person, company))


class Desk:
    """Claims of a world whose decision is open again, and what they offered."""

    def __init__(self, world: Carrying) -> None:
        self.world, self.offers = world, Offers()
        none: dict[str, Bells] = {}
        self.claims = Claims(
            {NAME: world.tenant}, cast("Consents", self.offers), ports=world.ports, bells=none,
            rates=Rates(10),
        )  # fmt: skip

    async def asked(self) -> Asked:
        async with self.world.store.transaction() as conn:
            await conn.execute("DELETE FROM steps")
            await conn.execute(
                "UPDATE decisions SET state = 'pending', person = '', verb = '', approved = ''"
            )
            found = await self.claims.asked(conn, PRESS)
        assert found is not None
        return found

    async def refused(self, press: Press, asked: Asked | None, refusal: Refusal) -> Any:
        async with self.world.store.transaction() as conn:
            await self.claims.refused(conn, press, asked, refusal)
            return (await audit.newest(conn, limit=1))[0]

    async def rows(self, sql: str) -> list[Any]:
        async with self.world.store.reading() as conn:
            return [tuple(row) for row in await (await conn.execute(sql)).fetchall()]


async def test_a_claim_keeps_what_was_approved_and_who_pressed(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:
        desk = Desk(world)
        asked = await desk.asked()
        async with world.store.transaction() as conn:
            await desk.claims.take(conn, PRESS, asked, Claim(("release",), CARD))
            [row] = await audit.newest(conn, limit=1)

        decision = await world.decision()
        assert (decision.person, decision.verb) == (ANN.aad_object_id, "release")
        async with world.store.reading() as conn:
            assert await ledger.approved(conn, "d1") == asked.document.to_json()
        assert (row.action, row.actor, row.correlation) == (
            "decision claimed", ANN.aad_object_id, "c",
        )  # fmt: skip
        assert (row.company, row.document) == (NAME, str(KEY))
        assert row.detail["configuration"] == "version-1"
        assert "reason" not in row.detail
        assert "agreed" not in row.detail


async def test_a_claim_draws_every_card_anew_once(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:
        async with world.store.transaction() as conn:
            await posted_cards.add(conn, NAME, str(KEY), "channel:ap")
        desk = Desk(world)
        asked = await desk.asked()
        async with world.store.transaction() as conn:
            await desk.claims.take(conn, PRESS, asked, Claim(("release",), CARD))

        assert await desk.rows("SELECT key, kind FROM outbox") == [
            (f"{NAME}|{KEY}|d1.claimed|channel:ap|update", "update")
        ]


async def test_a_refusal_is_a_row_and_nothing_else(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:
        desk = Desk(world)
        long = Press("t-d1", "v" * 50, ANN.aad_object_id, "19:ap", "card")

        row = await desk.refused(long, await desk.asked(), Refusal.TOO_OLD)

        assert (row.action, row.actor) == ("press refused", ANN.aad_object_id)
        assert row.detail == {
            "verb": "v" * 40, "reason": str(Refusal.TOO_OLD), "configuration": "version-1",
        }  # fmt: skip
        assert (row.correlation, row.document) == ("c", str(KEY))
        assert desk.offers.made == []
        assert await desk.rows("SELECT * FROM hints") == []


async def test_a_refusal_of_what_leads_nowhere_names_nothing_and_nobody(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:
        desk = Desk(world)
        for refusal in (Refusal.UNKNOWN_CARD, Refusal.NOT_CONNECTED, Refusal.FIRST_GONE):
            row = await desk.refused(Press("", "release", "", "", ""), None, refusal)

            assert (row.actor, row.company, row.document) == ("unknown", "", "")
            assert row.correlation.startswith("token-")
            assert row.detail == {"verb": "release", "reason": str(refusal)}
        assert desk.offers.made == []
        assert await desk.rows("SELECT * FROM hints") == []


async def test_who_is_not_connected_is_sent_a_link(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:
        desk = Desk(world)

        await desk.refused(PRESS, await desk.asked(), Refusal.NOT_CONNECTED)

        assert desk.offers.made == [(ANN.aad_object_id, NAME)]
        assert await desk.rows("SELECT * FROM hints") == []


async def test_where_the_first_of_two_is_gone_it_is_looked_at_anew(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:
        desk = Desk(world)

        await desk.refused(PRESS, await desk.asked(), Refusal.FIRST_GONE)

        assert desk.offers.made == []
        [hint] = await desk.rows("SELECT company, document, reason, correlation FROM hints")
        assert hint == (NAME, str(KEY), "action", "c")


@pytest.mark.parametrize("activity", ["", "another"])
async def test_a_press_that_names_no_message_teaches_nothing(tmp_path: Path, activity: str) -> None:
    async with carrying(tmp_path) as world:
        desk = Desk(world)
        async with world.store.transaction() as conn:
            await posted_cards.add(conn, NAME, str(KEY), "channel:ap")
            if activity:
                await conn.execute("UPDATE cards SET activity = ?", (activity,))
            nameless = Press("t-d1", "release", ANN.aad_object_id, "19:ap", "" if not activity
                             else "card")  # fmt: skip
            await desk.claims.learn_id(conn, nameless, CARD)

        assert await desk.rows("SELECT activity FROM cards") == [(activity,)]


async def test_a_press_on_a_card_that_is_gone_teaches_nothing(tmp_path: Path) -> None:
    async with carrying(tmp_path) as world:
        desk = Desk(world)
        async with world.store.transaction() as conn:
            await desk.claims.learn_id(conn, PRESS, CARD)

        assert await desk.rows("SELECT * FROM cards") == []


def test_nobody_is_named_where_there_is_no_question() -> None:
    assert waits_for(None) == ""
