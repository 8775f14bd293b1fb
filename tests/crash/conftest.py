import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.disks import Disk
from tests.crash.matrix import Matrix
from tests.crash.process import Driver
from tests.crash.scenes import SCENES, Bench
from tests.crash.table import PROPERTY

MEMORY = Path("/dev/shm")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Disks that this machine cannot mount are another kernel's: `test_images` has tests that start it."""
    here = [item for item in items if not isinstance(disk := _disk(item), Disk) or disk.here()]
    config.hook.pytest_deselected(items=[item for item in items if item not in here])
    items[:] = here


def _disk(item: pytest.Item) -> object:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("pulling") if callspec else None


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory in memory, where there is one: processes are killed here, not machines."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path_factory.mktemp("crash")
        return
    path = Path(tempfile.mkdtemp(prefix="certkiosk-crash-", dir=MEMORY))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def driver(base: Path) -> Iterator[Driver]:
    try:
        subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"needs strace, and the right to use it: {error}")
    driver = Driver(base)
    yield driver
    driver.close()


@pytest.fixture(scope="session")
def scene(base: Path, driver: Driver, practice_state: Path) -> Callable[[str], Bench]:
    """Set a scene, once; it is copied for each case."""
    made: dict[str, Bench] = {}

    def make(name: str) -> Bench:
        if name not in made:
            bench = Bench(base / f"scene{len(made)}")
            shutil.copytree(practice_state, bench.state)
            bench.medium.mkdir()
            SCENES[name](bench, driver)
            made[name] = bench
        return made[name]

    return make


@pytest.fixture
def matrix(
    base: Path, driver: Driver, scene: Callable[[str], Bench], record_property: Callable[[str, object], None]
) -> Iterator[Matrix]:
    """Plays cases, counts outcomes for the table, and fails at the end when there was a bad one."""
    matrix = Matrix(base / "case", driver, scene)
    yield matrix
    record_property(PROPERTY, matrix.tally.rows())
