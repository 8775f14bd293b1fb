"""The whole command as people run it, killed at random moments."""

import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash import eye, play
from tests.crash.matrix import Matrix, fine
from tests.crash.process import Driver, Ended, kiosk
from tests.crash.scenes import Bench
from tests.crash.table import BAD

SECONDS = 60


@pytest.mark.parametrize(
    ("kills", "seed"), [(10, 1), pytest.param(100, 2, marks=pytest.mark.long)], ids=["some", "many"]
)
def test_killed_at_random_moments(
    kills: int, seed: int, matrix: Matrix, base: Path, driver: Driver, scene: Callable[[str], Bench]
) -> None:
    duration = _undisturbed(scene("older sets").copy(base / "case"))
    moments = random.Random(seed)
    killed = 0
    for number in range(kills):
        bench = scene("older sets").copy(base / "case")
        moment = duration * (number + moments.random()) / kills
        process = kiosk(*bench.command())
        try:
            _, said = process.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            process.kill()
            _, said = process.communicate(timeout=SECONDS)
        killed += process.returncode == -9
        try:
            assert process.returncode in {-9, 0}, said
            aside = Path(shutil.copytree(bench.state, bench.path / "aside"))
            before = eye.look(aside, bench.medium, bench.older)
            outcome = play.go_on(bench, driver, Ended(process.returncode), before, aside)
        except AssertionError as problem:
            outcome = BAD
            matrix.bad.append(f"killed after {moment:.3f} s of {duration:.3f} s: {problem}")
        matrix.tally.add("older sets", "command", "any moment", "SIGKILL", outcome)
        shutil.rmtree(bench.path)
    assert killed >= kills // 3, "nearly all were through before their moment came"
    fine(matrix, kills)


def _undisturbed(bench: Bench) -> float:
    """Seconds that the command takes now, on this machine."""
    began = time.monotonic()
    process = kiosk(*bench.command())
    _, said = process.communicate(timeout=SECONDS)
    duration = time.monotonic() - began
    assert process.returncode == 0, said
    assert len(eye.look(bench.state, bench.medium, bench.older).sets) == len(bench.older) + 1
    shutil.rmtree(bench.path)
    return duration
