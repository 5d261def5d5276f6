"""Who must approve a document, and who did: rows of a list only an extended endpoint has. Pure.

`Default` shows approvals of expense claims alone; `deployment/acumatica` says how to add the list
to bills, orders and payments. Its fields are named as those of expense claims (`extras`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acumatica_client.answers import record_of, rows_of, text_of, value_of
from acumatica_client.models import Approval, DocumentKey
from acumatica_client.values import read_day


def approvals_in(data: Any, name: str, key: DocumentKey) -> tuple[Approval, ...]:
    """Read the rows of list *name* of a document, none where it is empty. Raises ErpUnreadable."""
    if not name:
        return ()
    where = f"{key}: {name}"
    rows = rows_of(record_of(data, str(key)).get(name) or [], where)
    return tuple(_approval(row, f"{where}, row {number}") for number, row in enumerate(rows, 1))


def _approval(row: Mapping[str, Any], where: str) -> Approval:
    return Approval(
        status=text_of(row, "Status", where),
        employee=text_of(row, "Approver", where),
        name=text_of(row, "ApproverName", where),
        approved_by=text_of(row, "ApprovedBy", where),
        approved_by_name=text_of(row, "ApprovedByName", where),
        day=value_of(row, "Date", where, read_day) or "",
        reason=text_of(row, "Reason", where),
        workgroup=text_of(row, "Workgroup", where),
    )
