"""Devices that nobody expected, put into a machine with a kiosk on it: who may, and what becomes of the visit."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk import audit
from kiosk.calls import INTRUDER
from kiosk.errors import TABLE
from kiosk.i18n import text_in
from kiosk.services import Services
from screens import closed
from tests.conftest import TODAY
from tests.media.udev_bed import Bed
from tests.media.udev_devices import FAT, acting, keyboard, stick, token
from tests.screens.journey import Journey
from tests.screens.terminal import Person, children, restored

Start = Callable[[], Person]
ALLOWED = 'allowed = ["096e:0807"]\n'
TYPING_TOKEN = acting("11/0/0", "3/1/1", port="1-3", product="96e/807/100")
OUT = tuple(
    text_in(language, id_) for language in closed.LANGUAGES for id_ in ("calm.closed", "calm.closed.staff")
)
STRANGERS = {
    "keyboard": (keyboard(), "046d:c31c", "keyboard"),
    "stick that types": (acting("8/6/80", "3/1/1", product="781/5567/100"), "0781:5567", "keyboard"),
    "network": (acting("255/0/0", product="bda/8153/3000", below={"eth5": "net"}), "0bda:8153", "network"),
    "phone": (acting("224/1/3", "10/0/0", product="4e8/6864/400"), "04e8:6864", "network"),
    "serial": (acting("255/0/0", product="403/6001/600", below={"ttyUSB0": "tty"}), "0403:6001", "serial"),
}


@pytest.fixture
def bed() -> Iterator[Bed]:
    with Bed() as bed:
        yield bed


@pytest.fixture
def start(state: Path, medium: Path, bed: Bed) -> Iterator[Start]:
    people: list[Person] = []

    def run() -> Person:
        words = ("--state", state, "--medium", medium, "--at", TODAY.isoformat())
        names = ("LD_PRELOAD", "UMOCKDEV_DIR")
        machine = {name: value for name, value in bed.environment().items() if name in names}
        people.append(Person(sys.executable, "-m", "kiosk", *words, **machine))
        return people[-1]

    yield run
    for person in people:
        person.leaves()


async def recorded(state: Path) -> list[dict[str, str | int]]:
    """What the audit log says of strangers; the whole log is verified too."""
    async with await Services.open(state, practice=True) as services:
        lines = await services.in_registry(lambda: list(audit.lines(services.registry)))
        head = audit.read_head(services.state.head)
        assert audit.verify(lines, services.audit.public_key, head=head, anchor=None).first_bad is None
    return [dict(line.facts) for line in lines if line.action == INTRUDER]


def log_of(person: Person) -> str:
    words = person.process.args
    assert isinstance(words, list)
    return Path(words[words.index("--state") + 1], "kiosk.log").read_text()


def out_of_service(person: Person) -> None:
    """Nobody is served, and what is typed goes nowhere."""
    person.sees(*OUT)
    # The line of the audit log is begun before that of the other one.
    person.until(lambda: '"kiosk.intruder"' in log_of(person), "the word in the log")
    person.until(lambda: not children(person.process.pid), "the line in the audit log")
    shown = person.rests()
    person.sends(b"\r1234\x1bOP\x1b[20~\x03\x1a" * 20)
    assert person.rests() == shown
    assert not children(person.process.pid)


@pytest.mark.parametrize("what", STRANGERS)
async def test_a_stranger_ends_the_visit(start: Start, state: Path, bed: Bed, what: str) -> None:
    made, product, kind = STRANGERS[what]
    person = start()
    journey = Journey(person)
    journey.to_details()
    bed.add(made.text)
    out_of_service(person)
    assert not person.shows(journey.says("step.details.question"))
    # Taken out again, it is still for staff to judge.
    bed.remove(made.paths)
    out_of_service(person)
    person.process.send_signal(signal.SIGTERM)
    assert person.ends() == 128 + signal.SIGTERM
    assert restored(person)
    assert await recorded(state) == [{"device": product, "kind": kind}]
    assert f'"event": "kiosk.intruder", "state": "{kind}", "error": "{product}"' in log_of(person)


async def test_on_the_idle_screen_too_and_closed_by_the_key_of_practice(
    start: Start, state: Path, bed: Bed
) -> None:
    person = start()
    Journey(person).at("idle")
    bed.add(keyboard().text)
    out_of_service(person)
    person.resize(36, 9)
    person.sees(*OUT)
    person.presses("F12")
    assert person.ends() == 0
    assert restored(person)
    assert len(await recorded(state)) == 1
    # It was there when the kiosk started anew.
    again = start()
    Journey(again).begins()


def test_who_may_come_and_go(start: Start, state: Path, bed: Bed) -> None:
    """What was there at the start, what is on the list, sticks, tokens: the visit goes on."""
    (state / "devices.toml").write_text(ALLOWED)
    bed.add(keyboard().text)
    person = start()
    journey = Journey(person)
    journey.begins()
    for made in (TYPING_TOKEN, stick(FAT), token(), acting("9/0/0", port="1-6"), acting("1/1/0", port="1-8")):
        bed.add(made.text)
    journey.to_details(begin=False)
    bed.remove(TYPING_TOKEN.paths)
    bed.add(TYPING_TOKEN.text)
    journey.person.presses("Esc")
    journey.at("kind")
    bed.add(acting("3/1/1", port="1-9").text)
    out_of_service(person)


def test_a_keyboard_that_was_there_and_comes_back_is_a_stranger(start: Start, bed: Bed) -> None:
    made = keyboard()
    bed.add(made.text)
    person = start()
    Journey(person).at("idle")
    bed.remove(made.paths)
    Journey(person).begins()
    bed.add(keyboard().text)
    out_of_service(person)


def test_a_child_that_hangs_cannot_put_it_off(start: Start, bed: Bed) -> None:
    person = start()
    Journey(person).begins()
    os.kill(children(person.process.pid)[0], signal.SIGSTOP)
    bed.add(keyboard().text)
    out_of_service(person)


def test_while_the_kiosk_apologises(start: Start, bed: Bed) -> None:
    """Between two visits nobody is served either: what stands on the screen next is why."""
    person = start()
    journey = Journey(person)
    journey.begins()
    os.kill(children(person.process.pid)[0], signal.SIGKILL)
    person.sees(journey.says("calm.sorry"))
    sent = len(person.output)
    bed.add(stick(FAT).text)
    bed.add(keyboard().text)
    out_of_service(person)
    assert journey.says("calm.moment").encode() not in person.output[sent:]


def test_a_list_that_is_none_is_named(start: Start, state: Path) -> None:
    (state / "devices.toml").write_text("allowed = [5]")
    person = start()
    assert person.ends() == TABLE["kiosk.devices"].exit
    person.sees(TABLE["kiosk.devices"].code)


async def test_what_cannot_be_recorded_is_in_the_log(state: Path, bed: Bed, start: Start) -> None:
    person = start()
    Journey(person).at("idle")
    (state / "authority" / "audit.key").unlink()
    bed.add(keyboard().text)
    out_of_service(person)
    assert '"event": "kiosk.unrecorded"' in log_of(person)
