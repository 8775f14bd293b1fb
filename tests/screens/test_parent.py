"""The process model, from outside: crashes, kills and signals, and what happens between two visits."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import TABLE
from kiosk.i18n import text_in
from screens.gate import STILL
from tests.conftest import TODAY
from tests.screens.journey import Journey
from tests.screens.terminal import Person, children, restored

Start = Callable[..., Person]
SECRET = "Canary9!"


@pytest.fixture
def start(state: Path, medium: Path) -> Iterator[Start]:
    """Start the kiosk, altered or not, with this test's state and medium."""
    people: list[Person] = []

    def run(*alterations: str, **environment: str) -> Person:
        words = ("--state", state, "--medium", medium, "--at", TODAY.isoformat())
        how = ("tests.screens.altered", *alterations, "--") if alterations else ("kiosk",)
        people.append(Person(sys.executable, "-m", *how, *words, **environment))
        return people[-1]

    yield run
    for person in people:
        person.leaves()


def log_of(state: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (state / "kiosk.log").read_text().splitlines()]


@pytest.mark.parametrize("how", ["raise", "abort", "kill"])
def test_a_crash_shows_nothing_and_the_next_visit_comes(
    start: Start, state: Path, medium: Path, how: str
) -> None:
    person = start("mistaken")
    journey = Journey(person)
    journey.to_password(medium.name)
    person.types(SECRET + how)
    person.sees(journey.says("calm.sorry"))
    person.presses("Enter")
    journey.begins()

    shown = bytes(person.output)
    for word in (b"Traceback", SECRET.encode(), b"RuntimeError", b"canary", b"failures"):
        assert word not in shown
    logged = log_of(state)
    assert [line["exit"] for line in logged if line["event"] == "visit.failed"] == [
        {"raise": 70, "abort": -signal.SIGABRT, "kill": -signal.SIGKILL}[how]
    ]
    assert SECRET not in (state / "kiosk.log").read_text()
    bugs = [line for line in logged if line["event"] == "bug"]
    assert [line["type"] for line in bugs] == (["RuntimeError"] if how == "raise" else [])


def test_the_apology_passes_by_itself(start: Start, medium: Path) -> None:
    person = start("mistaken", "brief")
    journey = Journey(person)
    journey.to_password(medium.name)
    person.types(SECRET + "raise")
    person.sees(journey.says("calm.sorry"))
    journey.at("idle")


def test_children_that_fail_at_once_end_the_kiosk(start: Start, state: Path) -> None:
    person = start("stillborn", KIOSK_LANG="en")
    assert person.ends() == TABLE["kiosk.failing"].exit == 70
    person.sees(text_in("en", "error.kiosk.failing"), TABLE["kiosk.failing"].code)
    assert restored(person)
    assert b"Traceback" not in person.output
    assert b"canary" not in person.output
    assert [line["exit"] for line in log_of(state) if line["event"] == "visit.failed"] == [70] * 5


def test_a_state_that_cannot_be_opened_is_named(start: Start, state: Path) -> None:
    (state / "registry.db").write_bytes(b"no database" * 1000)
    person = start(KIOSK_LANG="en")
    assert person.ends() == TABLE["registry.damaged"].exit == 6
    person.sees(TABLE["registry.damaged"].code)
    assert restored(person)


@pytest.mark.parametrize(
    ("number", "step"), [(signal.SIGTERM, "password"), (signal.SIGHUP, "idle"), (signal.SIGINT, "idle")]
)
def test_a_signal_to_the_parent_ends_everything(
    start: Start, medium: Path, number: signal.Signals, step: str
) -> None:
    person = start()
    journey = Journey(person)
    journey.to_password(medium.name) if step == "password" else journey.at("idle")
    person.until(lambda: len(children(person.process.pid)) == 2, "the next child")
    ours = children(person.process.pid)
    person.process.send_signal(number)
    assert person.ends() == 128 + number
    assert restored(person)
    assert not [pid for pid in ours if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGSEGV])
def test_a_signal_to_the_child_ends_its_visit_only(start: Start, number: signal.Signals) -> None:
    person = start()
    journey = Journey(person)
    journey.to_details()
    person.until(lambda: len(children(person.process.pid)) == 2, "the next child")
    now, then = children(person.process.pid)
    os.kill(now, number)
    person.sees(journey.says("calm.sorry"))
    person.presses("Enter")
    journey.begins()
    assert children(person.process.pid)[0] == then
    person.presses("F12")
    assert person.ends() == 0
    assert restored(person)


