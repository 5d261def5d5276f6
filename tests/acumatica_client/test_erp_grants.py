"""Grants: refreshed from one place, stored before they are used, given back at the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from erp_fixtures import json_reply
from erp_world import PASSWORD, REMOVE_HOLD, Clock, Script, StandIn, bill, script, stand_in

from acumatica_client import oauth
from acumatica_client.allowance import Limits
from acumatica_client.errors import ErpBusy, ErpSignInFailed, ErpUnavailable
from acumatica_client.grants import Grant, Identity, Keeping, UserPassword
from acumatica_client.models import CallClass
from acumatica_client.oauth import Application, GrantLost
from acumatica_client.transport import NoAnswer, NotSent, Reply, TransportError, open_transport
from acumatica_client.usage import Kind

GUID = "6c2f7b5e-41d8-4a0c-9f63-2d8b1e5a7c90"
CALLBACK = "http://127.0.0.1:3978/auth/acumatica/callback"
ON_HOLD, PENDING = "000154", "000151"
VERIFIER = "v" * 50


@dataclass
class Drawer:
    """Keeps a refresh token, and remembers every one it was given."""

    token: str = ""
    saved: list[str] = field(default_factory=list)
    broken: bool = False

    async def load(self) -> str:
        return self.token

    async def save(self, token: str) -> None:
        await asyncio.sleep(0)
        if self.broken:
            raise OSError("the disk is full")
        self.token = token
        self.saved.append(token)

    @property
    def keeping(self) -> Keeping:
        return Keeping(self.load, self.save)


def identity(erp: StandIn, *, concurrent: bool = False, who: bool = False) -> Identity:
    scopes = oauth.scopes(concurrent=concurrent, who=who)
    app = Application(f"{GUID}@Company", PASSWORD, scopes, CALLBACK)
    return Identity(erp.url, app, open_transport(lambda _: True))


def by_password(erp: StandIn, *, concurrent: bool = False, password: str = PASSWORD) -> Grant:
    who = UserPassword("countersign", lambda: password)
    door = identity(erp, concurrent=concurrent)
    return Grant(door, Drawer().keeping, erp.clock.waiting, who=who)


async def consent(erp: StandIn, person: str) -> tuple[Drawer, str]:
    """Let *person* sign in on the stand-in's page and allow us; the token and the login."""
    door = identity(erp, who=True)
    asked = await door.begin_consent(verifier=VERIFIER, state="s1")
    members = {k: v[0] for k, v in parse_qs(urlsplit(asked.url).query).items()}
    form = {**members, "decision": "allow", "name": person, "password": PASSWORD}
    url = asked.url.partition("?")[0]
    async with erp.doors.post(url, data=form, allow_redirects=False) as answer:
        back = {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    assert back["state"] == "s1"
    tokens = await door.finish_consent(back["code"], VERIFIER)
    login = await door.whoami(tokens)
    await door.close()
    return Drawer(tokens.refresh), login


async def seats(erp: StandIn) -> int:
    return len((await erp.door("GET", "licence"))["sessions"])


async def token_calls(erp: StandIn) -> int:
    return len(await erp.requests("POST", "/connect/token"))


@pytest.fixture
async def erp() -> AsyncIterator[StandIn]:
    async with stand_in() as running:
        yield running


# --- the service user ---


async def test_requests_for_tokens_are_taken_out_of_the_minute(erp: StandIn) -> None:
    client = erp.client(who=by_password(erp), limits=Limits(per_minute=6))
    for _ in range(6):
        await client.read(bill("000150"))
        erp.clock.at += timedelta(hours=1)
    asked = len(await erp.requests("POST", "/connect/token"))
    await client.close()

    assert asked == 6
    assert client.usage.requests[Kind.SIGN_IN] == client.usage.sessions_opened + asked


async def test_service_reads_and_acts_by_the_password_flow_and_gives_its_seat_back(
    erp: StandIn,
) -> None:
    client = erp.client(who=by_password(erp), limits=Limits(seats=1))

    await client.read(bill(ON_HOLD))
    outcome = await client.service.act(REMOVE_HOLD, bill(ON_HOLD))

    assert outcome.outcome is CallClass.CLAIMS_DONE
    await client.close()
    assert await token_calls(erp) == 1
    assert await seats(erp) == 0
    assert await erp.requests("POST", "auth/login") == []


async def test_two_sessions_of_one_grant_are_kept_apart_by_cookies_and_both_signed_out(
    erp: StandIn,
) -> None:
    client = erp.client(who=by_password(erp, concurrent=True))

    await client.read(bill(ON_HOLD))
    await client.service.act(REMOVE_HOLD, bill(ON_HOLD))
    assert await seats(erp) == 2

    await client.close()
    assert await seats(erp) == 0
    assert await token_calls(erp) == 1


async def test_many_callers_share_one_token(erp: StandIn) -> None:
    client = erp.client(who=by_password(erp), limits=Limits(seats=1, parallel=8))

    await asyncio.gather(*(client.read(bill(ON_HOLD)) for _ in range(12)))

    await client.close()
    assert await token_calls(erp) == 1


async def test_token_is_renewed_before_its_end_by_the_refresh_token(erp: StandIn) -> None:
    grant = by_password(erp)
    first = await grant.access()
    erp.clock.at += timedelta(seconds=3600 - 61)
    assert await grant.access() == first

    erp.clock.at += timedelta(seconds=2)
    second = await grant.access()

    assert second != first
    assert await token_calls(erp) == 2
    await grant.close()


async def test_wrong_password_is_told_and_not_tried_again_for_minutes(erp: StandIn) -> None:
    client = erp.client(who=by_password(erp, password="wrong"), limits=Limits(seats=1))

    with pytest.raises(ErpSignInFailed, match="user or password is wrong"):
        await client.read(bill(ON_HOLD))
    with pytest.raises(ErpSignInFailed, match="not tried again before 14:36 UTC"):
        await client.read(bill(ON_HOLD))

    await client.close()
    assert await token_calls(erp) == 1


async def test_token_the_erp_does_not_know_is_renewed_once(erp: StandIn) -> None:
    client = erp.client(who=by_password(erp), limits=Limits(seats=1))
    await client.read(bill(ON_HOLD))
    await erp.arm("status:401", path=ON_HOLD)

    assert await client.read(bill(ON_HOLD)) is not None

    await client.close()
    assert await token_calls(erp) == 2


@pytest.mark.parametrize("at_token", [True, False])
@pytest.mark.parametrize("face", ["429", "500", "html", "redirect", "dead_session"])
async def test_full_house_is_busy_at_the_token_or_at_the_first_request(
    face: str, at_token: bool
) -> None:
    async with stand_in(seats=0, login_limit_face=face, limit_at_token=at_token) as erp:
        client = erp.client(who=by_password(erp), limits=Limits(seats=1))

        with pytest.raises(ErpBusy) as busy:
            await client.read(bill(ON_HOLD))

        await client.close()
        assert busy.value.after == 120.0


async def test_application_without_refresh_tokens_is_told_in_words() -> None:
    async with stand_in(refresh_tokens=False) as erp:
        grant = by_password(erp)

        with pytest.raises(ErpSignInFailed, match="no refresh tokens"):
            await grant.access()

        await grant.close()


async def test_client_id_of_another_tenant_is_refused(erp: StandIn) -> None:
    app = Application(f"{GUID}@Globex", PASSWORD)
    door = Identity(erp.url, app, open_transport(lambda _: True))

    with pytest.raises(ErpSignInFailed):
        await door.by_password("countersign", PASSWORD)

    await door.close()


# --- a person ---


async def test_consent_leads_to_a_grant_of_who_signed_in(erp: StandIn) -> None:
    drawer, login = await consent(erp, "erin")

    assert login == "erin"
    grant = Grant(identity(erp), drawer.keeping, erp.clock.waiting)
    assert await grant.access()
    assert drawer.saved == [drawer.token]
    await grant.close()


async def test_write_as_a_person_is_theirs_and_their_seat_is_free_afterwards(
    erp: StandIn,
) -> None:
    drawer, _ = await consent(erp, "ann")
    grant = Grant(identity(erp), drawer.keeping, erp.clock.waiting)
    client = erp.client()
    await client.read(bill(ON_HOLD))

    async with client.acting_as(grant) as actor:
        await actor.sign_in()
        outcome = await actor.act(REMOVE_HOLD, bill(ON_HOLD))
        assert await seats(erp) == 2
    await client.read(bill(ON_HOLD))

    assert outcome.outcome is CallClass.CLAIMS_DONE
    assert await seats(erp) == 1
    changes = [
        event
        for event in (await erp.door("GET", "history"))["events"]
        if event["kind"] == "change" and event["field"] == "Status"
    ]
    assert {event["by"] for event in changes} == {"ann"}
    await client.close()
    await grant.close()
    assert await seats(erp) == 0


async def test_second_lost_session_of_a_person_in_a_row_is_a_refusal(erp: StandIn) -> None:
    drawer, _ = await consent(erp, "ann")
    grant = Grant(identity(erp), drawer.keeping, erp.clock.waiting)
    client = erp.client()
    await erp.arm("status:401", times=2, path="ReleaseFromHold")

    async def act() -> CallClass:
        async with client.acting(grant) as actor:
            await actor.sign_in()
            return (await actor.act(REMOVE_HOLD, bill(ON_HOLD))).outcome

    kinds = [await act() for _ in range(3)]

    await client.close()
    await grant.close()
    assert kinds == [CallClass.TURNED_AWAY, CallClass.REFUSED, CallClass.CLAIMS_DONE]


async def test_lost_session_of_one_person_says_nothing_of_anothers(erp: StandIn) -> None:
    client = erp.client()
    await erp.arm("status:401", times=2, path="ReleaseFromHold")
    kinds = []
    for login in ("ann", "ben"):
        drawer, _ = await consent(erp, login)
        grant = Grant(identity(erp), drawer.keeping, erp.clock.waiting)
        async with client.acting(grant) as actor:
            kinds.append((await actor.act(REMOVE_HOLD, bill(ON_HOLD))).outcome)
        await grant.close()

    await client.close()
    assert kinds == [CallClass.TURNED_AWAY] * 2


async def test_service_session_for_writes_makes_room_for_a_person() -> None:
    async with stand_in(seats=2) as erp:
        drawer, _ = await consent(erp, "ann")
        grant = Grant(identity(erp), drawer.keeping, erp.clock.waiting)
        client = erp.client()
        await client.read(bill(ON_HOLD))
        await client.service.sign_in()

        async with client.acting_as(grant) as actor:
            outcome = await actor.act(REMOVE_HOLD, bill(ON_HOLD))

        await client.close()
        await grant.close()
        assert outcome.outcome is CallClass.CLAIMS_DONE
        assert await seats(erp) == 0


async def test_code_serves_once(erp: StandIn) -> None:
    door = identity(erp)

    with pytest.raises(GrantLost, match="connect again"):
        await door.finish_consent("no such code", VERIFIER)

    await door.close()


async def test_disconnected_grant_is_worthless_and_forgotten(erp: StandIn) -> None:
    drawer, _ = await consent(erp, "ann")
    grant = Grant(identity(erp), drawer.keeping, erp.clock.waiting)
    await grant.access()
    last = drawer.token

    await grant.disconnect()

    assert drawer.token == ""
    door = identity(erp)
    with pytest.raises(GrantLost):
        await door.renew(last)
    with pytest.raises(GrantLost, match="nobody has connected"):
        await grant.access()
    await door.close()
    await grant.close()


async def test_grant_outlives_the_process(erp: StandIn) -> None:
    drawer, _ = await consent(erp, "ann")
    for _ in range(3):
        client = erp.client(
            who=Grant(identity(erp), drawer.keeping, erp.clock.waiting), limits=Limits(seats=1)
        )
        assert await client.read(bill(ON_HOLD)) is not None
        await client.close()

    assert len(set(drawer.saved)) == 3
    assert await seats(erp) == 0


# --- against a script: what must not be lost ---

HOST = "https://erp.example"
DISCOVERY = json_reply(
    200,
    {
        f"{name}_endpoint": f"{HOST}/identity/connect/{name}"
        for name in ("authorization", "token", "userinfo", "revocation")
    },
)
DEAD = json_reply(400, {"error": "invalid_grant"})


def handed(number: int) -> Reply:
    return json_reply(
        200,
        {"access_token": f"a{number}", "refresh_token": f"r{number}", "expires_in": 3600},
    )


def scripted(
    drawer: Drawer, *answers: Reply | TransportError, password: str = ""
) -> tuple[Grant, Script, Clock]:
    clock, transport = Clock(), script(DISCOVERY, *answers)
    door = Identity(HOST, Application("7E1B@Company", "secret"), transport)
    who = UserPassword("svc", lambda: password) if password else None
    return Grant(door, drawer.keeping, clock.waiting, who=who), transport, clock


def shown(transport: Script) -> list[str]:
    """The refresh tokens shown, in order; a password flow shows none."""
    bodies = [parse_qs((asked.body or b"").decode()) for asked in transport.asked[1:]]
    return [body.get("refresh_token", [body["grant_type"][0]])[0] for body in bodies]


async def test_next_refresh_token_is_stored_before_the_access_token_is_used() -> None:
    drawer = Drawer("r0", broken=True)
    grant, transport, _ = scripted(drawer, handed(1), handed(2))

    with pytest.raises(OSError, match="full"):
        await grant.access()
    drawer.broken = False
    token = await grant.access()

    assert drawer.saved == ["r1", "r2"]
    assert (token, shown(transport)) == ("a2", ["r0", "r1"])


async def test_refresh_whose_answer_was_lost_is_tried_again_with_the_old_token() -> None:
    drawer = Drawer("r0")
    grant, transport, _ = scripted(drawer, NoAnswer("reset"), handed(1))

    with pytest.raises(ErpUnavailable):
        await grant.access()

    assert drawer.token == "r0"
    assert await grant.access() == "a1"
    assert shown(transport) == ["r0", "r0"]


async def test_refresh_the_server_had_read_after_all_means_connect_again() -> None:
    grant, _, _ = scripted(Drawer("r0"), NoAnswer("reset"), DEAD)
    with pytest.raises(ErpUnavailable):
        await grant.access()

    with pytest.raises(GrantLost, match="connect again"):
        await grant.access()


async def test_new_consent_is_tried_at_once_though_the_old_one_was_refused() -> None:
    drawer = Drawer("r0")
    grant, transport, _ = scripted(drawer, DEAD, handed(8))
    with pytest.raises(GrantLost):
        await grant.access()
    with pytest.raises(GrantLost, match="not tried again"):
        await grant.access()

    drawer.token = "r7"

    assert await grant.access() == "a8"
    assert shown(transport) == ["r0", "r7"]


async def test_dead_grant_of_the_service_is_replaced_by_password() -> None:
    grant, transport, _ = scripted(Drawer("r0"), DEAD, handed(1), password="x")

    assert await grant.access() == "a1"
    assert shown(transport) == ["r0", "password"]


async def test_refresh_goes_on_to_its_end_though_its_caller_went_away() -> None:
    drawer = Drawer("r0")
    grant, transport, _ = scripted(drawer, handed(1))
    caller = asyncio.ensure_future(grant.access())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    caller.cancel()
    with suppress(asyncio.CancelledError):
        await caller
    await grant.close()

    assert drawer.saved == ["r1"]
    assert shown(transport) == ["r0"]


async def test_identity_server_that_is_off_is_an_erp_that_cannot_be_asked() -> None:
    door = Identity(HOST, Application("7E1B@Company", "secret"), script(NotSent("refused")))

    with pytest.raises(ErpUnavailable):
        await Grant(door, Drawer("r0").keeping, Clock().waiting).access()
