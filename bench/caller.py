"""Pushes to a door as fast as it answers: `python -m bench.caller PORT SECRET CALLERS COUNT`.

Each caller keeps one connection and waits for its answer. Requests are made beforehand and answers
looked at no closer than their status, so that the machine is busy with the door and not with this.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator

WARM = 512


def request(secret: str, number: int) -> bytes:
    """One push notification of a bill, as Acumatica sends it."""
    row = {"Type": "Bill", "Number": f"{number:06}", "Status": "On Hold"}
    body = json.dumps({
        "Inserted": [row], "Deleted": [], "Query": "CountersignBills", "CompanyId": "ACME",
        "Id": f"{number:032x}", "TimeStamp": 639000000000000000 + number,
    }).encode()  # fmt: skip
    head = (
        f"POST /push/acme HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Countersign-Secret: {secret}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def call(port: int, requests: Iterator[bytes]) -> None:
    """Send one after the other; every answer has to be a 202."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for one in requests:
        writer.write(one)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 202 " in head.split(b"\r\n", 1)[0], head
        await _body(reader, head.lower())
    writer.close()


async def _body(reader: asyncio.StreamReader, head: bytes) -> None:
    if b"chunked" in head:
        await reader.readuntil(b"0\r\n\r\n")
    else:
        _, _, length = head.partition(b"content-length:")
        await reader.readexactly(int(length.split(b"\r\n", 1)[0]))


async def main(port: int, secret: str, callers: int, count: int) -> None:
    """Warm up, then count."""
    made = [request(secret, number) for number in range(WARM + count)]
    for name, requests in (("", iter(made[:WARM])), ("ingest", iter(made[WARM:]))):
        since = time.perf_counter()
        await asyncio.gather(*(call(port, requests) for _ in range(callers)))
        if name:
            per_second = count / (time.perf_counter() - since)
            print(json.dumps({"name": name, "per_second": per_second}))


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
