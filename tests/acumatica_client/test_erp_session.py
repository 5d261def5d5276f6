"""One seat at the ERP: taken once however many ask, opened afresh once, always given back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import pytest
from erp_fixtures import json_reply, page_reply, reply
from erp_world import (
    PASSWORD,
    SIGNED_IN,
    SIGNED_OUT,
    Clock,
    Script,
    StandIn,
    bill,
    credentials,
    script,
    stand_in,
)

from acumatica_client.allowance import Allowance, Limits
from acumatica_client.budget import Lane
from acumatica_client.entities import BILL
from acumatica_client.errors import ErpBusy, ErpError, ErpSignInFailed, ErpUnavailable
from acumatica_client.protocol import Address, build_read, build_versions
from acumatica_client.session import Session
from acumatica_client.sign_in import Credentials, PasswordSignIn, Refusals, WrongTenant
from acumatica_client.transport import (
    NoAnswer,
    NotSent,
    Reply,
    Request,
    Transport,
    TransportError,
    open_transport,
)
from acumatica_client.usage import Kind

ADDRESS = Address("https://erp.example", "Default", "24.200.001")
ASK = build_versions(ADDRESS)
LOST = Reply(401, {}, b"")
SENT_TO_SIGN_IN = Reply(302, {"location": "/Frames/Login.aspx?ReturnUrl=%2f"}, b"")
GOOD = json_reply(200, [])


@pytest.fixture
async def erp() -> AsyncIterator[StandIn]:
    async with stand_in() as running:
        yield running


def session(erp: StandIn, *, password: str = PASSWORD, parallel: int = 4) -> Session:
    return opened(
        open_transport(lambda _: True), credentials(password), erp.clock, erp.address, parallel
    )


def opened(
    transport: Transport,
    who: Credentials,
    clock: Clock,
    address: Address = ADDRESS,
    parallel: int = 4,
    refusals: Refusals | None = None,
) -> Session:
    allowance = Allowance(Limits(parallel=parallel), clock.waiting)
    way = PasswordSignIn(address, who, refusals or Refusals(clock.waiting))
    return Session(transport, way, allowance)


def scripted(
    *answers: Reply | TransportError,
    password: Callable[[], str] = lambda: "x",
    clock: Clock | None = None,
) -> tuple[Session, Script]:
    transport = script(*answers)
    who = Credentials("countersign", password, "Company")
    return opened(transport, who, clock or Clock()), transport


def paths(erp_requests: list[dict[str, object]]) -> list[str]:
    return [str(event["path"]).rpartition("/")[2] for event in erp_requests]


# --- against the stand-in ---


async def test_many_reads_at_once_share_one_sign_in(erp: StandIn) -> None:
    held = session(erp)
    request = build_read(erp.address, BILL, bill("000150"))

    replies = await asyncio.gather(*(held.read(request) for _ in range(12)))

    await held.close()
    seen = await erp.requests()
    assert {r.status for r in replies} == {200}
    assert paths(seen) == ["login", *["000150"] * 12, "logout"]
    assert len({event["session"] for event in seen}) == 1


async def test_dropped_session_is_opened_afresh_once(erp: StandIn) -> None:
    held = session(erp)
    request = build_read(erp.address, BILL, bill("000150"))
    await erp.arm("status:401", path="000150")

    answer = await held.read(request)

    await held.close()
    assert answer.status == 200
    assert paths(await erp.requests()) == ["login", "000150", "login", "000150", "logout"]


async def test_session_dropped_under_many_readers_is_opened_afresh_once(erp: StandIn) -> None:
    held = session(erp, parallel=10)
    request = build_read(erp.address, BILL, bill("000150"))
    await erp.arm("status:401", times=8, path="000150")

    await asyncio.gather(*(held.read(request) for _ in range(8)))

    await held.close()
    assert paths(await erp.requests()).count("login") == 2


async def test_session_that_dies_again_at_once_is_given_up(erp: StandIn) -> None:
    held = session(erp)
    await erp.arm("status:401", times=2, path="000150")

    with pytest.raises(ErpBusy, match="401 after a fresh sign-in"):
        await held.read(build_read(erp.address, BILL, bill("000150")))

    await held.close()
    assert paths(await erp.requests()).count("login") == 2


async def test_wrong_password_is_told_apart_from_a_broken_erp_and_tried_once(erp: StandIn) -> None:
    held = session(erp, password="wrong")

    with pytest.raises(ErpSignInFailed, match="Invalid credentials"):
        await held.read(build_read(erp.address, BILL, bill("000150")))

    await held.close()
    assert paths(await erp.requests()) == ["login"]


@pytest.mark.parametrize("face", ["429", "500", "html", "redirect"])
async def test_full_house_at_sign_in_is_busy_in_every_face(face: str) -> None:
    async with stand_in(seats=0, login_limit_face=face) as erp:
        held = session(erp)

        with pytest.raises(ErpBusy) as busy:
            await held.sign_in()

        await held.close()
        assert busy.value.after == 120.0


async def test_full_house_may_also_be_a_seat_that_is_none() -> None:
    async with stand_in(seats=0, login_limit_face="dead_session") as erp:
        held = session(erp)

        with pytest.raises(ErpBusy) as busy:
            await held.read(build_read(erp.address, BILL, bill("000150")))
        with pytest.raises(ErpBusy):
            await held.read(build_read(erp.address, BILL, bill("000150")))

        await held.close()
        assert busy.value.after == 120.0
        assert paths(await erp.requests()).count("login") == 2


async def test_seat_is_free_again_after_closing() -> None:
    async with stand_in(seats=1) as erp:
        for _ in range(3):
            held = session(erp)
            await held.sign_in()
            await held.close()

        assert paths(await erp.requests()) == ["login", "logout"] * 3


async def test_sign_in_ahead_is_the_sign_in_of_the_first_request(erp: StandIn) -> None:
    held = session(erp)

    await held.sign_in()
    await held.sign_in()
    await held.read(build_read(erp.address, BILL, bill("000150")))

    await held.close()
    assert paths(await erp.requests()) == ["login", "000150", "logout"]


async def test_closed_session_that_was_never_opened_asks_nothing(erp: StandIn) -> None:
    await session(erp).close()

    assert await erp.requests() == []


# --- against a script ---


async def test_way_to_the_sign_in_page_is_a_dropped_session_too() -> None:
    held, transport = scripted(SIGNED_IN, SENT_TO_SIGN_IN, SIGNED_IN, GOOD)

    answer = await held.read(ASK)

    assert answer.status == 200
    assert transport.paths == ["POST login", "GET entity", "POST login", "GET entity"]


async def test_way_to_the_sign_in_page_after_a_fresh_sign_in_is_given_up() -> None:
    held, _ = scripted(SIGNED_IN, SENT_TO_SIGN_IN, SIGNED_IN, SENT_TO_SIGN_IN)

    with pytest.raises(ErpBusy, match="302 after a fresh sign-in"):
        await held.read(ASK)


async def test_send_hands_on_whatever_comes_and_does_not_repeat_it() -> None:
    held, transport = scripted(SIGNED_IN, LOST)

    answer, number = await held.send(ASK, Lane.BACKGROUND)

    assert (answer.status, number) == (401, 1)
    assert transport.paths == ["POST login", "GET entity"]


async def test_forgetting_an_older_session_leaves_the_new_one_open() -> None:
    held, transport = scripted(SIGNED_IN, GOOD, SIGNED_IN, GOOD, GOOD)
    _, first = await held.send(ASK, Lane.BACKGROUND)
    held.forget(first)
    _, second = await held.send(ASK, Lane.BACKGROUND)

    held.forget(first)
    await held.send(ASK, Lane.BACKGROUND)

    assert (first, second) == (1, 2)
    assert transport.paths.count("POST login") == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (NotSent("refused"), ErpUnavailable),
        (NoAnswer("reset"), ErpUnavailable),
        (page_reply(503), ErpUnavailable),
        (page_reply(200), ErpUnavailable),
        (reply("errors/login_limit"), ErpBusy),
        (reply("errors/wrong_password"), ErpSignInFailed),
        (json_reply(400, {"message": "The password has expired."}), ErpSignInFailed),
        (Reply(401, {}, b""), ErpSignInFailed),
    ],
)
async def test_sign_in_that_fails_says_whether_to_try_again(
    answer: Reply | TransportError, kind: type[ErpError]
) -> None:
    held, transport = scripted(answer)

    with pytest.raises(kind):
        await held.read(ASK)

    assert transport.paths == ["POST login"]


@pytest.mark.parametrize("fault", [NotSent("refused"), NoAnswer("reset")])
async def test_read_without_an_answer_is_an_erp_that_cannot_be_asked(fault: TransportError) -> None:
    held, _ = scripted(SIGNED_IN, fault)

    with pytest.raises(ErpUnavailable, match=str(fault)):
        await held.read(ASK)


@dataclass
class Crowded(Script):
    """Counts how many requests it holds at one time."""

    inside: int = 0
    most: int = 0
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, request: Request) -> Reply:
        self.inside += 1
        self.entered.set()
        self.most = max(self.most, self.inside)
        for _ in range(9):
            await asyncio.sleep(0)
        try:
            return await super().send(request)
        finally:
            self.inside -= 1


@pytest.mark.parametrize(("parallel", "reads"), [(1, 1), (2, 1), (4, 3)])
async def test_no_more_reads_at_one_time_than_allowed_and_a_place_left_for_presses(
    parallel: int, reads: int
) -> None:
    transport = Crowded(iter([SIGNED_IN, *[GOOD] * 9]))
    held = opened(transport, credentials(), Clock(), parallel=parallel)

    await asyncio.gather(*(held.read(ASK) for _ in range(9)))

    assert transport.most == reads


async def test_press_goes_ahead_while_slow_reads_take_their_places() -> None:
    transport = Crowded(iter([SIGNED_IN, *[GOOD] * 9]))
    held = opened(transport, credentials(), Clock(), parallel=4)

    await asyncio.gather(*(held.read(ASK) for _ in range(8)), held.read(ASK, Lane.PRESSES))

    assert transport.most == 4


async def test_password_is_fetched_for_every_sign_in_and_shown_nowhere() -> None:
    passwords = ["old"]
    held, transport = scripted(
        SIGNED_IN, GOOD, LOST, SIGNED_IN, GOOD, password=lambda: passwords[-1]
    )
    await held.read(ASK)
    passwords.append("new")

    await held.read(ASK)

    bodies = [r.body for r in transport.asked if r.body]
    assert [b"old" in bodies[0], b"new" in bodies[1]] == [True, True]
    assert PASSWORD not in repr(credentials())


@pytest.mark.parametrize("answer", [NoAnswer("reset"), page_reply(502)])
async def test_sign_out_that_fails_is_logged_and_the_connections_given_back(
    answer: Reply | TransportError, caplog: pytest.LogCaptureFixture
) -> None:
    held, transport = scripted(SIGNED_IN, answer)
    await held.sign_in()

    with caplog.at_level(logging.WARNING):
        await held.close()

    assert transport.closed == 1
    assert "signing out of Acumatica" in caplog.text


async def test_sign_out_happens_once() -> None:
    held, transport = scripted(SIGNED_IN, SIGNED_OUT)
    await held.sign_in()

    await held.close()
    await held.close()

    assert transport.paths == ["POST login", "POST logout"]
    assert transport.closed == 2


# --- a refused sign-in is remembered ---


WRONG = reply("errors/wrong_password")


async def test_refused_password_is_not_tried_again_for_five_minutes_then_ten_then_twenty() -> None:
    clock = Clock()
    held, transport = scripted(*[WRONG] * 9, clock=clock)
    tried = []

    for minute in range(120):
        before = len(transport.asked)
        with pytest.raises(ErpSignInFailed):
            await held.read(ASK)
        tried += [minute] if len(transport.asked) > before else []
        await clock.sleep(60)

    assert tried == [0, 5, 15, 35, 75]


async def test_longest_pause_is_an_hour() -> None:
    clock = Clock()
    held, transport = scripted(*[WRONG] * 9, clock=clock)
    for _ in range(7):
        with pytest.raises(ErpSignInFailed):
            await held.read(ASK)
        await clock.sleep(3600)

    assert len(transport.asked) == 7


async def test_call_in_between_fails_at_once_and_names_the_next_try() -> None:
    held, transport = scripted(WRONG)
    with pytest.raises(ErpSignInFailed):
        await held.read(ASK)

    with pytest.raises(ErpSignInFailed, match=r"not tried again before 14:36 UTC, unless"):
        await held.read(ASK)

    assert transport.paths == ["POST login"]


async def test_changed_password_is_tried_at_once() -> None:
    passwords = ["old"]
    held, transport = scripted(WRONG, SIGNED_IN, GOOD, password=lambda: passwords[-1])
    with pytest.raises(ErpSignInFailed):
        await held.read(ASK)

    passwords.append("new")

    assert (await held.read(ASK)).status == 200
    assert transport.paths == ["POST login", "POST login", "GET entity"]


async def test_pauses_begin_anew_after_a_sign_in_that_worked() -> None:
    clock = Clock()
    held, transport = scripted(WRONG, SIGNED_IN, LOST, WRONG, SIGNED_IN, GOOD, clock=clock)
    with pytest.raises(ErpSignInFailed):
        await held.read(ASK)
    await clock.sleep(301)
    with pytest.raises(ErpSignInFailed):
        await held.read(ASK)
    await clock.sleep(301)

    assert (await held.read(ASK)).status == 200
    assert len(transport.asked) == 6


async def test_both_sessions_of_a_company_share_what_was_refused(erp: StandIn) -> None:
    client = erp.client(password="wrong")
    with pytest.raises(ErpSignInFailed):
        await client.read(bill("000150"))

    with pytest.raises(ErpSignInFailed):
        await client.service.sign_in()

    await client.close()
    assert paths(await erp.requests()) == ["login"]


async def test_two_sessions_that_sign_in_at_once_send_a_wrong_password_once(erp: StandIn) -> None:
    client = erp.client(password="wrong")

    ended = await asyncio.gather(
        client.read(bill("000150")), client.service.sign_in(), return_exceptions=True
    )

    await client.close()
    assert [type(error) for error in ended] == [ErpSignInFailed] * 2
    assert paths(await erp.requests()) == ["login"]


async def test_login_limit_is_remembered_for_its_minutes() -> None:
    clock = Clock()
    held, transport = scripted(reply("errors/login_limit"), SIGNED_IN, GOOD, clock=clock)
    with pytest.raises(ErpBusy):
        await held.read(ASK)
    await clock.sleep(60)

    with pytest.raises(ErpBusy) as busy:
        await held.read(ASK)

    assert busy.value.after == 60.0
    assert transport.paths == ["POST login"]
    await clock.sleep(61)
    assert (await held.read(ASK)).status == 200


async def test_erp_that_is_down_is_asked_again_at_once() -> None:
    held, _ = scripted(NotSent("refused"), SIGNED_IN, GOOD)
    with pytest.raises(ErpUnavailable):
        await held.read(ASK)

    assert (await held.read(ASK)).status == 200


# --- where one landed ---


@pytest.mark.parametrize("cookie", ["Company", "company", "", "2"])
async def test_tenant_that_is_the_wanted_one_or_not_told_is_taken(cookie: str) -> None:
    held, _ = scripted(replace(SIGNED_IN, cookies={"companyid": cookie} if cookie else {}), GOOD)

    assert (await held.read(ASK)).status == 200


async def test_other_tenant_than_the_wanted_one_is_signed_out_and_named() -> None:
    held, transport = scripted(replace(SIGNED_IN, cookies={"companyid": "Globex"}), SIGNED_OUT)

    with pytest.raises(WrongTenant, match="tenant 'Globex' instead of 'Company'"):
        await held.read(ASK)

    assert transport.paths == ["POST login", "POST logout"]


async def test_stale_tenant_map_of_the_site_is_found_out() -> None:
    async with stand_in(tenants=("Globex",), lands_on="Globex") as erp:
        held = session(erp)

        with pytest.raises(WrongTenant):
            await held.read(build_read(erp.address, BILL, bill("000150")))

        await held.close()
        assert paths(await erp.requests()) == ["login", "logout"]


async def test_check_of_the_tenant_can_be_switched_off() -> None:
    who = Credentials("countersign", lambda: "x", "Company", check_tenant=False)
    transport = script(replace(SIGNED_IN, cookies={"companyid": "Globex"}), GOOD)

    assert (await opened(transport, who, Clock()).read(ASK)).status == 200


async def test_branch_and_locale_are_sent_as_set() -> None:
    who = Credentials("countersign", lambda: "x", "Company", branch="EAST", locale="en-GB")
    transport = script(SIGNED_IN, GOOD)

    await opened(transport, who, Clock()).read(ASK)

    body = transport.asked[0].body or b""
    assert b'"branch": "EAST"' in body
    assert b'"locale": "en-GB"' in body


# --- nobody leaves a seat behind ---


async def test_sign_in_whose_caller_went_away_is_signed_out_all_the_same() -> None:
    transport = Crowded(iter([SIGNED_IN, SIGNED_OUT]))
    held = opened(transport, credentials(), Clock())
    caller = asyncio.ensure_future(held.read(ASK))
    await transport.entered.wait()

    caller.cancel()
    with suppress(asyncio.CancelledError):
        await caller
    await held.close()

    assert transport.paths == ["POST login", "POST logout"]


async def test_closed_session_is_not_opened_again() -> None:
    held, transport = scripted(SIGNED_IN, GOOD, SIGNED_OUT)
    await held.read(ASK)
    await held.close()

    with pytest.raises(ErpUnavailable, match="stopping"):
        await held.read(ASK)

    assert transport.paths == ["POST login", "GET entity", "POST logout"]


async def test_session_left_is_opened_anew_by_the_next_request() -> None:
    held, transport = scripted(SIGNED_IN, GOOD, SIGNED_OUT, SIGNED_IN, GOOD)
    await held.read(ASK)

    await held.leave()
    await held.read(ASK)

    assert transport.paths.count("POST login") == 2


# --- what was used ---


async def test_what_was_used_is_counted(erp: StandIn) -> None:
    client = erp.client()
    await client.read(bill("000150"))
    await client.read(bill("000150"))
    async for _ in client.standing_in(BILL, ("On Hold",)):
        pass
    await client.service.sign_in()

    used = client.usage

    assert used.requests[Kind.READ] == 2
    assert used.requests[Kind.LIST] == 1
    assert (used.sessions_opened, used.sessions_open) == (2, 2)
    await client.close()
    assert used.sessions_open == 0
    assert (used.requests[Kind.SIGN_IN], used.requests[Kind.SIGN_OUT]) == (2, 2)
    told = await erp.requests()
    assert len(told) == sum(used.requests.values())


async def test_limit_and_the_last_error_are_counted(erp: StandIn) -> None:
    client = erp.client()
    await erp.arm("login_limit", path="000150")

    with pytest.raises(ErpBusy):
        await client.read(bill("000150"))

    assert client.usage.refused_by_limit == 1
    assert client.usage.last_error
    await client.close()
