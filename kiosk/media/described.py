"""From what udev says of devices to what is present. Pure, and never raises, whatever a device says of itself."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from kiosk.media.present import EMPTY_TABLE, UNKNOWN, Reader, Snapshot, Stick

_NODE = ("DEVNAME", "MAJOR", "MINOR", "UDISKS_IGNORE", "USEC_INITIALIZED")
_SEEN = ("ID_BUS", "ID_PATH", "ID_SERIAL")
_MADE = tuple(
    f"ID_{what}{form}" for what in ("VENDOR", "MODEL") for form in ("", "_ENC", "_ID", "_FROM_DATABASE")
)
_HOLDS = (
    "ID_FS_AMBIVALENT", "ID_FS_LABEL", "ID_FS_LABEL_ENC", "ID_FS_TYPE", "ID_FS_USAGE", "ID_FS_UUID",
    "ID_FS_UUID_ENC",
)  # fmt: skip
PROPERTIES = {
    "disk": (
        *_NODE, *_SEEN, *_HOLDS, *_MADE, "DISKSEQ", "ID_CDROM", "ID_PART_TABLE_TYPE", "ID_SERIAL_SHORT",
    ),
    "partition": (*_NODE, *_SEEN, *_HOLDS, "ID_PART_ENTRY_TYPE", "PARTN"),
    "usb_device": (
        *_MADE, "BUSNUM", "DEVNUM", "ID_SERIAL_SHORT", "ID_USB_INTERFACES", "USEC_INITIALIZED",
    ),
}  # fmt: skip
"""The properties that are asked for, by kind of device: each costs its time at every look."""
ATTRIBUTES = ("diskseq", "partition", "ro", "size")
"""The attributes that are asked for, of disks and partitions."""

SECTOR = 512
"""What the kernel counts sizes in, whatever the sectors of the disk are."""
CARD_INTERFACE = ":0b"
BOOT_PARTITIONS = frozenset({"0xef", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"})
"""Where firmware looks for systems to start: by type in the old table and in the new one (GPT)."""
NO_FILES = frozenset({
    "0x5", "0xf", "0x85",  # hold other partitions
    "0x82", "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f",  # swap
    "e3c9e316-0b5c-4db8-817d-f92df00215ae",  # kept free by Windows
    "21686148-6449-6e6f-744e-656564454649",  # a boot loader
})  # fmt: skip
"""Types of partitions that hold no files of anybody."""

_ESCAPED = re.compile(rb"\\x([0-9a-fA-F]{2})")
_SPACE = re.compile(r"[\s_]+")


@dataclass(frozen=True)
class Device:
    """One device as udev has it; absent properties and attributes are left out."""

    path: str
    """In sysfs; a partition's is inside its disk's."""
    kind: str
    """DEVTYPE: disk, partition or usb_device."""
    usb: str
    """The path of the USB device that it is or belongs to; empty when it hangs below none."""
    properties: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.properties.get(name, "")

    @property
    def ready(self) -> bool:
        """Whether udev has looked at it. Before that a formatted stick looks like an unformatted one."""
        return any(name.startswith("ID_") for name in self.properties)

    @property
    def size(self) -> int:
        """Give its bytes; 0 for a slot without a card."""
        return number(self.attributes.get("size", "")) * SECTOR

    @property
    def read_only(self) -> bool:
        """Say whether it takes no writes."""
        return self.attributes.get("ro", "").strip() == "1"

    @property
    def device_number(self) -> str:
        """Give major and minor number, "8:17"."""
        return f"{number(self['MAJOR'])}:{number(self['MINOR'])}"


def snapshot_of(devices: Iterable[Device], system: Collection[str] = ()) -> Snapshot:
    """Give what is present, from all block devices and USB devices, in any order.

    `system` has the numbers ("8:2") of devices that this machine runs from: their disks are not offered, even
    when they are on USB.
    """
    disks: list[Device] = []
    partitions: dict[str, list[Device]] = {}
    readers: list[Device] = []
    for device in devices:
        if not device.usb:
            continue
        if device.kind == "partition":
            partitions.setdefault(str(PurePosixPath(device.path).parent), []).append(device)
        elif device.kind == "disk":
            disks.append(device)
        elif device.kind == "usb_device" and reads_cards(device["ID_USB_INTERFACES"]):
            readers.append(device)
    sticks = [
        stick
        for disk in sorted(disks, key=_order)
        for stick in _sticks(disk, partitions.get(disk.path, []), system)
    ]
    return Snapshot(tuple(sticks), tuple(_reader(device) for device in sorted(readers, key=_order)))


def reads_cards(interfaces: str) -> bool:
    """Whether one of a USB device's interfaces, as udev lists them (":080650:0b0000:"), is for smart cards."""
    return CARD_INTERFACE in interfaces.lower()


