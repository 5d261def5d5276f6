"""The stand-in keeps its speed with thousands of messages: nothing grows with their square."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox_teams_world import card

from deployment.sandbox.teams.conversations import Board, Message
from deployment.sandbox.teams.directory import load_directory
from deployment.sandbox.teams.limits import Limiter, Window
from deployment.sandbox.teams.posts import Post
from deployment.sandbox.teams.screen import screen


@dataclass(slots=True)
class CountingBoard(Board):
    """A board that counts how many messages were looked at."""

    looked_at: int = 0

    def within(self, conversation: str) -> Iterator[Message]:
        for message in Board.within(self, conversation):
            self.looked_at += 1
            yield message


def filled(count: int) -> CountingBoard:
    board = CountingBoard()
    channels = [one.id for one in load_directory("t").conversations if one.kind == "channel"]
    for number in range(count):
        place, post = channels[number % len(channels)], Post(card=card("Review"))
        board.add(place, post, root=None, sender="bot", at="", millis=number)
    return board


def test_a_screen_looks_at_every_message_a_fixed_number_of_times():
    directory, board = load_directory("t"), filled(2000)

    screen(directory, board, directory.people[0])

    assert board.looked_at == 2 * 2000


def test_one_conversation_is_read_without_looking_at_the_others():
    board = filled(5000)

    seen = list(board.within("19:payments@thread.tacv2"))

    assert len(seen) == 1000
    assert {one.conversation for one in seen} == {"19:payments@thread.tacv2"}


def test_the_limiter_forgets_what_no_window_needs():
    limiter, windows = Limiter(), (Window(1, 7), Window(3600, 1800))

    counted = sum(limiter.take({"k": windows}, number / 2) == 0.0 for number in range(7200))

    assert counted == 1800
