"""The entities of the `Default` endpoint: keys, fields, lists and screen fields, as data.

Names and types are those of the published endpoint metadata of 24.200.001. The same tables answer
for every version served; a field that differs between versions gets its own row when it matters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a field holds, and so how it is written on the wire."""

    TEXT = "S"
    DECIMAL = "D"
    FLAG = "B"
    DAY = "T"
    MOMENT = "M"
    COUNT = "I"
    GUID = "G"


Table = Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class ScreenField:
    """Where a field of the screen that the endpoint lacks (`$custom`) takes its value from."""

    hidden: str = ""
    field: str = ""
    type: str = "CustomStringField"


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity of the endpoint and the screen behind it."""

    name: str
    screen: str
    form: str
    graph: str
    view: str
    keys: tuple[str, ...]
    fields: Table
    lists: Mapping[str, Table] = field(default_factory=dict)
    linked: Mapping[str, Table] = field(default_factory=dict)
    custom: Mapping[str, ScreenField] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)  # label → code of a deep link
    number: str = ""  # how a new number is written
    party: str = ""  # the field that names vendor or customer
    amount: str = ""
    list_errors: Mapping[str, str] = field(default_factory=dict)  # views a list cannot read
    unreadable: frozenset[str] = frozenset()  # kept by the ERP, yet empty on every GET


def _fields(text: str = "", **others: str) -> Table:
    kinds = dict.fromkeys(text.split(), Kind.TEXT)
    for letter, names in others.items():
        kinds |= {name: Kind(letter) for name in names.split()}
    return dict(sorted(kinds.items()))


_WHO = {
    "Document.CreatedByID": ScreenField(hidden="CreatedBy"),
    "Document.LastModifiedByID": ScreenField(hidden="LastModifiedBy"),
    "Document.CreatedDateTime": ScreenField(hidden="CreatedDateTime", type="CustomDateTimeField"),
}
_CONTACT = _fields(
    "FirstName MiddleName LastName DisplayName Email Phone1 Phone2 Fax Title WebSite"
)

_BILL = Entity(
    name="Bill",
    screen="AP301000",
    form="Bills and Adjustments",
    graph="PX.Objects.AP.APInvoiceEntry",
    view="Document",
    keys=("Type", "ReferenceNbr"),
    number="{:06d}",
    party="Vendor",
    amount="Amount",
    types={
        "Bill": "INV",
        "Credit Adj.": "ACR",
        "Debit Adj.": "ADR",
        "Prepayment": "PPM",
        "Prepayment Invoice": "PPI",
    },
    fields=_fields(
        "BranchID CashAccount CurrencyID Description LocationID PostPeriod Project ReferenceNbr"
        " Status Terms Type Vendor VendorRef",
        D="Amount Balance TaxTotal",
        B="ApprovedForPayment Hold IsTaxValid",
        T="Date DueDate",
        M="LastModifiedDateTime",
    ),
    lists={
        "Details": _fields(
            "Account Branch CostCode Description InventoryID POOrderNbr POOrderType POReceiptNbr"
            " POReceiptType Project ProjectTask Subaccount TaxCategory TransactionDescription UOM"
            " LCNbr LCType",
            D="Amount ExtendedCost Qty UnitCost",
            B="CalculateDiscountsOnImport NonBillable",
            I="POLine POReceiptLine LCLineNbr",
        ),
        "Applications": _fields("DocType ReferenceNbr Status", D="AmountPaid Balance"),
        "TaxDetails": _fields("TaxID", D="TaxableAmount TaxAmount TaxRate"),
    },
    custom=_WHO
    | {
        "Document.CuryDocBal": ScreenField(field="Balance", type="CustomDecimalField"),
        "Document.CuryOrigDocAmt": ScreenField(field="Amount", type="CustomDecimalField"),
        "Document.InvoiceNbr": ScreenField(field="VendorRef"),
        "CurrentDocument.EmployeeID": ScreenField(hidden="Owner"),
        "CurrentDocument.EmployeeID_description": ScreenField(hidden="OwnerName"),
        "CurrentDocument.EmployeeWorkgroupID": ScreenField(hidden="Workgroup"),
    },
)

_PURCHASE_ORDER = Entity(
    name="PurchaseOrder",
    screen="PO301000",
    form="Purchase Orders",
    graph="PX.Objects.PO.POOrderEntry",
    view="Document",
    keys=("Type", "OrderNbr"),
    number="PO{:06d}",
    party="VendorID",
    amount="OrderTotal",
    types={
        "Normal": "RO",
        "Drop-Ship": "DP",
        "Project Drop-Ship": "PD",
        "Blanket": "BL",
        "Standard": "SB",
    },
    fields=_fields(
        "BaseCurrencyID Branch CurrencyID CurrencyRateTypeID Description Location OrderNbr Owner"
        " Project Status Terms Type VendorID VendorRef VendorTaxZone",
        D="ControlTotal CurrencyRate CurrencyReciprocalRate LineTotal OrderTotal TaxTotal",
        B="Hold IsTaxValid",
        T="CurrencyEffectiveDate Date PromisedOn",
        M="LastModifiedDateTime",
    ),
    lists={
        "Details": _fields(
            "Account AlternateID BranchID CostCode Description InventoryID LineDescription LineType"
            " OrderNbr OrderType OrigPONbr OrigPOType Project ProjectTask ReceiptAction Subaccount"
            " Subitem TaxCategory UOM WarehouseID",
            D="CompleteOn ExtendedCost MaxReceiptPercent MinReceiptPercent OrderQty OrderedQty"
            " QtyOnReceipts ReceivedAmount UnitCost",
            B="CalculateDiscountsOnImport Cancelled Completed",
            I="LineNbr",
            T="Promised Requested",
        ),
        "TaxDetails": _fields("TaxID", D="TaxableAmount TaxAmount TaxRate"),
    },
    linked={"ShippingInstructions": _fields("Warehouse ShipVia FOBPoint ShippingDestinationType")},
    custom=_WHO
    | {
        "CurrentDocument.OwnerWorkgroupID": ScreenField(hidden="Workgroup"),
        "Document.CuryOrderTotal": ScreenField(field="OrderTotal", type="CustomDecimalField"),
    },
)

_CHECK = Entity(
    name="Check",
    screen="AP302000",
    form="Checks and Payments",
    graph="PX.Objects.AP.APPaymentEntry",
    view="Document",
    keys=("Type", "ReferenceNbr"),
    number="{:06d}",
    party="Vendor",
    amount="PaymentAmount",
    types={
        "Payment": "CHK",
        "Debit Adj.": "ADR",
        "Prepayment": "PPM",
        "Refund": "REF",
        "Voided Payment": "VCK",
        "Voided Refund": "VRF",
    },
    fields=_fields(
        "CashAccount CurrencyID Description PaymentMethod PaymentRef ReferenceNbr Status Type"
        " Vendor",
        D="PaymentAmount UnappliedBalance",
        B="Hold",
        T="ApplicationDate",
        M="LastModifiedDateTime",
    ),
    lists={
        "Details": _fields(
            "DocType ReferenceNbr", D="AmountPaid Balance CashDiscountBalance", I="DocLineNbr"
        ),
        "History": _fields(
            "DocType ReferenceNbr VendorRef",
            D="AmountPaid Balance CashDiscountBalance CashDiscountTaken",
        ),
    },
    custom=_WHO,
)

_PAYMENT = Entity(
    name="Payment",
    screen="AR302000",
    form="Payments and Applications",
    graph="PX.Objects.AR.ARPaymentEntry",
    view="Document",
    keys=("Type", "ReferenceNbr"),
    number="{:06d}",
    party="CustomerID",
    amount="PaymentAmount",
    types={
        "Payment": "PMT",
        "Prepayment": "PPM",
        "Credit Memo": "CRM",
        "Voided Payment": "RPM",
        "Refund": "REF",
        "Voided Refund": "VRF",
    },
    fields=_fields(
        "Branch BranchID CashAccount CurrencyID CustomerID CustomerLocationID Description"
        " ExternalRef OrigTransaction PaymentMethod PaymentRef ProcessingCenterID ReferenceNbr"
        " Status Type",
        D="AppliedToDocuments AppliedToOrders AvailableBalance PaymentAmount",
        B="Hold IsCCPayment IsNewCard SaveCard",
        T="ApplicationDate",
        M="LastModifiedDateTime",
        I="CardAccountNbr",
        G="NoteID",
    ),
    lists={
        "ApplicationHistory": _fields("DisplayRefNbr DisplayDocType", D="AmountPaid Balance"),
        "Charges": _fields("EntryTypeID AccountID", D="Amount"),
        "CreditCardProcessingInfo": _fields("TranType TranStatus", D="TranAmount", I="TranNbr"),
        "DocumentsToApply": _fields(
            "CustomerOrder Description DocType ReferenceNbr WriteOffReasonCode",
            D="AmountPaid BalanceWriteOff CashDiscountTaken",
            I="DocLineNbr",
        ),
        "OrdersToApply": _fields("OrderNbr OrderType", D="AppliedToOrder"),
    },
    list_errors={"ApplicationHistory": "ARAdjustments_History_POPrint"},
    custom=_WHO
    | {"Document.CuryDocBal": ScreenField(field="AvailableBalance", type="CustomDecimalField")},
    unreadable=frozenset({"AvailableBalance"}),
)

_EMPLOYEE = Entity(
    name="Employee",
    screen="EP203000",
    form="Employees",
    graph="PX.Objects.EP.EmployeeMaint",
    view="Employee",
    keys=("EmployeeID",),
    fields=_fields("EmployeeID EmployeeName Status", M="LastModifiedDateTime"),
    lists={
        "Delegates": _fields("Delegate EmployeeName DelegationOf", T="StartsOn ExpiresOn"),
        "Attributes": _fields("AttributeID Value"),
    },
    linked={
        "ContactInfo": _CONTACT,
        "EmployeeSettings": _fields(
            "BranchID Calendar CurrencyID DepartmentID EmployeeClass EmployeeRefNbr ReportsTo",
            B="TimeCardIsRequired",
        ),
    },
    custom={
        "User.Username": ScreenField(hidden="Login"),
        "Contact.EMail": ScreenField(hidden="Email"),
        "CurrentEmployee.SupervisorID": ScreenField(hidden="Supervisor"),
    },
)

_CONTACT_ENTITY = Entity(
    name="Contact",
    screen="CR302000",
    form="Contacts",
    graph="PX.Objects.CR.ContactMaint",
    view="Contact",
    keys=("ContactID",),
    fields=_fields(
        "DisplayName FirstName LastName Email Status Type BusinessAccount Owner OwnerEmployeeName"
        " Workgroup WorkgroupDescription",
        I="ContactID",
        B="Active",
        G="NoteID",
        M="LastModifiedDateTime",
    ),
    linked={"UserInfo": _fields("Login Status UserType")},
)

_VENDOR = Entity(
    name="Vendor",
    screen="AP303000",
    form="Vendors",
    graph="PX.Objects.AP.VendorMaint",
    view="BAccount",
    keys=("VendorID",),
    fields=_fields(
        "VendorID VendorName LegalName Status VendorClass CurrencyID Terms PaymentMethod"
        " CashAccount TaxRegistrationID TaxZone PaymentBy",
        B="LandedCostVendor PaySeparately",
        M="CreatedDateTime LastModifiedDateTime",
    ),
    linked={
        "MainContact": _CONTACT,
        "PrimaryContact": _CONTACT,
        "RemittanceContact": _CONTACT,
    },
)

DOCUMENTS: Mapping[str, Entity] = {
    entity.name: entity for entity in (_BILL, _PURCHASE_ORDER, _CHECK, _PAYMENT)
}
ENTITIES: Mapping[str, Entity] = {
    **DOCUMENTS,
    **{entity.name: entity for entity in (_EMPLOYEE, _CONTACT_ENTITY, _VENDOR)},
}
VERSIONS = ("24.200.001", "23.200.001", "22.200.001", "20.200.001")
