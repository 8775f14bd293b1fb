"""How soon a change of a stick is known: our watch against a bare pyudev monitor that prints the event.

Both are programs of their own on the same kind of made-up machine, and their answer is a line. The monitor only
says that something happened; the watch looks up what is there, after a silence in which the events of one
insertion come in.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle

from tests.bench import measure
from tests.bench.measure import Fact, Finding, Ratio, Spent
from tests.media.udev_bed import Bed
from tests.media.udev_devices import FAT, stick
from tests.source import ROOT

TARGET = 20.0
"""The silence alone is four milliseconds, and umockdev makes every look at a file several times as dear."""

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


class Machine:
    """A made-up machine with sticks in it, and one program that watches them."""

    def __init__(self, stack: ExitStack, words: list[str], sticks: int) -> None:
        self._bed = stack.enter_context(Bed())
        for number in range(sticks):
            made = stick(FAT, port=f"1-{number + 1}", disk=f"sd{chr(98 + number)}", minor=512 + 16 * number)
            self._bed.add(made.text)
        self._disk = made.paths[1]
        self._locked = cycle(["1\n", "0\n"])
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
        """Move a stick's lock switch; what goes by from the event to the line of the program."""
        self._bed.attribute(self._disk, "ro", next(self._locked))
        return measure.spent(self._told)

    def _told(self) -> None:
        self._bed.event(self._disk)
        if not self._lines.readline():
            raise RuntimeError("the program ended")


def run(rounds: int = 50, sticks: int = 4) -> Iterator[Finding]:
    """Measure so many changes of the last of so many sticks."""
    with ExitStack() as stack:
        ours, bare = measure.in_turn(
            rounds,
            Machine(stack, ["-m", "tests.media.watched"], sticks).change,
            Machine(stack, ["-c", MONITOR], sticks).change,
        )
    yield Ratio("uevent to snapshot / bare pyudev monitor", measure.ratios(ours, bare), most=TARGET)
    yield Fact(f"to the snapshot, {sticks} sticks", measure.milliseconds(ours))
    yield Fact("to the bare monitor's line", measure.milliseconds(bare))
