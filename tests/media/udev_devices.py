"""Devices as udev of Debian 12 describes them, for `tests.media.udev_bed`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

USB = "/devices/pci0000:00/0000:00:14.0/usb1"
_numbers = count(1)

FAT = {
    "ID_FS_TYPE": "vfat",
    "ID_FS_USAGE": "filesystem",
    "ID_FS_UUID": "ABE9-1F0A",
    "ID_FS_LABEL_ENC": "NPKI",
}
GIB = 1 << 30


@dataclass(frozen=True)
class Made:
    """Devices that go in and out together: their text, and their paths, parents first."""

    text: str
    paths: Sequence[str]


def described(
    path: str, node: str = "", properties: Mapping[str, object] = {}, attributes: Mapping[str, object] = {}
) -> str:
    lines = [f"P: {path}"]
    if node:
        lines += [f"N: {node}", f"E: DEVNAME=/dev/{node}"]
    lines += [f"E: {name}={value}" for name, value in properties.items()]
    lines += [f"A: {name}={value}\\n" for name, value in attributes.items()]
    return "\n".join(lines) + "\n\n"


def usb_device(port: str, number: int, **more: object) -> str:
    properties = {
        "SUBSYSTEM": "usb", "DEVTYPE": "usb_device", "BUSNUM": "001", "DEVNUM": f"{number % 127 + 1:03}",
        "USEC_INITIALIZED": 1_000_000 + number, "ID_BUS": "usb", **more,
    }  # fmt: skip
    return described(f"{USB}/{port}", f"bus/usb/001/{number % 127 + 1:03}", properties)


def stick(
    *partitions: Mapping[str, object], port: str = "1-2", disk: str = "sdb", serial: str = "4C530001230101",
    size: int = 8 * GIB, whole: Mapping[str, object] = {}, sequence: bool = True, ro: int = 0, minor: int = 512,
    **more: object,
) -> Made:  # fmt: skip
    """A USB disk with these partitions, or one filesystem (`whole`) over all of it.

    A partition's `PARTN` and `size` (bytes) may be said among its properties. Without `sequence` the kernel is one
    that does not count insertions.
    """
    insertion = next(_numbers)
    device = f"{USB}/{port}"
    block = f"{device}/{port}:1.0/host{insertion + 5}/target{insertion + 5}:0:0/{insertion + 5}:0:0:0/block/{disk}"
    known: dict[str, object] = {
        "ID_BUS": "usb", "ID_SERIAL": f"SanDisk_Cruzer_Blade_{serial}-0:0", "ID_SERIAL_SHORT": serial,
        "ID_VENDOR": "SanDisk", "ID_VENDOR_ENC": r"SanDisk\x20", "ID_VENDOR_ID": "0781", "ID_MODEL": "Cruzer_Blade",
        "ID_MODEL_ENC": r"Cruzer\x20Blade\x20\x20\x20\x20", "ID_MODEL_ID": "5567",
        "ID_USB_INTERFACES": ":080650:", **more,
    }  # fmt: skip
    counted = {"diskseq": insertion} if sequence else {}
    table = {"ID_PART_TABLE_TYPE": "dos"} if partitions else {}
    text = usb_device(port, insertion, **known) + described(
        block, disk,
        {"SUBSYSTEM": "block", "DEVTYPE": "disk", "MAJOR": 8, "MINOR": minor,
         "USEC_INITIALIZED": 2_000_000 + insertion, **known, **table, **whole},
        {"size": size // 512, "ro": ro, "removable": 1, **counted},
    )  # fmt: skip
    paths = [device, block]
    for place, partition in enumerate(partitions, 1):
        said = dict(partition)
        number = said.pop("PARTN", place)
        sectors = int(str(said.pop("size", size // 2))) // 512
        paths.append(f"{block}/{disk}{number}")
        text += described(
            paths[-1], f"{disk}{number}",
            {"SUBSYSTEM": "block", "DEVTYPE": "partition", "MAJOR": 8, "MINOR": f"{minor + int(str(number))}",
             "PARTN": number, "USEC_INITIALIZED": 3_000_000 + insertion, **known, **said},
            {"size": sectors, "ro": ro, "partition": number},
        )  # fmt: skip
    return Made(text, paths)


def token(port: str = "1-4", **more: object) -> Made:
    """A USB token, which is a smart-card reader with its card inside."""
    known = {
        "ID_VENDOR": "Feitian", "ID_VENDOR_ID": "096e", "ID_MODEL": "ePass2003", "ID_MODEL_ID": "0807",
        "ID_SERIAL_SHORT": "TOK0001", "ID_USB_INTERFACES": ":0b0000:", **more,
    }  # fmt: skip
    return Made(usb_device(port, next(_numbers), **known), [f"{USB}/{port}"])


def disk_inside(disk: str = "sda") -> Made:
    """A disk on the machine's own bus, which says that it can be taken out, with a FAT partition."""
    block = f"/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/{disk}"
    known = {"SUBSYSTEM": "block", "MAJOR": 8, "ID_BUS": "ata", "ID_SERIAL": "Samsung_SSD_1"}
    text = described(
        block, disk, {**known, "DEVTYPE": "disk", "MINOR": 256, "ID_PART_TABLE_TYPE": "gpt"},
        {"size": 1 << 20, "removable": 1},
    ) + described(
        f"{block}/{disk}1", f"{disk}1", {**known, "DEVTYPE": "partition", "MINOR": 257, **FAT}, {"size": 1 << 19},
    )  # fmt: skip
    return Made(text, [block, f"{block}/{disk}1"])


def drive(port: str = "1-5", disk: str = "sr0") -> Made:
    """An optical drive on USB, or what a stick or modem pretends to be one, with a disc of data in it."""
    block = f"{USB}/{port}/{port}:1.0/host90/target90:0:0/90:0:0:0/block/{disk}"
    known = {
        "SUBSYSTEM": "block", "DEVTYPE": "disk", "MAJOR": 11, "MINOR": 0, "ID_BUS": "usb", "ID_CDROM": 1,
        "ID_CDROM_MEDIA": 1, "ID_FS_TYPE": "iso9660", "ID_FS_USAGE": "filesystem", "ID_FS_LABEL": "DRIVERS",
    }  # fmt: skip
    usb = usb_device(port, next(_numbers), ID_SERIAL="DVD", ID_USB_INTERFACES=":080250:")
    return Made(usb + described(block, disk, known, {"size": 1 << 20}), [f"{USB}/{port}", block])


def acting(
    *interfaces: str, port: str = "1-7", product: str = "46d/c31c/6400", below: Mapping[str, str] = {}
) -> Made:
    """A USB device with interfaces ("3/1/1"), and what its drivers make of it: subsystem by name."""
    number = next(_numbers)
    device = f"{USB}/{port}"
    paths, text = [device], usb_device(port, number, PRODUCT=product)
    for place, interface in enumerate(interfaces):
        paths.append(f"{device}/{port}:1.{place}")
        said = {"SUBSYSTEM": "usb", "DEVTYPE": "usb_interface", "PRODUCT": product, "INTERFACE": interface}
        text += described(paths[-1], "", said)
    for name, subsystem in below.items():
        paths.append(f"{paths[-1]}/{subsystem}/{name}")
        text += described(paths[-1], "", {"SUBSYSTEM": subsystem})
    return Made(text, paths)


def keyboard(port: str = "1-7", **more: str) -> Made:
    """A keyboard as there are millions."""
    return acting("3/1/1", "3/0/0", port=port, **more)
