"""The answer of a write, sorted into the outcome classes; never an exception. Pure.

Invariants of releasing are law here: what is not certainly refused or certainly unsent is unknown.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from acumatica_client.faces import (
    LIMIT_BACK_OFF,
    error_body,
    error_text,
    exception_type,
    screen_of,
    stopped_by_licence,
)
from acumatica_client.models import CallClass, CallOutcome
from acumatica_client.protocol import Address
from acumatica_client.transport import Reply

_REFUSALS = (400, 403, 404, 405, 409, 412, 415, 422)


def class_of(reply: Reply, *, again: bool = False) -> CallOutcome:
    """Sort the answer of a write into the outcome classes; *again* marks the second 401."""
    detail = f"{reply.status} {error_text(reply)}".strip()
    if reply.status in (200, 204):
        return _success(reply, detail)
    if reply.status == 429:
        return CallOutcome(CallClass.TURNED_AWAY, detail, after=LIMIT_BACK_OFF)
    if reply.status == 401:
        return CallOutcome(CallClass.REFUSED if again else CallClass.TURNED_AWAY, detail)
    if not error_body(reply):
        return CallOutcome(CallClass.UNKNOWN, detail)
    if reply.status in _REFUSALS:
        return CallOutcome(CallClass.REFUSED, detail, plain_words(reply))
    if reply.status == 500 and exception_type(reply).startswith("PX."):
        return _screen_error(reply, detail)
    return CallOutcome(CallClass.UNKNOWN, detail)


def _screen_error(reply: Reply, detail: str) -> CallOutcome:
    if stopped_by_licence(reply):
        return CallOutcome(CallClass.TURNED_AWAY, detail, after=LIMIT_BACK_OFF)
    return CallOutcome(CallClass.REFUSED_IN_DOUBT, detail, plain_words(reply))


def _success(reply: Reply, detail: str) -> CallOutcome:
    """A 204 is done whatever its `Location` says: it may be missing, the record, or nonsense."""
    # A proxy's page at 200 is no word of Acumatica's.
    if reply.status == 200 and reply.content_type != "application/json":
        return CallOutcome(CallClass.UNKNOWN, detail)
    return CallOutcome(CallClass.CLAIMS_DONE, str(reply.status))


def poll_address(address: Address, reply: Reply) -> str | None:
    """Return where to ask after a 202, None when `Location` is missing or not our ERP's."""
    ours = urlsplit(address.instance)
    try:
        url = address.resolve(reply.headers.get("location", ""))
        shown = urlsplit(url)
    except ValueError:
        return None
    same = (shown.scheme, shown.netloc) == (ours.scheme, ours.netloc)
    return url if same and "/status/" in shown.path else None


def plain_words(reply: Reply) -> str:
    """Say in our own words why Acumatica refused; its own text never reaches a card."""
    if reply.status == 403:
        screen = screen_of(reply)
        where = f" on screen {screen}" if screen else ""
        return f"Acumatica does not let Countersign's user do this{where}."
    if reply.status == 404:
        return "Acumatica knows no such action. An administrator must look at the table of calls."
    if "authorized approver" in error_text(reply).lower():
        return "Acumatica says that this user may not approve the document."
    return "Acumatica refused. The reason is in the audit; the document's screen shows it too."
