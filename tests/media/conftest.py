import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

import pytest

from kiosk.media.directory import DirectoryMedium


def needs(what: str, *, present: bool) -> None:
    """Skip, with the name of what is missing; where everything is required, fail."""
    if not present:
        if os.environ.get("KIOSK_REQUIRE_ALL") == "1":
            pytest.fail(f"needs {what}")
        pytest.skip(f"needs {what}")


class MountSpace:
    """A process with its own mounts, which end with it. From here they are seen through /proc/<pid>/root."""

    def __init__(self) -> None:
        self._shell = subprocess.Popen(
            ["unshare", "--mount" if os.geteuid() == 0 else "-rm", "sh"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str | Path) -> int:
        """Run a command there and give its exit status."""
        self._pipe(self._shell.stdin).write(f"{shlex.join(map(str, command))}; echo '<'$?'>'\n")
        self._pipe(self._shell.stdin).flush()
        for line in self._pipe(self._shell.stdout):
            if line.startswith("<") and line.endswith(">\n"):
                return int(line[1:-2])
        return -1

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe
        return pipe

    def path(self, path: Path) -> Path:
        return Path(f"/proc/{self._shell.pid}/root{path}")

    def tmpfs(self, path: Path, options: str) -> Path:
        """Mount a tmpfs and give its path as seen from here."""
        path.mkdir(exist_ok=True)
        mounted = self.run("mount", "-t", "tmpfs", "-o", options, "none", path)
        needs("mount namespaces", present=mounted == 0)
        return self.path(path)

    def close(self) -> None:
        self._shell.communicate()


@pytest.fixture
def mounts() -> Iterator[MountSpace]:
    space = MountSpace()
    yield space
    space.close()


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A directory that acts as a stick."""
    path = tmp_path / "stick"
    path.mkdir()
    return path


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A directory in memory, where there is one: dropping pages from the cache of a disk waits for the disk."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="certkiosk-media-", dir="/dev/shm") as path:
        yield Path(path)


@pytest.fixture
def medium(stick: Path) -> DirectoryMedium:
    return DirectoryMedium.open(stick)


@pytest.fixture
def as_nobody() -> Callable[[], AbstractContextManager[None]]:
    """A context in which the process has no power over files of others, root or not."""

    @contextmanager
    def context() -> Iterator[None]:
        uid = os.geteuid()
        if uid == 0:
            os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(uid)

    return context
