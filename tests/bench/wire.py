"""Bytes that a terminal is sent, step by step, against the compact hello-world showing the same text.

Somebody far away has a thin line: on it every byte is waiting. Counted is what comes from a key until the screen
rests, in 256 colours as over SSH.
"""

import json
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import Fact, Finding, Ratio
from tests.screens.journey import CODE, ID_NUMBER, NAMES, PASSWORD, PHONE, PROFILES, Journey
from tests.screens.terminal import Person, at_kiosk

SIZE = (72, 18)
COLOURS = {"COLORTERM": ""}


@dataclass(frozen=True)
class Sent:
    """Bytes that one step took, and the text of its screen; a typed character has none."""

    step: str
    count: int
    text: str = ""


def run(kiosk: tuple[object, ...], work: Path) -> Iterator[Finding]:
    """Count one visit with the command line `kiosk`, and the same by the peer; `work` is for files."""
    ours = list(_visit(kiosk))
    steps = [sent for sent in ours if sent.text]
    theirs = list(_compact(steps, work / "screens.json"))
    peers = [sent for sent in theirs if sent.text]
    for one, other in zip(steps, peers, strict=True):
        yield Ratio(f"bytes: {one.step} / compact hello-world", [one.count / other.count])
        yield Fact(one.step, f"{one.count} B")
    whole, peer = (sum(sent.count for sent in side) for side in (steps, peers))
    yield Ratio("bytes: all steps / compact hello-world", [whole / peer])
    yield Fact("all steps", f"{whole} B")
    typed, peer = (
        statistics.median(sent.count for sent in side if not sent.text) for side in (ours, theirs)
    )  # fmt: skip
    yield Ratio("bytes: a typed character / compact hello-world", [typed / peer])
    yield Fact("a typed character", f"{typed:.0f} B")


class Meter:
    """Counts what a person's terminal is sent."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._counted = 0

    def step(self, name: str) -> Sent:
        """Count what came for the step `name`, which is there."""
        return Sent(name, self._came(), "\n".join(self._person.lines))

    def types(self, text: str) -> Iterator[Sent]:
        """Type character by character."""
        self.skips()
        for character in text:
            self._person.types(character)
            self._person.until(lambda: len(self._person.output) > self._counted, "an echo")
            yield Sent("typed", self._came())

    def skips(self) -> None:
        """Count nothing of what came so far."""
        self._came()

    def _came(self) -> int:
        self._person.rests()
        before, self._counted = self._counted, len(self._person.output)
        return self._counted - before


def _visit(kiosk: tuple[object, ...]) -> Iterator[Sent]:
    with at_kiosk(*kiosk, size=SIZE, **COLOURS) as person:
        journey, meter = Journey(person), Meter(person)

        def step(name: str, act: Callable[[], None]) -> Sent:
            meter.skips()
            act()
            journey.at(name)
            return meter.step(name)

        journey.at("idle")
        yield meter.step("idle")
        yield step("menu", lambda: person.does(journey.says("key.start")))
        yield step("prepare", lambda: person.chooses(journey.says("flow.issue")))
        yield step("kind", lambda: person.does(journey.says("key.next")))
        yield step("details", lambda: person.chooses(PROFILES["ko"]))
        for typed in (NAMES["ko"][0], ID_NUMBER):
            person.types(typed)
            person.presses("Enter")
        yield from meter.types(PHONE)
        yield step("identity", lambda: person.presses("Enter"))
        person.until(lambda: CODE.search(person.text), "the code")
        code = CODE.search(person.text)
        person.types(code[0] if code else "")
        yield step("medium", lambda: person.presses("Enter"))
        yield step("password", lambda: person.presses("1"))
        person.types(PASSWORD)
        person.presses("Enter")
        person.types(PASSWORD)
        yield step("remind", lambda: person.presses("Enter"))
        yield step("confirm", lambda: person.presses("2"))
        issue = journey.says("key.issue")
        while issue not in person.lines[-1]:
            person.presses("PgDn")
            person.rests()
        yield step("proof", lambda: person.does(issue))


def _compact(steps: list[Sent], file: Path) -> Iterator[Sent]:
    """Show the texts of `steps`, the last one again with an input, and type into that."""
    pages = [{"text": sent.text, "typed": False} for sent in steps]
    pages.append({"text": steps[-1].text, "typed": True})
    file.write_text(json.dumps(pages), "utf-8")
    person = Person(sys.executable, "-m", "tests.bench.compact", file, size=SIZE, **COLOURS)
    try:
        meter = Meter(person)
        for sent in steps:
            person.sees(sent.text)
            yield meter.step(sent.step)
            person.presses("Enter")
        person.rests()
        yield from meter.types(PHONE)
    finally:
        person.leaves()
