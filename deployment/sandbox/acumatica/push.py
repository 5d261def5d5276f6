"""Push notifications (SM302000): how the sender is set, and what it has to send."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import timedelta

from .wire import Json

QUERIES: Mapping[str, str] = {
    "Bill": "CountersignBills",
    "PurchaseOrder": "CountersignPurchaseOrders",
    "Check": "CountersignChecks",
    "Payment": "CountersignPayments",
}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where notifications go, and the one header that proves where they come from."""

    url: str
    header: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """How the sender behaves, and misbehaves, now; the inquiries are the customer's own work."""

    on: bool = True
    duplicate: int = 0  # extra deliveries of each notification
    reorder: bool = False  # two neighbours change places
    split: bool = False  # Deleted and Inserted in requests of their own
    destination: Destination | None = None
    company_id: str = ""  # instead of the tenant's own name
    queries: Mapping[str, str] = field(default_factory=dict)  # entity → name of its inquiry
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # "" leaves one out
    filters: Mapping[str, list[str]] = field(default_factory=dict)  # statuses an inquiry shows
    status_as: str = "label"  # or "letter"
    type_as: str = "label"  # or "code"
    padded: bool = True
    deleted_minutes: int = 0  # times of deleted rows are written in another zone

    def query(self, entity: str) -> str:
        """The inquiry that shows an entity."""
        return self.queries.get(entity, QUERIES[entity])

    @property
    def deleted_shift(self) -> timedelta:
        """How far times of deleted rows are from those of inserted ones."""
        return timedelta(minutes=self.deleted_minutes)


@dataclass(frozen=True, slots=True)
class Notification:
    """One message as it will be sent, every attempt the same bytes."""

    id: str
    query: str
    body: bytes


def read_settings(row: object) -> Settings:
    """Settings as they were stored."""
    if not isinstance(row, dict):
        return Settings()
    known = {f.name: row[f.name] for f in fields(Settings) if f.name in row}
    destination = row.get("destination")
    return Settings(**{**known, "destination": Destination(**destination) if destination else None})


def settings_row(settings: Settings) -> Json:
    """Settings for the store, header value included."""
    return asdict(settings)


def changed(settings: Settings, **members: object) -> Settings:
    """The settings with some of them changed."""
    return replace(settings, **members)  # type: ignore[arg-type]
