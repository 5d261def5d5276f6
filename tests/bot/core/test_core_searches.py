"""Searches and pasted links: the documented forms are read, everything else leads nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.entities import ENTITIES
from acumatica_client.models import DocumentKey
from bot.core.searches import MOST_RESULTS, Query, Site, read_link, read_query
from bot.core.situations import deep_link

URL = "https://erp.acme.example/AcumaticaERP"
SITES = {
    "acme": Site("acme", URL, "Company"),
    "beta": Site("beta", URL, "Beta"),
    "solo": Site("solo", "https://solo.example/erp/", "Solo"),
}
BILL = f"{URL}/Main?CompanyID=Company&ScreenId=AP301000&DocType=INV&RefNbr=000123"


def query(**value: Any) -> dict[str, Any]:
    """A search as it comes."""
    return {"type": "invoke", "name": "composeExtension/query", "value": value}


def link(url: Any) -> dict[str, Any]:
    """A pasted link as it comes."""
    return {"name": "composeExtension/queryLink", "value": {"url": url}}


def test_a_search_is_read() -> None:
    read = read_query(
        query(
            commandId="findPo",
            parameters=[{"name": "q", "value": "  PO00  Acme "}],
            queryOptions={"skip": 25, "count": 10},
        )
    )

    assert read == Query(("PurchaseOrder",), "PO00 Acme", 25, 10)


def test_the_first_opening_searches_for_nothing_in_particular() -> None:
    read = read_query(
        query(commandId="findBill", parameters=[{"name": "initialRun", "value": "true"}])
    )

    assert read == Query(("Bill",), "")


@pytest.mark.parametrize(
    ("options", "skip", "count"),
    [
        ({"skip": -1, "count": -1}, 0, MOST_RESULTS),
        ({"skip": "5", "count": 10**9}, 0, MOST_RESULTS),
        ({"skip": True, "count": 0}, 0, MOST_RESULTS),
        ([], 0, MOST_RESULTS),
        (None, 0, MOST_RESULTS),
    ],
)
def test_pages_stay_within_bounds(options: Any, skip: int, count: int) -> None:
    read = read_query(query(commandId="findBill", queryOptions=options))

    assert read is not None
    assert (read.skip, read.count) == (skip, count)


@pytest.mark.parametrize("command", ["", "findEverything", None, 7, ["findBill"]])
def test_an_unknown_command_is_no_search(command: Any) -> None:
    assert read_query(query(commandId=command)) is None


def test_a_link_to_a_screen_of_ours_is_read() -> None:
    assert read_link(link(BILL), SITES) == [("acme", DocumentKey("Bill", "Bill", "000123"))]


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_link_we_make_ourselves_is_read_back(entity: str) -> None:
    kind = next(iter(ENTITIES[entity].type_codes))
    key = ENTITIES[entity].key(kind, "000123")

    assert ("acme", key) in read_link(link(deep_link(key, URL, "Company")), SITES)


def test_a_link_belongs_to_the_tenant_it_names() -> None:
    found = read_link(link(BILL.replace("=Company", "=beta")), SITES)

    assert [company for company, _ in found] == ["beta"]


def test_a_link_without_a_tenant_counts_where_one_company_lives_alone() -> None:
    tail = "Main?ScreenId=PO301000&OrderType=RO&OrderNbr=PO000119"

    assert read_link(link(f"https://solo.example/erp/{tail}"), SITES) == [
        ("solo", DocumentKey("PurchaseOrder", "Normal", "PO000119"))
    ]
    assert read_link(link(f"{URL}/{tail}"), SITES) == []


@pytest.mark.parametrize(
    "url",
    [
        BILL.replace("https://erp.acme.example", "https://erp.acme.example.evil.example"),
        BILL.replace("https://", "http://"),
        BILL.replace("https://erp", "https://evil@erp"),
        BILL.replace("acme.example/", "acme.example:8443/"),
        BILL.replace("/AcumaticaERP/", "/Other/"),
        BILL.replace("/Main?", "/Main/../Main?"),
        BILL.replace("=Company", "=Elsewhere"),
        BILL.replace("AP301000", "GL301000"),
        BILL.replace("INV", "XYZ"),
        BILL.replace("000123", "%27%20or%201"),
        BILL.replace("000123", ""),
        BILL + "&RefNbr=000124",
        BILL.replace("&DocType=INV", ""),
        "https://[broken",
        "javascript:alert(1)",
        "x" * 5000,
        "",
        None,
        7,
        {"url": BILL},
    ],
)
def test_any_other_link_leads_nowhere(url: Any) -> None:
    assert read_link(link(url), SITES) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


@given(JSON, JSON)
def test_no_form_of_request_breaks_the_reading(value: Any, other: Any) -> None:
    wire = {"value": {"commandId": "findBill", "parameters": value, "queryOptions": other}}

    found = read_query(wire)
    assert found is not None
    assert 0 < found.count <= MOST_RESULTS
    assert read_query({"value": value}) is None or isinstance(value, dict)
    assert read_link({"value": value}, SITES) == []
    assert read_link({"value": {"url": other}}, SITES) == []
