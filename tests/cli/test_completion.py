"""Shell completion, in a real bash."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.media.conftest import needs

ROOT = Path(__file__).parents[2]

# What readline does when Tab is pressed: fill COMP_WORDS, call the registered function, take COMPREPLY.
SCRIPT = """
PATH="$1:$PATH"
eval "$(_KIOSK_COMPLETE=bash_source kiosk)"
complete -p kiosk
while read -r typed; do
    eval "COMP_WORDS=(kiosk $typed)"
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    _kiosk_completion kiosk
    echo "${COMPREPLY[*]}"
done
"""


def test_commands_and_options(tmp_path: Path) -> None:
    needs("bash", present=shutil.which("bash") is not None)
    command = tmp_path / "bin" / "kiosk"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m kiosk "$@"\n')
    command.chmod(0o755)
    typed = ["c", "audit ''", "issue --", "issue --an", "nosuch"]
    done = subprocess.run(
        ["bash", "--norc", "-c", SCRIPT, "bash", command.parent], input="\n".join(typed) + "\n",
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    registered, *offered = done.stdout.splitlines()
    assert registered.endswith("-F _kiosk_completion kiosk")
    assert {"--answers", "--medium", "--json", "--state", "--help"} <= set(offered.pop(2).split())
    assert offered == ["ca certs copy crl", "export verify", "--answers", ""]
