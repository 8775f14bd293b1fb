"""Visits with a token, ended in every way: of the PIN nothing is left, in no process, no file, no output."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import TODAY
from tests.hardware.conftest import LABEL, PIN, Hsm
from tests.hardware.visitor import NEW
from tests.screens.journey import Journey
from tests.screens.memory import found_in_files, found_in_memory
from tests.screens.terminal import Person, children

ENDS = ("done", "left", "kill", "told", "changed")


def family(pid: int) -> list[int]:
    """A process and all that it and its own have started."""
    return [pid, *(each for child in children(pid) for each in family(child))]


class Token(Journey):
    """A visit with a token, whose PIN is asked for in place of a password."""

    def to_pin(self) -> None:
        self.to_medium()
        self.person.sees(LABEL)
        self.person.chooses(LABEL)
        self.person.sees(self.says("step.pin.question"))

    def types(self, *pins: str) -> None:
        for pin in pins:
            self.person.types(pin)
            self.person.sees("*" * len(pin))
            self.person.presses("Enter")
            self.person.rests()

    def to_the_end(self) -> None:
        """Agree, and have it made."""
        issue = self.says("key.issue")
        while issue not in self.bar:
            before = self.person.text
            self.person.presses("PgDn")
            self.person.until(lambda before=before: self.person.text != before, "the next page")
        self.person.does(issue)
        self.person.sees(self.says("step.proof.question.token"))


@pytest.fixture
def person(token_kiosk: Path, tmp_path: Path) -> Iterator[Person]:
    (tmp_path / "home").mkdir()
    home = str(tmp_path / "home")
    person = Person(
        sys.executable,
        "-m",
        "kiosk",
        "--state",
        token_kiosk,
        "--at",
        TODAY.isoformat(),
        HOME=home,
        TMPDIR=home,
    )
    yield person
    person.leaves()


@pytest.mark.parametrize(
    "end", [end if end in {"done", "kill"} else pytest.param(end, marks=pytest.mark.long) for end in ENDS]
)
def test_nothing_of_the_pin_is_left(
    person: Person, token_kiosk: Path, hsm: Hsm, tmp_path: Path, end: str
) -> None:
    visit, pins = Token(person), (PIN, NEW)
    if end == "changed":
        hsm.plan("flags=0x80000")
        visit.to_medium()
        person.chooses(LABEL)
        person.sees(visit.says("step.pin.question.change"))
        visit.types(PIN, NEW, NEW)
    else:
        visit.to_pin()
        visit.types(PIN)
    visit.answers_reminding()
    person.sees(visit.says("step.confirm.question"))
    child = children(person.process.pid)[0]
    # The search finds what is there: the visit keeps the PIN until it was used.
    assert (NEW if end == "changed" else PIN) in found_in_memory(child, pins)
    # A module's process that was told it has ended by now.
    assert not [pid for pid in family(person.process.pid) if pid != child and found_in_memory(pid, pins)]
    if end == "done":
        visit.to_the_end()
        visit.ends()
    elif end in {"kill", "told"}:
        os.kill(child, signal.SIGKILL if end == "kill" else signal.SIGTERM)
    else:
        for _ in range(12):
            if not person.shows(visit.says("step.idle.question")):
                person.presses("Esc")
                person.rests()
    person.until(lambda: child not in children(person.process.pid), f"the end by {end}")
    visit.at("idle")
    person.until(lambda: len(children(person.process.pid)) == 2, "the next child")
    for pid in family(person.process.pid):
        assert found_in_memory(pid, pins) == set(), pid
        said = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
        assert not [pin for pin in pins if pin.encode() in said]
    assert found_in_files([token_kiosk, tmp_path / "home", hsm.place], pins) == set()
    assert not [pin for pin in pins if pin.encode() in person.output]
    person.presses("F12")
    assert person.ends() == 0
