"""A document of an entity nobody wrote a sheet for: what is certain, and nothing guessed."""

from __future__ import annotations

import re

from cards.language import phrase
from cards.sheet import Sheet, number_part, owner_part, said

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def sheet_for(entity: str) -> Sheet:
    """Return a sheet for *entity*: its name in words, and fields most entities share."""
    return Sheet(
        noun=_HUMP.sub(" ", entity).capitalize(),
        party_untold="",
        party_field="",
        amount_field="Amount",
        branch_field="BranchID",
        money_expected=False,
        facts=(
            (phrase("Number"), number_part),
            (phrase("Type"), lambda paper: said(paper.document.key.type)),
            (phrase("Owner"), owner_part),
            (phrase("Description"), lambda paper: paper.named("Description")),
            (phrase("Branch"), lambda paper: said(paper.branch("BranchID"))),
        ),
    )
