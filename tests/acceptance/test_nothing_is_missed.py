"""Whatever pushes and polls do not tell is found all the same, told, and mended. Judged outside."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import sys
from typing import Any

from world import BEN, PUSH_SECRET, ROOT, World, buttons, environment, eventually

from bot.reading.push_door import PUSH_LIMIT, SECRET_HEADER

SWEEPING = ('poll = "14d"', 'poll = "14d"\nsweep = "2s"')
"""Nothing but the first poll and the sweeps asks what is new."""


async def metric(world: World, name: str) -> str:
    """The lines of one metric as the service tells them now."""
    async with world.witness.session.get(f"{world.witness.bot}/metrics") as answer:
        assert answer.status == 200
        lines = (await answer.text()).splitlines()
    return "\n".join(line for line in lines if line.startswith(f"countersign_{name}"))


OVERLAP = 1
"""Rows by which a page reaches back into the one before."""


async def command(world: World, *words: str) -> tuple[int, Any, str]:
    """Run a command as an operator would: exit code, what it printed as JSON, what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "app.py"), *words, cwd=world.data,
        env={**os.environ, **environment(world.settings())},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, json.loads(out) if out.strip() else None, err.decode()


async def test_a_bill_deleted_in_the_erp_turns_its_card_by_itself(world: World) -> None:
    world.poll, world.edit = "14d", SWEEPING
    witness = world.witness
    number = await witness.bill_on_hold()
    async with world.bot():
        await witness.card(number, BEN, says="this waits for you")

        await witness.delete(number)

        card = await witness.card(number, BEN, says="no longer has this document")
        assert "Release" not in buttons(card["card"])
        assert 'kind="not there"' in await metric(world, "differences_total")


async def test_a_bill_no_push_and_no_poll_told_of_gets_its_card(world: World) -> None:
    world.poll, world.edit = "14d", SWEEPING
    witness = world.witness
    async with world.bot():
        await eventually(lambda: metric(world, "poll_age_seconds"), "the first poll is done")
        number = await witness.bill_on_hold()

        await witness.card(number, BEN, says="this waits for you")
        assert 'kind="unknown here"' in await metric(world, "differences_total")


async def test_a_push_that_is_too_large_costs_nothing_but_a_poll(world: World) -> None:
    world.poll = "14d"
    witness = world.witness
    async with world.bot():
        await eventually(lambda: metric(world, "poll_age_seconds"), "the first poll is done")
        number = await witness.bill_on_hold()
        body = b'{"Inserted": ["' + b"x" * PUSH_LIMIT + b'"]}'
        headers = {SECRET_HEADER: PUSH_SECRET, "Content-Type": "application/json"}
        url = f"{witness.bot}/api/acumatica/push/acme"
        sent = witness.session.post(url, data=io.BytesIO(body), headers=headers)
        async with sent as answer:
            assert answer.status == 413

        await witness.card(number, BEN, says="this waits for you")
        assert 'reason="too large"' in await metric(world, "pushes_refused_total")


async def test_pushes_that_come_double_split_and_out_of_order_end_in_the_same_cards(
    world: World,
) -> None:
    world.poll = "14d"
    witness = world.witness
    async with world.bot():
        await witness.connect_push()
        await witness.push(duplicate=2, split=True, reorder=True)
        numbers = [await witness.bill_on_hold(100 + n) for n in range(5)]
        for number in numbers:
            await witness.change({"Amount": 777.0}, number)

        for number in numbers:
            await witness.card(number, BEN, says="777.00 USD")


async def test_six_hundred_bills_at_the_first_start_are_all_read_and_it_shows(
    world: World,
) -> None:
    witness = world.witness
    for _ in range(600):
        await witness.bill_on_hold()
    async with world.bot():

        async def read() -> bool:
            return 'entity="Bill",what="first synchronisation"} 600.0' in await metric(
                world, "sync_rows"
            )

        await eventually(read, "six hundred bills are read")
    asked = [one["query"] for one in await witness.erp_events("request")]
    tops = [int(found[1]) for one in asked if (found := re.search(r"top=(\d+)", one))]
    assert 200 <= max(tops) <= 200 + OVERLAP


async def test_a_kill_in_the_middle_of_a_first_synchronisation_loses_no_bill(
    world: World,
) -> None:
    witness = world.witness
    numbers = [await witness.bill_on_hold() for _ in range(12)]
    await witness.erp_fault("delay:0.4", times=3, path="/Bill")
    process = await world.start()

    async def reading() -> bool:
        return any("/Bill" in event["path"] for event in await witness.erp_events("request"))

    await eventually(reading, "the bills are being read")
    await world.kill(process)

    await world.process()

    for number in numbers:
        await witness.card(number, BEN, says="this waits for you")


# --- the command ---


async def test_the_running_service_reconciles_when_an_operator_asks(world: World) -> None:
    world.poll = "14d"
    witness = world.witness
    number, other = await witness.bill_on_hold(), await witness.bill_on_hold()
    await world.process()
    for one in (number, other):
        await witness.card(one, BEN, says="this waits for you")
    await witness.delete(number)

    code, told, said = await command(world, "reconcile", "acme", "--json")

    (report,) = told["companies"]
    assert code == 0
    assert told["by_service"] is True
    assert report["company"] == "acme"
    assert report["differences"] == {"not there": 1}
    assert number in report["examples"][0]
    assert "✓ acme" in said
    assert "cards" in said  # the bar of what was read card by card
    await witness.card(number, BEN, says="no longer has this document")


async def test_without_a_service_it_is_done_here_and_mended_at_the_next_start(
    world: World,
) -> None:
    world.poll = "14d"
    witness = world.witness
    number = await witness.bill_on_hold()
    process = await world.process()
    await witness.card(number, BEN, says="this waits for you")
    await world.kill(process)
    await witness.delete(number)

    code, told, said = await command(world, "reconcile", "--json")

    assert code == 0
    assert told["by_service"] is False
    assert told["companies"][0]["differences"] == {"not there": 1}
    assert "when it starts" in said
    await world.process()
    await witness.card(number, BEN, says="no longer has this document")


async def test_what_cannot_be_compared_is_said_in_plain_words_with_exit_code_one(
    world: World,
) -> None:
    number = await world.witness.bill_on_hold()
    process = await world.process()
    await world.witness.card(number, BEN, says="this waits for you")
    await world.kill(process)
    await world.witness.erp_fault("status:503", times=50, path="/entity")

    code, told, said = await command(world, "reconcile", "--json")
    unknown, _, named = await command(world, "reconcile", "nobody")

    assert code == unknown == 1
    assert told["companies"][0]["problems"]
    assert "could not compare" in said
    assert "acme" in named
    assert "Traceback" not in said + named
