import fcntl
import os
import threading
from pathlib import Path

import pytest

from data.registry import Registry
from kiosk.audit import AuditLog, Head, read_head
from kiosk.audit.head import advance_head
from kiosk.clock import Clock
from tests.audit.conftest import KEY, write


def some(seq: int) -> Head:
    return Head(seq, bytes([seq % 256]) * 32, bytes([seq % 256]) * 64)


def note(path: Path, seq: int) -> bool:
    return advance_head(path, some(seq), lambda head: True)


def test_it_goes_forward_only(head: Path) -> None:
    assert note(head, 3)
    assert not note(head, 2)
    assert not note(head, 3)
    assert read_head(head) == some(3)
    assert note(head, 10**19)
    assert read_head(head) == some(10**19)
    assert head.stat().st_mode & 0o777 == 0o600
    assert head.stat().st_size == 249


def test_it_is_written_in_one_call(head: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note(head, 1)
    writes = []
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: writes.append(len(data)) or real(fd, data, at))
    note(head, 2)
    assert writes == [249]


def test_a_torn_record_is_none_and_is_replaced(head: Path) -> None:
    note(head, 1)
    old = head.read_bytes()
    head.unlink()
    note(head, 2)
    new = head.read_bytes()
    for cut in range(18, len(new)):
        torn = new[:cut] + old[cut:]
        head.write_bytes(torn)
        assert read_head(head) == (some(2) if torn == new else some(1) if torn == old else None)
    for length in range(len(new)):
        head.write_bytes(new[:length])
        assert read_head(head) is None
    assert note(head, 1)
    assert read_head(head) == some(1)


@pytest.mark.parametrize("content", [b"", b"\0" * 249, b"x" * 10_000, "머리".encode() * 50])
def test_rubbish_is_none(head: Path, content: bytes) -> None:
    head.write_bytes(content)
    assert read_head(head) is None


def test_what_is_no_file_is_none(head: Path, tmp_path: Path) -> None:
    assert read_head(head) is None
    os.mkfifo(head)
    assert read_head(head) is None
    head.unlink()
    note(tmp_path / "elsewhere", 5)
    head.symlink_to(tmp_path / "elsewhere")
    assert read_head(head) is None
    with pytest.raises(OSError, match="symbolic"):
        note(head, 6)
    head.unlink()
    head.mkdir()
    assert read_head(head) is None


def test_a_head_that_the_log_denies_stays(head: Path) -> None:
    note(head, 3)
    asked = []
    assert not advance_head(head, some(9), lambda held: asked.append(held) is not None)
    assert asked == [some(3)]
    assert read_head(head) == some(3)


def test_other_processes_wait(head: Path) -> None:
    note(head, 1)
    locked = []

    def look(held: Head) -> bool:
        with head.open("rb") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        locked.append(held)
        return True

    assert advance_head(head, some(2), look)
    assert locked == [some(1)]
    with head.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_of_many_the_newest_stays(head: Path) -> None:
    def run(start: int) -> None:
        for seq in range(start, 200, 4):
            note(head, seq)

    threads = [threading.Thread(target=run, args=(start,)) for start in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_head(head) == some(199)


def test_a_log_put_back_to_an_older_copy_keeps_its_head(
    log: AuditLog, registry: Registry, head: Path, tmp_path: Path
) -> None:
    """The head of the longer log stays for good, also when the older copy has grown past it."""
    write(log, registry, 3)
    older = tmp_path / "older.db"
    registry._connection.execute("VACUUM INTO ?", [str(older)])
    write(log, registry, 2)
    noted = read_head(head)
    registry.close()
    put_back = Registry.open(older)
    write(AuditLog(put_back, KEY, head, Clock()), put_back, 9)
    assert noted is not None
    assert noted.seq == 5
    assert read_head(head) == noted
    put_back.close()
