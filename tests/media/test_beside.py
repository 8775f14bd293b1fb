"""Files for people beside their certificate: nothing of theirs is touched, whatever they keep there."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import KioskError
from kiosk.media.beside import COPIES, PART
from kiosk.media.directory import DirectoryMedium
from tests.media.calls import CHANGES, Calls
from tests.media.conftest import MountSpace, mounts

__all__ = ["mounts"]

FOLDER = "인증서 안내"
FILES = {"달력.ics": b"BEGIN:VCALENDAR\r\n" * 20, "쪽지.txt": "\ufeff홍*동\r\n".encode() * 30}


def put(path: Path, files: dict[str, bytes] = FILES) -> Path:
    return DirectoryMedium.open(path).leave(FOLDER, files)


def there(path: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(path)): each.read_bytes() if each.is_file() else b""
        for each in sorted(path.rglob("*"))
    }


@contextmanager
def refused(id_: str) -> Iterator[None]:
    with pytest.raises(KioskError) as caught:
        yield
    assert caught.value.id == id_


def test_in_a_folder_of_their_own(stick: Path) -> None:
    assert put(stick) == stick / FOLDER
    whole = there(stick)
    assert whole == {FOLDER: b"", **{f"{FOLDER}/{name}": data for name, data in FILES.items()}}
    # Once more is once.
    assert put(stick) == stick / FOLDER
    assert there(stick) == whole


def test_what_a_person_keeps_there_stays(stick: Path) -> None:
    (stick / FOLDER).mkdir()
    theirs = {"달력.ics": b"my own", "쪽지 (2).txt": b"mine too", "사진.jpg": b"\xff\xd8"}
    for name, data in theirs.items():
        (stick / FOLDER / name).write_bytes(data)
    (stick / FOLDER / "쪽지.txt").mkdir()
    put(stick)
    found = there(stick / FOLDER)
    assert found.items() >= theirs.items()
    assert found["달력 (2).ics"] == FILES["달력.ics"]
    assert found["쪽지 (3).txt"] == FILES["쪽지.txt"]


def test_names_are_taken_in_any_case_and_form(stick: Path) -> None:
    """As FAT has it: another spelling is the same name there."""
    (stick / FOLDER).mkdir()
    (stick / FOLDER / "A.ICS").write_bytes(b"mine")
    put(stick, {"a.ics": b"ours"})
    assert there(stick / FOLDER) == {"A.ICS": b"mine", "a (2).ics": b"ours"}


def test_there_is_an_end_to_numbers(stick: Path) -> None:
    (stick / FOLDER).mkdir()
    for name in ("a.ics", *(f"a ({number}).ics" for number in range(2, COPIES + 1))):
        (stick / FOLDER / name).write_bytes(name.encode())
    before = there(stick)
    with refused("medium.in_the_way"):
        put(stick, {"a.ics": b"ours"})
    assert there(stick) == before


@pytest.mark.parametrize("stands", ["file", "link", "loop"])
def test_a_folder_that_is_none(stick: Path, tmp_path: Path, stands: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if stands == "file":
        (stick / FOLDER).write_bytes(b"my notes")
    else:
        (stick / FOLDER).symlink_to(elsewhere if stands == "link" else stick / FOLDER)
    with refused("medium.in_the_way"):
        put(stick)
    assert (stick / FOLDER).is_symlink() or (stick / FOLDER).read_bytes() == b"my notes"
    assert list(elsewhere.iterdir()) == []


def test_what_an_interrupted_one_left_goes(stick: Path) -> None:
    (stick / FOLDER).mkdir()
    (stick / FOLDER / PART).write_bytes(b"half")
    put(stick)
    assert PART not in there(stick / FOLDER)


def test_full(mounts: MountSpace, tmp_path: Path) -> None:
    """A real file system with too little room, and one with no room for another name."""
    stick = mounts.tmpfs(tmp_path / "mount", "size=64k")
    (stick / "photo").write_bytes(bytes(60 * 1024))
    before = there(stick)
    with refused("medium.full"):
        put(stick, {"a.ics": bytes(1000), "b.txt": bytes(16 * 1024)})
    # What was whole already may stay; nothing is there in part, and nothing of theirs is lost.
    after = there(stick)
    assert after.items() >= before.items()
    assert after.keys() - before.keys() <= {FOLDER, f"{FOLDER}/a.ics"}
    assert after.get(f"{FOLDER}/a.ics", bytes(1000)) == bytes(1000)
    names = mounts.tmpfs(tmp_path / "names", "size=1m,nr_inodes=2")
    with refused("medium.full"):
        put(names)
    assert there(names) == {}


def test_read_only(mounts: MountSpace, tmp_path: Path) -> None:
    stick = mounts.tmpfs(tmp_path / "mount", "size=1m")
    mounts.run("mount", "-o", "remount,ro", tmp_path / "mount")
    with refused("medium.readonly"):
        put(stick)
    assert there(stick) == {}


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.ENODEV])
def test_an_error_at_any_change(stick: Path, number: int) -> None:
    """Whatever fails, at whatever call: whole files or none, and theirs as they were."""
    (stick / "NPKI").mkdir()
    (stick / "NPKI" / "theirs").write_bytes(b"x")
    with Calls() as calls:
        put(stick)
    changes = [at for at, (name, _) in enumerate(calls.log) if name in CHANGES]
    assert len(changes) > 8
    for at in changes:
        for each in (stick / FOLDER).iterdir():
            each.unlink()
        (stick / FOLDER).rmdir()

        def act(turn: int, name: str, arguments: tuple[Any, ...], at: int = at) -> None:
            if turn == at:
                raise OSError(number, os.strerror(number))

        with Calls(act), pytest.raises(KioskError):
            put(stick)
        left = there(stick)
        assert left.pop("NPKI/theirs") == b"x"
        for name, data in FILES.items():
            assert left.pop(f"{FOLDER}/{name}", data) == data
        assert left.keys() <= {"NPKI", FOLDER, f"{FOLDER}/{PART}"}
        put(stick)
        assert PART not in there(stick / FOLDER)


def test_a_stick_that_swallows_what_is_written(stick: Path) -> None:
    def act(turn: int, name: str, arguments: tuple[Any, ...]) -> Any:
        return (lambda fd, data: len(data)) if name == "write" else None

    with Calls(act), refused("medium.lies"):
        put(stick)
    assert there(stick) == {}
