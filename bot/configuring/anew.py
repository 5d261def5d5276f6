"""A start with another file than the last one: whatever is open is looked at by the new rules."""

from __future__ import annotations

import logging

from bot.clock import Ports
from bot.company_file import File
from bot.configuring.open_ones import open_documents
from bot.configuring.version import short, version_of
from storage import audit, inbox
from storage.database import Connection

log = logging.getLogger(__name__)

NAME = "configuration"
REASON = "configuration changed"


async def look_anew(conn: Connection, file: File, ports: Ports) -> None:
    """Have every open document looked at when the file says something else than at the last start.

    What `plan` tells of comes true by that, and not only when somebody touches the document.
    """
    was, is_ = await audit.seen_before(conn, NAME), version_of(file)
    if was == is_:
        return
    await audit.remember(conn, NAME, is_)
    if was is None:
        return
    for company in file.company:
        found = await open_documents(conn, company.name, [file.routes(company.name)])
        await inbox.add_hints(
            conn, company.name, found,
            reason=REASON, correlation=ports.token(), now=ports.clock.now(),
        )  # fmt: skip
        told = {"company": company.name, "count": len(found), "version": short(is_)}
        log.info("another configuration: open documents are looked at anew", extra=told)
