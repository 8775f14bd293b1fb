"""Medium: chosen from what is there now."""

from pathlib import Path

import pytest

from screens.flow import Nav
from screens.walkup.medium import Medium
from tests.screens.stage import stage
from tests.screens.steps import plain


@pytest.fixture
def sticks(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "A" / "KINGSTON", tmp_path / "B" / "KINGSTON"]
    for stick in made:
        stick.mkdir(parents=True)
    return made


async def test_of_two_sticks_with_one_name_each_can_be_told_and_chosen(
    state: Path, sticks: list[Path]
) -> None:
    async with stage(state, sticks) as on:
        step, answers = await on.show(Medium(on.visit))
        assert [plain(more) for more in step.query(".more")] == [str(stick) for stick in sticks]
        await on.press("2")
        assert answers == [Nav.NEXT]
        assert on.visit.medium == sticks[1]


async def test_a_stick_that_comes_and_goes(state: Path, sticks: list[Path]) -> None:
    async with stage(state) as on:
        step, answers = await on.show(Medium(on.visit))
        assert on.sees("medium.none")
        await on.press("enter", "1")
        assert answers == []
        on.visit.media = tuple(sticks)
        await on.until(lambda: len(on.choices()) == 2)
        assert step.focused is not None
        on.visit.media = (sticks[1],)
        await on.until(lambda: on.choices() == [str(sticks[1])])
        await on.press("enter")
        assert answers == [Nav.NEXT]


async def test_a_stick_that_is_gone_when_it_is_chosen(state: Path, sticks: list[Path]) -> None:
    async with stage(state, sticks) as on:
        _, answers = await on.show(Medium(on.visit))
        sticks[0].rmdir()
        await on.press("1")
        assert on.sees("error.medium.missing.screen", "error.medium.missing.next")
        assert answers == []
        assert on.visit.medium is None
        await on.press("2")
        assert answers == [Nav.NEXT]


async def test_touch_chooses(state: Path, sticks: list[Path]) -> None:
    async with stage(state, sticks) as on:
        step, answers = await on.show(Medium(on.visit))
        await on.pilot.click(step.query("Choice").last())
        assert answers == [Nav.NEXT]
        assert on.visit.medium == sticks[1]


async def test_where_a_stick_is_mounted_is_shown_to_nobody_who_can_do_without(
    state: Path, sticks: list[Path]
) -> None:
    async with stage(state, sticks[:1]) as on:
        step, _ = await on.show(Medium(on.visit))
        assert on.sees("key.choose", "medium.stays")
        assert not step.query(".more")
        on.visit.media = ()
        await on.until(lambda: on.sees("medium.none"))
        assert not on.sees("key.choose"), "there is nothing that Enter could choose"
