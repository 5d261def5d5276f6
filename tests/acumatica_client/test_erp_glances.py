"""What an endpoint offers, out of what it tells of itself; what it does not tell is not guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from acumatica_client.entities import ENTITIES
from acumatica_client.errors import ErpForbidden
from acumatica_client.extras import read_extras
from acumatica_client.glances import Glances
from acumatica_client.protocol import Address
from acumatica_client.transport import Reply, Request

ADDRESS = Address("https://erp.example", "Default", "24.200.001")
DESCRIBED = {"paths": {"/Bill/ReleaseBill": {}, "/Bill/{actionName}": {}, "/Bill/{ids}": {}}}
PREFIXED = {"paths": {"/entity/Default/22.200.001/Bill/ReleaseBill": {}, "/Check/VoidCheck": {}}}


def instance(answers: dict[str, Any]) -> Glances:
    """An endpoint that answers these, by the end of the path; anything else is a 403."""

    async def get(request: Request) -> Reply:
        name = request.url.partition("?")[0].rpartition("/")[2]
        if name not in answers:
            return Reply(403, {"content-type": "application/json"}, b'{"message": "no rights"}')
        body = json.dumps(answers[name]).encode()
        return Reply(200, {"content-type": "application/json"}, body)

    return Glances(ADDRESS, get, ENTITIES, read_extras({}))


@pytest.mark.parametrize("rows", [[{"name": "Approve"}], ["Approve"], [{"name": "Approve"}, 7]])
async def test_actions_are_those_of_the_screen_and_of_the_endpoint(rows: Any) -> None:
    glances = instance({"$adHocSchema": {"_workflowActions": rows}, "swagger.json": DESCRIBED})

    offered = await glances.actions("Bill", tenant="Company")

    assert offered.names == {"Approve", "ReleaseBill"}
    assert offered.whole


@pytest.mark.parametrize("schema", [{}, {"_workflowActions": None}, []])
async def test_a_screen_that_does_not_tell_leaves_the_list_open(schema: Any) -> None:
    glances = instance({"$adHocSchema": schema, "swagger.json": PREFIXED})

    offered = await glances.actions("Bill", tenant="")

    assert offered.names == {"ReleaseBill"}
    assert not offered.whole


async def test_an_instance_that_tells_nothing_offers_nothing_for_certain() -> None:
    offered = await instance({}).actions("Bill", tenant="Company")

    assert (offered.names, offered.whole) == (frozenset(), False)


async def test_a_record_that_may_not_be_seen_is_an_error_of_its_own() -> None:
    for entity in ("Vendor", "Employee", "PurchaseReceipt", "Contact"):
        with pytest.raises(ErpForbidden):
            await instance({}).record(entity)


async def test_no_record_is_no_error() -> None:
    glances = instance({"Vendor": [], "Bill": []})

    assert await glances.record("Vendor") is False
    assert await glances.document("Bill") is None
