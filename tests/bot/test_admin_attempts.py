"""A sign-in on its way comes back once, in time, to the browser it left from; only so many do."""

from __future__ import annotations

from itertools import count

from door_world import PushedClock

from bot.admin.attempts import MOST, PATIENCE, Attempts


def attempts() -> tuple[PushedClock, Attempts]:
    clock, numbers = PushedClock(), count()
    return clock, Attempts(clock, lambda: f"an unguessable text of chance {next(numbers)}")


def test_it_comes_back_once() -> None:
    _, own = attempts()
    state, browser, attempt = own.begin()
    assert own.take(state, browser) == attempt
    assert own.take(state, browser) is None


def test_a_stranger_neither_takes_it_nor_uses_it_up() -> None:
    _, own = attempts()
    state, browser, attempt = own.begin()
    assert own.take(state, own.begin()[1]) is None
    assert own.take(state, browser) == attempt


def test_it_comes_back_in_time_or_not_at_all() -> None:
    clock, own = attempts()
    state, browser, _ = own.begin()
    clock.ahead = PATIENCE
    assert own.take(state, browser) is None


def test_of_too_many_the_oldest_go() -> None:
    _, own = attempts()
    first = own.begin()
    later = [own.begin() for _ in range(MOST)]
    assert own.take(*first[:2]) is None
    assert own.take(*later[0][:2]) == later[0][2]


def test_the_verifier_is_as_long_as_pkce_wants() -> None:
    from bot.clock import system_ports

    ports = system_ports()
    _, _, attempt = Attempts(ports.clock, ports.token).begin()
    assert 43 <= len(attempt.verifier) <= 128
