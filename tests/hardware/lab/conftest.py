"""The guest, with this project's wheel installed, and what a person brings to it."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ID_NUMBER, PASSWORD, PHONE
from tests.hardware.lab import build, prepare, sticks
from tests.hardware.lab.machine import Machine, Ran
from tests.hardware.lab.prepare import PYTHON

ANSWERS = f"""profile = "personal-general"
name = "홍길동"
id_number = "{ID_NUMBER}"
phone = "{PHONE}"
password_file = "password"
consent = true
[identity]
method = "phone"
"""
NUMBERS = count(1)


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The guest; what earlier runs did in it is forgotten."""
    build.main()
    wheel = prepare.wheel(tmp_path_factory.mktemp("wheel"))
    machine = Machine(tmp_path_factory.mktemp("guest"))
    try:
        if not machine.starts(prepare.digest(wheel)):
            prepare.prepare(machine, wheel)
            machine.saves(prepare.digest(wheel))
        yield machine
    finally:
        machine.closes()


class Desk:
    """One test's own state in the guest, and the sticks that come to it."""

    def __init__(self, machine: Machine, directory: Path) -> None:
        self.machine = machine
        self.here = directory
        self.there = f"/home/kiosk/desk{next(NUMBERS)}"
        machine.does(f"mkdir {self.there} && cp -a ~/state {self.there}/state")
        machine.writes(f"{self.there}/answers.toml", ANSWERS.encode())
        machine.writes(f"{self.there}/password", PASSWORD.encode() + b"\n")

    def stick(self, filesystem: str, **how: Any) -> "Brought":
        """Make a stick and put it in."""
        label = f"LAB{next(NUMBERS)}"
        stick = Brought(self, label, filesystem, sticks.make(self.here / f"{label}.img", filesystem, label))
        stick.plugs(**how)
        return stick

    def kiosk(self, *words: str) -> Ran:
        """Run a command there, as the user `kiosk`."""
        return self.machine.run(self.line(*words))

    def line(self, *words: str) -> str:
        """Give the line of shell that runs a command of the kiosk there."""
        return f"cd {self.there} && kiosk {' '.join(words)} --state state"

    def issue(self, place: str) -> str:
        """Give the line that issues onto the stick that is mounted at `place`."""
        return self.line("issue", "--answers", "answers.toml", "--medium", place, "--json")

    def asks(self, *words: str) -> Any:
        """Run a command there that must succeed; give what it answers."""
        ran = self.kiosk(*words, "--json")
        assert ran.status == 0, ran
        return json.loads(ran.out)


class Brought:
    """A stick that somebody brought."""

    def __init__(self, desk: Desk, label: str, filesystem: str, image: Path) -> None:
        self.desk = desk
        self.label = label
        self.filesystem = filesystem
        self.image = image
        self.node = f"/dev/disk/by-label/{label}"

    def plugs(self, **how: Any) -> None:
        """Put it in, and wait until udev and udisks2 know it."""
        self.desk.machine.plugs(self.image, self.label, **how)
        self.desk.machine.waits(f"test -b {self.node}")
        self.desk.machine.does("udevadm settle --timeout=30")
        self.desk.machine.waits(f"udisksctl info -b {self.node} 2>/dev/null | grep -q UDisks2.Filesystem:")

    def pulls(self) -> None:
        """Pull it out, and wait until nothing of it is left there."""
        self.desk.machine.pulls(self.label)
        self.desk.machine.waits(f"! test -e {self.node} && ! findmnt /media/kiosk/{self.label} >/dev/null")

    def asks(self, verb: str) -> Any:
        """Call a function of `kiosk.media.mount` for it."""
        return json.loads(self.desk.machine.does(f"{PYTHON} there.py {verb} {self.label}"))

    def mounts(self) -> str:
        """Have it mounted; give where."""
        place = self.asks("mount")
        assert isinstance(place, str), place
        return place


@pytest.fixture
def desk(machine: Machine, tmp_path: Path) -> Iterator[Desk]:
    """A desk of this test's own."""
    desk = Desk(machine, tmp_path)
    yield desk
    machine.pulls_all()


@pytest.fixture
def look(tmp_path: Path) -> Callable[[Desk, str], dict[str, bytes]]:
    """Read what is under NPKI of a stick that is mounted in the guest: path -> bytes."""

    def read(desk: Desk, place: str) -> dict[str, bytes]:
        directory = tmp_path / f"read{next(NUMBERS)}"
        desk.machine.fetches(place, directory)
        return sticks.files(directory)

    return read
