"""The gate: what was not meant for this visit does not come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens.gate import GLANCE, LIMIT, STILL, Gate


class Times:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def times() -> Times:
    return Times()


def test_nothing_passes_before_the_first_screen(times: Times) -> None:
    gate = Gate(times)
    for _ in range(10):
        assert not gate.passes()
        times.now += 10
    gate.painted()
    assert gate.passes()


def test_the_first_key_ever_passes_once_a_held_one_would_have_come(times: Times) -> None:
    gate = Gate(times)
    gate.painted()
    times.now += GLANCE + 0.01
    assert gate.passes()
    assert gate.passes()


def test_a_held_key_that_comes_again_only_after_the_first_screen_stays_out(times: Times) -> None:
    """The screen was painted between two of its repeats."""
    gate = Gate(times)
    gate.painted()
    for _ in range(300):
        times.now += 1 / 30
        assert not gate.passes()


def test_a_held_key_stays_out_until_it_is_let_go(times: Times) -> None:
    gate = Gate(times)
    assert not gate.passes()
    gate.painted()
    for _ in range(300):
        times.now += 1 / 30
        assert not gate.passes()
    times.now += STILL + 0.01
    assert gate.passes()
    times.now += 1 / 30
    assert gate.passes()


def test_a_flood_is_shut_out_until_it_is_over(times: Times) -> None:
    gate = Gate(times)
    gate.painted()
    times.now += GLANCE + 0.01
    assert sum(gate.passes() for _ in range(10_000)) == LIMIT
    assert gate.flooded
    for _ in range(LIMIT):
        gate.taken()
    assert not gate.passes()
    assert not gate.opens()
    times.now += STILL + 0.01
    assert gate.opens()
    assert not gate.flooded
    assert gate.passes()


@given(st.lists(st.floats(0.02, 2), min_size=1, max_size=400))
def test_fingers_are_never_shut_out(pauses: list[float]) -> None:
    """Whoever types no faster than the screens take keys loses none."""
    times = Times()
    gate = Gate(times)
    gate.painted()
    times.now += GLANCE + 0.01
    for pause in pauses:
        times.now += pause
        assert gate.passes()
        gate.taken()


@given(st.lists(st.sampled_from(["key", "taken", "wait"]), max_size=2000))
def test_never_more_wait_than_the_limit(moves: list[str]) -> None:
    times = Times()
    gate = Gate(times)
    gate.painted()
    waiting = 0
    for move in moves:
        if move == "key":
            waiting += gate.passes()
        elif move == "taken" and waiting:
            gate.taken()
            waiting -= 1
        else:
            times.now += 1
        assert 0 <= waiting <= LIMIT
