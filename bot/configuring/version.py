"""Which configuration something was decided by: a short name for what the file says. Pure."""

from __future__ import annotations

import hashlib

from bot.company_file import File
from storage.records import packed

SHORT = 10
"""Characters that name a version; nobody has so many that two begin alike."""


def version_of(file: File) -> str:
    """Return the hash of what *file* says; comments, spaces and the order of keys do not count."""
    said = file.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return hashlib.sha256(packed(said).encode()).hexdigest()


def short(version: str) -> str:
    """Return a version as people write it down."""
    return version[:SHORT]
