"""Keys that end other programs, bytes that are no text, floods: the kiosk stays where it is, and lives."""

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import TODAY
from tests.screens.journey import Journey
from tests.screens.terminal import Person, at_kiosk, children, squeezed

CONTROLS = {"c": 3, "z": 26, "\\": 28, "q": 17, "p": 16, "d": 4, "s": 19, "t": 20, "o": 15, "v": 22}


@pytest.fixture
def person(state: Path, medium: Path) -> Iterator[Person]:
    with at_kiosk("--state", state, "--medium", medium, "--at", TODAY.isoformat()) as person:
        person.state = state
        yield person


def test_no_key_leads_out(person: Person) -> None:
    journey = Journey(person)
    journey.at("idle")
    [child, *_] = children(person.process.pid)
    for step in ("idle", "menu", "details"):
        if step == "menu":
            journey.begins()
        elif step == "details":
            journey.to_details(begin=False)
        shown = person.rests()[:-1]
        for code in CONTROLS.values():
            person.sends(bytes([code]))
        person.sends(b"\x1b[17~\x1b[18~\x1b[19~\x1b[23~\x1b[1;5P\x1b[3;5~")
        # The help opens and closes: keys still arrive, one after another.
        person.presses("F1")
        journey.at("help")
        person.presses("Esc")
        journey.at(step)
        person.until(lambda shown=shown: person.lines[:-1] == shown, shown)
        assert children(person.process.pid)[0] == child
    assert person.process.poll() is None
    assert Path(f"/proc/{person.process.pid}/stat").read_text().rpartition(")")[2].split()[0] in "SR"


BYTES = {
    "CP949": "홍길동 인증서".encode("cp949"),
    "not UTF-8": bytes(range(128, 256)) * 4,
    "strange characters": "\ufffd\u0000\u202e\ud7ff\U0010ffff".encode(),
    "replies": b"\x1b[113::113;;113u\x1b[I\x1b[O\x1b[?2048;1$y\x1b[48;5;5;5;5t\x1b[<0;9;9M\x1b[99;99R\x1b[?1;2c",
    "cut sequences": b"\x1b" * 40 + b"[" * 40 + b"\x1b]8;;x\x07\x1bP$q\x1b\\\x1b_x\x1b\\",
    "pasted megabytes": b"\x1b[200~" + b"paste\r" * 200_000 + b"\x1b[201~",
    "a typed megabyte": b"\r1\x7f".join([b"typed "] * 110_000),
    "noise": random.Random(1).randbytes(30_000).replace(b"\x1b", b"\r"),
    "held keys": b"\r" * 500 + b"1" * 500,
}


def test_whatever_comes_the_kiosk_lives(person: Person) -> None:
    """Into a text field, where it does the most; afterwards the same process still serves."""
    journey = Journey(person)
    journey.at("idle")
    [child, *_] = children(person.process.pid)
    for what, sent in BYTES.items():
        journey.to_details()
        person.sends(sent)
        back_to_idle(journey, what)
        assert person.process.poll() is None, what
        assert all(resident(pid) < 200_000 for pid in children(person.process.pid)), what
    assert "Traceback" not in person.output.decode(errors="replace")
    log = (Path(person.state) / "kiosk.log").read_text()
    assert '"bug"' not in log
    assert child not in children(person.process.pid)


def back_to_idle(journey: Journey, what: str) -> None:
    """Press Esc, as often as it takes: a flood is over when the hands are still."""
    person = journey.person
    for _ in range(40):
        before = person.text
        if squeezed(journey.says("step.idle.question")) in squeezed(before):
            return
        person.presses("Esc")
        with contextlib.suppress(AssertionError):
            person.until(lambda before=before: person.text != before, "the step before", within=1)
    raise AssertionError(f"{what}: {person.text}")


def resident(pid: int) -> int:
    """Give the memory of a process in kB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])
