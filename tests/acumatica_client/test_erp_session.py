"""One seat at the ERP: taken once however many ask, opened afresh once, always given back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import pytest
from erp_fixtures import json_reply, page_reply, reply
from erp_world import (
    PASSWORD,
    SIGNED_IN,
    SIGNED_OUT,
    Script,
    StandIn,
    bill,
    credentials,
    script,
    stand_in,
)

from acumatica_client.entities import BILL
from acumatica_client.errors import ErpBusy, ErpError, ErpSignInFailed, ErpUnavailable
from acumatica_client.protocol import Address, build_read, build_versions
from acumatica_client.session import Credentials, Session
from acumatica_client.transport import (
    NoAnswer,
    NotSent,
    Reply,
    Request,
    TransportError,
    open_transport,
)

ADDRESS = Address("https://erp.example", "Default", "24.200.001")
ASK = build_versions(ADDRESS)
LOST = Reply(401, {}, b"")
SENT_TO_SIGN_IN = Reply(302, {"location": "/Frames/Login.aspx?ReturnUrl=%2f"}, b"")
GOOD = json_reply(200, [])


@pytest.fixture
async def erp() -> AsyncIterator[StandIn]:
    async with stand_in() as running:
        yield running


def session(erp: StandIn, *, password: str = PASSWORD, parallel: int = 2) -> Session:
    transport = open_transport(lambda _: True)
    return Session(transport, erp.address, credentials(password), parallel=parallel)


def scripted(
    *answers: Reply | TransportError, parallel: int = 2, password: Callable[[], str] = lambda: "x"
) -> tuple[Session, Script]:
    transport = script(*answers)
    who = Credentials("countersign", password, "Company")
    return Session(transport, ADDRESS, who, parallel=parallel), transport


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
    held = session(erp, parallel=8)
    request = build_read(erp.address, BILL, bill("000150"))
    await erp.arm("status:401", times=8, path="000150")

    await asyncio.gather(*(held.read(request) for _ in range(8)))

    await held.close()
    assert paths(await erp.requests()).count("login") == 2


async def test_session_that_dies_again_at_once_is_given_up(erp: StandIn) -> None:
    held = session(erp)
    await erp.arm("status:401", times=2, path="000150")

    with pytest.raises(ErpSignInFailed, match="401 after a fresh sign-in"):
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

        with pytest.raises(ErpSignInFailed):
            await held.read(build_read(erp.address, BILL, bill("000150")))

        await held.close()


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

    with pytest.raises(ErpSignInFailed, match="302 after a fresh sign-in"):
        await held.read(ASK)


async def test_send_hands_on_whatever_comes_and_does_not_repeat_it() -> None:
    held, transport = scripted(SIGNED_IN, LOST)

    answer, number = await held.send(ASK)

    assert (answer.status, number) == (401, 1)
    assert transport.paths == ["POST login", "GET entity"]


async def test_forgetting_an_older_session_leaves_the_new_one_open() -> None:
    held, transport = scripted(SIGNED_IN, GOOD, SIGNED_IN, GOOD, GOOD)
    _, first = await held.send(ASK)
    await held.forget(first)
    _, second = await held.send(ASK)

    await held.forget(first)
    await held.send(ASK)

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


class Crowded(Script):
    """Counts how many requests it holds at one time."""

    inside = 0
    most = 0

    async def send(self, request: Request) -> Reply:
        self.inside += 1
        self.most = max(self.most, self.inside)
        for _ in range(9):
            await asyncio.sleep(0)
        try:
            return await super().send(request)
        finally:
            self.inside -= 1


@pytest.mark.parametrize("parallel", [1, 3])
async def test_no_more_requests_at_one_time_than_allowed(parallel: int) -> None:
    transport = Crowded(iter([SIGNED_IN, *[GOOD] * 9]))
    held = Session(transport, ADDRESS, credentials(), parallel=parallel)

    await asyncio.gather(*(held.read(ASK) for _ in range(9)))

    assert transport.most == parallel


async def test_password_is_fetched_for_every_sign_in_and_shown_nowhere() -> None:
    passwords = iter(["old", "new"])
    held, transport = scripted(SIGNED_IN, LOST, SIGNED_IN, GOOD, password=lambda: next(passwords))

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
