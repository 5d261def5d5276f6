"""The pure parts with values only: windows, card reading, people."""

import pytest

from deployment.sandbox.teams.cards import buttons, pressed_data, refreshed_ids
from deployment.sandbox.teams.conversations import split_thread
from deployment.sandbox.teams.directory import load_directory
from deployment.sandbox.teams.limits import SEND, Limiter, Window


def test_the_seven_of_a_second_and_the_eight_of_two():
    limiter = Limiter()

    taken = [limiter.take({"k": SEND}, 0.0) for _ in range(7)]
    eighth = limiter.take({"k": SEND}, 0.5)
    later = limiter.take({"k": SEND}, 1.0)
    ninth = limiter.take({"k": SEND}, 1.5)

    assert taken == [0.0] * 7
    assert (eighth, later, ninth) == (0.5, 0.0, 0.5)


def test_the_sixty_of_half_a_minute():
    limiter = Limiter()
    for second in range(30):
        limiter.take({"k": SEND}, second + 0.0)
        limiter.take({"k": SEND}, second + 0.2)

    assert limiter.take({"k": SEND}, 29.5) == pytest.approx(0.5)
    assert limiter.take({"k": SEND}, 30.0) == 0.0


def test_a_refused_call_is_not_counted_under_any_key():
    limiter, tight = Limiter(), (Window(1, 1),)
    limiter.take({"a": tight}, 0.0)

    refused = limiter.take({"a": tight, "b": tight}, 0.0)

    assert refused == 1.0
    assert limiter.take({"b": tight}, 0.0) == 0.0


def test_calls_outside_every_window_are_forgotten():
    limiter = Limiter()
    for _ in range(7):
        limiter.take({"k": SEND}, 0.0)

    assert limiter.take({"k": SEND}, 4000.0) == 0.0


def act(title: str, **more: object) -> dict:
    return {"type": "Action.Execute", "title": title, "verb": title.lower(), **more}


def test_buttons_are_found_wherever_a_card_may_carry_them():
    deep = {"type": "ActionSet", "actions": [act("Deep")]}
    card = {
        "type": "AdaptiveCard",
        "body": [{"type": "Container", "items": [deep]}],
        "actions": [
            act("Top", fallback=act("Fallback")),
            {"type": "Action.ShowCard", "title": "S"},
        ],
        "refresh": {"action": act("R")},
    }

    assert [one.title for one in buttons(card)] == ["Deep", "Top", "Refresh card"]


def test_the_inputs_of_a_sibling_show_card_are_not_sent():
    def unfolding(name: str) -> dict:
        inner = {"body": [{"type": "Input.Text", "id": name}], "actions": [act(name)]}
        return {"type": "Action.ShowCard", "card": inner}

    card = {"type": "AdaptiveCard", "actions": [unfolding("a"), unfolding("b")]}

    assert [one.defaults for one in buttons(card)] == [{"a": ""}, {"b": ""}]


@pytest.mark.parametrize(
    ("action", "sent"),
    [
        (act("A", data={"x": 1}), {"x": 1, "i": "typed", "n": "5"}),
        (act("A"), {"i": "typed", "n": "5"}),
        (act("A", data={"x": 1}, associatedInputs="none"), {"x": 1}),
        (act("A", associatedInputs="none"), {}),
        (act("A", data="text"), "text"),
    ],
)
def test_data_and_inputs_are_merged(action: dict, sent: object):
    inputs = [
        {"type": "Input.Text", "id": "i", "value": "v"},
        {"type": "Input.Number", "id": "n", "value": "5"},
        {"type": "Input.Date", "id": "d"},
    ]
    [button] = buttons({"body": inputs, "actions": [action]})

    assert pressed_data(button, {"i": "typed"}) == sent


@pytest.mark.parametrize(
    ("refresh", "ids"),
    [
        ({}, []),
        ({"action": act("R")}, None),
        ({"action": act("R"), "userIds": []}, []),
        ({"action": act("R"), "userIds": ["29:1"]}, ["29:1"]),
        ({"action": act("R"), "userIds": "29:1"}, []),
        ({"action": act("R"), "userIds": [str(n) for n in range(70)]}, [str(n) for n in range(60)]),
    ],
)
def test_at_most_sixty_are_refreshed(refresh: dict, ids: list | None):
    assert refreshed_ids({"refresh": refresh}) == ids


def test_a_thread_id_is_split_at_its_mark():
    assert split_thread("19:a@thread.tacv2;messageid=17") == ("19:a@thread.tacv2", "17")
    assert split_thread("a:1ann") == ("a:1ann", None)


def test_a_person_is_found_by_every_id():
    directory = load_directory("tenant")
    refs = ("ann", "ANN@acme.example", "29:1ann-whitfield-acme", directory.people[0].aad_id)

    assert {directory.person(ref) for ref in refs} == {directory.people[0]}
    assert directory.person("Ann Whitfield") is None
