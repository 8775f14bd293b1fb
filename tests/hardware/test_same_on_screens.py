"""What `kiosk media --json` says and what stands on the screen are the same, on one made-up machine."""

import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.i18n import LANGUAGES, text_in, visible
from tests.hardware.conftest import LABEL, Hsm
from tests.hardware.visitor import GONE
from tests.media.udev_bed import Bed
from tests.media.udev_devices import FAT, Made, disk_inside, drive, stick, token
from tests.screens.journey import Journey
from tests.screens.terminal import Person, squeezed
from tests.source import ROOT

SECOND = 1.0
ROUNDS = 5
PRACTICE = "practice-stick"
"""What is there in practice when nothing else is."""
HOLDS: dict[str, dict[str, object]] = {
    "FAT32": FAT,
    "EXFAT": {"ID_FS_TYPE": "exfat"},
    "EXT4": {"ID_FS_TYPE": "ext4"},
    "NTFS": {"ID_FS_TYPE": "ntfs"},
    "ISO": {"ID_FS_TYPE": "iso9660"},
    "APPLE": {"ID_FS_TYPE": "hfsplus"},
    "LUKS": {"ID_FS_TYPE": "crypto_LUKS", "ID_FS_USAGE": "crypto"},
    "BITLOCKER": {"ID_FS_TYPE": "BitLocker"},
    r"\x1b[2Jx\xe2\x80\xae": {"ID_FS_TYPE": "vfat"},
}


def sticks() -> list[Made]:
    """One of each kind, and one of several partitions."""
    held = [{"ID_FS_USAGE": "filesystem", **what, "ID_FS_LABEL_ENC": label} for label, what in HOLDS.items()]
    kinds: list[tuple[dict[str, object], ...]] = [(each,) for each in held]
    kinds += [({**FAT, "ID_FS_LABEL_ENC": "ONE"}, {**FAT, "ID_FS_LABEL_ENC": "TWO", "ID_FS_TYPE": "ntfs"})]
    made = [_stick(number, *parts) for number, parts in enumerate(kinds)]
    locked = {**FAT, "ID_FS_LABEL_ENC": "LOCKED"}
    return [
        *made,
        _stick(20, locked, ro=1),
        _stick(21, {}, ID_MODEL_ENC="Bare"),
        _stick(22, whole={"ID_PART_TABLE_TYPE": "gpt"}, ID_MODEL_ENC="Table"),
        _stick(23, size=0, ID_MODEL_ENC="Slot"),
    ]


def _stick(number: int, *parts: dict[str, object], **more: Any) -> Made:
    disk = f"sd{chr(98 + number)}"
    return stick(
        *parts, port=f"1-{number + 10}", disk=disk, serial=f"S{number}", minor=512 + 16 * number, **more
    )


@pytest.fixture
def bed() -> Iterator[Bed]:
    with Bed() as bed:
        yield bed


class Both:
    """The same machine asked in both ways."""

    def __init__(self, bed: Bed, state: Path, language: str, mounted: Path) -> None:
        self.bed, self.state, self.mounted = bed, state, mounted
        mounted.mkdir()
        self.person = Person(
            sys.executable, "-m", "tests.screens.altered", "mounting", "--", "--state", state, size=(120, 50),
            MOUNTED=str(mounted), KIOSK_LANG=language, **bed.additions(),
        )  # fmt: skip
        self.journey = Journey(self.person, language)

    def listed(self) -> dict[str, Any]:
        """What the command says."""
        words = ["-m", "kiosk", "media", "--state", str(self.state), "--json"]
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=self.bed.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def pull(self, made: Made) -> None:
        """Take a device out; who mounted it clears up."""
        self.bed.remove(made.paths)
        for number in re.findall(r"E: MINOR=(\d+)", made.text):
            with contextlib.suppress(FileNotFoundError):
                (self.mounted / f"8:{number}").rmdir()

    def says(self, id_: str) -> str:
        return text_in(self.journey.language, id_)

    def agree(self) -> None:
        """Wait until the screen says what the command says, neither less nor more."""
        listed = self.listed()
        tokens = [each for each in listed["tokens"] if each["pin"] != "unset"]
        good = [_name(each) for each in listed["media"] if each["writable"]]
        good += [visible(each["label"]) for each in tokens if each["problem"] is None]
        bad = [(_name(each), each["problem"]) for each in listed["media"] if not each["writable"]]
        bad += [(visible(each["label"]), each["problem"]) for each in tokens if each["problem"]]
        assert all(problem for _, problem in bad)
        if not good and not bad:
            good = [PRACTICE]
        self.person.until(lambda: self._shows(good, bad, card=bool(listed["readers"]) and not tokens), listed)

    def _shows(self, good: list[str], bad: list[tuple[str, str]], *, card: bool) -> bool:
        lines = self.person.lines
        chosen = [match[2] for line in lines if (match := re.search(r"[ │]([1-9])  +(\S+(?: \S+)*)", line))]
        page = squeezed("\n".join(lines))
        named = [squeezed(f"{name}: {self.says(f'error.{problem}.screen')}") for name, problem in bad]
        return (
            sorted(chosen) == sorted(good)
            and all(page.count(each) == named.count(each) for each in named)
            and sum(line.count(": ") for line in lines[2:-1]) == len(named)
            and (squeezed(self.says("medium.card")) in page) == card
        )


def _name(medium: dict[str, Any]) -> str:
    return visible(medium["label"] or medium["name"] or Path(medium["node"]).name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_device(bed: Bed, token_kiosk: Path, hsm: Hsm, tmp_path: Path, language: str) -> None:
    hsm.plan(GONE)
    both = Both(bed, token_kiosk, language, tmp_path / "mounted")
    try:
        for made in (disk_inside(), drive()):
            bed.add(made.text)
        both.journey.to_medium()
        both.agree()
        some = sticks()
        for made in some:
            bed.add(made.text)
        assert len(both.listed()["media"]) == len(some)  # one has two places, one none
        both.agree()
        reader = token()
        bed.add(reader.text)
        both.agree()
        assert both.person.shows(both.says("medium.card")), "a reader without a card"
        hsm.plan()
        both.person.sees(LABEL)
        both.agree()
        for made in some[::2]:
            both.pull(made)
        both.agree()
        for made in some[1::2]:
            both.pull(made)
        hsm.plan(GONE)
        both.pull(reader)
        both.person.sees(PRACTICE)
        both.agree()
    finally:
        both.person.leaves()


def test_what_is_pulled_is_off_the_screen_within_a_second(bed: Bed, state: Path, tmp_path: Path) -> None:
    """From the kernel's word to the painted screen; on a machine that is busy with other things, the best of some."""
    both = Both(bed, state, "ko", tmp_path / "mounted")
    try:
        both.journey.to_medium()
        took = []
        for number in range(ROUNDS):
            made = _stick(number, {**FAT, "ID_FS_LABEL_ENC": "GONE"})
            bed.add(made.text)
            both.person.sees("GONE", both.says("medium.stays"))
            begun = time.monotonic()
            both.pull(made)
            both.person.until(lambda: not both.person.shows("GONE"), "it is gone")
            took.append(time.monotonic() - begun)
        assert min(took) < SECOND, took
    finally:
        both.person.leaves()
