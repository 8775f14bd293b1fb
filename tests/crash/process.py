"""Running commands through the preloaded driver, and strace beside them."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[2]
_CALL = re.compile(r"(?:\d+ +)?(\w+)\(")


@dataclass(frozen=True)
class Ended:
    """A command that ended: its status (a signal is negative), what it said, and strace's lines."""

    status: int
    out: str = ""
    err: str = ""
    trace: tuple[str, ...] = ()
    threads: dict[str, int] | None = None

    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    def calls(self) -> list[str]:
        """The traced calls, one a line."""
        return [line for line in self.trace if _CALL.match(line)]


def name_of(call: str) -> str:
    """The name of a traced call."""
    found = _CALL.match(call)
    assert found
    return found[1]


class Driver:
    """The preloaded process that runs commands in forked children (`tests.crash.driver`)."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-m", "tests.crash.driver"], cwd=HERE, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(),
        )  # fmt: skip

    def run(
        self, *words: object, thread: str = "medium", strace: list[str] | None = None, piece: int = 0,
        stop_at: str | None = None,
    ) -> Ended:  # fmt: skip
        """Run a command. `strace` are its options for one thread: medium, registry or command.

        With `piece`, no write takes more bytes. With `stop_at` the command dies when the request gets there.
        """
        asked = {
            "directory": str(self.base), "words": [str(word) for word in words],
            "thread": thread, "strace": strace, "piece": piece, "stop_at": stop_at,
        }  # fmt: skip
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the driver ended"
        answer = json.loads(line)
        return Ended(**answer | {"trace": tuple(answer["trace"])})

    def close(self) -> None:
        self._process.communicate()


def kiosk(*words: object) -> subprocess.Popen[bytes]:
    """Start a command as people do."""
    return subprocess.Popen(
        [sys.executable, "-m", "kiosk", *map(str, words)],
        cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=_environment(),
    )  # fmt: skip


def _environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("KIOSK_")}
    return ours | {"KIOSK_LANG": "en"}
