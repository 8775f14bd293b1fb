"""Sticks that the system has mounted, from /proc/self/mountinfo (proc(5))."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")
DEVICES = Path("/sys/dev/block")
WRITTEN = frozenset({"vfat", "exfat", "ext4"})
"""The filesystems that we write to."""
READ = frozenset({"btrfs", "ext2", "ext3", "f2fs", "fuseblk", "iso9660", "ntfs", "ntfs3", "udf", "xfs"})
"""Those that we only read, by the kernel's names; NTFS has three."""
DESKTOPS = ("/media/", "/run/media/")
"""Where only what somebody put in is mounted."""
BY_HAND = "/mnt"
"""Where anything may be mounted: there the device must be a removable one."""

_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """One whole filesystem that is mounted."""

    device: str
    """Its number, "8:17"."""
    source: str
    """What was mounted, in most cases the path of the device."""
    filesystem: str
    place: Path


def mounts(mountinfo: Path = MOUNTINFO) -> tuple[Mount, ...]:
    """Give what is mounted from its root on, in the order in which it was.

    What cannot be read is as if nothing were mounted.
    """
    try:
        lines = mountinfo.read_bytes().decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ()
    found = []
    for line in lines:
        mount, _, source = line.partition(" - ")
        fields, kind = mount.split(" "), source.split(" ")
        if len(fields) < 6 or not kind[0] or fields[3] != "/":  # proc(5): up to options
            continue
        found.append(
            Mount(fields[2], _text(kind[1]) if len(kind) > 1 else "", kind[0], Path(_text(fields[4])))
        )
    return tuple(found)


def mounted(
    mountinfo: Path = MOUNTINFO, devices: Path = DEVICES, kinds: Collection[str] = WRITTEN
) -> dict[str, Path]:
    """Give the mount points of sticks that are in by device number ("8:17"), in the order in which they were mounted.

    Only of filesystems of these `kinds`. What cannot be read is as if nothing were mounted.
    """
    found: dict[str, Path] = {}
    for mount in mounts(mountinfo):
        place = str(mount.place)
        if (
            mount.filesystem in kinds
            and _there(devices, mount.device)
            and (
                place.startswith(DESKTOPS)
                or ((place + "/").startswith(BY_HAND + "/") and _removable(devices / mount.device))
            )
        ):
            found.setdefault(mount.device, mount.place)
    return found


def _text(field: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), field)


def _there(devices: Path, number: str) -> bool:
    """Whether the device is still there: what was pulled stays in the table until somebody unmounts it."""
    return (devices / number).exists() or not devices.is_dir()


def _removable(device: Path) -> bool:
    """Whether a block device is on USB, or says that its medium can be taken out."""
    try:
        real = device.resolve(strict=True)
    except OSError:
        return False
    if any(part.startswith("usb") for part in real.parts):
        return True
    # A partition lies in its disk's directory, and only the disk says it.
    for disk in (real, real.parent):
        flag = disk / "removable"
        if flag.is_file():
            return flag.read_text("ascii").strip() == "1"
    return False
