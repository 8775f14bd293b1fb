"""Printers on USB, through pyusb with a made-up bus in place of libusb: descriptors, transfers, errors."""

import errno
from collections import deque
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import usb.core
from usb.backend import IBackend

from kiosk.errors import KioskError
from kiosk.printing import escpos
from kiosk.printing.ports import UsbPort
from kiosk.printing.printer import send
from tests.printing.test_printer import JOB, MOMENT

if TYPE_CHECKING:
    from array import array

VENDOR, PRODUCT = 0x04B8, 0x0202
OUT, IN = 0x03, 0x84
ENDS = (0x01, 0x82), (OUT, IN)
"""Of the interface that is none of ours, and of ours."""


class Bus(IBackend):  # type: ignore[misc]
    """A bus with one printer on it: its interface is the second, after one that is something else."""

    def __init__(self, *, talks: bool = True, one_way: bool = False, kind: int = 7) -> None:
        self.got = bytearray()
        self.answers: deque[int] = deque()
        self.driver = True
        self.claimed: list[int] = []
        self.fails: int | None = None
        self._talks, self._one_way, self._kind = talks, one_way, kind

    def enumerate_devices(self) -> list[str]:
        return ["printer"]

    def get_device_descriptor(self, device: str) -> Any:
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0,
            bDeviceProtocol=0, bMaxPacketSize0=64, idVendor=VENDOR, idProduct=PRODUCT, bcdDevice=1,
            iManufacturer=0, iProduct=0, iSerialNumber=0, bNumConfigurations=1, address=1, bus=1,
            port_number=1, port_numbers=(1,), speed=3,
        )  # fmt: skip

    def get_configuration_descriptor(self, device: str, number: int) -> Any:
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=55, bNumInterfaces=2, bConfigurationValue=1,
            iConfiguration=0, bmAttributes=0xC0, bMaxPower=1, extra_descriptors=b"",
        )  # fmt: skip

    def get_interface_descriptor(self, device: str, interface: int, alternate: int, number: int) -> Any:
        if interface > 1 or alternate:
            raise IndexError
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=interface, bAlternateSetting=0,
            bNumEndpoints=1 if self._one_way else 2, bInterfaceClass=self._kind if interface else 3,
            bInterfaceSubClass=1, bInterfaceProtocol=2, iInterface=0, extra_descriptors=b"",
        )  # fmt: skip

    def get_endpoint_descriptor(
        self, device: str, end: int, interface: int, alternate: int, number: int
    ) -> Any:
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=ENDS[interface][end], bmAttributes=2, wMaxPacketSize=64,
            bInterval=0, bRefresh=0, bSynchAddress=0, extra_descriptors=b"",
        )  # fmt: skip

    def open_device(self, device: str) -> str:
        return device

    def close_device(self, device: str) -> None:
        self.claimed.clear()

    def get_configuration(self, device: str) -> int:
        return 1

    def is_kernel_driver_active(self, device: str, interface: int) -> bool:
        return self.driver and interface == 1

    def detach_kernel_driver(self, device: str, interface: int) -> None:
        self.driver = False

    def claim_interface(self, device: str, interface: int) -> None:
        if self.fails is not None:
            raise usb.core.USBError("no", errno=self.fails)
        assert not self.driver
        self.claimed.append(interface)

    def release_interface(self, device: str, interface: int) -> None:
        self.claimed.remove(interface)

    def bulk_write(self, device: str, end: int, interface: int, data: "array[int]", timeout: int) -> int:
        assert (end, interface) == (OUT, 1)
        assert self.claimed == [1]
        if self.fails is not None:
            raise usb.core.USBError("no", errno=self.fails)
        said = bytes(data)
        if said in {escpos.ASK_OFFLINE, escpos.ASK_PAPER, escpos.ASK_DONE}:
            if self._talks:
                self.answers.append(0 if said == escpos.ASK_DONE else 0x12)
        else:
            self.got += said
        return len(said)

    def bulk_read(self, device: str, end: int, interface: int, buffer: "array[int]", timeout: int) -> int:
        assert (end, interface) == (IN, 1)
        if not self.answers:
            raise usb.core.USBTimeoutError("nothing", errno=errno.ETIMEDOUT)
        buffer[0] = self.answers.popleft()
        return 1


def go(bus: Bus) -> None:
    port = UsbPort(VENDOR, PRODUCT, bus)
    try:
        send(port, JOB, seconds=2, answer_seconds=MOMENT)
    finally:
        port.close()


@pytest.mark.parametrize(
    "options", [{}, {"talks": False}, {"one_way": True}], ids=["talks", "silent", "one way"]
)
def test_it_prints(options: dict[str, Any]) -> None:
    bus = Bus(**options)
    go(bus)
    assert bytes(bus.got) == JOB
    assert bus.claimed == []  # let go for others


def refused(bus: Bus, id_: str, vendor: int = VENDOR) -> None:
    with pytest.raises(KioskError) as caught:
        UsbPort(vendor, PRODUCT, bus)
    assert caught.value.id == id_
    assert bus.claimed == []


def test_what_cannot_be_opened() -> None:
    refused(Bus(), "printer.gone", vendor=0x1234)
    refused(Bus(kind=8), "printer.wrong")  # a stick with a printer's number
    for number, id_ in (
        (errno.EACCES, "printer.denied"),
        (errno.EBUSY, "printer.busy"),
        (errno.ENODEV, "printer.gone"),
    ):
        bus = Bus()
        bus.fails = number
        refused(bus, id_)


def test_it_is_pulled_while_it_prints() -> None:
    bus = Bus()
    port = UsbPort(VENDOR, PRODUCT, bus)
    bus.fails = errno.ENODEV
    with pytest.raises(KioskError) as caught:
        send(port, JOB, seconds=2, answer_seconds=MOMENT)
    assert caught.value.id == "printer.gone"


@pytest.mark.parametrize(("number", "id_"), [(errno.EACCES, "printer.denied"), (errno.EIO, "printer.gone")])
def test_a_bus_that_cannot_be_looked_at(monkeypatch: pytest.MonkeyPatch, number: int, id_: str) -> None:
    def fails(self: Bus) -> list[str]:
        raise usb.core.USBError("no", errno=number)

    monkeypatch.setattr(Bus, "enumerate_devices", fails)
    refused(Bus(), id_)


def test_without_libusb(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(**_: object) -> None:
        raise usb.core.NoBackendError("No backend available")

    monkeypatch.setattr(usb.core, "find", missing)
    refused(Bus(), "printer.library")
