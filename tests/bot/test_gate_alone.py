"""The gate before any SDK is asked: each reason it refuses for, and the seconds it counts to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from door_world import ABSENT, APP_ID, FOREIGN, FOREIGN_KEY, OURS, TENANT, listed

from bot.clock import SystemClock
from bot.gate import Gate, PlaygroundGate, Proved, open_gate
from bot.settings import TeamsSettings
from bot.signing_keys import GateRefused

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
START = int(NOW.timestamp())
SERVICE = "https://smba.trafficmanager.net/teams/"
SETTINGS = TeamsSettings(app_id=APP_ID, tenant_id=TENANT, client_secret="x")
PLAY = SETTINGS.model_copy(update={"playground": True, "service_url": "http://127.0.0.1:9/_c"})
HERE = "http://127.0.0.1:9/_c"


class StillClock(SystemClock):
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW


@dataclass
class Keys:
    """The keys of Teams, counted whenever one is looked for."""

    listed: dict[str, Any] = field(default_factory=lambda: {
        "ours": listed(OURS, "ours", "msteams"),
        "for skype": listed(OURS, "for skype", "skype"),
    })  # fmt: skip

    async def find(self, key_id: str) -> Any:
        return self.listed.get(key_id)


@dataclass
class Opened:
    """A gate, and whom the second opinion was asked about."""

    keys: Any = field(default_factory=Keys)
    settings: TeamsSettings = SETTINGS
    second: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate = open_gate(self.settings, self.keys, StillClock(), self._second)

    async def _second(self, activity: Any, authorization: str) -> None:
        self.second.append((activity, authorization))

    async def refused(self, *authorization: str, **changes: Any) -> tuple[int, str]:
        with pytest.raises(GateRefused) as caught:
            await self.gate.check(authorization, activity(**changes))
        assert self.second == []
        return caught.value.status, str(caught.value)


def activity(**changes: Any) -> dict[str, Any]:
    whole = {
        "type": "message", "channelId": "msteams", "serviceUrl": SERVICE,
        "recipient": {"id": f"28:{APP_ID}"},
        "conversation": {"id": "a:1ben", "tenantId": TENANT},
        "channelData": {"tenant": {"id": TENANT}},
    } | changes  # fmt: skip
    return {name: value for name, value in whole.items() if value != ABSENT}


def bearer(key: Any = OURS, *, kid: str = "ours", alg: str = "RS256", **claims: Any) -> str:
    whole = {
        "iss": "https://api.botframework.com", "aud": APP_ID, "serviceurl": SERVICE,
        "exp": START + 3600,
    } | claims  # fmt: skip
    told = {name: value for name, value in whole.items() if value is not None}
    return "Bearer " + jwt.encode(told, key, algorithm=alg, headers={"kid": kid})


# --- the proof ---

NO_BEARER = "not exactly one Bearer header"
NO_KEY = "unknown key, or one not endorsed for Teams"
ADDRESS = "the signed service address is not the activity's"
LATE, EARLY = "the token has expired", "the token is not valid yet"


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        ([], NO_BEARER),
        ([bearer(), bearer()], NO_BEARER),
        ([bearer().replace("Bearer", "bearer")], NO_BEARER),
        (["Bearer junk"], "bad token: DecodeError"),
        (["Bearer \udcff.a.b"], "bad token: UnicodeEncodeError"),
        ([bearer(b"x" * 40, alg="HS256")], "algorithm 'HS256'"),
        ([bearer(alg="RS512")], "algorithm 'RS512'"),
        ([bearer(kid="of nobody")], NO_KEY),
        ([bearer(kid="for skype")], NO_KEY),
        ([bearer(FOREIGN_KEY)], "bad token: InvalidSignatureError"),
        ([bearer(iss="https://sts.windows.net/x/")], "bad token: InvalidIssuerError"),
        ([bearer(iss=None)], "bad token: MissingRequiredClaimError"),
        ([bearer(aud="another")], "bad token: InvalidAudienceError"),
        ([bearer(aud=[APP_ID])], "bad token: InvalidAudienceError"),
        ([bearer(exp=None)], "bad token: MissingRequiredClaimError"),
        ([bearer(exp="never")], "bad token: ValueError"),
        ([bearer(exp="nan")], LATE),
        ([bearer(exp=START - 300)], LATE),
        ([bearer(nbf=START + 301)], EARLY),
        ([bearer(serviceurl="https://evil.example/")], ADDRESS),
        ([bearer(serviceurl=None)], ADDRESS),
    ],
)
async def test_a_proof_is_refused_by_ourselves_with_a_reason_for_the_log(
    shown: list[str], reason: str
) -> None:
    assert await Opened().refused(*shown) == (401, reason)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": START - 299},
        {"nbf": START + 300},
        {"iat": START + 10**6},
        {"serviceurl": None, "serviceUrl": SERVICE},
    ],
    ids=str,
)
async def test_a_proof_that_holds_is_shown_to_the_sdk_as_it_came(claims: dict[str, Any]) -> None:
    opened, shown = Opened(), bearer(**claims)

    await opened.gate.check([shown], activity())

    assert opened.second == [(activity(), shown)]


async def test_a_token_counts_under_the_key_it_was_proved_with_and_no_other() -> None:
    opened, shown = Opened(), bearer()
    await opened.gate.check([shown], activity())
    opened.second.clear()
    opened.keys.listed["ours"] = listed(FOREIGN_KEY, "ours", "msteams")

    assert await opened.refused(shown) == (401, "bad token: InvalidSignatureError")


async def test_a_token_that_was_proved_is_not_proved_again(monkeypatch: pytest.MonkeyPatch) -> None:
    opened, shown = Opened(), bearer()
    await opened.gate.check([shown], activity())
    monkeypatch.setattr(jwt, "decode", None)

    await opened.gate.check([shown], activity())

    assert len(opened.second) == 2


def test_what_is_forgotten_is_proved_anew_and_a_token_is_kept_by_its_hash_alone() -> None:
    proved, key = Proved(), {"kid": "one"}
    proved.put("tökén\udcff", key, {"number": 1})
    proved.put("two", key, {"number": 2})

    proved.drop("two")

    assert proved.get("two", key) is None
    assert proved.get("tökén\udcff", key) == {"number": 1}
    digest = hashlib.sha256("tökén".encode() + b"\xff").digest()
    assert list(proved._claims) == [digest]


# --- what it is about ---


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"channelId": "emulator"}, (403, "the activity is not of Teams")),
        ({"recipient": {"id": APP_ID}}, (403, "the activity is for another bot")),
        ({"recipient": ABSENT}, (403, "the activity is for another bot")),
        (
            {"channelData": {"tenant": {"id": FOREIGN}}},
            (403, "the activity is of a tenant that is not ours"),
        ),
        (
            {"channelData": {"tenant": {"id": [TENANT]}}},
            (403, "the activity is of a tenant that is not ours"),
        ),
        (
            {"conversation": {"id": "a:1ben", "tenantId": FOREIGN}},
            (403, "the activity is of two tenants"),
        ),
        ({"serviceUrl": ABSENT}, (401, ADDRESS)),
        ({"serviceUrl": [SERVICE]}, (401, ADDRESS)),
    ],
    ids=str,
)
async def test_what_is_not_about_us_is_refused_with_a_reason_for_the_log(
    changes: dict[str, Any], refusal: tuple[int, str]
) -> None:
    assert await Opened().refused(bearer(), **changes) == refusal


async def test_an_address_that_was_signed_must_still_be_one_we_may_write_to() -> None:
    elsewhere = "https://connector.example/"

    found = await Opened().refused(bearer(serviceurl=elsewhere), serviceUrl=elsewhere)

    assert found == (403, "the service address is not on the allow-list")


# --- the playground ---


async def test_the_playground_needs_no_proof_and_is_judged_by_its_address_alone() -> None:
    opened = Opened(settings=PLAY)
    assert isinstance(opened.gate, PlaygroundGate)

    await opened.gate.check([], activity(serviceUrl=HERE))

    assert opened.second == []
    assert await opened.refused(serviceUrl=SERVICE) == (
        403, "the service address is not on this machine",
    )  # fmt: skip
    assert await opened.refused(serviceUrl="https://connector.example/") == (
        403, "the service address is not on the allow-list",
    )  # fmt: skip
    assert await opened.refused(serviceUrl=HERE, channelId="emulator") == (
        403, "the activity is not of Teams",
    )  # fmt: skip


def test_only_a_playground_has_a_gate_without_proof() -> None:
    assert isinstance(Opened().gate, Gate)
