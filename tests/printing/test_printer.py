"""Printing onto devices: what is wrong is named, nothing waits for ever, and a second try prints."""

import os
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from kiosk.config import State
from kiosk.errors import KioskError
from kiosk.printing import escpos, printer
from kiosk.printing.picture import draw
from kiosk.printing.ports import DevicePort
from kiosk.printing.printer import print_slip, ready, send
from kiosk.printing.settings import PrinterSettings
from tests.media.conftest import as_nobody
from tests.printing.conftest import SLIP
from tests.printing.machine import BROKEN, COVER_OPEN, FINE, PAPER_END, Machine
from tests.printing.paper import printed

__all__ = ["as_nobody"]

JOB = escpos.BEGIN + b"\x1dv0\x00\x30\x00\x00\x08" + bytes(range(97, 123)) * 3781 + b"\x1dVB\x00"
"""As long as a slip of 1,200 rows, so that it does not fit into anybody's buffer at once."""
MOMENT = 0.3
Make = Callable[..., Machine]


@pytest.fixture
def machine() -> Iterator[Make]:
    made: list[Machine] = []

    def make(*arguments: object, **options: object) -> Machine:
        made.append(Machine(*arguments, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.close()


def go(path: Path, *, seconds: float = 5.0) -> None:
    with closing(DevicePort(path)) as port:
        send(port, JOB, seconds=seconds, answer_seconds=MOMENT)


def refused(path: Path, id_: str, *, seconds: float = 5.0) -> None:
    """The error comes, and in time."""
    began = time.monotonic()
    with pytest.raises(KioskError) as caught:
        go(path, seconds=seconds)
    assert caught.value.id == id_
    assert time.monotonic() - began < seconds + 4 * MOMENT + 5


def test_a_printer_that_answers(machine: Make) -> None:
    at = machine()
    go(at.path)
    assert bytes(at.got) == JOB
    go(at.path)
    assert bytes(at.got) == JOB * 2


def test_a_printer_that_says_nothing(machine: Make) -> None:
    at = machine(talks=False)
    go(at.path)
    with closing(DevicePort(at.path)):  # its thread may still be reading
        while len(at.got) < len(JOB):
            time.sleep(0.01)
    assert bytes(at.got) == JOB


@pytest.mark.parametrize(
    ("state", "id_"),
    [(PAPER_END, "printer.paper"), (COVER_OPEN, "printer.open"), (BROKEN, "printer.trouble")],
)
def test_what_it_says_before(machine: Make, state: tuple[int, int], id_: str) -> None:
    """Nothing is sent to it, and once that is put right the same slip is printed."""
    at = machine(state)
    refused(at.path, id_)
    assert bytes(at.got) == b""
    at.state = FINE
    go(at.path)
    assert bytes(at.got) == JOB


def test_the_paper_ends_in_the_middle(machine: Make) -> None:
    at = machine(ends_after=20_000)
    refused(at.path, "printer.paper", seconds=1.0)
    at.refill()
    go(at.path)
    assert bytes(at.got) == JOB


def test_the_paper_ends_with_the_last_line(machine: Make) -> None:
    refused(machine(done=0x0C).path, "printer.paper")


def test_it_takes_no_more(machine: Make) -> None:
    refused(machine(takes=5_000, talks=False).path, "printer.stuck", seconds=0.7)
    refused(machine(takes=5_000).path, "printer.stuck", seconds=0.7)


def test_it_is_pulled(machine: Make) -> None:
    at = machine()
    with closing(DevicePort(at.path)) as port:
        at.unplug()
        with pytest.raises(KioskError) as caught:
            send(port, JOB, seconds=2, answer_seconds=MOMENT)
    assert caught.value.id == "printer.gone"
    refused(at.path, "printer.gone")


@pytest.mark.parametrize("talks", [True, False])
def test_it_is_pulled_in_the_middle(machine: Make, talks: bool) -> None:
    at = machine(talks=talks, pulled_after=20_000)
    refused(at.path, "printer.gone")
    assert 20_000 < len(at.got) < len(JOB)


def test_what_it_said_to_others_before_is_no_answer(machine: Make) -> None:
    at = machine()
    os.write(at._master, bytes([0x72] * 20))
    go(at.path)
    assert bytes(at.got) == JOB


def test_two_at_once(machine: Make) -> None:
    at = machine()
    with closing(DevicePort(at.path)):
        refused(at.path, "printer.busy")
    go(at.path)


def test_switched_off_it_has_no_device(tmp_path: Path) -> None:
    """And none is made in its place: that would be a file in /dev that takes every slip."""
    refused(tmp_path / "lp0", "printer.gone")
    assert list(tmp_path.iterdir()) == []
    refused(tmp_path / "none" / "lp0", "printer.gone")


def test_a_plain_file_collects_slips(tmp_path: Path) -> None:
    path = tmp_path / "slips"
    path.touch()
    go(path)
    go(path)
    assert path.read_bytes() == JOB * 2


def test_a_pipe_that_nobody_reads(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "printer.gone")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    refused(tmp_path / "pipe", "printer.stuck", seconds=0.5)
    os.close(reader)


def test_what_is_no_printer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(tmp_path, "printer.wrong")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "socket"))
        refused(tmp_path / "socket", "printer.wrong")
    disk = tmp_path / "disk"
    disk.touch()
    real = Path.stat(disk)
    monkeypatch.setattr(Path, "stat", lambda path: os.stat_result((stat.S_IFBLK | 0o660, *real[1:])))
    refused(disk, "printer.wrong")
    assert disk.read_bytes() == b""


