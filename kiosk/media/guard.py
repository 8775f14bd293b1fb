"""Keeps watch for devices that nobody expected: what was there at the start, and what came since.

It works for the light parent of the kiosk, so it asks the kernel and not udev: the kernel's own word that a device
came is there before udev has looked at it, and before the device's first key.
"""

import contextlib
import errno
import os
import socket
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Self

from kiosk import log
from kiosk.media.intruders import Attached, Node, attached, strange

SYSFS = Path("/sys")
PLACES = {"usb": "bus/usb/devices", "input": "class/input", "net": "class/net", "tty": "class/tty"}
"""USB first: what hangs below a device goes before it and comes after it."""
KERNEL_EVENTS, FROM_KERNEL = 15, 1
"""NETLINK_KOBJECT_UEVENT and its group of events as the kernel sends them (netlink(7))."""
SAID_BYTES = 8192
DRAINED = 256


class Guard:
    """Knows what was there when it was made. To be waited for like a socket, unless it is `blind`."""

    def __init__(self, allowed: Collection[str] = (), sysfs: Path = SYSFS) -> None:
        """Let devices of the `allowed` products come and go ("096e:0807")."""
        self._sysfs = sysfs
        self._allowed = allowed
        self._events: socket.socket | None = None
        try:
            self._events = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, KERNEL_EVENTS)
            self._events.setblocking(False)
            self._events.bind((0, FROM_KERNEL))
        except OSError as error:
            # Then what came is seen when somebody asks, at the latest between two visits.
            log.event("guard.without_events", error=type(error).__name__)
            self.close()
        # Looked after the socket is open: what comes meanwhile makes somebody ask.
        self._start = frozenset(each.identity for each in self._now())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Hear of events no more."""
        if self._events is not None:
            self._events.close()
            self._events = None

    def fileno(self) -> int:
        """Give the descriptor that can be read when something happened."""
        return self._events.fileno() if self._events is not None else -1

    @property
    def blind(self) -> bool:
        """Whether nothing tells when to look."""
        return self._events is None

    def strange(self) -> tuple[Attached, ...]:
        """Forget the events, and look. What was there at the start and left is a stranger when it is back."""
        self._drain()
        now = self._now()
        self._start &= {each.identity for each in now}
        return strange(now, self._start, self._allowed)

    def _now(self) -> tuple[Attached, ...]:
        return attached(nodes(self._sysfs))

    def _drain(self) -> None:
        if self._events is None:
            return
        for _ in range(DRAINED):
            try:
                self._events.recv(1)
            except BlockingIOError:
                return
            except OSError as error:
                # Events that the kernel had to drop (ENOBUFS): as good as one.
                log.event("guard.lost", error=errno.errorcode.get(error.errno or 0, "?"))


def nodes(sysfs: Path = SYSFS) -> Iterator[Node]:
    """Give the devices of the four subsystems. One that goes away meanwhile is not there."""
    for subsystem, place in PLACES.items():
        directory = sysfs / place
        try:
            names = os.listdir(directory)  # noqa: PTH208 - no paths are made of those that do not count
        except OSError:
            continue
        for name in names:
            if subsystem == "input" and not name.startswith("input"):
                continue
            with contextlib.suppress(OSError):
                link = directory / name
                path = os.path.normpath(directory / os.readlink(link))  # noqa: PTH115 - not resolved further
                yield Node(
                    path[max(path.find("/devices/"), 0) :], subsystem, _said(link / "uevent"),
                    _text(link / "capabilities" / "key") if subsystem == "input" else "",
                )  # fmt: skip


def _said(path: Path) -> dict[str, str]:
    """Read "NAME=value" lines."""
    return {
        name: value
        for name, is_set, value in (line.partition("=") for line in _text(path).split("\n"))
        if is_set
    }


def _text(path: Path) -> str:
    """Read a file of the kernel; a device without this one has nothing to say there."""
    try:
        with path.open("rb") as file:
            return file.read(SAID_BYTES).decode("utf-8", "replace").strip()
    except FileNotFoundError:
        return ""
