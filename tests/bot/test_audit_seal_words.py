"""The words of the seal on top of evidence, to the letter: somebody may read them in court."""

from __future__ import annotations

import pytest

from bot.auditing.seal import seal_of
from storage.chain import Flaw
from storage.examining import Finding

FITTED = "When this was made, each of its 1,234 rows fitted its proof."
AGREES = "An anchor told before agrees with the last of them, row 1,234."
NO_ANCHOR = "No anchor was at hand: rows cut off the end would not be seen."


def found(held: int = 1234, **more: int) -> Finding:
    return Finding(1234, "mac", 1, more.pop("erased", 0), held=held, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("finding", "where", "title", "told"),
    [
        (found(), "", "The audit trail is whole", f"{FITTED} {AGREES}"),
        (
            found(1200, erased=1000), "", "The audit trail is whole",
            f"{FITTED} An anchor told before agrees up to row 1,200; nothing tells whether rows"
            " after row 1,234 were cut off. Of 1,000 rows details were erased by who had the key:"
            " what stood there is not proved any more; when, what and how it ended is.",
        ),
        (
            found(0), "beside", "Every row is as it was written; the end is not proved",
            f"{FITTED} {NO_ANCHOR}",
        ),
        (
            found(), "beside", "Every row is as it was written; the end is not proved",
            f"{FITTED} {AGREES} The anchors lie beside the store: who can write both can cut the"
            " end off both.",
        ),
        (
            found(), "weak", "Every row fits its proof, but the key lies beside the rows",
            f"{FITTED} {AGREES} The key lies beside the store: who can write both can write all of"
            " it anew.",
        ),
        (
            found(former=1500), "", "Every row of the chain is as it was written; older ones wait",
            f"{FITTED} {AGREES} 1,500 rows are older than the chain and not proved.",
        ),
        (
            Finding(0, "", 0, 0), "", "The audit trail is empty",
            f"When this was made, each of its 0 rows fitted its proof. {NO_ANCHOR}",
        ),
        (
            Finding(1234, "mac", 0, 0, Flaw(1235, "is missing")), "", "The audit trail is broken",
            f"When this was made, row 1235 is missing. The 1,234 rows before it fit. {NO_ANCHOR}",
        ),
    ],
)  # fmt: skip
def test_the_seal_says_exactly(finding: Finding, where: str, title: str, told: str) -> None:
    seal = seal_of(finding, beside=where == "beside", weak=where == "weak")

    assert (seal.title, seal.told) == (title, told)
