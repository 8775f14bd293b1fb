"""From a stick that is there to what is on it painted, against `pypinksign` and a plain list in Textual."""

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path

from pypinksign import PinkSign
from textual.app import App, ComposeResult
from textual.widgets import OptionList

from kiosk.media.given import OnlyGiven
from kiosk.media.offers import Offer
from kiosk.services import Services
from screens.app import WalkupApp
from screens.visit import Visit
from screens.walkup.look import Look
from tests.bench import measure, people, places
from tests.bench.measure import Fact, Finding, Ratio, Spent
from tests.bench.scan import issued

SIZE = (72, 18)


class PlainList(App[None]):
    """Shows lines in Textual's own list, and nothing else."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines

    def compose(self) -> ComposeResult:
        """Show the list."""
        yield OptionList(*self.lines, markup=False)


def run(certificates: int = 50, rounds: int = 5) -> Iterator[Finding]:
    """Measure a medium with so many `certificates`, in memory."""
    logging.getLogger("pypinksign").setLevel(logging.ERROR)
    with places.directory(in_memory=True) as work:
        medium = work / "stick"
        medium.mkdir()
        state = people.practice_state(work / "state")
        sets = asyncio.run(issued(state, medium, certificates))
        ours, theirs, plain = measure.in_turn(
            rounds,
            lambda: asyncio.run(_looked(state.path, medium, certificates)),
            lambda: measure.spent(
                lambda: [PinkSign(pubkey_path=str(path / "signCert.der")) for path in sets]
            ),
            lambda: asyncio.run(_listed(certificates)),
        )
        both = [Spent(one.wall + other.wall, 0) for one, other in zip(theirs, plain, strict=True)]
        what = f"{certificates} certificates, mounted to painted"
        yield Ratio(f"{what} / pypinksign and a Textual list", measure.ratios(ours, both))
        yield Fact("mounted to painted", measure.milliseconds(ours))
        yield Fact("pypinksign, certificates only", measure.milliseconds(theirs))
        yield Fact("Textual, a plain list", measure.milliseconds(plain))


async def _looked(state: Path, medium: Path, count: int) -> Spent:
    """Show what is on the medium, from the moment when it is there, in an app that waits for it."""
    async with await Services.open(state) as services:
        visit = Visit(services, OnlyGiven())
        app = WalkupApp(visit)
        async with app.run_test(size=SIZE) as pilot:
            visit.flow = "look"
            step = Look(visit)
            await app.push_screen(step)
            await pilot.pause()
            begun = time.perf_counter()
            visit.sticks.here = (Offer(medium, medium.name),)
            visit.sticks.changed()
            while len(step._shown) < count or not step.query("Choice"):
                await asyncio.sleep(0.001)
            await pilot.pause()
            return Spent(time.perf_counter() - begun, 0)


async def _listed(count: int) -> Spent:
    """Have Textual paint so many lines, in an app that is there already."""
    app = PlainList([])
    async with app.run_test(size=SIZE) as pilot:
        begun = time.perf_counter()
        app.query_one(OptionList).add_options(
            f"{number}  Hong Gildong  2027-11-22" for number in range(count)
        )
        await pilot.pause()
        return Spent(time.perf_counter() - begun, 0)
