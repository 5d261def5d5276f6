"""What the command `deliveries` shows a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rich.console import Console

from bot.operating.report import Page, drawn
from storage.records import Delivery

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
NARROW = 60
REASON = "the bot is not in the team this channel belongs to; add Countersign to that team in Teams"


def row(**told: object) -> Delivery:
    given = {
        "id": "m12", "state": "parked", "stage": "waiting", "what": "post", "company": "acme",
        "document": "Purchase Order/Normal/PO000001", "target": "channel:accounts payable",
        "reason": REASON, "attempts": 4, "since": NOW - timedelta(hours=3), "due_at": None,
    }  # fmt: skip
    return Delivery(**{**given, **told})  # type: ignore[arg-type]


def shown(page: Page) -> str:
    console = Console(width=NARROW)
    with console.capture() as told:
        console.print(drawn(page, NOW))
    return " ".join(told.get().split())


def counted(*rows: Delivery) -> dict[str, tuple[int, datetime]]:
    return {one.state: (1, one.since) for one in rows}


def test_nothing_of_a_delivery_is_cut_on_a_narrow_screen() -> None:
    told = shown(Page([row()], counted(row()), more=False))

    assert "m12 parked · post · acme · Purchase Order/Normal/PO000001 · 3 h ago · 4 tries" in told
    assert f"channel:accounts payable: {REASON}" in told


def test_what_gives_no_reason_tells_what_its_state_means() -> None:
    told = shown(Page([row(reason="", state="maybe")], counted(row(state="maybe")), more=False))

    assert "sent, but Teams gave no answer" in told.split("m12", 1)[1]


def test_a_list_that_leaves_nothing_says_so_beside_what_there_is() -> None:
    told = shown(Page([], counted(row(state="waiting")), more=False))

    assert "1 waiting" in told
    assert "Nothing of it is what you asked for." in told
