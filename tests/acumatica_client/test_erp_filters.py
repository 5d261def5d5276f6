"""`$filter`: what we write, the ERP must read as the same value, whatever that value is."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from erp_world import StandIn, stand_in
from hypothesis import given, settings
from hypothesis import strategies as st

from acumatica_client.answers import read_glimpses
from acumatica_client.client import ErpClient
from acumatica_client.entities import BILL
from acumatica_client.filters import (
    Filter,
    Operand,
    all_of,
    any_of,
    compare,
    contains,
    custom,
    ends_with,
    linked,
    literal,
    negated,
    starts_with,
)
from acumatica_client.models import Glimpse
from acumatica_client.protocol import Address, build_get, build_list
from deployment.sandbox.acumatica.fields import Kind
from deployment.sandbox.acumatica.filters import parse_filter

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
MOMENTS = st.datetimes(
    datetime(1900, 1, 2),  # noqa: DTZ001
    datetime(2199, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)
KINDS: dict[type, Kind] = {
    str: Kind.TEXT, Decimal: Kind.DECIMAL, int: Kind.COUNT, bool: Kind.FLAG, datetime: Kind.MOMENT,
}  # fmt: skip


def meets(where: Filter, value: Any, kind: Kind) -> bool:
    """Whether the stand-in's own parser lets a record pass whose fields all hold *value*."""
    return parse_filter(str(where), lambda _: kind, UTC)(lambda _: value)


# --- literals ---


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("O'Brien", "'O''Brien'"),
        ("", "''"),
        ("true", "'true'"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-5, "-5"),
        (Decimal("12.50"), "12.50M"),
        (Decimal("1E+3"), "1000M"),
        (Decimal("-0.0001"), "-0.0001M"),
        (
            datetime(2026, 11, 2, 9, 31, 28, 402_900, timezone(timedelta(hours=-5))),
            "datetimeoffset'2026-11-02T14:31:28.402+00:00'",
        ),
        (date(2026, 11, 2), "datetimeoffset'2026-11-02T00:00:00.000+00:00'"),
    ],
)
def test_every_type_has_its_literal(value: Operand, written: str) -> None:
    assert literal(value) == written


def test_day_is_midnight_of_the_servers_zone() -> None:
    zone = timezone(timedelta(hours=3))

    where = compare("DueDate", "lt", date(2026, 11, 2), zone=zone)

    assert str(where) == "DueDate lt datetimeoffset'2026-11-01T21:00:00.000+00:00'"


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), datetime(2026, 11, 2)])  # noqa: DTZ001
def test_value_without_a_literal_is_not_guessed(value: Operand) -> None:
    with pytest.raises(ValueError, match="has no"):
        literal(value)


@pytest.mark.parametrize(
    "name", ["", "a b", "Type eq 'x' or Type", "a/b/c", "1a", "cf.String(f='x')", "a'b", "Ä"]
)
def test_field_name_cannot_carry_a_condition(name: str) -> None:
    with pytest.raises(ValueError, match="names no field"):
        compare(name, "eq", 1)


# --- what the ERP understands ---


@settings(deadline=None)
@given(TEXTS)
def test_text_is_read_as_the_same_text(text: str) -> None:
    assert meets(compare("F", "eq", text), text, Kind.TEXT)
    assert not meets(compare("F", "eq", text), f"{text}x", Kind.TEXT)
    assert not meets(negated(compare("F", "eq", text)), text, Kind.TEXT)


@settings(deadline=None)
@given(st.one_of(DECIMALS, st.integers(-(2**53), 2**53), st.booleans(), MOMENTS))
def test_value_is_read_as_the_same_value(value: Any) -> None:
    kind = KINDS[type(value)]

    assert meets(compare("F", "eq", value), value, kind)
    assert not meets(compare("F", "ne", value), value, kind)


@settings(deadline=None)
@given(MOMENTS, st.integers(1, 10**9))
def test_window_of_moments_is_closed_below_and_open_above(moment: datetime, ms: int) -> None:
    later = moment + timedelta(milliseconds=ms)
    where = all_of(compare("F", "ge", moment), compare("F", "lt", later))

    assert [meets(where, at, Kind.MOMENT) for at in (moment, later)] == [True, False]


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_part_of_a_text_is_found(part: str, rest: str) -> None:
    assert meets(starts_with("F", part), part.casefold() + rest, Kind.TEXT)
    assert meets(ends_with("F", part), rest + part.casefold(), Kind.TEXT)
    assert meets(contains("F", part), rest + part.casefold() + rest, Kind.TEXT)


