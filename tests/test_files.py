"""Files that a command writes: whole or not at all."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.files import replace_file


def test_written_in_pieces_and_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    seen = []

    def pieces() -> Iterator[bytes]:
        for piece in (b"a", b"b"):
            seen.append(path.read_text())
            yield piece

    with path.open() as reader:
        replace_file(path, pieces())
        assert reader.read() == "before", "who has it open reads on in the old one"
    assert (path.read_text(), seen) == ("ab", ["before", "before"])
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_what_breaks_off_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")

    def pieces() -> Iterator[bytes]:
        yield b"a"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        replace_file(path, pieces())
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_into_a_pipe(tmp_path: Path) -> None:
    """As into `/dev/stdout`: it cannot be replaced, and is not."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    replace_file(path, [b"a", b"b"])
    reader.join()
    assert read == [b"ab"]
    assert path.is_fifo()


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "file", Path("/dev/full")):
        with pytest.raises(KioskError, match=r"usage\.file") as caught:
            replace_file(path, [b"x" * 100_000])
        assert caught.value.facts == {"path": str(path)}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("mode", "found"), [(None, 0o600), (0o644, 0o644), (0o600, 0o600)])
def test_the_mode_that_is_given_counts(tmp_path: Path, mode: int | None, found: int) -> None:
    before = os.umask(0o077)
    try:
        replace_file(tmp_path / "file", [b"a"], mode=mode)
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == found
