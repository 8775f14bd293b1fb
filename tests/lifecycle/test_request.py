"""Codes of requests, and the lock that one process at a time holds."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from data import records
from kiosk.errors import KioskError
from kiosk.lifecycle.request import ENDED, RESUMABLE, new_code, working_on
from kiosk.media.place import is_code
from tests.source import ROOT

HOLD = """
import sys
from pathlib import Path
from kiosk.lifecycle.request import working_on
with working_on(Path(sys.argv[1]), "name"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_codes() -> None:
    codes = [new_code() for _ in range(1000)]
    assert len(set(codes)) == 1000
    assert all(len(code) == 8 and is_code(code) for code in codes)
    # Read from paper and typed: without what looks alike.
    assert not set("".join(codes)) & set("01ilo")


def test_states_are_the_registrys() -> None:
    assert set(records.FINISHED) == ENDED
    assert set(records.STATES) > RESUMABLE
    assert not RESUMABLE & ENDED


def busy(locks: Path) -> bool:
    try:
        with working_on(locks, "name"):
            return False
    except KioskError as error:
        assert error.id == "request.busy"
        return True


def test_one_at_a_time(tmp_path: Path) -> None:
    with working_on(tmp_path, "name"):
        assert busy(tmp_path)
        with working_on(tmp_path, "another"):
            pass
        assert busy(tmp_path)
    assert not busy(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_it_falls_with_its_process(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=ROOT,
    )  # fmt: skip
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    assert busy(tmp_path)
    holder.kill()
    holder.communicate()
    assert (tmp_path / "name").exists(), "what was left of it"
    assert not busy(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_it_falls_with_an_exception(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), working_on(tmp_path, "name"):
        raise ZeroDivisionError
    assert not busy(tmp_path)


def test_a_lock_that_was_removed_meanwhile_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between our open and our lock its holder may end, and a third one make it anew: two would hold it."""
    taken = []
    flock = fcntl.flock

    def flock_late(descriptor: int, operation: int) -> None:
        if not taken:
            (tmp_path / "name").unlink()
        taken.append(descriptor)
        flock(descriptor, operation)

    monkeypatch.setattr("fcntl.flock", flock_late)
    with working_on(tmp_path, "name"):
        assert len(taken) == 2
        monkeypatch.undo()
        assert busy(tmp_path)


def test_no_place_for_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for locks in (tmp_path / "none", tmp_path / "file"):
        with pytest.raises(KioskError, match=r"registry\.unwritable") as caught, working_on(locks, "name"):
            pass
        assert caught.value.facts == {"path": str(locks)}
