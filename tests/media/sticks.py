"""Two sticks as udev has them."""

from dataclasses import replace
from pathlib import Path

from kiosk.media.present import Stick

STICK = Stick(
    node=Path("/dev/sdb1"), disk=Path("/dev/sdb"), name="SanDisk Cruzer", serial="S1", insertion="7", partition=1,
    filesystem="vfat", usage="filesystem", uuid="ABCD-1234", label="내스틱", size=8_000_000_000, read_only=False,
    usb="/devices/usb1/1-2", number="8:17",
)  # fmt: skip
OTHER = replace(STICK, node=Path("/dev/sdc1"), serial="S2", insertion="8", label="", number="8:33")
