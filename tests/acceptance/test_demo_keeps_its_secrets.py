"""The demo as anybody starts it: its secrets stand in its two secret files and nowhere else."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import aiohttp
from canaries import Canaries
from world import ROOT, eventually, free_port

OURS = {"secrets.json", "env"}
"""Files of the demo that are there to hold them."""


async def test_no_secret_of_the_demo_is_in_a_file_a_line_or_an_argument(tmp_path: Path) -> None:
    data, teams = tmp_path / "demo", free_port()
    options = [f"--data={data}", f"--port={free_port()}", f"--acumatica-port={free_port()}"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "app.py"), "demo", "--no-open", f"--teams-port={teams}",
        *options, cwd=tmp_path, env={**os.environ},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    canaries = Canaries()
    try:
        async with aiohttp.ClientSession() as session:

            async def has_a_card() -> bytes:
                try:
                    async with session.get(f"http://127.0.0.1:{teams}/_sandbox/screen") as answer:
                        told = await answer.read()
                except aiohttp.ClientError:
                    return b""
                return told if b"AdaptiveCard" in told else b""

            canaries.hear("the screen", await eventually(has_a_card, "a card", within=60))
        for name, secret in json.loads((data / "secrets.json").read_text("utf-8")).items():
            canaries.plant(name, secret)
        canaries.allowed = {data / name for name in OURS}
        # Acumatica itself knows what it must send with a push: it stands in its push definition.
        of_the_erp = "push_secret stands in demo/acumatica/"
        while_it_runs = [one for one in canaries.found(tmp_path) if of_the_erp not in one]
        process.send_signal(signal.SIGTERM)
        said, _ = await process.communicate()
        canaries.hear("the terminal", said)
        afterwards = [one for one in canaries.found(tmp_path) if of_the_erp not in one]
    finally:
        canaries.close()
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert len(canaries.planted) >= 4
    assert while_it_runs == afterwards == []
