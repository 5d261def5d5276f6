"""Asks for documents by a script: what is asked, how often, and what an answer leads to next."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from erp_fixtures import json_reply, page_reply, reply
from erp_world import Clock

from acumatica_client.answers import MOST_LINES, read_json
from acumatica_client.entities import BILL, ENTITIES
from acumatica_client.errors import (
    ErpBusy,
    ErpCannotList,
    ErpContract5,
    ErpError,
    ErpMisconfigured,
    ErpMoving,
    ErpNotFound,
    ErpPage,
    ErpUnavailable,
    ErpUnreadable,
    ErpVersionMissing,
)
from acumatica_client.faces import parsed
from acumatica_client.models import DocumentKey, Glimpse
from acumatica_client.protocol import Address
from acumatica_client.reading import Reader
from acumatica_client.transport import Reply, Request

SINCE, BEFORE = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)
STAMP = "2026-11-02T14:31:28.403+00:00"
ID = "b6410d82-9476-ef11-8c65-ac198e472cfe"
NO_RESOURCE = json_reply(404, {"message": "No HTTP resource was found."})
NO_OPTIMIZATION = json_reply(
    500,
    {
        "message": "An error has occurred.",
        "exceptionMessage": "Optimization cannot be performed. The following fields cause the "
        "error: Status: View Document has BQL delegate",
        "exceptionType": "PX.Api.ContractBased.OptimizedExport.CannotOptimizeException",
    },
)


class Erp:
    """Answers as written down and remembers what it was asked."""

    def __init__(
        self, *answers: Reply | ErpError, endpoint: str = "Default", page: int = 2
    ) -> None:
        self.answers = list(answers)
        self.asked: list[Request] = []
        self.clock = Clock()
        address = Address("https://erp.example", endpoint, "24.200.001")
        self.reader = Reader(address, self.get, self.clock.now, page=page)

    async def get(self, request: Request) -> Reply:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, ErpError):
            raise answer
        return answer

    @property
    def paths(self) -> list[str]:
        """What was asked, without the endpoint and the query."""
        paths = [urlsplit(request.url).path for request in self.asked]
        return [path.rpartition("/24.200.001/")[2] for path in paths]

    def query(self, number: int) -> dict[str, str]:
        asked = parse_qs(urlsplit(self.asked[number].url).query)
        return {name: values[0] for name, values in asked.items()}


def record(number: str, **values: Any) -> dict[str, Any]:
    told = {"Type": "Bill", "ReferenceNbr": number, "LastModifiedDateTime": STAMP, **values}
    return {"id": f"id-{number}", **{name: {"value": value} for name, value in told.items()}}


def rows(*numbers: str, **values: Any) -> Reply:
    return json_reply(200, [record(number, **values) for number in numbers])


def endpoints(*names: str) -> Reply:
    told = [dict(zip(("name", "version"), name.split("/"), strict=True)) for name in names]
    return json_reply(200, {"endpoints": told})


HAS_IT, LACKS_IT = endpoints("Default/24.200.001"), endpoints("Default/23.200.001")


async def gathered(pages: AsyncIterator[list[Glimpse]]) -> list[Glimpse]:
    return [row async for page in pages for row in page]


# --- one document ---


async def test_plain_key_is_one_read() -> None:
    erp = Erp(json_reply(200, record("000159")))

    found = await erp.reader.read(BILL.key("Bill", "000159"))

    assert found is not None
    assert erp.paths == ["Bill/Bill/000159"]


@pytest.mark.parametrize(
    ("kind", "number"), [("Bill", "2026/11"), ("Bill", "a|b"), ("Credit Adj.", "000159")]
)
async def test_key_that_a_server_may_split_is_read_by_the_id_its_list_tells(
    kind: str, number: str
) -> None:
    erp = Erp(json_reply(200, [{"id": ID}]), json_reply(200, record(number, Type=kind)))

    found = await erp.reader.read(BILL.key(kind, number))

    assert found is not None
    assert erp.paths == ["Bill", f"Bill/{ID}"]
    assert erp.query(0)["$filter"] == f"Type eq '{kind}' and ReferenceNbr eq '{number}'"


async def test_key_that_no_list_knows_is_no_document() -> None:
    erp = Erp(json_reply(200, []))

    assert await erp.reader.read(BILL.key("Bill", "2026/11")) is None


@pytest.mark.parametrize("found", [[{"id": ID}, {"id": "other"}], [{}], [{"id": 7}]])
async def test_key_that_is_not_exactly_one_record_is_not_guessed(found: Any) -> None:
    erp = Erp(json_reply(200, found))

    with pytest.raises(ErpUnreadable, match="Bill/Bill/2026/11: "):
        await erp.reader.read(BILL.key("Bill", "2026/11"))


async def test_missing_record_is_no_404_and_asks_nothing_more() -> None:
    erp = Erp(reply("errors/not_found_500"))

    assert await erp.reader.read(BILL.key("Bill", "000159")) is None
    assert len(erp.asked) == 1


@pytest.mark.parametrize(
    "wrong", [{"number": "000160"}, {"number": "000159", "Type": "Prepayment"}]
)
async def test_answer_that_is_another_document_is_never_taken_for_the_one_asked_for(
    wrong: dict[str, str],
) -> None:
    erp = Erp(json_reply(200, record(**wrong)))

    with pytest.raises(ErpUnreadable, match="Bill/Bill/000159: the answer was another document"):
        await erp.reader.read(BILL.key("Bill", "000159"))


async def test_key_is_the_same_in_either_case() -> None:
    erp = Erp(json_reply(200, record("INV-7")))

    assert await erp.reader.read(BILL.key("Bill", "inv-7")) is not None


# --- what a 404 misses ---


async def read(erp: Erp) -> Any:
    return await erp.reader.read(BILL.key("Bill", "000159"))


@pytest.mark.parametrize("answer", [NO_RESOURCE, page_reply(404, "<title>404 - Not Found</title>")])
async def test_404_of_a_version_lists_what_the_instance_has(answer: Reply) -> None:
    erp = Erp(answer, LACKS_IT)

    with pytest.raises(ErpVersionMissing, match=r'it has: Default/23.200.001\. Set version = "23'):
        await read(erp)


async def test_404_of_an_entity_is_a_thing_that_is_not_there() -> None:
    erp = Erp(NO_RESOURCE, HAS_IT)

    with pytest.raises(ErpNotFound, match="no such entity or action: No HTTP resource was found"):
        await read(erp)


async def test_404_of_a_list_is_explained_too() -> None:
    erp = Erp(NO_RESOURCE, LACKS_IT)

    with pytest.raises(ErpVersionMissing):
        await gathered(erp.reader.changed(BILL, SINCE, BEFORE))


async def test_endpoints_are_asked_for_at_most_once_a_minute() -> None:
    erp = Erp(NO_RESOURCE, HAS_IT, NO_RESOURCE, NO_RESOURCE, LACKS_IT)

    for wait, kind in ((0, ErpNotFound), (59, ErpNotFound), (1, ErpVersionMissing)):
        erp.clock.at += timedelta(seconds=wait)
        with pytest.raises(kind):
            await read(erp)

    assert erp.paths.count("/entity") == 2


async def test_clock_that_was_set_back_does_not_stop_the_asking() -> None:
    erp = Erp(NO_RESOURCE, HAS_IT, NO_RESOURCE, LACKS_IT)
    with pytest.raises(ErpNotFound):
        await read(erp)
    erp.clock.at -= timedelta(hours=1)

    with pytest.raises(ErpVersionMissing):
        await read(erp)


@pytest.mark.parametrize(
    ("probe", "kind"),
    [
        (NO_RESOURCE, ErpMisconfigured),
        (json_reply(403, {"message": "no"}), ErpNotFound),
        (page_reply(503), ErpPage),
        (json_reply(200, "x"), ErpUnreadable),
        (ErpUnavailable("nobody answers"), ErpUnavailable),
        (ErpBusy("full", after=120), ErpBusy),
    ],
)
async def test_404_that_cannot_be_explained_says_why_not(
    probe: Reply | ErpError, kind: type[ErpError]
) -> None:
    erp = Erp(NO_RESOURCE, probe)

    with pytest.raises(kind) as error:
        await read(erp)

    assert type(error.value) is kind


async def test_wrong_address_of_the_instance_says_which_setting() -> None:
    erp = Erp(NO_RESOURCE)

    with pytest.raises(ErpMisconfigured, match=r"https://erp.example/entity is not there.*url in"):
        await erp.reader.check_version()


# --- which contract ---


async def test_default_endpoint_costs_no_second_look() -> None:
    erp = Erp(HAS_IT)

    await erp.reader.check_version()

    assert len(erp.asked) == 1


async def test_endpoint_of_ones_own_shows_its_contract_in_one_row() -> None:
    erp = Erp(endpoints("Acme/24.200.001"), rows("1", Status="Open"), endpoint="Acme")

    await erp.reader.check_version()

    assert erp.paths[1:] == ["Bill"]
    assert erp.query(1)["$top"] == "1"


async def test_own_endpoint_of_contract_5_is_refused_at_the_start() -> None:
    drop_down = {"id": "N", "description": "Open"}
    erp = Erp(endpoints("Acme/24.200.001"), rows("1", Status=drop_down), endpoint="Acme")

    with pytest.raises(ErpContract5):
        await erp.reader.check_version()


async def test_empty_and_closed_entities_leave_the_question_to_the_next() -> None:
    forbidden = json_reply(403, {"message": "no"})
    answers = (endpoints("Acme/24.200.001"), rows(), forbidden, NO_RESOURCE, rows("1"))
    erp = Erp(*answers, endpoint="Acme")

    await erp.reader.check_version()

    assert erp.paths[1:] == list(ENTITIES)


# --- lists ---


async def test_one_page_is_one_call_and_asks_for_four_fields() -> None:
    erp = Erp(rows("1", Status="Balanced"))

    found = await gathered(erp.reader.changed(BILL, SINCE, BEFORE))

    assert [(row.key.number, row.status) for row in found] == [("1", "Balanced")]
    assert erp.query(0)["$select"] == "Type,ReferenceNbr,Status,LastModifiedDateTime"


async def test_row_that_left_between_two_pages_hides_none() -> None:
    moved = rows("3", "4")  # "1" has left, so "3" stands where "2" stood
    erp = Erp(rows("1", "2"), moved, rows("2", "3", "4"))

    found = await gathered(erp.reader.standing_in(BILL, ("Balanced",)))

    assert sorted(row.key.number for row in found) == ["1", "2", "3", "4"]
    assert [erp.query(n)["$top"] for n in range(3)] == ["2", "3", "4"]


async def test_list_that_keeps_moving_is_an_error_so_that_no_watermark_moves() -> None:
    erp = Erp(
        *[rows(*map(str, range(n))) if n else rows("x") for n in (2, 0, 4, 0, 8, 0, 16, 0, 32, 0)]
    )

    with pytest.raises(ErpMoving):
        await gathered(erp.reader.changed(BILL, SINCE, BEFORE))


async def test_list_that_cannot_be_exported_is_read_by_key_and_that_is_remembered() -> None:
    def one(number: str, status: str) -> Reply:
        return json_reply(200, record(number, Status=status))

    plain = rows("1", "2/2")
    erp = Erp(
        NO_OPTIMIZATION, plain, one("1", "Open"), one("2/2", "B"),
        plain, one("1", "Open"), one("2/2", "Balanced"), page=3,
    )  # fmt: skip

    first = await gathered(erp.reader.changed(BILL, SINCE, BEFORE))
    second = await gathered(erp.reader.changed(BILL, SINCE, BEFORE))

    assert first == second
    assert [(row.key.number, row.status) for row in first] == [("1", "Open"), ("2/2", "Balanced")]
    assert erp.paths == [
        "Bill", "Bill", "Bill/id-1", "Bill/id-2%2F2", "Bill", "Bill/id-1", "Bill/id-2%2F2",
    ]  # fmt: skip
    assert [erp.query(n)["$select"].count("Status") for n in (0, 1, 4)] == [1, 0, 0]


async def test_row_that_is_gone_when_it_is_read_by_key_drops_out() -> None:
    gone = reply("errors/not_found_500")
    erp = Erp(NO_OPTIMIZATION, rows("1"), gone)

    assert await gathered(erp.reader.changed(BILL, SINCE, BEFORE)) == []


async def test_stamp_of_a_row_read_by_key_stays_the_listed_one() -> None:
    later = json_reply(200, record("1", Status="Open", LastModifiedDateTime="2026-12-24T00:00Z"))
    erp = Erp(NO_OPTIMIZATION, rows("1"), later)

    found = await gathered(erp.reader.changed(BILL, SINCE, BEFORE))

    assert [row.last_modified for row in found] == [datetime.fromisoformat(STAMP)]


async def test_list_that_even_plain_cannot_be_exported_is_a_named_error() -> None:
    erp = Erp(NO_OPTIMIZATION, NO_OPTIMIZATION, NO_OPTIMIZATION)

    for _ in range(2):
        with pytest.raises(ErpCannotList, match="Bill: Optimization cannot be performed"):
            await gathered(erp.reader.changed(BILL, SINCE, BEFORE))

    assert len(erp.asked) == 3  # the second cycle does not fail first


async def test_other_500_of_a_list_is_not_taken_for_that() -> None:
    erp = Erp(reply("errors/operation_failed"))

    with pytest.raises(ErpError, match="Operation failed"):
        await gathered(erp.reader.changed(BILL, SINCE, BEFORE))

    assert len(erp.asked) == 1


async def test_question_without_an_answer_of_its_own_raises_what_came() -> None:
    erp = Erp(page_reply(200))

    with pytest.raises(ErpPage):
        read_json(await erp.reader.get(Request("GET", "https://erp.example/entity/x")))


# --- answers that are very long ---


def long_bill(lines: int) -> Reply:
    fields: dict[str, Any] = {
        "Type": {"value": "Bill"},
        "ReferenceNbr": {"value": "000154"},
        "Status": {"value": "On Hold"},
        "LastModifiedDateTime": {"value": STAMP},
    }
    line = {"Account": {"value": "10100"}, "Qty": {"value": 1.0}, "Amount": {"value": 12.50}}
    return json_reply(200, {"id": ID, **fields, "Details": [line] * lines})


async def turns_beside(work: Awaitable[Any]) -> int:
    """How often somebody else had a turn of the loop while *work* was done."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.ensure_future(others())
    try:
        await work
    finally:
        beside.cancel()
    return turns


KEY = DocumentKey("Bill", "Bill", "000154")
A_HANDFUL = 50
"""Turns of what only hands on: many times fewer than during one reading on a thread."""


async def test_long_answer_does_not_hold_up_the_others() -> None:
    erp = Erp(long_bill(MOST_LINES))

    assert await turns_beside(erp.reader.read(KEY)) > A_HANDFUL


async def test_parsing_in_a_thread_lets_the_others_run() -> None:
    body = json.dumps([{"Amount": {"value": 12.50}}] * 200_000).encode()

    assert await turns_beside(asyncio.to_thread(parsed, body)) > A_HANDFUL


async def test_document_of_the_most_lines_is_read_whole() -> None:
    document = await Erp(long_bill(MOST_LINES)).reader.read(KEY)

    assert document is not None
    assert len(document.lines) == MOST_LINES


async def test_document_of_more_lines_than_are_held_says_so() -> None:
    with pytest.raises(ErpUnreadable, match="Bill/Bill/000154: 5,001 lines, more than the 5,000"):
        await Erp(long_bill(MOST_LINES + 1)).reader.read(KEY)
