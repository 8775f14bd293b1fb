"""A machine whose devices are made up: umockdev shows them to libudev in /sys, and sends its events.

`Bed` is used by tests; the testbed itself lives in a process of its own (`python -m tests.media.udev_bed`), since
whoever holds one must be preloaded, and so must the program under test: `Bed.environment` does it.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.media.conftest import needs
from tests.source import ROOT

LIBRARY = "libumockdev.so.0"
PRELOADED = "libumockdev-preload.so.0"
HUB_PATH = "/devices/pci0000:00/0000:00:14.0/usb1"
HUB = f"P: {HUB_PATH}\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nE: ID_USB_INTERFACES=:090000:\n\n"
SECONDS = 30


class Bed:
    """A testbed; devices are texts in umockdev's form, paths are without "/sys"."""

    def __init__(self) -> None:
        needs("umockdev", present=shutil.which("umockdev-wrapper") is not None)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.media.udev_bed"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "LD_PRELOAD": PRELOADED},
        )  # fmt: skip
        self.root = Path(self._ask("root"))
        self.add(HUB)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a program that lives on this machine."""
        return {**os.environ, **self.additions(), **more}

    def additions(self) -> dict[str, str]:
        """What that environment has beside what any has."""
        return {"LD_PRELOAD": PRELOADED, "UMOCKDEV_DIR": str(self.root)}

    def add(self, text: str) -> None:
        """Put devices in, parents first; each makes an "add"."""
        self._ask("add", text)

    def remove(self, paths: Sequence[str]) -> None:
        """Take devices out, each with a "remove". `paths` has parents first, as they went in."""
        for path in reversed(paths):
            self._ask("event", path, "remove")
            self._ask("remove", path)
        # Here the event comes before its device is gone, and whoever looks in between sees it still. The kernel's
        # reach programs after that: so something has to come after it here as well.
        self.event(HUB_PATH)

    def vanish(self, paths: Sequence[str]) -> None:
        """Take devices out, and tell nobody."""
        for path in reversed(paths):
            self._ask("remove", path)

    def event(self, path: str, action: str = "change") -> None:
        self._ask("event", path, action)

    def attribute(self, path: str, name: str, value: str) -> None:
        """Change an attribute; no event."""
        self._ask("attribute", path, name, value)

    def property(self, path: str, name: str, value: str) -> None:
        """Change a property; no event."""
        self._ask("property", path, name, value)

    def _ask(self, *words: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the testbed died"
        return json.loads(answer)


class _Testbed:
    """libumockdev by its C interface, in the preloaded process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(LIBRARY)
        self._function("new", ctypes.c_void_p)
        self._handle = self._library.umockdev_testbed_new()
        self._root = self._function("get_root_dir", ctypes.c_char_p)(self._handle).decode()

    def _function(self, name: str, result: Any, *arguments: Any) -> Any:
        function = getattr(self._library, f"umockdev_testbed_{name}")
        function.restype = result
        function.argtypes = [ctypes.c_void_p, *arguments][: 0 if name == "new" else None]
        return function

    def _call(self, name: str, *words: str) -> None:
        function = self._function(name, None, *[ctypes.c_char_p] * len(words))
        function(self._handle, *(os.fsencode(word) for word in words))

    def root(self) -> str:
        return self._root

    def add(self, text: str) -> None:
        add = self._function("add_from_string", ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
        for device in text.strip().split("\n\n"):
            self._wait_for_room()
            if not add(self._handle, os.fsencode(device + "\n\n"), None):
                raise SystemExit("not a description of a device")

    def _wait_for_room(self) -> None:
        """Wait until all who listen can take one more event: it ends itself when one cannot be sent."""
        for listener in Path(self._root).glob("event*"):
            # One that just ended has left its name behind.
            with (
                contextlib.suppress(ConnectionRefusedError),
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe,
            ):
                probe.connect(str(listener))
                if not select.select([], [probe], [], SECONDS)[1]:
                    raise SystemExit("nobody takes the events")

    def event(self, path: str, action: str) -> None:
        self._wait_for_room()
        self._call("uevent", f"/sys{path}", action)

    def attribute(self, path: str, name: str, value: str) -> None:
        self._call("set_attribute", f"/sys{path}", name, value)

    def property(self, path: str, name: str, value: str) -> None:
        self._call("set_property", f"/sys{path}", name, value)

    def remove(self, path: str) -> None:
        self._call("remove_device", f"/sys{path}")
        # It leaves these, and would end itself when a device of this name comes again.
        for left in ("sys/block", "dev"):
            (Path(self._root) / left / Path(path).name).unlink(missing_ok=True)


def main() -> None:
    testbed = _Testbed()
    for line in sys.stdin:
        verb, *words = json.loads(line)
        print(json.dumps(getattr(testbed, verb)(*words)), flush=True)
    shutil.rmtree(testbed.root())


if __name__ == "__main__":
    main()
