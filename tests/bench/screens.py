"""What a person at the terminal waits for, and what their terminal is sent, against hello-worlds in Textual."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyte

from tests.bench import hello, measure, people, places, wire
from tests.bench.measure import Fact, Finding, Ratio, Spent
from tests.screens.journey import Journey
from tests.screens.terminal import Person, at_kiosk, children, drawn

TARGET = 1.5
SIZE = (72, 18)
ESCAPE = b"\x1b\x1b"
"""Esc, twice: at the second nobody waits any more for what else the first might have been the beginning of."""
IDLE_NANOSECONDS = 20_000_000
"""A process that takes no more of the processor than this, while somebody looks at it, waits for something."""


def run(rounds: int = 15, visits: int = 8) -> Iterator[Finding]:
    """Measure the first screen and the time between visits in so many rounds, and the bytes of one visit."""
    with places.directory(in_memory=True) as work:
        people.practice_state(work / "state")
        (work / "stick").mkdir()
        kiosk = ("--practice", "--state", work / "state", "--medium", work / "stick")
        # Both sides as if installed: with all of their modules compiled, which the warm-up sees to.
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(work / "compiled")}
        yield from _first_screen(kiosk, compiled, rounds)
        yield from _between_visits(kiosk, compiled, visits)
        yield from wire.run(kiosk, work)


def _first_screen(kiosk: tuple[object, ...], environment: dict[str, str], rounds: int) -> Iterator[Finding]:
    def we_start() -> Spent:
        begun = time.perf_counter()
        with at_kiosk(*kiosk, size=SIZE, **environment) as person:
            Journey(person).at("idle")
            return Spent(painted(person) - begun, 0)

    for start in (we_start, lambda: _hello_starts(environment)):  # warm up
        start()
    ours, theirs = measure.in_turn(rounds, we_start, lambda: _hello_starts(environment))
    yield Ratio("command to first screen / Textual hello-world", measure.ratios(ours, theirs), most=TARGET)
    yield Fact("first screen", measure.milliseconds(ours))
    yield Fact("hello-world", measure.milliseconds(theirs))


def _hello_starts(environment: dict[str, str]) -> Spent:
    begun = time.perf_counter()
    person = Person(sys.executable, "-m", "tests.bench.hello", size=SIZE, **environment)
    try:
        person.sees(hello.HELLO)
        return Spent(painted(person) - begun, 0)
    finally:
        person.leaves()


def painted(person: Person, since: int = 0) -> float:
    """When the text stood on the screen that stands there now that nothing more comes.

    The screen is drawn again piece by piece, as it came: while time counts, nothing is compared. What had come
    by the byte `since` is not looked at.
    """
    final = person.rests()
    screen = pyte.Screen(*SIZE)
    stream = pyte.ByteStream(screen)
    fed = 0
    for moment, length in person.pieces:
        stream.feed(bytes(person.output[fed:length]))
        fed = length
        if length > since and drawn(screen) == final:
            return moment
    raise RuntimeError("the screen never was as it is")


def _between_visits(kiosk: tuple[object, ...], environment: dict[str, str], visits: int) -> Iterator[Finding]:
    with at_kiosk(*kiosk, size=SIZE, **environment) as person:
        journey = Journey(person)
        ours, theirs = measure.in_turn(
            visits, lambda: _next_visitor(journey), lambda: _hello_starts(environment)
        )  # fmt: skip
    what = "last key of a visit to the next one's screen"
    yield Ratio(f"{what} / hello-world", measure.ratios(ours, theirs))
    yield Fact("between visits", measure.milliseconds(ours))


def _next_visitor(journey: Journey) -> Spent:
    """Make a short visit, and end it once the next child is ready: no visit is as short as this."""
    person = journey.person
    journey.begins()
    person.until(lambda: _wait(person.process.pid), "a next child that is ready")
    person.rests()
    sent, begun = len(person.output), time.perf_counter()
    person.sends(ESCAPE)
    person.until(lambda: len(person.output) > sent, "the end of the visit")
    journey.at("idle")
    return Spent(painted(person, sent) - begun, 0)


def _wait(kiosk: int) -> bool:
    """Whether there are two children, and both have nothing to do."""
    before = _processor(kiosk)
    time.sleep(0.3)
    after = _processor(kiosk)
    return len(before) == 2 and before.keys() == after.keys() and all(
        after[pid] - before[pid] < IDLE_NANOSECONDS for pid in before
    )  # fmt: skip


def _processor(kiosk: int) -> dict[int, int]:
    """Nanoseconds on a processor, for each child."""
    return {pid: int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in children(kiosk)}
