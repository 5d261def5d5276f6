"""What a channel may know is the strictest of what is said of it; who was asked sees all."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from core_values import (
    ANN,
    BEN,
    COMPANY,
    EARLIER,
    NOW,
    PEOPLE,
    bill,
    card_at,
    decision_on,
    route_of,
)
from pydantic import ValidationError

from acumatica_client.models import Around
from bot.core.routes import Routes
from bot.core.situations import Story, Viewpoint, situation_of
from cards.language import ENGLISH
from cards.privacy import Discretion, Privacy
from storage.records import DecisionState, StoredDocument

LAST = route_of()


def routes(*rows: tuple[str, str]) -> Routes:
    """Routes of bills, each to one place with one privacy."""
    made = [route_of(entity="Bill", to=[place], privacy=word) for place, word in rows]
    return Routes([*made, LAST])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("channel:ap", "full")], Privacy.FULL),
        ([("channel:ap", "band"), ("channel:ap", "full")], Privacy.BAND),
        ([("channel:ap", "band"), ("channel:ap", "none")], Privacy.NONE),
        ([("channel:ap", "full"), ("channel:other", "none")], Privacy.FULL),
    ],
)
def test_the_strictest_route_to_a_channel_governs_every_card_there(
    rows: list[tuple[str, str]], told: Privacy
) -> None:
    assert routes(*rows).privacy("channel:ap") is told


def test_a_channel_no_route_names_is_told_as_little_as_any() -> None:
    assert (
        routes(("channel:ap", "full"), ("channel:b", "band")).privacy("channel:c") is Privacy.BAND
    )


def test_a_card_that_only_stands_in_is_told_as_little_as_any() -> None:
    # Nobody meant that channel to read the document: it went there because another was closed.
    found = routes(("channel:ap", "none"), ("channel:b", "full"))

    assert found.privacy("channel:b") is Privacy.FULL
    assert found.privacy("channel:b", stands_in=True) is Privacy.NONE


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([({"when": "on hold", "to": "channel:ap"}, "full")], Privacy.FULL),
        ([({"when": "on hold", "to": "channel:ap"}, "none")], Privacy.NONE),
        ([({"when": "open", "to": "channel:ap"}, "none")], Privacy.FULL),
        # Not only the first that matches: somebody meant each of them for such documents.
        (
            [
                ({"when": "on hold", "to": "channel:ap"}, "full"),
                ({"when": "on hold", "to": "approver"}, "none"),
            ],
            Privacy.NONE,
        ),
        # Its card in that channel tells no more than this, either.
        (
            [
                ({"when": "on hold", "to": "channel:ap"}, "full"),
                ({"when": "open", "to": "channel:ap"}, "band"),
            ],
            Privacy.BAND,
        ),
    ],
)
def test_a_document_is_told_elsewhere_as_the_strictest_route_that_matches_it_says(
    rows: list[tuple[dict[str, str], str]], told: Privacy
) -> None:
    made = [route_of(entity="Bill", privacy=word, **row) for row, word in rows]

    assert Routes([*made, LAST]).privacy_of(bill()) is told


@pytest.mark.parametrize("target", ["person:aad-ann", "approver"])
def test_a_persons_own_chat_is_told_everything(target: str) -> None:
    assert (
        routes((f"channel:{target}", "none"), ("approver", "none")).privacy(target) is Privacy.FULL
    )


def test_a_privacy_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"full.*band.*none"):
        route_of(privacy="secret")


@pytest.mark.parametrize("state", [DecisionState.PENDING, DecisionState.CLAIMED])
@pytest.mark.parametrize(
    ("viewer", "told"),
    [
        ("", Privacy.NONE),
        (ANN.aad_object_id, Privacy.FULL),
        (BEN.aad_object_id, Privacy.NONE),
    ],
)
def test_only_who_was_asked_sees_everything_in_a_discreet_channel(
    viewer: str, told: Privacy, state: DecisionState
) -> None:
    shown = bill()
    record = StoredDocument(
        COMPANY, str(shown.key), shown.status, EARLIER, "f", EARLIER, shown.to_json(), 1, NOW
    )
    asked = decision_on(shown, state, person="aad-ann", verb="release")
    view = Viewpoint(NOW, ZoneInfo("UTC"), "https://erp.example", "Company", ENGLISH)
    discreet = replace(view, viewer=viewer, discretion=Discretion(Privacy.NONE))

    situation = situation_of(Story(record, shown, (asked,), (), PEOPLE), card_at(), discreet)

    assert situation.discretion.privacy is told


@pytest.mark.parametrize(
    ("privacy", "approvers", "asks"),
    [
        (Privacy.FULL, (), True),
        (Privacy.BAND, (), True),  # the owner, whom the card names
        (Privacy.NONE, (), False),
        (Privacy.NONE, ("aad-ann",), True),
    ],
)
def test_a_discreet_card_offers_to_ask_only_where_it_names_somebody_to_ask(
    privacy: Privacy, approvers: tuple[str, ...], asks: bool
) -> None:
    shown = bill().with_around(Around("Acme Paper", "E01"))
    record = StoredDocument(
        COMPANY, str(shown.key), shown.status, EARLIER, "f", EARLIER, shown.to_json(), 1, NOW
    )
    decision = replace(decision_on(shown), approvers=approvers)
    view = Viewpoint(NOW, ZoneInfo("UTC"), "https://erp.example", "Company", ENGLISH)
    bens = replace(view, viewer=BEN.aad_object_id, discretion=Discretion(privacy))

    situation = situation_of(Story(record, shown, (decision,), (), PEOPLE), card_at(), bens)

    assert situation.may_ask is asks
