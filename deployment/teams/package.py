"""Writes the app package: one zip, the same bytes for the same settings."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from deployment.teams.manifest import TeamsApp, german, manifest

ICONS = Path(__file__).parent / "icons"
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The oldest time a zip can tell: the same settings make the same file."""


def build_package(app: TeamsApp, target: Path) -> list[str]:
    """Write the package to *target* and return the names in it.

    Raises PackageError when Teams would refuse it, OSError when it cannot be written.
    """
    files = {
        "manifest.json": _json(manifest(app)),
        "de.json": _json(german(app)),
        "color.png": (ICONS / "color.png").read_bytes(),
        "outline.png": (ICONS / "outline.png").read_bytes(),
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.external_attr = 0o644 << 16
            package.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return list(files)


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"
