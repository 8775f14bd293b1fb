"""A person at the walk-up screens of a real machine, over ssh on a terminal, with a stick in the hand."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hardware.lab import sticks
from tests.hardware.lab.conftest import Desk
from tests.screens.journey import Journey
from tests.screens.terminal import DEADLINE, Person

pytestmark = pytest.mark.hardware
SLOWER = 4.0
"""How much longer than on a machine of flesh and blood something may take."""


class Away(Person):
    """A person whose machine is an emulated one."""

    def until(self, condition: Callable[[], object], what: object, within: float = DEADLINE) -> None:
        super().until(condition, what, within * SLOWER)


class WithStick(Journey):
    """A visit in which the stick is put in when the kiosk asks where to."""

    def __init__(self, person: Person, puts_in: Callable[[], object]) -> None:
        super().__init__(person, "ko")
        self.puts_in = puts_in

    def brings(self, medium: str) -> None:
        assert not self.person.shows(medium)
        self.puts_in()
        self.person.sees(medium)
        self.person.sees(self.says("medium.stays"))


@pytest.fixture
def person(desk: Desk) -> Iterator[Person]:
    command = f"cd {desk.there} && KIOSK_LANG=ko LANG=C.UTF-8 COLORTERM=truecolor exec kiosk --state state"
    person = Away(*desk.machine.ssh(command, terminal=True))
    yield person
    person.leaves()


@pytest.mark.parametrize("filesystem", sticks.TYPES)
def test_a_person_leaves_with_a_certificate(
    desk: Desk, person: Person, filesystem: str, tmp_path: Path
) -> None:
    machine, label = desk.machine, f"WALK{filesystem[:5].upper()}"
    image = sticks.make(tmp_path / "stick.img", filesystem, label)
    journey = WithStick(person, lambda: machine.plugs(image, label))
    journey.to_proof(label)
    person.sees(journey.says("proof.remove"))
    # From the moment that it may be pulled, it is neither mounted nor known to udev any more.
    after = machine.run(
        f"findmnt --noheadings /media/kiosk/{label}; ls /dev/disk/by-label; ls /sys/bus/usb/devices"
    )
    exported = machine.does("udevadm info --export-db")
    assert label not in after.out + exported, after
    machine.pulls(label)
    journey.ends()
    person.presses("F12")
    assert person.ends() == 0

    checked = sticks.check(image, filesystem)
    assert checked.words == "clean", checked.said
    [held] = desk.asks("certs")
    assert held["status"] == "valid"
    if filesystem == "fat32":
        names = sorted(Path(name).name for name in sticks.read_fat(image, tmp_path / "here"))
        assert names == ["signCert.der", "signPri.key"]
