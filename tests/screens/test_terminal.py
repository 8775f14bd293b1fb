"""The terminal in the parent's hands, without a kiosk."""

import os
import select
import subprocess
import sys
import termios
from collections.abc import Iterator

import pytest

from screens import terminal
from screens.terminal import Terminal
from screens.theme import PAPER


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """A pseudo-terminal whose inner end is this process's standard input and output."""
    master, slave = os.openpty()
    with open(slave, "rb", closefd=False) as keys, open(slave, "wb", closefd=False) as paint:
        monkeypatch.setattr(sys, "__stdin__", keys)
        monkeypatch.setattr(sys, "__stdout__", paint)
        yield master, slave
    for end in (master, slave):
        try:
            os.close(end)
        except OSError:
            continue


def painted(master: int) -> bytes:
    """All that was written: it may arrive in pieces."""
    found = b""
    while select.select([master], [], [], 0.2)[0]:
        found += os.read(master, 65536)
    return found


def test_it_is_given_back_as_it_was(ends: tuple[int, int]) -> None:
    master, slave = ends
    before = termios.tcgetattr(slave)
    with Terminal() as held:
        assert not termios.tcgetattr(slave)[3] & (termios.ECHO | termios.ICANON | termios.ISIG)
        # What a child that was killed leaves.
        held.write("\x1b[?1000h\x1b[?1003h\x1b[?2004h\x1b[?2026h\x1b[?7l\x1b[38;2;1;2")
        termios.tcsetattr(slave, termios.TCSANOW, before)
        held.calm("a moment")
        assert termios.tcgetattr(slave)[3] & termios.ECHO == 0
    assert termios.tcgetattr(slave) == before
    written = painted(master).decode()
    assert written.count(terminal.ENTER) == written.count(terminal.LEAVE) == 1
    for mode in (1000, 1003, 2004, 2026):
        assert written.rindex(f"\x1b[?{mode}l") > written.rindex(f"\x1b[?{mode}h")
    assert written.index("\x18") > written.index("38;2;1;2")
    assert written.endswith(terminal.SHOW)


def test_what_was_typed_is_forgotten(ends: tuple[int, int]) -> None:
    master, slave = ends
    with Terminal() as held:
        os.write(master, b"typed by somebody else\r" * 100)
        held.calm("a moment")
        os.write(master, b"!")
        assert os.read(slave, 4096) == b"!"


def test_a_line_that_does_not_fit_is_not_shown(ends: tuple[int, int]) -> None:
    master, slave = ends
    termios.tcsetwinsize(slave, (9, 36))
    with Terminal() as held:
        held.calm("!" + "긴" * 5_000, "short")
    shown = painted(master)
    assert b"!" not in shown
    assert b"short" in shown


def test_a_terminal_that_is_gone_is_noticed(ends: tuple[int, int]) -> None:
    master, _ = ends
    with Terminal() as held:
        assert not held.gone
        os.close(master)
        assert held.gone


def test_the_ground_between_visits_is_that_of_the_first_screen() -> None:
    assert PAPER.variables["ground"] == terminal.GROUND
    assert PAPER.variables["quiet"] == terminal.INK


def test_nothing_in_the_environment_changes_textual() -> None:
    code = (
        "import os; from screens import terminal; terminal.prepare(); from textual import constants;"
        "print(sorted(name for name in os.environ if 'TEXTUAL' in name or name in ('COLUMNS', 'LINES', 'NO_COLOR')),"
        "constants.DEBUG, constants.DRIVER, constants.LOG_FILE, constants.PRESS, constants.TEXTUAL_ANIMATIONS,"
        "constants.DISABLE_KITTY_KEY, constants.ESCAPE_DELAY, constants.SMOOTH_SCROLL)"
    )
    hostile = {
        "TEXTUAL": "devtools,debug", "TEXTUAL_DEBUG": "1", "TEXTUAL_DRIVER": "x:y", "TEXTUAL_LOG": "/tmp/x",
        "TEXTUAL_PRESS": "ctrl+q", "TEXTUAL_ALLOW_SIGNALS": "1", "TEXTUAL_ANIMATIONS": "full", "COLUMNS": "10",
        "LINES": "2", "NO_COLOR": "1", "ESCDELAY": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | hostile, capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        "['TEXTUAL_ANIMATIONS', 'TEXTUAL_DISABLE_KITTY_KEY', 'TEXTUAL_SMOOTH_SCROLL'] "
        "False None None  none True 0.3 False\n"
    )
