"""What is made of a filesystem checker's words: of a stick that was pulled, and of one that lost something."""

from pathlib import Path

import pytest

from tests.hardware.lab import sticks
from tests.hardware.lab.sticks import MIB, checked

pytestmark = pytest.mark.hardware
RESERVED, ENTRIES = 14, 36
"""Where FAT32 says how many sectors lie before its first table, and how many each table has."""


def _writes(image: Path, place: int, data: bytes) -> None:
    with image.open("r+b") as file:
        file.seek(place)
        file.write(data)


def _tables(image: Path) -> tuple[int, int]:
    start = image.read_bytes()[MIB : MIB + 512]
    first = MIB + 512 * int.from_bytes(start[RESERVED : RESERVED + 2], "little")
    return first, first + 512 * int.from_bytes(start[ENTRIES : ENTRIES + 4], "little")


@pytest.mark.parametrize(("filesystem", "place", "bits"), [("fat32", 65, b"\1"), ("exfat", 106, b"\2")])
def test_a_pulled_stick(tmp_path: Path, filesystem: str, place: int, bits: bytes) -> None:
    image = sticks.make(tmp_path / "stick.img", filesystem, "LAB")
    assert sticks.check(image, filesystem).words == "clean"
    _writes(image, MIB + place, bits)
    found = sticks.check(image, filesystem)
    assert (found.words, found.lost, found.wrong) == ("dirty bit only", (), ())


def test_another_byte_of_the_boot_sector(tmp_path: Path) -> None:
    image = sticks.make(tmp_path / "stick.img", "fat32", "LAB")
    _writes(image, MIB + 65, b"\1")
    _writes(image, MIB + 3, b"X")
    assert any("3:58" in each for each in sticks.check(image, "fat32").wrong)


def test_lost_space_is_told_apart_from_damage(tmp_path: Path) -> None:
    image = sticks.make(tmp_path / "stick.img", "fat32", "LAB")
    for table in _tables(image):
        _writes(image, table + 4 * 100, b"\xff\xff\xff\x0f")
    found = sticks.check(image, "fat32")
    assert (found.dirty, found.wrong) == (False, ())
    assert any("Reclaimed 1 unused cluster" in each for each in found.lost)
    _writes(image, _tables(image)[0] + 4 * 101, b"\xff\xff\xff\x0f")
    assert any("FATs differ" in each for each in sticks.check(image, "fat32").wrong)


@pytest.mark.parametrize(
    "said",
    [
        "/NPKI/a and\n/NPKI/b\n  share clusters.\n",
        "ERROR: NPKI: the checksum of a file is wrong at 0x100",
        "?",
    ],
)
def test_what_is_not_known_is_wrong(said: str) -> None:
    assert checked(said, 1, dirty=True).wrong


def test_a_status_without_words_is_wrong() -> None:
    assert checked("fsck.fat 4.2 (2021-01-31)\n", 1, dirty=False).wrong == ("status 1",)
