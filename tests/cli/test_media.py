"""`kiosk media`, on a machine whose devices umockdev makes up."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.i18n import text_in
from tests.cli.conftest import Kiosk, refused
from tests.conftest import Ran
from tests.media.conftest import needs
from tests.media.udev_bed import Bed
from tests.media.udev_devices import FAT, GIB, disk_inside, stick, token
from tests.source import ROOT


@pytest.fixture
def bed() -> Iterator[Bed]:
    with Bed() as bed:
        yield bed


def on(bed: Bed, *words: object, **environment: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "media", *map(str, words)], cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=False, env=bed.environment(**environment),
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def test_nothing_is_there(bed: Bed) -> None:
    bed.add(disk_inside().text)
    ran = on(bed)
    assert (ran.status, ran.out, ran.err) == (0, "", "No medium is plugged in.\n")
    assert on(bed, "--json").json() == {"media": [], "readers": [], "tokens": []}
    assert on(bed, KIOSK_LANG="ko").err == "꽂혀 있는 저장매체가 없습니다.\n"


def test_sticks_and_readers_as_json(bed: Bed) -> None:
    bed.add(stick({**FAT, "size": GIB}).text)
    bed.add(stick({"ID_FS_TYPE": "BitLocker"}, port="1-3", disk="sdc", minor=600, serial="S2").text)
    bed.add(stick({"ID_FS_TYPE": "ntfs"}, port="1-5", disk="sdd", minor=700, serial="S3").text)
    bed.add(token().text)
    ran = on(bed, "--json")
    assert (ran.status, ran.err) == (0, "")
    document = ran.json()
    fat, locked, ntfs = document["media"]
    identity = fat.pop("identity")
    assert identity.startswith("4C530001230101/ABE9-1F0A/1/")
    assert fat == {
        "kind": "stick", "node": "/dev/sdb1", "partition": 1, "name": "SanDisk Cruzer Blade", "label": "NPKI",
        "filesystem": "vfat", "size": GIB, "serial": "4C530001230101", "uuid": "ABE9-1F0A", "mounted": None,
        "writable": True, "problem": None,
    }  # fmt: skip
    assert (locked["problem"], locked["writable"]) == ("medium.encrypted", False)
    assert (ntfs["problem"], ntfs["writable"]) == ("medium.readable", False)
    [reader] = document["readers"]
    assert (reader["name"], reader["serial"]) == ("Feitian ePass2003", "TOK0001")


def test_a_line_for_each(bed: Bed) -> None:
    bed.add(stick({**FAT, "ID_FS_LABEL_ENC": r"\x1b[2J"}, {"ID_FS_TYPE": "xfs"}, size=16_000_000_000).text)
    bed.add(stick(port="1-3", disk="sdc", minor=600, serial="S2").text)
    bed.add(token().text)
    first, second, third, fourth = on(bed).out.splitlines()
    assert first == (
        "/dev/sdb1  SanDisk Cruzer Blade  <U+001B>[2J  vfat  8.0 GB  4C530001230101  -  can be written"
    )
    assert second.endswith("xfs  8.0 GB  4C530001230101  -  " + text_in("en", "error.medium.readable"))
    assert third.endswith("The medium is not formatted.")
    assert fourth == "token or card reader  Feitian ePass2003  TOK0001"
    ran = on(bed, "--json")
    assert ran.json()["media"][0]["label"] == "\x1b[2J"
    assert "\x1b" not in ran.out
    korean = on(bed, KIOSK_LANG="ko").out.splitlines()
    assert korean[2].endswith("포맷되지 않은 저장매체입니다.")


def test_directories_that_act_as_sticks(bed: Bed, tmp_path: Path) -> None:
    directory, file = tmp_path / "stick", tmp_path / "file"
    directory.mkdir()
    file.touch()
    words = ("--medium", directory, "--medium", file, "--medium", tmp_path / "nowhere")
    here, other, gone = on(bed, "--json", *words).json()["media"]
    assert (here["kind"], here["mounted"], here["name"]) == ("directory", str(directory), "stick")
    assert (here["problem"], here["writable"], here["serial"]) == (None, True, None)
    assert here["size"] > 0
    assert (other["problem"], other["writable"]) == ("medium.not_directory", False)
    assert (gone["problem"], gone["size"]) == ("medium.missing", None)
    assert on(bed, *words).out.splitlines()[2].endswith(f"The medium is not there: {tmp_path / 'nowhere'}")


def test_what_stands_before_the_command(kiosk: Kiosk, medium: Path) -> None:
    ran = kiosk("--medium", medium, "media", "--json", at=None)
    assert str(medium) in [each["mounted"] for each in ran.json()["media"]]


def test_a_stick_and_where_it_is_mounted(bed: Bed, tmp_path: Path) -> None:
    """The table of mounts is the kernel's own: a tmpfs whose name is the device's stands for it."""
    bed.add(stick(FAT).text)
    place = tmp_path / "mounted here"
    place.mkdir()
    command = ["unshare", "--mount" if os.geteuid() == 0 else "-rm", "sh", "-c"]
    script = 'mount -t tmpfs -o "$2" /dev/sdb1 "$1" && shift 2 && exec "$@"'
    kiosk = [sys.executable, "-m", "kiosk", "media", "--json"]
    for mode, writable in (("rw", True), ("ro", False)):
        done = subprocess.run(
            [*command, script, "sh", str(place), mode, "env", f"UMOCKDEV_DIR={bed.root}",
             f"LD_PRELOAD={bed.environment()['LD_PRELOAD']}", *kiosk],
            capture_output=True, text=True, check=False, cwd=ROOT,
        )  # fmt: skip
        needs("mount namespaces", present=done.returncode != 32 and "unshare" not in done.stderr)
        [found] = Ran(done.returncode, done.stdout, done.stderr).json()["media"]
        assert (found["node"], found["mounted"], found["writable"]) == ("/dev/sdb1", str(place), writable)


def test_the_state_is_not_needed_but_must_agree(kiosk: Kiosk, state: Path, real_state: Path) -> None:
    assert kiosk("media", at=None).status == 0
    assert kiosk("media", "--practice", "--state", state, at=None).status == 0
    refused(kiosk("media", "--practice", "--state", real_state, "--json", at=None), 1, "state.practice")
    refused(kiosk("media", "--state", real_state, "--json"), 1, "state.at")
    refused(kiosk("media", "--state", state / "no", "--json", at=None), 2, "state.missing")
