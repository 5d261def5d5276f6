"""The endpoint versions an instance serves: which names and actions each of them knows. Pure.

What a version lacks is refused there like any unknown name; that is how clients written for one
version break on another.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from .fields import DOCUMENTS, ENTITIES, Entity
from .shapes import Kind, Table

CONTRACT4 = ("20.200.001", "22.200.001", "23.200.001", "24.200.001", "25.200.001")
CONTRACT5 = "26.200.001"
EXTENSION = "Countersign"
EXTENDS = "24.200.001"
_COMMERCE = ("20.200.001", "22.200.001", "23.200.001", "24.200.001")

# Names by the version that brought them; the newest tables are in `fields` and `parties`.
_SINCE: Mapping[str, str] = {
    "22.200.001": "PurchaseOrder/IsTaxValid PurchaseOrder/Details/OrderedQty"
    " Payment/AppliedToOrders Payment/AvailableBalance Payment/BranchID"
    " Payment/CustomerLocationID Payment/ExternalRef Payment/IsNewCard Payment/NoteID"
    " Payment/OrigTransaction Employee/Delegates/DelegationOf Employee/Delegates/StartsOn"
    " Employee/Delegates/ExpiresOn Employee/Delegates/IsActive Vendor/LegalName"
    " PurchaseReceipt/InventoryRefNbr",
    "23.200.001": "Payment/IsCCPayment Payment/Charges PurchaseReceipt/LastModifiedDateTime",
    "24.200.001": "Bill/Details/LCLineNbr Bill/Details/LCNbr Bill/Details/LCType",
    "25.200.001": "Bill/RetainageDocuments Employee/CompanyTreeInfo",
    "26.200.001": "Payment/CCProcessingStatus",
}
_WITHOUT: Mapping[str, str] = {"22.200.001": "Bill/IsTaxValid"}

# Declared actions: entity, name in the endpoint, the screen's own name, since which version.
_ACTIONS = (
    ("Bill", "ReleaseBill", "Release", ""),
    ("Bill", "ReverseBill", "ReverseInvoice", ""),
    ("Bill", "ReleaseRetainage", "ReleaseRetainageAmount", "23.200.001"),
    ("Check", "ReleaseCheck", "Release", ""),
    ("Check", "VoidCheck", "VoidCheck", ""),
    ("Payment", "ReleasePayment", "Release", ""),
    ("Payment", "VoidPayment", "VoidCheck", ""),
    ("Payment", "CaptureCreditCardPayment", "CaptureCCPayment", ""),
    ("Payment", "VoidCardPayment", "VoidCCPayment", "22.200.001"),
    ("Payment", "CardOperation", "CCPaymentOperation", "22.200.001"),
    ("Employee", "ChangeEmployeeID", "ChangeID", ""),
    ("Vendor", "CreateContactFromVendor", "CreateContact", "23.200.001"),
    ("Contact", "CheckForContactDuplicates", "CheckForDuplicates", ""),
    ("Contact", "MarkContactAsValidated", "MarkAsValidated", ""),
    ("Contact", "ValidateContactAddress", "ValidateAddress", ""),
    ("Contact", "CreateAccountFromContact", "CreateBothAccountAndContact", "23.200.001"),
    ("PurchaseReceipt", "ReleasePurchaseReceipt", "Release", ""),
    ("PurchaseReceipt", "CreateAPBill", "CreateAPDocument", ""),
)
PARAMETERS: Mapping[str, Table] = {
    "ReleaseRetainage": {"AmtToRelease": Kind.DECIMAL, "Date": Kind.DAY, "PostPeriod": Kind.TEXT},
    "CardOperation": {
        **dict.fromkeys(("TranType", "TranNbr", "AuthNumber", "ExtProfileId"), Kind.TEXT),
        **{"TranDate": Kind.DAY, "OrigTranNbr": Kind.TEXT, "Amount": Kind.DECIMAL},
    },
    "ChangeEmployeeID": {"EmployeeID": Kind.TEXT},
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint in one version."""

    name: str
    version: str
    contract: int = 4
    entities: Mapping[str, Entity] = field(default_factory=dict)
    actions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    site: str = ""  # the folder the instance lives in
    own: bool = False  # the tenant's, not the system's: listed for who is signed in

    @property
    def path(self) -> str:
        """Where it is served."""
        return f"{self.site}/entity/{self.name}/{self.version}"


@cache
def endpoints(
    versions: tuple[str, ...], *, contract5: bool = False, site: str = ""
) -> tuple[Endpoint, ...]:
    """Everything an instance with these `Default` versions lists, newest first."""
    served = [*_newest_first(versions), *([CONTRACT5] if contract5 else [])]
    defaults = [_default(version) for version in _newest_first(served)]
    shops = [Endpoint("eCommerce", v) for v in _newest_first(versions) if v in _COMMERCE]
    everything = (*defaults, *shops, *([_extension()] if EXTENDS in versions else []))
    return tuple(replace(endpoint, site=site) for endpoint in everything)


def build_of(versions: Iterable[str]) -> str:
    """A build number of the release that brought the newest version."""
    return f"{max(versions)[:2]}.217.0013"


def _newest_first(versions: Iterable[str]) -> list[str]:
    return sorted(versions, reverse=True)


def _default(version: str) -> Endpoint:
    lacking = {"Approvals", *_lacking(version)}
    entities = {name: _narrowed(entity, lacking) for name, entity in ENTITIES.items()}
    contract = 5 if version == CONTRACT5 else 4
    return Endpoint("Default", version, contract, entities, _declared(version))


def _extension() -> Endpoint:
    """The tenant's own endpoint: what an approver must know and `Default` does not say."""
    lacking = set(_lacking(EXTENDS))
    entities = {name: _narrowed(entity, lacking) for name, entity in ENTITIES.items()}
    for name in DOCUMENTS:
        entities[name] = _mapped(entities[name], "CreatedBy", "LastModifiedBy")
    entities["Bill"] = _mapped(entities["Bill"], "Owner", "Workgroup")
    entities["Employee"] = _mapped(entities["Employee"], "Login")
    return Endpoint(EXTENSION, EXTENDS, 4, entities, _declared(EXTENDS), own=True)


def _mapped(entity: Entity, *names: str) -> Entity:
    """The entity with fields the ERP keeps but `Default` does not map."""
    fields = dict(sorted({**entity.fields, **dict.fromkeys(names, Kind.TEXT)}.items()))
    hidden = {**entity.from_hidden, **{name: name for name in names}}
    return replace(entity, fields=fields, from_hidden=hidden)


def _declared(version: str) -> dict[str, dict[str, str]]:
    declared: dict[str, dict[str, str]] = {name: {} for name in ENTITIES}
    for entity, name, action, since in _ACTIONS:
        if since <= version:
            declared[entity][name] = action
    return declared


def _lacking(version: str) -> Iterator[str]:
    yield from _WITHOUT.get(version, "").split()
    for since, names in _SINCE.items():
        if since > version:
            yield from names.split()


def _narrowed(entity: Entity, lacking: set[str]) -> Entity:
    gone = {name.removeprefix(f"{entity.name}/") for name in lacking}
    lists = {
        name: _without(table, f"{name}/", gone)
        for name, table in entity.lists.items()
        if name not in gone
    }
    return replace(entity, fields=_without(entity.fields, "", gone), lists=lists)


def _without(table: Table, under: str, gone: set[str]) -> Table:
    return {name: kind for name, kind in table.items() if f"{under}{name}" not in gone}
