"""Refresh and personal views (facts §2.2)."""

import asyncio

from sandbox_teams_world import (
    ANN,
    BEN,
    EAST,
    World,
    card,
    card_answer,
    line_answer,
    refreshing,
    text_of,
)

YOURS = card("Release", text="yours")


async def shown(world: World, root: str) -> dict[str, str]:
    return {
        person: text_of((await world.screen(person))[root]["card"]) for person in ("ann", "ben", "")
    }


async def test_a_post_asks_for_everybody_listed_and_shows_the_answer_to_them_only(world: World):
    world.bot.answer = lambda _: card_answer(YOURS)

    _, root = await world.thread(refreshing(ANN))

    assert await shown(world, root) == {"ann": "yours", "ben": "Bill 004512", "": "Bill 004512"}
    [invoke] = world.bot.invokes()
    assert invoke["value"] == {
        "action": {"type": "Action.Execute", "verb": "refresh", "data": {"t": "r"}},
        "trigger": "automatic",
    }
    assert invoke["from"]["id"] == ANN
    assert invoke["replyToId"] == root
    assert invoke["conversation"]["id"] == f"{EAST};messageid={root}"


async def test_a_client_of_another_language_gets_its_view_in_that_language(world: World):
    world.bot.answer = lambda one: card_answer(card(text=f"in {one['locale']}"))
    _, root = await world.thread(refreshing(ANN))

    seen = [
        text_of((await world.screen("ann", f"&locale={locale}"))[root]["card"])
        for locale in ("en-US", "de-DE", "en-US")
    ]

    assert seen == ["in en-US", "in de-DE", "in en-US"]


async def test_an_edit_resets_the_views_and_asks_again(world: World):
    world.bot.answer = lambda _: card_answer(YOURS)
    thread, root = await world.thread(refreshing(ANN))
    await world.screen("ann")

    world.bot.answer = lambda _: card_answer(card(text="still yours"))
    await world.edit(thread, root, refreshing(ANN, text="Bill changed"))

    assert await shown(world, root) == {
        "ann": "still yours",
        "ben": "Bill changed",
        "": "Bill changed",
    }


async def test_an_edit_without_refresh_ends_the_asking(world: World):
    world.bot.answer = lambda _: card_answer(YOURS)
    thread, root = await world.thread(refreshing(ANN))
    await world.bot.hears(1)

    await world.edit(thread, root, card(text="done"))
    world.clock.advance(120)

    assert (await shown(world, root))["ann"] == "done"
    assert len(world.bot.invokes()) == 1


async def test_looking_asks_again_after_a_minute_and_not_before(world: World):
    world.bot.answer = lambda _: card_answer(YOURS)
    await world.thread(refreshing(ANN))
    await world.screen("ann")

    world.clock.advance(59)
    await world.screen("ann")
    soon = len(world.bot.invokes())
    world.clock.advance(2)
    await world.screen("ann")

    assert (soon, len(world.bot.invokes())) == (1, 2)


async def test_only_the_open_conversation_is_in_view_where_one_is_named(world: World):
    world.bot.answer = lambda _: card_answer(YOURS)
    await world.thread(refreshing(ANN))
    await world.screen("ann")
    world.clock.advance(61)

    await world.screen("ann", query="&conversation=a:1ann")

    assert len(world.bot.invokes()) == 1


async def test_somebody_elses_look_asks_nothing(world: World):
    world.bot.answer = lambda _: card_answer(YOURS)
    await world.thread(refreshing(ANN))
    await world.bot.hears(1)
    world.clock.advance(61)

    await world.screen("ben")

    assert len(world.bot.invokes()) == 1


async def test_an_empty_list_asks_nobody_and_no_list_asks_everybody(world: World):
    world.bot.answer = lambda _: card_answer(YOURS)
    await world.thread(refreshing())
    everybody = refreshing()
    del everybody["refresh"]["userIds"]

    await world.thread(everybody)

    await world.bot.hears(9)
    assert len({one["from"]["id"] for one in world.bot.invokes()}) == 9


async def test_an_unknown_id_asks_nobody(world: World):
    await world.thread(refreshing("29:1stranger", "aaaaaaaa-0000-4000-8000-000000000001", BEN))

    [invoke] = await world.bot.hears(1)

    assert invoke["from"]["id"] == BEN


async def test_an_answer_to_an_older_version_is_dropped(world: World):
    world.bot.hold = asyncio.Event()
    world.bot.answer = lambda _: card_answer(YOURS)
    thread, root = await world.thread(refreshing(ANN))
    await world.bot.hears(1)

    await world.edit(thread, root, card(text="done"))
    world.bot.hold.set()

    assert (await shown(world, root))["ann"] == "done"


async def test_a_screen_waits_three_seconds_for_a_refresh_and_then_shows_what_is_there(
    world: World,
):
    world.bot.hold = asyncio.Event()
    world.bot.answer = lambda _: card_answer(YOURS)
    _, root = await world.thread(refreshing(ANN))
    await world.bot.hears(1)

    look = asyncio.create_task(world.screen("ann"))
    await world.clock.slept_for(3.0)
    world.clock.advance(3.0)
    early = (await look)[root]["card"]
    world.bot.hold.set()

    assert text_of(early) == "Bill 004512"
    assert (await shown(world, root))["ann"] == "yours"


async def test_a_refresh_that_fails_leaves_the_card_and_says_nothing(world: World):
    world.bot.answer = lambda _: line_answer("not a card")

    _, root = await world.thread(refreshing(ANN))

    seen = (await world.screen("ann"))[root]
    assert text_of(seen["card"]) == "Bill 004512"
    assert "notice" not in seen
