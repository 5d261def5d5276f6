"""Faults that tests arm."""

import asyncio

import aiohttp
import pytest
from sandbox_teams_world import EAST, World, card, card_answer, in_channel, message


async def arm(world: World, fault: str, times: int = 1, **on: str) -> None:
    status, body = await world.door("POST", "faults", {"on": on, "fault": fault, "times": times})
    assert status == 200, body


async def post(world: World) -> tuple[int, dict]:
    return await world.call("POST", "conversations", in_channel(EAST))


async def test_a_status_strikes_before_anything_is_applied_and_only_so_often(world: World):
    await arm(world, "status:503", method="POST", path="/conversations")

    struck, body = await post(world)
    after, _ = await post(world)

    assert (struck, body["error"]["code"], after) == (503, "ServiceUnavailable", 201)
    assert len(await world.screen()) == 1


async def test_a_status_may_come_after_the_post_was_applied(world: World):
    await arm(world, "status_after_apply:504")

    status, _ = await post(world)

    assert status == 504
    assert len(await world.screen()) == 1


async def test_a_429_carries_its_retry_after(world: World):
    await arm(world, "status:429:7")

    status, headers, body = await world.call_whole("POST", "conversations", in_channel(EAST))

    assert (status, headers["Retry-After"], body["error"]["code"]) == (429, "7", "Throttled")


@pytest.mark.parametrize(("fault", "posted"), [("reset_before", 0), ("reset_after_apply", 1)])
async def test_a_reset_leaves_the_caller_without_an_answer(world: World, fault: str, posted: int):
    await arm(world, fault)

    with pytest.raises(aiohttp.ClientError):
        await post(world)

    assert len(await world.screen()) == posted
    assert (await world.events("request"))[-1]["status"] is None


async def test_half_an_answer_breaks_off_after_the_post_was_applied(world: World):
    await arm(world, "half_answer")

    with pytest.raises(aiohttp.ClientError):
        await post(world)

    assert len(await world.screen()) == 1


async def test_html_is_what_a_proxy_says(world: World):
    await arm(world, "html")
    headers = {"Authorization": f"Bearer {world.token}"}
    url = f"{world.stand.url}/teams/v3/conversations"

    async with world.http.post(url, json=in_channel(EAST), headers=headers) as response:
        kind = response.content_type

    assert (response.status, kind) == (200, "text/html")
    assert await world.screen() == {}


async def test_a_delay_applies_at_once_and_answers_late(world: World):
    await arm(world, "delay:20")

    call = asyncio.create_task(post(world))
    await world.clock.slept_for(20.0)
    seen = len(await world.screen())
    world.clock.advance(20.0)
    status, _ = await call

    assert (seen, status) == (1, 201)


async def test_a_repeated_invoke_has_a_new_id_and_the_first_answer_counts(world: World):
    _, root = await world.thread(card("Release"))
    world.bot.answer = lambda _: card_answer(card(text=f"answer {len(world.bot.heard)}"))
    await arm(world, "repeat_invoke")

    answer = await world.press("ann", root, "Release")

    first, second = world.bot.invokes("manual")
    assert first["id"] != second["id"]
    assert first["value"] == second["value"]
    assert answer["body"]["value"]["body"][0]["text"] == "answer 1"


async def test_a_fault_of_another_path_or_method_does_not_strike(world: World):
    await arm(world, "status:503", method="PUT")
    await arm(world, "status:503", path="/members")

    status, _ = await post(world)

    assert status == 201


async def test_the_token_service_can_fail_too(world: World):
    await arm(world, "status:503", path="/oauth2/")

    status, _ = await world.sign_in()

    assert status == 503


async def test_the_doors_themselves_never_fail(world: World):
    await arm(world, "status:503", times=5)

    status, body = await world.door("GET", "faults")
    await world.door("DELETE", "faults")

    assert (status, body["faults"][0]["times"]) == (200, 5)
    assert (await post(world))[0] == 201


async def test_a_fault_that_struck_is_in_the_history(world: World):
    await arm(world, "status:503")

    await post(world)

    [event] = await world.events("fault")
    assert (event["fault"], event["path"]) == ("status:503", "/teams/v3/conversations")


@pytest.mark.parametrize(
    "wish",
    [
        {"fault": "explode"},
        {"fault": "status:abc"},
        {"fault": "html", "times": 0},
        {"fault": "html", "times": True},
        {"fault": "html", "on": {"host": "x"}},
        {},
    ],
)
async def test_a_fault_nobody_knows_is_refused_with_the_list(world: World, wish: dict):
    status, body = await world.door("POST", "faults", wish)

    assert status == 422
    assert body["error"]


async def test_a_faulty_edit_leaves_the_card(world: World):
    thread, root = await world.thread(card(text="old"))
    await arm(world, "status:412", method="PUT")

    status, body = await world.call(
        "PUT", f"conversations/{thread}/activities/{root}", message(card(text="new"))
    )

    assert (status, body["error"]["code"]) == (412, "PreconditionFailed")
    assert (await world.screen())[root]["edited"] is False
