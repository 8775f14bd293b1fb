"""Detection through the real libudev and pyudev, on a machine whose devices umockdev makes up."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.media.udev_bed import Bed
from tests.media.udev_devices import FAT, GIB, USB, Made, disk_inside, drive, stick, token
from tests.source import ROOT

SECONDS = 10
"""After which a line that did not come is missed."""


@pytest.fixture
def bed() -> Iterator[Bed]:
    with Bed() as bed:
        yield bed


class Program:
    """A program that watches, as a process of its own on the made-up machine."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.last: dict[str, Any] = {}
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line)

    def kill(self) -> None:
        assert self.process.stdin
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdin.close()

    def next(self) -> dict[str, Any]:
        self.last = json.loads(self._lines.get(timeout=SECONDS))
        return self.last

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for _ in range(200):
            if wanted(self.next()):
                return self.last
        raise AssertionError(f"never came: {self.last}")

    def sticks(self, count: int) -> list[dict[str, Any]]:
        return list(self.until(lambda line: len(line["sticks"]) == count)["sticks"])

    def end(self) -> dict[str, Any]:
        """Let it close its watch and end; no snapshot may come any more."""
        assert self.process.stdin
        self.process.stdin.close()
        last = self.next()
        assert last.get("end"), last
        assert self.process.wait(SECONDS) == 0
        return last


@contextmanager
def watched(bed: Bed, rescan: float = 3600) -> Iterator[Program]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.media.watched", str(rescan)], cwd=ROOT, env=bed.environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    program = Program(process)
    try:
        yield program
    finally:
        program.kill()


LUKS = {"ID_FS_TYPE": "crypto_LUKS", "ID_FS_USAGE": "crypto", "ID_FS_UUID": "6b1c-5d"}
EXFAT, EXT4, NTFS, HFS = (
    {"ID_FS_TYPE": kind, "ID_FS_USAGE": "filesystem", "ID_FS_UUID": f"0-{kind}"}
    for kind in ("exfat", "ext4", "ntfs", "hfsplus")
)
ISO = {"ID_FS_TYPE": "iso9660", "ID_FS_USAGE": "filesystem", "ID_FS_LABEL": "UBUNTU"}
GPT_BOOT, GPT_GAP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "e3c9e316-0b5c-4db8-817d-f92df00215ae"
Shown = list[tuple[str, str, str]]
KINDS: Mapping[str, tuple[Made, Shown]] = {
    "FAT32": (stick(FAT), [("sdb1", "vfat", "")]),
    "exFAT": (stick(EXFAT), [("sdb1", "exfat", "")]),
    "ext4": (stick(EXT4), [("sdb1", "ext4", "")]),
    "no partitions": (stick(whole=FAT), [("sdb", "vfat", "")]),
    "NTFS": (stick(NTFS), [("sdb1", "ntfs", "medium.readable")]),
    "HFS+": (stick(HFS), [("sdb1", "hfsplus", "medium.filesystem")]),
    "LUKS": (stick(LUKS), [("sdb1", "crypto_LUKS", "medium.encrypted")]),
    "BitLocker": (stick({"ID_FS_TYPE": "BitLocker"}), [("sdb1", "BitLocker", "medium.encrypted")]),
    "unformatted": (stick(), [("sdb", "", "medium.unformatted")]),
    "unformatted partition": (stick({}), [("sdb1", "", "medium.unformatted")]),
    "locked": (stick(FAT, ro=1), [("sdb1", "vfat", "medium.readonly")]),
    "several": (
        stick(
            {**FAT, "ID_PART_ENTRY_TYPE": "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"}, NTFS,
            {"ID_PART_ENTRY_TYPE": "0x5", "size": 1024}, {**EXFAT, "PARTN": 5},
        ),
        [("sdb2", "ntfs", "medium.readable"), ("sdb5", "exfat", "")],
    ),
    "a disc's image": (
        stick(ISO, {**FAT, "ID_PART_ENTRY_TYPE": "0xef"}, whole=ISO), [("sdb1", "iso9660", "medium.readable")],
    ),
    "both tables": (
        # GPT whose protective table has real entries too; udev goes by GPT.
        stick({**FAT, "ID_PART_ENTRY_TYPE": GPT_BOOT}, {"ID_PART_ENTRY_TYPE": GPT_GAP, "size": 1 << 20}, EXFAT,
              whole={"ID_PART_TABLE_TYPE": "gpt"}),
        [("sdb3", "exfat", "")],
    ),
    "no card": (stick(size=0), []),
    "disk inside": (disk_inside(), []),
    "optical": (drive(), []),
}  # fmt: skip


