"""What would happen, told beforehand: `explain`, `plan`, a dry run; the version in the audit."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import sqlite3
import sys
from typing import Any

import pytest
from world import BEN, ROOT, World, environment, eventually, texts

from acumatica_client.transport import NotSent, Request
from bot.clock import system_ports
from bot.company_file import read_file
from bot.configuring.anew import look_anew
from bot.configuring.read_only import reading_only
from bot.settings import read_settings
from storage.database import Database

TEAMS_WRITES = ("POST", "PUT", "PATCH", "DELETE")
WEST = ('field = "BranchID", is = "WEST"', 'field = "BranchID", is = "EAST"')
SKETCH = {
    "entity": "Bill",
    "status": "On Hold",
    "fields": {"Amount": 12000, "CurrencyID": "USD", "BranchID": "EAST"},
}


async def run(world: World, *words: str, **more: Any) -> tuple[int, str, str]:
    """Run a command as an operator would; return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "app.py"), *words,
        cwd=world.data,
        env={**os.environ, "COLUMNS": "300", **environment(world.settings()), **more},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert b"Traceback" not in err, err.decode()
    return process.returncode or 0, out.decode(), err.decode()


async def explained(world: World, *words: str) -> dict[str, Any]:
    code, out, err = await run(world, "explain", *words, "--json")
    assert code == 0, err
    return dict(json.loads(out))


def page_of(world: World) -> str:
    return (world.data / "dry-run" / "dry-run.html").read_text("utf-8")


def rows(world: World, statement: str) -> list[Any]:
    with sqlite3.connect(world.data / "countersign.db") as store:
        return store.execute(statement).fetchall()


async def teams_writes(world: World) -> list[str]:
    """Every request to Teams or Graph that could change something there."""
    events = (await world.witness.get(f"{world.witness.teams}/_sandbox/history"))["events"]
    return [
        f"{event.get('method')} {event.get('path')}"
        for event in events
        if event.get("method") in TEAMS_WRITES
        and not str(event.get("path")).endswith(("/token", "/$batch"))
    ]


async def erp_writes(world: World) -> list[str]:
    return [
        f"{event['method']} {event['path']}"
        for event in await world.witness.erp_events("request")
        if event["method"] != "GET" and "/auth/" not in event["path"]
    ]


# --- explain ---


async def test_a_document_nobody_saw_is_read_from_acumatica_and_nothing_is_written(
    world: World,
) -> None:
    number = await world.witness.bill_on_hold()

    found = await explained(world, "bill", number)

    assert (found["route"], found["to"]) == (3, ["channel:purchasing-east"])
    assert found["source"] == "Acumatica, just now"
    assert found["passed"] == [
        {
            "route": 1,
            "field": "Amount",
            "operator": "at_least",
            "value": "10000",
            "found": "1234.5000",
        },
        {"route": 2, "field": "BranchID", "operator": "is", "value": "WEST", "found": "EAST"},
    ]
    assert await erp_writes(world) == []
    assert await teams_writes(world) == []
    assert not (world.data / "countersign.db").exists()


