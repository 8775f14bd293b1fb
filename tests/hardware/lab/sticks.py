"""Images of sticks, made and read here with no mount: a partition table, and one filesystem from the first MiB on."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
TYPES = {"fat32": "c", "exfat": "7"}
"""Of the partition, as sfdisk writes them."""
FAT_DIRTY, EXFAT_DIRTY = 65, 106
"""Where in the first sector it is said that the filesystem was not unmounted."""
ALWAYS = re.compile(
    r"|fsck\.fat .*|exfatprogs version .*|Leaving filesystem unchanged\."
    r"|.*: \d+ files, \d+/\d+ clusters|.*: clean\. directories \d+, files \d+"
)
UNCLEAN = re.compile(
    r"There are differences between boot sector and its backup\."
    r"|This is mostly harmless\. Differences: .*|65:01/00|Not automatically fixing this\."
    r"|Dirty bit is set\..*|Automatically removing dirty bit\."
)
"""What fsck.vfat has to say about the dirty bit, which is in the boot sector and not in its copy; no other byte."""
LOST = re.compile(
    r"Reclaimed \d+ unused clusters? \(\d+ bytes\)\.|Free cluster summary (wrong|uninitialized).*|Auto-correcting\."
    r"|Auto-setting\."
)
ENVIRONMENT = os.environ | {"MTOOLS_SKIP_CHECK": "1", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


def make(image: Path, filesystem: str, label: str, megabytes: int = 40) -> Path:
    """Make a stick with an empty filesystem."""
    part = image.with_suffix(".part")
    with part.open("wb") as file:
        file.truncate((megabytes - 1) * MIB)
    if filesystem == "fat32":
        _runs("mkfs.vfat", "-F", "32", "-s", "1", "-n", label, part)
    else:
        _runs("mkfs.exfat", "-L", label, part)
    with image.open("wb") as file:
        file.truncate(megabytes * MIB)
    table = f"label: dos\n2048,,{TYPES[filesystem]}\n"
    subprocess.run(["sfdisk", "--quiet", image], input=table, text=True, check=True, capture_output=True)
    _runs("dd", f"if={part}", f"of={image}", "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none")
    part.unlink()
    return image


@dataclass(frozen=True)
class Checked:
    """What a filesystem checker found; it changes nothing."""

    said: str
    """All of it."""
    dirty: bool
    """The mark that the stick was not unmounted is set: what everything that was ever pulled has."""
    lost: tuple[str, ...]
    """Space that belongs to no file, and counts of free space that are out of date: nobody's data is harmed."""
    wrong: tuple[str, ...]
    """Everything else. There is none on a good stick, pulled or not."""

    @property
    def words(self) -> str:
        """All that was found, in a few words."""
        found = [*self.lost, *self.wrong]
        if self.dirty:
            found.insert(0, "dirty bit" if found else "dirty bit only")
        return "; ".join(found) or "clean"


def check(image: Path, filesystem: str) -> Checked:
    """Have the filesystem on a stick checked."""
    part = image.with_suffix(".part")
    _runs("dd", f"if={image}", f"of={part}", "bs=1M", "skip=1", "conv=sparse", "status=none")
    os.truncate(part, image.stat().st_size - MIB)
    program = {"fat32": "fsck.vfat", "exfat": "fsck.exfat"}[filesystem]
    done = subprocess.run([program, "-n", part], capture_output=True, text=True, check=False, env=ENVIRONMENT)
    with part.open("rb") as file:
        start = file.read(512)
    part.unlink()
    dirty = bool(start[FAT_DIRTY] & 1 if filesystem == "fat32" else start[EXFAT_DIRTY] & 2)
    return checked(done.stdout + done.stderr, done.returncode, dirty=dirty)


def checked(said: str, status: int, *, dirty: bool) -> Checked:
    """Understand a checker: every line is one that is known to be harmless, or else something is wrong."""
    lines = [line.strip() for line in said.splitlines()]
    found = [line for line in lines if not ALWAYS.fullmatch(line)]
    if dirty:
        found = [line for line in found if not UNCLEAN.fullmatch(line)]
    lost = [line for line in found if LOST.fullmatch(line)]
    wrong = [line for line in found if line not in lost]
    if status and not (dirty or found):
        wrong.append(f"status {status}")
    return Checked(said, dirty, tuple(lost), tuple(wrong))


def read_fat(image: Path, to: Path) -> dict[str, bytes]:
    """Read every file under NPKI of a FAT stick with mtools: path -> bytes."""
    to.mkdir(exist_ok=True)
    _runs("mcopy", "-s", "-n", "-i", f"{image}@@{MIB}", "::NPKI", to)
    return files(to)


def files(root: Path) -> dict[str, bytes]:
    """Read every file under NPKI in a directory: path -> bytes."""
    found = sorted((root / "NPKI").rglob("*"))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found if path.is_file()}


def _runs(*words: object) -> None:
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
