"""The Graph client against the stand-in: errors by kind, pages, batches, tokens, and its limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from graph_world import ANN, Desk, PatientClock, open_desk
from world import World

from acumatica_client.transport import open_transport, same_host
from bot.core.graph import (
    Answered,
    Asked,
    GraphAway,
    GraphBusy,
    GraphForbidden,
    GraphMissing,
    GraphRefused,
)
from bot.people.graph import PATIENCE, Graph
from bot.tokens import Resource


@pytest.fixture
async def desk(world: World, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(world, tmp_path) as opened:
        yield opened


# --- one request ---


async def test_a_user_is_read_by_id(desk: Desk) -> None:
    found = await desk.graph.get(f"/users/{ANN}?$select=id,mail,accountEnabled")

    assert found["mail"] == "ann@acme.example"
    assert found["accountEnabled"] is True


async def test_who_is_not_there_is_missing(desk: Desk) -> None:
    with pytest.raises(GraphMissing):
        await desk.graph.get("/users/nobody@acme.example")


async def test_without_the_permission_the_refusal_names_it(desk: Desk) -> None:
    await desk.roles("AppCatalog.Read.All")

    with pytest.raises(GraphForbidden, match=r"permission User\.Read\.All"):
        await desk.graph.get(f"/users/{ANN}")


async def test_a_busy_graph_is_left_alone_for_as_long_as_it_says(desk: Desk) -> None:
    await desk.fault("status:429:17")

    with pytest.raises(GraphBusy) as busy:
        await desk.graph.get(f"/users/{ANN}")

    assert busy.value.after == 17.0
    assert desk.clock.waits == []


@pytest.mark.parametrize("fault", ["status:500", "html", "half_answer"])
async def test_no_sensible_answer_is_no_answer(desk: Desk, fault: str) -> None:
    await desk.fault(fault)

    with pytest.raises(GraphAway):
        await desk.graph.get(f"/users/{ANN}")


async def test_a_write_without_an_answer_may_have_been_carried_out(desk: Desk) -> None:
    await desk.fault("reset_after_apply", "installedApps")

    with pytest.raises(GraphAway) as away:
        await desk.graph.post(f"/users/{ANN}/teamwork/installedApps", {})

    assert away.value.unknown


async def test_a_refused_token_is_renewed_once(desk: Desk) -> None:
    await desk.tokens.get(Resource.GRAPH)
    await desk.fault("status:401")

    found = await desk.graph.get(f"/users/{ANN}")

    assert found["id"] == ANN
    assert len(await desk.requests("POST", "/oauth2/v2.0/token")) == 2


async def test_a_token_that_stays_refused_is_a_refusal(desk: Desk) -> None:
    await desk.fault("status:401", times=2)

    with pytest.raises(GraphRefused) as refused:
        await desk.graph.get(f"/users/{ANN}")

    assert refused.value.status == 401


async def test_without_a_token_graph_is_away(desk: Desk) -> None:
    await desk.witness.post(f"{desk.witness.teams}/_sandbox/app", {"secret": "expired"})

    with pytest.raises(GraphAway, match="7000222"):
        await desk.graph.get(f"/users/{ANN}")


# --- pages ---


async def test_a_list_is_read_to_its_last_page(desk: Desk) -> None:
    whole = await desk.graph.pages("/users?$select=id&$top=999")
    paged = await desk.graph.pages("/users?$select=id&$top=3")

    assert [row["id"] for row in paged] == [row["id"] for row in whole]
    assert len(whole) > 6


# --- batches ---


def asked(*people: str) -> list[Asked]:
    return [Asked(f"/users/{person}?$select=id") for person in people]


async def test_more_than_one_batch_is_answered_in_the_order_of_the_questions(desk: Desk) -> None:
    questions = asked(*(["nobody@acme.example", ANN] * 21))

    answers = await desk.graph.batch(questions)

    assert [one.status for one in answers] == [404, 200] * 21


async def test_what_was_put_off_in_a_batch_is_asked_again_after_the_wait_it_tells(
    desk: Desk,
) -> None:
    await desk.fault("status:429:9", f"/users/{ANN}")

    (answer,) = await desk.graph.batch(asked(ANN))

    assert answer.value()["id"] == ANN
    assert desk.clock.waits == [9.0]


async def test_a_batch_gives_up_waiting_in_the_end_and_says_so(desk: Desk) -> None:
    await desk.fault("status:429:9", f"/users/{ANN}", times=99)

    (answer,) = await desk.graph.batch(asked(ANN))

    assert answer.status == 429
    assert sum(desk.clock.waits) <= PATIENCE


async def test_a_wait_longer_than_our_patience_is_not_waited(desk: Desk) -> None:
    await desk.fault("status:429:600", f"/users/{ANN}", times=99)

    (answer,) = await desk.graph.batch(asked(ANN))

    assert (answer.status, answer.after) == (429, 600.0)
    assert desk.clock.waits == []


# --- another peer ---


@dataclass
class Peer:
    """Something that answers in Graph's place."""

    answers: list[web.Response]
    seen: list[str] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(request.path_qs)
        return self.answers.pop(0)


class OneToken:
    """A token that never changes."""

    async def get(self, resource: Resource) -> str:
        return f"token for {resource}"

    async def forget(self, resource: Resource, token: str) -> None:
        """It stays."""

    async def roles(self) -> frozenset[str]:
        return frozenset()

    async def close(self) -> None:
        """Nothing runs."""


async def at(answers: list[web.Response], ask: Any) -> tuple[Any, Peer]:
    """Ask a peer that gives these answers."""
    peer = Peer(answers)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", peer.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    peer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    transport = open_transport(same_host(peer.url))
    try:
        return await ask(Graph(transport, OneToken(), PatientClock(), peer.url)), peer
    except Exception as error:  # noqa: BLE001  # the test looks at it
        return error, peer
    finally:
        await transport.close()
        await runner.cleanup()


async def test_a_redirect_is_not_followed() -> None:
    moved = web.Response(status=302, headers={"Location": "http://127.0.0.1:9/v1.0/users"})

    error, peer = await at([moved], lambda graph: graph.get("/users"))

    assert isinstance(error, GraphAway)
    assert peer.seen == ["/v1.0/users"]


async def test_a_next_page_elsewhere_is_not_read() -> None:
    page = web.json_response({"value": [], "@odata.nextLink": "http://127.0.0.1:9/v1.0/users?x"})

    error, _ = await at([page], lambda graph: graph.pages("/users"))

    assert "leads away" in str(error)


async def test_a_batch_that_answers_half_its_questions_is_asked_for_the_rest() -> None:
    first = web.json_response({"responses": [{"id": "1", "status": 200, "body": {"n": 1}}]})
    then = web.json_response({"responses": [{"id": "0", "status": 200, "body": {"n": 0}}]})

    found, _ = await at([first, then], lambda graph: graph.batch(asked("a", "b")))

    assert found == [
        Answered(200, {"n": n}, None, f"/users/{who}?$select=id") for n, who in enumerate("ab")
    ]
