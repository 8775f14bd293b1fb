"""The slip at the screens: printed and taken along, or why not; and what a visit leaves that was cut short."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.lifecycle.papers import FOLDER, Papers
from kiosk.printing import printer
from screens.flow import Nav
from screens.walkup import act
from screens.walkup.act import Act
from screens.walkup.confirm import Confirm
from screens.walkup.proof import Proof
from screens.walkup.slip import CalendarCode, Slip
from tests.printing.conftest import UNFINISHED
from tests.printing.machine import PAPER_END, Machine
from tests.printing.paper import printed
from tests.screens.stage import Stage, stage
from tests.screens.steps import fill
from tests.screens.walk import walk


@pytest.fixture
def machine(state: Path) -> Iterator[Callable[..., Machine]]:
    """Make the printer of this state."""
    made: list[Machine] = []

    def make(*arguments: object, **options: object) -> Machine:
        made.append(Machine(*arguments, **options))  # type: ignore[arg-type]
        (state / "printer.toml").write_text(f'device = "file:{made[-1].path}"\nwidth = 384\n')
        return made[-1]

    yield make
    for each in made:
        each.close()


def keys(on: Stage) -> set[str]:
    """The keys that the step on top has to offer."""
    return {hint.key for hint in on.step.hints()}


@pytest.mark.parametrize("kind", [Proof, Slip])
async def test_one_key_prints(
    state: Path, machine: Callable[..., Machine], kind: type[Proof] | type[Slip]
) -> None:
    at = machine()
    async with stage(state) as on:
        fill(on.visit, "Hong")
        step, _ = await on.show(kind(on.visit))
        assert "3" in keys(on)
        await on.press("3")
        await on.until(lambda: on.sees("print.printed"))
        assert printed(at.whole(), 384).cuts == 1
        assert not step.at_work


async def test_without_paper_nothing_is_lost(state: Path, machine: Callable[..., Machine]) -> None:
    at = machine(PAPER_END)
    async with stage(state) as on:
        fill(on.visit, "Hong")
        _, answers = await on.show(Proof(on.visit))
        await on.press("3")
        await on.until(lambda: on.sees("error.printer.paper"))
        assert on.sees("error.printer.paper.next")
        assert "W08" in on.said
        at.refill()
        await on.press("3")
        await on.until(lambda: on.sees("print.printed"))
        assert not on.sees("error.printer.paper")
        assert printed(at.whole(), 384).cuts == 1
        await on.press("enter")
        assert answers == [Nav.NEXT]


@pytest.mark.parametrize(
    ("content", "id_"),
    [('device = "/nowhere/lp0"', "printer.gone"), ("device = 5", "printer.config"),
     ('device = "/dev/null"\nfont = "/nowhere.ttf"', "printer.font")],
)  # fmt: skip
async def test_what_is_wrong_is_said_in_plain_words(state: Path, content: str, id_: str) -> None:
    (state / "printer.toml").write_text(content)
    async with stage(state) as on:
        fill(on.visit, "Hong")
        await on.show(Slip(on.visit))
        await on.press("3")
        code = KioskError(id_, path="").code
        await on.until(lambda: code in on.said)
        assert "toml" not in on.said
        assert on.app.is_running


async def test_nobody_leaves_while_it_prints(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is pressed again does not print again either."""
    (state / "printer.toml").write_text('device = "/dev/null"')
    go, calls = threading.Event(), []

    def wait(slip: object, settings: object) -> None:
        calls.append(slip)
        assert go.wait(20)

    monkeypatch.setattr(printer, "_print", wait)
    async with stage(state) as on:
        fill(on.visit, "Hong")
        proof, answers = await on.show(Proof(on.visit))
        await on.press("3", "3", "enter")
        assert on.sees("print.printing")
        assert answers == []
        await on.press("2")
        slip = await on.at(Slip)
        await on.press("3")
        await on.until(lambda: len(calls) == 2)
        await on.press("escape", "enter")
        assert on.app.screen is slip
        go.set()
        await on.until(lambda: not proof.at_work and not slip.at_work)
        await on.press("escape")
        await on.at(Proof)
        await on.press("enter")
        assert answers == [Nav.NEXT]