@pytest.mark.parametrize(("device", "id_"), [("/dev/null", None), ("/dev/full", "printer.paper")])
def test_devices_that_every_linux_has(device: str, id_: str | None) -> None:
    if id_ is None:
        go(Path(device))
    else:
        refused(Path(device), id_)


def test_not_allowed(tmp_path: Path, as_nobody: Callable[[], AbstractContextManager[None]]) -> None:
    (tmp_path / "lp0").touch(0o000)
    with as_nobody():
        refused(tmp_path / "lp0", "printer.denied")


# -- from the slip to the paper


@pytest.fixture
def of_state(state: Path) -> State:
    return State(state, practice=True, center="c", arc="2.25.1", kiosk_id="k")


async def test_a_whole_slip(
    machine: Make, of_state: State, settings: Callable[..., PrinterSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KioskError) as caught:
        await print_slip(SLIP, of_state)
    assert caught.value.id == "printer.none"
    at = machine()
    of_state.printer.write_text(f'device = "file:{at.path}"\nwidth = 384\n')
    await print_slip(SLIP, of_state)
    paper = printed(at.whole(), 384)
    expected = printed(escpos.job(draw(SLIP, settings(width=384)), cut=True), 384)
    assert paper.picture().tobytes() == expected.picture().tobytes()
    assert paper.cuts == 1
    at.state = PAPER_END
    monkeypatch.setattr(printer, "ANSWER_SECONDS", MOMENT)
    with pytest.raises(KioskError) as caught:
        await print_slip(SLIP, of_state)
    assert caught.value.id == "printer.paper"


def test_ready(machine: Make, settings: Callable[..., PrinterSettings], tmp_path: Path) -> None:
    at = machine()
    ready(settings(device=at.path))
    assert at.questions == 2
    assert bytes(at.got) == b""
    for changes, id_ in (
        ({"device": tmp_path / "lp0"}, "printer.gone"),
        ({"device": at.path, "bold": tmp_path / "none"}, "printer.font"),
        ({"device": machine(COVER_OPEN).path}, "printer.open"),
    ):
        with pytest.raises(KioskError) as caught:
            ready(settings(**changes))
        assert caught.value.id == id_
