"""A stick pulled at each system call, on a real filesystem: what had reached its disk by then, and no more, counts.

The disk is an image on a loop device: ext4, which this machine's kernel writes itself. FAT32 and exFAT, which
it may not have, are pulled in the lab (`tests/hardware/lab`). What the kernel still held back when the command was
killed is not in the image: a copy of it, made at that moment, is the stick that was pulled.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash import eye, play
from tests.crash.matrix import Call, Matrix, asks, changes, fine, kill, spread
from tests.crash.play import Case
from tests.crash.process import Driver, Ended
from tests.crash.scenes import Bench
from tests.crash.table import BAD
from tests.media.conftest import needs

NEW, OLDER = "empty stick", "older sets"
SOME, PARTS = 8, 6
MEBIBYTES = 8
MEDIUM = "medium"


class OnDisk(Bench):
    """A bench whose medium is a directory on the disk that is mounted in it: an ext4 has one of its own beside it."""

    @property
    def medium(self) -> Path:
        return self.path / "disk" / "stick"


def _does(*words: object) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def _mounted(image: Path, place: Path) -> Iterator[None]:
    place.mkdir(exist_ok=True)
    _does("mount", "-o", "loop,nosuid,nodev,noexec", image, place)
    try:
        yield
    finally:
        _does("umount", place)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty disk with a directory that acts as the stick."""
    needs("root, to mount images", present=os.geteuid() == 0)
    needs("e2fsprogs", present=shutil.which("mkfs.ext4") is not None)
    found = subprocess.run(["losetup", "--find"], capture_output=True, check=False)
    needs("loop devices", present=found.returncode == 0)
    place = tmp_path_factory.mktemp("images")
    made = place / "empty"
    with made.open("wb") as file:
        file.truncate(MEBIBYTES << 20)
    _does("mkfs.ext4", "-q", "-F", made)
    tried = subprocess.run(["mount", "-o", "loop", made, place], capture_output=True, check=False)
    needs("the right to mount images", present=tried.returncode == 0)
    (place / "stick").mkdir()
    _does("umount", place)
    return made


class Pulling:
    """Plays cases on a disk, and pulls it when the command is killed."""

    def __init__(self, base: Path, driver: Driver, scene: Callable[[str], Bench], image: Path) -> None:
        self._base, self._driver, self._scene, self._image = base / "case", driver, scene, image

    def play(self, name: str, case: Case | None) -> str:
        """Play one case, or none, on a disk of its own."""
        set_ = self._scene(name).copy(self._base)
        bench = OnDisk(**{**vars(replace(set_)), "path": set_.path})
        image, pulled = bench.path / "image", bench.path / "pulled"
        shutil.copy(self._image, image)
        try:
            with _mounted(image, bench.path / "disk"):
                shutil.copytree(set_.path / "stick", bench.medium, dirs_exist_ok=True)
                _does("sync", "-f", bench.medium)
                strace = case.strace([]) if case else None
                ended = self._driver.run(*bench.command(), thread=play.thread_of(MEDIUM), strace=strace)
                shutil.copy(image, pulled)
            if case:
                play.check_hit(case, ended)
            return self._looked(bench, pulled, ended)
        finally:
            shutil.rmtree(bench.path)

    def _looked(self, bench: OnDisk, pulled: Path, ended: Ended) -> str:
        with _mounted(pulled, bench.path / "disk"):
            aside = Path(shutil.copytree(bench.state, bench.path / "aside"))
            before = eye.look(aside, bench.medium, bench.older, bench.torn)
            outcome = play.go_on(bench, self._driver, ended, before, aside)
            proved = eye.sets_of(bench.medium)
        # Unmounted: the disk is in order, and what others read from it is what was proved.
        _does("e2fsck", "-fn", pulled)
        read = bench.path / "read"
        read.mkdir()
        _does("debugfs", "-R", f"rdump /stick/NPKI {read}", pulled)
        assert eye.sets_of(read) == proved
        return outcome


@pytest.fixture
def pulling(base: Path, driver: Driver, scene: Callable[[str], Bench], image: Path) -> Pulling:
    return Pulling(base, driver, scene, image)


def _pulled(pulling: Pulling, matrix: Matrix, name: str, calls: list[Call]) -> None:
    for case in kill(MEDIUM, calls):
        try:
            outcome = pulling.play(name, replace(case, fault="pulled + SIGKILL"))
        except AssertionError as problem:
            outcome = BAD
            matrix.bad.append(f"{name}: {case}: {problem}")
        matrix.tally.add(name, "ext4", case.call, "pulled", outcome)


@pytest.mark.parametrize("name", [NEW, OLDER])
def test_what_was_proved_is_on_the_disk(pulling: Pulling, name: str) -> None:
    """Pulled the moment that the command said "done", without being unmounted."""
    assert pulling.play(name, None) == "done"


def test_pulled_at_some_calls(pulling: Pulling, matrix: Matrix) -> None:
    calls = [call for call in matrix.calls(OLDER, MEDIUM) if changes(call.line)]
    some = {call.number: call for call in calls if call.name in {"syncfs"} or call.name.startswith("rename")}
    chosen = [*some.values(), *calls[:: max(1, len(calls) // SOME)]]
    _pulled(pulling, matrix, OLDER, spread(chosen, min(len(chosen), 2 * SOME)))
    fine(matrix, SOME)


@pytest.mark.long
@pytest.mark.parametrize("number", range(PARTS))
@pytest.mark.parametrize("name", [NEW, OLDER, "resumed, in place", "given up, in place"])
def test_pulled_at_every_call(pulling: Pulling, matrix: Matrix, name: str, number: int) -> None:
    calls = [call for call in matrix.calls(name, MEDIUM) if not asks(call.line)]
    _pulled(pulling, matrix, name, calls[len(calls) * number // PARTS : len(calls) * (number + 1) // PARTS])
    fine(matrix, 15)
