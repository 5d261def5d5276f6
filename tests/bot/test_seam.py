"""The seam to an SDK: nothing behind it is shared, and it says no by itself."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from door_world import APP_ID, OURS, SEAMS, STRANGERS_SECRET, listed, new_key, seam

from bot.seam import Seam
from bot.settings import TeamsSettings
from bot.signing_keys import GateRefused

TEAMS = TeamsSettings(app_id=APP_ID, tenant_id="tenant")
ACTIVITY = {"type": "typing", "channelId": "msteams", "serviceUrl": TEAMS.service_url}


class KnownKeys:
    """Keys as the gate holds them once it has fetched them."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self._keys = {key["kid"]: key for key in keys}

    def known(self, key_id: str) -> dict[str, Any] | None:
        return self._keys.get(key_id)


def opened(name: str, *keys: dict[str, Any]) -> Seam:
    nobody: Any = None  # nothing is dispatched here
    return seam(name)(TEAMS, KnownKeys(*keys), nobody)  # type: ignore[arg-type]


def header(key: Any = OURS, kid: str = "ours", alg: str = "RS256", **changes: Any) -> str:
    whole = {
        "iss": "https://api.botframework.com",
        "aud": APP_ID,
        "exp": int(time.time()) + 3600,
        "serviceurl": TEAMS.service_url,
    } | changes
    return f"Bearer {jwt.encode(whole, key, algorithm=alg, headers={'kid': kid})}"


async def refused(seam: Seam, authorization: str) -> int:
    try:
        await seam.verify(ACTIVITY, authorization)
    except GateRefused as error:
        return error.status
    return 0


@pytest.mark.parametrize("name", SEAMS)
async def test_two_services_in_one_process_do_not_share_keys(name: str) -> None:
    other = new_key()
    first = opened(name, listed(OURS, "ours", "msteams"))
    second = opened(name, listed(other, "ours", "msteams"))

    # In turn, as calls of both come in turn.
    assert [await refused(first, header()), await refused(second, header(other))] == [0, 0]
    assert [await refused(first, header(other)), await refused(second, header())] == [401, 401]
    assert [await refused(first, header()), await refused(second, header(other))] == [0, 0]


@pytest.mark.parametrize("name", SEAMS)
@pytest.mark.parametrize(
    "shown",
    [
        header(kid="unknown"),
        header(key=STRANGERS_SECRET, alg="HS256"),
        header(aud="another-app"),
        header(iss="https://sts.windows.net/11111111-2222-4333-8444-555555555555/"),
        header(exp=1),
        "Bearer junk",
        "Bearer a.b.c",
        "Basic Ym90OnNlc2FtZQ==",
        "",
    ],
)
async def test_an_sdk_refuses_by_itself_whatever_it_raises(name: str, shown: str) -> None:
    assert await refused(opened(name, listed(OURS, "ours", "msteams")), shown) == 401
