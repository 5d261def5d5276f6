"""The pages: the list, deep links with codes, and what they ask of the stand-in."""

from typing import Any

import pytest

from deployment.sandbox.acumatica import pages


async def test_list_page_says_it_is_a_stand_in_and_loads_nothing_from_elsewhere(erp: Any) -> None:
    page = await erp.user.call("GET", "/")

    assert page.status == 200
    assert "stand-in with sample data" in page.text
    assert "New bill on hold" in page.text
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", sorted(file.name for file in pages.STATIC.iterdir()))
async def test_shipped_files_name_no_other_host(erp: Any, name: str) -> None:
    file = await erp.user.call("GET", f"/static/{name}")

    foreign = file.text.replace("http://www.w3.org/2000/svg", "")
    assert file.status == 200
    assert "http://" not in foreign
    assert "https://" not in foreign
    assert "innerHTML" not in foreign


@pytest.mark.parametrize(
    ("screen", "entity", "number"),
    [
        ("ScreenId=AP301000&DocType=INV&RefNbr=000159", "Bill", "000159"),
        ("ScreenId=PO301000&OrderType=RO&OrderNbr=PO000121", "PurchaseOrder", "PO000121"),
        ("ScreenId=AP302000&DocType=CHK&RefNbr=000010", "Check", "000010"),
        ("ScreenId=AR302000&DocType=PMT&RefNbr=000001", "Payment", "000001"),
    ],
)
async def test_deep_link_opens_the_document(
    erp: Any, screen: str, entity: str, number: str
) -> None:
    link = f"/Main?CompanyID=Company&{screen}"

    page = await erp.user.call("GET", link)

    assert page.status == 200
    assert f'data-entity="{entity}"' in page.text
    assert f'data-number="{number}"' in page.text
    assert (await erp.document(number, entity))["link"] == link


@pytest.mark.parametrize(
    "query",
    [
        "ScreenId=AP301000&DocType=Bill&RefNbr=000159",
        "ScreenId=AP301000&DocType=INV&RefNbr=999999",
        "ScreenId=SO301000&DocType=INV&RefNbr=000159",
        "",
    ],
)
async def test_link_with_label_or_unknown_key_finds_nothing(erp: Any, query: str) -> None:
    page = await erp.user.call("GET", f"/Main?{query}")

    assert page.status == 404
    assert "No such document" in page.text


async def test_typed_markup_stays_text_in_the_page(erp: Any) -> None:
    number = '"><script>x</script>'
    await erp.change(number, set={"Vendor": "ACMEPAPER"})
    link = (await erp.document(number))["link"]

    page = await erp.user.call("GET", link)

    assert page.status == 200
    assert "<script>x" not in page.text


async def test_document_page_gets_story_buttons_and_links(erp: Any) -> None:
    await erp.change("000154", action="ReleaseFromHold", by="ann")

    data = (await erp.door("GET", "document?entity=Bill&type=Bill&number=000154")).json

    assert data["document"]["fields"]["Status"] == "Balanced"
    assert {c["field"] for c in data["changes"]} == {"Status", "Hold"}
    assert [b["label"] for b in data["buttons"]] == ["Release", "Put on hold"]
    assert {"login": "erin", "name": "Erin Walsh"} in data["people"]
    assert data["links"]["PO000112"].startswith("/Main?")


async def test_document_page_of_a_deleted_document_says_so(erp: Any) -> None:
    answer = await erp.door("GET", "document?entity=Bill&type=Bill&number=999999")

    assert answer.status == 404
    assert "no such document" in answer.json["error"]


async def test_new_bill_button_makes_a_bill_on_hold_for_east_and_ben(erp: Any) -> None:
    suggestion = (await erp.door("GET", "suggestion")).json
    made = await erp.door("POST", "documents", suggestion)

    bill = made.json
    order = bill["details"]["Details"][0]["POOrderNbr"]
    assert made.status == 200
    assert (bill["fields"]["Status"], bill["fields"]["BranchID"]) == ("On Hold", "EAST")
    assert bill["owner"] == "EP00000002"
    assert (await erp.document(order, "PurchaseOrder"))["fields"]["Owner"] == "EP00000002"
    lines = sum(line["Amount"] for line in bill["details"]["Details"])
    assert round(lines, 2) == bill["fields"]["Amount"]


async def test_new_bill_works_in_an_empty_book_too(start: Any) -> None:
    erp = await start(sample=False)

    made = await erp.door("POST", "documents", (await erp.door("GET", "suggestion")).json)

    assert made.json["keys"]["ReferenceNbr"] == "000001"
    assert made.json["owner"] == "EP00000002"


async def test_site_page_shows_levers_and_loads_nothing_from_elsewhere(erp: Any) -> None:
    page = await erp.user.call("GET", "/site")
    script = await erp.user.call("GET", "/static/site.js")

    assert (page.status, script.status) == (200, 200)
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "http" not in page.text
    for door in ("licence", "push", "faults", "maintenance"):
        assert f'"{door}"' in script.text
        assert (await erp.door("GET", door)).status == 200
    assert 'href="/site"' in (await erp.user.call("GET", "/")).text
