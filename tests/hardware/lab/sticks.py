"""Images of sticks, made and read here with no mount: a partition table, and one filesystem from the first MiB on."""

import os
import subprocess
from pathlib import Path

MIB = 1 << 20
TYPES = {"fat32": "c", "exfat": "7"}
"""Of the partition, as sfdisk writes them."""
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


def check(image: Path, filesystem: str) -> tuple[int, str]:
    """Have the filesystem on a stick checked, changing nothing: give the checker's status and what it said."""
    part = image.with_suffix(".part")
    _runs("dd", f"if={image}", f"of={part}", "bs=1M", "skip=1", "conv=sparse", "status=none")
    os.truncate(part, image.stat().st_size - MIB)
    program = {"fat32": "fsck.vfat", "exfat": "fsck.exfat"}[filesystem]
    done = subprocess.run([program, "-n", part], capture_output=True, text=True, check=False)
    part.unlink()
    return done.returncode, done.stdout + done.stderr


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
