"""Prepare: each item is checked while the person reads."""

from pathlib import Path

from kiosk.i18n import text
from screens.flow import Nav
from screens.walkup.prepare import Prepare
from tests.screens.stage import Stage, stage


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
