"""Everything is broken in turn: doctor names that thing, and blames nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from examining_world import ALWAYS, NEW_STAND_IN, Broken, Former, blamed, visit, well, wrong
from world import World, free_port, merged, open_world

from bot.examining.findings import State


@pytest.fixture
async def visited(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A world whose service ran once, and is stopped."""
    erp_by = getattr(request, "param", {})
    async with open_world(tmp_path, sample=True, erp_by=erp_by) as world:
        await Former().into(well(world))
        yield world


# --- ways to break it -----------------------------------------------------------------------


def file(old: str, new: str) -> Any:
    async def broken(world: World) -> None:
        world.edits.append((old, new))

    return broken


def setting(**more: Any) -> Any:
    async def broken(world: World) -> None:
        world.more = merged(world.more, more)

    return broken


def erp(door: str, **body: Any) -> Any:
    async def broken(world: World) -> None:
        await world.witness.post(f"{world.witness.erp}/_sandbox/{door}", body)

    return broken


def teams(door: str, **body: Any) -> Any:
    async def broken(world: World) -> None:
        await world.witness.post(f"{world.witness.teams}/_sandbox/{door}", body)

    return broken


def fault(text: str, **on: str) -> Any:
    async def broken(world: World) -> None:
        await world.witness.erp_fault(text, 50, **on)

    return broken


def store(*statements: str) -> Any:
    async def broken(world: World) -> None:
        async with aiosqlite.connect(world.data / "countersign.db") as conn:
            for statement in statements:
                await conn.execute(statement)
            await conn.commit()

    return broken


async def nobody_at_acumatica(world: World) -> None:
    world.edits.append((world.witness.erp, f"http://127.0.0.1:{free_port()}"))


async def no_tls_at_acumatica(world: World) -> None:
    world.edits.append((world.witness.erp, world.witness.erp.replace("http:", "https:")))


async def no_name_of_acumatica(world: World) -> None:
    world.edits.append((f'url = "{world.witness.erp}"', 'url = "https://erp.invalid"'))


async def elsewhere_in_acumatica(world: World) -> None:
    world.edits.append((world.witness.erp, f"{world.witness.erp}/NotTheSite"))


def nobody_at(name: str) -> Any:
    async def broken(world: World) -> None:
        url = f"http://127.0.0.1:{free_port()}/"
        world.more = merged(world.more, {"teams": {name: url}})

    return broken


async def no_keys(world: World) -> None:
    url = f"{world.witness.teams}/nothing-here"
    world.more = merged(world.more, {"teams": {"openid_metadata_url": url}})


async def no_store(world: World) -> None:
    (world.data / "countersign.db").write_bytes(b"this is no store" * 1000)


async def damaged(world: World) -> None:
    path = world.data / "countersign.db"
    async with aiosqlite.connect(path) as conn:
        cursor = await conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'cards'")
        ((page,),) = await cursor.fetchall()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)


