"""Disk images with the filesystems of sticks: made, mounted, checked and read by the programs of others."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SAFE = "nosuid,nodev,noexec"


def does(*words: object, may: int = 0) -> str:
    """Run a program, which must end with 0, or at most with `may`."""
    surroundings = {**os.environ, "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1"}
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, env=surroundings
    )
    assert 0 <= done.returncode <= may, f"{words}: {done.returncode} {done.stdout}{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Disk:
    """A filesystem on an image file."""

    name: str
    mebibytes: int
    make: tuple[str, ...]
    """The words of the program that makes it; the image follows, as in all of these."""
    type_: str
    options: str
    """How it is mounted: as udisks does."""
    mend: tuple[str, ...]
    """What puts it in order after it was pulled, as a desktop does; ends with 1 when there was something."""
    check: tuple[str, ...]
    read: Callable[[Path, Path], object]
    """Copies its NPKI into a directory, without the driver that wrote it where there is another way."""
    root: str = ""
    """The directory in it that acts as the stick: an ext4 has one of its own at its root."""

    def here(self) -> bool:
        """Say whether this machine can mount it: its kernel has it, or a module or a program for it."""
        if os.geteuid() or not os.access("/dev/loop-control", os.W_OK):
            return False
        if self.type_.endswith("-fuse"):
            return shutil.which(f"mount.{self.type_}") is not None and os.access("/dev/fuse", os.W_OK)
        known = Path("/proc/filesystems").read_text("ascii").split()
        tried = ("modprobe", "--quiet", "--dry-run", self.type_)
        return self.type_ in known or (
            shutil.which("modprobe") is not None
            and not subprocess.run(tried, capture_output=True, check=False).returncode
        )

    def made(self, image: Path) -> Path:
        """Make an empty one."""
        with image.open("wb") as file:
            file.truncate(self.mebibytes << 20)
        does(*self.make, image)
        if self.root:
            with self.mounted(image, image.with_name("place")) as place:
                (place / self.root).mkdir()
        return image

    @contextmanager
    def mounted(self, image: Path, place: Path) -> Iterator[Path]:
        place.mkdir(exist_ok=True)
        device = does("losetup", "--find", "--show", image).strip()
        try:
            does("mount", "-t", self.type_, "-o", f"{SAFE},{self.options}", device, place)
            try:
                yield place
            finally:
                does("umount", place)
        finally:
            does("losetup", "--detach", device)

    def mended(self, image: Path) -> None:
        """Put it in order, and make sure that it is."""
        does(*self.mend, image, may=1)
        does(*self.check, image)


def _read_ext4(image: Path, target: Path) -> None:
    does("debugfs", "-R", f"rdump /stick/NPKI {target}", image)


def _read_fat(image: Path, target: Path) -> None:
    does("mcopy", "-s", "-n", "-i", image, "::/NPKI", target)


def _read_exfat(image: Path, target: Path) -> None:
    """Mounted anew: there is no other program for it."""
    with EXFAT.mounted(image, target / "place") as place:
        shutil.copytree(place / "NPKI", target / "NPKI")


EXT4 = Disk(
    "ext4", 8, ("mkfs.ext4", "-q", "-F"), "ext4", "errors=remount-ro",
    ("e2fsck", "-p"), ("e2fsck", "-fn"), _read_ext4, "stick",
)  # fmt: skip
FAT32 = Disk(
    "fat32", 40, ("mkfs.vfat", "-F", "32", "-s", "1"), "vfat", "utf8,iocharset=ascii,flush,errors=remount-ro",
    ("fsck.vfat", "-a"), ("fsck.vfat", "-n"), _read_fat,
)  # fmt: skip
EXFAT = Disk(
    "exfat", 8, ("mkfs.exfat",), "exfat-fuse", "rw",
    ("fsck.exfat", "-y"), ("fsck.exfat", "-n"), _read_exfat,
)  # fmt: skip
DISKS = (EXT4, FAT32, EXFAT)
