"""What `sandbox acumatica` says when it starts must be enough to use it."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from deployment.sandbox.acumatica import welcome

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, str(ROOT / "app.py"), "sandbox", "acumatica", "--port", "0"]


@pytest.fixture
async def said() -> AsyncIterator[str]:
    """The whole greeting of a stand-in that runs."""
    process = await asyncio.create_subprocess_exec(*COMMAND, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    lines = [await asyncio.wait_for(process.stderr.readline(), 30)]
    while b"/_sandbox/habits" not in lines[-1]:
        lines.append(await asyncio.wait_for(process.stderr.readline(), 30))
    yield b"".join(lines).decode()
    process.send_signal(signal.SIGTERM)
    await process.wait()


async def test_lines_to_try_work_as_printed(said: str) -> None:
    login, read, logout = re.findall(r"(http://\S+/entity/[^\s']+)", said)
    body = re.search(r"-d '(\{.*\})'", said)
    assert body is not None
    json = {"Content-Type": "application/json"}

    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        async with http.post(login, data=body[1], headers=json) as answer:
            signed_in = answer.status
        async with http.get(read) as answer:
            bills = await answer.json()
        async with http.post(logout, data=b"") as answer:
            signed_out = answer.status

    assert (signed_in, len(bills), signed_out) == (204, 2, 204)


def test_greeting_names_everything_a_client_needs(options: Any) -> None:
    text = welcome(options, "http://127.0.0.1:8770", told=True)

    for wanted in (
        *("countersign", "correct horse", "Company", options.client_id, *options.versions),
        "http://127.0.0.1:8770/identity/.well-known/openid-configuration",
        *options.redirect_uris,
    ):
        assert wanted in text


def test_secrets_that_came_in_secret_are_not_repeated(options: Any) -> None:
    own = replace(options, client_secret="hidden one")

    text = welcome(own, "http://127.0.0.1:8770", told=False)

    assert "correct horse" not in text
    assert "hidden one" not in text


def test_contract_5_and_limits_are_named_when_switched_on(options: Any) -> None:
    text = welcome(replace(options, contract5=True, requests_per_minute=60), "", told=True)

    assert "26.200.001 (contract 5)" in text
    assert "60 requests a minute" in text
