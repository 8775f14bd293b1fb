"""Killed at each system call on the medium, and each call refused, cut short or only pretended."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import TODAY
from tests.crash import eye
from tests.crash.matrix import QUESTIONS, Call, Matrix, asks, changes, fine, kill, lie, refuse, spread
from tests.crash.play import go_on
from tests.crash.process import Driver
from tests.crash.scenes import SCENES, Bench

PARTS = 6
PIECE = 500
"""Bytes that a write takes when it is a short one."""
MEDIUM = "medium"
NEW = "empty stick"


def part(calls: list[Call], number: int) -> list[Call]:
    """One of `PARTS` runs of calls that follow each other, so that workers share them."""
    return calls[len(calls) * number // PARTS : len(calls) * (number + 1) // PARTS]


def test_every_call_is_watched(base: Path, driver: Driver, scene: Callable[[str], Bench]) -> None:
    """What touches the medium is one thread's, registry and audit head another's, locks the command's own."""
    bench = scene(NEW).copy(base / "case")
    ended = driver.run(*bench.command(), thread="command", strace=["-f", "-y", "-e", "trace=all"])
    shutil.rmtree(bench.path)
    assert ended.status == 0
    assert ended.threads
    for place, thread, least in (
        ("stick", "medium", 200),
        ("state/registry.db", "registry", 200),
        ("state/audit.head", "registry", 20),
        ("state/locks", "command", 3),
    ):
        calls = [line.split(maxsplit=1) for line in ended.trace if str(bench.path / place) in line]
        others = [call for thread_id, call in calls if thread_id != str(ended.threads[thread])]
        # Before anything begins the command's own thread asks whether its arguments are there.
        assert not [call for call in others if not call.startswith(("access(", "newfstatat("))]
        assert len(calls) - len(others) >= least
    opened = [line for line in ended.trace if line.startswith(f"{ended.threads[MEDIUM]} openat(AT_FDCWD")]
    assert all(str(bench.medium) in line for line in opened), "the medium's thread touches something else"


@pytest.mark.parametrize("number", range(PARTS))
def test_killed_at_every_call(number: int, matrix: Matrix) -> None:
    calls = [call for call in matrix.calls(NEW, MEDIUM) if not asks(call.line)]
    assert {"write", "fsync", "syncfs", "openat", "close"} <= {call.name for call in calls}
    matrix.play(NEW, kill(MEDIUM, part(calls, number)), alike=True)
    fine(matrix, 25)


def test_killed_between_short_writes(matrix: Matrix) -> None:
    """Files are torn in the middle."""
    writes = [call for call in matrix.calls(NEW, MEDIUM, piece=PIECE) if call.name == "write"]
    assert max(call.result for call in writes) == PIECE
    # The last ones: the staged key, certificate and key of the set, and the note of its place.
    cases = [replace(case, fault="short + SIGKILL", piece=PIECE) for case in kill(MEDIUM, writes[-10:])]
    matrix.play(NEW, cases)
    fine(matrix, 10)


@pytest.mark.parametrize("name", ["given up, in place", "resumed, torn"])
def test_killed_at_every_move_of_what_came_before(name: str, matrix: Matrix) -> None:
    """The command had been killed before, and is killed once more while it clears up."""
    calls = [call for call in matrix.calls(name, MEDIUM) if call.name.startswith(("rename", "unlink"))]
    matrix.play(name, kill(MEDIUM, calls))
    fine(matrix, 10)


@pytest.mark.parametrize("name", ["renew", "reissue", "reissue, elsewhere"])
def test_the_old_certificate_or_the_new_one(name: str, matrix: Matrix) -> None:
    """Renewing and reissuing: never worse off than before, at whatever change of the medium it was killed."""
    calls = [call for call in matrix.calls(name, MEDIUM) if changes(call.line)]
    assert {"write", "syncfs", "mkdirat", "renameat"} <= {call.name for call in calls}
    matrix.play(name, kill(MEDIUM, calls), alike=True)
    fine(matrix, 30)


@pytest.mark.parametrize("name", ["renew, proved", "renew, given up"])
def test_killed_while_the_old_set_goes(name: str, matrix: Matrix) -> None:
    calls = [
        call for call in matrix.calls(name, MEDIUM) if call.name.startswith(("rename", "unlink", "rmdir"))
    ]
    matrix.play(name, kill(MEDIUM, calls))
    fine(matrix, 5)


def test_lying_and_short_writes(matrix: Matrix) -> None:
    writes = [call for call in matrix.calls(NEW, MEDIUM) if call.name == "write"]
    matrix.play(NEW, lie(MEDIUM, writes))
    fine(matrix, 10)


def test_some_refused_calls(matrix: Matrix) -> None:
    calls = matrix.calls(NEW, MEDIUM)
    cases = [case for case in refuse(MEDIUM, calls) if case.call not in QUESTIONS]
    matrix.play(NEW, spread(cases, 20))
    fine(matrix, 20)


@pytest.mark.parametrize("name", ["resumed, staged", "resumed, in place", "resumed, torn"])
def test_void_after_a_day(name: str, base: Path, driver: Driver, scene: Callable[[str], Bench]) -> None:
    """Nobody came back with the stick; a day later it is too late, and the stick is cleared when it comes."""
    bench = scene(name).copy(base / "case")
    bench.at = TODAY + timedelta(hours=25)
    pocket = bench.medium.rename(bench.path / "pocket")
    bench.medium.mkdir()
    bench.answers("personal-bank")
    visit = driver.run(*bench.command())
    assert visit.status == 0
    bench.elsewhere = bench.medium.rename(bench.path / "other stick")
    pocket.rename(bench.medium)
    bench.answers()
    aside = Path(shutil.copytree(bench.state, bench.path / "aside"))
    before = eye.look(aside, bench.medium, bench.older, bench.torn, bench.elsewhere)
    assert [row["state"] for row in before.requests] == ["done", "void", "done"]
    assert go_on(bench, driver, visit, before, aside) == "void and begun anew"
    shutil.rmtree(bench.path)


@pytest.mark.long
@pytest.mark.parametrize("number", range(PARTS))
@pytest.mark.parametrize("name", SCENES)
def test_killed_at_really_every_call(name: str, number: int, matrix: Matrix) -> None:
    """In every scene, and at questions too; in one scene the command is run again after every single kill."""
    matrix.play(name, kill(MEDIUM, part(matrix.calls(name, MEDIUM), number)), alike=name != NEW)
    fine(matrix, 20)


@pytest.mark.long
@pytest.mark.parametrize("number", range(PARTS))
@pytest.mark.parametrize("name", [NEW, "resumed, in place", "given up, in place", "renew", "reissue"])
def test_every_call_refused_or_pretended(name: str, number: int, matrix: Matrix) -> None:
    calls = [call for call in matrix.calls(name, MEDIUM) if name == NEW or not asks(call.line)]
    some = part(calls, number)
    matrix.play(name, [*refuse(MEDIUM, some), *lie(MEDIUM, some)])
    fine(matrix, 10)
