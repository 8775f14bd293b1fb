"""Media made to stop, mislead or exhaust whoever looks at them: a scan ends, needs little, and says what it left."""

import contextlib
import itertools
import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kiosk.errors import KioskError
from kiosk.media import scan as module
from kiosk.media.directory import DirectoryMedium
from kiosk.media.files import FILE_LIMIT, LIST_LIMIT
from kiosk.media.scan import scan
from tests.media.conftest import needs
from tests.media.test_scan import CERTIFICATE, KEY, put
from tests.pki import independent as own
from tests.source import ROOT

SET = "NPKI/yessign/USER/a"
GIB = 1 << 30


def looked(stick: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.media.scanned", stick], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["opened"] < 2 * module.ENTRIES
    assert said["read"] <= module.BYTES + FILE_LIMIT + 1
    return said


def many(where: Path, count: int) -> None:
    where.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (where / f"{number:05}").mkdir()


@pytest.mark.parametrize("where", ["", "NPKI", "NPKI/yessign", "NPKI/yessign/USER", SET])
def test_ten_thousand_directories(stick: Path, where: str) -> None:
    """Wherever they are; what is in front of them, or can be asked for by its name, is found."""
    first = "NPKI/00/USER/a"
    put(stick, first, cert=CERTIFICATE, key=KEY)
    many(stick / where, LIST_LIMIT + 1)
    said = looked(stick)
    if where == "NPKI":
        assert said["found"] == []
    else:
        assert said["found"] == [None]
    assert said["skipped"] == [f"entries: {where or '.'}"]


def test_deep_nesting_is_not_gone_into(stick: Path) -> None:
    path = put(stick, SET, cert=CERTIFICATE, key=KEY)
    top = fd = os.open(path, os.O_DIRECTORY)
    for _ in range(500):
        os.mkdir("NPKI", dir_fd=fd)
        fd, above = os.open("NPKI", os.O_DIRECTORY, dir_fd=fd), fd
        os.close(above) if above != top else None
    os.close(fd)
    os.close(top)
    said = looked(stick)
    assert (said["found"], said["skipped"]) == ([None], [])
    assert said["opened"] < 30


def test_files_of_four_gibibytes(stick: Path) -> None:
    """A file that says that it is long is read no further than any other."""
    path = put(stick, SET, cert=CERTIFICATE, key=KEY)
    for number, name in enumerate(("signCert.der", "signPri.key")):
        os.truncate(path / name, 4 * GIB + number)
    put(stick, "NPKI/yessign/USER/b", cert=CERTIFICATE, key=KEY)
    said = looked(stick)
    assert said["found"] == ["certificate_unreadable", None]
    assert said["skipped"] == [f"unreadable: {SET}/signCert.der", f"unreadable: {SET}/signPri.key"]
    assert said["read"] < 3 * FILE_LIMIT


def test_no_end_of_full_files(stick: Path) -> None:
    """Each within its bound, all together not."""
    for number in range(300):
        put(stick, f"NPKI/a/USER/{number:03}", cert=bytes(FILE_LIMIT), key=bytes(FILE_LIMIT))
    said = looked(stick)
    assert set(said["found"]) == {"certificate_unreadable"}
    assert said["skipped"] == [f"bytes: NPKI/a/USER/{module.BYTES // FILE_LIMIT // 2}"]


def test_devices_and_pipes(stick: Path) -> None:
    """Nothing waits for them, and none is read: a terminal or a disk would answer."""
    path = put(stick, SET, cert=CERTIFICATE)
    (stick / "NPKI/kica").mkdir()
    try:
        os.mknod(path / "signPri.key", stat.S_IFCHR | 0o600, os.makedev(1, 5))
        os.mknod(stick / "NPKI/kica/USER", stat.S_IFBLK | 0o600, os.makedev(7, 0))
    except PermissionError:
        needs("the right to make devices", present=False)
    os.mkfifo(stick / "NPKI/pipe")
    os.mkfifo(stick / "NPKI/yessign/USER/signCert.der")
    said = looked(stick)
    assert said["found"] == ["key_unreadable"]
    assert said["skipped"] == [
        "special: NPKI/kica/USER", "special: NPKI/pipe", f"unreadable: {SET}/signPri.key",
        "special: NPKI/yessign/USER/signCert.der",
    ]  # fmt: skip


def test_what_nobody_answers_behind_is_no_pulled_stick(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a socket, or a device that this machine has not, fails as opening a file on a pulled stick does."""
    path = put(stick, SET, cert=CERTIFICATE)
    monkeypatch.chdir(path)
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind("signPri.key")
    other = put(stick, "NPKI/yessign/USER/b", key=KEY)
    try:
        os.mknod(other / "signCert.der", stat.S_IFCHR | 0o600, os.makedev(240, 7))
    except PermissionError:
        needs("the right to make devices", present=False)
    put(stick, "NPKI/yessign/USER/c", cert=CERTIFICATE, key=KEY)
    said = looked(stick)
    assert said["found"] == ["key_unreadable", "certificate_unreadable", None]
    assert said["skipped"] == [
        f"unreadable: {SET}/signPri.key", "unreadable: NPKI/yessign/USER/b/signCert.der"
    ]  # fmt: skip


def test_links_out_of_the_stick(stick: Path, tmp_path: Path) -> None:
    outside = put(tmp_path, "own/NPKI/yessign/USER/a", cert=CERTIFICATE, key=KEY)
    path = put(stick, SET, key=KEY)
    for name, target in (
        (path / "signCert.der", "../../../../../own/NPKI/yessign/USER/a/signCert.der"),
        (stick / "NPKI/yessign/USER/b", outside), (stick / "NPKI/kica", "../../own/NPKI/yessign"),
        (stick / "NPKI/proc", "/proc/self"), (stick / "NPKI/loop", "loop"), (stick / "NPKI/yessign/user", "USER"),
    ):  # fmt: skip
        name.symlink_to(target)
    said = looked(stick)
    assert said["found"] == ["certificate_unreadable"]
    assert sorted(said["skipped"]) == sorted(
        [f"link: NPKI/{name}" for name in ("kica", "loop", "proc", "yessign/USER/b", "yessign/user")]
        + [f"unreadable: {SET}/signCert.der"]
    )


NAMES = [
    b"\x1b[2J\x1b]0;x\x07", b"\xff\xfe\x80", "\u202egnp\u2066".encode(), b"a\nb\r\t", b"%s{0}$(reboot)`id`", b"-rf",
    b"\xed\xa0\x80", "e\u0301\u0345".encode() * 20, b"\xef\xbb\xbfNPKI", b"x" * 255,
]  # fmt: skip


def test_names_of_every_kind(stick: Path) -> None:
    """As authority, as set and as file, found or passed over; one line each in what was skipped."""
    root = os.fsencode(stick)
    for name in NAMES:
        for place in (b"NPKI/%b/USER/a", b"NPKI/a/USER/%b"):
            path = Path(os.fsdecode(root + b"/" + place % name))
            path.mkdir(parents=True)
            (path / "signCert.der").write_bytes(CERTIFICATE)
            (path / os.fsdecode(name)).write_bytes(name)
            (path / "signPri.key").write_bytes(KEY)
        Path(os.fsdecode(root + b"/NPKI/" + name[:250] + b".ln")).symlink_to(os.fsdecode(name))
    said = looked(stick)
    assert said["found"] == [None] * 2 * len(NAMES)
    assert len(said["skipped"]) == len(NAMES)
    assert all(why.startswith("link: NPKI/") for why in said["skipped"])


NUMBER = own.der(6, b"\xff" * 60_000 + b"\1")
KEYS = {
    "iterations": own.close_key(own.PBE, b"x", bytes(8), 1, b"x").replace(b"\2\1\1", b"\2\1\x7f"),
    "number": own.der(0x30, own.der(0x30, NUMBER), own.der(4, bytes(32))),
    "sequences": b"\x30\x80" * 30_000,
    "length": b"\x30\x84\xff\xff\xff\xff" + bytes(60_000),
    "integers": own.der(0x30, own.der(2, b"\x7f" + bytes(60_000)), own.der(2, b"\x7f" + bytes(60))),
}


@pytest.mark.parametrize("what", KEYS)
def test_malformed_der(stick: Path, what: str) -> None:
    for number in range(20):
        put(stick, f"NPKI/a/USER/{number:02}", cert=KEYS[what], key=KEYS[what])
    assert set(looked(stick)["found"]) == {"certificate_unreadable"}


@pytest.mark.parametrize("turns", [0, 1, 5, 20, 60])
def test_when_time_is_up_it_says_where(stick: Path, turns: int) -> None:
    """What was found until then is there, and is the beginning of what is found with time enough."""
    for number in range(30):
        put(stick, f"NPKI/a/USER/{number:02}", cert=CERTIFICATE, key=KEY)
    clock = itertools.count()
    result = scan(stick, seconds=turns, now=lambda: float(next(clock)))
    [left] = result.skipped
    assert left.startswith("time: ")
    assert result.found == scan(stick, seconds=3600).found[: len(result.found)]
    assert next(clock) == turns + 2


def test_an_endless_directory_ends_with_the_time(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filesystem that is driven by the stick's maker can go on for ever, slowly."""
    put(stick, SET, cert=CERTIFICATE, key=KEY)
    clock = itertools.count()
    entries = itertools.repeat(SimpleNamespace(name="x"))
    monkeypatch.setattr(os, "scandir", lambda _: contextlib.nullcontext(entries))
    result = scan(stick, seconds=10, now=lambda: float(next(clock)))
    assert result == module.ScanResult((), ("time: .",))
    assert next(clock) == 12


ROOM = {
    "no blocks": (4096, 0, 0),
    "all there is": (2**32, 2**64 - 1, 2**64 - 1),
    "more than all": (4096, 1, 2**63),
}
NO_ROOM = {"none": (4096, 10**9, 0), "blocks of nothing": (0, 10**9, 10**9)}


@pytest.mark.parametrize("what", [*ROOM, *NO_ROOM])
def test_a_filesystem_that_lies_about_its_size(
    stick: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Its word counts only when it says that there is no room: whether something fits is tried."""
    frsize, blocks, free = (ROOM | NO_ROOM)[what]
    lie = os.statvfs_result((frsize, frsize, blocks, free, free, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "fstatvfs", lambda _: lie)
    medium = DirectoryMedium.open(stick)
    if what in ROOM:
        medium.check_space(20_000)
    else:
        with pytest.raises(KioskError) as problem:
            medium.check_space(20_000)
        assert problem.value.id == "medium.full"
    assert list(stick.iterdir()) == []
