"""Texts of others on our cards: cleaned, cut, and escaped for the Markdown Teams reads.

An ERP text must never turn into a link, a mention or a layout of its own: links and mentions come
from our code alone. Views hold plain text; the renderer calls `escape` once, at the border.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import SplitResult, urlsplit

from cards.language import Language

LONGEST = 200
"""Characters shown of one field; the rest is in the ERP."""
LONGEST_URL = 1000
SOMEBODY = "somebody"
"""Whom we address when a directory told a person without a name."""

# Overrides, isolates and marks that reorder what a person reads, and characters nobody sees.
# U+200C and U+200D stay: several scripts cannot be written without them.
_HIDDEN = re.compile(
    "[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
_SPACES = re.compile(r"\s+")
_MARKDOWN = re.compile(r"([\\`*_\[\]()~#>])")
_LIST_MARKER = re.compile(r"^(\d+(?=\.(?: |$))|(?=[-+](?: |$)|--|==))")
# A lone `&` stays (Johnson & Johnson); only what a Markdown reader would decode is defused.
_ENTITY = re.compile(r"&(?=#?\w+;)")
_ANGLES = str.maketrans("<>", "‹›")
# Some clients make links of bare addresses; an invisible joiner inside keeps them mere words.
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=\w)", re.IGNORECASE)
_NOT_IN_URL = re.compile(r"[\s<>\"'`\\^{}|\x00-\x1f\x7f]")


def clean(text: str, longest: int = LONGEST) -> str:
    """Return *text* as one readable line: no control, hidden or reordering characters, cut."""
    line = _SPACES.sub(" ", "".join(_visible(char) for char in _HIDDEN.sub("", text))).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category in {"Cs", "Co"}:
        return ""
    return " " if category == "Cc" else char


def joined(names: Sequence[str], language: Language) -> str:
    """Return names as a sentence lists them: *Ann, Ben and Carla*."""
    *first, last = names
    return language.say("{first} and {last}", first=", ".join(first), last=last) if first else last


def plain(text: str, longest: int = LONGEST) -> str:
    """Return *text* for places that show no Markdown, such as a toast: no tags, no Markdown."""
    return clean(_ENTITY.sub("＆", text).translate(_ANGLES), longest)


def escape(text: str, longest: int = LONGEST) -> str:
    """Return *text* so that Teams shows its characters and obeys none of them."""
    escaped = _MARKDOWN.sub(r"\\\1", _ADDRESS.sub("\u2060", plain(text, longest)))
    return _LIST_MARKER.sub(r"\1\\", escaped)


def safe_url(url: str) -> str:
    """Return *url* when a card may open it (https, or http on this machine), else nothing."""
    if not url or len(url) > LONGEST_URL or _NOT_IN_URL.search(url):
        return ""
    try:
        parts = urlsplit(url)
        return url if _may_open(parts) else ""
    except ValueError:
        return ""


def _may_open(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def link(text: str, url: str) -> str:
    """Return Markdown that opens *url*, or the mere text when a card may not open it."""
    address = safe_url(url).replace("(", "%28").replace(")", "%29")
    return f"[{escape(text)}]({address})" if address else escape(text)


def tags(names: Iterable[str]) -> list[str]:
    """Return the `<at>` tag of each name, different for equal names, as Teams demands."""
    made: list[str] = []
    for name in names:
        inner = _tag_name(name)
        count, tag = 1, f"<at>{inner}</at>"
        while tag in made:
            count += 1
            tag = f"<at>{inner} {count}</at>"
        made.append(tag)
    return made


def bare(name: str) -> str:
    """Return a person's name where nothing can be escaped: no Markdown, tags or addresses in it."""
    words = re.sub(r"[\\`*_\[\]()~#<>]", " ", name)
    return clean(_ADDRESS.sub(" ", words), 60) or SOMEBODY


def _tag_name(name: str) -> str:
    # The tag must stand in the text exactly as in the entity, so Markdown cannot be escaped in it.
    return bare(name).replace("&", "&amp;")
