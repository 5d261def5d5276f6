"""What the companion sets up in Acumatica, once, as data: inquiries for push, endpoint fields.

`make.py` writes the importable inquiries from here; a test holds `README.md` and the product to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One generic inquiry: a single table, so that nothing a push must not have can get in."""

    title: str
    table: str
    columns: Mapping[str, str]
    """Caption, which is the name a push has for it -> field of the table."""

    @property
    def alias(self) -> str:
        """The table's short name in the inquiry."""
        return self.table.rpartition(".")[2]

    @property
    def tracks(self) -> tuple[str, ...]:
        """Captions whose change makes a push; the stamp too, as cards show more than these."""
        return tuple(name for name in self.columns if name != "Type" and not name.endswith("Nbr"))


_STATE = {"Status": "status", "Hold": "hold"}
_STAMP = {"LastModifiedDateTime": "lastModifiedDateTime"}
_DOCUMENT = {"Type": "docType", "ReferenceNbr": "refNbr", **_STATE}
_ORDER = {"Type": "orderType", "OrderNbr": "orderNbr", **_STATE}

INQUIRIES = (
    Inquiry(
        "CountersignBills",
        "PX.Objects.AP.APInvoice",
        {**_DOCUMENT, "Vendor": "vendorID", "Amount": "curyOrigDocAmt", **_STAMP},
    ),
    Inquiry(
        "CountersignPurchaseOrders",
        "PX.Objects.PO.POOrder",
        {**_ORDER, "VendorID": "vendorID", "OrderTotal": "curyOrderTotal", **_STAMP},
    ),
    Inquiry(
        "CountersignChecks",
        "PX.Objects.AP.APPayment",
        {**_DOCUMENT, "Vendor": "vendorID", "PaymentAmount": "curyOrigDocAmt", **_STAMP},
    ),
    Inquiry(
        "CountersignPayments",
        "PX.Objects.AR.ARPayment",
        {**_DOCUMENT, "CustomerID": "customerID", "PaymentAmount": "curyOrigDocAmt", **_STAMP},
    ),
)

ENDPOINT, VERSION, BASE = "Countersign", "24.200.001", "Default"

APPROVAL_VIEW = "Approval"
APPROVAL: Mapping[str, str] = {
    "Approver": "ApproverEmployee__AcctCD",
    "ApproverName": "ApproverEmployee__AcctName",
    "ApprovedBy": "ApprovedByEmployee__AcctCD",
    "ApprovedByName": "ApprovedByEmployee__AcctName",
    "Date": "ApproveDate",
    "Status": "Status",
    "Reason": "Reason",
    "Workgroup": "WorkgroupID",
}
"""Field of the detail list `Approvals` -> field of the screen's view of approvals."""

_WHO = {
    "CreatedBy": ("Document", "CreatedByID"),
    "LastModifiedBy": ("Document", "LastModifiedByID"),
}

FIELDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Bill": {
        **_WHO,
        "Owner": ("CurrentDocument", "EmployeeID"),
        "Workgroup": ("CurrentDocument", "EmployeeWorkgroupID"),
    },
    "PurchaseOrder": _WHO,
    "Check": _WHO,
    "Payment": _WHO,
    "Employee": {"Login": ("User", "Username")},
}
"""Entity -> new field -> (view, field) of the entity's screen. `Employee` gets no `Approvals`."""