@pytest.mark.parametrize(
    ("where", "written"),
    [
        (all_of(compare("A", "eq", 1)), "A eq 1"),
        (
            all_of(compare("A", "eq", 1), any_of(compare("B", "eq", 2), compare("C", "eq", 3))),
            "A eq 1 and (B eq 2 or C eq 3)",
        ),
        (
            any_of(all_of(compare("A", "eq", 1), compare("B", "eq", 2)), compare("C", "eq", 3)),
            "(A eq 1 and B eq 2) or C eq 3",
        ),
        (negated(any_of(compare("A", "eq", 1), compare("B", "eq", 2))), "not (A eq 1 or B eq 2)"),
        (all_of(negated(compare("A", "eq", 1)), compare("B", "eq", 2)), "not (A eq 1) and B eq 2"),
        (contains("A", "x"), "substringof('x',A)"),
        (compare(linked("MainContact", "Email"), "eq", "a@b"), "MainContact/Email eq 'a@b'"),
        (
            compare(custom("String", "Document.AttributeX"), "eq", "v"),
            "cf.String(f='Document.AttributeX') eq 'v'",
        ),
    ],
)
def test_conditions_hang_together_as_they_were_put(where: Filter, written: str) -> None:
    assert str(where) == written


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=4), st.lists(st.booleans(), min_size=1))
def test_and_binds_as_built_whatever_is_inside(some: list[bool], others: list[bool]) -> None:
    def told(flags: list[bool]) -> list[Filter]:
        return [compare("F", "eq", flag) for flag in flags]

    where = all_of(any_of(*told(some)), negated(all_of(*told(others))))

    assert meets(where, True, Kind.FLAG) is (any(some) and not all(others))


def test_filter_of_nothing_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="no conditions"):
        any_of()


def test_custom_field_is_named_by_view_and_field() -> None:
    with pytest.raises(ValueError, match=r"View\.Field"):
        custom("String", "Document')eq'x")


@settings(deadline=None)
@given(TEXTS)
def test_value_is_encoded_once_and_cannot_leave_the_filter(text: str) -> None:
    address = Address("https://erp.example", "Default", "24.200.001")

    request = build_list(address, BILL, where=compare("Vendor", "eq", text), top=1)

    asked = parse_qs(urlsplit(request.url).query, keep_blank_values=True)
    assert asked["$filter"] == [f"Vendor eq {literal(text)}"]
    assert set(asked) == {"$select", "$filter", "$top", "$skip"}
    assert request.url.isascii()
    assert " " not in request.url


# --- over HTTP ---


@pytest.fixture
async def erp() -> AsyncIterator[StandIn]:
    async with stand_in() as running:
        yield running


@pytest.fixture
async def client(erp: StandIn) -> AsyncIterator[ErpClient]:
    made = erp.client()
    yield made
    await made.close()


@pytest.mark.parametrize(
    "text", ["O'Brien & Sons", "100% = 1+1", "a''b", "naïve — ☃", "x' or 'a' eq 'a", "#?;/\\"]
)
async def test_text_comes_through_the_address_unharmed(
    erp: StandIn, client: ErpClient, text: str
) -> None:
    await erp.change("000154", set={"VendorRef": text})

    where = compare("VendorRef", "eq", text)

    assert [row.key.number for row in await listed(client, where)] == ["000154"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (compare("Amount", "eq", Decimal("4860.00")), {"000154"}),
        (all_of(compare("Hold", "eq", True), compare("Amount", "ge", Decimal(4860))), {"000154"}),
        (starts_with("VendorRef", "NF-21002"), {"000154"}),
    ],
)
async def test_typed_values_find_what_they_mean(
    client: ErpClient, where: Filter, found: set[str]
) -> None:
    assert found <= {row.key.number for row in await listed(client, where)}
    assert await listed(client, all_of(where, negated(where))) == []


async def test_field_of_the_screen_can_be_asked_for(client: ErpClient) -> None:
    where = compare(custom("String", "CurrentDocument.EmployeeID"), "eq", "EP00000002")

    assert "000154" in {row.key.number for row in await listed(client, where)}


async def test_field_of_a_linked_entity_can_be_asked_for(client: ErpClient) -> None:
    where = compare(linked("ContactInfo", "Email"), "eq", "ann@acme.example")
    query = {"$select": "EmployeeID", "$filter": str(where)}

    found = await client._get(build_get(f"{client.address.base}/Employee", query))

    assert len(json.loads(found.body)) == 1


async def listed(client: ErpClient, where: Filter) -> list[Glimpse]:
    return read_glimpses(
        BILL, await client._get(build_list(client.address, BILL, where=where, top=50))
    )
