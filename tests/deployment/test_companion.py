"""The companion for Acumatica's administrator says what the product does, to the letter."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from acumatica_client.entities import ENTITIES
from acumatica_client.extras import APPROVAL_FIELDS, read_extras
from acumatica_client.notifications import default_queries, read_push, read_queries
from bot.company_file import Company, read_call
from bot.core.plans import DEFAULT_CALLS
from bot.reading.push_door import SECRET_HEADER
from deployment.acumatica import tables
from deployment.acumatica.make import inquiry_file
from deployment.acumatica.tables import INQUIRIES, Inquiry
from deployment.sandbox.acumatica.versions import CONTRACT4, endpoints

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deployment" / "acumatica"
README = (FOLDER / "README.md").read_text("utf-8")

# Screens of Acumatica as its guides number and name them.
SCREENS = {
    "AP101000": "Accounts Payable Preferences",
    "AP301000": "Bills and Adjustments",
    "AP302000": "Checks and Payments",
    "AP303000": "Vendors",
    "AR101000": "Accounts Receivable Preferences",
    "AR302000": "Payments and Applications",
    "CR302000": "Contacts",
    "CS100000": "Enable/Disable Features",
    "EP202500": "User Types",
    "EP203000": "Employees",
    "EP205015": "Approval Maps",
    "EP205500": "Approval Map List",
    "EP503010": "Approvals",
    "PO101000": "Purchase Orders Preferences",
    "PO301000": "Purchase Orders",
    "PO302000": "Purchase Receipts",
    "SM201005": "User Roles",
    "SM201010": "Users",
    "SM201025": "Access Rights by Role",
    "SM207060": "Web Service Endpoints",
    "SM208000": "Generic Inquiry",
    "SM302000": "Push Notifications",
    "SM303010": "Connected Applications",
    "SM304000": "Webhooks",
    "SM502000": "Process Push Notifications",
    "SM604000": "License Monitoring Console",
}
EVERY_INQUIRY = pytest.mark.parametrize("inquiry", INQUIRIES, ids=lambda inquiry: inquiry.title)


def rows(*, after: str) -> Iterator[list[str]]:
    """The cells of the first table below a line of the README; an empty first cell repeats."""
    lines = iter(README[README.index(after) + len(after) :].splitlines())
    table = [line.strip() for line in lines]
    start = next(number for number, line in enumerate(table) if line.startswith("|--"))
    first = ""
    for line in table[start + 1 :]:
        if not line.startswith("|"):
            return
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        first = cells[0] = cells[0] or first
        yield cells


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def results(inquiry: Inquiry) -> list[ElementTree.Element]:
    tree = ElementTree.fromstring((FOLDER / "inquiries" / f"{inquiry.title}.xml").read_bytes())
    return tree.findall("data/GIDesign/row/GITable/GIResult")


# --- inquiries ------------------------------------------------------------------------------


def test_inquiries_are_those_the_product_reads() -> None:
    assert {inquiry.title for inquiry in INQUIRIES} == set(default_queries())


@EVERY_INQUIRY
def test_inquiry_has_the_columns_of_its_entity(inquiry: Inquiry) -> None:
    entity = ENTITIES[inquiry.title.removeprefix("Countersign").removesuffix("s")]

    assert list(inquiry.columns) == [
        "Type",
        entity.number_field,
        "Status",
        "Hold",
        entity.party_field,
        entity.amount_field,
        "LastModifiedDateTime",
    ]


@EVERY_INQUIRY
def test_inquiry_file_is_what_the_table_says(inquiry: Inquiry) -> None:
    file = FOLDER / "inquiries" / f"{inquiry.title}.xml"

    assert file.read_bytes() == inquiry_file(inquiry)
    assert {row.get("Caption"): row.get("Field") for row in results(inquiry)} == inquiry.columns


def test_no_inquiry_file_is_left_over() -> None:
    files = {file.stem for file in (FOLDER / "inquiries").iterdir()}

    assert files == {inquiry.title for inquiry in INQUIRIES}


@EVERY_INQUIRY
def test_inquiry_file_keeps_the_rules_for_push(inquiry: Inquiry) -> None:
    tree = ElementTree.fromstring((FOLDER / "inquiries" / f"{inquiry.title}.xml").read_bytes())
    data = tree.find("data")
    assert data is not None

    kinds = {element.tag for element in data.iter()}
    fields = [row.get("Field", "") for row in results(inquiry)]

    # One table: nothing grouped, filtered, joined or computed, no description of a selector.
    assert kinds == {"data", "GIDesign", "row", "GITable", "GIResult"}
    assert len(tree.findall("data/GIDesign/row/GITable")) == 1
    assert [name for name in fields if name.startswith("=") or "_description" in name] == []


def test_no_two_rows_of_the_inquiries_share_an_id() -> None:
    files = b"".join(inquiry_file(inquiry) for inquiry in INQUIRIES)
    ids = re.findall(rb'(?:DesignID|RowID)="([^"]+)"', files)

    assert len(set(ids)) == len(ids) == sum(1 + len(inquiry.columns) for inquiry in INQUIRIES)


@EVERY_INQUIRY
def test_push_of_an_inquiry_is_understood(inquiry: Inquiry) -> None:
    row: dict[str, Any] = dict.fromkeys(
        (element.get("Caption", "") for element in results(inquiry)), "X"
    )
    body = {"Inserted": [row], "Deleted": [], "Query": inquiry.title, "Id": "1", "TimeStamp": 1}

    push = read_push(json.dumps(body).encode(), default_queries())

    assert [key.number for key in push.documents] == ["X"]


def test_readme_tells_every_inquiry_as_it_is() -> None:
    told = {}
    for title, table, alias, columns in rows(after="**By hand.**"):
        pairs = re.findall(r"`(\w+)` = (\w+)", columns)
        told[words(title)[0]] = (words(table)[0], words(alias)[0], pairs)

    assert told == {
        inquiry.title: (inquiry.table, inquiry.alias, list(inquiry.columns.items()))
        for inquiry in INQUIRIES
    }


@EVERY_INQUIRY
def test_push_tracks_every_column_but_the_key(inquiry: Inquiry) -> None:
    assert {*inquiry.columns} - {*inquiry.tracks} == {*list(inquiry.columns)[:2]}
    assert "every column but the two" in " ".join(README.split())


# --- push -----------------------------------------------------------------------------------


def test_push_definition_names_the_door_and_its_header() -> None:
    told = {
        cells[0].strip("*"): cells[1] for cells in rows(after="**Push Notifications (SM302000)**:")
    }

    assert words(told["Header Name"]) == [SECRET_HEADER]
    assert words(told["Address"]) == ["https://HOST/api/acumatica/push/COMPANY"]
    assert 'add_post("/api/acumatica/push/{company}"' in (ROOT / "bot/service.py").read_text(
        "utf-8"
    )


def test_every_variable_is_a_setting() -> None:
    settings = (ROOT / "docs" / "settings.md").read_text("utf-8")
    named = set(re.findall(r"`([A-Z]+__[A-Z_]+)`", README))

    assert len(named) > 4
    assert [n for n in named if f"`{n.replace('COMPANY', '<NAME>')}`" not in settings] == []


def test_every_key_of_a_company_exists() -> None:
    of_licence = {
        word for cells in rows(after="limit | Countersign needs") for word in words(cells[2])
    }
    in_blocks = {key for block in company_blocks() for key in block}

    assert of_licence == {"seats", "parallel", "requests_per_minute"}
    assert of_licence | in_blocks <= set(Company.model_fields)


def test_renamed_columns_are_told_as_the_readme_says() -> None:
    (block,) = [block for block in company_blocks() if "inquiry" in block]
    row = {"APInvoice_docType": "INV", "APInvoice_refNbr": "000159"}
    body = {"Inserted": [row], "Deleted": [], "Query": "CountersignBills", "Id": "1"}

    push = read_push(json.dumps(body).encode(), read_queries(block["inquiry"]))

    assert [str(key) for key in push.documents] == ["Bill/Bill/000159"]


# --- endpoint -------------------------------------------------------------------------------


def test_readme_tells_every_field_of_the_endpoint() -> None:
    told = [
        (words(entity)[0], words(name)[0], words(view)[0], words(field)[0])
        for entity, name, view, field in rows(after="then **Add Row** for each line:")
    ]

    assert told == [
        (entity, name, view, field)
        for entity, fields in tables.FIELDS.items()
        for name, (view, field) in fields.items()
    ]


def test_readme_tells_every_field_of_an_approval() -> None:
    told = {words(name)[0]: words(field)[0] for name, field in rows(after="**Mapped Object**:")}

    assert told == tables.APPROVAL


def test_approvals_have_what_the_product_asks_of_them() -> None:
    assert set(tables.APPROVAL) == set(APPROVAL_FIELDS)


def test_the_stand_in_serves_the_same_extension() -> None:
    by_name = {(each.name, each.version): each for each in endpoints(CONTRACT4)}
    extended = by_name[tables.ENDPOINT, tables.VERSION].entities
    base = by_name[tables.BASE, tables.VERSION].entities

    more = {
        name: set(entity.fields) - set(base[name].fields)
        for name, entity in extended.items()
        if set(entity.fields) != set(base[name].fields)
    }
    assert more == {entity: set(fields) for entity, fields in tables.FIELDS.items()}
    for name in ENTITIES:
        assert set(extended[name].lists["Approvals"]) == set(tables.APPROVAL)
        assert "Approvals" not in base[name].lists


def company_blocks() -> Iterator[dict[str, Any]]:
    for block in re.findall(r"```toml\n(.*?)```", README, re.DOTALL):
        text = "\n".join(line.strip() for line in block.splitlines())
        company = tomllib.loads(text)["company"]
        # `[company.calls.Bill]` below a `[[company]]` belongs to it; alone it is a table.
        yield company[0] if isinstance(company, list) else company


def test_settings_in_the_readme_are_understood_and_fit_the_endpoint() -> None:
    (block,) = [block for block in company_blocks() if "extra" in block]
    names = {name for extras in block["extra"].values() for name in extras.values()}

    assert read_extras(block["extra"])
    assert (block["endpoint"], block["version"]) == (tables.ENDPOINT, tables.VERSION)
    assert names == {"Approvals", *tables.FIELDS["Bill"], *tables.FIELDS["Employee"]}


# --- actions --------------------------------------------------------------------------------


def test_readme_tells_every_default_call() -> None:
    told = {
        (entity, step): read_call(entity, step, words(call)[0])
        for name, call, _ in rows(after="unless told otherwise:")
        for entity, step in [words(name)[0].split(".")]
    }

    assert told == DEFAULT_CALLS


def test_calls_in_the_readme_are_understood() -> None:
    calls = [
        (entity, step, text)
        for block in company_blocks()
        for entity, steps in block.get("calls", {}).items()
        for step, text in steps.items()
    ]

    assert len(calls) == 3
    assert all(read_call(*call) for call in calls)


# --- screens --------------------------------------------------------------------------------


def test_every_screen_in_the_readme_exists_under_that_name() -> None:
    named = re.findall(r"\b[A-Z]{2}\d{6}\b", README)
    titled = re.findall(r"([\w/ ]+?)\*{0,2} \(([A-Z]{2}\d{6})\)", " ".join(README.split()))

    assert sorted(set(named) - set(SCREENS)) == []
    wrong = [(title, screen) for title, screen in titled if not title.endswith(SCREENS[screen])]
    assert [pair for pair in wrong if pair[0].strip()[0].isupper()] == []


def test_rights_are_told_for_every_screen_the_product_reads() -> None:
    told = {
        screen: {cells[1], cells[2]}
        for cells in rows(after="**Access Rights** in the right pane.")
        for screen in re.findall(r"[A-Z]{2}\d{6}", cells[0])
    }

    assert {entity.screen for entity in ENTITIES.values()} < set(told)
    assert {"AP303000", "EP203000", "PO302000"} < set(told)
    assert set().union(*told.values()) == {"View Only", "Edit"}


def test_every_link_in_the_readme_leads_somewhere() -> None:
    headings = re.findall(r"^## (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in headings}
    links = re.findall(r"\]\(([^)]+)\)", README)

    assert [link for link in links if link.startswith("#") and link[1:] not in anchors] == []
    files = [link for link in links if not link.startswith("#")]
    assert [link for link in files if not (FOLDER / link).exists()] == []
