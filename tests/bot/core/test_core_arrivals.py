"""What an installation event says about us; everything unknown is about others."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.arrivals import Came, read_arrival

US = "28:app"
TEAM = {"team": {"id": "19:general@thread.tacv2", "name": "Finance"}}


def event(kind: str = "installationUpdate", **more: Any) -> dict[str, Any]:
    """An event in somebody's own chat."""
    return {
        "type": kind,
        "recipient": {"id": US},
        "from": {"id": "29:ann", "aadObjectId": "aad-ann", "name": "Ann Whitfield"},
        "conversation": {"id": "a:1ann", "conversationType": "personal"},
        "serviceUrl": "https://smba.example/",
        **more,
    }


@pytest.mark.parametrize(
    ("wire", "came"),
    [
        (event(action="add"), Came.ADDED),
        (event(action="add-upgrade"), Came.UPGRADED),
        (event(action="remove-upgrade"), Came.UPGRADED),
        (event(action="remove"), Came.REMOVED),
        (event(action="something new"), Came.OTHER),
        (event(), Came.OTHER),
        (event("conversationUpdate", membersAdded=[{"id": "29:ann"}, {"id": US}]), Came.ADDED),
        (event("conversationUpdate", membersAdded=[{"id": "29:ann"}]), Came.OTHER),
        (event("conversationUpdate", membersAdded="x"), Came.OTHER),
        (event("conversationUpdate", membersAdded=[{"id": US}], channelData=TEAM), Came.OTHER),
        (event("conversationUpdate", membersAdded=[{}], recipient={}), Came.OTHER),
        ({"type": "surprise"}, Came.OTHER),
    ],
)
def test_what_happened_to_us(wire: dict[str, Any], came: Came) -> None:
    assert read_arrival(wire).came is came


def test_in_a_team_the_first_words_go_to_the_selected_channel_and_the_team_is_greeted_once() -> (
    None
):
    settings = {"settings": {"selectedChannel": {"id": "19:chosen@thread.tacv2"}}}
    place = {"id": "19:general@thread.tacv2;messageid=1", "conversationType": "channel"}

    found = read_arrival(event(action="add", channelData=TEAM | settings, conversation=place))

    assert found.conversation == "19:chosen@thread.tacv2"
    assert found.whole == "19:general@thread.tacv2"
    assert (found.by, found.by_name) == ("aad-ann", "Ann Whitfield")
