"""Files: attached by keys, id or the record's own link; listed by expand; read by their id."""

from pathlib import Path
from typing import Any

import pytest

DEFAULT = "/entity/Default/24.200.001"


async def attach(user: Any, path: str, content: bytes = b"%PDF", **headers: str) -> Any:
    return await user.call("PUT", path, data=content, headers=headers)


async def files_of(user: Any) -> list[dict[str, Any]]:
    bill = (await user.get("Bill/Bill/000154", **{"$expand": "files"})).json
    files: list[dict[str, Any]] = bill["files"]
    return files


@pytest.mark.parametrize("where", ["Bill/000154", "{id}"])
async def test_file_put_by_keys_or_id_comes_back_as_it_was(api: Any, where: str) -> None:
    known = (await api.get("Bill/Bill/000154")).json["id"]
    path = f"{DEFAULT}/Bill/{where.format(id=known)}/files/scan%20one.pdf"

    put = await attach(api, path, b"\x00\x01scan", **{"PX-CbFileComment": "first page"})
    row = (await files_of(api))[0]
    content = await api.client.get(row["href"])

    assert put.status == 204
    assert row["filename"] == "Bills and Adjustments (Bill, 000154)\\scan one.pdf"
    assert row["comment"] == "first page"
    assert await content.read() == b"\x00\x01scan"


async def test_file_is_put_where_the_record_says(api: Any) -> None:
    link = (await api.get("Bill/Bill/000154")).json["_links"]["files:put"]

    put = await attach(api, link.replace("{filename}", "terms.txt"))

    assert put.status == 204
    assert len(await files_of(api)) == 1


async def test_same_name_replaces_the_file_and_lists_show_files_too(api: Any) -> None:
    path = f"{DEFAULT}/Bill/Bill/000154/files/a.txt"
    await attach(api, path, b"one")
    await attach(api, path, b"two")

    rows = (await api.get("Bill", **{"$expand": "files"})).json

    found = [row for row in rows if row["files"]]
    assert [len(row["files"]) for row in found] == [1]
    assert await (await api.client.get(found[0]["files"][0]["href"])).read() == b"two"


async def test_file_survives_a_restart(start: Any, tmp_path: Path) -> None:
    first = await start(data=tmp_path)
    await first.user.sign_in()
    await attach(first.user, f"{DEFAULT}/Bill/Bill/000154/files/a.txt", b"kept")
    await first.server.close()

    second = await start(data=tmp_path)
    await second.user.sign_in()
    href = (await files_of(second.user))[0]["href"]

    assert await (await second.user.client.get(href)).read() == b"kept"


async def test_unknown_files_and_records_are_refused(api: Any) -> None:
    gone = await api.call("GET", f"{DEFAULT}/files/00000000-0000-0000-0000-000000000000")
    nobody = await attach(api, f"{DEFAULT}/Bill/Bill/999999/files/a.txt")
    nowhere = await attach(api, f"{DEFAULT}/files/PX.Objects.Nothing/Document/1/a.txt")
    large = await attach(api, f"{DEFAULT}/Bill/Bill/000154/files/a.txt", b"x" * 1_000_001)

    assert (gone.status, nobody.status, nowhere.status, large.status) == (404, 500, 500, 413)
    assert await files_of(api) == []
