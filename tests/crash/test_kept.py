"""Changing the password, copying, moving, deleting, a PFX file out and in: killed and refused at system calls."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.kept import Desk, KeptMatrix
from tests.crash.matrix import asks, changes, fine, kill, lie, refuse, spread
from tests.crash.pfx import ACTS
from tests.crash.process import Driver
from tests.crash.table import PROPERTY

MEDIUM = "medium"
PARTS = 4
PIECE = 100


@pytest.fixture(scope="session")
def desk(base: Path, practice_state: Path) -> Desk:
    desk = Desk(base / "desk")
    desk.path.mkdir()
    desk.set_up(practice_state)
    return desk


@pytest.fixture
def kept(
    base: Path, driver: Driver, desk: Desk, record_property: Callable[[str, object], None]
) -> Iterator[KeptMatrix]:
    matrix = KeptMatrix(base / "kept", driver, desk, ACTS)
    yield matrix
    record_property(PROPERTY, matrix.tally.rows())


@pytest.mark.parametrize("name", ACTS)
def test_killed_at_some_calls(name: str, kept: KeptMatrix) -> None:
    """At every rename and every wait for the medium, and at some of all other changes."""
    calls = [call for call in kept.calls(name, MEDIUM) if changes(call.line)]
    moves = [call for call in calls if call.name.startswith(("rename", "syncfs"))]
    assert {"syncfs", "write"} <= {call.name for call in calls}
    kept.play(name, [*kill(MEDIUM, moves), *spread(kill(MEDIUM, calls), 12)])
    fine(kept, 15)
    assert len({key[-1] for key in kept.tally.outcomes}) > 1, "the kills came nowhere"


@pytest.mark.parametrize("name", ACTS)
def test_some_refused_calls(name: str, kept: KeptMatrix) -> None:
    calls = [call for call in kept.calls(name, MEDIUM) if changes(call.line)]
    kept.play(name, spread(refuse(MEDIUM, calls), 12))
    fine(kept, 12)


@pytest.mark.parametrize("name", ["password", "copy"])
def test_lying_and_short_writes(name: str, kept: KeptMatrix) -> None:
    writes = [call for call in kept.calls(name, MEDIUM) if call.name == "write"]
    kept.play(name, lie(MEDIUM, writes[:3]))
    fine(kept, 6)


@pytest.mark.long
@pytest.mark.parametrize("number", range(PARTS))
@pytest.mark.parametrize("name", ACTS)
def test_killed_at_every_call(name: str, number: int, kept: KeptMatrix) -> None:
    kept.play(name, kill(MEDIUM, kept.calls(name, MEDIUM)[number::PARTS]))
    fine(kept, 20)


@pytest.mark.long
@pytest.mark.parametrize("number", range(PARTS))
@pytest.mark.parametrize("name", ACTS)
def test_every_call_refused_or_pretended(name: str, number: int, kept: KeptMatrix) -> None:
    calls = [call for call in kept.calls(name, MEDIUM) if not asks(call.line)][number::PARTS]
    kept.play(name, [*refuse(MEDIUM, calls), *lie(MEDIUM, [call for call in calls if call.name == "write"])])
    fine(kept, 20)


@pytest.mark.long
@pytest.mark.parametrize("name", ACTS)
def test_killed_at_the_registrys_calls(name: str, kept: KeptMatrix) -> None:
    calls = [call for call in kept.calls(name, "registry") if changes(call.line)]
    kept.play(name, kill("registry", calls))
    fine(kept, 20)
