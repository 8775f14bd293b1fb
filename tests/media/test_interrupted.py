"""Every call that a write to a medium makes: the process killed there, or the call refused."""

import collections
import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import KioskError
from kiosk.media import directory
from kiosk.media.directory import DirectoryMedium
from tests.media.calls import Act, Call, Calls, fail_at
from tests.media.change_scenes import SCENES, WipingScene
from tests.media.scenes import CODE, KEY, NEW, OLD, install, left, place, put, sets, stage

ERRORS = {
    errno.EIO: "medium.io",
    errno.ENOSPC: "medium.full",
    errno.EROFS: "medium.readonly",
    errno.ENODEV: "medium.gone",
}
HERE = Path(__file__).parents[2]


@pytest.mark.parametrize("name", SCENES)
def test_killed_at_every_call(name: str, in_memory: Path) -> None:
    subprocess.run([sys.executable, "-B", "-m", "tests.media.killed", in_memory, name], cwd=HERE, check=True)
    calls = (in_memory / "calls").read_text().splitlines()
    outcomes: collections.Counter[str] = collections.Counter()
    with Calls():
        for number in range(len(calls)):
            outcomes[SCENES[name].after(in_memory / str(number))] += 1
    print(f"{name}: {len(calls)} calls x SIGKILL: {dict(outcomes)}")
    assert len(calls) > 15
    assert len(outcomes) > 1, "the kill never came between two states: it came nowhere"


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("name", SCENES)
def test_error_at_every_call(name: str, error: int, in_memory: Path) -> None:
    scene = SCENES[name]
    outcomes: collections.Counter[str] = collections.Counter()
    number = 0
    while True:
        path = in_memory / str(number)
        path.mkdir()
        with Calls():
            scene.prepare(path)
            medium = DirectoryMedium.open(path)
        with Calls(fail_at(number, error)) as calls:
            try:
                scene.act(medium)
                said = "no error"
            except KioskError as problem:
                said = problem.id
        if len(calls.log) <= number:
            break
        # Clearing an empty directory out of the way is an attempt only, and so is overwriting.
        attempt = calls.log[number][0] == "rmdir" or isinstance(scene, WipingScene)
        assert said == ERRORS[error] or (attempt and said == "no error"), calls.log[number]
        with Calls():
            outcomes[scene.after(path)] += 1
        number += 1
    print(f"{name}: {number} calls x {errno.errorcode[error]}: {dict(outcomes)}")
    assert number > 15
    assert said == "no error"


def write_at(number: int, instead: Call) -> Act:
    """The write of that number, not counting other calls, is another function."""
    writes = iter(range(1000))
    return lambda count, name, args: instead if name == "write" and next(writes) == number else None


def test_short_writes_are_completed(medium: DirectoryMedium) -> None:
    def short(count: int, name: str, args: tuple[Any, ...]) -> Call | None:
        return (lambda fd, data: real(fd, bytes(data)[:7])) if name == "write" else None

    real = os.write
    with Calls(short) as calls:
        medium.stage(CODE, KEY)
        install(medium)
    assert calls.names.count("write") > len(KEY) // 7
    assert medium.staged(CODE) == KEY
    assert sets(medium.path) == [NEW]


def test_a_medium_that_takes_nothing_is_an_error(medium: DirectoryMedium) -> None:
    nothing = Calls(lambda count, name, args: (lambda *_: 0) if name == "write" else None)
    with pytest.raises(KioskError) as problem, nothing:
        stage(medium)
    assert problem.value.id == "medium.io"


@pytest.mark.parametrize("lost", [b"", b"\0"], ids=["nothing", "zeros"])
@pytest.mark.parametrize("name", ["stage", "install", "install over an older set"])
def test_lying_writes_are_named(name: str, lost: bytes, tmp_path: Path) -> None:
    """A write that reports success and is not there when read back."""
    write = os.write

    def lie(fd: int, data: memoryview) -> int:
        write(fd, lost * len(data))
        return len(data)

    scene = SCENES[name]
    number = 0
    while True:
        path = tmp_path / str(number)
        path.mkdir()
        with Calls():
            scene.prepare(path)
        with Calls(write_at(number, lie)) as calls:
            try:
                scene.act(DirectoryMedium.open(path))
                said = "no error"
            except KioskError as problem:
                said = problem.id
        if calls.names.count("write") <= number:
            break
        assert said == "medium.lies"
        with Calls():
            scene.after(path)
        number += 1
    assert number == (1 if name == "stage" else 3)
    assert said == "no error"


def test_a_lie_that_shows_after_the_move_puts_the_older_set_back(medium: DirectoryMedium) -> None:
    put(medium.path, OLD)

    def forget(count: int, name: str, args: tuple[Any, ...]) -> Call | None:
        if name == "syncfs" and sets(medium.path) == [NEW]:
            (place(medium.path) / "signPri.key").write_bytes(b"\0" * len(KEY))
        return None

    with pytest.raises(KioskError) as problem, Calls(forget):
        install(medium)
    assert problem.value.id == "medium.lies"
    assert sets(medium.path) == [OLD]
    medium.unstage(CODE)
    assert sets(medium.path) == [OLD]
    assert left(medium.path) == []


def test_order_of_calls(medium: DirectoryMedium) -> None:
    """Synced before and after each rename, and read past the cache only when synced."""
    put(medium.path, OLD)
    with Calls() as calls:
        install(medium)
    story = [
        args[1] if name == "rename" else name
        for name, args in calls.log
        if name in {"rename", "syncfs", "posix_fadvise", "write"}
    ]
    directory = place(medium.path).name
    assert story == [
        *("syncfs", "posix_fadvise", "posix_fadvise"),  # what stands there is not what we bring
        *("write", "write", "write", "syncfs"),
        *("posix_fadvise", "posix_fadvise", "posix_fadvise"),
        *("aside", "syncfs", directory, "syncfs"),
        *("posix_fadvise", "posix_fadvise"),
    ]


def test_a_stick_that_fails_is_named_by_what_failed_first(
    stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first error Linux makes a FAT read-only, and what we wrote cannot be deleted any more."""
    medium = DirectoryMedium.open(stick)
    removals = iter([None, OSError(errno.EROFS, "read-only"), OSError(errno.EROFS, "read-only")])

    def fails(*arguments: object) -> None:
        raise OSError(errno.EIO, "failing")

    def refuses(*arguments: object) -> None:
        if error := next(removals):
            raise error

    monkeypatch.setattr(directory, "write_file", fails)
    monkeypatch.setattr(directory, "remove_tree", refuses)
    with pytest.raises(KioskError) as problem:
        medium.check_space(100)
    assert problem.value.id == "medium.io"
