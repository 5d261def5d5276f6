"""Files attached to records: put by keys, by id or by the record's own link; read by their id."""

import base64
import uuid
from collections.abc import Mapping

from aiohttp import web

from . import refusals
from .book import Record
from .call import Call
from .erp import ERP, Erp
from .fields import ENTITIES
from .refusals import Refusal
from .versions import Endpoint
from .wire import Json, View

_INDEX = "files"
_LARGEST = 1_000_000  # what the stand-in takes; an instance has its own setting
Row = Mapping[str, str]


def file_rows(erp: Erp, record: Record, view: View) -> list[Json]:
    """The files of a record, for who expands them."""
    if "files" not in view.expand:
        return []
    return [
        {
            "id": file_id,
            "filename": row["name"],
            "href": f"{view.base}/files/{file_id}",
            "comment": row["comment"] or None,
        }
        for file_id, row in _index(erp).items()
        if row["record"] == record.id
    ]


async def attach(call: Call) -> web.Response:
    """PUT `{Entity}/{keys or id}/files/{filename}`."""
    record = call.found(call.rest[:-2])
    return await _keep(call.request, record, call.rest[-1])


async def serve_file(
    request: web.Request, endpoint: Endpoint, rest: tuple[str, ...]
) -> web.Response:
    """GET `files/{id}`, and PUT under the address a record's `files:put` link names."""
    erp = request.app[ERP]
    if request.method == "PUT" and len(rest) == 4:
        graph, view, record_id, filename = rest
        entity = next((e for e in ENTITIES.values() if (e.graph, e.view) == (graph, view)), None)
        record = erp.book.by_id(entity.name, record_id) if entity else None
        if record is None or record.entity not in endpoint.entities:
            raise refusals.no_record()
        return await _keep(request, record, filename)
    row = _index(erp).get(rest[0]) if request.method == "GET" and len(rest) == 1 else None
    if row is None:
        raise refusals.not_found(str(request.url))
    content = base64.b64decode(str(erp.store.setting(f"file:{rest[0]}")))
    return web.Response(body=content, content_type="application/octet-stream")


async def _keep(request: web.Request, record: Record, filename: str) -> web.Response:
    content = await request.read()
    if len(content) > _LARGEST:
        raise Refusal(413, {"message": "The file exceeds the maximum allowed size."})
    erp = request.app[ERP]
    file_id = str(uuid.UUID(int=erp.options.random.getrandbits(128), version=4))
    # The screen's name and the keys stand before the file's own name, as in the ERP's file list.
    full = f"{record.shape.form} ({', '.join(record.keys.values())})\\{filename}"
    index = {k: v for k, v in _index(erp).items() if (v["record"], v["name"]) != (record.id, full)}
    comment = request.headers.get("PX-CbFileComment", "")
    index[file_id] = {"record": record.id, "name": full, "comment": comment}
    text = base64.b64encode(content).decode()
    erp.store.write(settings={_INDEX: index, f"file:{file_id}": text})
    return web.Response(status=204)


def _index(erp: Erp) -> dict[str, Row]:
    index = erp.store.setting(_INDEX)
    return index if isinstance(index, dict) else {}
