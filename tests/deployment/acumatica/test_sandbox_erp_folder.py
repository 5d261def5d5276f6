"""An instance that lives in a folder of its web server, as most on-premises ones do."""

from dataclasses import replace
from typing import Any

import pytest

SITE = "/AcumaticaERP"
DEFAULT = f"{SITE}/entity/Default/24.200.001"
KEYS = {"Type": {"value": "Bill"}, "ReferenceNbr": {"value": "000149"}}


@pytest.fixture
async def housed(start: Any) -> Any:
    """A stand-in in a folder, the API user signed in."""
    erp = await start(site=SITE)
    login = {"name": "countersign", "password": erp.options.password}
    assert (await erp.user.call("POST", f"{SITE}/entity/auth/login", login)).status == 204
    return erp


async def test_every_address_the_api_gives_lies_in_the_folder(housed: Any) -> None:
    listed = (await housed.user.call("GET", f"{SITE}/entity")).json["endpoints"]
    described = (await housed.user.call("GET", f"{DEFAULT}/swagger.json")).json
    bill = (await housed.user.call("GET", f"{DEFAULT}/Bill/Bill/000149")).json
    again = await housed.user.call("GET", bill["_links"]["self"])
    started = await housed.user.call("POST", f"{DEFAULT}/Bill/ReleaseBill", {"entity": KEYS})

    given = [*(e["href"] for e in listed), described["servers"][0]["url"], started.location]
    given += bill["_links"].values()
    assert all(address.startswith(f"{SITE}/entity/") for address in given)
    assert again.json["id"] == bill["id"]
    assert (await housed.user.call("GET", started.location)).status == 202


async def test_the_identity_server_lies_in_the_folder_too(housed: Any) -> None:
    path = f"{SITE}/identity/.well-known/openid-configuration"
    known = (await housed.user.call("GET", path)).json

    assert known["issuer"].endswith(f"{SITE}/identity")
    assert f"{SITE}/identity/connect/" in known["token_endpoint"]


async def test_outside_the_folder_there_is_no_api(housed: Any) -> None:
    assert (await housed.user.call("GET", "/entity/Default/24.200.001/Bill")).status == 404


async def test_deep_links_open_in_the_folder_and_doors_stay_outside(housed: Any) -> None:
    link = f"{SITE}/Main?ScreenId=AP301000&DocType=INV&RefNbr=000149"

    assert (await housed.user.call("GET", link)).status == 200
    assert (await housed.door("GET", "documents")).status == 200


async def test_faults_and_history_name_paths_as_they_lie_under_the_site(housed: Any) -> None:
    await housed.door("POST", "faults", {"fault": "status:503", "on": {"method": "GET"}})

    answer = await housed.user.call("GET", f"{DEFAULT}/Bill/Bill/000149")

    [event] = [e for e in await housed.events("request") if e["status"] == 503]
    assert answer.status == 503
    assert event["path"] == "/entity/Default/24.200.001/Bill/Bill/000149"


@pytest.mark.parametrize("site", ["AcumaticaERP", "/", "/a/", "/a b"])
def test_a_folder_that_is_none_is_refused(options: Any, site: str) -> None:
    with pytest.raises(ValueError, match="site must be a folder"):
        replace(options, site=site)
