"""What is plugged in: sticks and smart-card readers, as plain data. `kiosk.media.watch` finds them.

All text in it comes from a device that a stranger brought. It is kept as it is, bytes that are no text as lone
surrogates, and shown through `kiosk.i18n.visible` only.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from kiosk.media.mounted import WRITTEN

READ = WRITTEN | {"btrfs", "ext2", "ext3", "f2fs", "iso9660", "ntfs", "udf", "xfs"}
"""The filesystems that Linux reads, by udev's names."""
ENCRYPTED = frozenset({"BitLocker", "crypto_LUKS"})
ONLY_READ = frozenset({"medium.readable", "medium.readonly"})
"""The problems with which a stick can still be looked at, and copied from."""
UNKNOWN = "unknown"
"""The usage of what holds something, but nothing that udev knows for sure."""
EMPTY_TABLE = "table"
"""The usage of a disk with a partition table and no partition: nothing is on it, or its table is being read."""


@dataclass(frozen=True)
class Stick:
    """One filesystem on a USB disk, or the place where one should be."""

    node: Path
    """The device, /dev/sdb1."""
    disk: Path
    """The whole disk, /dev/sdb."""
    name: str
    """Maker and model, to be read; may be empty."""
    serial: str
    insertion: str
    """The kernel's number of this insertion (DISKSEQ); on old kernels when udev saw it, in microseconds."""
    partition: int
    """0 when the filesystem has the whole disk."""
    filesystem: str
    """The kind as udev names it (ID_FS_TYPE); empty when there is none that it knows."""
    usage: str
    """What such a filesystem is for (ID_FS_USAGE): filesystem, crypto, raid, other; `UNKNOWN` or `EMPTY_TABLE`."""
    uuid: str
    label: str
    size: int
    """In bytes, of the partition."""
    read_only: bool
    """Whether the device takes no writes (a lock switch); of how it is mounted it says nothing."""
    usb: str
    """The path in sysfs of the USB device."""
    number: str = ""
    """The device's number, "8:17", as the table of mounts has it."""

    @property
    def lasting_identity(self) -> str:
        """The same stick when it is put in again: serial, filesystem and partition."""
        return _joined(self.serial, self.uuid, str(self.partition))

    @property
    def identity(self) -> str:
        """This stick in this insertion."""
        return _joined(self.serial, self.uuid, str(self.partition), self.insertion)

    @property
    def writable_kind(self) -> bool:
        """Whether we write to filesystems of this kind; the others are read."""
        return self.filesystem in WRITTEN

    @property
    def problem(self) -> str | None:
        """Why no certificate can be put here, as an id of `kiosk.errors.TABLE`."""
        if self.filesystem in ENCRYPTED or self.usage == "crypto":
            return "medium.encrypted"
        if not self.filesystem and self.usage in {"", EMPTY_TABLE}:
            return "medium.unformatted"
        if self.filesystem not in READ:
            return "medium.filesystem"
        if not self.writable_kind:
            return "medium.readable"
        return "medium.readonly" if self.read_only else None


@dataclass(frozen=True)
class Reader:
    """A smart-card interface (CCID) of a USB device. Whether a token is in it, PKCS#11 says."""

    usb: str
    """The path in sysfs of the USB device."""
    vendor_id: str
    """Four hexadecimal digits, like `model_id`."""
    model_id: str
    serial: str
    name: str
    insertion: str
    """Another one each time it is put in: bus and number on it, as the kernel counts them."""


@dataclass(frozen=True)
class Snapshot:
    """All that is plugged in at one moment, in the order in which it was put in."""

    sticks: tuple[Stick, ...] = ()
    readers: tuple[Reader, ...] = ()


def _joined(*parts: str) -> str:
    """Join hostile texts so that different ones never give the same."""
    return "/".join(quote(part, safe="", errors="surrogatepass") for part in parts)
