"""The pages hang together: each link leads somewhere, and the index names every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    *sorted(DOCS.rglob("*.md")),
    *sorted((ROOT / "deployment").rglob("*.md")),
    *sorted((ROOT / "bench").rglob("*.md")),
]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The names GitHub gives a page's headings."""
    told = HEADING.findall(page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in told}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_of_a_page_leads_somewhere(page: Path) -> None:
    for to, anchor in LINK.findall(page.read_text("utf-8")):
        there = (page.parent / to).resolve() if to else page
        assert there.exists(), to
        assert not anchor or anchor in anchors(there), f"{to}#{anchor}"


def test_the_index_names_every_page() -> None:
    told = {to for to, _ in LINK.findall((DOCS / "README.md").read_text("utf-8"))}

    assert {page.name for page in DOCS.glob("*.md")} - told == {"README.md"}
