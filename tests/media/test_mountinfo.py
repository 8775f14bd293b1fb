"""Which of all that is mounted is a stick: from tables as the kernel writes them."""

import os
from pathlib import Path

import pytest

from kiosk.media.mounted import READ, mounted

DESKTOP = r"""
21 27 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:13 - proc proc rw
27 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
96 27 259:1 / /boot/efi rw,relatime shared:50 - vfat /dev/nvme0n1p1 rw,fmask=0077
610 27 8:17 / /media/kim/SANDISK rw,nosuid,nodev,relatime shared:330 - vfat /dev/sdb1 rw,uid=1000,utf8
611 27 8:33 / /run/media/kim/내\040USB\0111 ro,nosuid,nodev shared:331 master:2 - exfat /dev/sdc1 ro
612 27 8:49 / /media/kim/NTFS rw - ntfs3 /dev/sdd1 rw
613 27 7:4 / /media/kim/image rw - iso9660 /dev/loop4 ro
614 27 8:17 /NPKI /media/kim/part rw - vfat /dev/sdb1 rw
615 27 8:17 / /media/kim/again rw - vfat /dev/sdb1 rw
616 27 8:1 / /mnt/disk rw - ext4 /dev/sda1 rw
617 27 8:65 / /mnt rw - ext4 /dev/sde1 rw
618 27 179:1 / /mnt/card\134x rw - vfat /dev/mmcblk0p1 rw
619 27 0:50 / /media/kim/share rw - cifs //server/share rw
620 27 8:81 / /mediation/x rw - vfat /dev/sdf1 rw
621 27 8:97 / /mntx rw - vfat /dev/sdg1 rw
"""


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """Block devices as /sys shows them: a fixed disk, one on USB, a card whose slot says that it can be taken out."""
    place = tmp_path / "sys" / "dev" / "block"
    place.mkdir(parents=True)
    for number, disk, partition, removable in (
        ("8:1", "pci0000:00/ata1/host0/block/sda", "sda1", "0"),
        ("8:65", "pci0000:00/usb2/2-1/host6/block/sde", "sde1", "0"),
        ("8:17", "pci0000:00/usb2/2-2/host7/block/sdb", "sdb1", "1"),
        ("8:33", "pci0000:00/usb2/2-3/host8/block/sdc", "sdc1", "1"),
        ("179:1", "pci0000:00/mmc_host/mmc0/block/mmcblk0", "mmcblk0p1", "1"),
    ):
        real = tmp_path / "sys" / "devices" / disk / partition
        real.mkdir(parents=True)
        (real / "partition").write_text("1\n")
        (real.parent / "removable").write_text(removable + "\n")
        (place / number).symlink_to(real)
    return place


def table(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "mountinfo"
    path.write_bytes(text if isinstance(text, bytes) else text.lstrip("\n").encode())
    return path


def test_sticks_are_told_from_everything_else(tmp_path: Path, devices: Path) -> None:
    found = mounted(table(tmp_path, DESKTOP), devices)
    assert {number: str(path) for number, path in found.items()} == {
        "8:17": "/media/kim/SANDISK", "8:33": "/run/media/kim/내 USB\t1", "8:65": "/mnt", "179:1": "/mnt/card\\x",
    }  # fmt: skip
    assert list(found) == ["8:17", "8:33", "8:65", "179:1"]


def test_what_is_only_read_is_asked_for_by_itself(tmp_path: Path) -> None:
    """NTFS goes by three names, as the driver has it."""
    lines = "\n".join(
        f"612 27 8:{49 + 16 * at} / /media/kim/{kind} rw - {kind} /dev/sd{'defghi'[at]}1 rw"
        for at, kind in enumerate(("ntfs3", "fuseblk", "ntfs", "iso9660", "vfat", "cifs"))
    )
    found = mounted(table(tmp_path, lines), tmp_path / "nowhere", READ)
    assert [path.name for path in found.values()] == ["ntfs3", "fuseblk", "ntfs", "iso9660"]


def test_one_that_was_pulled_is_no_stick_while_it_is_still_in_the_table(
    tmp_path: Path, devices: Path
) -> None:
    (devices / "8:17").unlink()
    assert list(mounted(table(tmp_path, DESKTOP), devices)) == ["8:33", "8:65", "179:1"]


def test_without_knowledge_of_devices_only_the_desktops_places_count(tmp_path: Path) -> None:
    found = mounted(table(tmp_path, DESKTOP), tmp_path / "nowhere")
    assert [path.name for path in found.values()] == ["SANDISK", "내 USB\t1"]


@pytest.mark.parametrize(
    "text",
    [
        "", "\n\n", " - vfat /dev/sdb1 rw\n", "610 27 8:17 / /media/x rw\n", "610 27 8:17 /\n", "\0\xff - vfat",
        "610 27 8:17 / /media/kim/x rw - ",
    ],
)  # fmt: skip
def test_a_strange_table_holds_no_stick(tmp_path: Path, text: str) -> None:
    assert mounted(table(tmp_path, text), tmp_path) == {}


def test_a_name_that_is_no_text_is_still_a_path(tmp_path: Path) -> None:
    line = "610 27 8:17 / /media/kim/홍 rw - vfat /dev/sdb1 rw\n".encode("cp949")
    [found] = mounted(table(tmp_path, line), tmp_path / "nowhere").values()
    assert os.fsencode(found) == "/media/kim/홍".encode("cp949")


def test_no_table_no_stick(tmp_path: Path) -> None:
    assert mounted(tmp_path / "missing", tmp_path) == {}


def test_the_table_of_this_machine_is_read() -> None:
    assert all(path.is_absolute() for path in mounted().values())