async def test_a_document_of_the_store_is_explained_as_its_card_shows_it(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold()
        posted = await world.witness.card(number, BEN, says="this waits for you")

        found = await explained(world, "Bill", number)
        _, told, _ = await run(world, "explain", "bill", number.lstrip("0"), "--card", "card.json")

    assert found["source"].startswith("the store, read ")
    assert [one["name"] for one in found["approvers"]] == ["Ben Ortiz"]
    (card,) = found["cards"]
    rules = (world.data / "countersign.toml").read_text("utf-8").splitlines()
    third = [at for at, line in enumerate(rules, 1) if line == "[[route]]"][2]
    assert card["mentions"] == ["Ben Ortiz"]
    assert posted["card"]["fallbackText"] == card["card"]["fallbackText"]
    for words in (
        "It is On Hold and goes by route 3.",
        f"Route 3 begins in line {third} of the file.",
        "Route 1 wants Amount of at least 10,000.00; it is 1,234.50.",
        "Found by the owner of the document: Ben Ortiz.",
        "The card at channel:purchasing-east, which mentions Ben Ortiz:",
        "@Ben Ortiz",
        "[Review]",
    ):
        assert words in told
    written = json.loads((world.data / "card.json").read_text("utf-8"))
    assert number in texts(written)


async def test_what_acumatica_says_now_counts_with_live(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")
    await world.witness.change({"Amount": 20000}, number=number)

    stored = await explained(world, "bill", number)
    live = await explained(world, "bill", number, "--live")

    assert (stored["route"], live["route"]) == (3, 1)


async def test_a_document_in_a_file_is_explained_without_acumatica(world: World) -> None:
    (world.data / "document.json").write_text(json.dumps(SKETCH), "utf-8")

    found = await explained(world, "--file", "document.json")

    assert (found["route"], found["to"]) == (1, ["channel:ap-approvals"])
    assert await world.witness.erp_events("request") == []


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("bill", "999999"), 1, "nobody knows bill 999999"),
        (("invoice", "1"), 1, "'invoice' is no kind of document"),
        (("bill",), 2, "say which document"),
        (("bill", "1", "--company", "west"), 1, "there is no company 'west'; there are: acme"),
        (("--file", "missing.json"), 1, "missing.json: No such file"),
        (("--file", "broken.json"), 1, "broken.json: is no document"),
        (("--file", "odd.json"), 1, "a Bill has no 'Amuont'; is 'Amount' meant?"),
    ],
)
async def test_what_cannot_be_explained_is_said_so(
    world: World, words: tuple[str, ...], code: int, told: str
) -> None:
    (world.data / "broken.json").write_text("{", "utf-8")
    odd = {**SKETCH, "fields": {"Amuont": 1}}
    (world.data / "odd.json").write_text(json.dumps(odd), "utf-8")

    found = await run(world, "explain", *words)

    assert found[0] == code
    assert told in found[2]


# --- plan ---


def other_file(world: World, *edits: tuple[str, str]) -> str:
    text = world.file().read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    (world.data / "new.toml").write_text(text, "utf-8")
    return "new.toml"


async def test_a_plan_tells_which_open_documents_move_and_a_start_with_it_moves_them(
    world: World,
) -> None:
    async with world.bot():
        await world.witness.connect_push()
        moved = await world.witness.bill_on_hold()
        stays = await world.witness.bill_on_hold(amount=20000)
        await world.witness.card(moved, BEN, says="this waits for you")
        await world.witness.card(stays)

        code, out, _ = await run(world, "plan", other_file(world, WEST), "--json")
        _, told, _ = await run(world, "plan", "new.toml")

    (plan,) = json.loads(out)["companies"]
    (move,) = plan["moves"]
    assert (code, plan["open"], move["document"]) == (0, 2, f"Bill/Bill/{moved}")
    assert (move["was"]["to"], move["becomes"]["to"]) == (["purchasing-east"], ["purchasing-west"])
    assert move["cards"] == [
        "new card: purchasing-west",
        "the card there says that it was replaced: purchasing-east",
    ]
    assert "open documents: 2, 1 would go another way" in told

    world.edits.append(WEST)
    async with world.bot():

        async def moved_there() -> bool:
            found = await world.witness.cards(moved, BEN)
            return {one["conversation"] for one in found} == {"Purchasing East", "Purchasing West"}

        await eventually(moved_there, "a card of the moved bill in its new channel")
    assert rows(world, "SELECT count(*) FROM cards WHERE replaced = 1") == [(1,)]