def _order(device: Device) -> tuple[int, int, str]:
    return number(_sequence(device)), number(device["USEC_INITIALIZED"]), device.path


def _sequence(disk: Device) -> str:
    # The attribute is the kernel's word of now, the property of the last event.
    return disk.attributes.get("diskseq", "").strip() or disk["DISKSEQ"]


def _sticks(disk: Device, partitions: Sequence[Device], system: Collection[str]) -> list[Stick]:
    if not disk.ready or disk.size <= 0 or disk["ID_CDROM"] or disk["UDISKS_IGNORE"] == "1":
        return []
    if any(device.device_number in system for device in (disk, *partitions)):
        return []
    if not partitions:
        # A filesystem over the whole disk can look as if it had a table.
        whole = _stick(disk, disk, 0)
        empty = disk["ID_PART_TABLE_TYPE"] and not _holds_something(disk)
        return [replace(whole, usage=EMPTY_TABLE) if empty else whole]
    shown = [
        part for part in partitions
        if part.ready and part.size > 0 and part["UDISKS_IGNORE"] != "1" and part["ID_FS_TYPE"] != "swap"
        and _type(part) not in NO_FILES
    ]  # fmt: skip
    own = [part for part in shown if _type(part) not in BOOT_PARTITIONS]
    if not own and all(part.ready for part in partitions):
        # Made to start a computer from, with nothing else on it: then that is where its owner keeps files.
        own = [part for part in shown if _holds_something(part)]
    return [
        _stick(part, disk, _place(part)) for part in sorted(own, key=lambda part: (_place(part), part.path))
    ]


def _type(partition: Device) -> str:
    return partition["ID_PART_ENTRY_TYPE"].lower()


def _place(partition: Device) -> int:
    return number(partition.attributes.get("partition", "")) or number(partition["PARTN"]) or 1


def _holds_something(device: Device) -> bool:
    return bool(device["ID_FS_TYPE"] or device["ID_FS_USAGE"] or device["ID_FS_AMBIVALENT"])


def _stick(device: Device, disk: Device, partition: int) -> Stick:
    return Stick(
        node=_node(device),
        disk=_node(disk),
        name=_name(disk),
        serial=decoded(disk["ID_SERIAL_SHORT"] or disk["ID_SERIAL"]),
        insertion=_sequence(disk) or disk["USEC_INITIALIZED"],
        partition=partition,
        filesystem=device["ID_FS_TYPE"],
        usage=device["ID_FS_USAGE"] or (UNKNOWN if device["ID_FS_AMBIVALENT"] else ""),
        uuid=decoded(device["ID_FS_UUID_ENC"] or device["ID_FS_UUID"]),
        label=decoded(device["ID_FS_LABEL_ENC"] or device["ID_FS_LABEL"]),
        size=device.size,
        read_only=disk.read_only or device.read_only,
        usb=disk.usb,
        number=device.device_number,
    )


def _reader(device: Device) -> Reader:
    return Reader(
        usb=device.usb,
        vendor_id=device["ID_VENDOR_ID"],
        model_id=device["ID_MODEL_ID"],
        serial=decoded(device["ID_SERIAL_SHORT"]),
        name=_name(device),
        insertion=f"{number(device['BUSNUM'])}-{number(device['DEVNUM'])}",
    )


def _node(device: Device) -> Path:
    # A path with a NUL raises where it is used.
    name = device["DEVNAME"].replace("\0", "")
    return Path(name or "/dev/" + PurePosixPath(device.path).name)


def _name(device: Device) -> str:
    """Maker and model without padding; a number where they have no name is left out, and the maker said once."""
    words = []
    for what in ("VENDOR", "MODEL"):
        said = decoded(device[f"ID_{what}_ENC"]) or device[f"ID_{what}"]
        if not said or said == device[f"ID_{what}_ID"]:
            said = decoded(device[f"ID_{what}_FROM_DATABASE"])
        words.append(_SPACE.sub(" ", said).strip())
    vendor, model = words
    return model if model.casefold().startswith(vendor.casefold()) else f"{vendor} {model}".strip()


def decoded(text: str) -> str:
    r"""Undo udev's escapes (`\x20`).

    Bytes that are no UTF-8 are Korean as Windows writes it in FAT labels, or else kept as lone surrogates.
    """
    if "\\x" not in text:
        return text
    data = _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), text.encode("utf-8", "surrogatepass"))
    for encoding in ("utf-8", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "surrogateescape")


def number(text: str) -> int:
    """Read a decimal number as the kernel writes it; 0 for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else 0
