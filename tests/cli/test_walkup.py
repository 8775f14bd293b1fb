"""`kiosk` without a command, as far as it goes without a terminal."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.cli import COMMANDS, cli
from kiosk.errors import TABLE
from tests.conftest import Ran

Kiosk = Callable[..., Ran]


@pytest.mark.parametrize("words", [(), ("--practice",), ("--medium", "stick")])
def test_without_a_terminal_it_says_so(kiosk: Kiosk, tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = kiosk("--state", tmp_path / "state", *words, at=None)
    assert (ran.status, ran.out) == (2, "")
    assert TABLE["usage.terminal"].code in ran.err
    assert "terminal" in ran.err
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(("stream", "where"), [("stdin", "/dev/null"), ("stdout", "/dev/null")])
def test_either_side_that_is_no_terminal_is_too_little(tmp_path: Path, stream: str, where: str) -> None:
    """With the other one on a real terminal."""
    _, slave = __import__("os").openpty()
    with open(where, "r+b") as nothing:
        done = subprocess.run(
            [sys.executable, "-m", "kiosk", "--practice", "--state", tmp_path / "state"],
            check=False, timeout=60, stderr=subprocess.PIPE,
            **{"stdin": slave, "stdout": slave} | {stream: nothing},
        )  # fmt: skip
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_a_medium_before_a_command_is_not_the_commands(
    kiosk: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    """It is for the kiosk; what the command is to write on is named by itself."""
    ran = kiosk("--medium", medium, "issue", "--state", state, "--answers", write_answers())
    assert ran.status == 2
    assert "--medium" in ran.err


def test_options_before_a_command_still_count(kiosk: Kiosk, state: Path) -> None:
    assert kiosk("--state", state, "doctor", "--json").json()
    assert kiosk("--state", state, "audit", "verify").status == 0


def test_the_commands_are_where_they_are_said_to_be(kiosk: Kiosk) -> None:
    helped = kiosk("--help", at=None)
    for name in COMMANDS:
        command = cli.get_command(None, name)
        assert command is not None
        assert command.name == name
        assert f"\n  {name} " in helped.out
    assert cli.get_command(None, "walkup") is None


def test_commands_are_imported_when_they_are_used() -> None:
    """What opens the kiosk must not wait for what signs and decrypts."""
    code = (
        "import sys; from kiosk import cli; import screens.parent;"
        "print(sorted({name.split('.')[0] for name in sys.modules} & "
        "{'textual', 'rich', 'cryptography', 'sqlite_utils', 'asn1crypto'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
