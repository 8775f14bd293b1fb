"""What the README says to type works, and what it names is there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from kiosk import cli
from kiosk.errors import Exit

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_quick_start_works_as_it_stands(tmp_path: Path) -> None:
    [script] = re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)
    path = tmp_path / "bin"
    path.mkdir()
    (path / "kiosk").write_text(f'#!/bin/sh\nexec {sys.executable} -m kiosk "$@"\n')
    (path / "kiosk").chmod(0o755)
    empty = tmp_path / "empty"
    empty.mkdir()
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=empty, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"state": "done"' in done.stdout
    assert (empty / "crl.der").stat().st_size > 0


def test_every_command_is_in_the_readme_and_none_that_is_not() -> None:
    named = set(re.findall(r"`kiosk ([a-z]+)", README))
    assert named == set(cli.COMMANDS)


def test_exit_statuses_and_places_are_true() -> None:
    for status in Exit:
        assert re.search(rf"\b{status.value}\b", README)
    tree = next(part for part in README.split("```") if "screens/  " in part)
    for name in re.findall(r"^  ([a-z]+(?:/|\.py))", tree, re.M):
        assert (ROOT / "kiosk" / name).exists() or (ROOT / "screens" / name).exists(), name


def test_make_targets_are_true() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"\bmake ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.M), target
