"""Sticks are pulled while a certificate is issued onto them, put in again, and the same command runs again.

`KIOSK_PULLS` says how often (30 in all, half on each filesystem), `KIOSK_SEED` which moments.
"""

import json
import os
import random
import subprocess
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from kiosk.lifecycle.papers import FOLDER
from tests.hardware.lab import sticks
from tests.hardware.lab.conftest import Brought, Desk

pytestmark = pytest.mark.hardware
PULLS = int(os.environ.get("KIOSK_PULLS", "30"))
SEED = int(os.environ.get("KIOSK_SEED", str(random.SystemRandom().randrange(10**6))))
SLOW = 512 * 1024
"""Bytes per second that the sticks take: writing is what shall be cut short, so it gets its share of the time."""
SECONDS = 120.0
LATEST = 1.1
"""The last moment, in parts of the time from the first byte that is written until nothing is, when nobody pulls."""


@dataclass
class Round:
    """One stick pulled once, and what came of it."""

    part: float
    first: str = ""
    between: str = ""
    second: str = ""
    checked: str = ""
    said: str = ""

    def row(self) -> str:
        return f"{self.part:6.0%}  {self.first:30}{self.between:10}{self.second:24}{self.checked}"


@pytest.mark.parametrize("filesystem", sticks.TYPES)
def test_pulled_at_any_moment(
    desk: Desk, filesystem: str, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = _undisturbed(desk, filesystem)
    rounds = PULLS // 2
    chance = random.Random(f"{SEED} {filesystem}")
    told: list[str] = []
    with capsys.disabled():
        print(
            f"\n{filesystem}: {whole:.1f} s from the first byte to the end when nobody pulls; KIOSK_SEED={SEED}"
        )
        print("pulled  the command said              then there the same again          afterwards")
        for number in range(rounds):
            # One in each slice of the time, so that few rounds reach all of it.
            part = LATEST * (number + chance.random()) / rounds
            own = Desk(desk.machine, tmp_path_factory.mktemp("round"))
            done = Round(part)
            try:
                _round(own, filesystem, whole, done)
            finally:
                print(done.row(), flush=True)
                shown = "\n".join(done.said.splitlines()[1:-1])
                if shown and shown not in told:
                    told.append(shown)
                    print(textwrap.indent(f"the checker's own words, the first time:\n{shown}", " " * 8))
                desk.machine.pulls_all()


def _undisturbed(desk: Desk, filesystem: str) -> float:
    """Say how long it takes when nobody pulls."""
    stick = desk.stick(filesystem, bytes_per_second=SLOW)
    place = stick.mounts()
    with _issuing(desk, stick, place) as running:
        begun = time.monotonic()
        out, err = running.communicate(timeout=SECONDS)
        whole = time.monotonic() - begun
    assert running.returncode == 0, (out, err)
    stick.asks("let_go")
    stick.pulls()
    return whole


def _round(desk: Desk, filesystem: str, whole: float, done: Round) -> None:
    stick = desk.stick(filesystem, bytes_per_second=SLOW)
    done.first = _pulled_while_issuing(desk, stick, stick.mounts(), whole * done.part)
    stick.plugs()
    place = stick.mounts()

    found = desk.asks("scan", place)
    done.between = f"{len(found)} set" if found else "none"
    assert len(found) <= 1, found
    assert [each["problem"] for each in found] in ([], [None]), found

    ran = desk.machine.run(desk.issue(place))
    answer = json.loads(ran.out)
    done.second = _short(answer)
    finished = ran.status == 0 or answer["error"]["id"] == "request.holds"
    assert finished, ran

    [good] = desk.asks("scan", place)
    assert (good["status"], good["problem"]) == ("valid", None), good
    certs = {each["serial"]: each["status"] for each in desk.asks("certs")}
    assert certs.pop(good["serial"]) == "valid"
    assert set(certs.values()) <= {"revoked"}, certs
    left = set(desk.machine.does(f"ls -A {place}").splitlines())
    assert left - {FOLDER} == {"NPKI"}, left
    assert stick.asks("let_go") is True
    stick.pulls()
    checked = sticks.check(stick.image, filesystem)
    done.checked = f"1 good, {len(certs)} void; {checked.words}"
    done.said = checked.said
    # That it was pulled stays written on it, and space that no file owns may be lost; no more than that.
    assert checked.wrong == (), checked.said
    if filesystem == "fat32":
        on_it = sticks.read_fat(stick.image, stick.image.with_suffix(".read"))
        assert sorted(name.rpartition("/")[2] for name in on_it) == ["signCert.der", "signPri.key"], on_it


def _pulled_while_issuing(desk: Desk, stick: Brought, place: str, seconds: float) -> str:
    """Start issuing, pull the stick `seconds` after it was first written to; give what the command said."""
    with _issuing(desk, stick, place) as running:
        time.sleep(seconds)  # the moment itself: there is nothing to wait for
        stick.pulls()
        out, err = running.communicate(timeout=SECONDS)
    assert b"Traceback" not in err, err
    assert running.returncode in {0, 3}, (running.returncode, out, err)
    return _short(json.loads(out))


@contextmanager
def _issuing(desk: Desk, stick: Brought, place: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start issuing, and wait until the first byte reaches the stick: its image changes here."""
    desk.machine.does(f"sync -f {place}")
    before = stick.image.stat().st_mtime_ns
    command = desk.machine.ssh(desk.issue(place))
    end = time.monotonic() + SECONDS
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        while stick.image.stat().st_mtime_ns == before and running.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        yield running


def _short(answer: dict[str, Any]) -> str:
    if "error" in answer:
        return str(answer["error"]["id"]) + (" (to resume)" if answer["error"]["request"] else "")
    return f"{answer['state']}" + (" (resumed)" if answer["resumed"] else "")
