"""What survives a kill: the book, its history, its numbers and the push settings."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp

from deployment.sandbox.acumatica.fields import ENTITIES
from deployment.sandbox.acumatica.store import FILE, Store

ROOT = Path(__file__).parents[3]
SCRIPT = """
import asyncio, sys
from pathlib import Path
from deployment.sandbox.acumatica import SandboxOptions, serve

async def main():
    options = SandboxOptions(password="p", data=Path(sys.argv[1]))
    serving = await serve(options, host="127.0.0.1", port=0)
    print(serving.port, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
TO = {"url": "http://127.0.0.1:9/push", "header": "X-Secret", "value": "kept"}


def file_modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


async def test_everything_answered_survives_kill_9(start: Any, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SCRIPT, str(tmp_path / "erp")),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    base = f"http://127.0.0.1:{int(await process.stdout.readline())}"
    async with aiohttp.ClientSession(base) as http:
        change = {"entity": "Bill", "set": {"Vendor": "ACMEPAPER", "Amount": 12.5}, "by": "dev"}
        async with http.post("/_sandbox/push", json={"destination": TO, "duplicate": 1}):
            pass
        async with http.post("/_sandbox/documents", json=change) as answer:
            made = await answer.json()
        process.send_signal(signal.SIGKILL)
    await process.wait()

    erp = await start(data=tmp_path / "erp")

    number = made["keys"]["ReferenceNbr"]
    assert (await erp.document(number))["fields"] == made["fields"]
    assert [e["new"] for e in await erp.events("change")] == ["On Hold"]
    assert (await erp.door("GET", "push")).json["duplicate"] == 1
    following = await erp.change("", set={"Vendor": "ACMEPAPER"})
    assert int(following.json["keys"]["ReferenceNbr"]) == int(number) + 1


async def test_header_value_is_kept_in_a_file_only_its_owner_reads(
    start: Any, tmp_path: Path
) -> None:
    erp = await start(data=tmp_path)

    await erp.door("POST", "push", {"destination": TO})

    modes = file_modes(tmp_path)
    assert FILE in modes
    assert set(modes.values()) == {0o600}


async def test_sessions_do_not_survive(start: Any, tmp_path: Path) -> None:
    first = await start(data=tmp_path)
    await first.user.sign_in()
    cookies = {c.key: c.value for c in first.user.client.session.cookie_jar}
    await first.server.close()

    second = await start(data=tmp_path)
    header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    answer = await second.user.call("GET", "/entity/Default/24.200.001/Bill", headers=header)

    assert answer.status == 401


async def test_deleted_document_stays_deleted_and_its_number_used(
    start: Any, tmp_path: Path
) -> None:
    first = await start(data=tmp_path)
    made = (await first.change("", set={"Vendor": "ACMEPAPER"})).json
    await first.door("DELETE", "documents", {"entity": "Bill", "keys": made["keys"]})
    await first.server.close()

    second = await start(data=tmp_path)
    following = (await second.change("", set={"Vendor": "ACMEPAPER"})).json

    assert following["keys"]["ReferenceNbr"] == "000161"


async def test_every_record_comes_back_as_it_was_written(start: Any, tmp_path: Path) -> None:
    erp = await start(data=tmp_path)
    await erp.server.close()
    store = Store(tmp_path)

    records = store.records()
    store.write(records=records)

    assert store.records() == records
    assert {record.entity for record in records} == set(ENTITIES)
    store.close()
