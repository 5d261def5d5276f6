"""Employees, contacts and vendors of the `Default` endpoint, as data."""

from .shapes import ADDRESS, CONTACT, Entity, ScreenField, columns

EMPLOYEE = Entity(
    name="Employee",
    screen="EP203000",
    form="Employees",
    graph="PX.Objects.EP.EmployeeMaint",
    view="Employee",
    keys=("EmployeeID",),
    fields=columns("EmployeeID EmployeeName Status", M="LastModifiedDateTime"),
    lists={
        "Attributes": columns("AttributeID Value"),
        "CompanyTreeInfo": columns(),
        "Delegates": columns(
            "Delegate EmployeeName DelegationOf", T="StartsOn ExpiresOn", B="IsActive"
        ),
        "EmploymentHistory": columns("PositionID", T="StartDate EndDate", B="Active"),
    },
    linked={
        "ContactInfo": CONTACT,
        "ContactInfo/Address": ADDRESS,
        "EmployeeSettings": columns(
            "BranchID Calendar CurrencyID DepartmentID EmployeeClass EmployeeRefNbr ReportsTo"
            " Salesperson",
            B="TimeCardIsRequired",
        ),
        "FinancialSettings": columns("APAccount CashAccount ExpenseAccount PaymentMethod Terms"),
    },
    custom={
        "User.Username": ScreenField(hidden="Login"),
        "Contact.EMail": ScreenField(hidden="Email"),
        "CurrentEmployee.SupervisorID": ScreenField(hidden="Supervisor"),
        "CurrentEmployee.UserID": ScreenField(hidden="UserID", type="CustomGuidField"),
        "CurrentEmployee.DefaultWorkgroupID": ScreenField(hidden="DefaultWorkgroup"),
    },
    schemas={
        "Attributes": "AttributeValue",
        "CompanyTreeInfo": "EmployeeCompanyTreeInfo",
        "Delegates": "EmployeeDelegate",
        "EmploymentHistory": "EmploymentHistoryRecord",
        "ContactInfo": "Contact",
        "ContactInfo/Address": "Address",
        "EmployeeSettings": "EmployeeSettings",
        "FinancialSettings": "EmployeeFinancialSettings",
    },
)

CONTACT_ENTITY = Entity(
    name="Contact",
    screen="CR302000",
    form="Contacts",
    graph="PX.Objects.CR.ContactMaint",
    view="Contact",
    keys=("ContactID",),
    # The endpoint has one table of contacts: a person's or vendor's linked one is shown in part.
    fields={
        **CONTACT,
        **columns(
            "Status Type BusinessAccount Owner OwnerEmployeeName Workgroup WorkgroupDescription",
            I="ContactID",
            B="Active",
            G="NoteID",
            M="LastModifiedDateTime",
        ),
    },
    lists={"UserInfo/Roles": columns("RoleDescription RoleName UserType", B="Selected")},
    linked={
        "Address": ADDRESS,
        "UserInfo": columns("Login Password Status UserType", B="GeneratePassword"),
    },
    schemas={
        "Address": "Address",
        "UserInfo": "ContactUserInfo",
        "UserInfo/Roles": "ContactRoles",
    },
)

VENDOR = Entity(
    name="Vendor",
    screen="AP303000",
    form="Vendors",
    graph="PX.Objects.AP.VendorMaint",
    view="BAccount",
    keys=("VendorID",),
    fields=columns(
        "VendorID VendorName LegalName Status VendorClass CurrencyID Terms PaymentMethod"
        " CashAccount TaxRegistrationID TaxZone PaymentBy AccountRef APAccount APSubaccount"
        " FOBPoint LocationName ParentAccount ReceiptAction ReceivingBranch ShippingTerms ShipVia"
        " TaxCalculationMode Warehouse",
        B="LandedCostVendor PaySeparately PrintOrders SendOrdersbyEmail F1099Vendor",
        I="LeadTimedays PaymentLeadTimedays",
        M="CreatedDateTime LastModifiedDateTime",
    ),
    lists={
        "PaymentInstructions": columns(
            "Description PaymentInstructionsID PaymentMethod Value", I="LocationID"
        ),
    },
    linked={
        "MainContact": CONTACT,
        "MainContact/Address": ADDRESS,
        "PrimaryContact": CONTACT,
        "RemittanceContact": CONTACT,
    },
    custom={"CurrentVendor.TermsID": ScreenField(field="Terms")},
    views={
        "Terms": "CurrentVendor",
        "VendorClass": "CurrentVendor",
        "PaymentMethod": "DefLocation",
        "CashAccount": "DefLocation",
    },
    schemas={
        "PaymentInstructions": "BusinessAccountPaymentInstructionDetail",
        "MainContact": "Contact",
        "MainContact/Address": "Address",
        "PrimaryContact": "Contact",
        "RemittanceContact": "Contact",
    },
)
