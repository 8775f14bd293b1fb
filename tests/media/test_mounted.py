"""Real filesystems: full, read-only, pulled, lying. Mounted where only these tests see them."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import KioskError
from kiosk.media import files
from kiosk.media.directory import DirectoryMedium
from kiosk.media.scan import scan
from tests.media.calls import Call, Calls
from tests.media.conftest import MountSpace, needs
from tests.media.scenes import CODE, DIRECTORY, KEY, NEW, OLD, ORG, install, left, place, put, sets
from tests.media.test_directory import refusal

PAGE = os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("older", [False, True], ids=["empty medium", "older set"])
@pytest.mark.parametrize("limit", ["nr_inodes={}", "size={}p"], ids=["files", "bytes"])
def test_full_after_any_number(mounts: MountSpace, tmp_path: Path, limit: str, older: bool) -> None:
    """Room for one more file or page each time: in the end it fits, before that nothing is half there."""
    outcomes = []
    for number in range(2, 30):
        mountpoint = tmp_path / str(number)
        options = limit.replace("{}p", str(number * PAGE)).format(number)
        stick = mounts.tmpfs(mountpoint, options + ("" if "inodes" in options else ",nr_inodes=0"))
        before = [OLD] if older else []
        try:
            if older:
                put(stick, OLD)
        except OSError:
            continue
        medium = DirectoryMedium.open(stick)
        try:
            medium.stage(CODE, KEY)
            install(medium)
        except KioskError as problem:
            outcomes.append(problem.id)
            assert sets(stick) in (before, [])
            medium.unstage(CODE)
            assert sets(stick) == before
        else:
            outcomes.append("done")
            medium.unstage(CODE)
            assert sets(stick) == [NEW]
        assert left(stick) == []
        mounts.run("umount", mountpoint)
    assert set(outcomes) == {"medium.full", "done"}
    assert outcomes == sorted(outcomes, reverse=True)
    assert outcomes.count("medium.full") >= (4 if "inodes" in limit else 2)


def test_check_space_knows_beforehand(mounts: MountSpace, tmp_path: Path) -> None:
    stick = mounts.tmpfs(tmp_path / "stick", "size=256k")
    medium = DirectoryMedium.open(stick)
    medium.check_space(64 * 1024)
    assert refusal(medium.check_space, 240 * 1024) == "medium.full"
    (stick / "film").write_bytes(bytes(252 * 1024))
    assert refusal(medium.check_space, 8 * 1024) == "medium.full"
    assert refusal(medium.check_space, 1) == "medium.full"
    assert [path.name for path in stick.iterdir()] == ["film"]


def test_read_only(mounts: MountSpace, tmp_path: Path) -> None:
    stick = mounts.tmpfs(tmp_path / "stick", "size=1m")
    put(stick, OLD)
    medium = DirectoryMedium.open(stick)
    medium.stage(CODE, KEY)
    assert mounts.run("mount", "-o", "remount,bind,ro", tmp_path / "stick") == 0
    assert refusal(medium.check_space, 1) == "medium.readonly"
    assert refusal(medium.stage, CODE, KEY) == "medium.readonly"
    assert refusal(medium.install, CODE, ORG, DIRECTORY, NEW) == "medium.readonly"
    assert refusal(medium.remove_set, place(stick)) == "medium.readonly"
    assert refusal(medium.unstage, CODE) == "medium.readonly"
    assert medium.staged(CODE) == KEY
    assert medium.read_set(place(stick)) == OLD
    assert len(scan(stick).found) == 1


def test_pulled_between_two_calls(mounts: MountSpace, tmp_path: Path) -> None:
    """Its empty mount point stays, on the kiosk's own disk: nothing may be written there."""
    stick = mounts.tmpfs(tmp_path / "stick", "size=1m")
    medium = DirectoryMedium.open(stick)
    medium.stage(CODE, KEY)
    assert mounts.run("umount", tmp_path / "stick") == 0
    for call in (
        lambda: medium.check_space(1),
        lambda: medium.stage(CODE, KEY),
        lambda: medium.staged(CODE),
        lambda: medium.staged_codes(),
        lambda: medium.install(CODE, ORG, DIRECTORY, NEW),
        lambda: medium.restore(CODE),
        lambda: medium.unstage(CODE),
        lambda: medium.remove_set(place(stick)),
        lambda: medium.users(ORG),
    ):
        assert refusal(call) == "medium.gone"
    assert list((tmp_path / "stick").iterdir()) == []
    (tmp_path / "stick").rmdir()
    assert refusal(medium.staged, CODE) == "medium.gone"