@pytest.mark.parametrize("size", [(36, 9), (120, 36)], ids=["zoom", "large"])
def test_a_window_that_changes_during_the_hand_over(
    start: Start, medium: Path, size: tuple[int, int]
) -> None:
    """Nobody is there to hear of it then: who comes next takes the window as it is."""
    person = start("mistaken", "brief")
    journey = Journey(person)
    journey.to_password(medium.name)
    [now, *_] = children(person.process.pid)
    person.types(SECRET + "kill")
    person.resize(*size)
    person.until(lambda: now not in children(person.process.pid), "the end")
    journey.begins()
    assert all(len(line) <= size[0] for line in person.lines)
    assert journey.says("key.next").strip() in journey.bar or journey.says("key.choose") in journey.bar


def test_the_waiting_child_is_replaced(start: Start) -> None:
    person = start()
    journey = Journey(person)
    journey.at("idle")
    person.until(lambda: len(children(person.process.pid)) == 2, "the next child")
    now, then = children(person.process.pid)
    os.kill(then, signal.SIGKILL)
    journey.begins()
    person.presses("Esc")
    person.until(lambda: now not in children(person.process.pid), "the next visit")
    journey.begins()


def test_a_parent_that_is_killed_takes_its_children_along(start: Start) -> None:
    person = start()
    journey = Journey(person)
    journey.begins()
    person.until(lambda: len(children(person.process.pid)) == 2, "the next child")
    ours = children(person.process.pid)
    os.kill(person.process.pid, signal.SIGKILL)
    person.until(lambda: not any(alive(pid) for pid in ours), "the end of the children")
    assert restored(person)


@pytest.mark.parametrize("ignored", [False, True], ids=["heard", "ignored"])
def test_a_terminal_that_goes_away_ends_everything(start: Start, ignored: bool, tmp_path: Path) -> None:
    """Also where somebody told it to ignore the hang-up: it must not spin on a terminal that is gone."""
    person = start("deaf") if ignored else start()
    journey = Journey(person)
    journey.begins()
    person.until(lambda: len(children(person.process.pid)) == 2, "the next child")
    ours = children(person.process.pid)
    person.hangs_up()
    assert person.process.wait(timeout=30) == 128 + signal.SIGHUP
    assert not any(alive(pid) for pid in ours)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("key", ["Enter", "1"])
def test_a_key_that_is_held_begins_no_visit(start: Start, medium: Path, key: str) -> None:
    """It was down when the visit ended, and stays down through the hand-over until somebody looks up."""
    person = start("mistaken")
    journey = Journey(person)
    for turn in range(2):
        journey.to_password(medium.name, phone=f"0102345678{turn}")
        [now, *_] = children(person.process.pid)
        person.types(SECRET + "exit")
        person.holds(key, until=lambda now=now: now not in children(person.process.pid))
        person.holds(key, until=lambda: person.shows(journey.says("step.idle.question")))
        looked_up = time.monotonic() + 0.5
        person.holds(key, until=lambda looked_up=looked_up: time.monotonic() > looked_up)
        stays_idle(journey)


def test_what_was_typed_ahead_is_nobodys_answer(start: Start, medium: Path) -> None:
    """Keys that come in one go with the one that ends the visit: the kernel has them when the next comes."""
    person = start("mistaken")
    journey = Journey(person)
    for turn in range(2):
        journey.to_password(medium.name, phone=f"0102345678{turn}")
        [now, *_] = children(person.process.pid)
        person.sends((SECRET + "exit").encode() + b"\r1" * 1500)
        person.until(lambda now=now: now not in children(person.process.pid), "the next visit")
        stays_idle(journey)


def test_what_the_kernel_holds_for_the_dead_is_nobodys_answer(start: Start) -> None:
    """A child that hangs reads nothing: all that was typed at it still waits when it is killed."""
    person = start("brief")
    journey = Journey(person)
    journey.begins()
    [now, *_] = children(person.process.pid)
    os.kill(now, signal.SIGSTOP)
    person.sends(b"\r1" * 1000)
    os.kill(now, signal.SIGKILL)
    person.until(lambda: now not in children(person.process.pid), "the next visit")
    stays_idle(journey)


def stays_idle(journey: Journey) -> None:
    """Take the hands off for as long as it needs; then a key is one again."""
    person = journey.person
    journey.at("idle")
    person.until(lambda: not person.look(STILL * 2), "still hands")
    journey.at("idle")
    assert not person.shows(journey.says("step.menu.question"))


def test_the_parent_stays_light(start: Start) -> None:
    code = (
        "import sys, screens.parent;"
        "print([name for name in sys.modules if name.split('.')[0] in ('textual', 'rich')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    person = start()
    Journey(person).at("idle")
    loaded = Path(f"/proc/{person.process.pid}/maps").read_text()
    assert "_rust" not in loaded, "what signs and decrypts is no business of the parent"
    assert "libc" in loaded
