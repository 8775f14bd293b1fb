"""Build the lab's Debian: root file system, kernel, ssh key. Run as root: `python -m tests.hardware.lab.build`.

Nothing is mounted and no loop device is needed. What it was built from is noted: the same is not built twice.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.hardware.lab.places import BASE, BASE_OF, DISK, HERE, INITRD, KERNEL, KEY, LAB, RULES
from tests.source import ROOT

SUITE = "bookworm"
PYTHON = "3.11"
"""Python's version there."""
SIZE = "4G"
PACKAGES = (
    "linux-image-amd64", "initramfs-tools", "zstd", "systemd-sysv", "udev", "dbus", "libpam-systemd", "polkitd",
    "udisks2", "kmod", "openssh-server", "iproute2", "procps", "python3", "python3-venv", "dosfstools", "exfatprogs",
)  # fmt: skip
LOCK = ROOT / "requirements.lock"
SECONDS = 1800


def runs(*words: object, **environment: object) -> str:
    """Run a command that must succeed; give its standard output."""
    env = os.environ | {name: str(value) for name, value in environment.items()}
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, timeout=SECONDS, env=env
    )
    if done.returncode != 0:
        raise SystemExit(
            f"{words[0]} ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
        )
    return done.stdout


def needed() -> set[str]:
    """Give the names of all libraries that the kiosk needs to run, as they are installed here."""
    names: set[str] = set()
    left = [Requirement("certkiosk")]
    while left:
        by = left.pop()
        for requirement in map(Requirement, requires(by.name) or ()):
            extras = by.extras or {""}
            wanted = not requirement.marker or any(
                requirement.marker.evaluate({"extra": one}) for one in extras
            )
            if wanted and requirement.name not in names:
                names.add(canonicalize_name(requirement.name))
                left.append(requirement)
    return names


def fetch_wheels(directory: Path) -> None:
    """Fetch the libraries in the lock's versions, for Python there, with the lock's hashes."""
    names = needed()
    entries = re.split(r"\n(?=[\w.-]+==)", LOCK.read_text("utf-8"))
    chosen = directory / "requirements"
    chosen.write_text("\n".join(entry for entry in entries if entry.partition("==")[0] in names) + "\n")
    runs(
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:",
        f"--python-version={PYTHON}", "--implementation=cp", *(f"--platform=manylinux_{old}_x86_64" for old in (
            "2_36", "2_34", "2_28", "2_27", "2_26", "2_24", "2_17")), "--platform=manylinux2014_x86_64",
        "--dest", directory, "--requirement", chosen,
    )  # fmt: skip
    chosen.unlink()


def mirror() -> str:
    """Give the address from which this machine's apt takes Debian."""
    lines = runs("apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages")
    found = [line.split(maxsplit=1) for line in lines.splitlines()]
    for release, address in found:
        if release == SUITE:
            return address
    raise SystemExit(f"apt here knows nothing of Debian {SUITE}")


def digest() -> str:
    """Say what the image is built from."""
    parts = [path.read_bytes() for path in (Path(__file__), HERE / "guest.sh", RULES, LOCK)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def build() -> None:
    """Build everything anew."""
    LAB.mkdir(parents=True, exist_ok=True)
    if not KEY.exists():
        runs("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", KEY)
    with tempfile.TemporaryDirectory(dir=LAB) as directory:
        wheels, tree, raw = (Path(directory) / name for name in ("wheels", "tree", "raw"))
        wheels.mkdir()
        fetch_wheels(wheels)
        runs(
            "mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=directory",
            f"--include={','.join(PACKAGES)}", '--aptopt=Acquire::Languages "none"',
            *(f"--dpkgopt=path-exclude=/usr/share/{what}/*" for what in ("man", "doc", "locale")),
            f'--customize-hook=sh {HERE / "guest.sh"} "$1"', SUITE, tree, mirror(),
            LAB_KEY=KEY, LAB_RULES=RULES, LAB_WHEELS=wheels,
        )  # fmt: skip
        for name, place in (("vmlinuz-*", KERNEL), ("initrd.img-*", INITRD)):
            [found] = (tree / "boot").glob(name)
            shutil.copyfile(found, place)
        runs("mke2fs", "-q", "-t", "ext4", "-m", "0", "-d", tree, raw, SIZE)
        BASE.unlink(missing_ok=True)
        DISK.unlink(missing_ok=True)
        runs("qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2", raw, BASE)
    BASE_OF.write_text(digest())


def main() -> None:
    """Build what is not there or is out of date."""
    if BASE.exists() and BASE_OF.exists() and BASE_OF.read_text() == digest():
        return
    if os.geteuid() != 0:
        raise SystemExit("The lab's Debian is built as root, once: sudo make test-hardware")
    print(f"Building the lab in {LAB}: about three minutes", file=sys.stderr)
    begun = time.monotonic()
    build()
    print(f"Built in {time.monotonic() - begun:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