def test_pulled_while_writing(mounts: MountSpace, tmp_path: Path) -> None:
    """At each sync of an install; every call still succeeds on what is no longer there."""
    pulls = 0
    for number in range(20):
        mountpoint = tmp_path / str(number)
        stick = mounts.tmpfs(mountpoint, "size=1m")
        medium = DirectoryMedium.open(stick)
        syncs = iter(range(100))

        def pull(
            count: int,
            name: str,
            args: tuple[Any, ...],
            number: int = number,
            mountpoint: Path = mountpoint,
            syncs: Any = syncs,
        ) -> Call | None:
            if name == "syncfs" and next(syncs) == number:
                assert mounts.run("umount", "--lazy", mountpoint) == 0
            return None

        with Calls(pull) as calls:
            try:
                install(medium)
            except KioskError as problem:
                assert problem.id == "medium.gone"
                pulls += 1
        assert list(mountpoint.iterdir()) == []
        if calls.names.count("syncfs") <= number:
            break
    assert pulls == 2


def test_a_stick_whose_label_is_npki(mounts: MountSpace, tmp_path: Path) -> None:
    stick = mounts.tmpfs(tmp_path / "NPKI", "size=1m")
    medium = DirectoryMedium.open(stick)
    assert not medium.is_npki_root
    assert medium.install(CODE, ORG, DIRECTORY, NEW) == place(stick)
    assert len(scan(stick).found) == 1


@pytest.fixture
def ext4(mounts: MountSpace, tmp_path: Path) -> tuple[Path, Path]:
    """A filesystem on an image: its mount point, and the image, which can be changed behind its back."""
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(4 * 1024 * 1024)
    needs("mkfs.ext4", present=mounts.run("mkfs.ext4", "-q", "-O", "^has_journal", image) == 0)
    (tmp_path / "mnt").mkdir()
    needs("root and loop devices", present=mounts.run("mount", "-o", "loop", image, tmp_path / "mnt") == 0)
    return mounts.path(tmp_path / "mnt"), image


def swallow(image: Path, data: bytes) -> int:
    """Make the medium lose what was written: overwrite `data` by zeros; say how often it was there."""
    content = image.read_bytes()
    count = content.count(data)
    with image.open("r+b") as file:
        for _ in range(count):
            file.seek(content.index(data))
            file.write(bytes(len(data)))
            content = content.replace(data, bytes(len(data)), 1)
    return count


def test_read_back_goes_past_the_cache(ext4: tuple[Path, Path]) -> None:
    stick, image = ext4
    fd = os.open(stick, os.O_RDONLY | os.O_DIRECTORY)
    try:
        files.write_file(fd, "file", KEY)
        files.syncfs(fd)
        assert swallow(image, KEY) == 1
        assert (stick / "file").read_bytes() == KEY, "the plain read-back believes it"
        assert files.read_past_cache(fd, "file") == bytes(len(KEY))
    finally:
        os.close(fd)


@pytest.mark.parametrize("act", ["stage", "install"])
def test_a_stick_that_swallows_writes_is_named(
    ext4: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    stick, image = ext4
    put(stick, OLD)
    swallowed = 0

    class Swallowing:
        def syncfs(self, directory: int) -> int:
            nonlocal swallowed
            status = int(libc.syncfs(directory))
            swallowed += swallow(image, KEY)
            return status

    libc = files._libc
    monkeypatch.setattr(files, "_libc", Swallowing())
    medium = DirectoryMedium.open(stick)
    if act == "stage":
        assert refusal(medium.stage, CODE, KEY) == "medium.lies"
    else:
        assert refusal(medium.install, CODE, ORG, DIRECTORY, NEW) == "medium.lies"
    assert swallowed == 1
    assert sets(stick) == [OLD]


def test_a_real_filesystem_takes_it_all(ext4: tuple[Path, Path]) -> None:
    stick, image = ext4
    shutil.rmtree(stick / "lost+found")
    medium = DirectoryMedium.open(stick)
    medium.check_space(100_000)
    medium.stage(CODE, KEY)
    medium.install(CODE, ORG, DIRECTORY, NEW)
    assert NEW["signCert.der"] in image.read_bytes()
    medium.unstage(CODE)
    assert sets(stick) == [NEW]
    assert left(stick) == []
