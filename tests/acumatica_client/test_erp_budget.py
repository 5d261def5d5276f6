"""The minute's requests: presses before background reads, the last quarter for presses alone."""

import asyncio
from datetime import datetime, timedelta

import pytest
from erp_world import RELEASE, Clock, StandIn, bill, stand_in

from acumatica_client.allowance import Limits
from acumatica_client.budget import Budget, Lane
from acumatica_client.errors import ErpBusy
from acumatica_client.models import CallClass
from acumatica_client.usage import Usage


def budget(per_minute: int = 8) -> tuple[Budget, Clock, Usage]:
    clock, usage = Clock(), Usage()
    return Budget(per_minute, clock.waiting, usage), clock, usage


async def take(held: Budget, lane: Lane, times: int) -> None:
    for _ in range(times):
        await held.take(lane)


async def test_background_reads_leave_the_last_quarter_of_the_minute() -> None:
    held, clock, usage = budget(8)

    await take(held, Lane.BACKGROUND, 6)
    assert clock.slept == []
    await held.take(Lane.BACKGROUND)

    assert clock.slept == [60.0]
    assert (usage.waits, usage.waited) == (1, 60.0)


async def test_press_takes_what_background_reads_left_without_waiting() -> None:
    held, clock, _ = budget(8)
    await take(held, Lane.BACKGROUND, 6)

    await take(held, Lane.PRESSES, 2)

    assert clock.slept == []


async def test_press_waits_too_when_the_whole_minute_is_used() -> None:
    held, clock, _ = budget(8)
    await take(held, Lane.PRESSES, 8)

    await held.take(Lane.PRESSES)

    assert clock.slept == [60.0]


async def test_share_comes_back_when_its_minute_is_over() -> None:
    held, clock, _ = budget(4)
    await take(held, Lane.BACKGROUND, 1)
    await clock.sleep(30)
    await take(held, Lane.BACKGROUND, 2)
    clock.slept.clear()

    await held.take(Lane.BACKGROUND)
    await held.take(Lane.BACKGROUND)

    assert clock.slept == [30.0, 30.0]


async def test_never_more_than_the_number_in_any_minute() -> None:
    held, clock, _ = budget(12)
    taken: list[float] = []

    async def run(lane: Lane, times: int) -> None:
        for _ in range(times):
            await held.take(lane)
            taken.append(clock.waiting.seconds())

    await asyncio.gather(run(Lane.BACKGROUND, 40), run(Lane.PRESSES, 10))

    for moment in taken:
        assert sum(moment <= other < moment + 60 for other in taken) <= 12


async def test_wait_past_its_patience_is_refused_and_says_how_long() -> None:
    held, clock, _ = budget(8)
    await take(held, Lane.PRESSES, 8)

    with pytest.raises(ErpBusy) as busy:
        await held.take(Lane.PRESSES, patience=1.5)

    assert busy.value.after == 60.0
    assert clock.slept == []


async def test_room_is_waited_for_without_being_taken() -> None:
    held, clock, _ = budget(8)
    await take(held, Lane.PRESSES, 7)

    await held.room(Lane.PRESSES, 2)
    assert clock.slept == [60.0]
    await held.take(Lane.PRESSES, patience=0)


async def test_no_number_is_no_budget() -> None:
    held, clock, _ = budget(0)

    await take(held, Lane.BACKGROUND, 500)

    assert clock.slept == []


async def test_smallest_number_still_lets_background_reads_through() -> None:
    held, clock, _ = budget(1)

    await take(held, Lane.BACKGROUND, 2)

    assert clock.slept == [60.0]


async def test_named_limit_rests_background_reads_but_not_presses() -> None:
    held, clock, _ = budget(0)
    held.rest(120.0)

    with pytest.raises(ErpBusy) as busy:
        await held.take(Lane.BACKGROUND)
    await held.take(Lane.PRESSES)
    await clock.sleep(120)
    await held.take(Lane.BACKGROUND)

    assert busy.value.after == 120.0


# --- through the client ---


async def test_reads_over_the_budget_wait_and_the_erp_sees_no_more() -> None:
    async with stand_in() as erp:
        client = erp.client(limits=Limits(per_minute=8))
        began = erp.clock.at

        for _ in range(5):
            await client.read(bill("000150"))
        assert erp.clock.at == began
        await client.read(bill("000150"))

        await client.close()
        assert (erp.clock.at - began).total_seconds() == 60.0
        assert client.usage.waits == 1


async def used_up(erp: StandIn, **limits: int) -> tuple[CallClass, int]:
    client = erp.client(limits=Limits(**limits))
    for _ in range(6):
        await client.read_for_press(bill("000150"))
    outcome = await client.service.act(RELEASE, bill("000150"))
    await client.close()
    return outcome.outcome, len(await erp.writes())


async def test_write_without_room_in_the_minute_is_not_sent() -> None:
    async with stand_in() as erp:
        assert await used_up(erp, per_minute=7) == (CallClass.NOT_SENT, 0)


async def test_write_waits_for_room_before_it_is_journaled() -> None:
    async with stand_in() as erp:
        client = erp.client(limits=Limits(per_minute=8))
        for _ in range(6):
            await client.read_for_press(bill("000150"))
        began = erp.clock.at

        async with client.acting() as actor:
            await actor.sign_in()
            ready = erp.clock.at
            await actor.read(bill("000150"))
            outcome = await actor.act(RELEASE, bill("000150"))

        await client.close()
        assert (ready - began).total_seconds() >= 59
        assert outcome.outcome is CallClass.CLAIMS_DONE


async def most_in_a_minute(erp: StandIn) -> int:
    """The most requests the stand-in saw in any minute; a sign-out costs nothing."""
    seen = [
        datetime.fromisoformat(one["at"])
        for one in await erp.requests()
        if "logout" not in one["path"]
    ]
    minute = timedelta(minutes=1)
    return max(sum(at <= other < at + minute for other in seen) for at in seen)


async def test_sign_ins_reads_and_polls_of_a_call_share_one_minute() -> None:
    async with stand_in() as erp:
        for _ in range(4):
            client = erp.client(limits=Limits(per_minute=6))
            for _ in range(4):
                await client.read(bill("000150"))
            await client.service.act(RELEASE, bill("000150"))
            await client.close()
            erp.clock.at += timedelta(minutes=1)

        assert await most_in_a_minute(erp) <= 6
        assert await erp.requests("POST", "auth/login")