async def test_without_a_printer_the_screen_says_so_and_leads_to_the_code(state: Path) -> None:
    async with stage(state) as on:
        fill(on.visit, "Hong")
        await on.show(Proof(on.visit))
        assert "3" not in keys(on)
        await on.press("3")
        assert isinstance(on.step, Proof)
        await on.press("2")
        await on.at(Slip)
        assert on.sees("slip.no_printer")
        assert not on.sees("slip.note_day")
        await on.resize((36, 9))  # a code does not fit there, so none is promised
        while not on.sees("slip.note_day"):
            assert not on.sees("slip.no_printer")
            await on.press("pagedown")
        await on.resize((72, 18))
        await on.press("3")
        assert isinstance(on.step, Slip)
        await on.press("1")
        await on.at(CalendarCode)
        await on.press("escape")
        await on.at(Slip)


async def test_a_person_is_told_where_the_papers_are(state: Path, medium: Path) -> None:
    async with stage(state, [medium], size=(72, 40)) as on:
        await walk(on, Confirm)
        await on.press("enter")
        await on.at(Proof)
        assert not on.sees("proof.no_papers", code="M03")
        assert on.visit.papers == Papers(medium / FOLDER)
        for key in ("1", "2"):
            await on.press(key)
            assert on.sees("papers.here", folder=FOLDER)
            await on.press("escape")


async def test_a_stick_that_is_full_by_then_costs_the_papers_only(state: Path, medium: Path) -> None:
    (medium / FOLDER).write_bytes(b"theirs")
    async with stage(state, [medium]) as on:
        await walk(on, Confirm)
        await on.press("enter")
        await on.at(Proof)
        assert on.sees(
            "proof.no_papers",
            code="M08",
        )
        assert on.sees("proof.until", year=2027, month=11, day=22)
        assert on.visit.outcome is not None
        assert on.visit.outcome.request.state == "done"


class Fails:
    """An issue service that cannot finish."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    async def issue(self, *_: object) -> None:
        error = KioskError("medium.gone")
        error.request = "k3p7wq2x"
        raise error


@pytest.mark.parametrize("known", [True, False])
async def test_a_request_that_was_cut_short_has_a_slip(
    state: Path, medium: Path, monkeypatch: pytest.MonkeyPatch, machine: Callable[..., Machine], known: bool
) -> None:
    async def of_number(services: object, number: str) -> object:
        if not known:
            raise KioskError("registry.busy")
        assert number == "k3p7wq2x"
        return UNFINISHED

    at = machine()
    monkeypatch.setattr(act, "Issuing", Fails)
    monkeypatch.setattr(act, "slip_of_number", of_number)
    async with stage(state, [medium]) as on:
        fill(on.visit, "Hong")
        on.visit.outcome = on.visit.papers = None
        on.choose(medium)
        await on.show(Act(on.visit))
        await on.until(lambda: "M05" in on.said)
        assert on.sees("error.resumable", request="k3p7wq2x")
        assert ("2" in keys(on)) is known
        await on.press("2")
        if not known:
            assert isinstance(on.step, Act)
            return
        await on.at(Slip)
        assert "k3p7wq2x" in on.said
        assert on.sees("slip.resume")
        assert "1" not in keys(on)  # there is no day yet
        await on.press("1")
        assert isinstance(on.step, Slip)
        await on.press("3")
        await on.until(lambda: on.sees("print.printed"))
        assert printed(at.whole(), 384).cuts == 1
        await on.press("escape")
        await on.at(Act)


async def test_a_request_that_was_cut_short_where_nothing_is_printed(state: Path) -> None:
    """No code for a calendar is offered: there is no day yet."""
    async with stage(state) as on:
        fill(on.visit, "Hong")
        on.visit.outcome = on.visit.papers = None
        on.visit.unfinished = UNFINISHED
        await on.show(Slip(on.visit))
        assert on.sees("slip.note_code")
        assert not {"1", "3"} & keys(on)


def test_nothing_of_printing_is_loaded_before_it_is_needed() -> None:
    """Drawing costs time that the idle screen has not got."""
    said = "import sys, screens.walkup.flows; print(*{'PIL', 'usb'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
