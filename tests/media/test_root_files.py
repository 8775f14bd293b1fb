"""Files in the root of a medium: written whole or not at all, and nothing is ever overwritten."""

import errno
import os
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.media import change
from kiosk.media.root_files import FileMedium
from tests.media.calls import Calls, fail_at

DATA = b"pfx " * 900


def test_written_once(tmp_path: Path) -> None:
    medium = FileMedium.open(tmp_path)
    assert medium.add_file("홍길동.pfx", DATA) == tmp_path / "홍길동.pfx"
    assert medium.file("홍길동.pfx", len(DATA)) == DATA
    for name in ("홍길동.pfx", "홍길동.PFX", "\u1112\u1169\u11bc\u1100\u1175\u11af\u1103\u1169\u11bc.pfx"):
        assert medium.taken(name)
        with pytest.raises(KioskError, match=r"pfx\.exists"):
            medium.add_file(name, b"other")
    assert [path.name for path in tmp_path.iterdir()] == ["홍길동.pfx"]


def test_what_is_no_file_is_not_listed_and_not_read(tmp_path: Path) -> None:
    for name in ("b.PFX", "a.p12", "c.pfx.txt", "pfx"):
        (tmp_path / name).write_bytes(DATA)
    (tmp_path / "dir.pfx").mkdir()
    (tmp_path / "link.pfx").symlink_to(tmp_path / "b.PFX")
    os.mkfifo(tmp_path / "fifo.pfx")
    medium = FileMedium.open(tmp_path)
    assert medium.names_ending(".pfx", ".p12") == ("a.p12", "b.PFX")
    for name, id_ in (
        ("link.pfx", "medium.in_the_way"),
        ("fifo.pfx", "medium.in_the_way"),
        ("none", "medium.gone"),
    ):
        with pytest.raises(KioskError, match=id_):
            medium.file(name, 10_000)
    with pytest.raises(KioskError, match=r"medium\.damaged"):
        medium.file("b.PFX", 10)


def test_what_a_pulled_stick_kept_of_one_is_cleared(tmp_path: Path) -> None:
    """By whatever is done with the stick next, and not only by another file."""
    medium = FileMedium.open(tmp_path)
    (tmp_path / ".certkiosk.part").write_bytes(DATA[:500])
    held = os.open(tmp_path / ".certkiosk.part", os.O_RDONLY)
    assert change.repair(medium)
    assert list(tmp_path.iterdir()) == []
    assert set(os.read(held, 1000)) == {0}, "there is a key in it"
    os.close(held)
    assert not change.repair(medium)


@pytest.mark.parametrize(
    "error", [errno.EIO, errno.ENOSPC, errno.EROFS, errno.ENODEV], ids=errno.errorcode.get
)
def test_an_error_at_every_call(tmp_path: Path, error: int) -> None:
    """The whole file or none, with what is left of it cleared by the next one."""
    number = whole = 0
    while True:
        path = tmp_path / str(number)
        path.mkdir()
        medium = FileMedium.open(path)
        with Calls(fail_at(number, error)) as calls:
            try:
                medium.add_file("a.pfx", DATA)
                said = "no error"
            except KioskError as problem:
                said = problem.id
        if len(calls.log) <= number:
            break
        assert said != "no error", calls.log[number]
        if (path / "a.pfx").exists():
            assert (path / "a.pfx").read_bytes() == DATA
            whole += 1
        medium.add_file("b.pfx", DATA)
        assert {file.name for file in path.iterdir()} <= {"a.pfx", "b.pfx"}
        number += 1
    assert said == "no error"
    assert number > 5
    assert whole < number