def shown(line: Mapping[str, Any]) -> Shown:
    return [(Path(each["node"]).name, each["filesystem"], each["problem"] or "") for each in line["sticks"]]


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_devices(bed: Bed, kind: str) -> None:
    """Already in when the program starts; then it goes, and comes while it runs. A last stick shows the end."""
    made, expected = KINDS[kind]
    marker = stick(FAT, port="1-9", disk="sdz", serial="MARKER", minor=900)

    def settled(line: dict[str, Any]) -> bool:
        assert [each for each in shown(line) if each not in [*expected, ("sdz1", "vfat", "")]] == []
        return ("sdz1", "vfat", "") in shown(line)

    bed.add(made.text)
    with watched(bed) as program:
        assert shown(program.next()) == expected
        assert program.last["readers"] == []
        bed.remove(made.paths)
        if expected:
            program.sticks(0)
        bed.add(made.text)
        bed.add(marker.text)
        program.until(lambda line: settled(line) and len(shown(line)) == len(expected) + 1)
        bed.remove(made.paths)
        if expected:
            program.until(lambda line: shown(line) == [("sdz1", "vfat", "")])
        program.end()


def test_an_empty_table_is_named_when_nothing_comes_after_it(bed: Bed) -> None:
    """For a moment every stick looks so; this one goes on looking so."""
    made = stick(whole={"ID_PART_TABLE_TYPE": "gpt"})
    later = stick(FAT, port="1-3", disk="sdc", minor=600, serial="LATER")
    with watched(bed) as program:
        assert shown(program.next()) == []
        bed.add(made.text)
        assert shown(program.next()) == [("sdb", "", "medium.unformatted")]
        bed.add(later.text)
        # Its own disk, for a moment with a table and nothing in it, never shows.
        assert shown(program.next()) == [("sdb", "", "medium.unformatted"), ("sdc1", "vfat", "")]
        bed.remove(made.paths)
        assert shown(program.next()) == [("sdc1", "vfat", "")]
        program.end()


def test_two_of_a_kind_that_have_no_number(bed: Bed) -> None:
    """They are two all the same, each with its own insertion, and nothing says that one of them came back."""
    same: dict[str, Any] = {"serial": "", "ID_SERIAL": "Generic_Flash_Disk"}
    bed.add(stick(FAT, **same).text)
    bed.add(stick(FAT, **same, port="1-3", disk="sdc", minor=600).text)
    with watched(bed) as program:
        one, other = program.next()["sticks"]
        assert one["lasting_identity"] == other["lasting_identity"]
        assert one["identity"] != other["identity"]
        program.end()


def test_a_card_put_into_a_reader_that_was_there(bed: Bed) -> None:
    empty, other = stick(size=0), stick(FAT, port="1-3", disk="sdc", minor=600, serial="OTHER")
    bed.add(empty.text)
    with watched(bed) as program:
        assert shown(program.next()) == []
        block = empty.paths[1]
        bed.attribute(block, "size", "4096\n")
        bed.attribute(block, "diskseq", "5000\n")
        bed.property(block, "ID_FS_TYPE", "vfat")
        bed.property(block, "ID_FS_USAGE", "filesystem")
        bed.event(block)
        [card] = program.sticks(1)
        assert (card["insertion"], card["size"], card["node"]) == ("5000", 4096 * 512, "/dev/sdb")
        bed.attribute(block, "size", "0\n")
        bed.event(block)
        program.sticks(0)
        bed.add(other.text)
        program.sticks(1)
        program.end()


def test_a_token_is_a_reader_and_no_stick(bed: Bed) -> None:
    made = token()
    with watched(bed) as program:
        assert program.next()["readers"] == []
        bed.add(made.text)
        [reader] = program.next()["readers"]
        assert reader["name"] == "Feitian ePass2003"
        assert (reader["vendor_id"], reader["model_id"], reader["serial"]) == ("096e", "0807", "TOK0001")
        assert reader["usb"] == f"/sys{made.paths[0]}"
        assert program.last["sticks"] == []
        bed.remove(made.paths)
        assert program.next()["readers"] == []
        program.end()


