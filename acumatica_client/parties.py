"""Vendors: requests built, answers read, without I/O. Bank details end here, as a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from acumatica_client.answers import record_of, rows_of, text_of, value_of
from acumatica_client.extras import INSTRUCTIONS, Extras
from acumatica_client.filters import compare
from acumatica_client.models import Vendor
from acumatica_client.protocol import Address, build_get, fits_path
from acumatica_client.transport import Request
from acumatica_client.values import unwrap

_VENDOR = (
    "VendorID", "VendorName", "Status", "PaymentMethod", "CashAccount", "RemittanceContact/Email",
)  # fmt: skip
_INSTRUCTION = ("PaymentInstructionsID", "PaymentMethod", "LocationID", "Value")


def build_vendor(address: Address, extras: Extras, code: str) -> Request:
    """Read one vendor; how they are paid only where the company named the list of it."""
    listed = extras.name(INSTRUCTIONS)
    inner = (f"{listed}/{name}" for name in _INSTRUCTION) if listed else ()
    expand = filter(None, ("RemittanceContact", listed))
    query = {"$select": ",".join((*_VENDOR, *inner)), "$expand": ",".join(expand)}
    url = f"{address.base}/Vendor"
    if fits_path(code):
        return build_get(f"{url}/{quote(code, safe='')}", query)
    where = {"$filter": str(compare("VendorID", "eq", code)), "$top": "1"}
    return build_get(url, query | where)


def read_vendor(data: Any, extras: Extras, *, company: str) -> Vendor | None:
    """Read one vendor, by key or as the only row of a list. Raises ErpUnreadable."""
    if isinstance(data, list):
        if not data:
            return None
        data = data[0]
    record = record_of(data, "Vendor")
    code = text_of(record, "VendorID", "Vendor")
    where = f"Vendor {code}"
    contact = record_of(record.get("RemittanceContact") or {}, f"{where}: RemittanceContact")
    method = text_of(record, "PaymentMethod", where)
    listed = extras.name(INSTRUCTIONS)
    return Vendor(
        code=code,
        name=text_of(record, "VendorName", where),
        status=text_of(record, "Status", where),
        payment_method=method,
        cash_account=text_of(record, "CashAccount", where),
        remittance_email=text_of(contact, "Email", where),
        instructions=_mark(company, code, method, _instructions(record, listed, where))
        if listed
        else "",
    )


def _instructions(record: Mapping[str, Any], name: str, where: str) -> list[list[str]]:
    rows = rows_of(record.get(name) or [], f"{where}: {name}")
    # The order of detail lines is not promised.
    return sorted(
        [str(value_of(row, field, f"{where}: {name}", unwrap) or "") for field in _INSTRUCTION]
        for row in rows
    )


def _mark(company: str, code: str, method: str, rows: Sequence[Sequence[str]]) -> str:
    """Hash how a vendor is paid.

    A plain hash is enough for what it is for: it only tells equal from changed, it stays in our own
    store, and company and vendor in it keep equal accounts of two vendors from looking equal. It
    is no secret store: whoever holds the store and guesses an account number could confirm it.
    """
    told = json.dumps([company, code, method, rows], ensure_ascii=False)
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()
