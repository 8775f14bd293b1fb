"""A process that runs commands for a test: in another language, or where it alone sees what is mounted.

Run as `python -m tests.cli.inside`: each line of standard input is a JSON list of words, each line of
standard output `[status, stdout, stderr]`. `kiosk` is run in this process, all else is started.
"""

import contextlib
import io
import json
import os
import subprocess
import sys

from kiosk import cli
from tests.conftest import Ran
from tests.source import ROOT


class Inside:
    """Such a process, seen from the test. `prefix` starts it (`unshare --mount`)."""

    def __init__(self, *prefix: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "tests.cli.inside"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, **environment},
        )  # fmt: skip
        self.pid = self._process.pid

    def run(self, *words: object) -> Ran:
        """Run a command there."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([str(word) for word in words]) + "\n")
        self._process.stdin.flush()
        return Ran(*json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def main() -> None:
    """Answer until standard input ends."""
    for line in sys.stdin:
        words = json.loads(line)
        if words[0] == "kiosk":
            with (
                contextlib.redirect_stdout(io.StringIO()) as out,
                contextlib.redirect_stderr(io.StringIO()) as err,
            ):
                status = int(cli.run(words[1:]))
            answer = [status, out.getvalue(), err.getvalue()]
        else:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            answer = [done.returncode, done.stdout, done.stderr]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
