"""`kiosk passcode`: from a file and from a prompt, on record, and for nobody without the state and its key."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.closing import check_code
from kiosk.config import load_state
from kiosk.errors import KioskError
from kiosk.secret import Secret
from tests.cli.conftest import PASSPHRASE, Kiosk
from tests.conftest import TODAY, Ran

CODE = "20261122"


@pytest.fixture
def code_file(tmp_path: Path) -> Path:
    path = tmp_path / "code"
    path.write_text(CODE + "\n")
    return path


def is_set(state: Path, code: str = CODE) -> bool:
    try:
        check_code(load_state(state), Secret(code))
    except KioskError:
        return False
    return True


def test_from_a_file(kiosk: Kiosk, state: Path, code_file: Path) -> None:
    ran = kiosk("passcode", "--state", state, "--code-file", code_file)
    assert (ran.status, ran.out, ran.err) == (0, "", "The code of staff is set.\n")
    assert is_set(state)
    assert "staff.code_set" in kiosk("audit", "export", "--state", state).out
    code_file.write_text("654321")
    assert kiosk("passcode", "--state", state, "--code-file", code_file).status == 0
    assert is_set(state, "654321")
    assert not is_set(state)


def test_a_real_state_needs_its_key_and_no_other_time(
    kiosk: Kiosk, real_state: Path, code_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(PASSPHRASE)
    words = ("passcode", "--state", real_state, "--code-file", code_file)
    for more, at, said in (
        ((), None, "C05"), (("--key-file", tmp_path / "key"), TODAY, "Q04"),
        (("--key-file", tmp_path / "none"), None, "U05"),
    ):  # fmt: skip
        ran = kiosk(*words, *more, at=at)
        assert ran.status != 0
        assert ran.err.startswith(f"Problem {said}")
        assert not is_set(real_state)
    assert kiosk(*words, "--key-file", tmp_path / "key", at=None).status == 0
    assert is_set(real_state)


@pytest.mark.parametrize("code", ["12345", "1234567890123", "12 34 56", "", "abcdef"])
def test_codes_that_are_none(kiosk: Kiosk, state: Path, code_file: Path, code: str) -> None:
    code_file.write_text(code)
    ran = kiosk("passcode", "--state", state, "--code-file", code_file)
    assert ran.status == 1
    assert ran.err.startswith("Problem Q11")
    assert not (state / "close-code").exists()


def test_files_that_cannot_be_read(kiosk: Kiosk, state: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        ran = kiosk("passcode", "--state", state, "--code-file", path)
        assert (ran.status, ran.err.splitlines()[0]) == (
            2,
            f"Problem U05: The file cannot be read or written: {path}",
        )


def test_where_nothing_was_set_up(kiosk: Kiosk, tmp_path: Path, code_file: Path) -> None:
    ran = kiosk("passcode", "--state", tmp_path / "none", "--code-file", code_file)
    assert ran.status == 2
    assert ran.err.startswith("Problem U01")


def test_without_a_terminal_nobody_can_be_asked(kiosk_process: Callable[..., Ran], state: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "passcode", "--state", state],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("Problem U07")


@pytest.mark.parametrize(("again", "status"), [(CODE, 0), ("654321", 130)])
def test_typed_twice_and_never_shown(state: Path, again: str, status: int) -> None:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk", "passcode", "--state", state],
        stdin=child, stdout=child, stderr=child, start_new_session=True,
    )  # fmt: skip
    os.close(child)
    screen = b""

    def until(words: bytes) -> None:
        nonlocal screen
        while words not in screen:
            assert select.select([parent], [], [], 60)[0], screen
            screen += os.read(parent, 4096)
        screen = screen.partition(words)[2]

    until(b"Code of staff: ")
    os.write(parent, CODE.encode() + b"\n")
    until(b"confirmation: ")
    os.write(parent, again.encode() + b"\n")
    if status:
        until(b"Code of staff: ")
        os.write(parent, b"\x04")
    else:
        until(b"The code of staff is set.")
    assert CODE.encode() not in screen
    assert process.wait(60) == status
    os.close(parent)
    assert is_set(state) == (status == 0)