async def test_a_file_that_says_the_same_moves_nothing(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")
        _, told, _ = await run(world, "plan", other_file(world))

    assert "open documents: 1, all go the way they go now" in told


async def test_a_plan_without_a_company_says_that_it_is_served_no_longer(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        await world.witness.card(await world.witness.bill_on_hold())
        text = world.file().read_text("utf-8").replace('"acme"', '"west"')
        (world.data / "new.toml").write_text(text, "utf-8")
        _, told, _ = await run(world, "plan", "new.toml")

    assert "acme: is served no longer; open documents: 1, nothing can be decided" in told


async def test_without_a_store_there_is_nothing_to_plan(world: World) -> None:
    code, _, told = await run(world, "plan", other_file(world))

    assert code == 1
    assert "there is no store yet" in told


async def test_a_start_looks_at_open_documents_anew_only_with_another_file(world: World) -> None:
    async def looks() -> int:
        (count,) = rows(world, "SELECT count(*) FROM hints WHERE reason = 'configuration changed'")
        return int(count[0])

    async with world.bot():
        await world.witness.connect_push()
        await world.witness.card(await world.witness.bill_on_hold(), BEN, says="this waits for you")
    settings = read_settings(_env_file=None, **world.settings())
    file = read_file(settings.config)
    other = file.model_copy(update={"audit_channel": "ap-approvals"})
    store = await Database.open(settings.storage.path)
    try:
        found = []
        for one in (file, other, other):
            async with store.transaction() as conn:
                await conn.execute("DELETE FROM hints")
                await look_anew(conn, one, system_ports())
            found.append(await looks())
    finally:
        await store.close()

    assert found == [0, 1, 0]


async def test_a_plan_of_a_broken_file_tells_its_mistakes(world: World) -> None:
    code, _, told = await run(world, "plan", other_file(world, ('"owner"', '"boss"')))

    assert code == 1
    assert "new.toml, line " in told


# --- the version ---


async def test_every_decision_carries_the_version_it_was_made_by(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")
        await world.witness.press(BEN, number, "Release")
        await world.witness.released(number)
        await world.witness.card(number, says="Released by Ben Ortiz")
    _, _, told = await run(world, "check")

    found = rows(
        world, "SELECT action, json_extract(detail, '$.configuration') FROM audit ORDER BY seq"
    )
    (started,) = [version for action, version in found if action == "service started"]
    decided = {action: version for action, version in found if action.startswith("decision ")}
    assert {"decision asked", "decision claimed", "decision confirmed"} <= decided.keys()
    assert set(decided.values()) == {started[:10]}
    assert f"(version {started[:10]})" in told


# --- dry run ---


async def test_the_transport_of_a_dry_run_carries_nothing_that_could_change_something(
    world: World,
) -> None:
    transport = reading_only(system_ports()).open_transport(lambda _: True)
    erp = f"{world.witness.erp}/entity/Default/24.200.001/Bill"
    posts = f"{world.witness.teams}/teams/v3/conversations/19:x/activities"
    try:
        for method, url in (("PUT", erp), ("POST", f"{erp}/ReleaseBill"), ("POST", posts)):
            with pytest.raises(NotSent, match=f"a dry run sends no {method}"):
                await transport.send(Request(method, url))
        read = await transport.send(Request("GET", f"{world.witness.erp}/_sandbox/history"))
        assert read.status == 200
    finally:
        await transport.close()
    assert await world.witness.erp_events("request") == []


async def test_a_dry_run_tells_what_would_be_sent_and_changes_nothing_anywhere(
    world: World,
) -> None:
    number = await world.witness.bill_on_hold(Description="=1+1 <b>bold</b>")

    code, _, told = await run(world, "run", "--dry-run")

    assert code == 0, told
    assert "1 document looked at, 1 message would be sent; nothing was" in told
    page = page_of(world)
    with (world.data / "dry-run" / "dry-run.csv").open(encoding="utf-8", newline="") as file:
        (row,) = list(csv.DictReader(file))
    assert (row["document"], row["what"]) == (f"Bill/Bill/{number}", "new card")
    assert row["where"] == "channel:purchasing-east"
    assert "goes by route 3" in row["why"]
    assert "<b>bold" not in page
    assert "goes by route 3" in page
    assert await erp_writes(world) == []
    assert await teams_writes(world) == []
    assert await world.witness.messages() == []
    assert not (world.data / "countersign.db").exists()


async def test_a_dry_run_knows_what_the_service_sent_already(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")
    before = (await teams_writes(world), await erp_writes(world))
    world.edits.append(WEST)

    code, _, told = await run(world, "run", "--dry-run", "--to", "out")

    assert code == 0, told
    assert (await teams_writes(world), await erp_writes(world)) == before
    with (world.data / "out" / "dry-run.csv").open(encoding="utf-8", newline="") as file:
        found = {(row["what"], row["where"]) for row in csv.DictReader(file)}
    assert ("new card", "channel:purchasing-west") in found
    assert ("new card", "channel:purchasing-east") not in found


async def test_a_dry_run_says_what_it_could_not_read(world: World) -> None:
    settings = environment(world.settings())
    name = next(one for one in settings if one.endswith("__PASSWORD"))

    code, _, told = await run(world, "run", "--dry-run", **{name: "a-wrong-password-of-somebody"})

    assert code == 0
    assert "! employees of acme: " in told
    assert "! acme: Acumatica: " in told
    assert "Not everything could be read" in page_of(world)
