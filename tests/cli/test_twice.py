"""Two commands for one request: at the same time, one after the other, and a thousand for as many persons."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Issue, Kiosk, healthy, on, refused
from tests.cli.test_medium import WHOLE, certificates, sets
from tests.conftest import TODAY, Ran
from tests.media.conftest import needs

ROOT = Path(__file__).parents[2]
AT = ("--at", TODAY.isoformat())


class Held:
    """`kiosk issue` in a process of its own that stops at its so manyth call of `syncfs`."""

    def __init__(self, words: tuple[object, ...], when: int) -> None:
        needs("strace", present=shutil.which("strace") is not None)
        strace = ("strace", "-f", "-qq", "-o", "/dev/stdout", "-e", "trace=syncfs",
                  "-e", f"inject=syncfs:signal=SIGSTOP:when={when}")  # fmt: skip
        self._process = subprocess.Popen(
            [*strace, sys.executable, "-m", "kiosk", *map(str, words), *AT],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout
        for line in self._process.stdout:
            if "stopped by SIGSTOP" in line:
                self._stopped = int(line.split()[0])
                return
        pytest.fail(f"it never stopped: {self._process.communicate()}")

    def go_on(self) -> Ran:
        """Let it go on to its end. strace now and then loses the signal: it is sent until it was heard."""
        end = time.monotonic() + 240
        while True:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._stopped, signal.SIGCONT)
            try:
                out, err = self._process.communicate(timeout=2)
            except subprocess.TimeoutExpired:
                if time.monotonic() > end:
                    self._process.kill()
                    raise
            else:
                return Ran(self._process.returncode, out, err)


@pytest.mark.parametrize("when", [1, 2, 4], ids=["staging", "staged", "writing"])
def test_at_the_same_time(
    kiosk: Kiosk, state: Path, medium: Path, tmp_path: Path, write_answers: Callable[..., Path], when: int
) -> None:
    """The second is told so, whatever medium it comes with, and changes nothing."""
    answers = write_answers()
    issue = ("issue", "--state", state, "--answers", answers, "--medium")
    first = Held((*issue, medium), when)
    before = on(medium)
    other = tmp_path / "other"
    other.mkdir()
    for where in (medium, other):
        error = refused(kiosk(*issue, where, "--json"), 1, "request.busy")
        assert error["retry"]
    assert on(other) == []
    assert on(medium) == before
    # Another person, and another kind for the same one, are in nobody's way.
    somebody = write_answers(file="b", id_number="9203042234567", phone="010-8024-6135")
    for others in (somebody, write_answers(file="c", profile="personal-bank")):
        assert kiosk(*issue[:4], others, "--medium", other).status == 0
    ran = first.go_on()
    assert ran.status == 0, ran.err
    assert sets(medium) == WHOLE
    assert sets(other) == sorted(WHOLE * 2)
    assert certificates(kiosk, state) == ["valid"] * 3
    healthy(kiosk, state)
    refused(kiosk(*issue, medium, "--json"), 1, "request.holds")


def test_both_as_processes(
    kiosk: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    """Started together and left alone: one certificate, whoever wins."""
    words = [
        sys.executable, "-m", "kiosk", "issue", "--state", state, "--answers", write_answers(),
        "--medium", medium, "--json", *AT,
    ]  # fmt: skip
    both = [
        subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(2)
    ]
    documents = [json.loads(process.communicate(timeout=60)[0]) for process in both]
    errors = [document["error"]["id"] for document in documents if "error" in document]
    assert errors in (["request.busy"], ["request.holds"])
    assert sets(medium) == WHOLE
    assert certificates(kiosk, state) == ["valid"]
    healthy(kiosk, state)


def test_killed_holder_holds_no_longer(
    kiosk: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    words = ("issue", "--state", state, "--answers", write_answers(), "--medium", medium)
    first = Held(words, 2)
    refused(kiosk(*words, "--json"), 1, "request.busy")
    os.kill(first._stopped, signal.SIGKILL)
    first._process.communicate(timeout=60)
    ran = kiosk(*words, "--json")
    assert (ran.status, ran.json()["resumed"]) == (0, True)
    assert certificates(kiosk, state) == ["valid"]
    healthy(kiosk, state)


def test_one_after_the_other(issue: Issue, kiosk: Kiosk, state: Path, medium: Path) -> None:
    first = issue("--json").json()
    before = {path.name: hashlib.sha256(path.read_bytes()).digest() for path in medium.rglob("sign*")}
    refused(issue("--json"), 1, "request.holds", first["serial"])
    assert before == {path.name: hashlib.sha256(path.read_bytes()).digest() for path in medium.rglob("sign*")}
    [held] = kiosk("certs", "--state", state, "--json").json()
    assert (held["serial"], held["status"]) == (first["serial"], "valid")
    healthy(kiosk, state)


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Path]:
    """A directory for many media, in memory where the system has such a place."""
    memory = Path("/dev/shm")
    path = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else tmp_path))
    yield path
    shutil.rmtree(path)


@pytest.mark.parametrize("count", [200, pytest.param(1000, marks=pytest.mark.long)])
def test_many_by_two_processes(kiosk: Kiosk, state: Path, media: Path, count: int) -> None:
    """As many serials as requests, a whole audit log, and nobody hears of a locked database."""
    half = count // 2
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.cli.many", state, media, str(first), str(first + half)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for first in (0, half)
    ]  # fmt: skip
    ended = [process.communicate(timeout=600) for process in both]
    assert [err for _, err in ended] == ["", ""]
    assert [process.returncode for process in both] == [0, 0]
    serials = [serial for out, _ in ended for serial in out.split()]
    assert len(set(serials)) == len(serials) == count
    rows = kiosk("certs", "--state", state, "--json").json()
    assert {row["serial"] for row in rows if row["status"] == "valid"} == set(serials)
    assert len({row["subject"] for row in rows}) == len(rows) == count
    # Every move of every request is a line: opened, identified, code sent, tried, right, ... done.
    verified = kiosk("audit", "verify", "--state", state, "--json").json()
    assert (verified["ok"], verified["count"], verified["head"]) == (True, 1 + 12 * count, 1 + 12 * count)
    assert len(list(media.glob("*/NPKI/Certkiosk/USER/*/sign*"))) == 2 * count
    healthy(kiosk, state)
