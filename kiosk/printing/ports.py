"""The two ways to a printer: a device file, and USB itself. Neither ever waits longer than it is told to.

Both raise `KioskError`: `printer.gone`, `printer.denied`, `printer.busy`, `printer.trouble`, `printer.wrong`; USB
also `printer.library`.
"""

import contextlib
import errno
import fcntl
import os
import select
import stat
import termios
import tty
from pathlib import Path
from typing import Any, Protocol

from kiosk.errors import KioskError

PIECE = 4096
"""Bytes handed over at a time."""

_IDS = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "printer.denied"),
    **dict.fromkeys(
        (errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.ENODEV, errno.EPIPE, errno.ESHUTDOWN, errno.EIO),
        "printer.gone",
    ),
    errno.EBUSY: "printer.busy",
    errno.ENOSPC: "printer.paper",  # what the kernel's own driver says of it
}


def error_of(error: OSError) -> KioskError:
    """Give the error of the table that `error` means of a printer."""
    return KioskError(_IDS.get(error.errno or 0, "printer.trouble"))


class Port(Protocol):
    """An open way to one printer. Seconds are the longest it may take."""

    answers: bool
    """Whether anything can come back on it."""

    def write(self, data: bytes, seconds: float) -> int:
        """Hand over the beginning of `data`; gives how many bytes were taken, 0 when none were in time."""

    def read(self, seconds: float) -> bytes:
        """Give what the printer says, empty when it says nothing in time."""

    def close(self) -> None:
        """Let the printer go."""


class DevicePort:
    """A device file (usblp, a serial line), a pipe, or a plain file that collects what would be printed."""

    def __init__(self, path: Path) -> None:
        """Open `path`. It is never made: a printer that is switched off has no device file."""
        try:
            kind = path.stat().st_mode
            if not (stat.S_ISCHR(kind) or stat.S_ISREG(kind) or stat.S_ISFIFO(kind)):
                raise KioskError("printer.wrong", path=str(path))  # a disk, say: it would be written over
            self.answers = stat.S_ISCHR(kind)
            flags = os.O_RDWR if self.answers else os.O_WRONLY | os.O_APPEND
            self._fd = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            raise error_of(error) from None
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self.answers and os.isatty(self._fd):
                tty.setraw(self._fd)
        except BlockingIOError:
            self.close()
            raise KioskError("printer.busy") from None
        except (OSError, termios.error) as error:
            self.close()
            raise error_of(OSError(*error.args)) from None

    def write(self, data: bytes, seconds: float) -> int:
        """Hand over as much as it takes."""
        try:
            if not select.select([], [self._fd], [], seconds)[1]:
                return 0
            return os.write(self._fd, data[:PIECE])
        except BlockingIOError:
            return 0
        except OSError as error:
            raise error_of(error) from None

    def read(self, seconds: float) -> bytes:
        """Give what it says; a file says nothing."""
        if not self.answers:
            return b""
        try:
            if not select.select([self._fd], [], [], seconds)[0]:
                return b""
            said = os.read(self._fd, PIECE)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise error_of(error) from None
            said = b""  # so the kernel's driver says that this printer is a one-way one
        self.answers = bool(said)
        return said

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


class UsbPort:
    """A printer of the USB class 7, without the kernel's driver; needs libusb."""

    def __init__(self, vendor: int, product: int, backend: object = None) -> None:
        """Take the first such printer. `backend` is pyusb's, in place of libusb."""
        import usb.core

        self._errors = usb.core.USBError
        self._timeout = usb.core.USBTimeoutError
        try:
            device: Any = usb.core.find(idVendor=vendor, idProduct=product, backend=backend)
        except usb.core.NoBackendError:
            raise KioskError("printer.library") from None
        except usb.core.USBError as error:
            raise error_of(error) from None
        if device is None:
            raise KioskError("printer.gone")
        self._device = device
        try:
            self._out, self._in = self._claim()
            self.answers = self._in is not None
        except KioskError:
            self.close()
            raise
        except usb.core.USBError as error:
            self.close()
            raise error_of(error) from None

    def _claim(self) -> tuple[Any, Any]:
        import usb.util

        try:
            settings = self._device.get_active_configuration()
        except self._errors:  # nothing has configured it yet
            self._device.set_configuration()
            settings = self._device.get_active_configuration()
        interface = usb.util.find_descriptor(settings, bInterfaceClass=7)
        if interface is None:
            raise self._wrong()
        with contextlib.suppress(NotImplementedError):
            if self._device.is_kernel_driver_active(interface.bInterfaceNumber):
                self._device.detach_kernel_driver(interface.bInterfaceNumber)
        usb.util.claim_interface(self._device, interface.bInterfaceNumber)

        def end(direction: int) -> Any:
            bulk = usb.util.ENDPOINT_TYPE_BULK
            return usb.util.find_descriptor(
                interface,
                custom_match=lambda each: (
                    usb.util.endpoint_direction(each.bEndpointAddress) == direction
                    and usb.util.endpoint_type(each.bmAttributes) == bulk
                ),
            )

        out = end(usb.util.ENDPOINT_OUT)
        if out is None:
            raise self._wrong()
        return out, end(usb.util.ENDPOINT_IN)

    def _wrong(self) -> KioskError:
        product = f"{self._device.idVendor:04x}:{self._device.idProduct:04x}"
        return KioskError("printer.wrong", path=product)

    def write(self, data: bytes, seconds: float) -> int:
        """Hand over one transfer."""
        try:
            return int(self._out.write(data[:PIECE], timeout=max(1, round(seconds * 1000))))
        except self._timeout:
            return 0
        except self._errors as error:
            raise error_of(error) from None

    def read(self, seconds: float) -> bytes:
        """Give one transfer; a one-way printer says nothing."""
        if not self.answers:
            return b""
        try:
            return bytes(self._in.read(self._in.wMaxPacketSize, timeout=max(1, round(seconds * 1000))))
        except self._timeout:
            return b""
        except self._errors as error:
            raise error_of(error) from None

    def close(self) -> None:
        """Let go of the interface."""
        import usb.util

        usb.util.dispose_resources(self._device)
