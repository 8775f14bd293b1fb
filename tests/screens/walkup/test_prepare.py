"""Prepare: each item is checked while the person reads."""

from datetime import timedelta
from pathlib import Path

from kiosk.clock import Clock
from kiosk.i18n import text
from screens.flow import Nav
from screens.walkup.confirm import Confirm
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from tests.conftest import TODAY
from tests.screens.stage import Stage, stage
from tests.screens.walk import walk


def marked(on: Stage, id_: str, *, good: bool) -> bool:
    return "".join((("[v]" if good else "[ ]") + text(id_)).split()) in on.said


async def test_a_stick_that_is_put_in_and_taken_out(state: Path, medium: Path) -> None:
    async with stage(state) as on:
        _, answers = await on.show(Prepare(on.visit))
        await on.until(lambda: marked(on, "prepare.medium.missing", good=False))
        assert marked(on, "prepare.space.later", good=False)
        on.plug(medium)
        await on.until(
            lambda: marked(on, "prepare.medium", good=True) and marked(on, "prepare.space", good=True)
        )
        medium.rmdir()
        await on.until(lambda: marked(on, "prepare.medium.missing", good=False))
        # Whoever has none yet may go on all the same.
        await on.press("enter")
        assert answers == [Nav.NEXT]


async def test_a_stick_that_cannot_be_written(state: Path, medium: Path) -> None:
    (medium / "NPKI").write_text("in the way")
    async with stage(state, [medium / "NPKI"]) as on:
        await on.show(Prepare(on.visit))
        await on.until(lambda: marked(on, "prepare.medium.missing", good=False))


async def test_one_good_stick_of_several_is_enough(state: Path, medium: Path, tmp_path: Path) -> None:
    async with stage(state, [tmp_path / "gone", medium]) as on:
        await on.show(Prepare(on.visit))
        await on.until(lambda: marked(on, "prepare.space", good=True))


async def test_the_certificate_that_is_there_already(state: Path, medium: Path) -> None:
    """Its last day is said, in Korean days; a stick without one says nothing."""
    async with stage(state, [medium]) as on:
        await walk(on, Confirm)
        for _ in range(5):
            if isinstance(on.app.screen, Confirm):
                await on.press("enter")
        await on.at(Proof)
        await on.show(Prepare(on.visit))
        await on.until(lambda: on.sees("prepare.old", year=2027, month=11, day=22))
        on.services.clock = Clock(TODAY + timedelta(days=366))
        empty = medium.parent / "empty"
        empty.mkdir()
        on.plug(empty)
        await on.until(lambda: not on.sees("prepare.old", year=2027, month=11, day=22))
        on.plug(empty, medium)
        await on.until(lambda: on.sees("prepare.over", year=2027, month=11, day=22))
