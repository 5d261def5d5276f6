"""Acts on the running stand-in; what it saw decides, not what the client says."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from erp_fixtures import json_reply, page_reply, reply
from erp_world import (
    RELEASE,
    REMOVE_HOLD,
    SIGNED_IN,
    START,
    UNTICK_HOLD,
    Clock,
    StandIn,
    act_by_script,
    bill,
    credentials,
    free_port,
    script,
    scripted_client,
    stand_in,
)

from acumatica_client.acting import LONG_OPERATION
from acumatica_client.allowance import Limits
from acumatica_client.client import ErpClient
from acumatica_client.errors import ErpUnavailable
from acumatica_client.models import CallClass, CallOutcome, ErpCall
from acumatica_client.protocol import Address
from acumatica_client.transport import NoAnswer, NotSent, Reply, TransportError, open_transport

BALANCED, ON_HOLD, GONE = "000150", "000154", "000999"
STATUS = "/entity/Default/24.200.001/Bill/ReleaseBill/status/6a1f"
RUNNING = Reply(202, {"location": STATUS}, b"")
LOST = Reply(401, {}, b"")
LIMIT_IN_WORDS = json_reply(
    500,
    {
        "exceptionMessage": "The number of concurrent API logins has been reached.",
        "exceptionType": "PX.Data.PXException",
    },
)


@pytest.fixture
async def erp() -> AsyncIterator[StandIn]:
    async with stand_in() as running:
        yield running


@pytest.fixture
async def client(erp: StandIn) -> AsyncIterator[ErpClient]:
    made = erp.client()
    yield made
    await made.close()


async def test_action_that_answers_204_claims_to_be_done(erp: StandIn, client: ErpClient) -> None:
    outcome = await client.service.act(REMOVE_HOLD, bill(ON_HOLD))

    assert outcome.outcome is CallClass.CLAIMS_DONE
    assert await erp.status_of(ON_HOLD) == "Balanced"
    (write,) = await erp.requests("POST", "ReleaseFromHold")
    assert write["body"] == {
        "entity": {"Type": {"value": "Bill"}, "ReferenceNbr": {"value": ON_HOLD}},
        "parameters": {},
    }


async def test_hold_box_is_unticked_by_a_put(erp: StandIn, client: ErpClient) -> None:
    outcome = await client.service.act(UNTICK_HOLD, bill(ON_HOLD))

    assert outcome.outcome is CallClass.CLAIMS_DONE
    assert await erp.status_of(ON_HOLD) == "Balanced"
    assert await erp.writes() == [("PUT", "/entity/Default/24.200.001/Bill")]


async def test_put_for_a_bill_that_is_gone_does_not_make_a_new_one(
    erp: StandIn, client: ErpClient
) -> None:
    await erp.delete(ON_HOLD)
    before = len((await erp.door("GET", "documents"))["documents"])

    outcome = await client.service.act(UNTICK_HOLD, bill(ON_HOLD))

    assert outcome.outcome is CallClass.REFUSED
    assert outcome.detail.startswith("412")
    assert len((await erp.door("GET", "documents"))["documents"]) == before


async def test_long_operation_is_followed_to_its_end_in_its_own_session(
    erp: StandIn, client: ErpClient
) -> None:
    erp.running.clear()
    erp.clock.on_sleep = lambda: erp.running.set() if len(erp.clock.slept) > 6 else None

    outcome = await client.service.act(RELEASE, bill(BALANCED))

    assert outcome.outcome is CallClass.CLAIMS_DONE
    assert await erp.status_of(BALANCED) == "Open"
    assert erp.clock.slept[:7] == [0.25, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0]
    assert await erp.writes() == [("POST", "/entity/Default/24.200.001/Bill/ReleaseBill")]
    assert len({event["session"] for event in await erp.requests()}) == 1


async def test_long_operation_that_fails_is_a_refusal_in_doubt(
    erp: StandIn, client: ErpClient
) -> None:
    await erp.change("000149", set={"PostPeriod": "012020"})

    outcome = await client.service.act(RELEASE, bill("000149"))

    assert outcome.outcome is CallClass.REFUSED_IN_DOUBT
    assert "01-2020 financial period" in outcome.detail
    assert outcome.plain == (
        "Acumatica refused. The reason is in the audit; the document's screen shows it too."
    )
    assert await erp.status_of("000149") == "Balanced"


async def test_long_operation_without_an_end_is_unknown_after_ten_minutes(
    erp: StandIn, client: ErpClient
) -> None:
    erp.running.clear()

    outcome = await client.service.act(RELEASE, bill(BALANCED))

    assert outcome.outcome is CallClass.UNKNOWN
    assert outcome.detail == "still running after 10 minutes"
    waited = (erp.clock.at - START).total_seconds()
    assert LONG_OPERATION <= waited < LONG_OPERATION + 6
    assert len(await erp.writes()) == 1


@pytest.mark.parametrize(
    ("call", "number", "kind"),
    [
        (RELEASE, ON_HOLD, CallClass.REFUSED_IN_DOUBT),
        (RELEASE, GONE, CallClass.REFUSED_IN_DOUBT),
        (ErpCall("Bill", "Approve"), "000151", CallClass.REFUSED_IN_DOUBT),
        (ErpCall("Bill", "NoSuchAction"), BALANCED, CallClass.REFUSED),
    ],
)
async def test_refusal_of_the_erp_is_told_by_its_class(
    erp: StandIn, client: ErpClient, call: ErpCall, number: str, kind: CallClass
) -> None:
    outcome = await client.service.act(call, bill(number))

    assert outcome.outcome is kind
    assert outcome.plain.endswith(".")
    assert len(await erp.writes()) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "applied"),
    [
        ("status:500", CallClass.UNKNOWN, False),
        ("status:503", CallClass.UNKNOWN, False),
        ("html", CallClass.UNKNOWN, False),
        ("redirect", CallClass.UNKNOWN, False),
        ("reset_before", CallClass.UNKNOWN, False),
        ("reset_after_apply", CallClass.UNKNOWN, True),
        ("half_answer", CallClass.UNKNOWN, True),
        ("status:401", CallClass.TURNED_AWAY, False),
        ("login_limit", CallClass.TURNED_AWAY, False),
        ("login_limit:500", CallClass.TURNED_AWAY, False),
        ("login_limit:html", CallClass.UNKNOWN, False),
        ("login_limit:redirect", CallClass.UNKNOWN, False),
        ("status:403", CallClass.REFUSED, False),
        ("status:404", CallClass.REFUSED, False),
        ("status:409", CallClass.REFUSED, False),
    ],
)
@pytest.mark.parametrize("call", [REMOVE_HOLD, UNTICK_HOLD], ids=["POST", "PUT"])
async def test_write_that_goes_wrong_is_sent_once_whatever_went_wrong(
    erp: StandIn, client: ErpClient, call: ErpCall, fault: str, *, kind: CallClass, applied: bool
) -> None:
    method = "POST" if call.action else "PUT"
    await erp.arm(fault, method=method, path="/Default/24.200.001/Bill")

    outcome = await client.service.act(call, bill(ON_HOLD))

    assert outcome.outcome is kind
    assert len(await erp.writes()) == 1
    assert await erp.status_of(ON_HOLD) == ("Balanced" if applied else "On Hold")


async def test_limit_says_how_long_to_leave_the_erp_alone(erp: StandIn, client: ErpClient) -> None:
    await erp.arm("login_limit", path="ReleaseFromHold")

    outcome = await client.service.act(REMOVE_HOLD, bill(ON_HOLD))

    assert outcome.after == 120.0


async def test_lost_session_is_turned_away_and_the_next_write_signs_in_afresh(
    erp: StandIn, client: ErpClient
) -> None:
    await erp.arm("status:401", path="ReleaseFromHold")

    first = await client.service.act(REMOVE_HOLD, bill(ON_HOLD))
    second = await client.service.act(REMOVE_HOLD, bill(ON_HOLD))

    assert first.outcome is CallClass.TURNED_AWAY
    assert second.outcome is CallClass.CLAIMS_DONE
    sessions = [event["session"] for event in await erp.requests("POST", "auth/login")]
    assert len(set(sessions)) == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("status:401", CallClass.UNKNOWN),
        ("login_limit", CallClass.UNKNOWN),
        ("status:404", CallClass.UNKNOWN),
        ("status:500", CallClass.UNKNOWN),
        ("status:503", CallClass.UNKNOWN),
        ("html", CallClass.UNKNOWN),
        ("redirect", CallClass.UNKNOWN),
        ("half_answer", CallClass.UNKNOWN),
        ("status:422", CallClass.REFUSED),
    ],
)
async def test_status_poll_that_goes_wrong_says_nothing_of_the_operation(
    erp: StandIn, client: ErpClient, fault: str, kind: CallClass
) -> None:
    await erp.arm(fault, times=2, path="/status/")

    outcome = await client.service.act(RELEASE, bill(BALANCED))

    assert outcome.outcome is kind
    assert len(await erp.writes()) == 1


async def test_status_poll_that_loses_its_session_opens_another_for_the_next_write(
    erp: StandIn, client: ErpClient
) -> None:
    await erp.arm("status:401", path="/status/")
    await client.service.act(RELEASE, bill(BALANCED))

    outcome = await client.service.act(REMOVE_HOLD, bill(ON_HOLD))

    assert outcome.outcome is CallClass.CLAIMS_DONE


async def test_wrong_password_is_not_sent(erp: StandIn) -> None:
    client = erp.client(password="wrong")

    outcome = await client.service.act(REMOVE_HOLD, bill(ON_HOLD))

    await client.close()
    assert outcome.outcome is CallClass.NOT_SENT
    assert "Invalid credentials" in outcome.detail
    assert await erp.writes() == []


async def test_full_house_is_not_sent_and_says_how_long_to_wait() -> None:
    async with stand_in(seats=0) as erp:
        client = erp.client()

        outcome = await client.service.act(REMOVE_HOLD, bill(ON_HOLD))

        await client.close()
        assert (outcome.outcome, outcome.after) == (CallClass.NOT_SENT, 120.0)
        assert await erp.writes() == []


async def test_erp_that_is_off_is_not_sent() -> None:
    client = ErpClient(
        Address(f"http://127.0.0.1:{await free_port()}", "Default", "24.200.001"),
        credentials(),
        open_transport=open_transport,
        waiting=Clock().waiting,
    )

    outcome = await client.service.act(REMOVE_HOLD, bill(ON_HOLD))

    await client.close()
    assert outcome.outcome is CallClass.NOT_SENT


async def test_signed_in_ahead_the_write_leaves_at_once(erp: StandIn, client: ErpClient) -> None:
    async with client.acting() as actor:
        await actor.sign_in()
        before = len(await erp.requests())

        await actor.act(REMOVE_HOLD, bill(ON_HOLD))

    assert [event["method"] for event in (await erp.requests())[before:]] == ["POST"]


async def test_two_presses_at_once_are_two_requests_one_after_the_other(
    erp: StandIn, client: ErpClient
) -> None:
    outcomes = await asyncio.gather(
        *(client.service.act(REMOVE_HOLD, bill(ON_HOLD)) for _ in range(2))
    )

    kinds = sorted(outcome.outcome for outcome in outcomes)
    assert kinds == [CallClass.REFUSED_IN_DOUBT, CallClass.CLAIMS_DONE]
    assert len(await erp.writes()) == 2


# --- acting, against a script ---


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ((NotSent("refused"),), CallClass.NOT_SENT),
        ((NoAnswer("reset"),), CallClass.UNKNOWN),
        ((Reply(202, {}, b""),), CallClass.UNKNOWN),
        ((Reply(202, {"location": "https://evil.example/status/1"}, b""),), CallClass.UNKNOWN),
        ((Reply(202, {"location": "https://[bad/status/1"}, b""),), CallClass.UNKNOWN),
        ((RUNNING, Reply(204, {}, b"")), CallClass.CLAIMS_DONE),
        ((RUNNING, RUNNING, Reply(204, {}, b"")), CallClass.CLAIMS_DONE),
        ((RUNNING, json_reply(200, {"id": "1"})), CallClass.UNKNOWN),
        ((RUNNING, page_reply(200)), CallClass.UNKNOWN),
        ((RUNNING, reply("errors/operation_failed")), CallClass.REFUSED_IN_DOUBT),
        ((RUNNING, reply("errors/validation_422")), CallClass.REFUSED),
        ((RUNNING, reply("errors/login_limit")), CallClass.UNKNOWN),
        ((RUNNING, LIMIT_IN_WORDS), CallClass.UNKNOWN),
        ((RUNNING, NotSent("refused")), CallClass.UNKNOWN),
        ((RUNNING, NoAnswer("reset")), CallClass.UNKNOWN),
        ((RUNNING, LOST), CallClass.UNKNOWN),
        ((Reply(302, {"location": "/Frames/Login.aspx"}, b""),), CallClass.UNKNOWN),
        ((Reply(422, {"content-type": "application/json"}, b"[" * 99999),), CallClass.UNKNOWN),
    ],
)
async def test_end_of_a_write_is_a_value_and_never_a_second_post(
    answers: tuple[Any, ...], kind: CallClass
) -> None:
    outcome, acts, _ = await act_by_script(SIGNED_IN, *answers)

    assert outcome.outcome is kind
    assert acts.paths[:2] == ["POST login", "POST ReleaseBill"]
    assert {path.split()[0] for path in acts.paths[2:]} <= {"GET"}
    assert len(acts.asked) == 1 + len(answers)


@pytest.mark.parametrize(
    ("answers", "detail"),
    [
        ((NotSent("refused"),), "refused"),
        ((NoAnswer("reset"),), "reset"),
        ((Reply(202, {}, b""),), "202 without a status address of our ERP"),
        ((RUNNING, NoAnswer("reset")), "the status poll failed: reset"),
        ((RUNNING, LOST), "status poll: 401"),
    ],
)
async def test_what_came_instead_of_an_answer_is_told_to_operators(
    answers: tuple[Any, ...], detail: str
) -> None:
    outcome, _, _ = await act_by_script(SIGNED_IN, *answers)

    assert outcome.detail.startswith(detail)


async def test_who_was_not_asked_to_wait_is_not_made_to() -> None:
    outcome, _, _ = await act_by_script(SIGNED_IN, NotSent("refused"))

    assert outcome.after == 0.0


async def test_a_session_that_the_status_poll_lost_is_not_used_again() -> None:
    acts = script(SIGNED_IN, RUNNING, LOST, SIGNED_IN, Reply(204, {}, b""))
    client = scripted_client(Clock(), acts)

    await client.service.act(RELEASE, bill("000150"))
    again = await client.service.act(RELEASE, bill("000150"))

    assert again.outcome is CallClass.CLAIMS_DONE
    assert acts.paths.count("POST login") == 2


@pytest.mark.parametrize(
    ("answer", "told"), [(NoAnswer("reset"), "reset"), (Reply(204, {}, b""), "")]
)
async def test_the_last_trouble_with_the_erp_is_kept_for_operators(answer: Any, told: str) -> None:
    client = scripted_client(Clock(), script(SIGNED_IN, answer))

    await client.service.act(RELEASE, bill("000150"))

    assert client.usage.last_error == told


async def test_a_write_that_comes_too_late_says_how_late(erp: StandIn, client: ErpClient) -> None:
    journaled = erp.clock.waiting.seconds() - 3

    outcome = await client.service.act(REMOVE_HOLD, bill(ON_HOLD), since=journaled)

    assert outcome.detail == "its turn came 3 seconds after it was journaled"


@pytest.mark.parametrize("fault", [NotSent("refused"), NoAnswer("reset")])
async def test_sign_in_without_an_answer_leaves_the_write_unsent(fault: TransportError) -> None:
    outcome, acts, _ = await act_by_script(fault)

    assert outcome.outcome is CallClass.NOT_SENT
    assert acts.paths == ["POST login"]


async def test_status_is_asked_where_the_erp_said() -> None:
    _, acts, clock = await act_by_script(SIGNED_IN, RUNNING, Reply(204, {}, b""))

    assert acts.asked[-1].url == f"https://erp.example{STATUS}"
    assert clock.slept == [0.25]


# --- turns, seats and time ---


async def test_second_lost_session_in_a_row_is_a_refusal() -> None:
    clock, acts = Clock(), script(SIGNED_IN, LOST, SIGNED_IN, LOST)
    client = scripted_client(clock, acts)

    first = await client.service.act(RELEASE, bill("000150"))
    second = await client.service.act(RELEASE, bill("000150"))

    assert (first.outcome, second.outcome) == (CallClass.TURNED_AWAY, CallClass.REFUSED)


async def test_lost_session_long_after_another_is_turned_away_again() -> None:
    done = Reply(204, {}, b"")
    acts = script(SIGNED_IN, LOST, SIGNED_IN, done, LOST)
    client = scripted_client(Clock(), acts)

    kinds = [(await client.service.act(RELEASE, bill("000150"))).outcome for _ in range(3)]

    assert kinds == [CallClass.TURNED_AWAY, CallClass.CLAIMS_DONE, CallClass.TURNED_AWAY]


@pytest.mark.parametrize(
    ("late", "outcome"),
    [
        (0.0, CallClass.CLAIMS_DONE),
        (1.5, CallClass.CLAIMS_DONE),
        (1.6, CallClass.NOT_SENT),
        (4.9, CallClass.NOT_SENT),
        (5.0, CallClass.UNKNOWN),
        (3600.0, CallClass.UNKNOWN),
    ],
)
async def test_write_journaled_long_ago_is_not_sent_and_after_five_seconds_in_doubt(
    erp: StandIn, client: ErpClient, late: float, outcome: CallClass
) -> None:
    journaled = erp.clock.waiting.seconds() - late

    ended = await client.service.act(REMOVE_HOLD, bill(ON_HOLD), since=journaled)

    assert ended.outcome is outcome
    assert len(await erp.writes()) == (outcome is CallClass.CLAIMS_DONE)
    assert ended.detail.startswith("unsent") is (outcome is CallClass.UNKNOWN)


async def test_write_whose_turn_comes_too_late_is_not_sent(erp: StandIn) -> None:
    client = erp.client()
    erp.running.clear()
    long_one = asyncio.ensure_future(client.service.act(RELEASE, bill(BALANCED)))
    while not await erp.writes():
        pass

    late = asyncio.ensure_future(client.service.act(REMOVE_HOLD, bill(ON_HOLD)))
    erp.clock.on_sleep = lambda: erp.running.set() if len(erp.clock.slept) > 5 else None
    outcome = await late

    await long_one
    await client.close()
    assert outcome.outcome is CallClass.UNKNOWN
    assert "seconds after it was journaled" in outcome.detail
    assert len(await erp.writes()) == 1


async def test_nothing_else_goes_into_a_session_during_its_long_operation(erp: StandIn) -> None:
    client = erp.client()
    erp.running.clear()
    erp.clock.on_sleep = lambda: erp.running.set() if len(erp.clock.slept) > 4 else None

    await asyncio.gather(
        client.service.act(RELEASE, bill(BALANCED)), client.service.act(REMOVE_HOLD, bill(ON_HOLD))
    )

    await client.close()
    told = [f"{e['method']} {e['path'].rpartition('/')[2]}" for e in await erp.requests()]
    begun = told.index("POST ReleaseBill")
    assert told[begun + 1].startswith("GET")
    assert all(line.startswith("GET") for line in told[begun + 1 : begun + 5])


async def test_single_seat_is_never_two_and_what_is_read_back_comes_from_another_session() -> None:
    async with stand_in(seats=1) as erp:
        client = erp.client(limits=Limits(seats=1))

        await client.read(bill(ON_HOLD))
        async with client.acting() as actor:
            await actor.sign_in()
            await actor.read(bill(ON_HOLD))
            outcome = await actor.act(REMOVE_HOLD, bill(ON_HOLD))
        after = await client.read_for_press(bill(ON_HOLD))

        await client.close()
        assert outcome.outcome is CallClass.CLAIMS_DONE
        assert after is not None
        assert after.status == "Balanced"
        told = [e["path"].rpartition("/")[2] for e in await erp.requests()]
        assert told == [
            "login", ON_HOLD, ON_HOLD, "ReleaseFromHold", "logout", "login", ON_HOLD, "logout",
        ]  # fmt: skip


@pytest.mark.parametrize(("actions", "passes"), [(1, False), (2, True)])
async def test_a_long_operation_lets_another_pass_where_there_are_seats_for_it(
    actions: int, *, passes: bool
) -> None:
    async with stand_in(seats=3) as erp:
        client = erp.client(limits=Limits(actions=actions))
        erp.running.clear()

        async def act(call: ErpCall, number: str) -> CallOutcome:
            async with client.acting() as actor:
                await actor.sign_in()
                return await actor.act(call, bill(number))

        long_one = asyncio.ensure_future(act(RELEASE, BALANCED))
        while not await erp.writes():
            pass
        other = asyncio.ensure_future(act(REMOVE_HOLD, ON_HOLD))
        for _ in range(20):
            await erp.requests()
        passed = other.done()
        erp.running.set()
        outcomes = [(await one).outcome for one in (long_one, other)]

        assert passed is passes
        assert outcomes == [CallClass.CLAIMS_DONE] * 2
        assert client.usage.sessions_open == 1, "a second seat is taken only while it is needed"
        await client.close()


async def test_reads_wait_for_the_action_where_there_is_a_single_seat() -> None:
    async with stand_in(seats=1) as erp:
        client = erp.client(limits=Limits(seats=1))
        erp.running.clear()
        erp.clock.on_sleep = lambda: erp.running.set() if len(erp.clock.slept) > 4 else None

        outcome, document = await asyncio.gather(
            client.service.act(RELEASE, bill(BALANCED)), client.read(bill(BALANCED))
        )

        await client.close()
        assert outcome.outcome is CallClass.CLAIMS_DONE
        assert document is not None
        assert document.status == "Open"


async def test_nothing_comes_between_the_check_and_the_write_where_there_is_a_single_seat() -> None:
    async with stand_in(seats=1) as erp:
        client = erp.client(limits=Limits(seats=1))

        async with client.acting() as actor:
            await actor.sign_in()
            others = [asyncio.ensure_future(client.read(bill(BALANCED))) for _ in range(3)]
            settling = asyncio.ensure_future(client.read_for_press(bill(BALANCED)))
            await actor.read(bill(ON_HOLD))
            await erp.requests()  # time enough for the others to try
            outcome = await actor.act(REMOVE_HOLD, bill(ON_HOLD))
        await asyncio.gather(*others, settling)

        await client.close()
        assert outcome.outcome is CallClass.CLAIMS_DONE
        told = [e["path"].rpartition("/")[2] for e in await erp.requests()]
        assert told[:4] == ["login", ON_HOLD, "ReleaseFromHold", "logout"]


@pytest.mark.parametrize("steps", [(), ("sign_in",), ("sign_in", "read")])
async def test_check_that_leads_to_no_write_lets_the_reads_go_on(steps: tuple[str, ...]) -> None:
    async with stand_in(seats=1) as erp:
        client = erp.client(limits=Limits(seats=1))

        async with client.acting() as actor:
            if "sign_in" in steps:
                await actor.sign_in()
            if "read" in steps:
                await actor.read(bill(ON_HOLD))

        assert await client.read(bill(ON_HOLD)) is not None
        await client.close()


async def test_sign_in_that_fails_lets_the_reads_go_on() -> None:
    async with stand_in(seats=1) as erp:
        client = erp.client(limits=Limits(seats=1))
        await erp.arm("status:503", path="auth/login")

        with pytest.raises(ErpUnavailable):
            async with client.acting() as actor:
                await actor.sign_in()

        assert await client.read(bill(ON_HOLD)) is not None
        await client.close()


async def test_action_goes_before_reads_that_came_later_where_there_is_a_single_seat() -> None:
    async with stand_in(seats=1) as erp:
        client = erp.client(limits=Limits(seats=1))
        await client.read(bill(ON_HOLD))

        await asyncio.gather(
            client.read(bill(ON_HOLD)),
            client.service.act(REMOVE_HOLD, bill(ON_HOLD)),
            *(client.read(bill(BALANCED)) for _ in range(5)),
        )

        await client.close()
        told = [e["path"].rpartition("/")[2] for e in await erp.requests()]
        assert told.index("ReleaseFromHold") == 3


async def test_reads_that_wait_for_their_share_do_not_hold_up_an_action() -> None:
    async with stand_in(seats=1) as erp:
        client = erp.client(limits=Limits(seats=1, per_minute=12))
        for _ in range(8):
            await client.read(bill(ON_HOLD))
        erp.clock.going.clear()
        waiting = asyncio.ensure_future(client.read(bill(ON_HOLD)))
        await erp.clock.asleep.wait()

        outcome = await client.service.act(REMOVE_HOLD, bill(ON_HOLD))

        erp.clock.going.set()
        await waiting
        await client.close()
        assert outcome.outcome is CallClass.CLAIMS_DONE
