"""How soon a change of a stick is known, and seen: our watch, and the screen, against a bare pyudev monitor.

All are programs of their own on the same kind of made-up machine. The monitor only prints that something happened;
the watch looks up what is there, after a silence in which the events of one insertion come in, and its answer is a
line; the kiosk's answer is the list of media as it then stands on a person's terminal, painted.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle

from tests.bench import measure, people, places
from tests.bench.measure import Fact, Finding, Ratio, Spent
from tests.bench.screens import SIZE, painted
from tests.media.udev_bed import Bed
from tests.media.udev_devices import FAT, stick
from tests.screens.journey import Journey
from tests.screens.terminal import at_kiosk, squeezed
from tests.source import ROOT

MONITOR = """
import pyudev
monitor = pyudev.Monitor.from_netlink(pyudev.Context())
monitor.filter_by("block")
monitor.filter_by("usb", "usb_device")
monitor.start()
print("listening", flush=True)
for device in iter(monitor.poll, None):
    print(device.action, device.sys_name, flush=True)
"""


class Plugged:
    """A made-up machine with sticks in it, and a lock switch on the last of them."""

    def __init__(self, stack: ExitStack, sticks: int) -> None:
        self._bed = stack.enter_context(Bed())
        for number in range(sticks):
            made = stick(FAT, port=f"1-{number + 1}", disk=f"sd{chr(98 + number)}", minor=512 + 16 * number)
            self._bed.add(made.text)
        self._disk = made.paths[1]
        self._locked = cycle([True, False])

    def switch(self) -> bool:
        """Move the lock switch, so that an event of it says something; say whether it is locked now."""
        locked = next(self._locked)
        self._bed.attribute(self._disk, "ro", f"{locked:d}\n")
        return locked

    def event(self) -> None:
        """Have the kernel tell of it."""
        self._bed.event(self._disk)


class Printing(Plugged):
    """One program there that prints a line for each change."""

    def __init__(self, stack: ExitStack, words: list[str], sticks: int) -> None:
        super().__init__(stack, sticks)
        program = stack.enter_context(
            subprocess.Popen(
                [sys.executable, *words], cwd=ROOT, env=self._bed.environment(), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True,
            )
        )  # fmt: skip
        stack.callback(program.kill)
        if program.stdout is None:
            raise RuntimeError("no output to read")
        self._lines = program.stdout
        self._lines.readline()

    def change(self) -> Spent:
        """Give what goes by from the event to the line of the program."""
        self.switch()
        return measure.spent(self._told)

    def _told(self) -> None:
        self.event()
        if not self._lines.readline():
            raise RuntimeError("the program ended")


class Painting(Plugged):
    """The kiosk there, with somebody at it who is asked where the certificate shall go."""

    def __init__(self, stack: ExitStack, sticks: int) -> None:
        super().__init__(stack, sticks)
        state = stack.enter_context(places.directory(in_memory=True)) / "state"
        people.practice_state(state)
        kiosk = at_kiosk("--practice", "--state", state, size=SIZE, **self._bed.additions())
        self._person = stack.enter_context(kiosk)
        self._journey = Journey(self._person)
        self._journey.to_medium()
        # There is no udisks2: what each stick comes to is that it cannot be mounted, once that was tried enough.
        self._locks = self._journey.says("error.medium.readonly.screen")
        self._person.until(lambda: self._shown("error.mount.service.screen") == sticks, "the sticks")

    def _shown(self, id_: str) -> int:
        return squeezed(self._person.text).count(squeezed(self._journey.says(id_)))

    def change(self) -> Spent:
        """Give what goes by from the event until what it means stands on the terminal."""
        locked = self.switch()
        sent, begun = len(self._person.output), time.perf_counter()
        self.event()
        self._person.until(lambda: self._person.shows(self._locks) == locked, "the stick as it is now")
        return Spent(painted(self._person, sent) - begun, 0)


def run(rounds: int = 50, sticks: int = 4, painted_rounds: int = 20) -> Iterator[Finding]:
    """Measure so many changes of the last of so many sticks."""
    with ExitStack() as stack:
        watch = Printing(stack, ["-m", "tests.media.watched"], sticks)
        monitor = Printing(stack, ["-c", MONITOR], sticks)
        ours, bare = measure.in_turn(rounds, watch.change, monitor.change)
        screen = Painting(stack, sticks)
        seen, beside = measure.in_turn(painted_rounds, screen.change, monitor.change)
    yield Ratio("uevent to snapshot / bare pyudev monitor", measure.ratios(ours, bare))
    yield Ratio("uevent to the screen / bare pyudev monitor", measure.ratios(seen, beside))
    yield Fact(f"to the snapshot, {sticks} sticks", measure.milliseconds(ours))
    yield Fact(f"to the screen, {sticks} sticks", measure.milliseconds(seen))
    yield Fact("to the bare monitor's line", measure.milliseconds(bare))