ROUTES = "# Large bills"
NOT_ERIN = '[[person]]\nemail = "erin@acme.example"\nmay_decide = false'
FIRST = "ap-approvals"
PLACE = f"19:{FIRST}@thread.tacv2"
BREAKS: dict[str, Broken] = {
    # --- Acumatica
    "no connection": Broken(nobody_at_acumatica, {"network.acumatica"}),
    "no TLS": Broken(no_tls_at_acumatica, {"network.acumatica"}),
    "no such name": Broken(no_name_of_acumatica, {"network.acumatica"}),
    "the folder of the site is wrong": Broken(elsewhere_in_acumatica, {"erp.site"}),
    "maintenance": Broken(erp("maintenance", kind="html503"), {"erp.site"}),
    "a wrong password": Broken(
        setting(acumatica={"acme": {"password": "another one"}}), {"erp.sign-in"}
    ),
    "another tenant": Broken(
        file('tenant = "Company"', 'tenant = "Elsewhere"'),
        {"erp.tenant"},
        {"tenants": ("Other",)},
    ),
    "lands in another tenant": Broken(
        setting(), {"erp.tenant"}, {"tenants": ("Other",), "lands_on": "Other"}
    ),
    "no such version": Broken(file("24.200.001", "21.200.001"), {"erp.endpoint"}),
    "no such endpoint": Broken(file('"Default"', '"default"'), {"erp.endpoint"}),
    "no session free": Broken(erp("licence", seats=0), {"erp.seats"}),
    "one session free": Broken(erp("licence", seats=1), {"erp.seats"}),
    "too many requests": Broken(fault("login_limit", path="/PurchaseOrder"), {"erp.budget"}),
    "bills are closed": Broken(erp("habits", closed_screens=["AP301000"]), {"erp.rights"}),
    "orders are closed": Broken(erp("habits", closed_screens=["PO301000"]), {"erp.rights"}),
    "checks are closed": Broken(erp("habits", closed_screens=["AP302000"]), {"erp.rights"}),
    "payments are closed": Broken(erp("habits", closed_screens=["AR302000"]), {"erp.rights"}),
    "vendors are closed": Broken(erp("habits", closed_screens=["AP303000"]), {"erp.rights"}),
    "employees are closed": Broken(erp("habits", closed_screens=["EP203000"]), {"erp.rights"}),
    "receipts are closed": Broken(erp("habits", closed_screens=["PO302000"]), {"erp.rights"}),
    "branches are hidden": Broken(
        erp("habits", hidden_branches=["EAST", "WEST", "MAIN", "HEAD"]), {"erp.visible"}
    ),
    "a name of ours is not there": Broken(
        file(ROUTES, '[company.extra.Bill]\nowner = "Document.Nope"\n\n' + ROUTES),
        {"erp.fields"},
    ),
    "a field is not told": Broken(
        fault("px_error:The given key 'Terms' was not present", path="/Bill/Bill/"),
        {"erp.fields"},
    ),
    "an action is misspelt": Broken(
        file(ROUTES, '[company.calls.Bill]\nrelease = "POST ReleazeBill"\n\n' + ROUTES),
        {"erp.verbs"},
    ),
    "Acumatica's clock": Broken(fault("clock_skew:600"), {"clock.peer"}),
    "the tenant is not looked at": Broken(
        file('endpoint = "Default"', 'endpoint = "Default"\ncheck_tenant = false'), {"erp.tenant"}
    ),
    # --- push
    "no push secret": Broken(setting(acumatica={"acme": {"push_secret": ""}}), {"push.secret"}),
    "a rotation is not finished": Broken(
        setting(acumatica={"acme": {"push_secret_previous": "a-former-secret-of-push"}}),
        {"push.secret"},
    ),
    "no push ever came": Broken(store("DELETE FROM inbox"), {"push.arrived"}),
    "a push nobody described": Broken(
        store("UPDATE inbox SET body = CAST('{\"Query\":\"Odd\"}' AS BLOB), state = 'parked'"),
        {"push.arrived"},
    ),
    "a push nobody can read": Broken(
        store("UPDATE inbox SET state = 'parked', reason = 'no ReferenceNbr'"), {"push.arrived"}
    ),
    # --- Entra and the bot
    "Entra is away": Broken(nobody_at("login_url"), {"network.entra"}),
    "the connector is away": Broken(nobody_at("service_url"), {"network.teams"}),
    "Graph is away": Broken(nobody_at("graph_url"), {"network.graph"}),
    "the keys are away": Broken(nobody_at("openid_metadata_url"), {"network.keys"}),
    "no keys": Broken(no_keys, {"bot.keys"}),
    "a wrong secret": Broken(setting(teams={"client_secret": "not this one"}), {"bot.token"}),
    "an expired secret": Broken(teams("app", secret="expired"), {"bot.token"}),
    "another app": Broken(
        setting(teams={"app_id": "99999999-0000-4000-8000-000000000002"}), {"bot.token"}
    ),
    "another Entra tenant": Broken(
        setting(teams={"tenant_id": "99999999-2222-4333-8444-555555555555"}), {"bot.token"}
    ),
    "no registration": Broken(
        teams("reach", conversation=PLACE, how="not registered"), {"bot.registration"}
    ),
    "Teams never called": Broken(store("DELETE FROM conversations"), {"bot.heard"}),
    # --- channels
    "a channel nobody bound": Broken(
        file("channel:payments", "channel:treasury"), {"channels.bound", "settings.advice"}
    ),
    "a chat for a channel": Broken(
        file("19:payments@thread.tacv2", "19:payments@thread.v2"),
        {"channels.kind", "channels.reached"},
    ),
    "not in the team": Broken(
        teams("reach", conversation=PLACE, how="not in roster"), {"channels.reached"}
    ),
    "blocked by an administrator": Broken(
        teams("reach", conversation=PLACE, how="disabled by admin"), {"channels.reached"}
    ),
    "the channel is gone": Broken(
        teams("reach", conversation=PLACE, how="gone"), {"channels.reached"}
    ),
    "an id of another bot": Broken(
        teams("reach", conversation=PLACE, how="foreign"), {"channels.reached"}
    ),
    "another cloud": Broken(
        teams("reach", conversation=PLACE, how="wrong host"), {"channels.reached"}
    ),
    "a channel refused us": Broken(
        store(
            "INSERT INTO unreachable (target, reason, since, tried_at) VALUES"
            f" ('channel:{FIRST}', 'the team is archived', '2026-11-20T08:00:00.000000+00:00',"
            " '2026-11-20T08:00:00.000000+00:00')"
        ),
        {"channels.refused"},
    ),
    # --- Graph
    **{
        f"without {name}": Broken(
            teams("graph", roles=[one for one in (
                "User.Read.All", "AppCatalog.Read.All", "ChannelMessage.Read.All",
                "TeamsAppInstallation.ReadWriteSelfForUser.All",
            ) if one != name]),
            {"graph.permissions"},
        )
        for name in (
            "User.Read.All", "AppCatalog.Read.All", "ChannelMessage.Read.All",
            "TeamsAppInstallation.ReadWriteSelfForUser.All",
        )
    },
    "not in the catalog": Broken(teams("app", published=False), {"graph.catalog"}),
    "subscriptions are gone": Broken(setting(), {"graph.subscriptions"}),
    # --- approvers
    "an approver nobody knows": Broken(
        file("person:erin@acme.example", "person:nobody@acme.example"), {"approvers.known"}
    ),
    "an approver may not approve": Broken(
        file("[[person]]", f"{NOT_ERIN}\n\n[[person]]"),
        {"approvers.allowed", "settings.advice"},
    ),
    "an approver blocked us": Broken(
        store(
            "INSERT INTO unreachable (target, reason, since, tried_at)"
            " SELECT 'person:' || aad_object_id, 'the person has blocked the bot',"
            " '2026-11-20T08:00:00.000000+00:00', '2026-11-20T08:00:00.000000+00:00'"
            " FROM people WHERE email = 'erin@acme.example'"
        ),
        {"approvers.reached"},
    ),
    "an approver removed the app": Broken(
        teams("reach", person="erin", how="no app"), {"approvers.app"}
    ),
    # --- ours
    "few administrators": Broken(
        file('administrators = ["ann@acme.example", "erin@acme.example"]', "administrators = []"),
        {"settings.advice"},
    ),
    "the store is damaged": Broken(damaged, {"store.whole"}),
    "the store is none": Broken(no_store, {"store.file"}),
    "the store is of a newer version": Broken(
        store("PRAGMA user_version = 9999"), {"store.migrations"}
    ),
    "the store is of an older version": Broken(
        store("PRAGMA user_version = 20"), {"store.migrations"}
    ),
    "the audit trail has no key of its own": Broken(
        setting(audit={"keys": ""}, encryption={"keys": ""}), {"secrets.audit-key"}
    ),
    "a key is lost": Broken(
        store(
            "INSERT INTO vault (company, name, sealed, changed_at)"
            " VALUES ('acme', 'x', CAST('gAAAA' AS BLOB), '2026-11-20T08:00:00.000000+00:00')"
        ),
        {"secrets.encryption-key"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "visited"),
    [(name, broken.erp_by) for name, broken in BREAKS.items()],
    ids=list(BREAKS),
    indirect=["visited"],
)
async def test_what_is_broken_is_named_and_nothing_else(visited: World, name: str) -> None:
    broken = BREAKS[name]
    await broken.how(visited)

    found = await visit(visited)

    told = blamed(found) - ALWAYS - (NEW_STAND_IN - broken.blamed)
    assert told == broken.blamed - ALWAYS, wrong(found, sorted(told ^ broken.blamed))
    for one in found.findings:
        if one.state in (State.FAILED, State.WARNING):
            assert one.who, one
            assert one.cause, one
            assert one.place, one
            assert one.step, one
