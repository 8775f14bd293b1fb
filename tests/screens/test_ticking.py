"""What is due by the clock while nobody is at the kiosk."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data.registry import Registry
from kiosk.lifecycle.tick import HEARTBEAT
from tests.conftest import TODAY
from tests.screens.journey import Journey
from tests.screens.terminal import Person, children, restored

Start = Callable[..., Person]


@pytest.fixture
def start(state: Path, medium: Path) -> Iterator[Start]:
    """Start the kiosk, a day after the state was made, with a clock that is always in a hurry."""
    people: list[Person] = []

    def run() -> Person:
        day = TODAY.replace(day=TODAY.day + 1).isoformat()
        words = ("--state", state, "--medium", medium, "--at", day)
        people.append(Person(sys.executable, "-m", "tests.screens.altered", "ticking", "--", *words))
        return people[-1]

    yield run
    for person in people:
        person.leaves()


def beats(state: Path) -> int:
    registry = Registry.open(state / "registry.db")
    try:
        return sum(row.action == HEARTBEAT for row in registry.audit_rows())
    finally:
        registry.close()


def ticks(person: Person) -> list[int]:
    """The processes beside the two children: they yield to everybody."""
    found = []
    for pid in children(person.process.pid):
        try:
            if os.getpriority(os.PRIO_PROCESS, pid) >= 10:
                found.append(pid)
        except ProcessLookupError:
            continue
    return found


def test_it_is_done_while_nobody_is_there(start: Start, state: Path) -> None:
    person = start()
    journey = Journey(person)
    journey.at("idle")
    person.until(lambda: beats(state) == 1, "a line of the day")
    seen: set[int] = set()
    person.until(lambda: bool(seen.update(ticks(person))) or len(seen) > 1, "another one")
    journey.at("idle")
    journey.begins()
    person.presses("F12")
    assert person.ends() == 0
    assert restored(person)
    assert not ticks(person)


def test_none_begins_while_somebody_is_there(start: Start, state: Path) -> None:
    person = start()
    journey = Journey(person)
    journey.begins()
    person.until(lambda: not ticks(person), "the end of one that had begun")
    until = time.monotonic() + 2
    while time.monotonic() < until:
        assert not ticks(person)
        time.sleep(0.02)
    person.presses("Esc")
    journey.at("idle")
    person.until(lambda: bool(ticks(person)), "the next one")


def test_a_parent_that_is_killed_with_a_tick_takes_its_children_along(start: Start) -> None:
    """What ticks has no hold on the lines by which children hear of it."""
    person = start()
    Journey(person).at("idle")
    person.until(lambda: len(children(person.process.pid)) - len(ticks(person)) == 2, "the next child")
    person.until(lambda: bool(ticks(person)), "a tick")
    [tick, *_] = ticks(person)
    os.kill(tick, signal.SIGSTOP)
    ours = [pid for pid in children(person.process.pid) if pid != tick]
    os.kill(person.process.pid, signal.SIGKILL)
    try:
        person.until(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in ours), "the end of the children"
        )
    finally:
        with contextlib.suppress(ProcessLookupError):  # it may have come to its end before it was stopped
            os.kill(tick, signal.SIGKILL)
