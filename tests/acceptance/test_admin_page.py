"""The admin page: what each page tells, and what its few presses do."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from admin_world import Browser, admin_page, browser, settings_of, signed_in
from oidc_world import CLIENT, SECRET, Provider, provider
from settling import SPEED, nothing_was_sent_since, own_card, unclear
from world import ANN, BEN, DEV, ERIN, World, eventually

from bot.admin.roles import Role
from storage.database import visiting

ENTRA = {"admin": {"client_id": CLIENT, "client_secret": SECRET}}


async def test_the_story_of_a_document_is_told_from_the_push_to_the_release(world: World) -> None:
    async with admin_page(world):
        witness = world.witness
        number = await witness.bill_on_hold(4860, VendorRef="INV-2231")
        await witness.card(number, BEN, says="this waits for you")
        async with signed_in(world) as page:
            waiting = await page.get("/admin/documents?show=waiting")
            assert f"Bill {number}" in waiting.text
            await witness.press(BEN, number, "Release")
            await witness.card(number, BEN, says="Released by Ben Ortiz")
            waiting = await page.get("/admin/documents?show=waiting")
            assert "Nothing waits for people" in waiting.text
            overview = await page.get("/admin")
            assert "Questions to people" in overview.text
            listed = await page.get("/admin/documents")
            assert f"Bill {number}" in listed.text
            assert "4,860.00 USD" in listed.text
            found = await page.get(f"/admin/documents?find={number}")
            assert f"Bill {number}" in found.text
            story = await page.get(f"/admin/document?company=acme&key=Bill/Bill/{number}")
            for sentence in (
                "The question was put: release",
                "Pressed release · Ben Ortiz",
                "Confirmed: it took effect in Acumatica",
            ):
                assert sentence in story.text


async def test_why_a_document_goes_its_way_is_explained_beside_the_routes(world: World) -> None:
    async with admin_page(world):
        number = await world.witness.bill_on_hold(4860)
        await world.witness.card(number, BEN, says="this waits for you")
        async with signed_in(world) as page:
            asked = f"/admin/routes?entity=Bill&number={number.lstrip('0')}"
            told = (await page.get(asked)).text
            assert f"Bill/Bill/{number} of acme, from the store" in told
            assert "The card at channel:purchasing-east" in told
            assert "Ben Ortiz" in told
            strange = await page.get("/admin/routes?entity=Bill&number=999999")
            assert "No such document was seen yet." in strange.text
            unasked = await page.get("/admin/routes?entity=Nothing&number=1")
            assert "from the store" not in unasked.text


async def test_what_a_vendor_is_called_is_text_and_no_markup(world: World) -> None:
    async with admin_page(world):
        witness = world.witness
        number = await witness.bill_on_hold(Description="<script>alert(1)</script>")
        await witness.card(number, BEN, says="this waits for you")
        async with signed_in(world) as page:
            story = await page.get(f"/admin/document?company=acme&key=Bill/Bill/{number}")
            assert "&lt;script&gt;alert(1)" in story.html
            assert "<script" not in story.html


async def parked(world: World) -> str:
    """A bill whose card was given up."""
    witness = world.witness
    await witness.teams_fault("status:413", times=50, method="POST", path="v3/conversations")
    number = await witness.bill_on_hold()

    async def there() -> bool:
        async with visiting(world.data / "countersign.db") as conn:
            rows = await conn.execute_fetchall(
                "SELECT 1 FROM outbox WHERE state = 'dead' AND kind = 'post'"
            )
            return bool(list(rows))

    await eventually(there, "the card is given up")
    await witness.mended()
    return number


async def test_a_delivery_is_told_beforehand_and_then_tried_again_once(world: World) -> None:
    async with admin_page(world):
        number = await parked(world)
        async with signed_in(world, Role.VIEWER) as viewer:
            listed = await viewer.get("/admin/deliveries?state=parked")
            assert f"Bill/Bill/{number}" in listed.text
            assert 'type="checkbox"' not in listed.html
            assert (await viewer.get("/admin/deliveries/replay?id=m1")).status == 403
            refused = await viewer.press("/admin", "/admin/deliveries/replay", id="m1")
            assert refused.status == 403
            assert "wants Operator" in refused.text
        async with signed_in(world, Role.OPERATOR) as page:
            listed = await page.get("/admin/deliveries?state=parked")
            row = next(one for one in listed.html.split("<tr>") if f"Bill/Bill/{number}" in one)
            item = row.partition('name="id" value="')[2].partition('"')[0]
            told = await page.get(f"/admin/deliveries/replay?id={item}&id=m999")
            assert "posts the card as it is now" in told.text
            assert "does not exist" in told.text
            assert not await world.witness.cards(number)
            form = {"form_token": told.hidden("form_token"), "id": item}
            done = await page.post("/admin/deliveries/replay", form)
            assert "1 is tried again now" in done.text
        await world.witness.card(number, BEN, says="this waits for you")
        rows = await told_rows(world)
        assert [row for row in rows if row[0] == "replay"] == [("replay", "operator tester")]
        assert ("admin press refused", "operator tester") in rows


async def told_rows(world: World) -> list[tuple[Any, ...]]:
    """Actions of the trail and who did them, by their own names."""
    async with visiting(world.data / "countersign.db") as conn:
        rows = await conn.execute_fetchall(
            "SELECT action, coalesce(person, actor) FROM audit_rows"
            " LEFT JOIN audit_people ON alias = actor ORDER BY seq"
        )
        return [tuple(row) for row in rows]


# --- who is who ---


DOUBT = "grace@acme.example leads to 2 people"
"""So it is in the tenant of the stand-in: an employee whose address two accounts have."""


async def test_an_operator_settles_who_a_doubtful_employee_is_and_takes_it_back(
    world: World,
) -> None:
    async with admin_page(world):
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")

        async def read() -> bool:
            async with visiting(world.data / "countersign.db") as conn:
                rows = await conn.execute_fetchall(
                    "SELECT 1 FROM lookups WHERE address = 'grace@acme.example'"
                )
                return bool(list(rows))

        await eventually(read, "Graph was asked for Grace")
        async with signed_in(world, Role.VIEWER) as viewer:
            shown = await viewer.get("/admin/people")
            assert DOUBT in shown.text
            assert "An operator can settle it here" in shown.text
        async with signed_in(world, Role.OPERATOR) as page:
            shown = await page.get("/admin/people")
            assert "Grace Kim (admin)" in shown.text
            wanted = "aaaaaaaa-0000-4000-8000-000000000007"
            form = {"form_token": shown.hidden("form_token"), "company": "acme"}
            form["employee"] = "EP00000007"
            # Whom the address could not mean is nobody's choice.
            other = {**form, "person": "aaaaaaaa-0000-4000-8000-000000000001"}
            assert (await page.post("/admin/people/settle", other)).status == 409
            done = await page.post("/admin/people/settle", {**form, "person": wanted})
            assert "Settled who EP00000007 is" in done.text
            assert "settled by an operator" in done.text
            assert DOUBT not in done.text
            again = await page.post("/admin/people/settle", {**form, "person": wanted})
            assert again.status == 409
            back = await page.post("/admin/people/reopen", form)
            assert DOUBT in back.text
        rows = await told_rows(world)
        assert ("match settled", "operator tester") in rows
        assert ("match reopened", "operator tester") in rows


# --- settling by two ---


async def by_entra(page: Browser, playing: Provider, mail: str, *roles: str) -> None:
    """Sign a person of the tenant in."""
    known = {ERIN: (5, "Erin Walsh"), DEV: (4, "Dev Patel"), BEN: (2, "Ben Ortiz"), ANN: (1, "Ann")}
    number, playing.name = known[mail]
    playing.person = f"aaaaaaaa-0000-4000-8000-00000000000{number}"
    playing.roles = list(roles or ("Admin",))
    assert (await page.get("/admin/sign-in/entra")).url.endswith("/admin")


async def settle(page: Browser, verb: str) -> Any:
    shown = await page.get("/admin/settling")
    form = {name: shown.hidden(name) for name in ("form_token", "decision")}
    return await page.post("/admin/settling", {**form, "verb": verb})


async def test_two_different_administrators_settle_on_the_page_and_one_alone_never(
    world: World,
) -> None:
    world.edits = [("[[company]]\n", f'administrators = ["{ERIN}", "{DEV}"]\n\n[[company]]\n')]
    async with provider(world.witness.teams) as playing:
        world.more = {
            "teams": {"login_url": playing.url},
            "server": {"public_url": world.witness.bot},
            "admin": {"enabled": True, "sign_ins_a_minute": 1000, **ENTRA["admin"]},
        }
        base = world.witness.bot
        async with (
            world.bot(speed=SPEED), browser(base) as erin, browser(base) as dev,
            browser(base) as ann, signed_in(world, Role.ADMIN) as by_link,
        ):  # fmt: skip
            witness = world.witness
            await witness.connect_push()
            number = await unclear(witness)
            await by_entra(erin, playing, ERIN)
            await by_entra(dev, playing, DEV)
            await by_entra(ann, playing, ANN)

            listed = await eventually_listed(erin, number)
            assert "It took effect" in listed.text
            # Who is no administrator of the file, or names no person, settles nothing.
            decision = listed.hidden("decision")
            for page, told in ((ann, "Only the administrators"), (by_link, "Only a signed-in")):
                shown = await page.get("/admin/settling")
                assert "It took effect" not in shown.text
                form = {"form_token": shown.hidden("form_token"), "decision": decision}
                refused = await page.post("/admin/settling", {**form, "verb": "took_effect"})
                assert refused.status == 409
                assert told in refused.text

            shown = await erin.get("/admin/settling")
            form = {"form_token": shown.hidden("form_token"), "decision": "of nobody"}
            refused = await erin.post("/admin/settling", {**form, "verb": "took_effect"})
            assert refused.status == 409
            assert "no longer leads to a document" in refused.text

            assert "Recorded." in (await settle(erin, "took_effect")).text
            again = await settle(erin, "took_effect")
            assert again.status == 409
            assert "a second administrator must confirm it" in again.text
            await own_card(witness, number, "A person must look at this bill")

            assert "it is settled" in (await settle(dev, "took_effect")).text
            shown = await erin.get("/admin/settling")
            assert "Nothing waits for two administrators" in shown.text
            await nothing_was_sent_since(witness, number)


async def eventually_listed(page: Browser, number: str) -> Any:
    async def there() -> Any:
        shown = await page.get("/admin/settling")
        return shown if number in shown.text and 'name="verb"' in shown.html else None

    return await eventually(there, f"{number} waits on the page")


# --- audit ---


async def test_a_viewer_checks_the_trail_and_takes_evidence_away(world: World) -> None:
    async with admin_page(world):
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")
        async with signed_in(world) as page:

            async def done(says: str) -> Any:
                shown = await page.get("/admin/audit")
                return shown if says in shown.text else None

            await page.press("/admin/audit", "/admin/audit/check")
            await eventually(lambda: done("Every row"), "the trail is checked")
            document = f"Bill/Bill/{number}"
            await page.press("/admin/audit", "/admin/audit/evidence", document=document)
            await eventually(lambda: done(f"about {document}"), "evidence is there")
            async with page.session.get(f"{page.base}/admin/audit/evidence") as answer:
                assert answer.headers["Cache-Control"] == "no-store"
                pack = zipfile.ZipFile(io.BytesIO(await answer.read()))
            names = {name.rpartition("/")[2] for name in pack.namelist()}
            assert {"story.html", "rows.csv", "proof.json", "README.txt"} <= names
            assert json.loads(pack.read("evidence/proof.json"))["rows"]
            wrong = await page.press("/admin/audit", "/admin/audit/evidence", document="nonsense")
            assert wrong.status == 400
            assert "Say a document like" in wrong.text
        rows = await told_rows(world)
        assert ("trail checked", "operator tester") in rows
        assert ("evidence taken", "operator tester") in rows


async def test_no_page_tells_a_secret_and_every_page_can_be_read(world: World) -> None:
    async with admin_page(world):
        number = await world.witness.bill_on_hold()
        await world.witness.card(number, BEN, says="this waits for you")
        async with signed_in(world, Role.ADMIN) as page:
            for path in (
                "", "/documents", "/deliveries", "/people", "/settling", "/audit", "/routes",
                "/settings", f"/document?company=acme&key=Bill/Bill/{number}",
            ):  # fmt: skip
                shown = await page.get(f"/admin{path}")
                assert shown.status == 200, shown.text
                world.canaries.hear(path, shown.html.encode())
            listed = await page.get("/admin/settings")
            assert "TEAMS__CLIENT_SECRET" in listed.text
            assert settings_of(world).teams.app_id in listed.text
            routes = await page.get("/admin/routes")
            assert "channel:purchasing-east" in routes.text
            assert "everything else" in routes.text
