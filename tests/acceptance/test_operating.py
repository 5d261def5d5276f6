"""What an operator sees and does: the list of deliveries, trying one again, backup and restore."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from world import BEN, World, eventually

from bot.clock import system_ports
from bot.company_file import read_file
from bot.operating.asking import Wish, replay
from bot.operating.backup import Backup, Show, make_backup
from bot.operating.report import read_page
from bot.settings import read_settings
from storage.database import StoreError
from storage.records import Delivery, Wanted


def settings_of(world: World) -> Any:
    return read_settings(_env_file=None, **world.settings())


async def listed(world: World, **wanted: Any) -> list[Delivery]:
    page = await read_page(settings_of(world).storage.path, Wanted(**wanted), limit=50)
    return list(page.rows)


async def tried(world: World, *items: str, yes: bool) -> list[dict[str, Any]]:
    settings = settings_of(world)
    wish = Wish(items, "olga", preview=not yes)
    answer, _ = await replay(settings, read_file(settings.config), system_ports(), wish)
    return list(answer)


async def dead_post(world: World) -> Delivery:
    """A card that Teams refused for good, as the list of deliveries shows it."""

    async def there() -> Delivery | None:
        rows = await listed(world, state="parked")
        return next((row for row in rows if row.what == "post"), None)

    found: Delivery = await eventually(there, "a parked post")
    return found


def store_of(world: World) -> Path:
    return world.data / "countersign.db"


def copied(store: Path, to: Path, show: Show = lambda *_: None) -> Backup:
    return make_backup(store, to, show, now=datetime.now(UTC))


# --- the list, and trying again ---


async def test_a_company_nobody_knows_is_said_and_not_taken_for_one_without_trouble(
    world: World,
) -> None:
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")

        with pytest.raises(StoreError, match=r"countersign.db knows nothing of a company 'acem'"):
            await read_page(store_of(world), Wanted("acem"), limit=1)
        await read_page(store_of(world), Wanted("acme"), limit=1)


async def test_what_arrived_is_in_no_list(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")

        async def nothing_left() -> bool:
            return await listed(world) == []

        await eventually(nothing_left, "everything has arrived")


async def test_a_parked_card_is_listed_with_its_reason_and_sent_again_when_told_to(
    world: World,
) -> None:
    async with world.bot():
        await world.witness.connect_push()
        await world.witness.teams_fault(
            "status:413", times=50, method="POST", path="v3/conversations"
        )
        number = await world.witness.bill_on_hold()
        parked = await dead_post(world)
        assert f"Bill/{number}" in parked.document
        assert "413" in parked.reason
        await world.witness.mended()

        (told,) = await tried(world, parked.id, yes=False)
        assert told["done"] is False
        assert "posts the card" in told["told"]
        assert await world.witness.cards(number) == []

        (done,) = await tried(world, parked.id, yes=True)
        assert done["done"] is True
        await world.witness.card(number, BEN, says="this waits for you")
    assert ("operator olga", "replay") in [(row["actor"], row["action"]) for row in audit(world)]


def audit(world: World) -> list[dict[str, Any]]:
    with sqlite3.connect(store_of(world)) as store:
        store.row_factory = sqlite3.Row
        return [dict(row) for row in store.execute("SELECT * FROM audit ORDER BY seq")]


async def test_a_decision_is_listed_and_never_replayed(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")
        await world.witness.erp_fault("reset_before", action="ReleaseFromHold")
        await world.witness.press(BEN, number, "Release")

        async def at_work() -> Delivery | None:
            return next((row for row in await listed(world) if row.id.startswith("d")), None)

        decision = await eventually(at_work, "a decision at work")
        before = await world.witness.writes(number)
        (told,) = await tried(world, decision.id, yes=True)

        assert told["done"] is False
        assert "never replayed" in told["told"]
        assert await world.witness.writes(number) == before


async def test_what_does_not_exist_is_said_so(world: World) -> None:
    async with world.bot():
        (told,) = await tried(world, "m999", yes=True)

    assert told == {
        "id": "m999", "able": False, "done": False, "told": "is delivered, or does not exist"
    }  # fmt: skip


async def test_a_channel_that_was_called_gone_is_written_to_again_when_a_replay_says_so(
    world: World,
) -> None:
    async with world.bot():
        await world.witness.connect_push()
        await world.witness.teams_fault(
            "status:404", times=50, method="POST", path="v3/conversations"
        )
        number = await world.witness.bill_on_hold()
        parked = await dead_post(world)
        assert "404" in parked.reason
        await world.witness.mended()

        await tried(world, parked.id, yes=True)

        await world.witness.card(number, BEN, says="this waits for you")


async def test_where_no_service_runs_a_replay_waits_for_its_start(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        await world.witness.teams_fault(
            "status:413", times=50, method="POST", path="v3/conversations"
        )
        number = await world.witness.bill_on_hold()
        parked = await dead_post(world)
    await world.witness.mended()

    (done,) = await tried(world, parked.id, yes=True)
    assert done["done"] is True
    assert await world.witness.cards(number) == []

    async with world.bot():
        await world.witness.card(number, BEN, says="this waits for you")


async def test_without_a_store_the_list_says_so(world: World) -> None:
    with pytest.raises(StoreError, match="no store yet"):
        await listed(world)


# --- backup and restore ---


def restore(world: World, backup: Path) -> None:
    for name in ("countersign.db", "countersign.db-wal", "countersign.db-shm"):
        (world.data / name).unlink(missing_ok=True)
    shutil.copy(backup, store_of(world))


async def test_a_restored_backup_releases_nothing_a_second_time(world: World) -> None:
    backup = world.data / "yesterday.db"
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold()
        old = await world.witness.card(number, BEN, says="this waits for you")
        copied(store_of(world), backup)
        await world.witness.press(BEN, number, "Release")
        await world.witness.card(number, BEN, says="Released by Ben Ortiz")
    before = await world.witness.writes(number)
    restore(world, backup)

    async with world.bot():
        body = {"person": BEN, "message": old["id"], "button": "Release"}
        await world.witness.post(f"{world.witness.teams}/_sandbox/press", body)
        await world.witness.card(number, BEN, says="Bill open")

    assert await world.witness.writes(number) == before


async def test_what_was_at_work_in_a_backup_is_read_back_and_not_sent(world: World) -> None:
    backup = world.data / "at-work.db"
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")
        await world.witness.erp_fault("reset_before", action="ReleaseFromHold")
        await world.witness.press(BEN, number, "Release")
        copied(store_of(world), backup)
        await world.witness.fired()  # the call was made, whatever the copy knows of it
    restore(world, backup)
    before = await world.witness.writes(number)

    async with world.bot(speed=60):
        await world.witness.card(number, BEN, says="nothing was done")

    assert await world.witness.writes(number) == before


async def test_after_a_restoration_what_still_waits_is_asked_anew_but_not_decided_at_once(
    world: World,
) -> None:
    backup = world.data / "waiting.db"
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")
        copied(store_of(world), backup)
    restore(world, backup)

    async with world.bot():

        async def refused() -> bool:
            answer = await world.witness.press(BEN, number, "Release")
            return "restored from a backup" in str(answer["body"]["value"])

        await eventually(refused, "the press is refused for the restoration")
        assert await world.witness.writes(number) == []
    assert "store restored" in [row["action"] for row in audit(world)]


async def test_a_backup_never_overwrites_and_leaves_nothing_half_made(
    world: World, tmp_path: Path
) -> None:
    async with world.bot():
        taken = tmp_path / "taken.db"
        taken.write_text("something of somebody")
        with pytest.raises(StoreError, match="never overwrites"):
            copied(store_of(world), taken)
        assert taken.read_text() == "something of somebody"

        made = tmp_path / "made.db"
        seen: list[tuple[int, int]] = []
        told = copied(store_of(world), made, lambda *step: seen.append(step))
        assert "audit rows" in told.told()
        assert seen[-1][0] == seen[-1][1]
        assert made.stat().st_mode & 0o777 == 0o600
        assert not made.with_name("made.db.partial").exists()
