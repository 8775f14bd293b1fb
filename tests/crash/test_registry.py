"""Killed at each system call on registry, audit head and locks, and each call refused."""

import pytest

from tests.crash.matrix import Matrix, changes, fine, kill, refuse, spread

REGISTRY = "registry"
SCENE = "older sets"
PARTS = 8


@pytest.mark.parametrize(("name", "number"), [(SCENE, 12), ("renew", 20), ("reissue", 6)])
def test_killed_at_some_calls(name: str, number: int, matrix: Matrix) -> None:
    calls = [call for call in matrix.calls(name, REGISTRY) if changes(call.line)]
    assert {"pwrite64", "fdatasync", "openat"} <= {call.name for call in calls}
    log = [call for call in calls if call.name == "pwrite64"]
    others = [call for call in calls if call.name != "pwrite64"]
    matrix.play(
        name, [*spread(kill(REGISTRY, log), number), *spread(kill(REGISTRY, others), 2 * number)], alike=True
    )
    fine(matrix, 3 * number)


def test_locks(matrix: Matrix) -> None:
    calls = matrix.calls(SCENE, "locks")
    assert {"openat", "flock", "unlink"} <= {call.name for call in calls}
    matrix.play(SCENE, [*kill("locks", calls), *refuse("locks", calls)])
    fine(matrix, 10)


@pytest.mark.long
@pytest.mark.parametrize("number", range(PARTS))
@pytest.mark.parametrize("name", [SCENE, "resumed, issued", "given up, written", "renew", "reissue"])
def test_killed_at_every_call(name: str, number: int, matrix: Matrix) -> None:
    calls = matrix.calls(name, REGISTRY)
    some = calls[len(calls) * number // PARTS : len(calls) * (number + 1) // PARTS]
    matrix.play(name, kill(REGISTRY, some), alike=name != SCENE)
    fine(matrix, 20)


@pytest.mark.long
@pytest.mark.parametrize("number", range(PARTS))
def test_calls_refused(number: int, matrix: Matrix) -> None:
    calls = matrix.calls(SCENE, REGISTRY)
    # Every third case: the write-ahead log is written in a hundred equal pieces.
    matrix.play(SCENE, refuse(REGISTRY, calls)[number :: 3 * PARTS])
    fine(matrix, 40)
