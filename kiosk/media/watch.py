"""What is plugged in, now and whenever it changes, from udev. The one file that knows pyudev.

An event says only that something happened; what is there now is then looked up. So it is the same whether a stick
was already in or was just put in, and a lost event costs the time until the next look.
"""

import asyncio
import contextlib
import errno
import os
import socket
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyudev

from kiosk import log
from kiosk.media.described import ATTRIBUTES, PROPERTIES, Device, reads_cards, snapshot_of
from kiosk.media.present import EMPTY_TABLE, Snapshot

RESCAN = 5.0
"""Seconds without an event after which to look all the same."""
SETTLE = 0.004
"""Seconds of silence after which the events that one insertion makes count as all there."""
LONGEST = 0.05
"""Seconds of events without a silence after which to look nevertheless."""
EMPTY = 1.0
"""Seconds that a disk with an empty partition table is left out: its partitions may be about to come."""
DRAINED = 256
"""Events taken at once: others wait for the event loop too."""
SYSTEM = ("/", "/boot", "/boot/efi", "/boot/firmware", "/home", "/usr", "/var")
"""Where this machine's own filesystems are: it may run from a disk on USB."""
UDEV = Path("/run/udev")
"""The directory of udev's daemon."""


class Watch:
    """A watch on sticks and readers. Close it, or use it as a context manager.

    Without udev (a container) nothing is ever there, and the log says so once.
    """

    def __init__(self, *, rescan: float = RESCAN) -> None:
        """Begin to listen. `rescan` in seconds."""
        self._rescan = rescan
        self._context: Any = None
        self._monitor: Any = None
        self._events: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._happened = asyncio.Event()
        self._closed = False
        self._system = _system()
        self._empty: dict[str, float] = {}
        try:
            self._context = pyudev.Context()
            self._listen()
        except (ImportError, OSError) as error:
            log.event("watch.without_udev", error=type(error).__name__)
        else:
            if not UDEV.is_dir():
                log.event("watch.without_udev", error="daemon")

    def _listen(self) -> None:
        self._monitor = pyudev.Monitor.from_netlink(self._context)
        self._monitor.filter_by("block")
        self._monitor.filter_by("usb", "usb_device")
        self._monitor.start()
        # What an event says is not asked, so it is taken from the socket unread. pyudev's own way stops with an
        # error when events were lost, and leaves the socket in it, so that the event loop would spin.
        self._events = socket.socket(fileno=os.dup(self._monitor.fileno()))
        self._events.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening. An iteration under way ends at its next turn."""
        if self._events is not None:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.remove_reader(self._events)
            self._events.close()
        # Its last reference: pyudev closes its descriptor with it.
        self._events = self._monitor = self._context = None
        self._closed = True
        self._happened.set()

    def now(self) -> Snapshot:
        """Look up what is there. Takes milliseconds; a device that goes away meanwhile is not there."""
        if self._context is None:
            return Snapshot()
        return snapshot_of(self._devices(), self._system)

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        """Give what is there, then what is there after each change, until the watch is closed.

        One iteration at a time; a second one raises `RuntimeError`.
        """
        if self._loop is not None:
            raise RuntimeError("this watch is already iterated")
        self._loop = asyncio.get_running_loop()
        if self._events is not None:
            self._loop.add_reader(self._events, self._drain, self._events)
        last: Snapshot | None = None
        try:
            while not self._closed:
                # Cleared before looking: what happens while we look makes us look again.
                self._happened.clear()
                snapshot = self._ripe(self.now())
                if snapshot != last:
                    last = snapshot
                    yield snapshot
                await self._something()
        finally:
            if self._events is not None:
                self._loop.remove_reader(self._events)
            self._loop = None

    def _ripe(self, snapshot: Snapshot) -> Snapshot:
        """Leave out what has an empty table since a moment only."""
        now = time.monotonic()
        empty = {stick.identity for stick in snapshot.sticks if stick.usage == EMPTY_TABLE}
        self._empty = {name: self._empty.get(name, now + EMPTY) for name in empty}
        return replace(
            snapshot,
            sticks=tuple(stick for stick in snapshot.sticks if self._empty.get(stick.identity, now) <= now),
        )

    def _patience(self) -> float:
        """Give the seconds after which to look without an event."""
        now = time.monotonic()
        return min([self._rescan, *(ripe - now for ripe in self._empty.values() if ripe > now)])

    async def _something(self) -> None:
        """Wait for events, and then for the end of them, but not for ever for either."""
        try:
            async with asyncio.timeout(self._patience()):
                await self._happened.wait()
        except TimeoutError:
            return
        until = time.monotonic() + LONGEST
        while self._happened.is_set() and not self._closed and time.monotonic() < until:
            self._happened.clear()
            await asyncio.sleep(SETTLE)

    def _drain(self, events: socket.socket) -> None:
        """Take the events that are there. What the kernel had to drop (ENOBUFS) counts as one."""
        self._happened.set()
        for _ in range(DRAINED):
            try:
                events.recv(1)
            except BlockingIOError:
                return
            except OSError as error:
                log.event("watch.lost", error=errno.errorcode.get(error.errno or 0, "?"))
                if error.errno != errno.ENOBUFS:
                    # Nothing more comes from here: the periodic look goes on alone.
                    if self._loop is not None:
                        self._loop.remove_reader(events)
                    return

    def _devices(self) -> Iterator[Device]:
        # One pass for both: of all that a look does, walking through /sys takes the most time.
        found = list(self._context.list_devices(subsystem="usb").match_subsystem("block"))
        usb = {device.sys_path for device in found if device.device_type == "usb_device"}
        for device in found:
            above = _usb_above(device.sys_path, usb)
            if device.device_type in PROPERTIES and above:
                # Gone since it was listed: no property or file of it has to be there any more.
                with contextlib.suppress(LookupError, OSError):
                    if device.device_type != "usb_device" or reads_cards(
                        device.properties.get("ID_USB_INTERFACES", "")
                    ):
                        yield _device(device, above)


def _usb_above(path: str, usb: Collection[str]) -> str:
    """Give the USB device that the device at `path` is or hangs below, the nearest one; empty when none."""
    while path and path not in usb:
        path = path.rpartition("/")[0]
    return path


def _device(found: Any, usb: str) -> Device:
    attributes = _texts(ATTRIBUTES, found.attributes) if found.subsystem == "block" else {}
    properties = _texts(PROPERTIES[found.device_type], found.properties)
    return Device(found.sys_path, found.device_type, usb, properties, attributes)


def _texts(names: Collection[str], values: Mapping[str, str | bytes]) -> dict[str, str]:
    """Ask for the values of `names`. udev escapes what is no UTF-8: a value that is none all the same is not there."""
    texts = {}
    for name in names:
        with contextlib.suppress(UnicodeDecodeError):
            value = values.get(name)
            if value is not None:
                texts[name] = value if isinstance(value, str) else value.decode("utf-8")
    return texts


def _system() -> frozenset[str]:
    """Give the numbers of the devices that this machine runs from, as far as it runs from single partitions."""
    numbers = set()
    for place in SYSTEM:
        with contextlib.suppress(OSError):
            device = os.stat(place).st_dev  # noqa: PTH116 - in the sense of stat(2)
            numbers.add(f"{os.major(device)}:{os.minor(device)}")
    return frozenset(numbers)
