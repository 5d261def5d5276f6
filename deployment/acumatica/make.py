"""Writes the generic inquiries of `tables` as files Acumatica imports (SM208000, Import from XML).

Run as `python -m deployment.acumatica.make` after changing a table. The form of the files is that
of inquiries Acumatica publishes with its training: relations, layout, then one row of data.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from deployment.acumatica.tables import INQUIRIES, Inquiry

FOLDER = Path(__file__).parent / "inquiries"
_OURS = uuid.UUID("5b7c3c36-2f3e-4c0a-9a55-0f1c6f4f6d11")
_OFF = (
    "NewRecordCreationEnabled", "MassDeleteEnabled", "AutoConfirmDelete",
    "MassRecordsUpdateEnabled", "MassActionsOnRecordsEnabled", "ExposeViaOData", "ExposeViaMobile",
    "ShowDeletedRecords",
)  # fmt: skip
_LINKS = (
    ("GITable (DesignID)", "GIDesign (DesignID)"),
    ("GIResult (DesignID)", "GIDesign (DesignID)"),
    ("GIResult (ObjectName, DesignID)", "GITable (Alias, DesignID)"),
)


def main() -> None:
    """Write every inquiry into `inquiries/`."""
    FOLDER.mkdir(exist_ok=True)
    for inquiry in INQUIRIES:
        (FOLDER / f"{inquiry.title}.xml").write_bytes(inquiry_file(inquiry))


def inquiry_file(inquiry: Inquiry) -> bytes:
    """Return *inquiry* as the bytes of its file; the same inquiry is always the same bytes."""
    root = Element("data-set")
    root.append(_relations())
    root.append(_layout())
    design = SubElement(SubElement(SubElement(root, "data"), "GIDesign"), "row", _design(inquiry))
    table = SubElement(design, "GITable", {"Alias": inquiry.alias, "Name": inquiry.table})
    for line, caption in enumerate(inquiry.columns, 1):
        SubElement(table, "GIResult", _result(inquiry, line, caption))
    indent(root)
    head = b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n'
    body: bytes = tostring(root, encoding="utf-8")
    return head + body + b"\n"


def _relations() -> Element:
    relations = Element(
        "relations",
        {
            "format-version": "3",
            "relations-version": "20210225",
            "main-table": "GIDesign",
            "stable-sharing": "True",
            "file-name": "(Name)",
        },
    )
    for start, end in _LINKS:
        SubElement(relations, "link", {"from": start, "to": end})
    return relations


def _layout() -> Element:
    layout = Element("layout")
    design = SubElement(layout, "table", {"name": "GIDesign"})
    table = SubElement(design, "table", {"name": "GITable", "uplink": "(DesignID) = (DesignID)"})
    link = "(Alias, DesignID) = (ObjectName, DesignID)"
    SubElement(table, "table", {"name": "GIResult", "uplink": link})
    return layout


def _design(inquiry: Inquiry) -> dict[str, str]:
    return {
        "DesignID": _id(inquiry.title),
        "Name": inquiry.title,
        "FilterColCount": "3",
        "PageSize": "0",
        "ExportTop": "0",
        **dict.fromkeys(_OFF, "0"),
    }


def _result(inquiry: Inquiry, line: int, caption: str) -> dict[str, str]:
    field = inquiry.columns[caption]
    return {
        "LineNbr": str(line),
        "SortOrder": str(line),
        "IsActive": "1",
        "Field": field,
        "SchemaField": f"{inquiry.alias}.{field[0].upper()}{field[1:]}",
        "IsVisible": "1",
        "DefaultNav": "0",
        "QuickFilter": "0",
        "FastFilter": "1",
        "Caption": caption,
        "RowID": _id(f"{inquiry.title}/{caption}"),
    }


def _id(name: str) -> str:
    """Return an id that stays the same, so that a second import updates instead of doubling."""
    return str(uuid.uuid5(_OURS, name))


if __name__ == "__main__":
    main()
