"""Reads files that people name, within bounds: a device or a dump fills no memory."""

from __future__ import annotations

import errno
from pathlib import Path

MOST = 4 * 1024 * 1024
"""Characters of a file; a `countersign.toml` of a thousand routes has some hundred thousand."""


def read_text(path: Path) -> str:
    """Return the text of a file. Raises OSError, for one too large as well; UnicodeDecodeError."""
    with path.open(encoding="utf-8") as file:
        text = file.read(MOST + 1)
    if len(text) > MOST:
        raise OSError(errno.EFBIG, f"it is larger than {MOST >> 20} MiB", str(path))
    return text
