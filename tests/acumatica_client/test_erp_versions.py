"""The pinned endpoint: there, or an error that says what the instance has and what to change."""

from typing import Any

import pytest
from erp_fixtures import json_reply

from acumatica_client.errors import ErpNotFound, ErpUnreadable, ErpVersionMissing
from acumatica_client.protocol import Address
from acumatica_client.versions import Endpoint, check_pin, explain_404, read_versions

ROWS = [
    {"name": "Default", "version": "24.200.001", "href": "/Site/entity/Default/24.200.001/"},
    {"name": "AcmeExt", "version": "1.0.0", "href": "https://elsewhere.example/entity/AcmeExt/1.0.0"},
]  # fmt: skip
BUILD = {"acumaticaBuildVersion": "25.093.0036", "databaseVersion": "25.093.0036"}


def pin(version: str = "24.200.001", endpoint: str = "Default") -> Address:
    return Address("https://erp.example/Site", endpoint, version)


def offered(*names: str) -> frozenset[Endpoint]:
    return frozenset(Endpoint(*name.split("/")) for name in names)


@pytest.mark.parametrize(
    "answer",
    [
        ROWS,
        {"endpoints": ROWS},
        {"version": BUILD, "endpoints": ROWS, "features": ["x"]},
        {"version": "25.093.0036", "endpoints": [{**row, "new": 1} for row in ROWS]},
        [{"name": row["name"], "version": row["version"]} for row in ROWS],
    ],
    ids=["bare", "wrapped", "features", "members", "no href"],
)
def test_endpoints_are_read_from_every_shape_of_the_answer(answer: Any) -> None:
    assert read_versions(json_reply(200, answer)) == offered("Default/24.200.001", "AcmeExt/1.0.0")


@pytest.mark.parametrize(
    "row", [{}, {"name": "Default"}, {"version": "1"}, {"name": 1, "version": "1"}, {"name": None}]
)
def test_row_without_a_name_or_version_is_no_endpoint(row: Any) -> None:
    assert read_versions(json_reply(200, [row])) == frozenset()


@pytest.mark.parametrize("answer", [None, "x", {"endpoints": None}, [["Default"]], {}])
def test_answer_of_another_shape_is_an_error(answer: Any) -> None:
    with pytest.raises(ErpUnreadable, match="entity"):
        read_versions(json_reply(200, answer))


def test_pin_that_is_there_is_fine() -> None:
    check_pin(pin(), offered("Default/24.200.001"))


@pytest.mark.parametrize(
    ("address", "known", "told"),
    [
        (
            pin("24.200.001"),
            ("Default/20.200.001", "Default/23.200.001", "eCommerce/24.200.001"),
            'no endpoint Default/24.200.001; it has: Default/20.200.001, Default/23.200.001, '
            'eCommerce/24.200.001. Set version = "23.200.001" in countersign.toml.',
        ),
        (
            pin("18.200.001"),
            ("Default/24.200.001", "Default/26.200.001"),
            'Default/26.200.001. Set version = "24.200.001" in countersign.toml.',
        ),
        (
            pin("1.0.0", "acmeext"),
            ("AcmeExt/1.0.0",),
            'Set endpoint = "AcmeExt" in countersign.toml: the case counts.',
        ),
        (
            pin("1.0.0", "AcmeExt"),
            ("AcmeExt/9.0.0", "AcmeExt/10.0.0"),
            'Set version = "10.0.0" in countersign.toml.',
        ),
        (
            pin("25.200.001"),
            ("Default/26.200.001",),
            "Set endpoint and version in countersign.toml to one of these.",
        ),
        (pin(), (), "it has: no endpoint that this user may see."),
    ],
)  # fmt: skip
def test_pin_that_is_missing_tells_what_there_is_and_what_to_change(
    address: Address, known: tuple[str, ...], told: str
) -> None:
    with pytest.raises(ErpVersionMissing) as missing:
        check_pin(address, offered(*known))

    assert missing.value.detail.startswith("https://erp.example/Site has no endpoint ")
    assert told in missing.value.detail


def test_list_of_endpoints_is_bounded() -> None:
    known = offered(*(f"E{n:03d}/1.0.0" for n in range(500)))

    with pytest.raises(ErpVersionMissing) as missing:
        check_pin(pin(), known)

    assert len(missing.value.detail) < 1000


def test_404_of_a_pinned_endpoint_that_is_gone_is_a_missing_version() -> None:
    error = explain_404(pin(), offered("Default/23.200.001"), "No HTTP resource was found")

    assert type(error) is ErpVersionMissing


def test_404_of_an_endpoint_that_is_there_is_a_missing_entity_or_action() -> None:
    error = explain_404(pin(), offered("Default/24.200.001"), "No HTTP resource was found")

    assert type(error) is ErpNotFound
    assert error.detail == (
        "endpoint Default/24.200.001 has no such entity or action: No HTTP resource was found"
    )
