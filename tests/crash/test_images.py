"""A stick pulled at each system call, on a real filesystem: what had reached its disk by then, and no more, counts.

The disk is an image on a loop device. What the kernel still held back when the command was killed is not in the
image: a copy of it, made at that moment, is the stick that was pulled. Filesystems that this machine's kernel lacks
are written by another one, which runs as a program (`tests.crash.guest`); real USB sticks are pulled in the lab
(`tests/hardware/lab`).
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash import eye, guest, play
from tests.crash.disks import DISKS, Disk, does
from tests.crash.matrix import Call, Matrix, asks, changes, fine, kill, spread
from tests.crash.play import Case
from tests.crash.process import Driver, Ended
from tests.crash.scenes import Bench
from tests.crash.table import BAD
from tests.media.conftest import needs

NEW, OLDER = "empty stick", "older sets"
SOME, PARTS = 8, 6
MEDIUM = "medium"


class OnDisk(Bench):
    """A bench whose medium is on the disk that is mounted in it."""

    root: str

    @property
    def medium(self) -> Path:
        return self.path / "disk" / self.root


class Pulling:
    """Plays cases on a disk, and pulls it when the command is killed."""

    def __init__(
        self, base: Path, driver: Driver, scene: Callable[[str], Bench], disk: Disk, image: Path
    ) -> None:
        self._base, self._driver, self._scene = base / "case", driver, scene
        self.disk, self._image = disk, image

    def play(self, name: str, case: Case | None) -> str:
        """Play one case, or none, on a disk of its own."""
        set_ = self._scene(name).copy(self._base)
        bench = OnDisk(**{**vars(replace(set_)), "path": set_.path})
        bench.root = self.disk.root
        image, pulled = bench.path / "image", bench.path / "pulled"
        _copied(self._image, image)
        try:
            with self.disk.mounted(image, bench.path / "disk"):
                shutil.copytree(set_.path / "stick", bench.medium, dirs_exist_ok=True)
                does("sync", "-f", bench.medium)
                strace = case.strace([]) if case else None
                ended = self._driver.run(*bench.command(), thread=play.thread_of(MEDIUM), strace=strace)
                _copied(image, pulled)
                written = eye.sets_of(bench.medium)
            if case:
                play.check_hit(case, ended)
            else:
                self._stands_in(image, bench.path / "unmounted", written)
            return self._looked(bench, pulled, ended)
        finally:
            shutil.rmtree(bench.path)

    def _looked(self, bench: OnDisk, pulled: Path, ended: Ended) -> str:
        with self.disk.mounted(pulled, bench.path / "disk"):
            aside = Path(shutil.copytree(bench.state, bench.path / "aside"))
            before = eye.look(aside, bench.medium, bench.older, bench.torn)
            outcome = play.go_on(bench, self._driver, ended, before, aside)
            proved = eye.sets_of(bench.medium)
        self.disk.mended(pulled)
        self._stands_in(pulled, bench.path / "read", proved)
        return outcome

    def _stands_in(self, image: Path, place: Path, proved: dict[str, eye.Files]) -> None:
        """The disk is in order, and what others read from it is what was proved."""
        does(*self.disk.check, image)
        place.mkdir()
        self.disk.read(image, place)
        assert eye.sets_of(place) == proved


def _copied(image: Path, target: Path) -> None:
    does("cp", "--sparse=always", image, target)


@pytest.fixture(params=DISKS, ids=lambda disk: disk.name)
def pulling(
    base: Path, driver: Driver, scene: Callable[[str], Bench], tmp_path: Path, request: pytest.FixtureRequest
) -> Pulling:
    """Where the machine cannot mount the disk, the test is left out here, and done by the guest."""
    disk: Disk = request.param
    return Pulling(base, driver, scene, disk, disk.made(tmp_path / "empty"))


def _pulled(pulling: Pulling, matrix: Matrix, name: str, calls: list[Call]) -> None:
    for case in kill(MEDIUM, calls):
        try:
            outcome = pulling.play(name, replace(case, fault="pulled + SIGKILL"))
        except AssertionError as problem:
            outcome = BAD
            matrix.bad.append(f"{name}: {case}: {problem}")
        matrix.tally.add(name, pulling.disk.name, case.call, "pulled", outcome)


@pytest.mark.parametrize("name", [NEW, OLDER])
def test_what_was_proved_is_on_the_disk(pulling: Pulling, name: str) -> None:
    """Unmounted, and pulled the moment that the command said "done", without being unmounted."""
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


def _elsewhere(marks: str, matrix: Matrix, path: Path, least: int) -> None:
    """Run this file's tests for the disks that cannot be mounted here, and count what they counted."""
    disks = [disk for disk in DISKS if not disk.here()]
    if not disks:
        return
    needs("user-mode-linux", present=guest.there())
    ran = guest.run(Path(__file__), marks, [disk.name for disk in disks], path)
    for scene, where, call, fault, outcome, count in ran.rows:
        matrix.tally.outcomes[scene, where, call, fault, outcome] += count
    assert ran.passed == least * len(disks), ran.said


def test_disks_that_this_kernel_cannot_mount(matrix: Matrix, tmp_path: Path) -> None:
    _elsewhere("not long", matrix, tmp_path, 3)


@pytest.mark.long
def test_disks_that_this_kernel_cannot_mount_at_every_call(matrix: Matrix, tmp_path: Path) -> None:
    _elsewhere("long", matrix, tmp_path, 4 * PARTS)
