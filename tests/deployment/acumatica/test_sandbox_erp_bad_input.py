"""Input nobody foresaw: always an answer of the ERP's kind, always a row in the history."""

import asyncio
import random
from typing import Any

import pytest

DEFAULT = "/entity/Default/24.200.001"
BILL, LOGIN = f"{DEFAULT}/Bill", "/entity/auth/login"
AUTHORIZE, TOKEN = "/identity/connect/authorize", "/identity/connect/token"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


class Chance(random.Random):
    """Chance that can run out, so that something breaks where nobody foresaw it."""

    spent = False

    def getrandbits(self, bits: int, /) -> int:
        if self.spent:
            raise ArithmeticError("no more chances")
        return super().getrandbits(bits)


@pytest.fixture
async def frail(start: Any) -> Any:
    erp = await start(random=Chance(7))
    await erp.user.sign_in()
    return erp


async def put(user: Any, body: bytes | str, kind: str = JSON, **headers: str) -> Any:
    return await user.call("PUT", BILL, data=body, headers={"Content-Type": kind, **headers})


@pytest.mark.parametrize(
    "body",
    [
        '{"x": 1e99999999}',
        '{"x": 1e99999999999999999999}',
        '{"x": 1e15}',
        '{"x": ' + "9" * 5000 + "}",
        '{"x": ' + "[" * 300 + "]" * 300 + "}",
        '{"x": ' + "[" * 5000 + "]" * 5000 + "}",
        b'{"x": "\xff\xfe"}',
    ],
)
async def test_body_that_would_eat_the_machine_is_a_400(erp: Any, api: Any, body: Any) -> None:
    answer = await put(api, body)

    assert answer.status == 400
    assert "entity" in answer.json["modelState"]
    assert (await erp.events("request"))[-1]["status"] == 400


async def test_largest_amount_the_erp_holds_is_read(api: Any) -> None:
    assert (await put(api, '{"x": 999999999999999.99, "y": -999999999999999}')).status != 400


@pytest.mark.parametrize(
    ("kind", "headers"),
    [(f"{JSON}; charset=klingon", {}), (JSON, {"Content-Encoding": "gzip"})],
)
async def test_body_in_no_known_writing_is_a_400(
    api: Any, kind: str, headers: dict[str, str]
) -> None:
    assert (await put(api, b"{}", kind, **headers)).status == 400


@pytest.mark.parametrize(("kind", "mark"), [("text/json", b""), (JSON, b"\xef\xbb\xbf")])
async def test_text_json_and_a_byte_order_mark_are_json_too(
    api: Any, kind: str, mark: bytes
) -> None:
    assert (await put(api, mark + b"{}", kind)).status == 200


@pytest.mark.parametrize(
    ("path", "kind", "body", "status"),
    [
        (LOGIN, JSON, b'{"name": "\xff"}', 400),
        (LOGIN, f"{FORM}; charset=klingon", b"name=x", 400),
        (TOKEN, f"{FORM}; charset=klingon", b"grant_type=x", 400),
        (TOKEN, FORM, b"grant_type=\xff", 400),
        (AUTHORIZE, f"{FORM}; charset=klingon", b"x=y", 400),
        (AUTHORIZE, "multipart/form-data; boundary=x", b"--x\r\nbad", 400),
        (AUTHORIZE, "multipart/form-data", b"--x\r\nbad", 400),
    ],
)
async def test_unreadable_sign_in_is_a_400(
    erp: Any, path: str, kind: str, body: bytes, status: int
) -> None:
    answer = await erp.user.call("POST", path, data=body, headers={"Content-Type": kind})

    assert answer.status == status
    assert (await erp.events("request"))[-1]["status"] == status


@pytest.mark.parametrize(
    ("line", "scheme", "status"),
    [(f"GET {BILL}", b"Bearer", b" 401 "), (f"POST {TOKEN}", b"Basic", b" 400 ")],
)
async def test_authorization_that_is_no_text_is_nobodys(
    erp: Any, line: str, scheme: bytes, status: bytes
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", erp.server.port)
    head = f"{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {FORM}\r\n"
    form = b"Content-Length: 12\r\n\r\ngrant_type=x" if line.startswith("POST") else b"\r\n"
    writer.write(head.encode() + b"Authorization: " + scheme + b" \xff\xfe\r\n" + form)

    answer = await reader.read()

    writer.close()
    await writer.wait_closed()
    assert status in answer.splitlines()[0]


@pytest.mark.parametrize("name", ["$top", "$skip"])
async def test_number_of_rows_has_the_digits_of_a_number(api: Any, name: str) -> None:
    assert (await api.get("Bill", **{name: "9" * 5000})).status == 400
    assert (await api.get("Bill", **{name: "9" * 10})).status == 200


async def test_filter_may_be_as_long_as_the_line(api: Any) -> None:
    chain = " or ".join(["Hold"] * 990)

    long, short = (
        await api.get("Bill", **{"$filter": chain}),
        await api.get("Bill", **{"$filter": "Hold"}),
    )

    assert (long.status, long.text) == (200, short.text)


async def test_what_breaks_inside_is_a_500_of_the_server_and_in_the_history(
    frail: Any,
) -> None:
    frail.options.random.spent = True

    answer = await frail.user.put("Bill", Vendor="ACMEPAPER")

    assert (answer.status, answer.json["exceptionType"]) == (500, "System.Exception")
    assert "Date" in answer.headers
    assert (await frail.events("request"))[-1]["status"] == 500


async def test_what_breaks_behind_a_door_is_a_sentence(frail: Any) -> None:
    frail.options.random.spent = True

    answer = await frail.change("", set={"Vendor": "ACMEPAPER", "Amount": "1"})

    assert answer.status == 422
    assert "cannot be used" in answer.json["error"]


@pytest.mark.parametrize("after", ["9" * 5000, "-1", "x"])
async def test_history_goes_on_after_a_number_only(erp: Any, after: str) -> None:
    assert (await erp.door("GET", f"history?after={after}")).status == 400


@pytest.mark.parametrize("body", ['{"set": 1e99999999}', '{"set": ' + "[" * 300 + "]" * 300 + "}"])
async def test_door_refuses_what_would_eat_the_machine(erp: Any, body: str) -> None:
    answer = await erp.user.call("POST", "/_sandbox/documents", data=body)

    assert answer.status == 400
    assert "must be JSON" in answer.json["error"]


async def test_stamp_outside_of_all_zones_is_refused_and_changes_nothing(erp: Any) -> None:
    before = await erp.document("000154")

    answer = await erp.change("000154", set={"LastModifiedDateTime": "0001-01-01T00:00:00+14:00"})

    assert answer.status == 422
    assert await erp.document("000154") == before


async def test_operation_that_breaks_ends_and_frees_its_form(frail: Any) -> None:
    user, chance = frail.user, frail.options.random
    started = await user.act("Bill", "ReleaseBill", "000149")
    chance.spent = True
    await frail.clock.end_nap()

    ended = await user.call("GET", started.location)
    chance.spent = False

    assert started.status == 202
    assert (ended.status, ended.json["exceptionType"]) == (500, "System.Exception")
    assert (await user.act("Bill", "ReleaseBill", "000149")).status == 202
