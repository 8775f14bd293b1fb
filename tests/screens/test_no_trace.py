"""Visits in a row, ended in every way: of none of them is anything left, but for the certificates that were made."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import TODAY
from tests.screens.journey import Journey
from tests.screens.memory import found_in_files, found_in_memory, resident
from tests.screens.terminal import Person, children, squeezed

# Digits and letters that nothing else here has. What is typed for the name is a trace of it too.
PASSWORD = "Quartz!84pelican"
NUMBER = "8407192718281"
PHONE = "0106931471{}"
TYPED, NAME = "skarnddhrqns", "남궁옥분"
ISSUED_TYPED, ISSUED = "wprkfghrud", "제갈호경"
SECRETS = (PASSWORD, NUMBER, NUMBER[6:], "010693147", "10693147")
NAMES = (TYPED, NAME, ISSUED_TYPED)

ENDS = ("done", "left", "raise", "idle", "kill", "abort", "told", "exit", "stopped")


class Kiosk:
    """A kiosk that serves visit after visit, and the way in which each is to end."""

    def __init__(self, person: Person, hurry: Path, medium: Path) -> None:
        self.person = person
        self.journey = Journey(person)
        self.hurry = hurry
        self.medium = medium
        self.taken: list[Path] = []
        """The sticks that people took home."""
        self.visits = 0

    def visit(self, end: str) -> None:
        """Have a visit end like that, with everything typed that there is to type."""
        person, journey = self.person, self.journey
        phone = PHONE.format(self.visits % 10)
        self.visits += 1
        if end == "done":
            journey.to_proof(
                self.medium.name, PASSWORD, number=NUMBER, phone=phone, typed=ISSUED_TYPED, name=ISSUED
            )
            journey.ends()
            self._takes_stick()
            return
        journey.to_password(self.medium.name, number=NUMBER, phone=phone, typed=TYPED, name=NAME)
        child = children(person.process.pid)[0]
        person.types(PASSWORD)
        person.sees("*" * len(PASSWORD))
        if self.visits == 1:
            # The search finds what is there: here it still is.
            assert found_in_memory(child, [PASSWORD, NUMBER, NAME]) == {PASSWORD, NUMBER, NAME}
        getattr(self, f"_{end}")(child)
        person.until(lambda: child not in children(person.process.pid), f"the end by {end}")
        journey.at("idle")

    def _takes_stick(self) -> None:
        """Whoever comes next brings a stick of their own: one person has no second certificate on one stick."""
        self.taken.append(self.medium.with_name(f"taken-{len(self.taken)}"))
        self.medium.rename(self.taken[-1])
        self.medium.mkdir()

    def _left(self, _: int) -> None:
        idle = squeezed(self.journey.says("step.idle.question"))
        # A step may arrive in pieces: only what rests is what Esc leads back from.
        while idle not in squeezed(before := "\n".join(self.person.rests())):
            self.person.presses("Esc")
            self.person.until(lambda before=before: self.person.text != before, "the step before")

    def _idle(self, _: int) -> None:
        asked, before = self.journey.says("step.still.question"), len(self.person.output)
        self.hurry.touch()
        self.person.sees(self.journey.says("step.idle.question"))
        self.hurry.unlink()
        # It stands there for half a second only, which a busy machine may not look at in time.
        assert asked.encode() in self.person.output[before:]

    def _raise(self, _: int) -> None:
        self.person.types("raise")

    def _abort(self, _: int) -> None:
        self.person.types("abort")

    def _exit(self, _: int) -> None:
        self.person.types("exit")

    def _kill(self, child: int) -> None:
        os.kill(child, signal.SIGKILL)

    def _told(self, child: int) -> None:
        os.kill(child, signal.SIGTERM)

    def _stopped(self, child: int) -> None:
        os.kill(child, signal.SIGQUIT)


@pytest.fixture
def kiosk(state: Path, medium: Path, tmp_path: Path) -> Callable[[], Kiosk]:
    hurry = tmp_path / "hurry"
    home = tmp_path / "home"
    home.mkdir()
    person = Person(
        sys.executable, "-m", "tests.screens.altered", "mistaken", "impatient", "brief", "--", "--state", state,
        "--medium", medium, "--at", TODAY.isoformat(), directory=home,
        IMPATIENT=str(hurry), HOME=str(home), TMPDIR=str(home),
    )  # fmt: skip
    yield Kiosk(person, hurry, medium)
    person.leaves()


def nothing_is_left(kiosk: Kiosk, places: list[Path]) -> None:
    """Look at every place where something could be."""
    person = kiosk.person
    person.until(lambda: len(children(person.process.pid)) == 2, "the next child")
    ours = [person.process.pid, *children(person.process.pid)]
    for pid in ours:
        assert found_in_memory(pid, (*SECRETS, *NAMES, ISSUED)) == set(), pid
        environment = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
        assert not [text for text in (*SECRETS, *NAMES, ISSUED) if text.encode() in environment]
    assert found_in_files(places, (*SECRETS, *NAMES)) == set()
    # The name of who got a certificate is in it, and in the registry with it; nowhere else.
    named = {Path(path).name.partition("-")[0] for path, _ in found_in_files(places, [ISSUED])}
    assert named <= {"registry.db", "signCert.der"} | {
        path.name for taken in kiosk.taken for path in taken.rglob("cn=*")
    }


@pytest.mark.parametrize(
    "visits", [10, pytest.param(100, marks=pytest.mark.long)], ids=["ten visits", "a hundred visits"]
)
def test_visits_in_a_row_leave_nothing(kiosk: Kiosk, state: Path, tmp_path: Path, visits: int) -> None:
    parent = kiosk.person.process.pid
    sizes = []
    for number in range(visits):
        kiosk.visit(ENDS[(number + 1) % len(ENDS)])
        sizes.append(resident(parent))
    nothing_is_left(
        kiosk, [state, kiosk.medium, *kiosk.taken, tmp_path / "home", *state.parent.glob("*.log")]
    )
    assert len(kiosk.taken) == sum(ENDS[(number + 1) % len(ENDS)] == "done" for number in range(visits)) > 0
    # The first visits load what is loaded once.
    assert max(sizes) - sizes[2] < 256, sizes
    assert b"Traceback" not in kiosk.person.output
    assert b"\x1b]52" not in kiosk.person.output, "something was put on the clipboard"
    for text in (PASSWORD, "QUARTZ", "pelican"):
        assert text.encode() not in kiosk.person.output
    kiosk.person.presses("F12")
    assert kiosk.person.ends() == 0