def test_a_hundred_times_in_and_out(bed: Bed) -> None:
    """None is missed and none comes twice: one snapshot for each, and every insertion is another one."""
    insertions, identities = [], set()
    with watched(bed) as program:
        assert program.next()["sticks"] == []
        for _ in range(100):
            made = stick(FAT)
            bed.add(made.text)
            [inside] = program.next()["sticks"]
            insertions.append(int(inside["insertion"]))
            identities.add(inside["identity"])
            assert inside["lasting_identity"] == "4C530001230101/ABE9-1F0A/1"
            bed.remove(made.paths)
            assert program.next()["sticks"] == []
        program.end()
    assert insertions == sorted(set(insertions))
    assert len(identities) == 100


def test_twenty_at_once(bed: Bed) -> None:
    """The last snapshot is right, in the order of insertion, and the events are not looked at one by one."""
    made = [
        stick(FAT, port=f"1-{number + 1}", disk=f"sd{chr(98 + number)}", serial=f"S{number}", minor=512 + 16 * number)
        for number in range(20)
    ]  # fmt: skip
    with watched(bed) as program:
        program.next()
        bed.add("".join(each.text for each in made))
        assert [each["serial"] for each in program.sticks(20)] == [f"S{number}" for number in range(20)]
        for each in made:
            bed.remove(each.paths)
        program.sticks(0)
        events = 2 * sum(len(each.paths) for each in made)
        assert program.end()["looked"] <= events // 3


def test_a_lost_event_is_healed(bed: Bed) -> None:
    made, late = stick(FAT), stick(FAT, port="1-3", disk="sdc", serial="LATE", minor=600)
    bed.add(made.text)
    with watched(bed, rescan=0.05) as program:
        assert [each["serial"] for each in program.sticks(1)] == ["4C530001230101"]
        bed.vanish(made.paths)
        program.sticks(0)
        bed.add(late.text)
        program.sticks(1)
        bed.attribute(late.paths[1], "ro", "1\n")
        assert program.next()["sticks"][0]["problem"] == "medium.readonly"
        program.end()


def test_another_stick_at_the_same_place_is_another(bed: Bed) -> None:
    """Out and in so fast that only one look falls behind both; on an old kernel too."""
    first, second = stick(FAT, sequence=False), stick(FAT, sequence=False)
    bed.add(first.text)
    with watched(bed) as program:
        before = program.sticks(1)[0]
        bed.vanish(first.paths)
        bed.add(second.text)
        after = program.until(
            lambda line: [each["identity"] for each in line["sticks"]] not in ([], [before["identity"]])
        )["sticks"][0]
        assert before["lasting_identity"] == after["lasting_identity"]
        assert before["insertion"] != after["insertion"]


def test_hostile_text(bed: Bed) -> None:
    """Escapes, terminal codes, text that reorders, bytes that are no UTF-8: data, and the others are shown too."""
    label = {"ID_FS_LABEL_ENC": r"\x1b]0;x\x07\xe2\x80\xae\xff'$(reboot)"}
    made = stick({**FAT, **label}, serial="../../etc\u202e", ID_MODEL_ENC=r"\x00\x0a%s{0}[b]")
    raw = stick({**FAT, "ID_FS_LABEL_ENC": "RAW"}, port="1-3", disk="sdc", minor=600, serial="RAW")
    bed.add(raw.text)
    said = bed.root / f"sys{raw.paths[-1]}" / "uevent"
    said.write_bytes(said.read_bytes().replace(b"=RAW\n", b"=\xff\xfe\n"))
    with watched(bed) as program:
        [bare] = program.next()["sticks"]
        assert (bare["serial"], bare["label"]) == ("RAW", "")
        bed.add(made.text)
        [hostile] = [each for each in program.sticks(2) if each["serial"] != "RAW"]
        assert ascii(hostile["label"]) == ascii("\x1b]0;x\x07\u202e\udcff'$(reboot)")
        assert hostile["serial"] == "../../etc\u202e"
        assert hostile["name"] == "SanDisk \x00 %s{0}[b]"
        program.end()


def test_partitions_are_places_of_their_own(bed: Bed) -> None:
    bed.add(stick({**FAT, "size": GIB}, {**EXFAT, "size": 3 * GIB}).text)
    with watched(bed) as program:
        one, other = program.next()["sticks"]
        assert (one["partition"], one["size"]) == (1, GIB)
        assert (other["partition"], other["size"]) == (2, 3 * GIB)
        assert one["disk"] == other["disk"] == "/dev/sdb"
        assert one["usb"] == other["usb"] == f"/sys{USB}/1-2"
        assert one["identity"] != other["identity"]
