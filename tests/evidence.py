"""What is known of a run when everything has come to rest: the stand-ins' histories, and the store.

The stand-ins tell the truth; the product is asked only what became of what it had acknowledged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from world import Witness

from storage.chain import Key as ChainKey
from storage.chain import derive

Json = dict[str, Any]
Key = tuple[str, str]
"""A document: its entity and its number."""


@dataclass(frozen=True)
class Pressed:
    """One press as whoever made it saw it."""

    person: str
    number: str
    verb: str
    at: datetime
    shown: str = ""
    """The amount that stood on the presser's screen."""
    status: int = 200
    took: float = 0.0
    excused: bool = False
    """The network, the disk or a kill stood between the presser and the service."""


def by_the_demos_rules(login: str, row: Json) -> bool:
    """Who may release a bill by the demo's countersign.toml."""
    fields = row["fields"]
    amount = Decimal(str(fields["Amount"]))
    if login == "ann" and (amount > 25_000 or fields["CurrencyID"] != "USD"):
        return False
    if amount >= 10_000:
        return login == "erin"
    return login == "ann" or OWNERS.get(row["owner"] or "") == login


OWNERS = {
    f"EP0000000{number}": name
    for number, name in enumerate(
        ("ann", "ben", "carla", "dev", "erin", "farid", "grace", "hugo"), start=1
    )
}


@dataclass(frozen=True)
class Evidence:
    """What the stand-ins and the store hold when everything has come to rest."""

    erp: Sequence[Json]
    teams: Sequence[Json]
    documents: Sequence[Json]
    messages: Sequence[Json]
    store: Path
    breaks: Sequence[datetime] = ()
    """When the service died, or an answer of Teams was lost on its way."""
    presses: Sequence[Pressed] = ()
    may: Callable[[str, Json], bool] = by_the_demos_rules
    two_above: Decimal = Decimal("Infinity")
    """Above so much two different people must have pressed before anything is called."""
    us: frozenset[str] = frozenset({"countersign"})
    """The users of the ERP by whom the service acts; nobody else acts by them."""
    bill_cards: bool = True
    """Whether bills that wait must stand where the demo's routes want them."""
    signed_with: Sequence[ChainKey] = ()
    """What the audit trail was signed with, unless the key lies beside the store."""

    def chain_keys(self) -> Sequence[ChainKey]:
        """Whatever can prove the audit trail."""
        beside = self.store.with_name(self.store.name + ".audit-key")
        if self.signed_with or not beside.exists():
            return self.signed_with
        return (derive(beside.read_text("ascii").strip()),)


async def gather_evidence(witness: Witness, store: Path, **more: Any) -> Evidence:
    """Ask the stand-ins for everything."""
    return Evidence(
        erp=(await witness.get(f"{witness.erp}/_sandbox/history"))["events"],
        teams=(await witness.get(f"{witness.teams}/_sandbox/history"))["events"],
        documents=(await witness.get(f"{witness.erp}/_sandbox/documents"))["documents"],
        messages=list(standing(await witness.get(f"{witness.teams}/_sandbox/screen"))),
        store=store,
        **more,
    )


def standing(screen: Json) -> Iterator[Json]:
    """The messages of a screen, replies included, each with the place it stands in."""
    for place in screen["conversations"]:
        for message in place["messages"]:
            for one in (message, *message.get("replies", ())):
                yield {**one, "conversation": place["id"]}


def key_of(row: Json) -> Key:
    return row["entity"], str(list(row["keys"].values())[-1])


def moment(text: str) -> datetime:
    return datetime.fromisoformat(re.sub(r"\.(\d+)", lambda m: f".{m[1]:0<6}"[:7], text))


_NOUNS = {"Bill": "Bill", "Purchase order": "PurchaseOrder", "Check": "Check", "Payment": "Payment"}


def key_of_card(card: Json) -> Key | None:
    """Which document a card is about, by its own words."""
    said = str(card.get("fallbackText", ""))
    found = re.match(r"(Bill|Purchase order|Check|Payment) (\S+)( |$)", said)
    return (_NOUNS[found[1]], found[2]) if found else None
