"""Deep links of the ERP's UI: they carry the type's code where the API has its label. Pure."""

from collections.abc import Mapping
from urllib.parse import urlencode

from .book import Book, Record
from .fields import DOCUMENTS, Entity


def deep_link(tenant: str, record: Record) -> str:
    """The address the UI has for a document."""
    entity, (label, number) = record.shape, record.keys.values()
    type_name, number_name = _parameters(entity)
    query = {
        "CompanyID": tenant,
        "ScreenId": entity.screen,
        type_name: entity.types.get(label, label),
        number_name: number,
    }
    return f"/Main?{urlencode(query)}"


def find_linked(book: Book, query: Mapping[str, str]) -> Record | None:
    """The document a deep link means; None lands where the real UI would show its home page."""
    screen = query.get("ScreenId", "").upper()
    for entity in DOCUMENTS.values():
        if entity.screen == screen:
            type_name, number_name = _parameters(entity)
            labels = {code: label for label, code in entity.types.items()}
            label = labels.get(query.get(type_name, "").upper(), "")
            return book.by_keys(entity.name, (label, query.get(number_name, "")))
    return None


def _parameters(entity: Entity) -> tuple[str, str]:
    if entity.name == "PurchaseOrder":
        return "OrderType", "OrderNbr"
    return "DocType", "RefNbr"
