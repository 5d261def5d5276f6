"""The entities of the `Default` endpoint as the ERP keeps them: everything any version serves.

Names and types are those of the published endpoint metadata. `versions` says what an endpoint
version lacks of it, and what an extension adds; the book and the store know these tables only.
"""

from collections.abc import Mapping

from .parties import CONTACT_ENTITY, EMPLOYEE, VENDOR
from .shapes import Entity, Kind, ScreenField, Table, columns

__all__ = ["DOCUMENTS", "ENTITIES", "Entity", "Kind", "Table"]

_MONEY = "CustomDecimalField"
_WHO = {
    "Document.CreatedByID": ScreenField(hidden="CreatedBy"),
    "Document.LastModifiedByID": ScreenField(hidden="LastModifiedBy"),
    "Document.CreatedDateTime": ScreenField(hidden="CreatedDateTime", type="CustomDateTimeField"),
}
_APPROVALS = columns(
    "Approver ApproverName ApprovedBy ApprovedByName Status Reason Workgroup", T="Date"
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
    fields=columns(
        "BranchID CashAccount CurrencyID Description LocationID PostPeriod Project ReferenceNbr"
        " Status Terms Type Vendor VendorRef",
        D="Amount Balance TaxTotal",
        B="ApprovedForPayment Hold IsTaxValid",
        T="Date DueDate",
        M="LastModifiedDateTime",
    ),
    lists={
        "Details": columns(
            "Account Branch CostCode Description InventoryID POOrderNbr POOrderType POReceiptNbr"
            " POReceiptType Project ProjectTask Subaccount TaxCategory TransactionDescription UOM"
            " LCNbr LCType",
            D="Amount ExtendedCost Qty UnitCost",
            B="CalculateDiscountsOnImport NonBillable",
            I="POLine POReceiptLine LCLineNbr",
        ),
        "Applications": columns("DocType ReferenceNbr Status", D="AmountPaid Balance"),
        "TaxDetails": columns("TaxID", D="TaxableAmount TaxAmount TaxRate"),
        "RetainageDocuments": columns(),
        "Approvals": _APPROVALS,
    },
    custom=_WHO
    | {
        "Document.CuryDocBal": ScreenField(field="Balance", type=_MONEY),
        "Document.CuryOrigDocAmt": ScreenField(field="Amount", type=_MONEY),
        "Document.InvoiceNbr": ScreenField(field="VendorRef"),
        "Document.LastModifiedDateTime": ScreenField(
            field="LastModifiedDateTime", type="CustomDateTimeField"
        ),
        "CurrentDocument.EmployeeID": ScreenField(hidden="Owner"),
        "CurrentDocument.EmployeeID_description": ScreenField(hidden="OwnerName"),
        "CurrentDocument.EmployeeWorkgroupID": ScreenField(hidden="Workgroup"),
    },
    line_custom={
        "Transactions.CuryLineAmt": ScreenField(field="Amount", type=_MONEY),
        "Transactions.TranDesc": ScreenField(field="TransactionDescription"),
    },
    views={"ApprovedForPayment": "CurrentDocument", "CashAccount": "CurrentDocument"},
    schemas={
        "Details": "BillDetail",
        "Applications": "BillApplicationDetail",
        "TaxDetails": "BillTaxDetail",
        "RetainageDocuments": "BillRetainageDocument",
        "Approvals": "ApprovalDetail",
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
    fields=columns(
        "BaseCurrencyID Branch CurrencyID CurrencyRateTypeID Description Location OrderNbr Owner"
        " Project Status Terms Type VendorID VendorRef VendorTaxZone",
        D="ControlTotal CurrencyRate CurrencyReciprocalRate LineTotal OrderTotal TaxTotal",
        B="Hold IsTaxValid",
        T="CurrencyEffectiveDate Date PromisedOn",
        M="LastModifiedDateTime",
    ),
    lists={
        "Details": columns(
            "Account AlternateID BranchID CostCode Description InventoryID LineDescription LineType"
            " OrderNbr OrderType OrigPONbr OrigPOType Project ProjectTask ReceiptAction Subaccount"
            " Subitem TaxCategory UOM WarehouseID",
            D="CompleteOn ExtendedCost MaxReceiptPercent MinReceiptPercent OrderQty OrderedQty"
            " QtyOnReceipts ReceivedAmount UnitCost",
            B="CalculateDiscountsOnImport Cancelled Completed",
            I="LineNbr",
            T="Promised Requested",
        ),
        "TaxDetails": columns("TaxID", D="TaxableAmount TaxAmount TaxRate"),
        "Approvals": _APPROVALS,
    },
    linked={"ShippingInstructions": columns("Warehouse ShipVia FOBPoint ShippingDestinationType")},
    custom=_WHO
    | {
        f"Document.{mark}": ScreenField(hidden=mark, type="CustomBooleanField")
        for mark in ("RequestApproval", "Printed", "Emailed", "DontPrint", "DontEmail")
    }
    | {
        "Document.OwnerID": ScreenField(field="Owner"),
        "CurrentDocument.OwnerWorkgroupID": ScreenField(hidden="Workgroup"),
        "Document.CuryOrderTotal": ScreenField(field="OrderTotal", type=_MONEY),
    },
    line_custom={"Transactions.CuryLineAmt": ScreenField(field="ExtendedCost", type=_MONEY)},
    views={"VendorTaxZone": "CurrentDocument", "Terms": "CurrentDocument"},
    schemas={
        "Details": "PurchaseOrderDetail",
        "TaxDetails": "PurchaseOrderTaxDetail",
        "ShippingInstructions": "ShippingInstructions",
        "Approvals": "ApprovalDetail",
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
    fields=columns(
        "CashAccount CurrencyID Description PaymentMethod PaymentRef ReferenceNbr Status Type"
        " Vendor",
        D="PaymentAmount UnappliedBalance",
        B="Hold",
        T="ApplicationDate",
        M="LastModifiedDateTime",
    ),
    lists={
        "Details": columns(
            "DocType ReferenceNbr", D="AmountPaid Balance CashDiscountBalance", I="DocLineNbr"
        ),
        "History": columns(
            "DocType ReferenceNbr VendorRef",
            D="AmountPaid Balance CashDiscountBalance CashDiscountTaken",
        ),
        "Approvals": _APPROVALS,
    },
    custom=_WHO,
    schemas={
        "Details": "CheckDetail",
        "History": "CheckHistoryDetail",
        "Approvals": "ApprovalDetail",
    },
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
    fields=columns(
        "Branch BranchID CashAccount CurrencyID CustomerID CustomerLocationID Description"
        " CCProcessingStatus ExternalRef OrigTransaction PaymentMethod PaymentRef"
        " ProcessingCenterID ReferenceNbr Status Type",
        D="AppliedToDocuments AppliedToOrders AvailableBalance PaymentAmount",
        B="Hold IsCCPayment IsNewCard SaveCard",
        T="ApplicationDate",
        M="LastModifiedDateTime",
        I="CardAccountNbr",
        G="NoteID",
    ),
    lists={
        "ApplicationHistory": columns("DisplayRefNbr DisplayDocType", D="AmountPaid Balance"),
        "Charges": columns("EntryTypeID AccountID", D="Amount"),
        "CreditCardProcessingInfo": columns("TranType TranStatus", D="TranAmount", I="TranNbr"),
        "CreditCardTransactionInfo": columns("TranNbr TranType AuthNbr", T="TranDate"),
        "DocumentsToApply": columns(
            "CustomerOrder Description DocType ReferenceNbr WriteOffReasonCode",
            D="AmountPaid BalanceWriteOff CashDiscountTaken",
            I="DocLineNbr",
        ),
        "OrdersToApply": columns("OrderNbr OrderType", D="AppliedToOrder"),
        "Approvals": _APPROVALS,
    },
    list_errors={"ApplicationHistory": "ARAdjustments_History_POPrint"},
    custom=_WHO | {"Document.CuryDocBal": ScreenField(field="AvailableBalance", type=_MONEY)},
    unreadable=frozenset({"AvailableBalance"}),
    schemas={
        "ApplicationHistory": "PaymentApplicationHistoryDetail",
        "Charges": "PaymentCharge",
        "CreditCardProcessingInfo": "CreditCardProcessingDetail",
        "CreditCardTransactionInfo": "CreditCardTransactionDetail",
        "DocumentsToApply": "PaymentDetail",
        "OrdersToApply": "PaymentOrderDetail",
        "Approvals": "ApprovalDetail",
    },
)

_RECEIPT = Entity(
    name="PurchaseReceipt",
    screen="PO302000",
    form="Purchase Receipts",
    graph="PX.Objects.PO.POReceiptEntry",
    view="Document",
    keys=("Type", "ReceiptNbr"),
    number="{:06d}",
    party="VendorID",
    amount="TotalCost",
    types={"Receipt": "RT", "Return": "RN", "Transfer Receipt": "RX"},
    fields=columns(
        "BaseCurrencyID Branch CurrencyID CurrencyRateTypeID InventoryRefNbr Location PostPeriod"
        " ReceiptNbr Status Type VendorID VendorRef Warehouse",
        D="ControlQty CurrencyRate CurrencyReciprocalRate TotalCost TotalQty UnbilledQuantity",
        B="CreateBill Hold ProcessReturnWithOriginalCost",
        T="BillDate CurrencyEffectiveDate Date",
        M="LastModifiedDateTime",
    ),
    lists={
        "Details": columns(
            "Account AccrualAccount AccrualSubaccount Branch Description InventoryID LineType"
            " Location LotSerialNbr POOrderNbr POOrderType POReceiptNbr Subaccount Subitem"
            " TransactionDescription TransferOrderNbr TransferOrderType TransferShipmentNbr UOM"
            " Warehouse",
            D="EstimatedINExtendedCost ExtendedCost FinalINExtendedCost OpenQty OrderedQty"
            " ReceiptQty UnitCost",
            B="EditableUnitCost",
            I="LineNbr POLineNbr POReceiptLineNbr TransferOrderLineNbr",
            T="ExpirationDate",
        ),
        "Details/Allocations": columns(
            "Location LotSerialNbr Subitem UOM", D="Quantity", T="ExpirationDate"
        ),
    },
    custom=_WHO,
    line_custom={"Transactions.ReceiptQty": ScreenField(field="ReceiptQty", type=_MONEY)},
    schemas={
        "Details": "PurchaseReceiptDetail",
        "Details/Allocations": "PurchaseReceiptDetailAllocation",
    },
)

DOCUMENTS: Mapping[str, Entity] = {
    entity.name: entity for entity in (_BILL, _PURCHASE_ORDER, _CHECK, _PAYMENT)
}
ENTITIES: Mapping[str, Entity] = {
    **DOCUMENTS,
    **{entity.name: entity for entity in (_RECEIPT, EMPLOYEE, CONTACT_ENTITY, VENDOR)},
}
